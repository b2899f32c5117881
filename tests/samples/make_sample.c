/* Writes the store that tests/samples/ keeps of each version of the format, as a killed server leaves it: half of it in
 * the index and in a snapshot already, the rest in the journal only. usage: make_sample DIR. What it holds: content.h. */
#include "base/must.h"
#include "content.h"
#include "mail/keep.h"
#include "mime/scan.h"
#include "queue/queue.h"
#include "store/dictionary.h"

#include <stdio.h>
#include <unistd.h>

struct maker {
    struct store *store;
    struct core *core;
    struct mail *mail;
    struct queue *queue;
    struct arena arena;
    bool second;
};

static struct new_mail letter(struct maker *m, const char *subject, size_t more)
{
    struct new_mail mail = {.bytes = sample_bytes(&m->arena, subject, more), .internal_date_us = 1795416020000000u};
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(mail.bytes, &record);
    mail.record = arena_str(&m->arena, buf_str(&record));
    buf_fini(&record);
    return mail;
}

static void deliver_to(struct maker *m, const char *mailbox, const uint64_t *accounts, size_t n, struct new_mail mail,
                       struct queue_extra *extra) SUSPENDS
{
    struct delivery_rcpt *rcpts = ARENA_ARRAY(&m->arena, struct delivery_rcpt, n);
    struct delivery d = {.mail = mail, .rcpts = rcpts, .n_rcpts = n};

    if (extra) {
        d.extra = queue_extra;
        d.extra_arg = extra;
    }
    for (size_t i = 0; i < n; i++)
        rcpts[i] = (struct delivery_rcpt){
            .account = accounts[i], .mailbox = str_z(mailbox), .prefix = STR("Return-Path: <a@example.test>\r\n")};
    must(mail_deliver(m->mail, &d) == ST_OK);
}

static void deliver(struct maker *m, const uint64_t *accounts, size_t n, struct new_mail mail,
                    struct queue_extra *extra) SUSPENDS
{
    deliver_to(m, "", accounts, n, mail, extra);
}

static void deliver_many(struct maker *m) SUSPENDS
{
    const uint64_t bert = BERT;

    for (unsigned i = 0; i < SAMPLE_MANY; i++) {
        const char *subject = arena_printf(&m->arena, "many %u", i).p;

        deliver_to(m, SAMPLE_MANY_BOX, &bert, 1, letter(m, subject, SAMPLE_MANY_BYTES), NULL);
        if (i == SAMPLE_MANY / 2)
            must(dictionary_step(m->store) == ST_OK);
    }
}

static void first_half(struct maker *m, struct account *a) SUSPENDS
{
    const uint64_t both[] = {ANNE, BERT};
    struct new_mail kept = letter(m, "kept", 0);
    const struct str word = STR("$Work");
    uint32_t validity, *uids;

    deliver(m, both, 2, letter(m, "shared", 0), NULL);
    deliver(m, both, 1, letter(m, SAMPLE_DELETED, 0), NULL);
    deliver_many(m);
    must(mailbox_create(a, STR("Work/Deep"), MAIL_USE_NONE) == ST_OK);
    kept.flags = MAIL_SEEN | MAIL_FLAGGED;
    kept.keywords = &word;
    kept.n_keywords = 1;
    must(mail_append(a, STR("Work/Deep"), &kept, 1, &m->arena, &validity, &uids) == ST_OK);
}

static void second_half(struct maker *m, struct account *a) SUSPENDS
{
    const uint64_t bert = BERT;
    struct queue_rcpt rcpt = {.address = STR(SAMPLE_RCPT)};
    struct queue_entry e = {.size = 100, .reverse_path = STR("a@example.test"), .rcpts = &rcpt, .n_rcpts = 1};
    struct uid_range one = {1, 1}, two = {2, 2};
    struct queue_extra extra = {m->queue, &e};
    struct copied copied;
    struct view *v;

    must(view_open(a, STR("INBOX"), false, &v) == ST_OK);
    must(view_store(v, (struct uid_set){&two, 1}, &(struct flag_change){.how = FLAGS_ADD, .flags = MAIL_DELETED}) ==
         ST_OK);
    must(view_expunge(v, (struct uid_set){&two, 1}, false) == ST_OK);
    must(view_copy(v, (struct uid_set){&one, 1}, STR("Archive"), false, &m->arena, &copied) == ST_OK);
    view_close(v);
    deliver(m, &bert, 1, letter(m, "large", LARGE), NULL);
    e.arrival_us = e.due_us = 1795416020000000u;
    deliver(m, &bert, 1, letter(m, "queued", 0), &extra);
}

static void work(void *arg)
{
    struct maker *m = arg;
    struct mail_rules rules = {.keep_s = 14 * 86400};
    struct account *a;

    mail_set_rules(m->mail, &rules);
    must(queue_start(m->queue) == ST_OK);
    must(account_open(m->mail, ANNE, &a) == ST_OK);
    if (m->second)
        second_half(m, a);
    else
        first_half(m, a);
    account_close(a);
    if (m->second)
        _exit(0);
    core_stop(m->core);
}

static void spawn(void *arg)
{
    must(co_spawn(work, arg, "sample") == ST_OK);
}

static void run(const char *dir, bool second)
{
    struct store_options o = {.dir = dir,
                              .segment_bytes = 256u << 10,
                              .reserve_bytes = 1,
                              .dictionary_bodies = SAMPLE_MANY / 4,
                              .upkeep = &(struct store_upkeep){.dictionary = true}};
    struct maker m = {.second = second};

    must(store_open(&o, &m.store) == ST_OK);
    m.core = core_new(&(struct core_options){.name = "sample", .coroutines = 16});
    m.mail = mail_new(&(struct mail_options){.store = m.store, .cores = &m.core, .n_cores = 1});
    m.queue = queue_new(&(struct queue_options){.store = m.store, .core = m.core});
    core_post(m.core, spawn, &m);
    core_run(m.core);
    must(store_snapshot(m.store) == ST_OK);
    mail_free(m.mail);
    queue_free(m.queue);
    store_close(m.store);
    core_free(m.core);
    arena_fini(&m.arena);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    run(argv[1], false);
    run(argv[1], true);
    return 0;
}
