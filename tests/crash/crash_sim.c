/* Ends the world again and again, and looks at what the store makes of the rest. The engine is the real one,
 * RocksDB included: only the disk is simulated.
 *
 *   crash_sim cuts N [SEED [STATE]]   the power fails, at N moments; STATE: a file that remembers where it was
 *   crash_sim faults EVERY [SEED]     every EVERYth disk call fails: EIO, no space, a short write
 *   crash_sim flips N [SEED]          one bit of a segment or of a table of the index is another one
 *   crash_sim rebuilds N [SEED]       the power fails while the index is made again, or something is repaired
 *   crash_sim accounts N [SEED]       the power fails between the steps in which accounts come, move and go
 *   crash_sim mutants MOST [SEED]     one kind of sync each is left out: the cuts have to notice, MOST at most
 *   crash_sim calls                   only does the work, for strace
 *
 * A life is a process that opens a store and works on it while its disk calls are recorded (disk.h). The parent replays
 * them; at some of them it writes the folder out as a power failure might leave it (image.h), and a child
 * opens the store there, reads everything, and compares with what had been answered by then (world.h). One such folder is
 * where the next life begins, so that recoveries are cut as well. */
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "modes.h"
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run_calls(void)
{
    static const char *const names[] = {
        [DISK_WRITE] = "write",   [DISK_TRUNCATE] = "truncate", [DISK_ALLOCATE] = "allocate", [DISK_SYNC] = "sync",
        [DISK_RENAME] = "rename", [DISK_UNLINK] = "unlink",     [DISK_MKDIR] = "mkdir",       [DISK_FAILED] = NULL};
    unsigned long long n[DISK_FAILED + 1] = {0};
    const struct disk_event *e;
    uint64_t at = 0;
    struct load l = {.seed = 1, .ops = SIM_OPS, .first_letter = 1, .closes = true, .upkeep = true};
    char dir[300], why[200] = "";

    sim_fresh(dir, "life");
    must(sim_child(sim_live, &l, why));
    printf("# %s: %llu events\n", dir, (unsigned long long)sim.trace->events);
    while ((e = disk_next(sim.trace, &at)))
        n[e->op]++;
    for (unsigned i = 0; i < ARRAY_LEN(n); i++)
        if (names[i])
            printf("%s %llu\n", names[i], n[i]);
    sim.passed++;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    unsigned long long n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
    uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;

    if (!seed)
        seed = random_u64() % 1000000000 + 1;
    log_set_level(LOG_ERROR);
    sim_init();
    if (strcmp(what, "cuts") == 0 && n)
        run_cuts(n, seed, argc > 4 ? argv[4] : NULL);
    else if (strcmp(what, "faults") == 0 && n)
        run_faults((unsigned)n, seed);
    else if (strcmp(what, "flips") == 0 && n)
        run_flips((unsigned)n, seed);
    else if (strcmp(what, "rebuilds") == 0 && n)
        run_rebuilds((unsigned)n, seed);
    else if (strcmp(what, "accounts") == 0 && n)
        run_accounts((unsigned)n, seed);
    else if (strcmp(what, "mutants") == 0 && n)
        run_mutants(n, seed);
    else if (strcmp(what, "calls") == 0)
        run_calls();
    else
        printf("usage: crash_sim cuts N [SEED [STATE]] | faults EVERY [SEED] | flips N [SEED] | rebuilds N [SEED] | "
               "accounts N [SEED] | "
               "mutants MOST [SEED] | calls\n");
    if (!sim.failed)
        sim_remove(sim.dir);
    printf("%llu passed, %llu failed\n", sim.passed, sim.failed);
    return sim.failed || !sim.passed;
}
