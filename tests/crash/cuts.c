/* The power fails. */
#include "modes.h"

#include "base/must.h"
#include "files.h"
#include "image.h"
#include "look.h"
#include "sim.h"
#include "track.h"

#include <fcntl.h>
#include <stdio.h>

enum { LIVES = 6, CUTS_PER_HISTORY = 500 };

struct history {
    uint64_t seed;
    unsigned life;
    struct track track;
    unsigned long long cuts;
};

/* What the lives have done, so that nobody takes a test that does nothing for a good one. */
static struct {
    unsigned long long answered[OP_KINDS], syncs, tables, snapshots, segments_gone, dictionaries;
} done_in_all;

static bool is_below(const char *path, const char *dir, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);

    return strncmp(path, dir, strlen(dir)) == 0 && n > k && strcmp(path + n - k, suffix) == 0;
}

static void count_event(const struct disk_event *e)
{
    const struct note *n = (const void *)e->data;

    if (e->op == DISK_MARK && n->what == MARK_DONE)
        done_in_all.answered[n->op.kind]++;
    done_in_all.dictionaries += e->op == DISK_RENAME && is_below(e->data, "dict/", ".tmp");
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
    case DISK_UNLINK:
        return is_below(e->data, "seg/", ".seg") ? 12 : 3; /* what stood in it stands elsewhere, they say */
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
    struct look l = {dir,
                     &h->track.w,
                     h->track.under_way,
                     h->track.n,
                     c->seed % 8 == 0,
                     c->seed % (h->life % 2 ? 4 : 16) == 3,
                     .began = h->track.began};
    bool ok;

    sim_fresh(dir, "cut");
    image_write(im, c, dir);
    ok = look_in_child(&l, why);
    h->cuts++;
    sim.passed += ok;
    sim.failed += !ok;
    if (!ok && !sim.quiet) {
        cut_text(c, text, sizeof text);
        printf("not ok - seed %llu, life %u, call %llu (%s): %s\n", (unsigned long long)h->seed, h->life,
               (unsigned long long)at, text, why);
        if (sim.failed <= sim.failures_most) {
            snprintf(why, sizeof why, "failed-%llu", sim.failed);
            sim_fresh(dir, why);
            image_write(im, c, dir);
            printf("# kept: %s\n", dir);
        }
        fflush(stdout);
    }
    if (keep) { /* as it was before it was looked at */
        char next[300];

        sim_fresh(next, "next");
        image_write(im, c, next);
    }
    return ok;
}

static uint64_t total_weight(uint64_t *out_events)
{
    uint64_t at = 0, sum = 0, n = 0;
    const struct disk_event *e;

    while ((e = disk_next(sim.trace, &at))) {
        sum += weight(e);
        n++;
    }
    *out_events = n;
    return sum;
}

/* Cuts one life, and leaves in "next" where the following one begins; its world in sim.result->w. */
static void cut_life(struct history *h, const char *dir, unsigned cuts, struct world *next)
{
    struct image *im = image_new(dir);
    uint64_t events, sum = total_weight(&events), at = 0, i = 0, x = sim_mix(h->seed, h->life) | 1;
    uint64_t ends_at = events / 3 + sim_pick(&x) % (events * 2 / 3 + 1), credit = 0;
    const struct disk_event *e;
    bool has_next = false;

    for (; (e = disk_next(sim.trace, &at)) && sim.failed < sim.failures_most; i++) {
        unsigned k = 0;

        count_event(e);
        if (e->op == DISK_MARK) {
            track_note(&h->track, e);
            continue;
        }
        credit += weight(e) * cuts;
        for (; credit >= sum && sum; credit -= sum) {
            struct cut c = cut_by(sim_mix(h->seed * LIVES + h->life, i * 64 + k++));
            bool last = !has_next && i >= ends_at;

            if (check_cut(h, im, &c, i, last) && last) {
                *next = sim.result->w;
                has_next = true;
            }
        }
        image_step(im, e);
    }
    if (!has_next && sim.failed < sim.failures_most) {
        struct cut c = cut_by(sim_mix(h->seed, events));

        if (check_cut(h, im, &c, i, true))
            *next = sim.result->w;
    }
    image_free(im);
}

/* What it has written stays in memory, as on any machine whose server is killed: synced or not, the next one finds it. */
static bool live_and_be_killed(struct load l, uint64_t x, char why[200])
{
    x |= 1;
    sim_pick(&x);
    if (sim_pick(&x) % 2)
        l.dies_at = 1 + sim_pick(&x) % 1000;
    else
        l.dies_behind = 1 + sim_pick(&x) % 6;
    l.first_letter += SIM_LETTERS_PER_LIFE / 2;
    return sim_child(sim_live, &l, why) || sim.result->killed;
}

static void run_history(struct history *h, unsigned cuts)
{
    char dir[300], next[300], why[200];
    struct world *w = mem_new(sizeof *w);

    sim_fresh(next, "next");
    for (h->life = 0; h->life < LIVES && sim.failed < sim.failures_most; h->life++) {
        struct load l = {.seed = sim_mix(h->seed, h->life + 1000),
                         .ops = SIM_OPS,
                         .first_letter = 1 + (uint64_t)h->life * SIM_LETTERS_PER_LIFE,
                         .closes = h->life % 4 == 3,
                         .upkeep = h->life % 2 == 1,
                         .keeps = h->life % 3 == 2 || h->life == 3,
                         .quota = h->life >= 4};

        sim_fresh(dir, "life");
        sim_copy(next, dir);
        disk_trace_clear(sim.trace);
        if (h->life % 2) /* an older version has written it, perhaps */
            files_set_format(dir, 1);
        h->track = (struct track){.w = *w};
        h->track.w.known = h->life > 0;
        if ((h->life % 2 == 0 && !live_and_be_killed(l, l.seed, why)) || !sim_child(sim_live, &l, why) ||
            sim.trace->is_full) {
            printf("not ok - seed %llu, life %u: the work itself: %s\n", (unsigned long long)h->seed, h->life, why);
            sim.failed++;
            sim.work_failed = true;
            break;
        }
        cut_life(h, next, (cuts + LIVES - 1) / LIVES, w);
        if (h->track.why[0]) {
            if (!sim.quiet)
                printf("not ok - seed %llu, life %u: %s\n", (unsigned long long)h->seed, h->life, h->track.why);
            sim.failed++;
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

static void print_done(void)
{
    static const char *const names[OP_KINDS] = {"deliver",  "give",   "append", "flags",  "copy",      "move",
                                                "expunge",  "create", "delete", "rename", "subscribe", "unsubscribe",
                                                "undelete", "purge",  "erase",  "hold",   "release",   "drop"};

    printf("# answered in the lives that were cut:");
    for (unsigned i = 0; i < OP_KINDS; i++)
        printf(" %s %llu", names[i], done_in_all.answered[i]);
    printf("\n# and in them: %llu syncs, %llu tables of RocksDB, %llu snapshots, %llu segments compacted away, %llu "
           "dictionaries\n",
           done_in_all.syncs, done_in_all.tables, done_in_all.snapshots, done_in_all.segments_gone,
           done_in_all.dictionaries);
}

void run_cuts(unsigned long long n, uint64_t seed, const char *state)
{
    struct history *h = MEM_NEW(struct history);
    uint64_t done = 0;
    unsigned long long cuts = 0;

    read_state(state, &seed, &done);
    printf("# power failures: seed %llu, from history %llu on\n", (unsigned long long)seed, (unsigned long long)done);
    while (cuts < n && sim.failed < sim.failures_most) {
        *h = (struct history){.seed = seed + done};
        run_history(h, (unsigned)MIN(CUTS_PER_HISTORY, n - cuts));
        cuts += h->cuts;
        write_state(state, seed, ++done);
        if (state)
            printf("# %llu cuts, %llu histories in all\n", cuts, (unsigned long long)done);
        fflush(stdout);
    }
    print_done();
    printf("# %llu cuts with RocksDB, seeds %llu to %llu\n", cuts, (unsigned long long)seed,
           (unsigned long long)(seed + done - 1));
    mem_free(h);
}

unsigned long long cut_history(uint64_t seed, unsigned cuts)
{
    struct history *h = MEM_NEW(struct history);
    unsigned long long n;

    *h = (struct history){.seed = seed};
    run_history(h, MIN((unsigned)CUTS_PER_HISTORY, cuts));
    n = h->cuts;
    mem_free(h);
    return n;
}
