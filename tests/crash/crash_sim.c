/* Ends the world again and again, and looks at what the store makes of the rest. The engine is the real one,
 * RocksDB included: only the disk is simulated.
 *
 *   crash_sim cuts N [SEED [STATE]]   the power fails, at N moments; STATE: a file that remembers where it was
 *   crash_sim faults EVERY [SEED]     every EVERYth disk call fails: EIO, no space, a short write
 *   crash_sim flips N [SEED]          one bit of a segment or of a table of the index is another one
 *   crash_sim calls                   only does the work, for strace
 *
 * A life is a process that opens a store and works on it while its disk calls are recorded (disk.h). The parent replays
 * them; at some of them it writes the folder out as a power failure might leave it (image.h), and a child
 * opens the store there, reads everything, and compares with what had been answered by then (world.h). One such folder is
 * where the next life begins, so that recoveries are cut as well. */
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "image.h"
#include "load.h"
#include "mime/scan.h"
#include "store/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LIVES = 6, OPS = 300, CUTS_PER_HISTORY = 500, UNDER_WAY = 32, FAILURES_MOST = 5, LOOK_S = 60 };
#define TRACE_BYTES (768ull << 20)
#define LETTERS_PER_LIFE 100000

struct result { /* of a child; shared */
    bool ended, ok, killed;
    char why[200];
    struct world w;
    unsigned opened, detected, refused; /* flips */
};

static char work_dir[200];
static struct result *result;
static struct disk_trace *trace;
static unsigned long long passed, failed, broken;

static uint64_t pick(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    *x ^= *x << 17;
    return (*x * 0x2545f4914f6cdd1d) >> 11;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = (a + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9 ^ b * 0x94d049bb133111eb;

    return (x ^ x >> 31) >> 1;
}

/* --- folders -------------------------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

static void remove_folder(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Empty, below the working folder. */
static void fresh(char path[300], const char *name)
{
    snprintf(path, 300, "%s/%s", work_dir, name);
    remove_folder(path);
    must(mkdir(path, 0700) == 0);
}

static void make_work_dir(void)
{
    const char *tmp = getenv("TMPDIR"), *shm = "/dev/shm";

    snprintf(work_dir, sizeof work_dir, "%s/restante-crash-XXXXXX", access(shm, W_OK) == 0 ? shm : tmp ? tmp : "/tmp");
    must(mkdtemp(work_dir));
}

/* --- children -------------------------------------------------------------------------------------------------- */

/* Runs fn(arg) in a process of its own; false when it did not end by itself and well. */
static bool in_child(void (*fn)(void *arg), void *arg, char why[200])
{
    int status;
    pid_t pid;

    result->ended = result->ok = result->killed = false;
    snprintf(result->why, sizeof result->why, "it did not come to an end");
    fflush(stdout);
    pid = fork();
    must(pid >= 0);
    if (pid == 0) {
        alarm(LOOK_S);
        fn(arg);
        exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        must(errno == EINTR);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    result->killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(why, 200, "it hangs");
    else if (WIFSIGNALED(status))
        snprintf(why, 200, "it dies of signal %d", WTERMSIG(status));
    else
        snprintf(why, 200, "it ends with status %d", WEXITSTATUS(status));
    return false;
}

/* --- looking at what is left ---------------------------------------------------------------------------------- */

struct look {
    const char *dir;
    const struct world *promised;
    const struct op *under_way;
    size_t n;
    bool twice;    /* what the recovery wrote, and what comes after it, holds too */
    bool rebuilds; /* the index is made again first: nothing may be missing then either */
    struct op more;
};

static bool write_more(struct rooms *r, struct op *op, char why[200]) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct new_mail m = {.internal_date_us = 1};
    struct buf record;
    uint32_t validity, *uids;
    enum st st;

    *op = (struct op){.kind = OP_APPEND, .n = 1, .number = {999999999}};
    snprintf(op->box, sizeof op->box, "Drafts");
    m.bytes = letter_bytes(&a, op->number[0]);
    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(m.bytes, &record);
    m.record = buf_str(&record);
    st = mail_append(r->accounts[0], STR("Drafts"), &m, 1, &a, &validity, &uids);
    buf_fini(&record);
    arena_fini(&a);
    if (st != ST_OK)
        snprintf(why, 200, "it takes no more letters: %.150s", err_get()->text);
    return st == ST_OK;
}

static void look_at(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;

    result->ok = world_read(r, &result->w, result->why) &&
                 world_check(l->promised, l->under_way, l->n, &result->w, result->why) && rows_check(r, result->why) &&
                 (!l->twice || write_more(r, &l->more, result->why));
}

static void look_again(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;
    struct world *was = MEM_NEW(struct world), *is = MEM_NEW(struct world);

    *was = result->w;
    result->ok = world_apply(was, &l->more, result->why) && world_read(r, is, result->why) &&
                 world_check(was, NULL, 0, is, result->why) && rows_check(r, result->why);
    mem_free(was);
    mem_free(is);
}

static bool rebuild(const struct store_options *o, char why[200])
{
    struct store_rebuilt r = {0};
    enum st st = store_rebuild(o, NULL, &r);
    bool ok = st == ST_OK && !r.n_losses && !r.snapshot_gaps;

    if (st != ST_OK)
        snprintf(why, 200, "it can't be rebuilt: %.150s", err_get()->text);
    else if (!ok)
        snprintf(why, 200, "rebuilding finds %zu losses, %llu gaps", r.n_losses, (unsigned long long)r.snapshot_gaps);
    store_rebuilt_fini(&r);
    return ok;
}

static void look(void *arg)
{
    struct look *l = arg;
    struct store_options o;

    disk_watch(NULL, NULL);
    crash_options(&o, l->dir);
    if ((l->rebuilds && !rebuild(&o, result->why)) || !rooms_run(&o, look_at, l, true, result->why))
        result->ok = false;
    if (result->ok && l->twice && !rooms_run(&o, look_again, l, true, result->why))
        result->ok = false;
    result->ended = true;
}

static bool look_in_child(struct look *l, char why[200])
{
    bool well = in_child(look, l, why);

    if (well && result->ok)
        return true;
    if (well)
        snprintf(why, 200, "%s", result->why);
    return false;
}

/* --- what was promised by now ------------------------------------------------------------------------------------ */

struct track {
    struct world w;
    struct op under_way[UNDER_WAY];
    size_t n;
    char why[200]; /* not empty: an answer was wrong already */
};

static void drop_op(struct track *t, uint32_t id)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->under_way[i].id == id)
            t->under_way[i] = t->under_way[--t->n];
}

static void track_note(struct track *t, const struct disk_event *e)
{
    const struct note *n = (const void *)e->data;
    const struct world *w = (const void *)(e->data + sizeof *n);
    char why[200];

    if (n->what == MARK_READY) {
        if (!world_check(&t->w, t->under_way, t->n, w, why)) /* under way: in a process that was killed before */
            snprintf(t->why, sizeof t->why, "at the beginning of the next life: %.150s", why);
        t->w = *w;
        t->n = 0;
    } else if (n->what == MARK_BEGIN) {
        must(t->n < UNDER_WAY);
        t->under_way[t->n++] = n->op;
    } else if (n->what == MARK_DONE) {
        drop_op(t, n->op.id);
        if (!world_apply(&t->w, &n->op, why))
            snprintf(t->why, sizeof t->why, "%s", why);
    } else if (!n->op.maybe) {
        drop_op(t, n->op.id);
    }
}

/* --- power failures ------------------------------------------------------------------------------------------------ */

struct history {
    uint64_t seed;
    unsigned life;
    struct track track;
    unsigned long long cuts;
};

/* What the lives have done, so that nobody takes a test that does nothing for a good one. */
static struct {
    unsigned long long answered, syncs, tables, snapshots, segments_gone;
} done_in_all;

static bool is_below(const char *path, const char *dir, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);

    return strncmp(path, dir, strlen(dir)) == 0 && n > k && strcmp(path + n - k, suffix) == 0;
}

static void count_event(const struct disk_event *e)
{
    const struct note *n = (const void *)e->data;

    done_in_all.answered += e->op == DISK_MARK && n->what == MARK_DONE;
    done_in_all.syncs += e->op == DISK_SYNC;
    done_in_all.tables += e->op == DISK_OPEN && (e->flags & O_CREAT) && is_below(e->data, "index/", ".sst");
    done_in_all.snapshots += e->op == DISK_RENAME && is_below(e->data, "snap/", ".tmp");
    done_in_all.segments_gone += e->op == DISK_UNLINK && is_below(e->data, "seg/", ".seg");
}

/* How interesting the moment before this call is. */
static unsigned weight(const struct disk_event *e)
{
    switch (e->op) {
    case DISK_SYNC: return 4;
    case DISK_RENAME:
    case DISK_UNLINK: return 3;
    case DISK_OPEN: return e->flags & O_CREAT ? 1 : 0;
    case DISK_WRITE:
    case DISK_TRUNCATE:
    case DISK_MKDIR: return 1;
    default: return 0;
    }
}

static bool check_cut(struct history *h, const struct image *im, const struct cut *c, uint64_t at, bool keep)
{
    char dir[300], text[100], why[200] = "";
    struct look l = {dir, &h->track.w, h->track.under_way, h->track.n, c->seed % 8 == 0, c->seed % 16 == 3};
    bool ok;

    fresh(dir, "cut");
    image_write(im, c, dir);
    ok = look_in_child(&l, why);
    h->cuts++;
    passed += ok;
    failed += !ok;
    if (!ok) {
        cut_text(c, text, sizeof text);
        printf("not ok - seed %llu, life %u, call %llu (%s): %s\n", (unsigned long long)h->seed, h->life,
               (unsigned long long)at, text, why);
        if (failed <= FAILURES_MOST) {
            snprintf(why, sizeof why, "failed-%llu", failed);
            fresh(dir, why);
            image_write(im, c, dir);
            printf("# kept: %s\n", dir);
        }
        fflush(stdout);
    }
    if (keep) { /* as it was before it was looked at */
        char next[300];

        fresh(next, "next");
        image_write(im, c, next);
    }
    return ok;
}

static uint64_t total_weight(uint64_t *out_events)
{
    uint64_t at = 0, sum = 0, n = 0;
    const struct disk_event *e;

    while ((e = disk_next(trace, &at))) {
        sum += weight(e);
        n++;
    }
    *out_events = n;
    return sum;
}

/* Cuts one life, and leaves in "next" where the following one begins; its world in result->w. */
static void cut_life(struct history *h, const char *dir, unsigned cuts, struct world *next)
{
    struct image *im = image_new(dir);
    uint64_t events, sum = total_weight(&events), at = 0, i = 0, x = mix(h->seed, h->life) | 1;
    uint64_t ends_at = events / 3 + pick(&x) % (events * 2 / 3 + 1), credit = 0;
    const struct disk_event *e;
    bool has_next = false;

    for (; (e = disk_next(trace, &at)) && failed < FAILURES_MOST; i++) {
        unsigned k = 0;

        count_event(e);
        if (e->op == DISK_MARK) {
            track_note(&h->track, e);
            continue;
        }
        credit += weight(e) * cuts;
        for (; credit >= sum && sum; credit -= sum) {
            struct cut c = cut_by(mix(h->seed * LIVES + h->life, i * 64 + k++));
            bool last = !has_next && i >= ends_at;

            if (check_cut(h, im, &c, i, last) && last) {
                *next = result->w;
                has_next = true;
            }
        }
        image_step(im, e);
    }
    if (!has_next && failed < FAILURES_MOST) {
        struct cut c = cut_by(mix(h->seed, events));

        if (check_cut(h, im, &c, i, true))
            *next = result->w;
    }
    image_free(im);
}

static void live(void *arg)
{
    struct load *l = arg;
    char dir[300], why[200];

    snprintf(dir, sizeof dir, "%s/life", work_dir);
    disk_watch(dir, trace);
    disk_die(l->dies_at);
    if (!load_run(l, dir, why)) {
        fprintf(stderr, "# %s\n", why);
        exit(1);
    }
}

/* What it has written stays in memory, as on any machine whose server is killed: synced or not, the next one finds it. */
static bool live_and_be_killed(struct load l, uint64_t x, char why[200])
{
    x |= 1;
    pick(&x);
    l.dies_at = 1 + pick(&x) % 1000;
    l.first_letter += LETTERS_PER_LIFE / 2;
    return in_child(live, &l, why) || result->killed;
}

static void copy_folder(const char *from, const char *to)
{
    struct image *im = image_new(from);

    image_write(im, &(struct cut){WRITES_KEPT, NAMES_KEPT, 100, 1}, to);
    image_free(im);
}

static void run_history(struct history *h, unsigned cuts)
{
    char dir[300], next[300], why[200];
    struct world *w = mem_new(sizeof *w);

    fresh(next, "next");
    for (h->life = 0; h->life < LIVES && failed < FAILURES_MOST; h->life++) {
        struct load l = {.seed = mix(h->seed, h->life + 1000),
                         .ops = OPS,
                         .first_letter = 1 + (uint64_t)h->life * LETTERS_PER_LIFE,
                         .closes = h->life % 4 == 3,
                         .upkeep = h->life % 2 == 1,
                         .keeps = h->life % 3 == 2};

        fresh(dir, "life");
        copy_folder(next, dir);
        disk_trace_clear(trace);
        h->track = (struct track){.w = *w};
        h->track.w.known = h->life > 0;
        if ((h->life % 2 == 0 && !live_and_be_killed(l, l.seed, why)) || !in_child(live, &l, why) || trace->is_full) {
            printf("not ok - seed %llu, life %u: the work itself: %s\n", (unsigned long long)h->seed, h->life, why);
            failed++;
            break;
        }
        cut_life(h, next, (cuts + LIVES - 1) / LIVES, w);
        if (h->track.why[0]) {
            printf("not ok - seed %llu, life %u: %s\n", (unsigned long long)h->seed, h->life, h->track.why);
            failed++;
        }
    }
    mem_free(w);
}

/* "SEED DONE": histories that are done already count. */
static void read_state(const char *path, uint64_t *seed, uint64_t *done)
{
    unsigned long long a, b;
    FILE *f = path ? fopen(path, "r") : NULL;

    if (!f)
        return;
    if (fscanf(f, "%llu %llu", &a, &b) == 2) {
        *seed = a;
        *done = b;
    }
    fclose(f);
}

static void write_state(const char *path, uint64_t seed, uint64_t done)
{
    char tmp[500];
    FILE *f;

    if (!path)
        return;
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    f = fopen(tmp, "w");
    must(f && fprintf(f, "%llu %llu\n", (unsigned long long)seed, (unsigned long long)done) > 0 && fclose(f) == 0);
    must(rename(tmp, path) == 0);
}

static void run_cuts(unsigned long long n, uint64_t seed, const char *state)
{
    struct history *h = MEM_NEW(struct history);
    uint64_t done = 0;
    unsigned long long cuts = 0;

    read_state(state, &seed, &done);
    printf("# power failures: seed %llu, from history %llu on\n", (unsigned long long)seed, (unsigned long long)done);
    while (cuts < n && failed < FAILURES_MOST) {
        *h = (struct history){.seed = seed + done};
        run_history(h, (unsigned)MIN(CUTS_PER_HISTORY, n - cuts));
        cuts += h->cuts;
        write_state(state, seed, ++done);
        if (state)
            printf("# %llu cuts, %llu histories in all\n", cuts, (unsigned long long)done);
        fflush(stdout);
    }
    printf("# in the lives that were cut: %llu operations answered, %llu syncs, %llu tables of RocksDB, %llu "
           "snapshots, %llu "
           "segments compacted away\n",
           done_in_all.answered, done_in_all.syncs, done_in_all.tables, done_in_all.snapshots,
           done_in_all.segments_gone);
    printf("# %llu cuts with RocksDB, seeds %llu to %llu\n", cuts, (unsigned long long)seed,
           (unsigned long long)(seed + done - 1));
    mem_free(h);
}

/* --- faults ---------------------------------------------------------------------------------------------------------- */

struct faulty {
    struct load l;
    uint64_t number, times;
    enum disk_fault how;
};

static void work_faulty(void *arg)
{
    struct faulty *f = arg;
    char dir[300], log[300], why[200];

    snprintf(dir, sizeof dir, "%s/life", work_dir);
    snprintf(log, sizeof log, "%s/log", work_dir);
    unlink(log);
    log_set_fd(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600));
    disk_watch(dir, trace);
    disk_fail(f->number, f->times, f->how);
    result->ok = load_run(&f->l, dir, why);
    result->opened = (unsigned)disk_calls();
    result->ended = true;
}

/* A store with some past, as a killed process leaves it. */
static void make_base(uint64_t seed, bool closes, struct world *w)
{
    struct load l = {.seed = seed, .ops = 120, .first_letter = 1, .closes = closes};
    char dir[300], base[300], why[200] = "";
    struct look look = {.dir = dir, .promised = MEM_NEW(struct world)};

    fresh(dir, "life");
    disk_trace_clear(trace);
    must(in_child(live, &l, why));
    fresh(base, "base");
    copy_folder(dir, base);
    if (!look_in_child(&look, why)) {
        printf("not ok - the store to begin with: %s\n", why);
        exit(1);
    }
    *w = result->w;
    mem_free((void *)(uintptr_t)look.promised);
}

/* A store that takes no more commits says so, loudly. */
static bool is_told(char why[200])
{
    char path[300], line[1000];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "%s/log", work_dir);
    f = fopen(path, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, "event=store_broken") && strstr(line, "level=error");
    if (f)
        fclose(f);
    if (!found)
        snprintf(why, 200, "the store is broken, and the log does not say so");
    return found;
}

/* After a failed sync the system may drop what it could not write: the disk is not what the program last saw. */
static bool look_without_unsynced(struct look *l, const char *from, uint64_t seed, char why[200])
{
    struct image *im = image_new(from);
    const struct disk_event *e;
    uint64_t at = 0;
    struct cut c = cut_by(seed);
    char dir[300];
    bool ok;

    while ((e = disk_next(trace, &at)))
        if (e->op != DISK_MARK && e->op != DISK_FAILED)
            image_step(im, e);
    fresh(dir, "cut");
    image_write(im, &c, dir);
    image_free(im);
    l->dir = dir;
    ok = look_in_child(l, why);
    if (!ok) {
        memmove(why + 30, why, 169);
        memcpy(why, "after a power failure as well: ", 30);
        why[199] = 0;
    }
    return ok;
}

static void run_fault(struct faulty *f, const struct world *base)
{
    static const char *const names[] = {"", "EIO", "ENOSPC", "a short write"};
    char dir[300], from[300], why[200] = "", what[200] = "";
    struct track *t = MEM_NEW(struct track);
    struct look l = {.dir = dir, .promised = &t->w, .under_way = t->under_way, .twice = true};
    const struct disk_event *e;
    uint64_t at = 0;
    bool ok, broke = false;

    snprintf(from, sizeof from, "%s/base", work_dir);
    fresh(dir, "life");
    copy_folder(from, dir);
    disk_trace_clear(trace);
    t->w = *base;
    ok = in_child(work_faulty, f, why);
    while ((e = disk_next(trace, &at)))
        if (e->op == DISK_MARK) {
            broke |= ((const struct note *)(const void *)e->data)->op.maybe;
            track_note(t, e);
        } else if (e->op == DISK_FAILED)
            snprintf(what + strlen(what), sizeof what - strlen(what), "%s%s", what[0] ? ", " : "", e->data);
    l.n = t->n;
    if (ok && t->why[0]) {
        ok = false;
        snprintf(why, sizeof why, "%s", t->why);
    }
    ok = ok && (!broke || is_told(why)) && look_in_child(&l, why) &&
         look_without_unsynced(&l, from, mix(f->number, f->how), why);
    broken += broke;
    passed += ok;
    failed += !ok;
    if (!ok)
        printf("not ok - %s at call %llu (%s): %s\n", names[f->how], (unsigned long long)f->number, what, why);
    fflush(stdout);
    mem_free(t);
}

static void run_faults(unsigned every, uint64_t seed)
{
    struct world *base = MEM_NEW(struct world);
    struct faulty f = {.l = {.ops = 60, .first_letter = LETTERS_PER_LIFE, .closes = true, .may_fail = true}};
    uint64_t calls;
    char why[200];
    unsigned runs = 0;

    printf("# faults: every %u calls, seed %llu\n", every, (unsigned long long)seed);
    make_base(seed, false, base);
    f.l.seed = seed + 1;
    f.l.upkeep = true;
    {
        char dir[300], from[300];

        snprintf(from, sizeof from, "%s/base", work_dir);
        fresh(dir, "life");
        copy_folder(from, dir);
        disk_trace_clear(trace);
        must(in_child(work_faulty, &f, why));
        calls = result->opened;
    }
    for (f.how = DISK_EIO; f.how <= DISK_SHORT; f.how++)
        for (f.number = 1 + (seed + f.how) % every; f.number <= calls && failed < FAILURES_MOST; f.number += every) {
            f.times = f.how == DISK_ENOSPC ? 3 : f.how == DISK_SHORT ? 2 : 1;
            run_fault(&f, base);
            runs++;
        }
    printf("# %u runs with a disk call that fails, of %llu calls; in %llu the store took nothing any more until it was "
           "opened "
           "again\n",
           runs, (unsigned long long)calls, broken);
    mem_free(base);
}

/* --- bits ------------------------------------------------------------------------------------------------------------ */

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

    result->detected++;
    if (st != ST_CORRUPT || !strpbrk(text, "0123456789")) {
        snprintf(result->why, sizeof result->why, "uid %u: %s, %.120s", m->uid, st_name(st), text);
        return false;
    }
    if (f->in_segment && f->damaged && f->damaged != m->number) {
        snprintf(result->why, sizeof result->why, "letters %llu and %llu can't be read: %.100s",
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
        snprintf(result->why, sizeof result->why, "uid %u is gone without a word", m->uid);
        return false;
    }
    st = view_email(v, seq, &a, &e);
    if (st == ST_OK)
        st = email_body(acc, &e, &body);
    if (st == ST_OK && !str_eq(body.bytes, letter_bytes(&a, m->number))) {
        snprintf(result->why, sizeof result->why, "uid %u is not letter %llu", m->uid, (unsigned long long)m->number);
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
        result->detected++;
        return !f->in_segment;
    }
    for (unsigned i = 0; i < b->n && ok; i++)
        ok = check_letter(f, v, r->accounts[account], &b->m[i]);
    view_close(v);
    return ok;
}

static void look_at_flipped(struct rooms *r, void *arg) SUSPENDS
{
    struct flip *f = arg;
    struct op more;
    bool ok = true;

    result->opened = 1;
    for (unsigned i = 0; i < ACCOUNTS && ok; i++) {
        if (account_open(r->mail, ACCOUNT_ID(i), &r->accounts[i]) != ST_OK) {
            result->detected++;
            continue;
        }
        for (unsigned k = 0; k < f->promised->a[i].n && ok; k++)
            ok = check_box(f, r, i, &f->promised->a[i].box[k]);
    }
    result->ok = ok && (!f->in_segment || write_more(r, &more, result->why));
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
        result->refused = 1;
        result->ok = true; /* said so, and touched nothing: a tool for it is `rebuild` */
    }
    result->ended = true;
}

static char flippable[500][100];
static unsigned flippable_n;

static int note_file(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    size_t n = strlen(path);

    (void)f;
    if (type == FTW_F && sb->st_size && flippable_n < ARRAY_LEN(flippable) &&
        (strcmp(path + n - 4, ".seg") == 0 || strcmp(path + n - 4, ".sst") == 0))
        snprintf(flippable[flippable_n++], sizeof flippable[0], "%.99s", path + strlen(work_dir) + sizeof "/base" - 1);
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
        at = pick(x) % (uint64_t)sb.st_size;
        must(pread(fd, &byte, 1, (off_t)at) == 1);
    }
    byte = (unsigned char)(byte ^ 1u << pick(x) % 8);
    must(pwrite(fd, &byte, 1, (off_t)at) == 1);
    close(fd);
    return at;
}

static void run_flips(unsigned n, uint64_t seed)
{
    struct world *base = MEM_NEW(struct world);
    unsigned opened = 0, refused = 0, for_segments = 0, detected = 0;
    uint64_t x = seed * 2 + 1;
    char dir[300], from[300];

    printf("# bits: seed %llu\n", (unsigned long long)seed);
    make_base(seed, true, base);
    snprintf(from, sizeof from, "%s/base", work_dir);
    nftw(from, note_file, 16, FTW_PHYS);
    for (unsigned i = 0; i < n && failed < FAILURES_MOST; i++) {
        const char *file = flippable[pick(&x) % flippable_n];
        struct flip f = {dir, base, strncmp(file, "/seg/", 5) == 0, 0};
        char why[200] = "";
        uint64_t at;
        bool ok;

        fresh(dir, "life");
        copy_folder(from, dir);
        at = flip_bit(dir, file, &x);
        result->opened = result->detected = result->refused = 0;
        ok = in_child(look_flipped, &f, why);
        if (ok && !result->ok) {
            ok = false;
            snprintf(why, sizeof why, "%s", result->why);
        }
        opened += result->opened;
        refused += result->refused;
        for_segments += f.in_segment ? result->refused : 0;
        detected += result->detected > 0;
        if (ok && !f.in_segment) { /* an index that is damaged can be made again */
            struct look l = {.dir = dir, .promised = base, .rebuilds = true};

            ok = look_in_child(&l, why);
        }
        passed += ok;
        failed += !ok;
        if (!ok)
            printf("not ok - a bit of byte %llu of %s: %s\n", (unsigned long long)at, file, why);
    }
    printf(
        "# %u flipped bits: %u stores opened, in %u of them something could not be read and said so, %u refused (%u of "
        "them for a segment)\n",
        n, opened, detected, refused, for_segments);
    mem_free(base);
}

/* --- the program -------------------------------------------------------------------------------------------------------- */

static void run_calls(void)
{
    static const char *const names[] = {
        [DISK_WRITE] = "write",   [DISK_TRUNCATE] = "truncate", [DISK_ALLOCATE] = "allocate", [DISK_SYNC] = "sync",
        [DISK_RENAME] = "rename", [DISK_UNLINK] = "unlink",     [DISK_MKDIR] = "mkdir",       [DISK_FAILED] = NULL};
    unsigned long long n[DISK_FAILED + 1] = {0};
    const struct disk_event *e;
    uint64_t at = 0;
    struct load l = {.seed = 1, .ops = OPS, .first_letter = 1, .closes = true, .upkeep = true};
    char dir[300], why[200] = "";

    fresh(dir, "life");
    must(in_child(live, &l, why));
    printf("# %s: %llu events\n", dir, (unsigned long long)trace->events);
    while ((e = disk_next(trace, &at)))
        n[e->op]++;
    for (unsigned i = 0; i < ARRAY_LEN(n); i++)
        if (names[i])
            printf("%s %llu\n", names[i], n[i]);
    passed++;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned long long n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

    if (!seed)
        seed = random_u64() % 1000000000 + 1;
    log_set_level(LOG_ERROR);
    make_work_dir();
    trace = disk_trace_new(TRACE_BYTES);
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(result != MAP_FAILED);
    if (strcmp(what, "cuts") == 0 && n)
        run_cuts(n, seed, argc > 4 ? argv[4] : NULL);
    else if (strcmp(what, "faults") == 0 && n)
        run_faults((unsigned)n, seed);
    else if (strcmp(what, "flips") == 0 && n)
        run_flips((unsigned)n, seed);
    else if (strcmp(what, "calls") == 0)
        run_calls();
    else
        printf("usage: crash_sim cuts N [SEED [STATE]] | faults EVERY [SEED] | flips N [SEED] | calls\n");
    if (!failed)
        remove_folder(work_dir);
    printf("%llu passed, %llu failed\n", passed, failed);
    return failed || !passed;
}
