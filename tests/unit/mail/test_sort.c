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
