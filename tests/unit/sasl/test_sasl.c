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
