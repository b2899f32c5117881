/* The same work with more and more accounts, and in a store that is larger than memory. */
#include "rows.h"

#include "base/must.h"

#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>

enum { WRITERS = 128, READERS = 16, EACH = 20, OPENED = 200, MEMORY_ACCOUNTS = 1000 };

struct work {
    unsigned long accounts, each; /* letters in each */
    double until, opened_s;
    unsigned n_opened;
    uint64_t memory;
    atomic_uint_fast64_t done;
};

static uint64_t account_of(unsigned long i)
{
    return 1000 + i * 2654435761u;
}

static uint64_t next_random(uint64_t *x)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    return *x >> 33;
}

/* One that belongs to the core on which this runs. */
static uint64_t random_account(struct task *t, const struct work *w, uint64_t *x)
{
    uint64_t account;

    do
        account = account_of(next_random(x) % w->accounts);
    while (mail_core_of(t->rig->mail, account) != core_index(core_here()));
    return account;
}

static void deliver_one(struct task *t, uint64_t account, unsigned i) SUSPENDS
{
    const struct letter *letter = rig_letter(i);
    struct delivery_rcpt to = {.account = account, .prefix = STR("Return-Path: <a@example.org>\r\n")};
    struct delivery d = {.mail = {.record = letter->record, .bytes = letter->bytes}, .rcpts = &to, .n_rcpts = 1};

    must(mail_deliver(t->rig->mail, &d) == ST_OK);
}

/* Each account of this core is filled by one of its tasks; letter by letter, so that all grow at once. */
static void fill(struct task *t) SUSPENDS
{
    struct work *w = t->arg;

    for (unsigned long k = 0; k < w->each; k++) {
        for (unsigned long i = t->index / RIG_CORES; i < w->accounts; i += WRITERS / RIG_CORES) {
            if (mail_core_of(t->rig->mail, account_of(i)) != core_index(core_here()))
                continue;
            deliver_one(t, account_of(i), (unsigned)(i + k));
            w->done++;
        }
    }
}

static void deliver(struct task *t) SUSPENDS
{
    struct work *w = t->arg;
    uint64_t x = t->index;

    while (rig_now() < w->until) {
        deliver_one(t, random_account(t, w, &x), (unsigned)x);
        w->done++;
    }
    w->memory = rig_memory();
}

static void open_some(struct task *t) SUSPENDS
{
    struct work *w = t->arg;
    uint64_t x = 7;

    for (w->n_opened = 0; w->n_opened < MIN(OPENED, w->accounts / 4); w->n_opened++) {
        uint64_t account = random_account(t, w, &x);
        double began = rig_now();
        struct account *a;
        struct view *v;

        must(account_open(t->rig->mail, account, &a) == ST_OK);
        must(view_open(a, STR("INBOX"), false, &v) == ST_OK && view_count(v) > 0);
        w->opened_s += rig_now() - began;
        view_close(v);
        account_close(a);
    }
}

static void read_random(struct task *t) SUSPENDS
{
    struct work *w = t->arg;
    uint64_t x = t->index;

    while (rig_now() < w->until) {
        struct arena ar = ARENA_INIT;
        struct account *a;
        struct blob_view body;
        struct email e;
        struct view *v;

        must(account_open(t->rig->mail, random_account(t, w, &x), &a) == ST_OK);
        must(view_open(a, STR("INBOX"), false, &v) == ST_OK && view_count(v) > 0);
        must(view_email(v, 1 + (uint32_t)(next_random(&x) % view_count(v)), &ar, &e) == ST_OK);
        must(email_body(a, &e, &body) == ST_OK && body.bytes.n == RIG_LETTER);
        email_body_close(&body);
        view_close(v);
        account_close(a);
        arena_fini(&ar);
        w->done++;
    }
    w->memory = rig_memory();
}

/* A store opened, worked on, closed. How much was done a second; in *out_open_s, if asked for, how long opening took. */
static double run_tasks(struct bench *b, struct work *w, unsigned n, void (*fn)(struct task *t), double *out_open_s)
{
    struct store_upkeep upkeep = {.dictionary = true, .rate = 10u << 20, .dead_percent = 30}; /* as the server has it */
    struct task tasks[WRITERS];
    double began = rig_now();
    struct rig r;

    rig_open(&r, b->dir, &upkeep);
    if (out_open_s)
        *out_open_s = rig_now() - began;
    for (unsigned i = 0; i < n; i++) {
        tasks[i] = (struct task){.fn = fn, .arg = w, .account = i, .index = i};
        while (mail_core_of(r.mail, tasks[i].account) != i % RIG_CORES)
            tasks[i].account += WRITERS;
    }
    w->done = 0;
    began = rig_now();
    w->until = began + b->seconds * 2;
    rig_run(&r, tasks, n);
    began = rig_now() - began;
    rig_close(&r);
    return (double)w->done / began;
}

static void grow_row(struct bench *b, unsigned long accounts)
{
    struct work w = {.accounts = accounts, .each = EACH};
    double filled = run_tasks(b, &w, WRITERS, fill, NULL), opened, delivered;
    uint64_t disk = rig_du(b->dir), memory;

    delivered = run_tasks(b, &w, WRITERS, deliver, NULL);
    memory = w.memory;
    rig_drop_caches(b->dir);
    run_tasks(b, &w, 1, open_some, &opened);
    printf("| %lu | %lu | %.0f | %.1f | %.0f | %.1f | %.1f | %.2f |\n", accounts, accounts * EACH, filled,
           (double)disk / 1048576, delivered, (double)memory / 1048576, opened * 1e3,
           w.opened_s * 1e3 / MAX(w.n_opened, 1u));
    fflush(stdout);
}

void bench_grow(struct bench *b)
{
    printf("\n### From 10 accounts to 10,000, %d letters of 4 KiB in each, 128 writers\n\n| accounts | letters | "
           "filled, letters a second | "
           "disk, MiB | started anew, delivered to random ones a second | memory, MiB | store opened, page cache "
           "empty, ms | one of "
           "its mailboxes opened, ms |\n|---|---|---|---|---|---|---|---|\n",
           EACH);
    for (unsigned long accounts = 10; accounts <= 10000; accounts *= 10) {
        char below[sizeof b->dir];

        snprintf(below, sizeof below, "%s", b->dir);
        snprintf(b->dir, sizeof b->dir, "%.200s/%lu", below, accounts);
        must(mkdir(b->dir, 0700) == 0);
        grow_row(b, accounts);
        snprintf(b->dir, sizeof b->dir, "%s", below);
    }
}

void bench_memory(struct bench *b)
{
    struct work w = {.accounts = MEMORY_ACCOUNTS, .each = b->letters / MEMORY_ACCOUNTS / 4};
    double first = run_tasks(b, &w, WRITERS, fill, NULL), last = first, read, opened, delivered;

    for (int quarter = 1; quarter < 4; quarter++)
        last = run_tasks(b, &w, WRITERS, fill, NULL);
    rig_drop_caches(b->dir);
    read = run_tasks(b, &w, READERS, read_random, &opened);
    delivered = run_tasks(b, &w, WRITERS, deliver, NULL);
    printf("| %s | %lu | %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f |\n", b->limit ? b->limit : "none",
           b->letters, (double)rig_du(b->dir) / 1048576, first, last, delivered, read, read * RIG_LETTER / 1048576,
           opened * 1e3, (double)w.memory / 1048576);
}
