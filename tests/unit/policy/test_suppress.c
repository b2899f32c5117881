/* Which failures count. */
#include "policy/suppress.c"

#include "test.h"

TEST(what_says_that_nobody_is_there)
{
    CHECK(suppress_is_hard(STR("5.1.1")) && suppress_is_hard(STR("5.1.2")) && suppress_is_hard(STR("5.1.10")));
    CHECK(!suppress_is_hard(STR("")) && !suppress_is_hard(STR("5.1.11")) && !suppress_is_hard(STR("5.2.1")));
    CHECK(!suppress_is_hard(STR("4.1.1")) && !suppress_is_hard(STR("5.7.1")) && !suppress_is_hard(STR("5.1.1 x")));
}
