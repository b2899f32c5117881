#include "policy/brake.c"

#include "test.h"

static const struct brake_rule rule = {200, 5, 150, 20};

TEST(signs)
{
    static const struct {
        struct brake_facts f;
        enum brake_sign sign;
        uint64_t value;
    } cases[] = {
        {{.rcpts_hour = 50, .rcpts_day = 50, .fresh_day = 50, .from_afar = true}, BRAKE_NONE, 0}, /* a letter to 50 */
        {{.rcpts_hour = 200}, BRAKE_NONE, 0},
        {{.rcpts_hour = 201}, BRAKE_RATE, 201},
        {{.rcpts_hour = 101, .from_afar = true}, BRAKE_RATE, 101},
        {{.rcpts_hour = 500, .usual = 100}, BRAKE_NONE, 0},
        {{.rcpts_hour = 501, .usual = 100}, BRAKE_RATE, 501},
        {{.fresh_day = 151}, BRAKE_FRESH, 151},
        {{.fresh_day = 151, .is_new = true}, BRAKE_NONE, 0},
        {{.fresh_day = 151, .is_new = true, .from_afar = true}, BRAKE_FRESH, 151},
        {{.failed_day = 21}, BRAKE_BOUNCES, 21},
        {{.failed_day = 21, .rcpts_day = 4000}, BRAKE_NONE, 0},
        {{.from_afar = true}, BRAKE_NONE, 0},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint64_t value = 0;

        CHECK_U64(brake_look(&cases[i].f, &rule, &value), cases[i].sign);
        CHECK_U64(value, cases[i].value);
    }
}

TEST(a_sign_that_does_not_count)
{
    const struct brake_facts f = {.rcpts_hour = 9000, .fresh_day = 9000, .failed_day = 9000, .from_afar = true};
    uint64_t value;

    CHECK_U64(brake_look(&f, &(struct brake_rule){0}, &value), BRAKE_NONE);
}

TEST(each_sign_has_a_word)
{
    for (enum brake_sign s = BRAKE_NONE + 1; s < BRAKE_SIGNS; s++)
        CHECK_U64(brake_of_word(str_z(brake_word(s))), s);
    CHECK_U64(brake_of_word(STR("none")), BRAKE_NONE);
}
