/* Measures the store and the mail room over it, in one process, beside what the disk below gives.
 *
 *   store_bench [--dir FOLDER] [--seconds N] [--messages N,N...] [--corpus FOLDER] [--letters N] [--limit WORDS]
 *               [--writers N] [PART...]
 *
 *   raw      appending one letter's bytes with fdatasync, one at a time
 *   deliver  letters of 4 KiB from 1, 16 and 128 writers, each answered when durable; beside it what appending and
 *            syncing batches of just these sizes gives
 *            (with --writers: this many only)
 *   flags    one flag of one message, from 1, 16 and 128 writers
 *   move     10,000 messages into another mailbox: time, and bytes written
 *   open     a mailbox of 10,000, 100,000 and (with --messages) more messages: cold, warm, again; memory
 *   grow     the same work with 10, 100, 1,000 and 10,000 accounts
 *   memory   a store of --letters letters (400,000) that is larger than the memory that the caller leaves this process; --limit says it
 *   disk     what the letters of a folder (--corpus, files of one letter each) take
 *
 * Prints tables in Markdown. Without parts: raw deliver flags move open grow. The folder is a new one below /tmp when none is named. */
#include "rows.h"

#include "base/log.h"
#include "base/must.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const struct part {
    const char *name;
    void (*run)(struct bench *b);
    bool is_default;
} parts[] = {
    {"raw", bench_raw, true},    {"deliver", bench_deliver, true}, {"flags", bench_flags, true},
    {"move", bench_move, true},  {"open", bench_open, true},       {"grow", bench_grow, true},
    {"disk", bench_disk, false}, {"memory", bench_memory, false},
};

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

/* Each part has a store of its own, made anew. */
static void run_part(struct bench *b, const struct part *p, const char *below)
{
    snprintf(b->dir, sizeof b->dir, "%s/%s", below, p->name);
    nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    must(mkdir(b->dir, 0700) == 0);
    p->run(b);
    nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    fflush(stdout);
}

static void take_messages(struct bench *b, const char *list)
{
    for (b->n_messages = 0; *list && b->n_messages < ARRAY_LEN(b->messages); b->n_messages++) {
        char *end;

        b->messages[b->n_messages] = strtoul(list, &end, 10);
        must(b->messages[b->n_messages] && (!*end || *end == ','));
        list = *end ? end + 1 : end;
    }
}

static const struct part *part_of(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    fprintf(stderr, "store_bench: there is no part %s\n", name);
    exit(2);
}

int main(int argc, char **argv)
{
    static struct bench b = {.seconds = 2, .messages = {10000, 100000, 1000000}, .n_messages = 3, .letters = 400000};
    char made[] = "/tmp/restante-bench-XXXXXX";
    const char *dir = NULL;
    int i = 1;

    log_set_level(LOG_WARN);
    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--dir") == 0)
            dir = argv[i + 1];
        else if (strcmp(argv[i], "--seconds") == 0)
            b.seconds = strtod(argv[i + 1], NULL);
        else if (strcmp(argv[i], "--messages") == 0)
            take_messages(&b, argv[i + 1]);
        else if (strcmp(argv[i], "--corpus") == 0)
            b.corpus = argv[i + 1];
        else if (strcmp(argv[i], "--letters") == 0)
            b.letters = strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--limit") == 0)
            b.limit = argv[i + 1];
        else if (strcmp(argv[i], "--writers") == 0)
            b.writers = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else
            part_of(argv[i]);
    }
    if (!dir)
        dir = mkdtemp(made);
    must(dir && (mkdir(dir, 0700) == 0 || access(dir, W_OK) == 0));
    rig_letter(0);
    for (int k = i; k < argc; k++)
        run_part(&b, part_of(argv[k]), dir);
    for (size_t k = 0; i == argc && k < ARRAY_LEN(parts); k++)
        if (parts[k].is_default)
            run_part(&b, &parts[k], dir);
    if (dir == made)
        rmdir(dir);
    return 0;
}
