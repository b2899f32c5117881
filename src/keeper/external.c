/* EXTERNAL (RFC 4422 appendix A) by a certificate that the client has shown in its TLS handshake. That it has the key only the gate has seen;
 * that somebody vouches for the certificate, and whose it is, is looked at here. It stands for the account that it is registered for, or, where
 * the settings allow it, for the one whose address is in it. */
#include "keeper/login_job.h"

#include "base/codec.h"
#include "base/limits.h"
#include "base/log.h"
#include "keeper/sasl_run.h"
#include "sasl/sasl.h"

struct external_job {
    struct login_job *login;
    struct msg_auth_ask *made_up; /* what login is about */
    struct arena *a;
    struct tls_clients *from;
    struct str chain;
    struct tls_client_cert cert;
};

static struct tls_clients *from_of(const struct keeper *k, struct str listener)
{
    for (size_t i = 0; k->clients && i < k->clients->n; i++)
        if (str_eq(k->clients->v[i].listener, listener))
            return k->clients->v[i].from;
    return NULL;
}

/* On a hashing thread: signatures are sums. */
static enum st look(void *arg)
{
    struct external_job *j = arg;

    return tls_clients_look(j->from, j->chain, j->a, &j->cert);
}

/* --- whose is it, on the directory's thread --------------------------------------------------------------------- */

static enum st by_fingerprint(struct external_job *j)
{
    struct login_job *l = j->login;
    struct directory_credential is;
    struct directory_address address;

    TRY(directory_certificate_find(l->k->directory, j->a,
                                   hex_of(j->a, j->cert.fingerprint, sizeof(j->cert.fingerprint)), &l->account, &is));
    l->credential = is.id;
    l->uses = is.uses;
    if (keeper_address(l->k->directory, j->a, l->account.address, false, &address) == ST_OK)
        l->name = login_name_of(j->a, &address);
    return login_look_at(l);
}

/* Addresses of several accounts say whose it is only together with the authorization identity. */
static enum st by_name(struct external_job *j)
{
    struct login_job *l = j->login;
    struct directory_account found = {0};

    for (size_t i = 0; i < j->cert.n_names; i++) {
        struct login_job one = *l;
        enum st st;

        j->made_up->user = j->cert.names[i];
        st = str_find(j->cert.names[i], '@') < j->cert.names[i].n ? login_look_up(&one) : ST_NOTFOUND;
        if (st == ST_NOTFOUND)
            continue;
        TRY(st);
        if (l->ask->authzid.n && one.is_another && found.id)
            continue;
        if (!l->ask->authzid.n && found.id && found.id != one.account.id)
            return FAIL(ST_NOTFOUND,
                        "the certificate has addresses of several accounts, and no authorization identity was given");
        if (!found.id || !one.is_another)
            *l = one;
        found = l->account;
    }
    return found.id ? ST_OK : FAIL(ST_NOTFOUND, "the certificate is nobody's here");
}

static enum st find(void *arg)
{
    struct external_job *j = arg;
    enum st st = by_fingerprint(j);

    return st == ST_NOTFOUND && j->login->set->auth_certificate_names ? by_name(j) : st;
}

/* --- the exchange ------------------------------------------------------------------------------------------------- */

static enum st verify(struct external_job *j) SUSPENDS
{
    struct login_job *l = j->login;
    enum st st;

    TRY(turns_take(&l->k->turns, l->network, deadline_in(KEEPER_LOGIN_MS)));
    st = keeper_hash(l->k, look, j);
    turns_give(&l->k->turns, l->network);
    TRY(st);
    l->generation = l->k->resolved.generation;
    st = keeper_sql(l->k, find, j);
    if (st == ST_NOTFOUND)
        return FAIL(ST_DENIED, "the certificate is nobody's here");
    TRY(st);
    return login_may_use(l) ? ST_OK : FAIL(ST_DENIED, "a certificate for other protocols");
}

static bool is_identity(struct str s)
{
    return s.n <= SASL_NAME_MAX && str_is_utf8(s) && str_find(s, '\0') == s.n;
}

enum st external_run(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct login_job *login,
                     struct msg_auth_ask *made_up, unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out)
{
    struct tls_clients *from = from_of(login->k, ask->listener);
    struct external_job j = {.login = login, .made_up = made_up, .a = login->a, .chain = ask->certificate};
    enum st st;

    if (!from || !ask->first)
        return FAIL(ST_DENIED, "no such mechanism");
    if (!is_identity(ask->response))
        return FAIL(ST_DENIED, "no authorization identity");
    out->login = str_sub(arena_str(login->a, ask->response), 0, LIMIT_ADDRESS);
    made_up->authzid = ask->response;
    j.from = tls_clients_ref(from);
    st = verify(&j);
    if (st == ST_DENIED || st == ST_EXPIRED)
        LOG(KEEPER_CERTIFICATE_DENIED, lf_str("peer", made_up->peer), lf_str("listener", ask->listener), lf_err());
    st = login_conclude(login, g, st, token);
    tls_clients_unref(j.from);
    if (st == ST_OK) {
        out->account = login->account.id;
        out->credential = login->credential;
        out->login = login->account.address;
        out->token = str_n((const char *)token, KEEPER_TOKEN_BYTES);
    }
    return st;
}
