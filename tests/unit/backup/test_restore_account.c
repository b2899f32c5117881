#include "backup/restore_account.c"

#include "test.h"

TEST(of_an_account_what_makes_its_letters_is_wanted)
{
    struct arena a = ARENA_INIT;
    struct hot h = {.uid = 3, .email = 5, .blob = 77};
    struct str keep, email = email_rec_put(&a, 77, STR("Return-Path: <>\r\n"), STR("the record of the letter"));
    uint64_t blob = 0;

    CHECK(wants(NULL, key_hot(&a, 1, 3), keep = hot_put(&a, &h), &keep, &blob));
    CHECK_U64(blob, 77);
    blob = 0;
    keep = email;
    CHECK(wants(NULL, key_email(&a, 5), email, &keep, &blob));
    CHECK(blob == 0 && keep.n == email.n - 24); /* without the record */
    CHECK(!wants(NULL, key_refs(&a, 5), STR("x"), &keep, &blob));
    CHECK(!wants(NULL, key_log(&a, 5), STR("x"), &keep, &blob));
    CHECK(!wants(NULL, STR_NONE, STR("x"), &keep, &blob));
    keep = STR("cut");
    CHECK(wants(NULL, key_email(&a, 5), STR("cut"), &keep, &blob)); /* it will be told when it is read */
    CHECK_STR(keep, STR("cut"));
    arena_fini(&a);
}

TEST(a_mailbox_and_those_below_it)
{
    struct str words[] = {STR("restore"), STR("/x"), STR("--account"), STR("a@b.c"), STR("--mailbox"), STR("Work")};
    struct arena a = ARENA_INIT;
    struct admin_restore r = {0};
    struct admin_args args;
    struct single s = {.r = &r};

    r.args = &args;
    CHECK_ST(admin_parse(&a, words, 6, &args), ST_OK);
    CHECK(is_chosen(&s, STR("Work")) && is_chosen(&s, STR("Work/2026")));
    CHECK(!is_chosen(&s, STR("Workers")) && !is_chosen(&s, STR("INBOX")) && !is_chosen(&s, STR("work")));
    words[5] = STR("inbox");
    CHECK_ST(admin_parse(&a, words, 6, &args), ST_OK);
    CHECK(is_chosen(&s, STR("INBOX")));
    CHECK_ST(admin_parse(&a, words, 4, &args), ST_OK);
    CHECK(is_chosen(&s, STR("whatever")));
    arena_fini(&a);
}

TEST(keywords_have_their_names_again)
{
    struct mailbox_rec m = {.n_keywords = 3, .keywords = {STR("one"), STR("two"), STR("three")}};
    struct arena a = ARENA_INIT;
    struct letter l = {0};

    name_keywords(&a, &m, 5 | 1ull << 40, &l);
    CHECK_U64(l.n_keywords, 2);
    CHECK_STR(l.keywords[0], STR("one"));
    CHECK_STR(l.keywords[1], STR("three"));
    arena_fini(&a);
}
