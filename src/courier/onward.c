/* Where mail for domains of ours goes that another server has: the keeper knows. */
#include "courier/courier.h"

#include "smtp/next_hop.h"

#define LMTP STR("lmtp:")

/* False: as any other server. */
static bool security_of(struct str word, enum config_security *out)
{
    static const enum config_security all[] = {SECURITY_NONE, SECURITY_STARTTLS, SECURITY_TLS};

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (str_eq(word, str_z(config_security_name(all[i])))) {
            *out = all[i];
            return true;
        }
    return false;
}

enum st onward_to(struct courier *c, struct str to, struct str word, const struct relay_login *login, struct route *out,
                  struct relay **out_relay, const char **out_status)
{
    bool is_lmtp = str_starts(to, LMTP);
    enum config_security security;
    struct str host;
    uint16_t port;
    enum st st;

    *out_status = "4.3.5";
    TRY(next_hop_split(is_lmtp ? str_from(to, LMTP.n) : to, &host, &port));
    TRY(route_to_host(c, host, port, out, out_status));
    out->is_chosen = true;
    out->is_lmtp = is_lmtp;
    if (!security_of(word, &security))
        return ST_OK;
    st = relay_for_host(c, host, port, security, is_lmtp, login, out_relay);
    if (st != ST_OK)
        route_fini(out);
    return st;
}

static enum st ask(struct courier *c, struct arena *a, struct str domain, struct msg_relay_answer *out) SUSPENDS
{
    struct msg_relay_ask ask = {.domain = domain};

    TRY(IPC_ASK(courier_keeper(c), relay_ask, &ask, relay_answer, a, out, deadline_in(COURIER_ASK_MS)));
    if (out->status == ST_NOTFOUND) /* none of ours any more: as any other */
        out->to = STR("mx");
    return out->status == ST_OK || out->status == ST_NOTFOUND
               ? ST_OK
               : FAIL(ST_TRYLATER, "nobody says just now where mail for the domain goes");
}

bool onward_is_still(struct courier *c, struct str domain, const struct route *r)
{
    struct arena a = ARENA_INIT;
    struct msg_relay_answer answer;
    bool is = ask(c, &a, domain, &answer) != ST_OK ||
              (str_eq(answer.to, r->onward) && str_eq(answer.security, r->onward_security));

    arena_fini(&a);
    return is;
}

enum st onward_route(struct courier *c, struct str domain, struct route *out, struct relay **out_relay,
                     const char **out_status)
{
    struct msg_relay_answer answer;
    struct arena a = ARENA_INIT;
    enum st st;

    *out_relay = NULL;
    *out_status = "4.3.0";
    st = ask(c, &a, domain, &answer);
    if (st == ST_OK && !str_eq(answer.to, STR("mx")))
        st = onward_to(c, answer.to, answer.security, NULL, out, out_relay, out_status);
    else if (st == ST_OK)
        st = route_find(c, domain, out, out_status);
    if (st == ST_OK) {
        out->onward = arena_str(&out->arena, answer.to);
        out->onward_security = arena_str(&out->arena, answer.security);
    }
    arena_fini(&a);
    return st;
}
