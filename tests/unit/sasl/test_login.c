#include "sasl/login.c"

#include "test.h"

TEST(two_challenges_then_the_credentials)
{
    struct arena a = ARENA_INIT;
    struct sasl x;
    struct sasl_todo todo;
    struct str user = STR("tim"), password = STR("tanstaaf");

    CHECK_ST(sasl_begin(&x, &a, STR("login"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_step(&x, NULL, &todo), ST_OK);
    CHECK_STR(todo.challenge, STR("Username:"));
    CHECK_ST(sasl_step(&x, &user, &todo), ST_OK);
    CHECK_STR(todo.challenge, STR("Password:"));
    CHECK_ST(sasl_step(&x, &password, &todo), ST_OK);
    CHECK(todo.kind == SASL_VERIFY);
    CHECK_STR(todo.credentials.user, user);
    CHECK_STR(str_n(todo.credentials.password.p, todo.credentials.password.n), password);
    sasl_wipe(&todo.credentials);
    arena_fini(&a);
}

TEST(an_initial_response_is_the_user_name)
{
    struct arena a = ARENA_INIT;
    struct sasl x;
    struct sasl_todo todo;
    struct str user = STR("tim");

    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_step(&x, &user, &todo), ST_OK);
    CHECK_STR(todo.challenge, STR("Password:"));
    CHECK_ST(sasl_step(&x, NULL, &todo), ST_SYNTAX);
    arena_fini(&a);
}

TEST(what_is_refused)
{
    const struct str bad[] = {STR(""), STR("t\0m"), STR("\xff")};
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct sasl x;
        struct sasl_todo todo;

        CHECK_ST(sasl_begin(&x, &a, STR("LOGIN"), SASL_CLEAR), ST_OK);
        CHECK_ST(sasl_step(&x, &bad[i], &todo), ST_SYNTAX);
    }
    arena_fini(&a);
}
