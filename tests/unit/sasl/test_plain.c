#include "sasl/plain.c"

#include "test.h"

static enum st plain(struct arena *a, struct str response, struct sasl_credentials *out)
{
    struct sasl x;
    struct sasl_todo todo;

    TRY(sasl_begin(&x, a, STR("PLAIN"), SASL_CLEAR));
    TRY(sasl_step(&x, &response, &todo));
    CHECK(todo.kind == SASL_VERIFY);
    *out = todo.credentials;
    return ST_OK;
}

TEST(the_examples_of_the_rfc)
{
    struct arena a = ARENA_INIT;
    struct sasl_credentials c;

    CHECK_ST(plain(&a, STR("\0tim\0tanstaaftanstaaf"), &c), ST_OK);
    CHECK_STR(c.authzid, STR(""));
    CHECK_STR(c.user, STR("tim"));
    CHECK_STR(str_n(c.password.p, c.password.n), STR("tanstaaftanstaaf"));
    CHECK_ST(plain(&a, STR("Ursel\0Kurt\0xipj3plmq"), &c), ST_OK);
    CHECK_STR(c.authzid, STR("Ursel"));
    CHECK_STR(c.user, STR("Kurt"));
    CHECK_STR(c.mechanism, STR("PLAIN"));
    sasl_wipe(&c);
    CHECK_U64(c.password.n, 0);
    arena_fini(&a);
}

TEST(cut_anywhere_it_is_refused_or_shorter)
{
    struct arena a = ARENA_INIT;
    struct str whole = STR("zid\0user\0pass");
    struct sasl_credentials c;

    for (size_t i = 0; i < whole.n; i++) {
        enum st st = plain(&a, str_sub(whole, 0, i), &c);

        CHECK_U64(st, i > 9 ? ST_OK : ST_SYNTAX);
        if (st == ST_OK)
            CHECK_U64(c.password.n, i - 9);
    }
    arena_fini(&a);
}

TEST(what_is_refused)
{
    struct arena a = ARENA_INIT;
    struct sasl_credentials c;
    char long_name[400];
    struct buf b;

    memset(long_name, 'x', sizeof(long_name));
    CHECK_ST(plain(&a, STR("\0user\0pass\0"), &c), ST_SYNTAX);
    CHECK_ST(plain(&a, STR("\0user\0pa\0ss"), &c), ST_SYNTAX);
    CHECK_ST(plain(&a, STR("\0\0pass"), &c), ST_SYNTAX);
    CHECK_ST(plain(&a, STR("\0user\0"), &c), ST_SYNTAX);
    CHECK_ST(plain(&a, STR("user"), &c), ST_SYNTAX);
    CHECK_ST(plain(&a,
                   STR("\0us\xff"
                       "er\0pass"),
                   &c),
             ST_SYNTAX);
    buf_init(&b, 1000);
    buf_addc(&b, '\0');
    buf_add(&b, str_n(long_name, 321));
    buf_add(&b, STR("\0pass"));
    CHECK_ST(plain(&a, buf_str(&b), &c), ST_LIMIT);
    buf_clear(&b);
    buf_addc(&b, '\0');
    buf_add(&b, str_n(long_name, 255));
    buf_addc(&b, '\0');
    buf_add(&b, str_n(long_name, 255));
    CHECK_ST(plain(&a, buf_str(&b), &c), ST_OK);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(without_initial_response_an_empty_challenge_comes_first)
{
    struct arena a = ARENA_INIT;
    struct sasl x;
    struct sasl_todo todo;

    CHECK_ST(sasl_begin(&x, &a, STR("PLAIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_step(&x, NULL, &todo), ST_OK);
    CHECK(todo.kind == SASL_CHALLENGE && todo.challenge.n == 0);
    arena_fini(&a);
}
