#include "courier/routes.h"

#include "base/secret.h"
#include "mime/addrspec.h"
#include "smtp/next_hop.h"

#include <stdio.h>

#define PAGES_MAX 100
#define OF_ROUTE '@'
#define BY_HAND '='

/* --- the rules ---------------------------------------------------------------------------------------------------- */

static struct str copy(struct arena *a, struct str s)
{
    return s.n ? arena_str(a, s) : STR("");
}

static void add_page(struct routes *to, const struct routing_rule *v, size_t n)
{
    struct routing_rule *all = ARENA_ARRAY(&to->arena, struct routing_rule, to->n + n);

    if (to->n)
        memcpy(all, to->v, to->n * sizeof *all);
    for (size_t i = 0; i < n; i++) {
        struct routing_rule *r = &all[to->n++];

        *r = v[i];
        r->name = copy(&to->arena, v[i].name);
        r->to = copy(&to->arena, v[i].to);
        r->security = copy(&to->arena, v[i].security);
        r->codes = copy(&to->arena, v[i].codes);
    }
    to->v = all;
}

static enum st ask_page(struct courier *c, struct arena *a, struct routes *to, uint64_t *io_after) SUSPENDS
{
    struct msg_routes_ask ask = {.after = *io_after};
    struct msg_routes_answer answer;
    struct routing_rule *v;
    size_t n;

    TRY(IPC_ASK(courier_keeper(c), routes_ask, &ask, routes_answer, a, &answer, deadline_in(COURIER_ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(ST_TRYLATER, "nobody says just now where letters go");
    TRY(routing_get(answer.routes, a, &v, &n));
    add_page(to, v, n);
    *io_after = answer.next;
    return ST_OK;
}

static enum st ask_all(struct courier *c, struct routes *to) SUSPENDS
{
    struct arena a = ARENA_INIT;
    uint64_t after = 0;
    size_t pages = 0;
    enum st st;

    do {
        st = ask_page(c, &a, to, &after);
        arena_reset(&a);
    } while (st == ST_OK && after && ++pages < PAGES_MAX);
    arena_fini(&a);
    return st;
}

void routes_stale(struct courier *c)
{
    c->routes.version++;
}

enum st routes_ready(struct courier *c)
{
    struct routes now = {.version = c->routes.version};
    enum st st;

    if (c->routes.known == c->routes.version)
        return ST_OK;
    st = ask_all(c, &now);
    if (st != ST_OK) {
        arena_fini(&now.arena);
        return st;
    }
    now.known = now.version;
    now.version = c->routes.version; /* another change may have come meanwhile */
    arena_fini(&c->routes.arena);
    c->routes = now;
    return ST_OK;
}

/* --- destinations ------------------------------------------------------------------------------------------------- */

static struct str domain_of(struct str address)
{
    return str_from(address, str_rfind(address, '@') + 1);
}

/* In the form that rules have; as it is when it has none, like a literal. */
static struct str in_one_form(struct arena *a, struct str domain)
{
    struct str out;

    return domain.n && domain_parse(a, domain, &out) == ST_OK ? out : domain;
}

const struct routing_rule *routes_fallback(const struct courier *c, struct str domain)
{
    const struct routing_rule *rule;
    struct arena a = ARENA_INIT;

    if (!c->routes.n)
        return NULL;
    rule = routing_fallback(c->routes.v, c->routes.n, in_one_form(&a, domain));
    arena_fini(&a);
    return rule;
}

/* What an alias of ours sends on leaves under an address of the alias' domain. */
static const struct routing_rule *rule_for(const struct letter *l, const struct job *j)
{
    const struct routes *r = &l->c->routes;
    const struct work_rcpt *first = j->rcpts[0];
    const struct routing_rule *rule;
    struct arena a = ARENA_INIT;

    if (!r->n)
        return NULL;
    rule = routing_find(r->v, r->n, l->work.account,
                        in_one_form(&a, domain_of(first->via.n ? first->via : l->work.reverse_path)),
                        in_one_form(&a, domain_of(first->address)));
    arena_fini(&a);
    return rule;
}

struct str routes_rule_dest(const struct routing_rule *rule, char room[ROUTES_NAME_MAX])
{
    snprintf(room, ROUTES_NAME_MAX, "%c%c%llu %.*s", RELAY_DEST, OF_ROUTE, (unsigned long long)rule->id,
             STR_ARGS(rule->to));
    return str_z(room);
}

/* "host:port security" */
static bool leads_to(const struct routing_rule *rule, struct str route)
{
    size_t space = str_find(route, ' ');

    return rule && str_eq(rule->to, str_sub(route, 0, space)) && str_eq(rule->security, str_from(route, space + 1));
}

/* Under which rule's login a letter goes that is sent there by hand: of a rule of its own, or else of one that asks for destinations only; never under somebody else's. NULL:
 * without. */
static const struct routing_rule *login_by_hand(const struct letter *l, const struct job *j)
{
    const struct routes *r = &l->c->routes;
    const struct routing_rule *own[] = {rule_for(l, j), routes_fallback(l->c, domain_of(j->rcpts[0]->address))};

    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (leads_to(own[i], l->work.route))
            return own[i]->has_login ? own[i] : NULL;
    for (size_t i = 0; i < r->n; i++)
        if (r->v[i].by == ROUTING_BY_DESTINATION && !r->v[i].is_fallback && r->v[i].has_login &&
            leads_to(&r->v[i], l->work.route))
            return &r->v[i];
    return NULL;
}

static struct str dest_by_hand(const struct letter *l, const struct job *j, char room[ROUTES_NAME_MAX])
{
    const struct routing_rule *login = login_by_hand(l, j);
    size_t n = (size_t)snprintf(room, ROUTES_NAME_MAX, "%c%c%.*s", RELAY_DEST, BY_HAND, STR_ARGS(l->work.route));

    if (login && n < ROUTES_NAME_MAX)
        snprintf(room + n, ROUTES_NAME_MAX - n, " %llu", (unsigned long long)login->id);
    return str_z(room);
}

struct str routes_dest(const struct letter *l, const struct job *j, char room[ROUTES_NAME_MAX])
{
    const struct routing_rule *rule;
    struct str host;
    uint16_t port;

    if (l->work.route.n)
        return dest_by_hand(l, j, room);
    rule = rule_for(l, j);
    if (rule && !str_eq(rule->to, STR("mx")))
        return routes_rule_dest(rule, room);
    if (rule || !l->c->relay)
        return domain_of(j->rcpts[0]->address);
    host = relay_host(l->c->relay, &port);
    snprintf(room, ROUTES_NAME_MAX, "%c%.*s:%u", RELAY_DEST, STR_ARGS(host), port);
    return str_z(room);
}

bool routes_is_by_hand(const struct dest *d)
{
    return dest_is_relay(d) && d->domain.n > 1 && d->domain.p[1] == BY_HAND;
}

bool routes_is_relay_host(const struct dest *d)
{
    return dest_is_relay(d) && d->domain.n > 1 && d->domain.p[1] != BY_HAND && d->domain.p[1] != OF_ROUTE;
}

/* --- their servers ------------------------------------------------------------------------------------------------ */

/* A server that the administrator has named, and how it is spoken to. */
struct hop {
    struct str to, security;
    bool has_login;
    uint64_t id; /* of the route whose login it is */
};

static struct hop hop_of(struct arena *a, const struct routing_rule *rule)
{
    return (struct hop){.to = arena_str(a, rule->to),
                        .security = arena_str(a, rule->security),
                        .has_login = rule->has_login,
                        .id = rule->id};
}

static enum st hop_of_rule(const struct courier *c, struct arena *a, struct str id_text, struct str to, struct hop *out)
{
    uint64_t id;

    TRY(str_u64(id_text, UINT64_MAX, &id));
    for (size_t i = 0; i < c->routes.n; i++)
        if (c->routes.v[i].id == id) {
            *out = hop_of(a, &c->routes.v[i]);
            return ST_OK;
        }
    return FAIL(ST_TRYLATER, "the route to %.*s has been removed meanwhile", STR_ARGS(to));
}

/* "@7 host:port" */
static enum st find_rule(const struct courier *c, struct arena *a, struct str name, struct hop *out)
{
    size_t space = str_find(name, ' ');

    return hop_of_rule(c, a, str_sub(name, 1, space - 1), str_from(name, space + 1), out);
}

/* "=host:port security", or "=host:port security 7" with the login of that route. */
static enum st find_by_hand(const struct courier *c, struct arena *a, struct str name, struct hop *out)
{
    size_t space = str_find(name, ' ');
    struct str to = str_sub(name, 1, space - 1), security = str_from(name, space + 1);
    size_t end = str_find(security, ' ');

    if (end < security.n)
        return hop_of_rule(c, a, str_from(security, end + 1), to, out);
    *out = (struct hop){.to = arena_str(a, to), .security = arena_str(a, security)};
    return ST_OK;
}

static enum st ask_login(struct courier *c, struct arena *a, uint64_t id, struct relay_login *out,
                         const char **out_status) SUSPENDS
{
    struct msg_route_login_ask ask = {.id = id};
    struct msg_route_login_answer answer;

    TRY(IPC_ASK(courier_keeper(c), route_login_ask, &ask, route_login_answer, a, &answer, deadline_in(COURIER_ASK_MS)));
    if (answer.status == ST_OK) {
        *out = (struct relay_login){answer.user, answer.password};
        return ST_OK;
    }
    *out_status = "4.7.8";
    return FAIL(ST_TRYLATER, "no login for the route: %.*s", STR_ARGS(answer.text));
}

static enum st speak(struct courier *c, struct arena *a, const struct hop *hop, struct route *out,
                     struct relay **out_relay, const char **out_status) SUSPENDS
{
    struct relay_login login = {0};
    enum st st = ST_OK;

    if (hop->has_login)
        TRY(ask_login(c, a, hop->id, &login, out_status));
    st = onward_to(c, hop->to, hop->security, &login, out, out_relay, out_status);
    if (login.password.n)
        wipe((char *)(uintptr_t)login.password.p, login.password.n);
    return st;
}

static enum st to_relay_host(struct courier *c, struct route *out, struct relay **out_relay, const char **out_status)
    SUSPENDS
{
    struct relay *y = relay_ref(c->relay);
    struct str host;
    uint16_t port;
    enum st st;

    if (!y)
        return FAIL(ST_TRYLATER, "there is no relay host any more");
    host = relay_host(y, &port);
    st = route_to_host(c, host, port, out, out_status);
    if (st == ST_OK)
        *out_relay = y;
    else
        relay_unref(y);
    return st;
}

enum st routes_find(struct courier *c, struct str name, struct route *out, struct relay **out_relay,
                    const char **out_status)
{
    struct str rest = str_from(name, 1);
    struct arena a = ARENA_INIT;
    struct hop hop;
    enum st st;

    *out_relay = NULL;
    *out_status = "4.3.5";
    if (!str_starts(rest, STR("@")) && !str_starts(rest, STR("=")))
        return to_relay_host(c, out, out_relay, out_status);
    st = rest.p[0] == OF_ROUTE ? find_rule(c, &a, rest, &hop) : find_by_hand(c, &a, rest, &hop);
    if (st == ST_OK)
        st = speak(c, &a, &hop, out, out_relay, out_status);
    arena_fini(&a);
    return st == ST_OK ? ST_OK : ST_TRYLATER;
}
