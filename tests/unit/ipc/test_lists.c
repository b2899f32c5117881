#include "ipc/lists.c"

#include "test.h"

static const struct rcpt_target targets[] = {
    {.kind = RCPT_LOCAL,
     .account = 77,
     .address = {"a@example.test", 14},
     .original = {"A+tag@example.test", 18},
     .mailbox = {"Lists", 5},
     .pass = {"0123456789abcdef", 16}},
    {.kind = RCPT_REMOTE, .address = {"b@example.org", 13}, .params = {"NEVER", 5}},
};

TEST(targets_come_back_and_every_cut_is_refused)
{
    struct arena a = ARENA_INIT;
    struct rcpt_target *got;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    rcpt_targets_put(&b, targets, ARRAY_LEN(targets));
    CHECK_ST(rcpt_targets_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_U64(got[0].account, 77);
    CHECK_STR(got[0].original, targets[0].original);
    CHECK_STR(got[0].mailbox, targets[0].mailbox);
    CHECK_STR(got[0].pass, targets[0].pass);
    CHECK_U64(got[1].kind, RCPT_REMOTE);
    CHECK_STR(got[1].params, STR("NEVER"));
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(rcpt_targets_get(str_n(b.p, i), &a, &got, &n), ST_SYNTAX);
    buf_addc(&b, 0);
    CHECK_ST(rcpt_targets_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(a_target_of_no_kind_or_with_half_a_pass_is_refused)
{
    struct rcpt_target t = targets[0];
    struct arena a = ARENA_INIT;
    struct rcpt_target *got;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    t.kind = 3;
    rcpt_targets_put(&b, &t, 1);
    CHECK_ST(rcpt_targets_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_clear(&b);
    t.kind = RCPT_LOCAL;
    t.pass.n = 8;
    rcpt_targets_put(&b, &t, 1);
    CHECK_ST(rcpt_targets_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(a_count_that_the_bytes_cannot_hold_allocates_nothing)
{
    struct arena a = ARENA_INIT;
    struct rcpt_target *t;
    struct str *w;
    size_t n;

    CHECK_ST(rcpt_targets_get(str_n("\xff\xff\xff\xff", 4), &a, &t, &n), ST_SYNTAX);
    CHECK_ST(words_get(str_n("\xff\xff\xff\x7f", 4), &a, SIZE_MAX, &w, &n), ST_SYNTAX);
    CHECK(a.used < 100);
    arena_fini(&a);
}

TEST(words_come_back_up_to_their_maximum)
{
    struct str in[] = {STR("account"), STR("add"), STR(""), STR("a@b")};
    struct arena a = ARENA_INIT;
    struct str *got;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    words_put(&b, in, 4);
    CHECK_ST(words_get(buf_str(&b), &a, 4, &got, &n), ST_OK);
    CHECK_U64(n, 4);
    for (size_t i = 0; i < n; i++)
        CHECK_STR(got[i], in[i]);
    CHECK_ST(words_get(buf_str(&b), &a, 3, &got, &n), ST_SYNTAX);
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(words_get(str_n(b.p, i), &a, 4, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(attributes_come_back_and_need_a_name)
{
    struct attribute in[] = {{STR("BODY"), STR("8BITMIME")}, {STR("SMTPUTF8"), STR("")}};
    struct attribute bad = {STR(""), STR("x")};
    struct arena a = ARENA_INIT;
    struct attribute *got;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    attributes_put(&b, in, 2);
    CHECK_ST(attributes_get(buf_str(&b), &a, 2, &got, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(got[0].value, STR("8BITMIME"));
    CHECK_STR(got[1].name, STR("SMTPUTF8"));
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(attributes_get(str_n(b.p, i), &a, 2, &got, &n), ST_SYNTAX);
    buf_clear(&b);
    attributes_put(&b, &bad, 1);
    CHECK_ST(attributes_get(buf_str(&b), &a, 2, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(dkim_keys_come_back_and_every_cut_is_refused)
{
    static const struct dkim_key keys[] = {{7, STR("s1"), STR("rsa-sha256"), STR("MII")},
                                           {9, STR("s2"), STR("ed25519-sha256"), STR("11q")}};
    struct arena a = ARENA_INIT;
    struct dkim_key *got;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    dkim_keys_put(&b, keys, ARRAY_LEN(keys));
    CHECK_ST(dkim_keys_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_U64(got[1].id, 9);
    CHECK_STR(got[0].selector, STR("s1"));
    CHECK_STR(got[1].algorithm, STR("ed25519-sha256"));
    CHECK_STR(got[0].public_key, STR("MII"));
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(dkim_keys_get(str_n(b.p, i), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}
