/* Rights to send as others: exact addresses with any tag, whole domains, and what becomes of them when accounts and domains go or move. */
#include "directory/delegates.c"

#include "test.h"

static struct directory *d;
static uint64_t alice, bob;

static struct directory_address at(const char *text)
{
    struct str s = str_z(text);
    size_t i = str_rfind(s, '@');

    return (struct directory_address){str_n(s.p, i), str_from(s, i + 1)};
}

static void begin(void)
{
    struct directory_address a = at("alice@one.test"), b = at("Bob@one.test");

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("one.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("two.test")), ST_OK);
    CHECK_ST(directory_account_add(d, &a, &(struct directory_change){0}, &alice), ST_OK);
    CHECK_ST(directory_account_add(d, &b, &(struct directory_change){0}, &bob), ST_OK);
}

static enum st may(uint64_t account, const char *as)
{
    struct directory_address address = at(as);

    return directory_may_send_as(d, account, &address, &(struct directory_ways){.separators = {"+-", 2}});
}

static enum st add(uint64_t account, const char *as)
{
    struct directory_address address = at(as);

    return directory_delegate_add(d, account, &address);
}

TEST(of_addresses_and_domains)
{
    struct directory_address boss = at("BOB@one.test"), two = at("@two.test");
    struct directory_delegate *list;
    struct arena a = ARENA_INIT;
    uint64_t n;
    size_t count;

    begin();
    CHECK_ST(may(alice, "bob@one.test"), ST_DENIED);
    CHECK_ST(add(alice, "bob@one.test"), ST_OK);
    CHECK_ST(add(alice, "BOB@one.test"), ST_EXISTS);
    CHECK_ST(add(alice, "x@elsewhere.test"), ST_NOTFOUND);
    CHECK_ST(may(alice, "Bob@one.test"), ST_OK);
    CHECK_ST(may(alice, "bob+tag-more@one.test"), ST_OK);
    CHECK_ST(may(alice, "bobby@one.test"), ST_DENIED);
    CHECK_ST(may(alice, "bob@two.test"), ST_DENIED);
    CHECK_ST(may(bob, "alice@one.test"), ST_DENIED); /* one way */
    CHECK_ST(add(alice, "@two.test"), ST_OK);
    CHECK_ST(may(alice, "whoever@two.test"), ST_OK);
    CHECK_ST(directory_delegate_list(d, &a, 0, &list, &count), ST_OK);
    CHECK_U64(count, 2);
    CHECK_STR(list[0].account, STR("alice@one.test"));
    CHECK_STR(list[0].address, STR("bob@one.test"));
    CHECK_STR(list[1].address, STR("@two.test"));
    CHECK_ST(directory_delegate_list(d, &a, bob, &list, &count), ST_OK);
    CHECK_U64(count, 0);
    CHECK_ST(directory_delegate_remove(d, alice, &boss, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_ST(may(alice, "bob@one.test"), ST_DENIED);
    CHECK_ST(directory_delegate_remove(d, alice, &two, &n), ST_OK);
    CHECK_ST(directory_delegate_remove(d, alice, NULL, &n), ST_OK);
    CHECK_U64(n, 0);
    directory_close(d);
    arena_fini(&a);
}

TEST(of_a_domain_that_shares)
{
    begin();
    CHECK_ST(directory_domain_set_sharing(d, STR("one.test"), true), ST_OK);
    CHECK_ST(directory_domain_set_sharing(d, STR("elsewhere.test"), true), ST_NOTFOUND);
    CHECK_ST(may(alice, "bob@one.test"), ST_OK);
    CHECK_ST(may(bob, "nobody@one.test"), ST_OK);
    CHECK_ST(may(bob, "nobody@two.test"), ST_DENIED);
    CHECK_ST(directory_domain_set_sharing(d, STR("one.test"), false), ST_OK);
    CHECK_ST(may(alice, "bob@one.test"), ST_DENIED);
    directory_close(d);
}

TEST(they_follow_and_go_with_accounts_and_domains)
{
    struct directory_address robert = at("robert@two.test");

    begin();
    CHECK_ST(add(alice, "bob@one.test"), ST_OK);
    CHECK_ST(add(bob, "alice@one.test"), ST_OK);
    CHECK_ST(directory_account_rename(d, bob, &robert, false), ST_OK);
    CHECK_ST(may(alice, "robert@two.test"), ST_OK);
    CHECK_ST(may(alice, "bob@one.test"), ST_DENIED);
    CHECK_ST(may(bob, "alice@one.test"), ST_OK);
    CHECK_ST(directory_account_remove(d, bob), ST_OK);
    CHECK_ST(may(alice, "robert@two.test"), ST_DENIED); /* whoever gets that address next is somebody else */
    CHECK_ST(add(alice, "@two.test"), ST_OK);
    CHECK_ST(directory_domain_remove(d, STR("two.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("two.test")), ST_OK);
    CHECK_ST(may(alice, "x@two.test"), ST_DENIED);
    directory_close(d);
}

TEST(bounded)
{
    char text[64];

    begin();
    for (unsigned i = 0; i < DIRECTORY_DELEGATES_MAX; i++) {
        snprintf(text, sizeof text, "x%u@one.test", i);
        CHECK_ST(add(alice, text), ST_OK);
    }
    CHECK_ST(add(alice, "more@one.test"), ST_LIMIT);
    directory_close(d);
}
