/* SORT's keys (RFC 5256 section 3, RFC 5957 section 4). */
#include "mail/sort.c"

#include "help.h"

static struct str run_sort(struct world *w, struct view *v, const struct sort_key *keys, size_t n_keys)
{
    uint32_t seqs[16], n = view_count(v);
    struct buf b;
    struct str s;

    for (uint32_t i = 0; i < n; i++)
        seqs[i] = i + 1;
    CHECK_ST(view_sort(v, keys, n_keys, seqs, n), ST_OK);
    buf_init(&b, 1000);
    for (uint32_t i = 0; i < n; i++)
        buf_addf(&b, "%s%u", i ? " " : "", seqs[i]);
    s = arena_str(&w->arena, buf_str(&b));
    buf_fini(&b);
    return s;
}

#define SORTS(v, want, ...)                                                                                            \
    CHECK_STR(                                                                                                         \
        run_sort(w, (v), (const struct sort_key[]){__VA_ARGS__}, ARRAY_LEN(((const struct sort_key[]){__VA_ARGS__}))), \
        STR(want))

static void body_keys(struct world *w)
{
    static const char *const subjects[] = {
        "b\r\nTo: \"=?utf-8?q?=C3=84?=\" <x@y>\r\nCc: a_b@x",
        "Re: [l] A\r\nTo: zz@y\r\nCc: AB@x",
        "Re: B\r\nTo: some: one@x;",
        "\r\nTo: \"\" <aa@y>",
    };
    struct account *a = open_account(w, 7);
    struct view *v;

    for (size_t i = 0; i < ARRAY_LEN(subjects); i++)
        CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, subjects[i]), ST_OK);
    v = open_view(a, "INBOX");
    SORTS(v, "1 2 3 4", {SORT_DATE});
    SORTS(v, "1 2 3 4", {SORT_DATE, true});
    SORTS(v, "4 2 1 3", {SORT_SUBJECT});
    SORTS(v, "1 3 2 4", {SORT_SUBJECT, true});
    SORTS(v, "3 1 2 4", {SORT_SUBJECT, true}, {SORT_SIZE});
    SORTS(v, "4 3 2 1", {SORT_SIZE});
    SORTS(v, "4 3 1 2", {SORT_TO});
    SORTS(v, "3 4 2 1", {SORT_CC});
    SORTS(v, "1 2 3 4", {SORT_FROM}, {SORT_ARRIVAL});
    SORTS(v, "4 1 3 2", {SORT_DISPLAYTO});
    SORTS(v, "1 2 3 4", {SORT_DISPLAYFROM});
    view_close(v);
    account_close(a);
}
TEST(sort_keys)
{
    in_world(1, body_keys);
}

/* A message without its record sorts as if it had no header. */
static void body_damage(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v, *other;

    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "b"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "c"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "a"), ST_OK);
    v = open_view(a, "INBOX");
    other = open_view(a, "INBOX");
    SORTS(v, "3 1 2", {SORT_SUBJECT});
    CHECK_ST(view_expunge(other, uids(2, 2), true), ST_OK);
    SORTS(v, "2 3 1", {SORT_SUBJECT});
    view_close(other);
    view_close(v);
    account_close(a);
}
TEST(sort_without_record)
{
    in_world(1, body_damage);
}

TEST(texts_beyond_eight_bytes)
{
    static const char a[] = {0, 9, '1', '2', '3', '4', '5', '6', '7', '8', 'a'};
    static const char b[] = {0, 9, '1', '2', '3', '4', '5', '6', '7', '8', 'b'};
    static const char c[] = {0, 8, '1', '2', '3', '4', '5', '6', '7', '8'};

    CHECK(compare_text(a, b) < 0 && compare_text(b, a) > 0 && compare_text(a, a) == 0);
    CHECK(compare_text(c, a) < 0 && compare_text(NULL, c) < 0 && compare_text(NULL, NULL) == 0);
    CHECK(first_bytes(STR("")) == 0 && first_bytes(STR("A")) == 0x41ull << 56);
    CHECK(first_bytes(STR("\xff")) > first_bytes(STR("zzzzzzzzz")));
}

/* --- orders that are kept ------------------------------------------------------------------------------------------- */

static void add_letters(struct world *w, struct account *a, unsigned from, unsigned n)
{
    struct new_mail *mails = ARENA_ARRAY(&w->arena, struct new_mail, n);
    uint32_t uidvalidity, *got;

    for (unsigned i = 0; i < n; i++) {
        unsigned x = (from + i) * 2654435761u;

        mails[i] =
            letter(w, arena_printf(&w->arena, "%c a subject of more than eight bytes %u", 'a' + x % 7, x / 7 % 5).p);
        mails[i].internal_date_us = (uint64_t)(x % 50) * 1000000;
    }
    CHECK_ST(mail_append(a, STR("INBOX"), mails, n, &w->arena, &uidvalidity, &got), ST_OK);
}

/* Whether it sorts every step-th message by them as it does without. */
static bool as_without(struct world *w, struct view *v, uint32_t step, const struct sort_key *keys, size_t n_keys)
{
    uint32_t *with = ARENA_ARRAY(&w->arena, uint32_t, view_count(v)),
             *without = ARENA_ARRAY(&w->arena, uint32_t, view_count(v));
    size_t n = 0;

    for (uint32_t seq = 1; seq <= view_count(v); seq += step)
        with[n++] = seq;
    memcpy(without, with, n * sizeof *with);
    CHECK_ST(view_sort(v, keys, n_keys, with, n), ST_OK);
    CHECK_ST(sort_by(v, keys, n_keys, without, n, sort_indices), ST_OK);
    return memcmp(with, without, n * sizeof *with) == 0;
}

static void all_as_without(struct world *w, struct view *v)
{
    static const struct sort_key keys[][2] = {{{SORT_SUBJECT}},
                                              {{SORT_SUBJECT, true}},
                                              {{SORT_ARRIVAL, true}, {SORT_SUBJECT}},
                                              {{SORT_DATE}, {SORT_SIZE, true}}};

    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        CHECK(as_without(w, v, 1, keys[i], i < 2 ? 1 : 2));
        CHECK(as_without(w, v, 2, keys[i], i < 2 ? 1 : 2));
    }
}

static const struct order *kept(struct view *v, enum sort_by by)
{
    struct order *o = order_hold(v->mb->messages, by);

    order_release(o); /* it stays with the messages */
    return o;
}

static void body_orders(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v, *behind;

    add_letters(w, a, 0, 2 * ORDERS_LEAST);
    v = open_view(a, "INBOX");
    behind = open_view(a, "INBOX");
    CHECK(!kept(v, SORT_SUBJECT));
    all_as_without(w, v);
    CHECK(kept(v, SORT_SUBJECT) && kept(v, SORT_SUBJECT)->n == 2 * ORDERS_LEAST);

    /* new ones are put in, by a view that knows of them; the other one still has its own */
    add_letters(w, a, 5000, 3);
    changes(w, v, true);
    all_as_without(w, v);
    CHECK_U64(kept(v, SORT_SUBJECT)->n, 2 * ORDERS_LEAST + 3);
    all_as_without(w, behind);

    /* many new ones, and some that have gone */
    CHECK_ST(view_expunge(v, uids(1, 20), true), ST_OK);
    add_letters(w, a, 6000, 1);
    changes(w, v, true);
    all_as_without(w, v);
    CHECK_U64(kept(v, SORT_SUBJECT)->n, 2 * ORDERS_LEAST + 3 + 1 - 20);
    add_letters(w, a, 7000, 30);
    changes(w, v, true);
    all_as_without(w, v);
    changes(w, behind, true);
    all_as_without(w, behind);
    view_close(behind);
    view_close(v);
    account_close(a);
}
TEST(orders_are_kept_and_followed)
{
    in_world(1, body_orders);
}

static void body_orders_bound(struct world *w)
{
    struct account *a = open_account(w, 7);
    struct view *v;

    add_letters(w, a, 0, ORDERS_LEAST);
    v = open_view(a, "INBOX");
    for (unsigned by = 0; by < SORT_COUNT; by++)
        CHECK(as_without(w, v, 1, &(struct sort_key){.by = by}, 1));
    CHECK(orders_bytes(v->mb->messages->orders) < 5 * (sizeof(struct order) + 8 * ORDERS_LEAST));
    CHECK(!kept(v, SORT_ARRIVAL) && kept(v, SORT_DISPLAYTO));
    view_close(v);
    account_close(a);
}
TEST(few_orders_are_kept)
{
    in_world(1, body_orders_bound);
}
