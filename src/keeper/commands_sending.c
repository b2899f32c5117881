/* Options of `account set` and `domain set` about what may be handed in (base/send_limits.def), and what `show` says of it. */
#include "keeper/commands_inside.h"

static const struct {
    const char *option, *key;
} rows[SEND_LIMITS] = {
#define SEND_LIMIT(id, option, key, what) [SEND_##id] = {option, key},
#include "base/send_limits.def"
#undef SEND_LIMIT
};

static enum st value_of(enum send_limit which, struct str word, uint64_t *out)
{
    bool is_switch = which == SEND_BRAKE;

    if (str_eq(word, STR("default")))
        *out = SEND_UNSET;
    else if (is_switch && (str_eq(word, STR("on")) || str_eq(word, STR("off"))))
        *out = str_eq(word, STR("on"));
    else if (is_switch)
        return FAIL(ST_SYNTAX, "--%s is on, off or default", rows[which].option);
    else if (str_eq(word, STR("none")))
        *out = 0;
    else if (which == SEND_LETTER_BYTES)
        return admin_size(word, out);
    else if (str_u64(word, UINT32_MAX, out) != ST_OK)
        return FAIL(ST_SYNTAX, "--%s is a number, none or default", rows[which].option);
    return ST_OK;
}

enum st command_send_limits(struct command *c, bool is_domain, uint64_t of)
{
    for (enum send_limit i = 0; i < SEND_LIMITS; i++) {
        struct str word;
        uint64_t v;

        if (!admin_value(&c->args, rows[i].option, &word))
            continue;
        TRY(value_of(i, word, &v));
        TRY(directory_send_limit_set(c->directory, is_domain, of, i, v));
    }
    return ST_OK;
}

static uint64_t sent(const struct sending_shown *s, enum send_limit which)
{
    switch (which) {
    case SEND_LETTERS_HOUR: return s->hour.letters;
    case SEND_LETTERS_DAY: return s->day.letters;
    case SEND_RCPTS_HOUR: return s->hour.rcpts;
    default: return s->day.rcpts;
    }
}

/* "12 of 300": what was sent, and what holds. */
static struct str used(struct command *c, enum send_limit which)
{
    uint64_t most = c->sending.limits.of[which], n = sent(&c->sending, which);

    if (!most)
        return arena_printf(c->arena, "%llu, no limit", (unsigned long long)n);
    return arena_printf(c->arena, "%llu of %llu", (unsigned long long)n, (unsigned long long)most);
}

enum st command_send_limits_json(struct command *c, bool is_domain, uint64_t of)
{
    struct send_limits own;

    TRY(directory_send_limits(c->directory, is_domain, of, &own));
    for (enum send_limit i = 0; i < SEND_LIMITS; i++) {
        if (own.of[i] == SEND_UNSET)
            json_kv_str(c->out, rows[i].key, STR("default"));
        else if (i == SEND_BRAKE)
            json_kv_str(c->out, rows[i].key, own.of[i] ? STR("on") : STR("off"));
        else
            json_kv_u64(c->out, rows[i].key, own.of[i]);
        if (i < SEND_COUNTED && c->has_sent)
            json_kv_str(c->out, arena_cstr(c->arena, arena_printf(c->arena, "sent_%s", rows[i].key)), used(c, i));
    }
    return ST_OK;
}
