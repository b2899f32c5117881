/* The queue with very many letters that wait: the memory that it takes, and the time to find the next one that is due. The real store, the queue
 * on one core, no sockets. usage: queue_bench [--dir DIR] [--letters N]; N letters take about 1.3 KB of the disk each, which is given back at the end. */
#include "rig.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "queue/queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITERS 256
#define BODY 400       /* bytes: the queue's own part is what counts here */
#define DUE_NOW 20     /* every so many-th is due */
#define MEASURED 2000u /* claims and outcomes */
#define HOUR 3600000000ull

static struct {
    size_t letters, filled;
    struct queue *queue;
    uint64_t account; /* one that lives on the queue's core */
    double times[MEASURED];
} b = {.letters = 1000000};

static struct queue *open_queue(struct rig *r)
{
    return queue_new(
        &(struct queue_options){.store = r->store, .core = r->cores[0], .host_name = STR("mail.bench.test")});
}

static struct queue_entry entry_of(size_t i, const struct queue_rcpt *rcpt)
{
    uint64_t now = clock_wall_us();

    return (struct queue_entry){.account = b.account,
                                .size = BODY,
                                .reverse_path = STR("sender@bench.test"),
                                .arrival_us = now,
                                .due_us = i % DUE_NOW ? now + HOUR + random_u64() % (48 * HOUR) : now,
                                .rcpts = rcpt,
                                .n_rcpts = 1};
}

static void fill(struct task *t) SUSPENDS
{
    if (t->index == 0)
        must(queue_start(b.queue) == ST_OK);
    for (size_t i = t->index; i < b.letters; i += WRITERS) {
        char address[64];
        struct queue_rcpt rcpt = {.address = str_n(address, (size_t)snprintf(address, sizeof address,
                                                                             "someone@d%zu.example.test", i % 1000))};
        struct queue_entry e = entry_of(i, &rcpt);
        struct kv_blob blob = {
            .id = e.blob = blob_new_id(t->rig->store), .bytes = str_sub(rig_letter(0)->bytes, 0, BODY), .refs = 1};
        struct kv_part *part;
        struct kv_commit c = {.parts = &part, .n_parts = 1, .blobs = &blob, .n_blobs = 1};

        must(queue_prepare(b.queue, &e, &part) == ST_OK);
        must(kv_commit(t->rig->store, &c) == ST_OK);
        b.filled++;
    }
}

static int by_size(const void *x, const void *y)
{
    double a = *(const double *)x, c = *(const double *)y;

    return (a > c) - (a < c);
}

static void say(const char *what)
{
    qsort(b.times, MEASURED, sizeof b.times[0], by_size);
    printf("| %s | %.1f | %.1f | %.1f |\n", what, b.times[MEASURED / 2] * 1e6, b.times[MEASURED / 100 * 99] * 1e6,
           b.times[MEASURED - 1] * 1e6);
}

/* One letter after the other, each settled before the next one is looked for. */
static void claim_some(const char *what, enum queue_fate fate) SUSPENDS
{
    for (size_t i = 0; i < MEASURED; i++) {
        struct arena a = ARENA_INIT;
        struct queue_entry *list;
        double began = rig_now();
        size_t n;

        must(queue_claim(b.queue, 1, deadline_in(0), &a, &list, &n) == ST_OK && n == 1);
        b.times[i] = rig_now() - began;
        must(queue_settle(b.queue, list[0].id,
                          &(struct queue_result){.fate = fate, .status = STR("4.2.0"), .answer = STR("450 later")}, 1,
                          true, NULL) == ST_OK);
        arena_fini(&a);
    }
    say(what);
}

static void look(struct task *t) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct queue_entry *list;
    struct queue_counts counts;
    double began = rig_now();
    size_t n;

    (void)t;
    must(queue_start(b.queue) == ST_OK);
    printf("| started, ms | %.1f |\n", (rig_now() - began) * 1e3);
    began = rig_now();
    must(queue_claim(b.queue, 200, deadline_in(0), &a, &list, &n) == ST_OK && n == 200);
    printf("| the first 200 that are due, ms | %.1f |\n", (rig_now() - began) * 1e3);
    queue_give_back_all(b.queue);
    queue_get_counts(b.queue, &counts);
    printf("| own memory with %llu letters waiting, MiB | %.1f |\n", (unsigned long long)counts.entries,
           (double)rig_memory() / 1048576);
    printf("\n| the next letter, us | median | 99 of 100 | most |\n|---|---|---|---|\n");
    claim_some("each put off", QUEUE_DEFERRED);
    claim_some("each delivered: its rows are deleted", QUEUE_DELIVERED);
    claim_some("behind those", QUEUE_DEFERRED);
    printf("\nown memory at the end: %.1f MiB\n", (double)rig_memory() / 1048576);
    arena_fini(&a);
}

/* One pass over the store: `fn` in n tasks, all on the queue's core. */
static void pass(const char *dir, void (*fn)(struct task *t) SUSPENDS, unsigned n)
{
    static const struct store_upkeep upkeep;
    struct task *tasks = calloc(n, sizeof *tasks);
    struct rig r;

    rig_open(&r, dir, &upkeep);
    for (b.account = 1; mail_core_of(r.mail, b.account) != 0;)
        b.account++;
    b.queue = open_queue(&r);
    queue_set_retry(b.queue,
                    &(struct queue_retry){.first_us = HOUR / 12, .most_us = 2 * HOUR, .lifetime_us = 120 * HOUR});
    for (unsigned i = 0; i < n; i++)
        tasks[i] = (struct task){.fn = fn, .account = b.account, .index = i};
    rig_run(&r, tasks, n);
    queue_free(b.queue);
    rig_close(&r);
    free(tasks);
}

int main(int argc, char **argv)
{
    char made[] = "/var/tmp/restante-queue-XXXXXX", command[300];
    const char *dir = NULL;
    double began;

    log_set_level(LOG_WARN);
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--dir") == 0)
            dir = argv[i + 1];
        else if (strcmp(argv[i], "--letters") == 0)
            b.letters = strtoul(argv[i + 1], NULL, 10);
    }
    must(b.letters >= (size_t)3 * DUE_NOW * MEASURED ||
         (fprintf(stderr, "at least %u letters\n", 3 * DUE_NOW * MEASURED) && false));
    if (!dir)
        dir = mkdtemp(made);
    must(dir && (mkdir(dir, 0700) == 0 || access(dir, W_OK) == 0));
    rig_letter(0);
    printf("| | |\n|---|---|\n| own memory before, MiB | %.1f |\n", (double)rig_memory() / 1048576);
    began = rig_now();
    pass(dir, fill, WRITERS);
    printf("| put into the queue, letters a second | %.0f |\n| on the disk, MiB | %.0f |\n",
           (double)b.filled / (rig_now() - began), (double)rig_du(dir) / 1048576);
    rig_drop_caches(dir);
    pass(dir, look, 1);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return dir == made && system(command) != 0;
}
