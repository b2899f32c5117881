/* The power fails while the index is made again, and while what is damaged is repaired. Afterwards the store opens, or is rebuilt
 * and repaired once more; that gives what an undisturbed one gives. */
#include "modes.h"

#include "base/must.h"
#include "image.h"
#include "look.h"
#include "sim.h"
#include "store/tools.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WRITES_PER_CUT = 12 };

struct making {
    bool repairs;
};

static void make(void *arg) SUSPENDS
{
    struct making *m = arg;
    struct store_options o;
    char dir[300];

    snprintf(dir, sizeof dir, "%s/life", sim.dir);
    crash_options(&o, dir);
    disk_watch(dir, sim.trace);
    if (m->repairs) {
        sim.result->ok = look_repair(&o, sim.result->why);
    } else {
        struct store_rebuilt r;

        sim.result->ok = store_rebuild(&o, NULL, &r) == ST_OK;
        store_rebuilt_fini(&r);
    }
    sim.result->ended = true;
}

/* One byte of a journal record in the middle. */
static void damage(const char *dir, uint64_t *x)
{
    static char room[1u << 20];
    uint64_t places[2000];
    size_t n = 0;
    char path[400];
    ssize_t size;
    int fd;

    snprintf(path, sizeof path, "%s/seg/00000001.seg", dir);
    fd = open(path, O_RDWR);
    must(fd >= 0);
    size = pread(fd, room, sizeof room, 0);
    for (ssize_t at = 4096; at + 48 < size && n < ARRAY_LEN(places); at += 8)
        if (memcmp(room + at, "RSRc\2", 5) == 0)
            places[n++] = (uint64_t)at;
    must(n > 8);
    n = 2 + sim_pick(x) % (n - 6); /* others stand behind it: else it would be a torn end */
    room[places[n] + 60] ^= 0x20;
    must(pwrite(fd, room + places[n] + 60, 1, (off_t)places[n] + 60) == 1);
    close(fd);
}

/* What nobody has promised after a repair. */
static void forget_numbers(struct world *w)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        w->a[i].validity_high = 0;
        for (unsigned k = 0; k < w->a[i].n; k++)
            w->a[i].box[k].uidvalidity = 0, w->a[i].box[k].modseq = 0;
    }
}

static bool cut_here(const struct disk_event *e, unsigned *writes)
{
    if (e->op == DISK_WRITE)
        return ++*writes % WRITES_PER_CUT == 0;
    return e->op == DISK_SYNC || e->op == DISK_SYNCING || e->op == DISK_RENAME || e->op == DISK_UNLINK ||
           e->op == DISK_MKDIR || e->op == DISK_RMDIR;
}

static void check_cut(const struct image *im, const struct making *m, const struct world *w, uint64_t seed, uint64_t at)
{
    struct cut c = cut_by(sim_mix(seed, at));
    char dir[300], text[100], why[200] = "";
    struct look l = {.dir = dir, .promised = w, .again = true, .repairs = m->repairs};
    bool ok;

    sim_fresh(dir, "cut");
    image_write(im, &c, dir);
    ok = look_in_child(&l, why);
    sim.passed += ok;
    sim.failed += !ok;
    if (ok)
        return;
    cut_text(&c, text, sizeof text);
    printf("not ok - %s, seed %llu, call %llu (%s): %s\n", m->repairs ? "repair" : "rebuild", (unsigned long long)seed,
           (unsigned long long)at, text, why);
    snprintf(why, sizeof why, "failed-%llu", sim.failed);
    sim_fresh(dir, why);
    image_write(im, &c, dir);
    printf("# kept: %s\n", dir);
}

static bool read_undisturbed(const char *from, const struct making *m, struct world *w)
{
    struct world *none = MEM_NEW(struct world);
    char dir[300], why[200] = "";
    struct look l = {.dir = dir, .promised = none, .repairs = m->repairs, .again = true};
    bool ok;

    sim_fresh(dir, "cut");
    sim_copy(from, dir);
    ok = look_in_child(&l, why);
    if (!ok) {
        printf("not ok - undisturbed: %s\n", why);
        sim.failed++;
    }
    *w = sim.result->w;
    mem_free(none);
    return ok;
}

static void cut_all(const char *from, const struct making *m, const struct world *w, uint64_t seed)
{
    struct image *im = image_new(from);
    const struct disk_event *e;
    uint64_t at = 0, i = 0;
    unsigned writes = 0;

    for (; (e = disk_next(sim.trace, &at)) && sim.failed < sim.failures_most; i++) {
        if (cut_here(e, &writes))
            check_cut(im, m, w, seed, i);
        if (e->op != DISK_MARK)
            image_step(im, e);
    }
    image_free(im);
}

void run_rebuilds(unsigned n, uint64_t seed)
{
    struct world *w = MEM_NEW(struct world);
    char dir[300], from[300], why[200];

    printf("# rebuilding and repairing: seed %llu\n", (unsigned long long)seed);
    snprintf(from, sizeof from, "%s/base", sim.dir);
    for (unsigned i = 0; i < n && sim.failed < sim.failures_most; i++) {
        struct making m = {.repairs = i % 2 == 1};
        uint64_t x = sim_mix(seed, i) | 1;

        sim_base(seed + i, i % 4 < 2, w);
        if (m.repairs) {
            damage(from, &x);
            if (!read_undisturbed(from, &m, w))
                break;
            forget_numbers(w);
        }
        sim_fresh(dir, "life");
        sim_copy(from, dir);
        disk_trace_clear(sim.trace);
        if (!sim_child(make, &m, why) || !sim.result->ok) {
            printf("not ok - the work itself: %s\n", sim.result->why);
            sim.failed++;
            break;
        }
        cut_all(from, &m, w, seed + i);
    }
    printf("# %u rebuilt or repaired, cut at every sync and every change of a name\n", n);
    mem_free(w);
}
