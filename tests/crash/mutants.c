/* One kind of sync each is answered, and not done. The cuts have to notice: else they would not notice either when the
 * program did not do it. */
#include "modes.h"

#include "base/base.h"
#include "disk.h"
#include "sim.h"

#include <stdio.h>

static const struct mutant {
    const char *name;
    struct disk_lie lie;
    unsigned long long (*cut)(uint64_t seed, unsigned cuts);
} mutants[] = {
    {"of the journal", {"seg/", ".seg", LIE_JOURNAL, LIE_BY_ANY}, cut_history},
    {"of the folder of segments", {"seg", "", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of staged bodies", {"seg/", ".seg", LIE_BULK, LIE_BY_OTHERS}, cut_history},
    {"of compaction's copies, before their move", {"seg/", ".seg", LIE_BULK, LIE_BY_UPKEEP}, cut_history},
    {"of a snapshot, before its name", {"snap/", ".tmp", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of the folder of snapshots", {"snap", "", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of a dictionary's file", {"dict/", ".tmp", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of the folder of dictionaries", {"dict", "", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of FORMAT", {"FORMAT", ".tmp", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of the store's folder", {"", "", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of RocksDB's tables", {"index/", ".sst", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of RocksDB's folder", {"index", "", LIE_ANY, LIE_BY_ANY}, cut_history},
    {"of the directory's log", {"directory.db", "-wal", LIE_ANY, LIE_BY_ANY}, cut_accounts},
};

/* False: so many cuts, and nobody has noticed. */
static bool is_noticed(const struct mutant *m, uint64_t seed, unsigned long long most, unsigned long long *out_cuts)
{
    bool noticed;

    sim.quiet = true;
    sim.failures_most = 1;
    sim.failed = *out_cuts = 0;
    sim.work_failed = false;
    disk_lie(&m->lie);
    for (unsigned i = 0; *out_cuts < most && !sim.failed; i++)
        *out_cuts += m->cut(seed + i, (unsigned)(most - *out_cuts));
    disk_lie(NULL);
    noticed = sim.failed > 0 && !sim.work_failed;
    return noticed;
}

void run_mutants(unsigned long long most, uint64_t seed)
{
    unsigned long long cuts, unnoticed = 0;

    printf("# without one kind of sync each: seed %llu\n", (unsigned long long)seed);
    for (size_t i = 0; i < ARRAY_LEN(mutants); i++) {
        bool noticed = is_noticed(&mutants[i], seed, most, &cuts);

        printf("%s without the sync %s: %s by %llu cuts\n", noticed ? "#" : "not ok -", mutants[i].name,
               noticed ? "noticed" : "not noticed", cuts);
        fflush(stdout);
        unnoticed += !noticed;
    }
    sim.passed = ARRAY_LEN(mutants) - unnoticed;
    sim.failed = unnoticed;
}
