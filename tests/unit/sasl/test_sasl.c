#include "sasl/sasl.c"

#include "test.h"

#include "base/arena.h"

TEST(names_compare_without_case)
{
    CHECK(sasl_find(STR("plain")) != NULL);
    CHECK(sasl_find(STR("Login")) != NULL);
    CHECK(sasl_find(STR("PLAINX")) == NULL);
    CHECK(sasl_find(STR("")) == NULL);
}

TEST(clear_mechanisms_are_offered_only_where_allowed)
{
    struct buf b;

    buf_init(&b, 200);
    sasl_offer(&b, true);
    CHECK_STR(buf_str(&b), STR(" PLAIN LOGIN"));
    buf_clear(&b);
    sasl_offer(&b, false);
    CHECK_U64(b.n, 0);
    buf_fini(&b);
}

TEST(lines_are_base64_or_a_star)
{
    struct arena a = ARENA_INIT;
    struct str raw;

    CHECK_ST(sasl_decode(&a, STR("AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), true, &raw), ST_OK);
    CHECK_STR(raw, STR("\0tim\0tanstaaftanstaaf"));
    CHECK_ST(sasl_decode(&a, STR("="), true, &raw), ST_OK);
    CHECK_U64(raw.n, 0);
    CHECK_ST(sasl_decode(&a, STR("="), false, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, STR("*"), false, &raw), ST_CANCELED);
    CHECK_ST(sasl_decode(&a, STR("*"), true, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, STR("AHRpb Q="), false, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, str_n(arena_alloc(&a, LIMIT_SASL_LINE + 1), LIMIT_SASL_LINE + 1), false, &raw), ST_LIMIT);
    arena_fini(&a);
}

TEST(an_exchange_ends)
{
    struct arena a = ARENA_INIT;
    struct sasl x;
    struct sasl_todo todo;
    enum st st = ST_OK;

    CHECK_ST(sasl_begin(&x, &a, STR("NTLM")), ST_NOTFOUND);
    CHECK_ST(sasl_begin(&x, &a, STR("PLAIN")), ST_OK);
    for (unsigned i = 0; i <= SASL_STEPS_MAX; i++)
        st = sasl_step(&x, NULL, &todo);
    CHECK_U64(st, ST_LIMIT);
    arena_fini(&a);
}

struct asked {
    struct arena *arena;
    unsigned n;
    enum st st;
    struct buf said;
};

static enum st fake_ask(void *arg, struct str challenge, struct str *out_raw)
{
    struct asked *a = arg;

    sasl_put_challenge(&a->said, "+ ", challenge);
    if (a->st != ST_OK)
        return FAIL(a->st, "no answer");
    *out_raw = arena_str(a->arena, a->n++ ? STR("secret") : STR("tim"));
    return ST_OK;
}

TEST(an_exchange_asks_until_there_are_credentials)
{
    struct arena a = ARENA_INIT;
    struct asked asked = {.arena = &a};
    struct sasl_credentials who;
    struct str user = STR("tim");
    struct sasl x;

    buf_init(&asked.said, 1000);
    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN")), ST_OK);
    CHECK_ST(sasl_exchange(&x, NULL, fake_ask, &asked, &who), ST_OK);
    CHECK_STR(buf_str(&asked.said), STR("+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n"));
    CHECK_STR(who.user, STR("tim"));
    CHECK_STR(str_n(who.password.p, who.password.n), STR("secret"));
    sasl_wipe(&who);
    asked.st = ST_CANCELED;
    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN")), ST_OK);
    CHECK_ST(sasl_exchange(&x, &user, fake_ask, &asked, &who), ST_CANCELED);
    CHECK(str_ends(buf_str(&asked.said), STR("\r\n+ UGFzc3dvcmQ6\r\n")));
    CHECK_ST(sasl_begin(&x, &a, STR("PLAIN")), ST_OK);
    CHECK_ST(sasl_exchange(&x, &user, fake_ask, &asked, &who), ST_SYNTAX); /* what the mechanism makes of it */
    buf_fini(&asked.said);
    arena_fini(&a);
}
