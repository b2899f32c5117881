/* Writing: letters and flags from many writers, and a large move. */
#include "rows.h"

#include "base/clock.h"
#include "base/must.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { WRITERS_MAX = 128, MAILBOX = 100, MOVED = 10000, AT_ONCE = 500 };

enum { ROUNDS = 3 };

static const unsigned writers[] = {1, 16, WRITERS_MAX};

/* --- the disk alone --------------------------------------------------------------------------------- */

double raw_syncs(struct bench *b, uint64_t bytes)
{
    const uint64_t size = MAX(64ull << 20, 4 * bytes);
    char path[400], *some = mem_new(MAX(bytes, 1u << 20));
    uint64_t n = 0, at = 0;
    double end;
    int fd;

    for (uint64_t i = 0; i < bytes; i += 8)
        memcpy(some + i, &(uint64_t){i * 0x9e3779b97f4a7c15u}, MIN(8, bytes - i));
    snprintf(path, sizeof path, "%s/raw", b->dir);
    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0);
    for (uint64_t i = 0; i < size; i += 1u << 20)
        must(pwrite(fd, some, 1u << 20, (off_t)i) == 1 << 20);
    must(fsync(fd) == 0);
    for (end = rig_now() + b->seconds; rig_now() < end; n++) {
        must(pwrite(fd, some, bytes, (off_t)at) == (ssize_t)bytes && fdatasync(fd) == 0);
        at = at + 2 * bytes > size ? 0 : at + bytes;
    }
    close(fd);
    unlink(path);
    mem_free(some);
    return (double)n / b->seconds;
}

void bench_raw(struct bench *b)
{
    printf("\n### The disk alone\n\n| bytes before each sync | syncs a second |\n|---|---|\n");
    for (uint64_t bytes = 4096; bytes <= 512 << 10; bytes *= 8)
        printf("| %llu KiB | %.0f |\n", (unsigned long long)bytes >> 10, raw_syncs(b, bytes));
}

/* --- what is done, over and over -------------------------------------------------------------------- */

struct load {
    double until;
    atomic_uint_fast64_t done;
};

static void deliver(struct task *t) SUSPENDS
{
    struct load *l = t->arg;

    for (unsigned i = t->index; rig_now() < l->until; i += 7) {
        const struct letter *letter = rig_letter(i);
        struct delivery_rcpt to = {.account = t->account, .prefix = STR("Return-Path: <a@example.org>\r\n")};
        struct delivery d = {.mail = {.record = letter->record, .bytes = letter->bytes}, .rcpts = &to, .n_rcpts = 1};

        must(mail_deliver(t->rig->mail, &d) == ST_OK);
        l->done++;
    }
}

static void append(struct account *a, size_t n, unsigned from) SUSPENDS
{
    struct new_mail mails[AT_ONCE];
    struct arena ar = ARENA_INIT;
    uint32_t validity, *uids;

    must(n <= AT_ONCE);
    for (unsigned i = 0; i < n; i++)
        mails[i] = (struct new_mail){.record = rig_letter(from + i)->record, .bytes = rig_letter(from + i)->bytes};
    must(mail_append(a, STR("INBOX"), mails, n, &ar, &validity, &uids) == ST_OK);
    arena_fini(&ar);
}

static void fill_one(struct task *t) SUSPENDS
{
    struct account *a;

    must(account_open(t->rig->mail, t->account, &a) == ST_OK);
    append(a, MAILBOX, t->index);
    account_close(a);
}

static void change_flags(struct task *t) SUSPENDS
{
    struct load *l = t->arg;
    struct account *a;
    struct view *v;

    must(account_open(t->rig->mail, t->account, &a) == ST_OK);
    must(view_open(a, STR("INBOX"), false, &v) == ST_OK);
    for (unsigned i = 0; rig_now() < l->until; i++) {
        uint32_t uid = 1 + i % MAILBOX;
        struct uid_range one = {uid, uid};
        struct flag_change c = {i / MAILBOX % 2 ? FLAGS_REMOVE : FLAGS_ADD, MAIL_FLAGGED};

        must(view_store(v, (struct uid_set){&one, 1}, &c) == ST_OK);
        l->done++;
    }
    view_close(v);
    account_close(a);
}

static void make_tasks(struct task *tasks, unsigned n, void (*fn)(struct task *t), void *arg)
{
    for (unsigned i = 0; i < n; i++)
        tasks[i] = (struct task){.fn = fn, .arg = arg, .account = 1000 + i * 2654435761u, .index = i};
}

/* --- rows --------------------------------------------------------------------------------------------- */

struct outcome {
    double per_s, per_batch, batch_bytes, cpu_us;
    double raw; /* syncs a second that the disk gives with such batches */
};

static struct outcome measure(struct bench *b, unsigned n, void (*fn)(struct task *t))
{
    static struct task tasks[WRITERS_MAX];
    struct store_stats before, after;
    struct load l = {0};
    struct outcome o;
    struct rig r;
    double cpu, began;

    rig_open(&r, b->dir, NULL);
    make_tasks(tasks, n, fn, &l);
    store_get_stats(r.store, &before);
    cpu = rig_cpu();
    began = rig_now();
    l.until = began + b->seconds;
    rig_run(&r, tasks, n);
    began = rig_now() - began;
    cpu = rig_cpu() - cpu;
    store_get_stats(r.store, &after);
    rig_close(&r);
    o.per_s = (double)l.done / began;
    o.per_batch = (double)l.done / (double)(after.batches - before.batches);
    o.batch_bytes = (double)(after.journal_bytes + after.blob_bytes - before.journal_bytes - before.blob_bytes) /
                    (double)(after.batches - before.batches);
    o.cpu_us = cpu * 1e6 / (double)l.done;
    o.raw = raw_syncs(b, (uint64_t)o.batch_bytes);
    return o;
}

/* In turns, since a disk that others use too is not the same all the time. */
static struct outcome measure_often(struct bench *b, unsigned n, void (*fn)(struct task *t))
{
    struct outcome sum = {0};

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct outcome o = measure(b, n, fn);

        sum.per_s += o.per_s / ROUNDS;
        sum.per_batch += o.per_batch / ROUNDS;
        sum.batch_bytes += o.batch_bytes / ROUNDS;
        sum.cpu_us += o.cpu_us / ROUNDS;
        sum.raw += o.raw / ROUNDS;
    }
    return sum;
}

static void run_rows(struct bench *b, const char *what, void (*fn)(struct task *t))
{
    double single = 0; /* syncs a second with what one writer brings */

    printf("\n### %s a second, durable\n\n| writers | a second | in a sync | KiB a sync | CPU us each, cores busy | "
           "such syncs, "
           "the disk "
           "alone | that would be | of it | times one sync each |\n|---|---|---|---|---|---|---|---|---|\n",
           what);
    for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
        struct outcome o;

        if (b->writers && writers[i] != b->writers)
            continue;
        o = measure_often(b, writers[i], fn);

        if (!single)
            single = o.raw;
        printf("| %u | %.0f | %.1f | %.1f | %.1f, %.1f | %.0f | %.0f | %.0f %% | %.1f |\n", writers[i], o.per_s,
               o.per_batch, o.batch_bytes / 1024, o.cpu_us, o.cpu_us * o.per_s / 1e6, o.raw, o.raw * o.per_batch,
               100 * o.per_s / (o.raw * o.per_batch), o.per_s / single);
        fflush(stdout);
    }
}

void bench_deliver(struct bench *b)
{
    run_rows(b, "Deliveries of 4 KiB", deliver);
}

void bench_flags(struct bench *b)
{
    static struct task tasks[WRITERS_MAX];
    struct rig r;

    rig_open(&r, b->dir, NULL);
    make_tasks(tasks, WRITERS_MAX, fill_one, NULL);
    rig_run(&r, tasks, WRITERS_MAX);
    rig_close(&r);
    run_rows(b, "Changes of a flag", change_flags);
}

static uint64_t journal_of(struct task *t)
{
    struct store_stats s;

    store_get_stats(t->rig->store, &s);
    return s.journal_bytes + s.blob_bytes;
}

static void move_all(struct task *t) SUSPENDS
{
    struct uid_range all = {1, MOVED};
    struct arena ar = ARENA_INIT;
    struct copied copied;
    struct account *a;
    struct view *v;
    uint64_t journal, written;
    double began;

    must(account_open(t->rig->mail, t->account, &a) == ST_OK);
    for (unsigned i = 0; i < MOVED; i += AT_ONCE)
        append(a, AT_ONCE, i);
    must(view_open(a, STR("INBOX"), false, &v) == ST_OK);
    journal = journal_of(t);
    written = rig_written();
    began = rig_now();
    must(view_copy(v, (struct uid_set){&all, 1}, STR("Archive"), true, &ar, &copied) == ST_OK && copied.n == MOVED);
    printf("\nA move of %u messages of 4 KiB into another mailbox: %.1f ms, %.1f KiB of journal, %.0f bytes a message; "
           "%.1f KiB were written to the disk meanwhile.\n",
           MOVED, (rig_now() - began) * 1e3, (double)(journal_of(t) - journal) / 1024,
           (double)(journal_of(t) - journal) / MOVED, (double)(rig_written() - written) / 1024);
    view_close(v);
    account_close(a);
    arena_fini(&ar);
}

void bench_move(struct bench *b)
{
    struct task t;
    struct rig r;

    rig_open(&r, b->dir, NULL);
    make_tasks(&t, 1, move_all, b);
    rig_run(&r, &t, 1);
    rig_close(&r);
}
