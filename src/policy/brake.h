/* Does it look as if somebody else sent with an account? Signs are rows of brake.def. A new network alone is none: people travel, and telephones change theirs; it makes the others count sooner. An account that has not
 * sent for long yet knows nobody, so it may write to more people whom it has never written to. Pure. */
#pragma once

#include "base/str.h"

enum brake_sign {
    BRAKE_NONE,
#define BRAKE_SIGN(id, word, value, most) BRAKE_##id,
#include "policy/brake.def"
#undef BRAKE_SIGN
    BRAKE_BY_HAND, /* an administrator's doing */
    BRAKE_SIGNS
};

struct brake_facts {
    uint32_t rcpts_hour, rcpts_day;
    uint32_t usual;      /* recipients in its busiest hour of the last weeks */
    uint32_t fresh_day;  /* never written to before */
    uint32_t failed_day; /* came back, since nobody is there */
    bool from_afar, is_new;
};

struct brake_rule {
    uint32_t rcpts, factor, fresh, failed;
};

enum brake_sign brake_look(const struct brake_facts *f, const struct brake_rule *r, uint64_t *out_value);
const char *brake_word(enum brake_sign sign);
enum brake_sign brake_of_word(struct str word); /* BRAKE_NONE: it is none */
