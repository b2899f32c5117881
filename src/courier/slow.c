#include "courier/slow.h"

#include "base/base.h"
#include "base/must.h"

#define TRUST 5                /* letters that are taken for each step back */
#define STEPS_MAX 16           /* doubling ends long before */
#define FORGET_MS (60 * 60000) /* behind the end of a pause */

static const struct {
    const char *name;
    uint64_t first_ms, most_ms;
} actions[] = {
#define ACTION(id, name, first_ms, most_ms, text) {name, first_ms, most_ms},
#include "courier/slow.def"
#undef ACTION
};

static const struct {
    unsigned code;
    struct str status, text;
    enum slow_action action;
} answers[] = {
#define ANSWER(code, status, text, action, why) {code, STR(status), STR(text), SLOW_##action},
#include "courier/slow.def"
#undef ANSWER
};

/* Without regard to case; a row's words are few, an answer is bounded. */
static bool has_words(struct str s, struct str words)
{
    for (size_t i = 0; i + words.n <= s.n; i++)
        if (str_ieq(str_sub(s, i, words.n), words))
            return true;
    return false;
}

enum slow_action slow_asked(struct str answer)
{
    uint32_t code;

    if (str_u32(str_sub(answer, 0, 3), 499, &code) != ST_OK || code < 400 || answer.n < 4)
        return SLOW_NOTHING;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++)
        if ((!answers[i].code || answers[i].code == code) && str_starts(str_from(answer, 4), answers[i].status) &&
            has_words(answer, answers[i].text))
            return answers[i].action;
    return SLOW_NOTHING;
}

const char *slow_name(enum slow_action action)
{
    return actions[action].name;
}

bool slow_down(struct slow *s, enum slow_action action, mono_ms now)
{
    bool is_new = !slow_is_paused(s, now);
    uint64_t wait = actions[action].first_ms;

    must(action != SLOW_NOTHING);
    if (is_new && s->step < STEPS_MAX)
        s->step++;
    for (unsigned i = 1; i < s->step && wait < actions[action].most_ms; i++)
        wait *= 2;
    s->until = MAX(s->until, now + MIN(wait, actions[action].most_ms));
    s->forget = s->until + FORGET_MS;
    s->taken = 0;
    return is_new;
}

bool slow_took(struct slow *s)
{
    if (!s->step)
        return true;
    if (++s->taken < TRUST)
        return false;
    s->taken = 0;
    s->step--;
    return true;
}
