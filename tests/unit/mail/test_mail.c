/* The room over the real store: what was delivered, copied and expunged is there after closing and opening. */
#include "mail/mail.c"
#include "test.h"

#include "mime/scan.h"

#include <unistd.h>

struct real {
    struct store *store;
    struct mail *mail;
    struct core *core;
    unsigned step;
    struct arena arena;
};

#define ACCOUNT 0x1234u
#define LETTERS 60u

struct one_letter {
    struct real *r;
    struct co_event *all;
    unsigned *left;
};

static void deliver_one(void *arg)
{
    struct one_letter *o = arg;
    struct str bytes = STR("From: a@example.test\r\nSubject: x\r\n\r\nbody\r\n");
    struct delivery_rcpt rcpts[] = {{.account = ACCOUNT, .prefix = STR("Return-Path: <>\r\n")},
                                    {.account = ACCOUNT + 1}};
    struct delivery d = {.mail = {.bytes = bytes}, .rcpts = rcpts, .n_rcpts = 2};
    struct buf record;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(bytes, &record);
    d.mail.record = buf_str(&record);
    CHECK_ST(mail_deliver(o->r->mail, &d), ST_OK);
    buf_fini(&record);
    if (--*o->left == 0)
        co_event_set(o->all);
}

static void first(struct real *r)
{
    struct uid_range some = {1, 20};
    struct one_letter o[LETTERS];
    struct co_event all = {0};
    unsigned left = LETTERS;
    struct copied copied;
    struct account *a;
    struct view *v;

    for (unsigned i = 0; i < LETTERS; i++) {
        o[i] = (struct one_letter){r, &all, &left};
        CHECK_ST(co_spawn(deliver_one, &o[i], "deliver"), ST_OK);
    }
    co_event_wait_heedless(&all);
    CHECK_ST(account_open(r->mail, ACCOUNT, &a), ST_OK);
    CHECK_ST(view_open(a, STR("INBOX"), false, &v), ST_OK);
    CHECK_U64(view_count(v), LETTERS);
    CHECK_ST(view_copy(v, (struct uid_set){&some, 1}, STR("Archive"), true, &r->arena, &copied), ST_OK);
    some.hi = 25;
    CHECK_ST(view_expunge(v, (struct uid_set){&some, 1}, true), ST_OK);
    view_close(v);
    account_close(a);
}

static void again(struct real *r)
{
    struct blob_view body;
    struct account *a;
    struct email e;
    struct view *v;

    CHECK_ST(account_open(r->mail, ACCOUNT, &a), ST_OK);
    CHECK_ST(view_open(a, STR("INBOX"), true, &v), ST_OK);
    CHECK_U64(view_count(v), LETTERS - 25);
    CHECK_U64(view_uid(v, 1), 26);
    CHECK_U64(view_info(v)->uidnext, LETTERS + 1);
    CHECK_ST(view_email(v, 3, &r->arena, &e), ST_OK);
    CHECK_STR(e.prefix, STR("Return-Path: <>\r\n"));
    CHECK_ST(email_body(a, &e, &body), ST_OK);
    CHECK(str_ends(body.bytes, STR("body\r\n")));
    blob_close(&body);
    view_close(v);
    CHECK_ST(view_open(a, STR("Archive"), true, &v), ST_OK);
    CHECK_U64(view_count(v), 20);
    view_close(v);
    account_close(a);
}

static void run_step(void *arg)
{
    struct real *r = arg;

    if (r->step == 0)
        first(r);
    else
        again(r);
    core_stop(core_here());
}

static void start(void *arg)
{
    CHECK_ST(co_spawn(run_step, arg, "test"), ST_OK);
}

TEST(mail_over_the_real_store)
{
    char dir[] = "mail-store-XXXXXX", command[64];
    struct store_options opt = {.dir = dir, .segment_bytes = 1 << 20, .reserve_bytes = 1};

    CHECK(mkdtemp(dir));
    for (unsigned step = 0; step < 2; step++) {
        struct real r = {.step = step};

        CHECK_ST(store_open(&opt, &r.store), ST_OK);
        r.core = core_new(&(struct core_options){.name = "test", .coroutines = 100});
        r.mail = mail_new(&(struct mail_options){.store = r.store, .cores = &r.core, .n_cores = 1});
        core_post(r.core, start, &r);
        core_run(r.core);
        mail_free(r.mail);
        store_close(r.store);
        core_free(r.core);
        arena_fini(&r.arena);
    }
    snprintf(command, sizeof command, "rm -r %s", dir);
    CHECK(system(command) == 0);
}
