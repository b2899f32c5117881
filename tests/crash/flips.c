/* Bits are others than were written. */
#include "modes.h"

#include "base/log.h"
#include "base/must.h"
#include "look.h"
#include "sim.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct flip {
    const char *dir;
    const struct world *promised;
    bool in_segment;  /* then one letter is concerned at most, and everything else goes on */
    uint64_t damaged; /* its number; 0: none so far */
};

/* The error names what can't be read. */
static bool note_damaged(struct flip *f, const struct w_msg *m, enum st st) SUSPENDS
{
    const char *text = err_get()->text;

    sim.result->detected++;
    if (st != ST_CORRUPT || !strpbrk(text, "0123456789")) {
        snprintf(sim.result->why, sizeof sim.result->why, "uid %u: %s, %.120s", m->uid, st_name(st), text);
        return false;
    }
    if (f->in_segment && f->damaged && f->damaged != m->number) {
        snprintf(sim.result->why, sizeof sim.result->why, "letters %llu and %llu can't be read: %.100s",
                 (unsigned long long)f->damaged, (unsigned long long)m->number, text);
        return false;
    }
    f->damaged = m->number;
    return true;
}

/* Right, or an error: never something else, and never silently gone. */
static bool check_letter(struct flip *f, struct view *v, struct account *acc, const struct w_msg *m) SUSPENDS
{
    uint32_t seq = view_seq(v, m->uid);
    struct arena a = ARENA_INIT;
    struct blob_view body = {0};
    struct email e;
    bool ok = true;
    enum st st;

    if (!seq) {
        snprintf(sim.result->why, sizeof sim.result->why, "uid %u is gone without a word", m->uid);
        return false;
    }
    st = view_email(v, seq, &a, &e);
    if (st == ST_OK)
        st = email_body(acc, &e, &body);
    if (st == ST_OK && !str_eq(body.bytes, letter_bytes(&a, m->number))) {
        snprintf(sim.result->why, sizeof sim.result->why, "uid %u is not letter %llu", m->uid,
                 (unsigned long long)m->number);
        ok = false;
    } else if (st != ST_OK) {
        ok = note_damaged(f, m, st);
    }
    email_body_close(&body);
    arena_fini(&a);
    return ok;
}

static bool check_box(struct flip *f, struct rooms *r, unsigned account, const struct w_box *b) SUSPENDS
{
    struct view *v;
    bool ok = true;

    if (view_open(r->accounts[account], str_z(b->name), true, &v) != ST_OK) {
        sim.result->detected++;
        return !f->in_segment;
    }
    for (unsigned i = 0; i < b->n && ok; i++)
        ok = check_letter(f, v, r->accounts[account], &b->m[i]);
    view_close(v);
    return ok;
}

struct checking {
    struct flip *f;
    struct rooms *r;
    unsigned account;
    bool ok;
};

static void check_account(void *arg) SUSPENDS
{
    struct checking *c = arg;
    const struct w_account *a = &c->f->promised->a[c->account];

    if (a->removed)
        return;
    if (account_open(c->r->mail, ACCOUNT_ID(c->account, a->generation), &c->r->accounts[c->account]) != ST_OK) {
        sim.result->detected++;
        return;
    }
    for (unsigned i = 0; i < a->n && c->ok; i++)
        c->ok = check_box(c->f, c->r, c->account, &a->box[i]);
}

static void look_at_flipped(struct rooms *r, void *arg) SUSPENDS
{
    struct flip *f = arg;
    struct op more;
    bool ok = true;

    sim.result->opened = 1;
    for (unsigned i = 0; i < ACCOUNTS && ok; i++) {
        struct checking c = {f, r, i, true};

        rooms_on(rooms_core(r, ACCOUNT_ID(i, f->promised->a[i].generation)), check_account, &c);
        ok = c.ok;
    }
    sim.result->ok = ok && (!f->in_segment || look_write_more(r, &more, sim.result->why));
}

static void look_flipped(void *arg)
{
    struct flip *f = arg;
    struct store_options o;
    char why[200];

    disk_watch(NULL, NULL);
    log_set_level(LOG_ERROR + 1);
    crash_options(&o, f->dir);
    if (!rooms_run(&o, look_at_flipped, f, true, why)) {
        sim.result->refused = 1;
        sim.result->ok = true; /* said so, and touched nothing: a tool for it is `rebuild` */
    }
    sim.result->ended = true;
}

static char flippable[500][100];
static unsigned flippable_n;

static int note_file(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    size_t n = strlen(path);

    (void)f;
    if (type == FTW_F && sb->st_size && flippable_n < ARRAY_LEN(flippable) &&
        (strcmp(path + n - 4, ".seg") == 0 || strcmp(path + n - 4, ".sst") == 0))
        snprintf(flippable[flippable_n++], sizeof flippable[0], "%.99s", path + strlen(sim.dir) + sizeof "/base" - 1);
    return 0;
}

/* Bytes that are written: the rest of a segment is zeros, which nothing reads. */
static uint64_t flip_bit(const char *dir, const char *file, uint64_t *x)
{
    char path[500];
    unsigned char byte = 0;
    struct stat sb;
    uint64_t at = 0;
    int fd;

    snprintf(path, sizeof path, "%s%s", dir, file);
    fd = open(path, O_RDWR);
    must(fd >= 0 && fstat(fd, &sb) == 0);
    for (int i = 0; i < 200 && !byte; i++) {
        at = sim_pick(x) % (uint64_t)sb.st_size;
        must(pread(fd, &byte, 1, (off_t)at) == 1);
    }
    byte = (unsigned char)(byte ^ 1u << sim_pick(x) % 8);
    must(pwrite(fd, &byte, 1, (off_t)at) == 1);
    close(fd);
    return at;
}

void run_flips(unsigned n, uint64_t seed)
{
    struct world *base = MEM_NEW(struct world);
    unsigned opened = 0, refused = 0, for_segments = 0, detected = 0;
    uint64_t x = seed * 2 + 1;
    char dir[300], from[300];

    printf("# bits: seed %llu\n", (unsigned long long)seed);
    sim_base(seed, true, base);
    snprintf(from, sizeof from, "%s/base", sim.dir);
    nftw(from, note_file, 16, FTW_PHYS);
    for (unsigned i = 0; i < n && sim.failed < sim.failures_most; i++) {
        const char *file = flippable[sim_pick(&x) % flippable_n];
        struct flip f = {dir, base, strncmp(file, "/seg/", 5) == 0, 0};
        char why[200] = "";
        uint64_t at;
        bool ok;

        sim_fresh(dir, "life");
        sim_copy(from, dir);
        at = flip_bit(dir, file, &x);
        sim.result->opened = sim.result->detected = sim.result->refused = 0;
        ok = sim_child(look_flipped, &f, why);
        if (ok && !sim.result->ok) {
            ok = false;
            snprintf(why, sizeof why, "%s", sim.result->why);
        }
        opened += sim.result->opened;
        refused += sim.result->refused;
        for_segments += f.in_segment ? sim.result->refused : 0;
        detected += sim.result->detected > 0;
        if (ok && !f.in_segment) { /* an index that is damaged can be made again */
            struct look l = {.dir = dir, .promised = base, .rebuilds = true};

            ok = look_in_child(&l, why);
        }
        sim.passed += ok;
        sim.failed += !ok;
        if (!ok)
            printf("not ok - a bit of byte %llu of %s: %s\n", (unsigned long long)at, file, why);
    }
    printf(
        "# %u flipped bits: %u stores opened, in %u of them something could not be read and said so, %u refused (%u of "
        "them for a segment)\n",
        n, opened, detected, refused, for_segments);
    mem_free(base);
}
