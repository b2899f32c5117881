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

static enum st step(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                    struct login_result *login) SUSPENDS
{
    return ask_sasl(arg, a, m, out, login);
}

void conn_mechanisms(void *arg, unsigned *out_announced, unsigned *out_taken)
{
    const struct conn *c = arg;
    unsigned bound = stream_is_tls(c->stream) ? SASL_BOUND : 0;

    unsigned token = c->set->auth_oauth_introspection.n ? SASL_TOKEN : 0;
    enum stream_tls_client shown = stream_tls_client(c->stream);

    *out_announced = c->gate->offers_scram && c->set->auth_scram != SCRAM_NO ? SASL_SCRAM | bound : 0;
    *out_announced |= token | (shown == TLS_CLIENT_GOOD ? SASL_CERTIFICATE : 0);
    /* Who shows one that does not hold is told so. */
    *out_taken = token | (shown != TLS_CLIENT_NONE ? SASL_CERTIFICATE : 0) |
                 (c->set->auth_scram != SCRAM_NO ? SASL_SCRAM | bound : 0);
}

unsigned conn_announced(const struct conn *c)
{
    unsigned announced, taken;

    conn_mechanisms((void *)(uintptr_t)c, &announced, &taken);
    return announced | SASL_CLEAR;
}

bool conn_announces_bound(const struct conn *c)
{
    return conn_announced(c) & SASL_BOUND;
}

const struct login_ops *conn_login_ops(const struct conn *c)
{
    static const struct login_ops with_tls = {authenticate, starttls, conn_park, step, conn_mechanisms},
                                  without = {authenticate, NULL, conn_park, step, conn_mechanisms};

    return c->row->security == SECURITY_STARTTLS && c->gate->has_certificates ? &with_tls : &without;
}
