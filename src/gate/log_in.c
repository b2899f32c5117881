/* What IMAP and POP3 ask before somebody has logged in. */
#include "gate/gate.h"

static enum st authenticate(void *arg, const struct login_try *t, struct login_result *out) SUSPENDS
{
    return ask_auth(arg, t->mechanism.n ? t->mechanism : STR("PLAIN"), t->authzid, t->user,
                    str_n(t->password.p, t->password.n), out);
}

static enum st starttls(void *arg) SUSPENDS
{
    return conn_start_tls(arg);
}

const struct login_ops *conn_login_ops(const struct conn *c)
{
    static const struct login_ops with_tls = {authenticate, starttls, conn_park},
                                  without = {authenticate, NULL, conn_park};

    return c->row->security == SECURITY_STARTTLS && c->gate->has_certificates ? &with_tls : &without;
}
