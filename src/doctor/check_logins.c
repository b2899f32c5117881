/* Ways to log in: SCRAM where it is announced and would fail for some. */
#include "doctor/check.h"

#include <jansson.h>

#define SHOWN 5

/* "a@b, c@d and more" */
static struct str some_of(struct arena *a, const json_t *list)
{
    struct str text = STR_NONE;
    const json_t *one;
    size_t i;

    json_array_foreach(list, i, one)
    {
        const char *address = json_string_value(one);

        if (i == SHOWN)
            return arena_printf(a, "%.*s and more", STR_ARGS(text));
        text = arena_printf(a, "%.*s%s%s", STR_ARGS(text), i ? ", " : "", address ? address : "");
    }
    return text;
}

enum st check_logins(struct checkup *k, const char *check)
{
    struct str words[] = {STR("scram")}, json;
    const json_t *lacking;
    bool announced;
    json_t *o;

    TRY(k->d->ask(k->d->arg, words, ARRAY_LEN(words), &json));
    o = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    lacking = json_object_get(o, "without_keys");
    announced = json_is_true(json_object_get(o, "announced"));
    if (announced && json_array_size(lacking))
        report_add(
            k->report, FINDING_WRONG, check, STR("SCRAM"),
            "is announced (auth_scram yes), and programs that use it fail for accounts with a password without keys: "
            "%.*s. "
            "Set auth_scram_passwords, and the keys are made when they next log in otherwise; or auth_scram auto",
            STR_ARGS(some_of(k->a, lacking)));
    else if (json_array_size(lacking))
        report_add(k->report, FINDING_OK, check, STR("SCRAM"),
                   "is not announced, since there are passwords without keys for it: %.*s",
                   STR_ARGS(some_of(k->a, lacking)));
    else
        report_add(k->report, FINDING_OK, check, STR("SCRAM"), announced ? "is announced" : "is not announced");
    json_decref(o);
    return ST_OK;
}
