#include "rig.h"

#include "base/clock.h"
#include "base/must.h"
#include "mime/scan.h"

#include <fcntl.h>
#include <ftw.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define LETTERS 256
#define COROUTINES 1024

void rig_open(struct rig *r, const char *dir, const struct store_upkeep *upkeep)
{
    struct store_options o = {.dir = dir, .upkeep = upkeep, .cache_bytes = 128u << 20}; /* as the server has them */

    mallopt(M_ARENA_MAX, RIG_CORES + 2);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    *r = (struct rig){.disk = offload_new("disk", 4, 1024)};
    o.disk = r->disk;
    must(store_open(&o, &r->store) == ST_OK);
    for (unsigned i = 0; i < RIG_CORES; i++)
        r->cores[i] = core_new(&(struct core_options){.index = i, .name = "bench", .coroutines = COROUTINES});
    r->mail = mail_new(
        &(struct mail_options){.store = r->store, .cores = r->cores, .n_cores = RIG_CORES, .cache_bytes = 64u << 20});
}

static void run_task(void *arg)
{
    struct task *t = arg;

    t->fn(t);
    t->rig->running--;
}

static void stop_when_done(void *arg)
{
    struct rig *r = arg;

    while (r->running)
        must(co_sleep(deadline_in(2)) == ST_OK);
    core_stop(core_here());
}

static void start(void *arg)
{
    struct rig *r = arg;

    for (size_t i = 0; i < r->n_tasks; i++)
        if (mail_core_of(r->mail, r->tasks[i].account) == core_index(core_here()))
            must(co_spawn(run_task, &r->tasks[i], "task") == ST_OK);
    must(co_spawn(stop_when_done, r, "watch") == ST_OK);
}

static void *run_core(void *arg)
{
    core_run(arg);
    return NULL;
}

void rig_run(struct rig *r, struct task *tasks, size_t n)
{
    pthread_t others[RIG_CORES];

    r->tasks = tasks;
    r->n_tasks = n;
    r->running = (unsigned)n;
    for (size_t i = 0; i < n; i++)
        tasks[i].rig = r;
    for (unsigned i = 0; i < RIG_CORES; i++)
        core_post(r->cores[i], start, r);
    for (unsigned i = 1; i < RIG_CORES; i++)
        must(pthread_create(&others[i], NULL, run_core, r->cores[i]) == 0);
    core_run(r->cores[0]);
    for (unsigned i = 1; i < RIG_CORES; i++)
        pthread_join(others[i], NULL);
}

void rig_close(struct rig *r)
{
    mail_free(r->mail);
    store_close(r->store);
    for (unsigned i = 0; i < RIG_CORES; i++)
        core_free(r->cores[i]);
    offload_free(r->disk);
}

double rig_now(void)
{
    return (double)clock_mono_us() / 1e6;
}

double rig_cpu(void)
{
    struct rusage u;

    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* The number behind a name in a file of /proc; 0: there is none. */
static uint64_t proc_number(const char *path, const char *name)
{
    FILE *f = fopen(path, "r");
    unsigned long long n = 0;
    char line[200];

    while (f && !n && fgets(line, sizeof line, f))
        if (str_starts(str_z(line), str_z(name)))
            n = strtoull(line + strlen(name), NULL, 10);
    if (f)
        fclose(f);
    return n;
}

uint64_t rig_written(void)
{
    return proc_number("/proc/self/io", "write_bytes:");
}

uint64_t rig_memory(void)
{
    return proc_number("/proc/self/status", "RssAnon:") << 10;
}

static int drop_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    int fd = type == FTW_F ? open(path, O_RDONLY) : -1;

    (void)sb;
    (void)f;
    if (fd >= 0) {
        fdatasync(fd);
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        close(fd);
    }
    return 0;
}

void rig_drop_caches(const char *dir)
{
    FILE *f;

    nftw(dir, drop_one, 16, FTW_PHYS);
    f = fopen("/proc/sys/vm/drop_caches", "w"); /* as root also names and blocks of the file system */
    if (f) {
        fputs("3\n", f);
        fclose(f);
    }
}

static uint64_t du_bytes; /* nftw passes nothing along */

static int add_one(const char *path, const struct stat *sb, int type, struct FTW *f)
{
    (void)path;
    (void)type;
    (void)f;
    du_bytes += (uint64_t)sb->st_blocks * 512;
    return 0;
}

uint64_t rig_du(const char *dir)
{
    du_bytes = 0;
    nftw(dir, add_one, 16, FTW_PHYS);
    return du_bytes;
}

/* Text that compresses about as mail does: words out of a few hundred, and parts that nothing foretells. */
static struct str make_bytes(struct arena *a, unsigned i)
{
    static const char *const syllables[] = {"ka", "ro", "ten", "mi",  "sol", "ver",
                                            "an", "de", "lu",  "pra", "est", "on"};
    uint64_t x = i * 0x9e3779b97f4a7c15u + 1;
    struct buf b;
    struct str out;

    buf_init(&b, 2 * RIG_LETTER);
    buf_addf(
        &b,
        "Received: from mx%u.example.org (mx%u.example.org [192.0.2.%u])\r\n\tby mail.example.test with ESMTPS id "
        "%08x\r\n\tfor <someone@example.test>; Mon, 23 Nov 2026 06:40:%02u +0000\r\n"
        "From: \"Person %u\" <person.%u@example.org>\r\nTo: someone@example.test\r\nSubject: A letter, number %u\r\n"
        "Message-ID: <%016llx@example.org>\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n",
        i % 9, i % 9, i % 250, i * 2654435761u, i % 60, i, i, i, (unsigned long long)x * 31);
    while (b.n < RIG_LETTER - 40) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        if (x >> 61 == 0)
            buf_addf(&b, "%012llx ", (unsigned long long)(x >> 13));
        else
            buf_addf(&b, "%s%s%s", syllables[(x >> 40) % 12], syllables[(x >> 50) % 12],
                     (x >> 33) % 11 ? " " : ".\r\n");
    }
    while (b.n < RIG_LETTER - 2)
        buf_addc(&b, '.');
    buf_addz(&b, "\r\n");
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

const struct letter *rig_letter(unsigned i)
{
    static struct letter letters[LETTERS];
    static struct arena arena;

    for (unsigned k = 0; !letters[LETTERS - 1].bytes.p && k < LETTERS; k++) { /* first called by one thread alone */
        struct buf record;

        buf_init(&record, LIMIT_MIME_RECORD);
        letters[k].bytes = make_bytes(&arena, k);
        mime_record_build(letters[k].bytes, &record);
        letters[k].record = arena_str(&arena, buf_str(&record));
        buf_fini(&record);
    }
    return &letters[i % LETTERS];
}
