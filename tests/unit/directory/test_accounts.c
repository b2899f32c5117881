#include "directory/accounts.c"

#include "test.h"

#include <stdio.h>

static struct arena arena;
static struct directory *d;

static struct directory_address at(const char *text)
{
    struct str s = str_z(text);
    size_t i = str_rfind(s, '@');

    return (struct directory_address){str_sub(s, 0, i), str_from(s, i + 1)};
}

static void begin(void)
{
    arena_init(&arena);
    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("example.test")), ST_OK);
}

static void end(void)
{
    directory_close(d);
    arena_fini(&arena);
}

static uint64_t add_one(const char *address)
{
    struct directory_address a = at(address);
    struct directory_change c = {0};
    uint64_t id = 0;

    CHECK_ST(directory_account_add(d, &a, &c, &id), ST_OK);
    return id;
}

TEST(an_account_is_found_in_any_case_and_only_once)
{
    struct directory_account acc;
    struct directory_address a = at("ALICE@example.test"), b = at("\xc3\x84nne@example.test"),
                             c = at("a\xcc\x88nne@example.test");
    struct directory_change none = {0};
    uint64_t id;

    begin();
    id = add_one("Alice@example.test");
    CHECK(id != 0);
    CHECK_ST(directory_account_find(d, &arena, &a, &acc), ST_OK);
    CHECK_U64(acc.id, id);
    CHECK_STR(acc.address, STR("Alice@example.test"));
    CHECK(!acc.is_disabled && acc.quota_bytes == 0 && acc.version == 1);
    CHECK_ST(directory_account_add(d, &a, &none, &id), ST_EXISTS);
    id = add_one("\xc3\xa4nne@example.test");
    CHECK_ST(directory_account_find(d, &arena, &b, &acc), ST_OK);
    CHECK_U64(acc.id, id);
    CHECK_ST(directory_account_find(d, &arena, &c, &acc), ST_OK);
    a = at("x@elsewhere.test");
    CHECK_ST(directory_account_add(d, &a, &none, &id), ST_NOTFOUND);
    a = at("@example.test");
    CHECK_ST(directory_account_add(d, &a, &none, &id), ST_SYNTAX);
    a = at("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.test");
    CHECK_ST(directory_account_add(d, &a, &none, &id), ST_LIMIT);
    end();
}

TEST(changes_are_kept_and_raise_the_version_where_a_login_would_notice)
{
    struct directory_account acc;
    struct str name = STR("Alice A."), why = STR("left");
    uint64_t quota = 5000000000, messages = 7, id;
    bool yes = true;

    begin();
    id = add_one("alice@example.test");
    CHECK_ST(directory_account_set(
                 d, id,
                 &(struct directory_change){
                     .name = &name, .quota_bytes = &quota, .quota_messages = &messages, .may_use_domain = &yes}),
             ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK_STR(acc.name, name);
    CHECK(acc.quota_bytes == quota && acc.quota_messages == 7 && acc.may_use_domain && acc.version == 1);
    CHECK_ST(directory_account_set(d, id, &(struct directory_change){.disabled = &why}), ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK(acc.is_disabled && acc.version == 2);
    CHECK_STR(acc.disabled, why);
    CHECK_ST(directory_account_set(d, id, &(struct directory_change){.enable = true}), ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK(!acc.is_disabled && acc.version == 3);
    CHECK_ST(directory_account_set(d, id + 1, &(struct directory_change){.enable = true}), ST_NOTFOUND);
    quota = UINT64_MAX;
    CHECK_ST(directory_account_set(d, id, &(struct directory_change){.quota_bytes = &quota}), ST_LIMIT);
    end();
}

TEST(removing_leaves_a_tombstone_and_frees_the_address)
{
    struct directory_account acc;
    struct directory_credential *c;
    struct directory_domain dom;
    struct directory_address a = at("alice@example.test");
    uint64_t id, again, *removed;
    size_t n;

    begin();
    id = add_one("alice@example.test");
    CHECK_ST(directory_password_set(d, id, STR("$6$x$y")), ST_OK);
    CHECK_ST(directory_account_remove(d, id), ST_OK);
    CHECK_ST(directory_account_remove(d, id), ST_NOTFOUND);
    CHECK_ST(directory_account_find(d, &arena, &a, &acc), ST_NOTFOUND);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_NOTFOUND);
    CHECK_ST(directory_credential_list(d, &arena, id, &c, &n), ST_OK);
    CHECK_U64(n, 0);
    CHECK_ST(directory_removed_list(d, &arena, 10, &removed, &n), ST_OK);
    CHECK(n == 1 && removed[0] == id);
    again = add_one("alice@example.test");
    CHECK(again != id);
    CHECK_ST(directory_domain_find(d, &arena, STR("example.test"), &dom), ST_OK);
    CHECK_U64(dom.accounts, 1);
    CHECK_ST(directory_domain_remove(d, STR("example.test")), ST_BUSY);
    CHECK_ST(directory_account_remove(d, again), ST_OK);
    CHECK_ST(directory_domain_remove(d, STR("example.test")), ST_OK);
    CHECK_ST(directory_removed_purged(d, id), ST_OK);
    CHECK_ST(directory_removed_purged(d, id), ST_NOTFOUND);
    end();
}

TEST(a_list_comes_in_pieces_and_in_order)
{
    struct directory_account *v;
    struct directory_address after;
    size_t n, seen = 0;
    char name[40];

    begin();
    CHECK_ST(directory_domain_add(d, STR("other.test")), ST_OK);
    for (int i = 0; i < 25; i++) {
        snprintf(name, sizeof(name), "User%02d@%s", i, i % 5 ? "example.test" : "other.test");
        add_one(name);
    }
    CHECK_ST(directory_account_list(d, &arena, STR_NONE, NULL, 10, &v, &n), ST_OK);
    while (n) {
        seen += n;
        after.local = str_sub(v[n - 1].address, 0, str_rfind(v[n - 1].address, '@'));
        after.domain = str_from(v[n - 1].address, str_rfind(v[n - 1].address, '@') + 1);
        CHECK_ST(directory_account_list(d, &arena, STR_NONE, &after, 10, &v, &n), ST_OK);
    }
    CHECK_U64(seen, 25);
    CHECK_ST(directory_account_list(d, &arena, STR("other.test"), NULL, 10, &v, &n), ST_OK);
    CHECK_U64(n, 5);
    CHECK_STR(v[0].address, STR("User00@other.test"));
    end();
}

static struct str targets_of(const char *alias)
{
    struct directory_address a = at(alias);
    struct directory_alias found;
    struct str all = STR("");

    if (directory_alias_find(d, &arena, &a, &found) != ST_OK)
        return STR("none");
    for (size_t i = 0; i < found.n_targets; i++)
        all = arena_printf(&arena, "%.*s%s%.*s", STR_ARGS(all), i ? " " : "", STR_ARGS(found.targets[i]));
    return all;
}

static void add_alias(const char *alias, const char *target)
{
    struct directory_address a = at(alias), t = at(target);

    CHECK_ST(directory_alias_add(d, &a, &t), ST_OK);
}

TEST(an_account_that_moves_takes_its_aliases_along)
{
    struct directory_address to = at("Carol@other.test"), again = at("carol@OTHER.test"), bob = at("bob@example.test");
    struct directory_account before, after;
    uint64_t id;

    again.domain = STR("other.test");
    begin();
    CHECK_ST(directory_domain_add(d, STR("other.test")), ST_OK);
    id = add_one("alice@example.test");
    add_one("bob@example.test");
    add_alias("info@example.test", "Alice@example.test");
    add_alias("both@example.test", "alice@example.test");
    add_alias("both@example.test", "carol@other.test");
    CHECK_ST(directory_account_by_id(d, &arena, id, &before), ST_OK);
    CHECK_ST(directory_account_rename(d, id, &bob, false), ST_EXISTS);
    CHECK_STR(targets_of("info@example.test"), STR("Alice@example.test"));
    CHECK_ST(directory_account_rename(d, id, &to, false), ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &after), ST_OK);
    CHECK_STR(after.address, STR("Carol@other.test"));
    CHECK(after.domain != before.domain && after.version == before.version + 1);
    CHECK_STR(targets_of("info@example.test"), STR("Carol@other.test"));
    CHECK_STR(targets_of("both@example.test"), STR("carol@other.test"));
    CHECK_STR(targets_of("alice@example.test"), STR("none"));
    CHECK_ST(directory_account_rename(d, id, &again, true), ST_OK); /* only its letters' case */
    CHECK_STR(targets_of("carol@other.test"), STR("none"));
    CHECK_ST(directory_account_rename(d, id + 1, &to, false), ST_NOTFOUND);
    end();
}

TEST(what_an_account_may_hold)
{
    uint64_t ten = 10, hundred = 100;
    uint32_t day = 86400, as_said = KEEP_DEFAULT;
    struct directory_account acc;
    struct account_limits l;
    uint64_t id;

    begin();
    id = add_one("alice@example.test");
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    l = directory_limits(&acc, 7);
    CHECK(l.bytes == 7 && l.messages == 0 && l.domain && l.domain_bytes == 0 && l.keep_s == KEEP_DEFAULT);
    CHECK_ST(directory_domain_set(d, STR("example.test"), &hundred, NULL), ST_OK);
    CHECK_ST(directory_domain_set(d, STR("example.test"), NULL, &ten), ST_OK);
    CHECK_ST(directory_account_set(d, id, &(struct directory_change){.quota_bytes = &ten, .keep_s = &day}), ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    l = directory_limits(&acc, 7);
    CHECK(l.bytes == 10 && l.domain_bytes == 100 && l.domain_messages == 10 && l.keep_s == 86400);
    CHECK_ST(directory_account_set(d, id, &(struct directory_change){.keep_s = &as_said}), ST_OK);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK_U64(acc.keep_s, KEEP_DEFAULT);
    end();
}
