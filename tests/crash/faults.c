/* Disk calls fail. */
#include "modes.h"

#include "base/log.h"
#include "base/must.h"
#include "image.h"
#include "look.h"
#include "sim.h"
#include "track.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static unsigned long long broken; /* runs in which the store took nothing any more */

struct faulty {
    struct load l;
    uint64_t number, times;
    enum disk_fault how;
};

static void work_faulty(void *arg)
{
    struct faulty *f = arg;
    char dir[300], log[300], why[200];

    snprintf(dir, sizeof dir, "%s/life", sim.dir);
    snprintf(log, sizeof log, "%s/log", sim.dir);
    unlink(log);
    log_set_fd(open(log, O_WRONLY | O_CREAT | O_APPEND, 0600));
    disk_watch(dir, sim.trace);
    disk_fail(f->number, f->times, f->how);
    sim.result->ok = load_run(&f->l, dir, why);
    sim.result->opened = (unsigned)disk_calls();
    sim.result->ended = true;
}

/* A store that takes no more commits says so, loudly. */
static bool is_told(char why[200])
{
    char path[300], line[1000];
    bool found = false;
    FILE *f;

    snprintf(path, sizeof path, "%s/log", sim.dir);
    f = fopen(path, "r");
    while (f && !found && fgets(line, sizeof line, f))
        found = strstr(line, "event=store_broken") && strstr(line, "level=error");
    if (f)
        fclose(f);
    if (!found)
        snprintf(why, 200, "the store is broken, and the log does not say so");
    return found;
}

/* After a sim.failed sync the system may drop what it could not write: the disk is not what the program last saw. */
static bool look_without_unsynced(struct look *l, const char *from, uint64_t seed, char why[200])
{
    struct image *im = image_new(from);
    const struct disk_event *e;
    uint64_t at = 0;
    struct cut c = cut_by(seed);
    char dir[300];
    bool ok;

    while ((e = disk_next(sim.trace, &at)))
        if (e->op != DISK_MARK && e->op != DISK_FAILED)
            image_step(im, e);
    sim_fresh(dir, "cut");
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

    snprintf(from, sizeof from, "%s/base", sim.dir);
    sim_fresh(dir, "life");
    sim_copy(from, dir);
    disk_trace_clear(sim.trace);
    t->w = *base;
    ok = sim_child(work_faulty, f, why);
    while ((e = disk_next(sim.trace, &at)))
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
         look_without_unsynced(&l, from, sim_mix(f->number, f->how), why);
    broken += broke;
    sim.passed += ok;
    sim.failed += !ok;
    if (!ok)
        printf("not ok - %s at call %llu (%s): %s\n", names[f->how], (unsigned long long)f->number, what, why);
    fflush(stdout);
    mem_free(t);
}

void run_faults(unsigned every, uint64_t seed)
{
    struct world *base = MEM_NEW(struct world);
    struct faulty f = {.l = {.ops = 60, .first_letter = SIM_LETTERS_PER_LIFE, .closes = true, .may_fail = true}};
    uint64_t calls;
    char why[200];
    unsigned runs = 0;

    printf("# faults: every %u calls, seed %llu\n", every, (unsigned long long)seed);
    sim_base(seed, false, base);
    f.l.seed = seed + 1;
    f.l.upkeep = true;
    {
        char dir[300], from[300];

        snprintf(from, sizeof from, "%s/base", sim.dir);
        sim_fresh(dir, "life");
        sim_copy(from, dir);
        disk_trace_clear(sim.trace);
        must(sim_child(work_faulty, &f, why));
        calls = sim.result->opened;
    }
    for (f.how = DISK_EIO; f.how <= DISK_SHORT; f.how++)
        for (f.number = 1 + (seed + f.how) % every; f.number <= calls && sim.failed < sim.failures_most;
             f.number += every) {
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
