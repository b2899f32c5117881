/* Runs a test's body as a coroutine on the first of a few cores, with a mail room over a store in memory. */
#pragma once

#include "fake_store.h"

#include "mail/mail.h"
#include "mail/shared.h"
#include "mime/scan.h"
#include "test.h"

#define CORES_MAX 2

struct world {
    struct store *store;
    struct mail *mail;
    struct core *cores[CORES_MAX];
    unsigned n_cores;
    void (*body)(struct world *w);
    struct arena arena;
};

static void world_body(void *arg)
{
    struct world *w = arg;

    w->body(w);
    for (unsigned i = w->n_cores; i-- > 0;)
        core_post(w->cores[i], (void (*)(void *))core_stop, w->cores[i]);
}

static void world_spawn(void *arg)
{
    CHECK_ST(co_spawn(world_body, arg, "test"), ST_OK);
}

static void *world_thread(void *core)
{
    core_run(core);
    return NULL;
}

/* Account 7 is called u7. */
static struct str name_of(struct world *w, uint64_t id)
{
    return arena_printf(&w->arena, "u%llu", (unsigned long long)id);
}

static struct account_limits names_limits = {.keep_s = KEEP_DEFAULT};

static enum st names_find(void *arg, struct arena *ar, struct str name, bool fresh, struct mail_person *out)
{
    uint64_t id;

    (void)arg;
    (void)fresh;
    if (!str_starts(name, STR("u")) || str_u64(str_from(name, 1), UINT64_MAX, &id) != ST_OK)
        return FAIL(ST_NOTFOUND, "nobody");
    *out = (struct mail_person){id, arena_str(ar, name), names_limits};
    return ST_OK;
}

static enum st names_show(void *arg, struct arena *ar, uint64_t account, struct mail_person *out)
{
    (void)arg;
    *out = (struct mail_person){account, arena_printf(ar, "u%llu", (unsigned long long)account), names_limits};
    return ST_OK;
}

static const struct mail_names test_names = {.find = names_find, .show = names_show};

/* The first account from that number on which lives there. */
static uint64_t id_on(const struct world *w, unsigned core, uint64_t from)
{
    while (mail_core_of(w->mail, from) != core)
        from++;
    return from;
}

static void mail_begin(struct world *w)
{
    w->mail = mail_new(
        &(struct mail_options){.store = w->store, .cores = w->cores, .n_cores = w->n_cores, .names = &test_names});
}

/* As after a restart of the box: everything is read from the store again. */
static void mail_again(struct world *w)
{
    mail_free(w->mail);
    mail_begin(w);
}

static void in_world(unsigned n_cores, void (*body)(struct world *w))
{
    struct world w = {.n_cores = n_cores, .body = body, .store = fake_new()};
    pthread_t threads[CORES_MAX];

    for (unsigned i = 0; i < n_cores; i++)
        w.cores[i] = core_new(&(struct core_options){.index = i, .name = "test", .coroutines = 256});
    mail_begin(&w);
    core_post(w.cores[0], world_spawn, &w);
    for (unsigned i = 1; i < n_cores; i++)
        pthread_create(&threads[i], NULL, world_thread, w.cores[i]);
    core_run(w.cores[0]);
    for (unsigned i = 1; i < n_cores; i++)
        pthread_join(threads[i], NULL);
    mail_free(w.mail);
    for (unsigned i = 0; i < n_cores; i++)
        core_free(w.cores[i]);
    fake_free(w.store);
    arena_fini(&w.arena);
}

/* --- letters --------------------------------------------------------------------------------------- */

static struct new_mail letter(struct world *w, const char *subject)
{
    struct str bytes = arena_printf(
        &w->arena, "From: a@example.test\r\nDate: Mon, 23 Nov 2026 06:40:20 +0000\r\nSubject: %s\r\n\r\nBody of %s\r\n",
        subject, subject);
    struct buf record;
    struct new_mail mail = {.bytes = bytes};

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(bytes, &record);
    mail.record = arena_str(&w->arena, buf_str(&record));
    buf_fini(&record);
    return mail;
}

static enum st deliver_to(struct world *w, const uint64_t *accounts, size_t n, const char *subject)
{
    struct delivery_rcpt *rcpts = ARENA_ARRAY(&w->arena, struct delivery_rcpt, n);
    struct delivery d = {.mail = letter(w, subject), .rcpts = rcpts, .n_rcpts = n};

    for (size_t i = 0; i < n; i++)
        rcpts[i] = (struct delivery_rcpt){.account = accounts[i], .prefix = STR("Return-Path: <a@example.test>\r\n")};
    return mail_deliver(w->mail, &d);
}

static struct account *open_account(struct world *w, uint64_t id)
{
    struct account *a = NULL;

    CHECK_ST(account_open(w->mail, id, &a), ST_OK);
    return a;
}

static struct view *open_view(struct account *a, const char *name)
{
    struct view *v = NULL;

    CHECK_ST(view_open(a, str_z(name), false, &v), ST_OK);
    return v;
}

/* "1:3" of the test as a set */
static struct uid_set uids(uint32_t lo, uint32_t hi)
{
    static struct uid_range r[8];
    static unsigned at;

    at = (at + 1) % ARRAY_LEN(r);
    r[at] = (struct uid_range){lo, hi};
    return (struct uid_set){&r[at], 1};
}

static enum st add_flags(struct view *v, struct uid_set set, uint32_t flags)
{
    return view_store(v, set, &(struct flag_change){.how = FLAGS_ADD, .flags = flags});
}

/* Everything that a view has to say now, as one line: "X3 E5 F2". */
static struct str changes(struct world *w, struct view *v, bool may_expunge)
{
    struct view_change c;
    struct buf b;
    struct str s;

    buf_init(&b, 4096);
    while (view_next_change(v, may_expunge, &c)) {
        if (b.n)
            buf_addc(&b, ' ');
        buf_addf(&b, "%c", "XEFKD"[c.what]);
        if (c.what == VIEW_EXPUNGED || c.what == VIEW_EXISTS || c.what == VIEW_FLAGS)
            buf_addf(&b, "%u", c.seq);
    }
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

/* A mailbox as text: uids with flags. */
static struct str dump(struct world *w, struct account *a, const char *name)
{
    struct mailbox_info info;
    struct view *v = NULL;
    struct buf b;
    struct str s;

    buf_init(&b, 65536);
    CHECK_ST(view_open(a, str_z(name), true, &v), ST_OK);
    CHECK_ST(mailbox_status(a, &w->arena, str_z(name), &info), ST_OK);
    if (!v)
        return STR_NONE;
    buf_addf(&b, "next=%u n=%u unseen=%u deleted=%u modseq=%llu:", info.uidnext, info.messages, info.unseen,
             info.deleted, (unsigned long long)info.highestmodseq);
    for (uint32_t seq = 1; seq <= view_count(v); seq++) {
        struct mail_msg m;

        view_msg(v, seq, &m);
        buf_addf(&b, " %u/%x/%llx/%llu", m.uid, m.flags, (unsigned long long)m.keywords, (unsigned long long)m.modseq);
    }
    view_close(v);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

/* What was posted to that account's core, and its answer, have come. */
static void only_a_turn(void *arg)
{
    (void)arg;
}

static void core_has_turned(struct world *w, uint64_t account)
{
    for (unsigned i = 0; i < 2; i++)
        CHECK_ST(mail_on_core_of(w->mail, account, only_a_turn, NULL), ST_OK);
}

/* --- several at a time --------------------------------------------------------------------------------- */

struct together {
    void (*fn)(void *arg);
    void *arg;
    struct co_event *all;
    unsigned *left;
};

static void together_run(void *arg)
{
    struct together *t = arg;

    t->fn(t->arg);
    if (--*t->left == 0)
        co_event_set(t->all);
}

/* Runs all of them as coroutines and waits for the end of the last. Commits are held until every one waits. */
static void all_together(struct world *w, struct together *t, unsigned n)
{
    struct co_event all = {0};
    unsigned left = n;

    w->store->held = true;
    for (unsigned i = 0; i < n; i++) {
        t[i].all = &all;
        t[i].left = &left;
        CHECK_ST(co_spawn(together_run, &t[i], "together"), ST_OK);
    }
    for (unsigned i = 0; i < 200; i++)
        co_yield ();
    fake_go(w->store);
    co_event_wait_heedless(&all);
}
