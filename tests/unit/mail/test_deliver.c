/* Delivery: one letter to several accounts on several cores, many at once, and failures. */
#include "help.h"

#include "mail/deliver.c"

/* Two accounts that live on different cores. */
static void two_accounts(const struct world *w, uint64_t out[2])
{
    for (uint64_t id = 1; id < 100; id++)
        out[mail_core_of(w->mail, id)] = id;
}

struct seen {
    struct world *w;
    uint64_t account;
    uint32_t messages;
    struct co_event *done;
    struct core *asker;
};

static void seen_told(void *arg)
{
    co_event_set(((struct seen *)arg)->done);
}

static void look(void *arg)
{
    struct seen *s = arg;
    struct account *a = open_account(s->w, s->account);
    struct mailbox_info info = {0};
    struct arena ar = ARENA_INIT;

    CHECK_ST(mailbox_status(a, &ar, STR("inbox"), &info), ST_OK);
    s->messages = info.messages;
    account_close(a);
    arena_fini(&ar);
    core_post(s->asker, seen_told, s);
}

static void look_there(void *arg)
{
    CHECK_ST(co_spawn(look, arg, "look"), ST_OK);
}

static uint32_t messages_of(struct world *w, uint64_t account)
{
    struct co_event done = {0};
    struct seen s = {.w = w, .account = account, .done = &done, .asker = core_here()};

    core_post(w->cores[mail_core_of(w->mail, account)], look_there, &s);
    co_event_wait_heedless(&done);
    return s.messages;
}

static void body_two_cores(struct world *w)
{
    uint64_t ids[2];

    two_accounts(w, ids);
    for (unsigned i = 0; i < 20; i++)
        CHECK_ST(deliver_to(w, ids, 2, "both"), ST_OK);
    CHECK_ST(deliver_to(w, &ids[1], 1, "one"), ST_OK);
    CHECK_U64(messages_of(w, ids[0]), 20);
    CHECK_U64(messages_of(w, ids[1]), 21);
    CHECK_U64(w->store->n_blobs, 21);
    CHECK_U64(w->store->blobs[0].refs, 2);
}
TEST(deliver_two_cores)
{
    in_world(2, body_two_cores);
}

struct one_of_many {
    struct world *w;
    uint64_t ids[2];
    enum st st;
};

static void deliver_one(void *arg)
{
    struct one_of_many *o = arg;

    o->st = deliver_to(o->w, o->ids, 2, "many");
}

static void body_many(struct world *w)
{
    struct one_of_many many[50];
    struct together t[50];
    uint64_t ids[2];

    two_accounts(w, ids);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct one_of_many){.w = w, .ids = {ids[i % 2], ids[1 - i % 2]}};
        t[i] = (struct together){.fn = deliver_one, .arg = &many[i]};
    }
    all_together(w, t, ARRAY_LEN(t));
    for (size_t i = 0; i < ARRAY_LEN(many); i++)
        CHECK_ST(many[i].st, ST_OK);
    CHECK_U64(messages_of(w, ids[0]), 50);
    CHECK_U64(messages_of(w, ids[1]), 50);
}
TEST(deliver_many_at_once)
{
    in_world(1, body_many);
}

static void body_same_account_twice(struct world *w)
{
    uint64_t ids[] = {7, 9, 7};

    CHECK_ST(deliver_to(w, ids, 3, "twice"), ST_OK);
    CHECK_U64(messages_of(w, 7), 2);
    CHECK_U64(messages_of(w, 9), 1);
    CHECK_U64(w->store->blobs[0].refs, 3);
}
TEST(deliver_same_account_twice)
{
    in_world(1, body_same_account_twice);
}

/* The first of many fails, and with it those behind it: they are made anew, uids go on. */
static void body_chain(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct one_of_many many[5];
    struct together t[5];
    struct view *v;

    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "before"), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(many); i++) {
        many[i] = (struct one_of_many){.w = w, .ids = {7, 7}};
        t[i] = (struct together){.fn = deliver_one, .arg = &many[i]};
    }
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    all_together(w, t, ARRAY_LEN(t));
    CHECK_ST(many[0].st, ST_NOSPACE);
    for (size_t i = 1; i < ARRAY_LEN(many); i++)
        CHECK_ST(many[i].st, ST_OK);
    CHECK_U64(w->store->canceled, 4);
    CHECK_U64(messages_of(w, 7), 9);
    v = open_view(a, "INBOX");
    CHECK_U64(view_count(v), 9);
    CHECK_U64(view_uid(v, 1), 1);
    CHECK_U64(view_uid(v, 2), 12);
    view_close(v);
    account_close(a);
}
TEST(deliver_chain_fails)
{
    in_world(1, body_chain);
}

static void body_refused(struct world *w)
{
    struct delivery_rcpt rcpt = {.account = 7};
    struct delivery d = {.mail = letter(w, "x"), .rcpts = &rcpt, .n_rcpts = 1};

    d.mail.bytes.n--;
    CHECK_ST(mail_deliver(w->mail, &d), ST_CORRUPT); /* not the letter that the record is of */
    d.mail.bytes.n++;
    d.mail.record.n--;
    CHECK_ST(mail_deliver(w->mail, &d), ST_CORRUPT);
    d.mail.record.n++;
    d.n_rcpts = 0;
    CHECK_ST(mail_deliver(w->mail, &d), ST_NOTFOUND);
    d.n_rcpts = 1;
    rcpt.mailbox = STR("no such mailbox");
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    CHECK_U64(messages_of(w, 7), 1);
    rcpt.mailbox = STR("Junk");
    d.blob_id = 0;
    CHECK_ST(mail_deliver(w->mail, &d), ST_OK);
    CHECK_U64(messages_of(w, 7), 1);
}
TEST(deliver_refused)
{
    in_world(1, body_refused);
}

/* --- late refusals ---------------------------------------------------------------------------------------------- */

struct mixed {
    struct world *w;
    uint64_t ids[2];
    bool both; /* the second one is full */
    struct view *v;
    enum st st;
};

static void do_mixed(void *arg)
{
    static const struct account_limits full = {.messages = 1}, any = {0};
    struct mixed *x = arg;
    struct delivery_rcpt rcpts[] = {{.account = x->ids[0], .limits = &any}, {.account = x->ids[1], .limits = &full}};
    struct delivery d = {.mail = letter(x->w, "x"), .rcpts = rcpts, .n_rcpts = x->both ? 2 : 1};

    if (x->v)
        x->st = add_flags(x->v, uids(1, 1), MAIL_SEEN);
    else
        x->st = mail_deliver(x->w->mail, &d);
}

/* Whoever is full, here or on another core, is found before anything is prepared: nobody else's commit fails with it. */
static void body_refused_there(struct world *w)
{
    struct account *a;
    struct mixed x[60];
    struct together t[60];
    uint64_t ids[2];
    struct view *v;

    two_accounts(w, ids);
    CHECK_ST(deliver_to(w, ids, 2, "first"), ST_OK);
    a = open_account(w, ids[0]);
    v = open_view(a, "INBOX");
    for (size_t i = 0; i < ARRAY_LEN(x); i++) {
        x[i] = (struct mixed){.w = w, .ids = {ids[0], ids[1]}, .both = i % 3 == 0, .v = i % 3 == 1 ? v : NULL};
        t[i] = (struct together){.fn = do_mixed, .arg = &x[i]};
    }
    all_together(w, t, ARRAY_LEN(t));
    for (size_t i = 0; i < ARRAY_LEN(x); i++)
        CHECK_ST(x[i].st, x[i].both ? ST_OVERQUOTA : ST_OK);
    CHECK_U64(w->store->abandoned, 0);
    CHECK_U64(w->store->canceled, 0);
    CHECK_U64(messages_of(w, ids[0]), 21);
    CHECK_U64(messages_of(w, ids[1]), 1);
    CHECK_U64(a->reserved.n, 0);
    CHECK_U64(a->reserved.bytes, 0);
    CHECK_U64((uint64_t)a->will.messages, 21);
    view_close(v);
    account_close(a);
}

TEST(deliver_refused_on_another_core)
{
    in_world(2, body_refused_there);
}

/* What can't fit into one commit is refused like that, too. */
static void body_too_much(struct world *w)
{
    struct delivery_rcpt *rcpts = ARENA_ARRAY(&w->arena, struct delivery_rcpt, 1000);
    struct delivery d = {.mail = letter(w, "x"), .rcpts = rcpts, .n_rcpts = 1000};

    for (size_t i = 0; i < 1000; i++)
        rcpts[i] = (struct delivery_rcpt){.account = 7};
    d.mail.record.n = KV_COMMIT_MAX / 1000;
    CHECK_ST(mail_deliver(w->mail, &d), ST_LIMIT);
    CHECK_U64(w->store->abandoned, 0);
}
TEST(deliver_more_than_a_commit)
{
    in_world(1, body_too_much);
}

/* --- the extra part ---------------------------------------------------------------------------------------------- */

struct extra {
    struct world *w;
    enum st st;
    unsigned calls;
};

static enum st make_extra(void *arg, uint64_t blob, struct kv_part **out)
{
    struct extra *x = arg;

    (void)blob;
    (void)out;
    x->calls++;
    return FAIL(x->st, "no such thing");
}

/* One that can't be made takes nothing with it; it is not asked for when somebody has no room. */
static void body_extra(struct world *w)
{
    struct account_limits full = {.messages = 1};
    uint64_t ids[2];
    struct extra x = {w, ST_TRYLATER, 0};
    struct delivery_rcpt rcpts[2] = {0};
    struct delivery d = {.mail = letter(w, "x"), .rcpts = rcpts, .n_rcpts = 2, .extra = make_extra, .extra_arg = &x};

    two_accounts(w, ids);
    CHECK_ST(deliver_to(w, ids, 2, "first"), ST_OK);
    rcpts[0].account = ids[0];
    rcpts[1].account = ids[1];
    CHECK_ST(blob_stage_str(w->store, d.mail.bytes, &d.mail.stage), ST_OK);
    CHECK_ST(mail_deliver(w->mail, &d), ST_TRYLATER);
    CHECK_U64(x.calls, 1);
    x.st = ST_CANCELED; /* of the coroutine: not the commit's, which would be tried again with the stage */
    CHECK_ST(blob_stage_str(w->store, d.mail.bytes, &d.mail.stage), ST_OK);
    CHECK_ST(mail_deliver(w->mail, &d), ST_TRYLATER);
    CHECK_U64(x.calls, 2);
    rcpts[1].limits = &full;
    CHECK_ST(blob_stage_str(w->store, d.mail.bytes, &d.mail.stage), ST_OK);
    CHECK_ST(mail_deliver(w->mail, &d), ST_OVERQUOTA);
    CHECK_U64(d.refused, 1);
    CHECK_U64(x.calls, 2);
    CHECK_U64(w->store->abandoned, 0);
    CHECK_ST(deliver_to(w, ids, 1, "last"), ST_OK);
    CHECK_U64(messages_of(w, ids[0]), 2);
}
TEST(deliver_extra_fails)
{
    in_world(2, body_extra);
}
