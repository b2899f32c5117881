/* What the servers of a domain do not take from us goes to the domain's fallback instead, if the administrator has named one for that. Only behind an attempt at those
 * servers themselves, so that there is no fallback of a fallback; what it answers in turn is the outcome. */
#include "courier/routes.h"

#include "mime/addrspec.h"

#define NOWHERE STR("5.1.3") /* an address that no server can be told */

static bool is_of_age(const struct letter *l, const struct work_rcpt *r, uint64_t after_s)
{
    uint64_t now_us = clock_wall_us(), age_us = now_us > l->work.began_us ? now_us - l->work.began_us : 0;

    if (after_s == ROUTING_NEVER)
        return false;
    return !after_s || (r->attempts && age_us / 1000000 >= after_s);
}

static bool wants(const struct routing_rule *rule, const struct job *j, size_t i)
{
    const struct work_result *res = &j->results[i];

    if (res->state != WORK_FAILED && res->state != WORK_DEFERRED)
        return false;
    if (res->is_remote)
        return routing_codes_have(rule->codes, res->answer);
    return res->state == WORK_DEFERRED && res->is_unreached && is_of_age(j->letter, j->rcpts[i], rule->after_s);
}

static void note(const struct routing_rule *rule, const struct job *j, size_t i)
{
    const struct work_result *res = &j->results[i];

    LOG(COURIER_FALLBACK, lf_letter(j->letter->work.letter), lf_hex("id", j->letter->work.id),
        lf_str("to", j->rcpts[i]->address), lf_str("host", res->host), lf_str("answer", res->answer),
        lf_str("fallback", rule->to));
}

/* What the fallback can't do for a letter (RFC 8689, RFC 2852, RFC 6531), the domain's own servers may be able to, once they are there again: it is not over. */
static void keep_waiting(struct job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct work_result *r = &j->results[i];

        if (r->state != WORK_FAILED || r->is_remote || !r->is_put_off || !str_starts(r->status, STR("5.")) ||
            str_eq(r->status, NOWHERE))
            continue;
        r->state = WORK_DEFERRED;
        r->status = arena_printf(&j->letter->arena, "4%.*s", STR_ARGS(str_from(r->status, 1)));
    }
}

bool fallback_take(const struct dest *d, struct job *j)
{
    const struct routing_rule *rule =
        dest_is_relay(d) || d->is_relayed || j->is_relayed ? NULL : routes_fallback(d->c, d->domain);
    char room[ROUTES_NAME_MAX];
    struct job *other;
    struct str name;
    size_t n = 0;

    keep_waiting(j);
    for (size_t i = 0; rule && i < j->n; i++)
        if (wants(rule, j, i)) {
            note(rule, j, i);
            j->results[i] = (struct work_result){
                .index = j->results[i].index, .is_moved = true, .is_put_off = j->results[i].state == WORK_DEFERRED};
            n++;
        }
    if (!n)
        return false;
    name = routes_rule_dest(rule, room);
    other = n == j->n ? j : job_split(j);
    job_done_with_bytes(other); /* while it waits there */
    for (size_t i = 0; i < other->n; i++)
        other->results[i].is_moved = false;
    dest_add(d->c, name, &d->identity, other);
    return other == j;
}
