#include "gate/gate.h"
#include "imap/imap.h"

static enum st authenticate(void *arg, const struct imap_login_try *t, struct imap_login_result *out) SUSPENDS
{
    struct auth_result r;

    TRY(ask_auth(arg, t->mechanism.n ? t->mechanism : STR("PLAIN"), t->authzid, t->user,
                 str_n(t->password.p, t->password.n), &r));
    *out = (struct imap_login_result){r.account, r.login, r.token};
    return ST_OK;
}

static enum st starttls(void *arg) SUSPENDS
{
    return conn_start_tls(arg);
}

enum st conn_imap(struct conn *c)
{
    static const struct imap_login_ops with_tls = {authenticate, starttls, conn_park},
                                       without = {authenticate, NULL, conn_park};
    bool tls = c->row->security == SECURITY_STARTTLS && c->gate->has_certificates;
    struct imap_login_options opt = {.stream = c->stream,
                                     .kept = &c->imap,
                                     .woke = c->woke,
                                     .set = c->set,
                                     .ops = tls ? &with_tls : &without,
                                     .arg = c,
                                     .plaintext_auth = c->row->plaintext_auth,
                                     .stopping = c->gate->stopping};
    struct imap_login_outcome out = {0};
    struct auth_result who;
    enum st st = imap_login(&opt, &out);

    if (st == ST_PARKED)
        return st;
    if (st != ST_OK) {
        LOG(LOGIN_CONNECTION_CLOSED, lf_z("reason", out.reason ? out.reason : st_text(st)));
        return st;
    }
    who = (struct auth_result){out.who.account, out.who.login, out.who.token};
    st = ask_session(c, &who, out.tag_str);
    if (st != ST_OK && c->stream) {
        LOG(HANDOVER_FAILED, lf_z("status", st_name(st)), lf_err());
        IGNORE(imap_login_refuse(&opt, out.tag_str, st)); /* the connection ends either way */
    }
    return st;
}
