#include "keeper/known.c"

#include "test.h"

static const struct directory_account alice = {
    .id = 7, .version = 3, .quota_bytes = 5, .address = {"alice@x.test", 12}, .name = {"Alice", 5}};

TEST(what_was_added_is_found_until_it_is_dropped)
{
    struct arena a = ARENA_INIT;
    struct directory_account got = {0};
    struct known n;

    known_init(&n);
    CHECK(!known_find(&n, &a, STR("Alice@X.test"), &got));
    known_add(&n, STR("Alice@X.test"), &alice);
    known_add(&n, STR("Alice@X.test"), &alice);
    CHECK(known_find(&n, &a, STR("Alice@X.test"), &got));
    CHECK(!known_find(&n, &a, STR("alice@x.test"), &got)); /* as it was written */
    known_drop(&n);
    CHECK(got.id == 7 && got.version == 3 && got.quota_bytes == 5 && got.name.n == 0);
    CHECK_STR(got.address, STR("alice@x.test")); /* a copy of the caller's */
    CHECK(!known_find(&n, &a, STR("Alice@X.test"), &got));
    known_fini(&n);
    arena_fini(&a);
}

TEST(its_texts_are_its_own)
{
    struct arena a = ARENA_INIT;
    struct directory_account account = alice, got;
    char withheld[] = "MOVE,IDLE";
    struct known n;

    account.imap_withheld = str_z(withheld);
    known_init(&n);
    known_add(&n, STR("alice@x.test"), &account);
    memset(withheld, 'x', sizeof withheld - 1);
    CHECK(known_find(&n, &a, STR("alice@x.test"), &got));
    CHECK_STR(got.imap_withheld, STR("MOVE,IDLE"));
    known_drop(&n);
    CHECK_STR(got.imap_withheld, STR("MOVE,IDLE"));
    known_fini(&n);
    arena_fini(&a);
}

TEST(disabled_accounts_and_long_names_are_not_kept)
{
    struct directory_account off = alice;
    char name[KNOWN_NAME_MAX + 1];
    struct known n;

    memset(name, 'a', sizeof name);
    off.is_disabled = true;
    known_init(&n);
    known_add(&n, STR("a@x.test"), &off);
    known_add(&n, str_n(name, sizeof name), &alice);
    CHECK_U64(n.by_name.n, 0);
    known_add(&n, str_n(name, sizeof name - 1), &alice);
    CHECK_U64(n.by_name.n, 1);
    known_fini(&n);
}

TEST(it_is_bounded_and_keeps_who_comes)
{
    struct arena a = ARENA_INIT;
    struct directory_account got;
    struct known n;
    char name[32];

    known_init(&n);
    for (int i = 0; i <= KNOWN_MAX; i++) {
        snprintf(name, sizeof name, "u%d@x.test", i);
        known_add(&n, str_z(name), &alice);
        CHECK(known_find(&n, &a, STR("u0@x.test"), &got));
    }
    CHECK_U64(n.by_name.n, KNOWN_MAX);
    CHECK(!known_find(&n, &a, STR("u1@x.test"), &got));
    CHECK(known_find(&n, &a, STR("u2@x.test"), &got));
    known_fini(&n);
    arena_fini(&a);
}
