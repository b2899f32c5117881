/* Each domain's records, in one line: `restante dns DOMAIN --check` has them all. */
#include "doctor/check.h"

#include <jansson.h>

static void look_at(struct checkup *k, const char *check, struct str domain)
{
    size_t counts[FINDING_UNKNOWN + 1] = {0}, n;
    struct facts f;
    struct want *w;

    if (facts_gather(k->d, k->a, domain, &f) != ST_OK)
        return;
    w = wants_of(k->a, &f, &n);
    for (size_t i = 0; i < n; i++)
        compare_wants(&w[i], &f, &k->world);
    if (world_ask(&k->world, k->d) != ST_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        enum finding_state state = compare(k->a, &w[i], &f, &k->world).state;

        if (state == FINDING_MISSING && want_level(w[i].kind) != WANT_MAY)
            state = FINDING_WRONG;
        counts[state]++;
    }
    if (counts[FINDING_WRONG])
        report_add(k->report, FINDING_WRONG, check, domain,
                   "%zu of its DNS records are missing or wrong: `restante dns %.*s --check`", counts[FINDING_WRONG],
                   STR_ARGS(domain));
    else if (counts[FINDING_UNKNOWN])
        report_add(k->report, FINDING_UNKNOWN, check, domain, "no name server answers");
    else
        report_add(k->report, FINDING_OK, check, domain, "its DNS records are right");
}

enum st check_domains(struct checkup *k, const char *check)
{
    struct str words[] = {STR("domain"), STR("list")}, json;
    json_t *o, *domain;
    size_t i;

    TRY(k->d->ask(k->d->arg, words, ARRAY_LEN(words), &json));
    o = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    json_array_foreach(json_object_get(o, "domains"), i, domain)
    {
        /* room for the questions of each */
        world_init(&k->world, k->a);
        look_at(k, check, arena_str(k->a, str_z(json_string_value(json_object_get(domain, "domain")))));
    }
    json_decref(o);
    return ST_OK;
}
