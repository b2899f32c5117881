#include "gate/gate.h"
#include "pop3/pop3.h"

static enum st authenticate(void *arg, const struct pop3_login_try *t, struct pop3_login_result *out) SUSPENDS
{
    struct auth_result r;

    TRY(ask_auth(arg, t->mechanism.n ? t->mechanism : STR("PLAIN"), t->authzid, t->user,
                 str_n(t->password.p, t->password.n), &r));
    *out = (struct pop3_login_result){r.account, r.login, r.token};
    return ST_OK;
}

static enum st starttls(void *arg) SUSPENDS
{
    return conn_start_tls(arg);
}

enum st conn_pop3(struct conn *c)
{
    static const struct pop3_login_ops with_tls = {authenticate, starttls, conn_park},
                                       without = {authenticate, NULL, conn_park};
    bool tls = c->row->security == SECURITY_STARTTLS && c->gate->has_certificates;
    struct pop3_login_options opt = {.stream = c->stream,
                                     .kept = &c->pop3,
                                     .woke = c->woke,
                                     .set = c->set,
                                     .ops = tls ? &with_tls : &without,
                                     .arg = c,
                                     .plaintext_auth = c->row->plaintext_auth};
    struct pop3_login_outcome out;
    struct auth_result who;
    enum st st = pop3_login(&opt, &out);

    if (st == ST_PARKED)
        return st;
    if (st != ST_OK) {
        LOG(LOGIN_CONNECTION_CLOSED, lf_z("reason", out.reason ? out.reason : st_text(st)));
        return st;
    }
    who = (struct auth_result){out.who.account, out.who.login, out.who.token};
    st = ask_session(c, &who, STR(""));
    if (st != ST_OK && c->stream) {
        LOG(HANDOVER_FAILED, lf_z("status", st_name(st)), lf_err());
        IGNORE(pop3_login_refuse(&opt, st)); /* the connection ends either way */
    }
    return st;
}
