#include "directory/credentials.c"

#include "test.h"

static struct directory *d;
static struct arena arena;

static uint64_t begin(void)
{
    const struct directory_address alice = {STR("alice"), STR("example.test")};
    uint64_t id = 0;

    arena_init(&arena);
    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_domain_add(d, STR("example.test")), ST_OK);
    CHECK_ST(directory_account_add(d, &alice, &(struct directory_change){0}, &id), ST_OK);
    return id;
}

static void end(void)
{
    directory_close(d);
    arena_fini(&arena);
}

TEST(there_is_one_password_and_it_is_replaced)
{
    const struct directory_address a = {STR("Alice"), STR("example.test")};
    struct directory_account acc;
    struct directory_credential *c;
    uint64_t id = begin(), first;
    size_t n;

    CHECK_ST(directory_password_set(d, id, STR("$6$x$one")), ST_OK);
    CHECK_ST(directory_login(d, &arena, &a, &acc, &c, &n), ST_OK);
    CHECK(n == 1 && acc.id == id && acc.version == 2 && c[0].used_us == 0);
    first = c[0].id;
    CHECK_ST(directory_credential_used(d, first, 7200000000, STR("192.0.2.1")), ST_OK);
    CHECK_ST(directory_credential_used(d, first, 7100000000, STR("192.0.2.2")), ST_OK); /* of before: written late */
    CHECK_ST(directory_credential_list(d, &arena, id, &c, &n), ST_OK);
    CHECK_U64(c[0].used_us, 7200000000);
    CHECK_STR(c[0].used_from, STR("192.0.2.1"));
    CHECK_ST(directory_password_set(d, id, STR("$6$x$two")), ST_OK);
    CHECK_ST(directory_login(d, &arena, &a, &acc, &c, &n), ST_OK);
    CHECK(n == 1 && acc.version == 3 && c[0].id != first);
    CHECK_STR(c[0].hash, STR("$6$x$two"));
    CHECK_ST(directory_password_set(d, id + 1, STR("$6$x$two")), ST_NOTFOUND);
    end();
}

TEST(app_passwords_are_named_counted_and_removed)
{
    struct directory_credential app = {.name = STR("Phone"), .hash = STR("$app$00"), .uses = USE_IMAP}, *c;
    struct directory_account acc;
    uint64_t id = begin(), first, more;
    char name[20];
    size_t n;

    CHECK_ST(directory_app_add(d, id, &app, &first), ST_OK);
    CHECK_ST(directory_app_add(d, id, &app, &more), ST_EXISTS);
    CHECK_ST(directory_app_add(d, id + 1, &app, &more), ST_NOTFOUND);
    app.name = STR("");
    CHECK_ST(directory_app_add(d, id, &app, &more), ST_SYNTAX);
    for (int i = 1; i < LIMIT_APP_PASSWORDS; i++) {
        snprintf(name, sizeof(name), "%d", i);
        app.name = str_z(name);
        CHECK_ST(directory_app_add(d, id, &app, &more), ST_OK);
    }
    app.name = STR("one too many");
    CHECK_ST(directory_app_add(d, id, &app, &more), ST_LIMIT);
    CHECK_ST(directory_password_set(d, id, STR("$6$x$one")), ST_OK);
    CHECK_ST(directory_credential_list(d, &arena, id, &c, &n), ST_OK);
    CHECK(n == LIMIT_APP_PASSWORDS + 1 && c[0].kind == CREDENTIAL_PASSWORD && c[1].id == first);
    CHECK(c[1].uses == USE_IMAP && c[1].kind == CREDENTIAL_APP);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK_ST(directory_app_remove(d, id, c[0].id), ST_NOTFOUND); /* the password is none */
    CHECK_ST(directory_app_remove(d, id + 1, first), ST_NOTFOUND);
    n = acc.version;
    CHECK_ST(directory_app_remove(d, id, first), ST_OK);
    CHECK_ST(directory_app_remove(d, id, first), ST_NOTFOUND);
    CHECK_ST(directory_account_by_id(d, &arena, id, &acc), ST_OK);
    CHECK_U64(acc.version, n + 1);
    end();
}

TEST(an_account_has_one_salt_for_good)
{
    struct directory_scram one, two;
    struct directory_credential *c;
    uint64_t id = begin();
    size_t n;

    CHECK_ST(directory_scram_of(d, &arena, id, &one), ST_OK);
    CHECK_ST(directory_scram_of(d, &arena, id, &two), ST_OK);
    CHECK_STR(one.salt, two.salt);
    CHECK(one.salt.n == 24 && one.iterations == SCRAM_ITERATIONS);
    CHECK_ST(directory_scram_of(d, &arena, id + 1, &one), ST_NOTFOUND);
    CHECK_ST(directory_password_set(d, id, STR("$6$x$one")), ST_OK);
    CHECK_ST(directory_scram_put(d, id, STR("$6$x$other"), STR("keys")), ST_OK);
    CHECK_ST(directory_credential_list(d, &arena, id, &c, &n), ST_OK);
    CHECK_U64(c[0].scram.n, 0);
    CHECK_ST(directory_scram_put(d, id, STR("$6$x$one"), STR("keys")), ST_OK);
    CHECK_ST(directory_credential_list(d, &arena, id, &c, &n), ST_OK);
    CHECK_STR(c[0].scram, STR("keys"));
    end();
}

TEST(certificates_are_of_one_account_and_are_no_passwords)
{
    struct directory_credential c = {.name = STR("Phone"), .hash = STR("00"), .uses = USE_IMAP}, got;
    struct directory_credential app = {.name = STR("Phone"), .hash = STR("$app$00"), .scram = STR("keys")};
    struct directory_account account;
    uint64_t id = begin(), first, more;
    char name[20];
    bool complete;

    CHECK_ST(directory_app_add(d, id, &app, &more), ST_OK);
    CHECK_ST(directory_certificate_add(d, id, &c, &first), ST_OK);
    CHECK_ST(directory_scram_complete(d, &complete), ST_OK);
    CHECK(complete); /* what is no password lacks no keys */
    CHECK_ST(directory_certificate_find(d, &arena, STR("00"), &account, &got), ST_OK);
    CHECK(account.id == id && got.id == first && got.uses == USE_IMAP);
    CHECK_ST(directory_certificate_find(d, &arena, STR("$app$00"), &account, &got), ST_NOTFOUND);
    CHECK_ST(directory_certificate_add(d, id, &c, &more), ST_EXISTS);
    c.hash = STR("01");
    CHECK_ST(directory_certificate_add(d, id, &c, &more), ST_EXISTS); /* the name */
    for (int i = 1; i < LIMIT_CLIENT_CERTIFICATES; i++) {
        snprintf(name, sizeof(name), "%d", i);
        c.name = c.hash = str_z(name);
        CHECK_ST(directory_certificate_add(d, id, &c, &more), ST_OK);
    }
    c.name = c.hash = STR("one too many");
    CHECK_ST(directory_certificate_add(d, id, &c, &more), ST_LIMIT);
    CHECK_ST(directory_app_remove(d, id, first), ST_NOTFOUND);
    CHECK_ST(directory_certificate_remove(d, id, first), ST_OK);
    CHECK_ST(directory_certificate_remove(d, id, first), ST_NOTFOUND);
    CHECK_ST(directory_certificate_find(d, &arena, STR("00"), &account, &got), ST_NOTFOUND);
    CHECK_ST(directory_account_remove(d, id), ST_OK);
    CHECK_ST(directory_certificate_find(d, &arena, STR("1"), &account, &got), ST_NOTFOUND);
    end();
}
