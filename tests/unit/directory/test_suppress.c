/* Addresses that an account's letters have failed at: counted, forgotten, bounded, put there by hand. */
#include "directory/suppress.c"

#include "test.h"

static struct directory *begin(uint64_t *out_account)
{
    struct directory *d;
    struct directory_address alice = {STR("alice"), STR("here.test")};

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("here.test")), ST_OK);
    CHECK_ST(directory_account_add(d, &alice, &(struct directory_change){0}, out_account), ST_OK);
    return d;
}

TEST(counted_and_forgotten)
{
    struct directory_address x = {STR("X"), STR("there.test")}, same = {STR("x"), STR("there.test")};
    struct directory_suppressed v = {0}, *list;
    struct arena a = ARENA_INIT;
    uint64_t account, n, *ids;
    struct directory *d = begin(&account);
    size_t count;

    CHECK_ST(directory_suppressed_find(d, &a, account, &x, &v), ST_NOTFOUND);
    CHECK_ST(directory_suppressed_note(d, account, &x, STR("550 one"), 1000, 0), ST_OK);
    CHECK_ST(directory_suppressed_note(d, account, &same, STR("550 two"), 2000, 0), ST_OK);
    CHECK_ST(directory_suppressed_find(d, &a, account, &same, &v), ST_OK);
    CHECK(v.failures == 2 && v.first_us == 1000 && v.last_us == 2000 && !v.by_hand);
    CHECK_STR(v.reason, STR("550 two"));
    CHECK_ST(directory_suppressed_accounts(d, &a, &ids, &count), ST_OK);
    CHECK(count == 1 && ids[0] == account);
    CHECK_ST(directory_suppressed_note(d, account, &x, STR("550 three"), 9000, 5000), ST_OK); /* the two are too old */
    CHECK_ST(directory_suppressed_find(d, &a, account, &x, &v), ST_OK);
    CHECK(v.failures == 1 && v.first_us == 9000);
    CHECK_ST(directory_suppressed_add(d, account, &same, STR("by hand"), 9500), ST_OK);
    CHECK_ST(directory_suppressed_note(d, account, &x, STR("550"), 99000, 98000), ST_OK);
    CHECK_ST(directory_suppressed_list(d, &a, 0, &list, &count), ST_OK);
    CHECK(count == 1 && list[0].by_hand && list[0].account == account);
    CHECK_STR(list[0].reason, STR("by hand"));
    CHECK_ST(directory_suppressed_lift(d, account, &x, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_ST(directory_suppressed_lift(d, account, NULL, &n), ST_OK);
    CHECK_U64(n, 0);
    CHECK_ST(directory_suppressed_note(d, account + 1, &x, STR("550"), 1, 0), ST_EXISTS); /* no such account */
    directory_close(d);
    arena_fini(&a);
}

TEST(bounded)
{
    struct directory_address x = {.domain = STR("there.test")};
    struct directory_suppressed *list;
    struct arena a = ARENA_INIT;
    uint64_t account;
    struct directory *d = begin(&account);
    size_t count;

    for (unsigned i = 0; i < DIRECTORY_SUPPRESSED_MAX + 50; i++) {
        char name[16];
        int n = snprintf(name, sizeof name, "n%u", i);

        x.local = str_n(name, (size_t)n);
        CHECK_ST(directory_suppressed_note(d, account, &x, STR("550"), 1000 + i, 0), ST_OK);
    }
    CHECK_ST(directory_suppressed_list(d, &a, account, &list, &count), ST_OK);
    CHECK(count <= DIRECTORY_SUPPRESSED_MAX && count > DIRECTORY_SUPPRESSED_MAX - 200);
    for (size_t i = 0; i < count; i++)
        CHECK(list[i].first_us > 1000); /* the oldest have gone */
    directory_close(d);
    arena_fini(&a);
}
