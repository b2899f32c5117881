/* Addresses that lead nowhere. */
#include "doctor/check.h"

#include <jansson.h>

#define SHOWN 20

static struct str text_of(struct arena *a, const json_t *o, const char *name)
{
    const char *v = json_string_value(json_object_get(o, name));

    return arena_str(a, str_z(v ? v : ""));
}

enum st check_addresses(struct checkup *k, const char *check)
{
    struct str words[] = {STR("alias"), STR("check")}, json;
    const json_t *one, *list;
    json_t *o;
    size_t i;

    TRY(k->d->ask(k->d->arg, words, ARRAY_LEN(words), &json));
    o = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    list = json_object_get(o, "problems");
    json_array_foreach(list, i, one)
    {
        if (i == SHOWN) {
            report_add(k->report, FINDING_WRONG, check, STR("more"), "`restante alias check` lists all of them");
            break;
        }
        report_add(k->report, FINDING_WRONG, check, text_of(k->a, one, "what"), "leads to %.*s: %.*s",
                   STR_ARGS(text_of(k->a, one, "target")), STR_ARGS(text_of(k->a, one, "problem")));
    }
    if (!json_array_size(list))
        report_add(k->report, FINDING_OK, check, STR("aliases"), "all lead to somebody");
    json_decref(o);
    return ST_OK;
}
