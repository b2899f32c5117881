#include "policy/brake.h"

static const char *const words[BRAKE_SIGNS] = {
    [BRAKE_NONE] = "none",
#define BRAKE_SIGN(id, word, value, most) [BRAKE_##id] = word,
#include "policy/brake.def"
#undef BRAKE_SIGN
    [BRAKE_BY_HAND] = "by-hand",
};

static bool is_over(const struct brake_facts *f, uint64_t value, uint64_t most)
{
    return most && value > (f->from_afar ? most / 2 : most);
}

enum brake_sign brake_look(const struct brake_facts *f, const struct brake_rule *r, uint64_t *out_value)
{
#define BRAKE_SIGN(id, word, value, most)                                                                              \
    if (is_over(f, value, most)) {                                                                                     \
        *out_value = value;                                                                                            \
        return BRAKE_##id;                                                                                             \
    }
#include "policy/brake.def"
#undef BRAKE_SIGN
    return BRAKE_NONE;
}

const char *brake_word(enum brake_sign sign)
{
    return words[sign < BRAKE_SIGNS ? sign : BRAKE_NONE];
}

enum brake_sign brake_of_word(struct str word)
{
    for (enum brake_sign s = BRAKE_NONE + 1; s < BRAKE_SIGNS; s++)
        if (str_eq(word, str_z(words[s])))
            return s;
    return BRAKE_NONE;
}
