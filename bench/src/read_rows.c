/* Opening mailboxes, and what letters take on the disk. */
#include "rows.h"

#include "base/must.h"
#include "mail/keep.h"
#include "mime/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    AT_ONCE = 500,
    ORIGINALS = 5000,
    VIEWS = 10,
    ACCOUNTS = 100,
    LOADERS = 8,
    WITHOUT = 2500 /* letters before the first dictionary */
};

#define ACCOUNT 77

/* --- opening ------------------------------------------------------------------------------------------ */

struct opening {
    unsigned long messages;
    double first, again, other;
    double bytes, view_bytes; /* a message */
};

/* As the server does it. */
static void tend(struct task *t, bool last) SUSPENDS
{
    mail_set_rules(t->rig->mail, &(struct mail_rules){.image_least = getenv("NO_IMAGES") ? 0 : 2000});
    if (last)
        mail_tend(t->rig->mail, true, deadline_in(60000));
}

/* Letters, then copies of them, which have rows of their own and share the bodies. */
static void fill(struct task *t) SUSPENDS
{
    const struct opening *o = t->arg;
    unsigned long first = MIN(o->messages, ORIGINALS);
    struct new_mail mails[AT_ONCE];
    struct arena ar = ARENA_INIT;
    uint32_t validity, *uids;
    struct copied copied;
    struct account *a;
    struct view *v;

    tend(t, false);
    must(account_open(t->rig->mail, t->account, &a) == ST_OK);
    for (unsigned long n = 0; n < first; n += AT_ONCE) {
        for (unsigned i = 0; i < AT_ONCE; i++)
            mails[i] = (struct new_mail){.record = rig_letter((unsigned)n + i)->record,
                                         .bytes = rig_letter((unsigned)n + i)->bytes};
        must(mail_append(a, STR("INBOX"), mails, MIN(AT_ONCE, first - n), &ar, &validity, &uids) == ST_OK);
        arena_reset(&ar);
    }
    must(view_open(a, STR("INBOX"), false, &v) == ST_OK);
    for (unsigned long n = first; n < o->messages; n += copied.n) {
        struct uid_range some = {1, (uint32_t)MIN(first, o->messages - n)};

        must(view_copy(v, (struct uid_set){&some, 1}, STR("INBOX"), false, &ar, &copied) == ST_OK);
        arena_reset(&ar);
    }
    view_close(v);
    account_close(a);
    arena_fini(&ar);
    tend(t, true);
}

static double time_view(struct account *a, unsigned long messages, struct view **out) SUSPENDS
{
    double began = rig_now();

    must(view_open(a, STR("INBOX"), false, out) == ST_OK);
    must(view_count(*out) == messages);
    return rig_now() - began;
}

static void look(struct task *t) SUSPENDS
{
    struct opening *o = t->arg;
    struct view *views[VIEWS];
    struct mail_stats stats;
    struct account *a;
    size_t before;
    double began = rig_now();

    tend(t, false);
    must(account_open(t->rig->mail, t->account, &a) == ST_OK);
    time_view(a, o->messages, &views[0]);
    o->first = rig_now() - began;
    mail_get_stats(t->rig->mail, &stats);
    o->bytes = (double)stats.message_bytes / (double)o->messages;
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    o->other = time_view(a, o->messages, &views[1]);
    for (unsigned i = 2; i < VIEWS; i++)
        time_view(a, o->messages, &views[i]);
    o->view_bytes = (double)(mallinfo2().uordblks + mallinfo2().hblkhd - before) / (VIEWS - 1) / (double)o->messages;
    for (unsigned i = 0; i < VIEWS; i++)
        view_close(views[i]);
    o->again = time_view(a, o->messages, &views[0]);
    view_close(views[0]);
    account_close(a);
}

static void run_once(struct bench *b, struct opening *o, void (*fn)(struct task *t))
{
    struct task t = {.fn = fn, .arg = o, .account = ACCOUNT};
    struct rig r;

    rig_open(&r, b->dir, NULL);
    while (mail_core_of(r.mail, t.account)) /* mallinfo2 knows the main thread's memory only */
        t.account++;
    rig_run(&r, &t, 1);
    rig_close(&r);
}

static void open_row(struct bench *b, unsigned long messages)
{
    struct opening o = {.messages = messages};
    double cold;

    run_once(b, &o, fill);
    rig_drop_caches(b->dir);
    run_once(b, &o, look);
    cold = o.first;
    run_once(b, &o, look);
    printf("| %lu | %.1f | %.1f | %.2f | %.1f | %.1f |\n", messages, cold * 1e3, o.first * 1e3, o.again * 1e3, o.bytes,
           o.view_bytes);
}

void bench_open(struct bench *b)
{
    printf("\n### Opening a mailbox\n\n| messages | page cache empty, ms | new process, ms | in memory, ms | bytes a "
           "message | "
           "bytes a message for each further session |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < b->n_messages; i++) {
        char below[sizeof b->dir];

        snprintf(below, sizeof below, "%s", b->dir);
        snprintf(b->dir, sizeof b->dir, "%.200s/%lu", below, b->messages[i]);
        must(mkdir(b->dir, 0700) == 0);
        open_row(b, b->messages[i]);
        fflush(stdout);
        snprintf(b->dir, sizeof b->dir, "%s", below);
    }
}

/* --- disk use ----------------------------------------------------------------------------------------- */

struct loading {
    struct bench *b;
    DIR *dir;
    uint64_t letters, bytes;
    double cpu;
    const struct store_upkeep *upkeep;
    unsigned loaders; /* at work; all on one core */
    bool waits;       /* for the dictionary */
};

static bool read_letter(const char *dir, const char *name, struct buf *out)
{
    char path[700];
    struct stat sb;
    char *p;
    int fd;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    buf_clear(out);
    p = buf_space(out, (size_t)sb.st_size);
    must(p && pread(fd, p, (size_t)sb.st_size, 0) == sb.st_size);
    buf_added(out, (size_t)sb.st_size);
    close(fd);
    return true;
}

static void deliver_one(struct task *t, struct buf *letter, uint64_t to) SUSPENDS
{
    struct delivery_rcpt rcpt = {.account = to, .prefix = STR("Return-Path: <a@example.org>\r\n")};
    struct delivery d = {.mail = {.bytes = buf_str(letter)}, .rcpts = &rcpt, .n_rcpts = 1};
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(buf_str(letter), &record);
    d.mail.record = buf_str(&record);
    must(mail_deliver(t->rig->mail, &d) == ST_OK);
    buf_fini(&record);
}

static void settle(struct task *t) SUSPENDS
{
    uint64_t last = UINT64_MAX;
    struct store_status s;

    for (int same = 0; same < 9;
         same++) { /* it looks every ten seconds, and gives up spare files after a minute or two */
        must(co_sleep(deadline_in(11000)) == ST_OK);
        must(store_get_status(t->rig->store, &s) == ST_OK);
        if (s.reclaimable_bytes != last || s.is_compacting)
            same = -1;
        last = s.reclaimable_bytes;
    }
    fprintf(stderr,
            "disk: of the files, %.1f MiB are bodies, %.1f MiB could not be given back, %.1f MiB are spare files; "
            "dictionary %u, %llu segments compacted, %.1f MiB copied\n",
            (double)s.stats.live_bytes / 1048576, (double)s.reclaimable_bytes / 1048576,
            (double)s.kinds[STORE_SPARE].file_bytes / 1048576, s.dictionary, (unsigned long long)s.compacted_ever,
            (double)s.moved_bytes / 1048576);
}

static void snapshot(void *arg)
{
    must(store_snapshot(arg) == ST_OK);
}

/* At once, not at its next look: a small corpus would be stored by then. */
static void start_upkeep(struct task *t) SUSPENDS
{
    struct loading *l = t->arg;

    l->waits = true;
    store_set_upkeep(t->rig->store, l->upkeep);
    must(co_sleep(deadline_in(3000)) == ST_OK);
    l->waits = false;
}

static void finish_loading(struct task *t) SUSPENDS
{
    struct loading *l = t->arg;

    l->cpu = rig_cpu() - l->cpu;
    must(co_offload(t->rig->disk, snapshot, t->rig->store) == ST_OK);
    settle(t);
    must(co_offload(t->rig->disk, snapshot, t->rig->store) == ST_OK);
}

static void load(struct task *t) SUSPENDS
{
    struct loading *l = t->arg;
    struct dirent *e;
    struct buf letter;

    buf_init(&letter, 256u << 20);
    while ((e = readdir(l->dir))) {
        uint64_t n;

        if (e->d_name[0] == '.' || !read_letter(l->b->corpus, e->d_name, &letter))
            continue;
        while (l->waits)
            must(co_sleep(deadline_in(10)) == ST_OK);
        n = l->letters++;
        l->bytes += letter.n;
        deliver_one(t, &letter, 1000 + n % ACCOUNTS);
        if (n == WITHOUT)
            start_upkeep(t);
    }
    buf_fini(&letter);
    if (--l->loaders == 0)
        finish_loading(t);
}

static double du(struct bench *b, const char *what)
{
    char path[400];

    snprintf(path, sizeof path, "%s/%s", b->dir, what);
    return (double)rig_du(path) / 1048576;
}

/* Tasks of one account run on one core: what they share needs no lock. */
static void load_all(struct bench *b, struct loading *l)
{
    struct task tasks[LOADERS];
    struct rig r;

    l->b = b;
    l->dir = opendir(b->corpus);
    must(l->dir);
    l->loaders = LOADERS;
    for (unsigned i = 0; i < LOADERS; i++)
        tasks[i] = (struct task){.fn = load, .arg = l, .account = ACCOUNT, .index = i};
    rig_open(&r, b->dir, l->upkeep);
    l->cpu = rig_cpu();
    rig_run(&r, tasks, LOADERS);
    rig_close(&r);
    closedir(l->dir);
}

void bench_disk(struct bench *b)
{
    struct store_upkeep upkeep = {.dictionary = !getenv("NO_DICTIONARY"), .rate = 1u << 30, .dead_percent = 30};
    struct loading l = {.upkeep = &upkeep};

    if (!b->corpus) {
        fprintf(stderr, "store_bench: disk needs --corpus FOLDER\n");
        exit(2);
    }
    load_all(b, &l);
    printf("| this store%s: segments %.1f, index %.1f, snapshot %.1f, dictionaries %.1f; %llu letters of %.1f MiB, "
           "%.0f us of CPU each "
           "| %.1f |\n",
           upkeep.dictionary ? "" : " without a dictionary", du(b, "seg"), du(b, "index"), du(b, "snap"), du(b, "dict"),
           (unsigned long long)l.letters, (double)l.bytes / 1048576, l.cpu * 1e6 / (double)l.letters, du(b, ""));
}
