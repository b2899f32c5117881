/* Durable commits per second of the store, beside what the disk below it gives: letters of 4 KiB, each with its
 * body and eight index rows, from 1, 16 and 128 coroutines on two cores; and appending one such letter to a file
 * with fdatasync, into fresh and into prewritten space.
 *
 *   store_bench [FOLDER [SECONDS]]      (default: a new one below /tmp, 3 seconds a row) */
#include "base/log.h"
#include "base/must.h"
#include "store/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LETTER = 4096, ROWS = 8, WRITERS_MAX = 128 };

static double seconds = 3;

struct bench {
    struct store *s;
    struct core *cores[2];
    unsigned writers;
    atomic_uint running;
    atomic_uint_fast64_t commits;
    uint64_t until_us;
    char letter[LETTER];
};

struct writer {
    struct bench *b;
    uint64_t account, version;
};

static struct bench bench;
static uint64_t versions[WRITERS_MAX];

static double cpu_s(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* Text that compresses about as mail does. */
static void fill_letter(char *p)
{
    static const char *const words[] = {"the ",       "letter ", "of ", "yesterday ", "Received: from ", "with ESMTP ",
                                        "report\r\n", "please ", "42",  "and ",       "example.test "};
    uint64_t x = 1;

    for (size_t n = 0; n < LETTER;) {
        const char *w;

        x = x * 6364136223846793005u + 1442695040888963407u;
        for (w = words[(x >> 33) % ARRAY_LEN(words)]; *w && n < LETTER; w++)
            p[n++] = (x >> 60) == 3 ? (char)('a' + (x >> 40) % 26) : *w;
    }
}

static void write_letters(void *arg)
{
    struct writer *w = arg;
    struct bench *b = w->b;
    char keys[ROWS][24], value[300] = {1};

    while (clock_mono_us() < b->until_us) {
        struct kv_change changes[ROWS];
        struct kv_part part = {.account = w->account, .expected_version = w->version, .changes = changes, .n = ROWS};
        struct kv_part *parts[] = {&part};
        struct kv_blob blob = {.id = blob_new_id(b->s), .bytes = {b->letter, LETTER}, .refs = 1};
        struct kv_commit c = {parts, 1, &blob, 1};

        for (unsigned i = 0; i < ROWS; i++) {
            snprintf(keys[i], sizeof keys[i], "%c%018llu", (int)('a' + i), (unsigned long long)w->version);
            changes[i] = (struct kv_change){str_z(keys[i]), {value, i ? 40 : sizeof value}, KV_PUT};
        }
        must(kv_commit(b->s, &c) == ST_OK);
        w->version++;
        b->commits++;
    }
    versions[w->account - 1] = w->version;
    b->running--;
}

static void start(void *arg)
{
    static struct writer writers[WRITERS_MAX];
    struct bench *b = arg;

    for (unsigned i = core_index(core_here()); i < b->writers; i += 2) {
        writers[i] = (struct writer){b, i + 1, versions[i]};
        must(co_spawn(write_letters, &writers[i], "writer") == ST_OK);
    }
}

static void stop_when_done(void *arg)
{
    struct bench *b = arg;

    while (b->running)
        (void)!co_sleep(deadline_in(5));
    core_stop(core_here());
}

static void watch(void *arg)
{
    must(co_spawn(stop_when_done, arg, "watch") == ST_OK);
}

static void *run_core(void *arg)
{
    core_run(arg);
    return NULL;
}

static void run_row(const char *dir, unsigned writers)
{
    struct store_options o = {.dir = dir, .disk = offload_new("disk", 2, 256)};
    struct bench *b = &bench;
    struct store_stats before, after;
    pthread_t other;
    double cpu;

    b->writers = writers;
    b->running = writers;
    b->commits = 0;
    must(store_open(&o, &b->s) == ST_OK);
    for (unsigned i = 0; i < 2; i++)
        b->cores[i] = core_new(&(struct core_options){.index = i, .name = "bench", .coroutines = WRITERS_MAX + 1});
    store_get_stats(b->s, &before);
    cpu = cpu_s();
    b->until_us = clock_mono_us() + (uint64_t)(seconds * 1e6);
    for (unsigned i = 0; i < 2; i++) {
        core_post(b->cores[i], start, b);
        core_post(b->cores[i], watch, b);
    }
    pthread_create(&other, NULL, run_core, b->cores[1]);
    core_run(b->cores[0]);
    pthread_join(other, NULL);
    cpu = cpu_s() - cpu;
    store_get_stats(b->s, &after);
    printf("store, %3u writers: %8.0f commits/s %8.0f syncs/s %6.1f commits a sync %6.1f us of CPU a commit\n", writers,
           (double)b->commits / seconds, (double)(after.syncs - before.syncs) / seconds,
           (double)b->commits / (double)(after.syncs - before.syncs), cpu * 1e6 / (double)b->commits);
    store_close(b->s);
    for (unsigned i = 0; i < 2; i++)
        core_free(b->cores[i]);
    offload_free(o.disk);
}

/* 2 KiB of body and some rows: what a letter takes in the journal. */
static void run_raw(const char *dir, bool prewritten)
{
    static char zeros[1 << 20];
    char path[300];
    uint64_t n = 0, until;
    off_t at = 0;
    int fd;

    snprintf(path, sizeof path, "%s/raw", dir);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0);
    for (unsigned i = 0; prewritten && i < 64; i++)
        must(write(fd, zeros, sizeof zeros) == sizeof zeros);
    must(fsync(fd) == 0);
    for (until = clock_mono_us() + (uint64_t)(seconds * 1e6); clock_mono_us() < until; n++, at += 3072) {
        if (prewritten && at + 3072 > (off_t)(64 * sizeof zeros))
            at = 0;
        must(pwrite(fd, bench.letter, 3072, at) == 3072 && fdatasync(fd) == 0);
    }
    close(fd);
    unlink(path);
    printf("raw append + fdatasync, %s: %8.0f a second\n", prewritten ? "prewritten space" : "growing file    ",
           (double)n / seconds);
}

static int remove_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)sb;
    (void)type;
    (void)f;
    return remove(path);
}

int main(int argc, char **argv)
{
    static const unsigned rows[] = {1, 16, 128};
    char made[] = "/tmp/restante-bench-XXXXXX";
    const char *dir = argc > 1 ? argv[1] : mkdtemp(made);

    must(dir);
    if (argc > 2)
        seconds = strtod(argv[2], NULL);
    log_set_level(LOG_WARN);
    fill_letter(bench.letter);
    run_raw(dir, false);
    run_raw(dir, true);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        run_row(dir, rows[i]);
    if (argc <= 1)
        nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}
