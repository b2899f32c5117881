/* Certificates and ticket keys as the keeper pushes them, and signatures asked of it during handshakes: the private keys never come
 * here. */
#include "gate/gate.h"

#define KEEPER_BACK_MS 5000
#define ASK_AGAIN_MS 20

static struct gate *gate_of(const struct ipc_request *r)
{
    return r->arg;
}

static void tls_begin(struct ipc_request *r)
{
    (void)r; /* what has been added without a commit is dropped by the next commit's set */
}

static void tls_cert(struct ipc_request *r)
{
    const struct msg_tls_cert *m = r->msg;

    if (tls_server_add(gate_of(r)->tls, m->chain, m->key) != ST_OK)
        LOG(TLS_CERTIFICATE_REJECTED, lf_u64("key", m->key), lf_err());
}

static void tls_end(struct ipc_request *r)
{
    const struct msg_tls_end *m = r->msg;
    struct gate *g = gate_of(r);

    if (tls_server_commit(g->tls) != ST_OK) {
        LOG(TLS_CERTIFICATE_REJECTED, lf_u64("key", m->count), lf_err());
        return;
    }
    g->has_certificates = m->count > 0;
    co_waitq_wake_all(&g->certificates_wanted);
}

static void tls_tickets(struct ipc_request *r)
{
    const struct msg_tls_tickets *m = r->msg;

    if (tls_server_tickets(gate_of(r)->tls, m->keys) != ST_OK)
        LOG(TLS_CERTIFICATE_REJECTED, lf_u64("key", 0), lf_err());
}

/* Submission of an account ends with its rights. */
static void revoke_gate(struct ipc_request *r)
{
    const struct msg_revoke_gate *m = r->msg;

    LIST_EACH(pos, &gate_of(r)->conns) {
        struct conn *c = LIST_ITEM(pos, struct conn, link);

        if (c->smtp && c->account == m->account && (!m->credential || m->credential == c->credential))
            conn_revoke(c);
    }
}

static void auth_offer(struct ipc_request *r)
{
    const struct msg_auth_offer *m = r->msg;

    gate_of(r)->offers_scram = m->scram != 0;
    gate_of(r)->pop3_offer = (struct pop3_offer){.own_expire = m->own_expire != 0,
                                                 .own_delay = m->own_delay != 0,
                                                 .expire_days = m->expire_days,
                                                 .delay_s = m->delay_s};
}

static void local_smtp(struct ipc_request *r)
{
    if (r->fd >= 0)
        conn_local(gate_of(r), r->msg, TAKE_FD(r->fd));
}

const struct ipc_handler gate_keeper_handlers[] = {
    {MSG_tls_begin, tls_begin, true},      {MSG_tls_cert, tls_cert, true},          {MSG_tls_end, tls_end, true},
    {MSG_tls_tickets, tls_tickets, true},  {MSG_revoke_gate, revoke_gate, true},    {MSG_local_smtp, local_smtp, true},
    {MSG_auth_offer, auth_offer, true},    {MSG_ban_begin, limits_ban_begin, true}, {MSG_ban_put, limits_ban_put, true},
    {MSG_ban_lift, limits_ban_lift, true},
};
const size_t gate_n_keeper_handlers = ARRAY_LEN(gate_keeper_handlers);

/* A keeper that has died is back within a moment and has the same keys: clients need not notice. The handshake's own
 * deadline ends this too. */
static enum st ask_signature(struct gate *g, const struct msg_sign_ask *ask, struct arena *a,
                             struct msg_sign_answer *out) SUSPENDS
{
    mono_ms give_up = deadline_in(KEEPER_BACK_MS);
    enum st st;

    for (;;) {
        st = IPC_ASK(g->keeper, sign_ask, ask, sign_answer, a, out, deadline_in(GATE_ASK_MS));
        if (st == ST_OK && out->status != ST_OK)
            st = FAIL((enum st)out->status, "the keeper did not sign");
        if (st != ST_TRYLATER || clock_mono_ms() >= give_up)
            return st;
        TRY(co_sleep(deadline_in(ASK_AGAIN_MS)));
    }
}

enum st gate_sign(void *gate, uint32_t key_id, enum tls_key_kind kind, struct str input, unsigned char *out,
                  size_t out_max, size_t *out_n)
{
    struct msg_sign_ask ask = {.key = key_id, .kind = (uint8_t)kind, .input = input};
    struct msg_sign_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = ask_signature(gate, &ask, &a, &answer);

    if (st == ST_OK && answer.signature.n > out_max)
        st = FAIL(ST_LIMIT, "a signature longer than the key allows");
    if (st == ST_OK) {
        memcpy(out, answer.signature.p, answer.signature.n);
        *out_n = answer.signature.n;
    }
    arena_fini(&a);
    return st;
}
