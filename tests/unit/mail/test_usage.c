/* Quotas: what accounts and domains hold, pending and durable, and what is refused. */
#include "help.h"

#include "mail/usage.c"

#define DOMAIN 77

static struct account_limits small_limits(void)
{
    return (struct account_limits){.bytes = 500, .messages = 3, .domain = DOMAIN, .keep_s = KEEP_DEFAULT};
}

static enum st deliver_limited(struct world *w, uint64_t account, const struct account_limits *limits,
                               const char *subject)
{
    struct delivery_rcpt rcpt = {.account = account, .limits = limits};
    struct delivery d = {.mail = letter(w, subject), .rcpts = &rcpt, .n_rcpts = 1};

    return mail_deliver(w->mail, &d);
}

static int64_t sum(struct account *a)
{
    int64_t bytes = 0;

    for (size_t i = 0; i < a->n_mailboxes; i++)
        bytes += a->mailboxes[i]->durable.exists ? a->mailboxes[i]->have.bytes : 0;
    return bytes;
}

static void check_sums(struct account *a)
{
    CHECK_U64((uint64_t)a->have.bytes, (uint64_t)sum(a));
    CHECK_U64((uint64_t)a->will.bytes, (uint64_t)sum(a));
}

static void body_sums(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct copied copied;
    struct view *v;
    uint64_t accounts[] = {7, 7, 7};

    CHECK_ST(deliver_to(w, accounts, 3, "one"), ST_OK);
    check_sums(a);
    v = open_view(a, "INBOX");
    CHECK_ST(view_copy(v, uids(1, 2), STR("Trash"), false, &w->arena, &copied), ST_OK);
    check_sums(a);
    CHECK_ST(view_copy(v, uids(3, 3), STR("Trash"), true, &w->arena, &copied), ST_OK);
    check_sums(a);
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    check_sums(a);
    CHECK_U64((uint64_t)a->have.messages, 4);
    CHECK_ST(mailbox_delete(a, STR("Trash")), ST_OK);
    check_sums(a);
    CHECK_U64((uint64_t)a->have.messages, 1);
    CHECK_ST(mailbox_rename(a, STR("INBOX"), STR("old")), ST_OK);
    check_sums(a);
    w->store->fail = ST_NOSPACE;
    w->store->fail_n = 1;
    CHECK_ST(mailbox_delete(a, STR("old")), ST_NOSPACE);
    check_sums(a);
    CHECK_U64((uint64_t)a->have.messages, 1);
    view_close(v);
    account_close(a);
    mail_again(w);
    a = open_account(w, 7);
    check_sums(a);
    CHECK_U64((uint64_t)a->have.messages, 1);
    account_close(a);
}
TEST(usage_is_the_sum_of_the_mailboxes)
{
    in_world(1, body_sums);
}

static void body_refused(struct world *w)
{
    struct account_limits limits = small_limits(), tiny = {.bytes = 50};
    struct account *a = open_account(w, 7);
    struct new_mail mail = letter(w, "x");
    struct copied copied;
    uint32_t validity, *new_uids;
    struct view *v;
    uint64_t free_bytes;

    CHECK_ST(deliver_limited(w, 7, &tiny, "x"), ST_TOOBIG);
    CHECK_ST(deliver_limited(w, 7, &limits, "1"), ST_OK);
    CHECK_ST(mail_has_room(w->mail, 7, &limits, 10, &free_bytes), ST_OK);
    CHECK_U64(free_bytes, 500 - (uint64_t)a->have.bytes);
    CHECK_ST(mail_has_room(w->mail, 7, &limits, 450, &free_bytes), ST_OVERQUOTA);
    CHECK_ST(mail_has_room(w->mail, 7, &limits, 501, &free_bytes), ST_TOOBIG);
    CHECK_ST(deliver_limited(w, 7, &limits, "2"), ST_OK);
    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
    CHECK_ST(mail_append(a, STR("Sent"), &mail, 1, &w->arena, &validity, &new_uids), ST_OK);
    CHECK_ST(deliver_limited(w, 7, &limits, "4"), ST_OVERQUOTA);
    CHECK_ST(mail_append(a, STR("Sent"), &mail, 1, &w->arena, &validity, &new_uids), ST_OVERQUOTA);
    v = open_view(a, "INBOX");
    CHECK_ST(view_copy(v, uids(1, 1), STR("Trash"), false, &w->arena, &copied), ST_OVERQUOTA);
    CHECK_ST(view_copy(v, uids(1, 1), STR("Trash"), true, &w->arena, &copied), ST_OK); /* a move makes nothing more */
    CHECK_ST(view_expunge(v, uids(2, 2), true), ST_OK);
    CHECK_ST(deliver_limited(w, 7, &limits, "4"), ST_OK);
    limits.messages = 0;
    CHECK_ST(mail_tell(w->mail, 7, &limits), ST_OK);
    CHECK_ST(mail_append(a, STR("Sent"), &mail, 1, &w->arena, &validity, &new_uids), ST_OK);
    view_close(v);
    account_close(a);
}
TEST(usage_refuses)
{
    in_world(1, body_refused);
}

/* What is on its way counts; who can't take a letter is named, and nobody gets it. */
struct one {
    struct world *w;
    enum st st;
};

static void deliver_one(void *arg)
{
    struct one *o = arg;
    struct account_limits limits = {.messages = 2};

    o->st = deliver_limited(o->w, 7, &limits, "x");
}

static void body_on_its_way(struct world *w)
{
    struct one o[5];
    struct together t[5];
    struct account_limits full = {.messages = 2}, any = {0};
    struct delivery_rcpt rcpts[] = {{.account = 8, .limits = &any}, {.account = 7, .limits = &full}};
    struct delivery d = {.mail = letter(w, "both"), .rcpts = rcpts, .n_rcpts = 2};
    struct account *a = open_account(w, 7), *b;
    unsigned ok = 0, full_n = 0;

    for (unsigned i = 0; i < 5; i++) {
        o[i] = (struct one){w, ST_OK};
        t[i] = (struct together){.fn = deliver_one, .arg = &o[i]};
    }
    all_together(w, t, 5);
    for (unsigned i = 0; i < 5; i++) {
        ok += o[i].st == ST_OK;
        full_n += o[i].st == ST_OVERQUOTA;
    }
    CHECK_U64(ok, 2);
    CHECK_U64(full_n, 3);
    CHECK_ST(mail_deliver(w->mail, &d), ST_OVERQUOTA);
    CHECK_U64(d.refused, 1);
    b = open_account(w, 8);
    CHECK_U64((uint64_t)b->have.messages, 0);
    CHECK_U64((uint64_t)b->will.messages, 0);
    account_close(a);
    account_close(b);
}
TEST(usage_counts_what_is_on_its_way)
{
    in_world(1, body_on_its_way);
}

/* Other cores add theirs in their own time. */
static void check_domain_holds(struct world *w, uint64_t domain, uint64_t want)
{
    uint64_t bytes, messages = UINT64_MAX;

    for (unsigned i = 0; i < 1000 && messages != want; i++) {
        CHECK_ST(mail_domain_usage(w->mail, domain, &bytes, &messages), ST_OK);
        if (messages != want)
            CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    }
    CHECK_U64(messages, want);
}

/* The accounts of a domain live on several cores; after a restart all are counted before it is asked about. */
static void body_domain(struct world *w)
{
    struct account_limits limits = {.domain = DOMAIN, .domain_messages = 4, .keep_s = KEEP_DEFAULT}, moved = limits;
    struct account *a;
    struct view *v;
    uint64_t id = 10;

    while (mail_core_of(w->mail, id) != 0)
        id++;
    for (uint64_t to = id; to < id + 4; to++)
        CHECK_ST(deliver_limited(w, to, &limits, "x"), ST_OK);
    check_domain_holds(w, DOMAIN, 4);
    CHECK_ST(deliver_limited(w, id, &limits, "x"), ST_OVERQUOTA);
    a = open_account(w, id);
    v = open_view(a, "INBOX");
    CHECK_ST(view_expunge(v, uids(1, 1), true), ST_OK);
    view_close(v);
    check_domain_holds(w, DOMAIN, 3);
    CHECK_ST(deliver_limited(w, id, &limits, "x"), ST_OK);
    moved.domain = DOMAIN + 1;
    CHECK_ST(mail_tell(w->mail, id, &moved), ST_OK);
    check_domain_holds(w, DOMAIN, 3);
    check_domain_holds(w, DOMAIN + 1, 1);
    mail_tell_domain(w->mail, DOMAIN, 0, 3);
    limits.domain_messages = 3;
    CHECK_ST(deliver_limited(w, id + 1, &limits, "x"), ST_OVERQUOTA);
    account_close(a);
}
TEST(usage_of_a_domain)
{
    in_world(2, body_domain);
}

static void body_counted(struct world *w)
{
    struct account_limits limits = {.domain = DOMAIN, .domain_messages = 600, .keep_s = KEEP_DEFAULT};
    struct account *a;

    for (uint64_t id = 10; id < 40; id++)
        CHECK_ST(deliver_limited(w, id, &limits, "x"), ST_OK);
    mail_free(w->mail);
    w->mail = mail_new(
        &(struct mail_options){.store = w->store, .cores = w->cores, .n_cores = w->n_cores, .count_first = true});
    a = open_account(w, 20);
    CHECK_ST(deliver_limited(w, 20, &limits, "y"), ST_TRYLATER);
    limits.domain_messages = 0;
    CHECK_ST(deliver_limited(w, 20, &limits, "y"), ST_OK); /* before it is counted */
    CHECK_ST(mail_count(w->mail), ST_OK);
    check_domain_holds(w, DOMAIN, 31);
    CHECK_ST(deliver_limited(w, 21, &limits, "y"), ST_OK);
    CHECK_ST(deliver_limited(w, 50, &limits, "y"), ST_OK);
    check_domain_holds(w, DOMAIN, 33);
    account_close(a);
}
TEST(usage_counted_after_the_start)
{
    in_world(1, body_counted);
}

/* A repair that finds fewer messages than the account counted sets the domain's use right, too; letters wait meanwhile. */
static void body_repaired(struct world *w)
{
    struct account_limits limits = {.domain = DOMAIN, .domain_messages = 5, .keep_s = KEEP_DEFAULT};
    struct mailbox_rec rec;
    struct account *a;
    struct fake_row *row;
    uint32_t inbox, id;

    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(deliver_limited(w, 7, &limits, "x"), ST_OK);
    CHECK_ST(deliver_limited(w, 8, &limits, "x"), ST_OK);
    check_domain_holds(w, DOMAIN, 4);
    a = open_account(w, 7);
    inbox = a->inbox->id;
    account_close(a);
    CHECK_ST(account_shut(w->mail, 7), ST_OK);
    CHECK_ST(deliver_limited(w, 7, &limits, "x"), ST_TRYLATER);
    row = fake_find(w->store, 7, key_mailbox(&w->arena, inbox));
    CHECK_ST(mailbox_rec_get(row->key, row->value, &id, &rec), ST_OK);
    rec.bytes -= rec.bytes / 3;
    rec.messages--;
    fake_change(w->store, 7,
                &(struct kv_change){key_mailbox(&w->arena, inbox), mailbox_rec_put(&w->arena, &rec), KV_PUT});
    account_let_in(w->mail, 7);
    check_domain_holds(w, DOMAIN, 3);
    CHECK_ST(deliver_limited(w, 7, &limits, "x"), ST_OK);
    CHECK_ST(deliver_limited(w, 8, &limits, "x"), ST_OK);
    CHECK_ST(deliver_limited(w, 8, &limits, "x"), ST_OVERQUOTA);
    check_domain_holds(w, DOMAIN, 5);
}
TEST(usage_after_a_repair)
{
    in_world(1, body_repaired);
}

/* What is reserved for a letter counts, and keeps an erasure or a repair waiting. */
struct reserving {
    struct world *w;
    struct account *a;
    enum st st;
};

static void erase(void *arg)
{
    struct reserving *r = arg;
    bool done = false;

    r->st = mail_erase(r->w->mail, 9, 60000, &done);
}

static void give_back_later(void *arg)
{
    struct reserving *r = arg;

    CHECK_ST(co_sleep(deadline_in(50)), ST_OK);
    CHECK(!r->a->rec.removed || r->a->rec_dirty); /* nothing has been written yet */
    usage_unreserve(r->a, 400, 1);
}

static void body_reserved(struct world *w)
{
    struct account_limits limits = small_limits();
    struct reserving r = {.w = w, .a = open_account(w, 9)};
    struct together t[] = {{.fn = erase, .arg = &r}, {.fn = give_back_later, .arg = &r}};

    usage_learn(r.a, &limits, true);
    CHECK_ST(account_has_room(r.a, 400, 1), ST_OK);
    usage_reserve(r.a, 400, 1);
    CHECK_ST(account_has_room(r.a, 101, 1), ST_OVERQUOTA);
    CHECK_ST(account_has_room(r.a, 100, 3), ST_OVERQUOTA);
    CHECK_ST(account_has_room(r.a, 100, 2), ST_OK);
    all_together(w, t, 2);
    CHECK_ST(r.st, ST_OK);
    CHECK_U64(r.a->reserved.n + r.a->reserved.bytes + r.a->reserved.messages, 0);
    account_close(r.a);
}
TEST(usage_reserved)
{
    in_world(1, body_reserved);
}
