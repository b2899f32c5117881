#include "directory/resolve.c"

#include "base/buf.h"
#include "test.h"

#include <stdio.h>

static struct arena arena;
static struct directory *d;

static const struct directory_ways PLUS = {.separators = {"+", 1}}, MINUS = {.separators = {"-", 1}};

static struct directory_address at(const char *text)
{
    struct str s = str_z(text);
    size_t i = str_rfind(s, '@');

    return (struct directory_address){str_sub(s, 0, i), str_from(s, i + 1)};
}

static uint64_t account(const char *address)
{
    struct directory_address a = at(address);
    struct directory_change c = {0};
    uint64_t id = 0;

    CHECK_ST(directory_account_add(d, &a, &c, &id), ST_OK);
    return id;
}

static void alias(const char *address, const char *target)
{
    struct directory_address a = at(address), t = at(target);

    CHECK_ST(directory_alias_add(d, &a, &t), ST_OK);
}

static void begin(void)
{
    struct str why = STR("moved to Mars");

    arena_init(&arena);
    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("one.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("two.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("three.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("empty.test")), ST_OK);
    account("alice@one.test");
    account("bob@one.test");
    account("a-b@one.test");
    account("a@one.test");
    CHECK_ST(directory_account_set(d, account("gone@one.test"), &(struct directory_change){.disabled = &why}), ST_OK);
    account("carol@two.test");
    account("boss@three.test");
    alias("info@one.test", "alice@one.test");
    alias("all@one.test", "alice@one.test");
    alias("all@one.test", "bob@one.test");
    alias("all@one.test", "info@one.test");
    alias("all@one.test", "friend@far.test");
    alias("all@one.test", "gone@one.test");
    alias("all@one.test", "nobody@one.test");
    alias("loop@one.test", "pool@one.test");
    alias("pool@one.test", "loop@one.test");
    alias("exgone@one.test", "gone@one.test");
    alias("bob@one.test", "bob@one.test"); /* keeps a copy and forwards */
    alias("bob@one.test", "bob@far.test");
    alias("abuse@one.test", "bob@one.test");
    alias("@two.test", "carol@two.test");
    alias("@three.test", "boss@three.test");
    alias("tagged@one.test", "alice+list@one.test");
    alias("sales+eu@one.test", "bob@far.test");
}

static void end(void)
{
    directory_close(d);
    arena_fini(&arena);
}

TEST(every_way_that_an_address_can_go)
{
    static const struct {
        const char *address, *delimiters;
        enum st st;
        const char *targets;
    } rows[] = {
        {"alice@one.test", "+", ST_OK, "alice@one.test"},
        {"ALICE@one.test", "+", ST_OK, "alice@one.test"},
        {"alice+shop@one.test", "+", ST_OK, "alice@one.test"},
        {"alice+shop+x@one.test", "+", ST_OK, "alice@one.test"},
        {"alice+@one.test", "+", ST_OK, "alice@one.test"},
        {"+alice@one.test", "+", ST_NOTFOUND, ""},
        {"alice+shop@one.test", "", ST_NOTFOUND, ""},
        {"alice-shop@one.test", "+-", ST_OK, "alice@one.test"},
        {"a-b-c@one.test", "+-", ST_OK, "a-b@one.test"},
        {"a-c-b@one.test", "+-", ST_OK, "a@one.test"},
        {"\"alice+ x\"@one.test", "+", ST_NOTFOUND, ""},
        {"info@one.test", "+", ST_OK, "alice@one.test"},
        {"Info+tag@one.test", "+", ST_OK, "alice@one.test"},
        {"sales+eu@one.test", "+", ST_OK, "bob@far.test:out"},
        {"sales@one.test", "+", ST_NOTFOUND, ""},
        {"tagged@one.test", "+", ST_OK, "alice@one.test"},
        {"all@one.test", "+", ST_OK, "alice@one.test friend@far.test:out bob@one.test bob@far.test:out"},
        {"bob@one.test", "+", ST_OK, "bob@far.test:out bob@one.test"},
        {"loop@one.test", "+", ST_LOOP, ""},
        {"gone@one.test", "+", ST_DENIED, "moved to Mars"},
        {"exgone@one.test", "+", ST_DENIED, "moved to Mars"},
        {"nobody@one.test", "+", ST_NOTFOUND, ""},
        {"nobody@two.test", "+", ST_OK, "carol@two.test"},
        {"carol@two.test", "+", ST_OK, "carol@two.test"},
        {"postmaster@one.test", "+", ST_OK, "alice@one.test"},
        {"PostMaster@two.test", "+", ST_OK, "carol@two.test"},
        {"abuse@one.test", "+", ST_OK, "bob@far.test:out bob@one.test"},
        {"abuse@empty.test", "+", ST_OK, "alice@one.test"},
        {"x@far.test", "+", ST_OK, "x@far.test:out"},
    };

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct directory_address a = at(rows[i].address);
        struct directory_target *t = NULL;
        size_t n = 0;
        struct buf got;

        CHECK_ST(
            directory_resolve(d, &arena, &a, &(struct directory_ways){.separators = str_z(rows[i].delimiters)}, &t, &n),
            rows[i].st);
        if (rows[i].st == ST_DENIED)
            CHECK_STR(str_z(err_get()->text), str_z(rows[i].targets));
        if (rows[i].st != ST_OK)
            continue;
        buf_init(&got, 4096);
        for (size_t j = 0; j < n; j++) {
            struct str want = str_z(rows[i].targets), part;
            bool found = false;

            buf_clear(&got);
            buf_addf(&got, "%.*s%s", STR_ARGS(t[j].address), t[j].account ? "" : ":out");
            while (str_split(&want, ' ', &part))
                found = found || str_eq(part, buf_str(&got));
            CHECK(found);
            if (!found)
                printf("# %s leads to %.*s\n", rows[i].address, STR_ARGS(buf_str(&got)));
        }
        buf_fini(&got);
        {
            struct str want = str_z(rows[i].targets), part;
            size_t wanted = 0;

            while (str_split(&want, ' ', &part))
                wanted++;
            CHECK_U64(n, wanted);
        }
    }
    end();
}

/* What an address leads to, as text. */
static struct str way(const char *address, const struct directory_ways *ways)
{
    struct directory_address a = at(address);
    struct directory_target *t = NULL;
    struct str got = STR("");
    size_t n = 0;
    enum st st = directory_resolve(d, &arena, &a, ways, &t, &n);

    if (st != ST_OK)
        return st == ST_DENIED ? arena_printf(&arena, "DENIED %s", err_get()->text) : str_z(st_name(st));
    for (size_t i = 0; i < n; i++)
        got = arena_printf(&arena, "%.*s%s%.*s", STR_ARGS(got), i ? " " : "", STR_ARGS(t[i].address));
    return got;
}

TEST(a_pattern_stands_behind_addresses_and_in_front_of_the_catch_all)
{
    static const struct {
        const char *address, *leads;
    } rows[] = {
        {"sales-eu@two.test", "carol@two.test"},
        {"Sales-EU+x@two.test", "carol@two.test"},
        {"sales-us@two.test", "us@far.test"}, /* more of its own */
        {"sales-us-x@two.test", "us@far.test"},
        {"sales-@two.test", "carol@two.test"}, /* a star is also nothing */
        {"\"sales-e u\"@two.test", "carol@two.test"},
        {"sales@two.test", "other@far.test"}, /* the catch-all */
        {"mid-a-end@two.test", "mid@far.test"},
        {"mid-end@two.test", "other@far.test"},
        {"mid-end-end@two.test", "mid@far.test"},
        {"sales-alice@two.test", "own@far.test"}, /* an address of its own */
        {"sales-alice+x@two.test", "own@far.test"},
        {"sales-*@two.test", "carol@two.test"},
        {"postmaster@two.test", "carol@two.test"}, /* not caught by "post*" */
        {"postbox@two.test", "post@far.test"},
        {"\"s tar*\"@two.test", "quoted@far.test"},
        {"\"s tarx\"@two.test", "other@far.test"},
    };
    struct directory_address star = at("*@two.test"), many = at("a*b*c*d*e*@two.test"), x = at("x@far.test");
    struct directory_address pattern = at("sales-*@two.test"), to = at("post*@two.test");
    struct directory_alias found;
    char name[40];

    begin();
    CHECK_ST(directory_alias_remove(d, &(struct directory_address){STR(""), STR("two.test")}, NULL), ST_OK);
    alias("@two.test", "other@far.test");
    alias("sales-*@two.test", "carol@two.test");
    alias("sales-us*@two.test", "us@far.test");
    alias("mid-*-end@two.test", "mid@far.test");
    alias("sales-alice@two.test", "own@far.test");
    alias("post*@two.test", "post@far.test");
    alias("\"s tar*\"@two.test", "quoted@far.test");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_STR(way(rows[i].address, &PLUS), str_z(rows[i].leads));
    CHECK_ST(directory_alias_add(d, &star, &x), ST_SYNTAX);
    CHECK_ST(directory_alias_add(d, &many, &x), ST_SYNTAX);
    CHECK_ST(directory_alias_find(d, &arena, &pattern, &found), ST_OK);
    CHECK(found.is_pattern && !found.is_disabled);
    CHECK_ST(directory_alias_remove(d, &to, NULL), ST_OK);
    CHECK_STR(way("postbox@two.test", &PLUS), STR("other@far.test"));
    for (int i = 3; i < DIRECTORY_PATTERNS_MAX; i++) {
        snprintf(name, sizeof name, "p%d-*@two.test", i);
        alias(name, "x@far.test");
    }
    CHECK_ST(directory_alias_add(d, &to, &x), ST_LIMIT);
    CHECK_ST(directory_alias_add(d, &pattern, &x), ST_OK); /* one more target of one that is there */
    end();
}

TEST(a_domain_that_stands_for_another)
{
    struct directory_address mine = at("alice@one.test"), there = at("Alice@alias.test"), x = at("x@alias.test");
    struct directory_change none = {0};
    struct directory_account acc;
    struct directory_domain dom;
    struct str meant;
    bool yes = true;
    uint64_t id;

    begin();
    CHECK_ST(directory_domain_add(d, STR("alias.test")), ST_OK);
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR("alias.test")), ST_EXISTS);
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR("no.test")), ST_NOTFOUND);
    CHECK_ST(directory_domain_set_alias(d, STR("two.test"), STR("one.test")), ST_BUSY); /* it has accounts */
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR("one.test")), ST_OK);
    CHECK_ST(directory_domain_set_alias(d, STR("empty.test"), STR("alias.test")), ST_EXISTS); /* no chains */
    CHECK_ST(directory_account_remove(d, account("z@empty.test")), ST_OK);
    CHECK_ST(directory_domain_set_alias(d, STR("one.test"), STR("empty.test")), ST_BUSY);
    CHECK_STR(way("alice@alias.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("ALICE+tag@alias.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("info@alias.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("nobody@alias.test", &PLUS), STR("NOTFOUND"));
    CHECK_STR(way("abuse@alias.test", &PLUS), way("abuse@one.test", &PLUS));
    CHECK_STR(way("loop@alias.test", &PLUS), STR("LOOP"));
    CHECK_ST(directory_account_find(d, &arena, &there, &acc), ST_OK); /* a login name as well */
    CHECK_STR(acc.address, STR("alice@one.test"));
    CHECK_ST(directory_may_send_as(d, acc.id, &there, &PLUS), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &x, &PLUS), ST_DENIED);
    CHECK_ST(directory_account_set(d, acc.id, &(struct directory_change){.may_use_domain = &yes}), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &x, &PLUS), ST_OK);
    CHECK_ST(directory_account_add(d, &x, &none, &id), ST_EXISTS);
    CHECK_ST(directory_account_rename(d, acc.id, &x, false), ST_EXISTS);
    CHECK_ST(directory_alias_add(d, &x, &mine), ST_EXISTS);
    CHECK_ST(directory_relay_set(d, STR("alias.test"), &(struct directory_relay){STR("mx"), STR("may"), STR("any")}),
             ST_EXISTS);
    CHECK_ST(directory_domain_meant(d, &arena, STR("alias.test"), &meant), ST_OK);
    CHECK_STR(meant, STR("one.test"));
    CHECK_ST(directory_domain_find(d, &arena, STR("alias.test"), &dom), ST_OK);
    CHECK_STR(dom.alias_of, STR("one.test"));
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR("three.test")), ST_OK);
    CHECK_STR(way("boss@alias.test", &PLUS), STR("boss@three.test"));
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR_NONE), ST_OK);
    CHECK_STR(way("boss@alias.test", &PLUS), STR("NOTFOUND"));
    CHECK_ST(directory_account_add(d, &x, &none, &id), ST_OK);
    end();
}

TEST(what_stands_for_a_domain_keeps_it)
{
    begin();
    CHECK_ST(directory_domain_add(d, STR("base.test")), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("alias.test")), ST_OK);
    CHECK_ST(directory_domain_set_alias(d, STR("alias.test"), STR("base.test")), ST_OK);
    CHECK_ST(directory_domain_remove(d, STR("base.test")), ST_BUSY);
    CHECK_ST(directory_domain_remove(d, STR("alias.test")), ST_OK);
    CHECK_ST(directory_domain_remove(d, STR("base.test")), ST_OK);
    end();
}

TEST(a_domain_has_separators_of_its_own)
{
    struct directory_address dashed = at("alice-x@one.test");
    struct directory_account acc;
    struct str dash = STR("-="), none = STR(""), bad = STR("a"), star = STR("*"), dot = STR(".");

    begin();
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), &bad), ST_SYNTAX);
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), &star), ST_SYNTAX);
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), &dot), ST_SYNTAX);
    CHECK_ST(directory_domain_set_separators(d, STR("no.test"), &dash), ST_NOTFOUND);
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), &dash), ST_OK);
    CHECK_STR(way("alice-x@one.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("alice=x@one.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("alice+x@one.test", &PLUS), STR("NOTFOUND"));
    CHECK_STR(way("boss+x@three.test", &PLUS), STR("boss@three.test"));
    CHECK_ST(directory_account_find(d, &arena, &(struct directory_address){STR("alice"), STR("one.test")}, &acc),
             ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &dashed, &PLUS), ST_OK);
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), &none), ST_OK);
    CHECK_STR(way("alice-x@one.test", &PLUS), STR("NOTFOUND"));
    CHECK_STR(way("alice+x@one.test", &PLUS), STR("NOTFOUND"));
    CHECK_ST(directory_domain_set_separators(d, STR("one.test"), NULL), ST_OK);
    CHECK_STR(way("alice+x@one.test", &PLUS), STR("alice@one.test"));
    end();
}

TEST(an_address_that_takes_no_mail)
{
    static const struct {
        const char *disable, *address;
    } rows[] = {{"info@one.test", "Info@one.test"},
                {"alice+shop@one.test", "alice+shop@one.test"},
                {"bob@one.test", "bob+x@one.test"},
                {"left@one.test", "left@one.test"},
                {"spam-*@one.test", "spam-9@one.test"},
                {"@two.test", "nobody@two.test"},
                {"postmaster@one.test", "postmaster@one.test"}};
    struct str says = STR("write to someone else"), empty = STR("");

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct directory_address a = at(rows[i].disable);
        struct str before = way(rows[i].address, &PLUS);
        struct directory_alias found;

        CHECK_ST(directory_alias_disable(d, &a, NULL), ST_NOTFOUND);
        CHECK_ST(directory_alias_disable(d, &a, &empty), ST_OK);
        CHECK_STR(way(rows[i].address, &PLUS), STR("DENIED "));
        CHECK_ST(directory_alias_disable(d, &a, &says), ST_OK); /* other words */
        CHECK_STR(way(rows[i].address, &PLUS), STR("DENIED write to someone else"));
        CHECK_ST(directory_alias_find(d, &arena, &a, &found), ST_OK);
        CHECK(found.is_disabled);
        CHECK_STR(found.says, says);
        CHECK_ST(directory_alias_disable(d, &a, NULL), ST_OK);
        CHECK_STR(way(rows[i].address, &PLUS), before);
    }
    CHECK_STR(way("alice@one.test", &PLUS), STR("alice@one.test"));
    CHECK_ST(directory_alias_disable(d, &(struct directory_address){STR("bob"), STR("one.test")}, &says), ST_OK);
    CHECK_STR(way("all@one.test", &PLUS), STR("alice@one.test friend@far.test")); /* one among several is left out */
    end();
}

TEST(mail_for_the_postmaster_finds_somebody)
{
    const struct directory_ways named = {STR("+"), STR("bob@one.test")}, far = {STR("+"), STR("help@far.test")},
                                nowhere = {STR("+"), STR("nobody@one.test")},
                                self = {STR("+"), STR("postmaster@one.test")};

    begin();
    CHECK_STR(way("postmaster@one.test", &named), STR("bob@one.test bob@far.test"));
    CHECK_STR(way("postmaster@empty.test", &far), STR("help@far.test"));
    CHECK_STR(way("postmaster@one.test", &nowhere), STR("alice@one.test"));
    CHECK_STR(way("postmaster@three.test", &self), STR("alice@one.test"));
    CHECK_STR(way("abuse@one.test", &far), STR("bob@one.test bob@far.test")); /* there is one of that name */
    end();
    arena_init(&arena);
    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("one.test")), ST_OK);
    CHECK_STR(way("postmaster@one.test", &PLUS), STR("TRYLATER"));
    CHECK_STR(way("abuse@one.test", &far), STR("help@far.test"));
    CHECK_STR(way("alice@one.test", &PLUS), STR("NOTFOUND"));
    account("first@one.test");
    CHECK_STR(way("Abuse@one.test", &PLUS), STR("first@one.test"));
    end();
}

TEST(a_long_chain_ends_and_what_joins_again_is_no_loop)
{
    char from[40], to[40];

    begin();
    CHECK_ST(directory_begin(d), ST_OK);
    for (int i = 0; i < DIRECTORY_DEPTH_MAX + 1; i++) {
        snprintf(from, sizeof from, "c%d@one.test", i);
        snprintf(to, sizeof to, "c%d@one.test", i + 1);
        alias(from, to);
    }
    snprintf(from, sizeof from, "c%d@one.test", DIRECTORY_DEPTH_MAX + 1);
    alias(from, "alice@one.test");
    alias("top@one.test", "left@one.test");
    alias("top@one.test", "right@one.test");
    alias("left@one.test", "end@one.test");
    alias("right@one.test", "end@one.test");
    alias("end@one.test", "nobody@one.test");
    alias("self@one.test", "self@one.test");
    alias("round-*@one.test", "round-x@one.test");
    CHECK_ST(directory_commit(d), ST_OK);
    CHECK_STR(way("c0@one.test", &PLUS), STR("LIMIT"));
    CHECK_STR(way("c5@one.test", &PLUS), STR("alice@one.test"));
    CHECK_STR(way("top@one.test", &PLUS), STR("NOTFOUND"));
    CHECK_STR(way("self@one.test", &PLUS), STR("LOOP"));
    CHECK_STR(way("round-1@one.test", &PLUS), STR("LOOP"));
    end();
}

TEST(who_may_send_as_whom)
{
    static const struct {
        const char *who, *as;
        enum st st;
    } rows[] = {
        {"alice@one.test", "alice@one.test", ST_OK},    {"alice@one.test", "Alice+x@one.test", ST_OK},
        {"alice@one.test", "info@one.test", ST_OK},     {"alice@one.test", "all@one.test", ST_OK},
        {"alice@one.test", "bob@one.test", ST_DENIED},  {"alice@one.test", "nobody@one.test", ST_DENIED},
        {"alice@one.test", "x@far.test", ST_DENIED},    {"alice@one.test", "carol@two.test", ST_DENIED},
        {"carol@two.test", "what@two.test", ST_OK},     {"bob@one.test", "bob@far.test", ST_DENIED},
        {"alice@one.test", "gone@one.test", ST_DENIED}, {"bob@one.test", "loop@one.test", ST_DENIED},
    };
    bool yes = true;
    struct directory_account acc;
    struct directory_address a = at("alice@one.test"), b = at("anything@one.test"), c = at("x@two.test");

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct directory_address who = at(rows[i].who), as = at(rows[i].as);

        CHECK_ST(directory_account_find(d, &arena, &who, &acc), ST_OK);
        CHECK_ST(directory_may_send_as(d, acc.id, &as, &PLUS), rows[i].st);
    }
    CHECK_ST(directory_account_find(d, &arena, &a, &acc), ST_OK);
    CHECK_ST(directory_account_set(d, acc.id, &(struct directory_change){.may_use_domain = &yes}), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &b, &PLUS), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &c, &PLUS), ST_DENIED);
    CHECK_ST(directory_may_send_as(d, 12345, &b, &PLUS), ST_DENIED);
    end();
}

TEST(who_forwards_his_mail_still_sends_as_himself)
{
    struct directory_address bob = at("bob@one.test"), tagged = at("Bob+x@one.test"), longer = at("bobby@one.test");
    struct directory_account acc;

    begin();
    CHECK_ST(directory_account_find(d, &arena, &bob, &acc), ST_OK);
    alias("bob@one.test", "alice@one.test");
    CHECK_ST(directory_may_send_as(d, acc.id, &bob, &PLUS), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &tagged, &PLUS), ST_OK);
    CHECK_ST(directory_may_send_as(d, acc.id, &longer, &PLUS), ST_DENIED);
    CHECK_ST(directory_may_send_as(d, acc.id, &tagged, &MINUS), ST_DENIED);
    end();
}

TEST(aliases_that_lead_back)
{
    static const struct {
        const char *alias;
        bool loops, diverts;
    } rows[] = {{"loop@one.test", true, true},
                {"all@one.test", false, true},
                {"info@one.test", false, true},
                {"bob@one.test", false, false},
                {"nobody@one.test", false, false}};
    bool yes;

    begin();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct directory_address address = at(rows[i].alias);

        CHECK_ST(directory_alias_loops(d, &address, &PLUS, &yes), ST_OK);
        CHECK(yes == rows[i].loops);
        CHECK_ST(directory_alias_diverts(d, &address, &yes), ST_OK);
        CHECK(yes == rows[i].diverts);
    }
    end();
}

TEST(too_many_targets_are_refused)
{
    struct directory_address a = at("big@one.test");
    struct directory_target *t;
    char name[40];
    size_t n;

    begin();
    CHECK_ST(directory_begin(d), ST_OK);
    for (int i = 0; i < DIRECTORY_TARGETS_MAX / 2 + 1; i++) {
        snprintf(name, sizeof(name), "u%d@far.test", i);
        alias("half@one.test", name);
        snprintf(name, sizeof(name), "v%d@far.test", i);
        alias("other@one.test", name);
    }
    alias("big@one.test", "half@one.test");
    CHECK_ST(directory_commit(d), ST_OK);
    CHECK_ST(directory_resolve(d, &arena, &a, &PLUS, &t, &n), ST_OK);
    CHECK_U64(n, DIRECTORY_TARGETS_MAX / 2 + 1);
    alias("big@one.test", "other@one.test");
    CHECK_ST(directory_resolve(d, &arena, &a, &PLUS, &t, &n), ST_LIMIT);
    end();
}

TEST(aliases_are_listed_and_removed)
{
    struct directory_address all = at("ALL@one.test"), bob = at("Bob@one.test"), none = at("none@one.test"),
                             catch_all = at("@two.test");
    struct directory_alias *v, one;
    size_t n;

    begin();
    CHECK_ST(directory_alias_find(d, &arena, &all, &one), ST_OK);
    CHECK_U64(one.n_targets, 6);
    CHECK_ST(directory_alias_add(d, &all, &bob), ST_EXISTS);
    CHECK_ST(directory_alias_remove(d, &all, &bob), ST_OK);
    CHECK_ST(directory_alias_remove(d, &all, &bob), ST_NOTFOUND);
    CHECK_ST(directory_alias_remove(d, &all, NULL), ST_OK);
    CHECK_ST(directory_alias_remove(d, &none, NULL), ST_NOTFOUND);
    CHECK_ST(directory_alias_list(d, &arena, STR("two.test"), NULL, 10, &v, &n), ST_OK);
    CHECK(n == 1 && v[0].n_targets == 1);
    CHECK_STR(v[0].address, STR("@two.test"));
    CHECK_ST(directory_alias_list(d, &arena, STR_NONE, NULL, 3, &v, &n), ST_OK);
    CHECK_U64(n, 3);
    CHECK_ST(directory_alias_remove(d, &catch_all, NULL), ST_OK);
    CHECK_ST(directory_alias_find(d, &arena, &catch_all, &one), ST_NOTFOUND);
    end();
}

TEST(domains_that_go_on_to_another_server)
{
    static const struct {
        const char *recipients, *address;
        enum st st;
        const char *targets; /* ":on" goes on, ":asked" if the next server knows it */
    } rows[] = {
        {"any", "x@on.test", ST_OK, "x@on.test:on"},
        {"any", "postmaster@on.test", ST_OK, "postmaster@on.test:on"},
        {"any", "X+y@on.test", ST_OK, "X+y@on.test:on"},
        {"any", "here@on.test", ST_OK, "here@on.test"},
        {"any", "sales@on.test", ST_OK, "kim@on.test:on alice@one.test"},
        {"any", "far@on.test", ST_OK, "x@far.test"},
        {"any", "to-on@one.test", ST_OK, "x@on.test:on"},
        {"listed", "x@on.test", ST_NOTFOUND, ""},
        {"listed", "joe@on.test", ST_OK, "joe@on.test:on"},
        {"listed", "JOE+tag@on.test", ST_OK, "JOE+tag@on.test:on"},
        {"listed", "sales+tag@on.test", ST_OK, "kim@on.test:on alice@one.test"},
        {"listed", "kim@on.test", ST_NOTFOUND, ""},
        {"listed", "copy@on.test", ST_OK, "copy@on.test:on alice@one.test"},
        {"listed", "here@on.test", ST_OK, "here@on.test"},
        {"listed", "to-on@one.test", ST_OK, "x@on.test:on"},
        {"asked", "x@on.test", ST_OK, "x@on.test:asked"},
        {"asked", "joe@on.test", ST_OK, "joe@on.test:on"},
        {"asked", "sales@on.test", ST_OK, "kim@on.test:on alice@one.test"},
        {"asked", "to-on@one.test", ST_OK, "x@on.test:on"},
    };
    const struct directory_address loop = at("joe@on.test");
    struct directory_relay relay = {.to = STR("mx"), .security = STR("may")};
    bool loops = true;

    begin();
    CHECK_ST(directory_domain_add(d, STR("on.test")), ST_OK);
    account("here@on.test");
    alias("sales@on.test", "kim@on.test");
    alias("sales@on.test", "alice@one.test");
    alias("far@on.test", "x@far.test");
    alias("joe@on.test", "joe@on.test");
    alias("copy@on.test", "copy@on.test");
    alias("copy@on.test", "alice@one.test");
    alias("to-on@one.test", "x@on.test");
    CHECK_ST(directory_relay_set(d, STR("no.test"), &relay), ST_NOTFOUND);
    CHECK_ST(directory_alias_loops(d, &loop, &PLUS, &loops), ST_OK);
    CHECK(loops);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct directory_address a = at(rows[i].address);
        struct directory_target *t = NULL;
        struct str got;
        struct buf b;
        size_t n = 0;

        relay.recipients = str_z(rows[i].recipients);
        CHECK_ST(directory_relay_set(d, STR("on.test"), &relay), ST_OK);
        CHECK_ST(directory_resolve(d, &arena, &a, &PLUS, &t, &n), rows[i].st);
        buf_init(&b, 4096);
        for (size_t j = 0; rows[i].st == ST_OK && j < n; j++)
            buf_addf(&b, "%s%.*s%s", j ? " " : "", STR_ARGS(t[j].address),
                     t[j].is_asked     ? ":asked"
                     : t[j].is_relayed ? ":on"
                                       : "");
        got = buf_str(&b);
        CHECK_STR(got, str_z(rows[i].targets));
        buf_fini(&b);
    }
    CHECK_ST(directory_alias_loops(d, &loop, &PLUS, &loops), ST_OK);
    CHECK(!loops);
    end();
}
