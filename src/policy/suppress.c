#include "policy/suppress.h"

bool suppress_is_hard(struct str status)
{
    static const struct str hard[] = {STR("5.1.1"), STR("5.1.2"), STR("5.1.6"), STR("5.1.10")};

    for (size_t i = 0; i < ARRAY_LEN(hard); i++)
        if (str_eq(status, hard[i]))
            return true;
    return false;
}
