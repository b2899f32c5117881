#include "doctor/world.h"

#include "admin/command.h"

#include <jansson.h>

#define NAMES_MAX 40 /* in one question; a command has 64 words */

void world_init(struct world *s, struct arena *a)
{
    *s = (struct world){.a = a, .v = ARENA_ARRAY(a, struct seen, WORLD_MAX)};
}

static struct seen *find(const struct world *s, struct str name, enum dns_type type)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].type == type && str_ieq(s->v[i].name, name))
            return &s->v[i];
    return NULL;
}

void world_want(struct world *s, struct str name, enum dns_type type)
{
    if (!find(s, name, type) && s->n < WORLD_MAX && name.n)
        s->v[s->n++] = (struct seen){.name = arena_str(s->a, name), .type = type, .status = SEEN_NO_ANSWER};
}

const struct seen *world_get(const struct world *s, struct str name, enum dns_type type)
{
    static const struct seen nothing = {.status = SEEN_NO_ANSWER};
    const struct seen *is = find(s, name, type);

    return is ? is : &nothing;
}

bool world_has(const struct seen *s, struct str record)
{
    for (size_t i = 0; i < s->n; i++)
        if (str_ieq(s->records[i], record))
            return true;
    return false;
}

static void take(struct world *s, const json_t *answer, enum dns_type type)
{
    struct str name = str_z(json_string_value(json_object_get(answer, "name")));
    struct str status = str_z(json_string_value(json_object_get(answer, "status")));
    const json_t *records = json_object_get(answer, "records"), *record;
    struct seen *is = find(s, name, type);
    size_t i;

    if (!is)
        return;
    is->status = str_eq(status, STR("found"))   ? SEEN_FOUND
                 : str_eq(status, STR("none"))  ? SEEN_NONE
                 : str_eq(status, STR("bogus")) ? SEEN_BOGUS
                                                : SEEN_NO_ANSWER;
    is->is_secure = json_is_true(json_object_get(answer, "secure"));
    is->records = ARENA_ARRAY(s->a, struct str, json_array_size(records));
    json_array_foreach(records, i, record) is->records[is->n++] = arena_str(s->a, str_z(json_string_value(record)));
}

static enum st ask_some(struct world *s, const struct admin_doctor *d, const struct str *words, size_t n,
                        enum dns_type type)
{
    struct str json;
    json_t *o, *answer;
    size_t i;

    TRY(d->ask(d->arg, words, n, &json));
    o = json_loadb(json.p, json.n, 0, NULL);
    json_array_foreach(json_object_get(o, "answers"), i, answer) take(s, answer, type);
    json_decref(o);
    return ST_OK;
}

enum st world_ask(struct world *s, const struct admin_doctor *d)
{
    bool *asked = ARENA_ARRAY(s->a, bool, WORLD_MAX);

    for (size_t i = s->n_asked; i < s->n; i++) {
        struct str words[ADMIN_WORDS_MAX];
        size_t n = 0;

        if (asked[i])
            continue;
        words[n++] = STR("resolve");
        words[n++] = STR("--type");
        words[n++] = str_z(dns_type_name(s->v[i].type));
        for (size_t k = i; k < s->n && n < NAMES_MAX; k++)
            if (s->v[k].type == s->v[i].type && !asked[k]) {
                words[n++] = s->v[k].name;
                asked[k] = true;
            }
        TRY(ask_some(s, d, words, n, s->v[i].type));
    }
    s->n_asked = s->n;
    return ST_OK;
}
