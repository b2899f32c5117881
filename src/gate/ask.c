/* Questions to the keeper and the box that more than one protocol has. */
#include "base/metrics.h"
#include "base/route.h"
#include "gate/gate.h"
#include "net/relay.h"

#include <sys/socket.h>
#include <unistd.h>

#define RELAY_IDLE_MS (48u * 3600 * 1000) /* the session in the box has its own, shorter time-outs */

struct ipc *box_of(const struct gate *g, uint64_t account)
{
    return g->boxes[route_core(account, g->n_cores)];
}

static enum st ask_keeper(struct conn *c, const struct msg_auth_ask *ask, struct arena *a, struct msg_auth_answer *out)
    SUSPENDS
{
    struct gate *g = c->gate;
    mono_ms deadline = deadline_in(GATE_ASK_MS);
    enum st st;

    while (g->n_logins >= GATE_LOGINS_MAX)
        TRY(co_waitq_wait(&g->logins_room, deadline));
    g->n_logins++;
    st = IPC_ASK(g->keeper, auth_ask, ask, auth_answer, a, out, deadline);
    g->n_logins--;
    co_waitq_wake_one(&g->logins_room);
    return st;
}

static void count_login(enum st st)
{
    metric_add(st == ST_OK ? METRIC_LOGINS_OK : login_is_refusal(st) ? METRIC_LOGINS_REFUSED : METRIC_LOGINS_FAILED, 1);
}

static enum st pass_on(struct conn *c, const struct msg_sasl_ask *ask, struct arena *a, struct msg_sasl_answer *out)
    SUSPENDS
{
    struct gate *g = c->gate;
    mono_ms deadline = deadline_in(GATE_ASK_MS);
    enum st st;

    while (g->n_logins >= GATE_LOGINS_MAX)
        TRY(co_waitq_wait(&g->logins_room, deadline));
    g->n_logins++;
    st = IPC_ASK(g->keeper, sasl_ask, ask, sasl_answer, a, out, deadline);
    g->n_logins--;
    co_waitq_wake_one(&g->logins_room);
    return st;
}

static struct str bytes_of(const unsigned char *p, size_t n)
{
    return str_n((const char *)p, n);
}

static struct str certificate_of(const struct conn *c, struct arena *a)
{
    struct str chain;
    struct buf b;

    buf_init(&b, TLS_CLIENT_CHAIN_MAX);
    stream_tls_client_chain(c->stream, &b);
    chain = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return chain;
}

static enum st end_exchange(const struct conn *c, struct sasl_reply *out)
{
    *out = (struct sasl_reply){0};
    return ipc_send(c->gate->keeper, MSG_sasl_end, &(struct msg_sasl_end){.conn = c->id}, -1);
}

enum st ask_sasl(struct conn *c, struct arena *a, const struct sasl_message *m, struct sasl_reply *out,
                 struct login_result *login)
{
    struct stream_tls_bindings b;
    struct stream_tls_info info;
    struct msg_sasl_ask ask = {.conn = c->id,
                               .service = (uint8_t)c->row->protocol,
                               .first = m->is_first,
                               .mechanism = m->mechanism,
                               .response = m->response,
                               .peer = str_z(c->peer_host)};
    struct msg_sasl_answer answer = {0};
    enum st st;

    if (m->is_gone)
        return end_exchange(c, out);
    if (str_eq(m->mechanism, STR("EXTERNAL"))) {
        ask.listener = c->row->name;
        ask.certificate = certificate_of(c, a);
    }
    stream_tls_bindings(c->stream, &b);
    ask.plus = conn_announces_bound(c);
    if (stream_tls_info(c->stream, &info))
        ask.server_name = info.server_name;
    ask.exporter = bytes_of(b.exporter, b.n_exporter);
    ask.end_point = bytes_of(b.end_point, b.n_end_point);
    ask.unique = bytes_of(b.unique, b.n_unique);
    st = pass_on(c, &ask, a, &answer);
    *out = (struct sasl_reply){.more = answer.more && answer.status == ST_OK, .challenge = answer.challenge};
    out->user = answer.login;
    if (st == ST_OK && answer.status != ST_OK)
        st = FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    if (st == ST_OK && !out->more) {
        *login = (struct login_result){answer.account, arena_str(&c->arena, answer.login),
                                       arena_str(&c->arena, answer.token)};
        c->log.user = c->login = login->login;
        c->credential = answer.credential;
    }
    if (st != ST_OK || !out->more)
        count_login(st);
    return st;
}

/* Only what a success says stays with the connection: refusals may be many. */
enum st ask_auth(struct conn *c, struct str mechanism, struct str authzid, struct str user, struct str password,
                 struct login_result *out)
{
    struct msg_auth_ask ask = {.conn = c->id,
                               .service = (uint8_t)c->row->protocol,
                               .is_tls = stream_is_tls(c->stream),
                               .mechanism = mechanism,
                               .authzid = authzid,
                               .user = user,
                               .password = password,
                               .peer = str_z(c->peer_host)};
    struct msg_auth_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = ask_keeper(c, &ask, &a, &answer);

    if (st == ST_OK && answer.status != ST_OK)
        st = FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    if (st == ST_OK) {
        *out = (struct login_result){answer.account, arena_str(&c->arena, answer.login),
                                     arena_str(&c->arena, answer.token)};
        c->log.user = c->login = out->login;
        c->credential = answer.credential;
    }
    count_login(st);
    arena_fini(&a);
    return st;
}

static enum st ask_with_fd(struct conn *c, const struct login_result *who, struct str tag, struct str withheld, int fd)
    SUSPENDS
{
    struct str unread = stream_input(c->stream);
    struct msg_session_ask ask = {.token = who->token,
                                  .account = who->account,
                                  .conn = c->id,
                                  .sid = c->sid,
                                  .service = (uint8_t)c->row->protocol,
                                  .is_tls = stream_is_tls(c->stream),
                                  .tries = c->imap.tries,
                                  .mechanisms = conn_announced(c),
                                  .listener = c->from ? (uint32_t)(c->from - c->gate->listeners) : 0,
                                  .peer = str_z(c->peer_text),
                                  .tag = tag,
                                  .withheld = withheld,
                                  .unread = unread};
    struct msg_session_answer answer;

    TRY(ipc_ask(box_of(c->gate, who->account), MSG_session_ask, &ask, fd, MSG_session_answer, &c->arena, &answer, NULL,
                deadline_in(GATE_ASK_MS)));
    return answer.status == ST_OK
               ? ST_OK
               : FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
}

static void relay_over(void *arg, enum st why, const struct relay_totals *totals)
{
    struct conn *c = arg;

    log_here = &c->log;
    LOG(RELAY_CLOSED, lf_z("status", st_name(why)), lf_u64("bytes_in", totals->to_inner),
        lf_u64("bytes_out", totals->to_outer));
    log_here = NULL;
    conn_free(c);
}

/* Joins what the client says under TLS with our end of the pair. Nothing may be owed to the client here: the box speaks now. */
static enum st begin_relay(struct conn *c, int fd) SUSPENDS
{
    const struct stream_options so = {.in_max = 16384,
                                      .out_high = 16384,
                                      .read_timeout_ms = RELAY_IDLE_MS,
                                      .write_timeout_ms = (uint32_t)c->set->net_write_timeout};
    const struct relay_options opt = {.idle_ms = RELAY_IDLE_MS, .linger_ms = 60000, .on_end = relay_over, .arg = c};
    struct stream *inner;
    enum st st;

    TRY(stream_new(fd, &so, &inner));
    stream_set_timeouts(c->stream, RELAY_IDLE_MS, (uint32_t)c->set->net_write_timeout);
    st = relay_start(c->stream, inner, &opt, &c->relay);
    if (st != ST_OK) {
        stream_free(inner);
        return st;
    }
    c->stream = NULL;
    c->relaying = true;
    return ST_OK;
}

/* Under TLS the gate keeps the connection and relays its plain text over a pair. */
static enum st hand_over_tls(struct conn *c, const struct login_result *who, struct str tag, struct str withheld)
    SUSPENDS
{
    int pair[2];
    enum st st;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return FAIL(ST_TRYLATER, "no descriptor left for a hand-over");
    st = ask_with_fd(c, who, tag, withheld, pair[1]);
    close(pair[1]);
    if (st != ST_OK) {
        close(pair[0]);
        return st;
    }
    stream_eat(c->stream, stream_input(c->stream).n); /* it went along as `unread` */
    return begin_relay(c, pair[0]);
}

enum st ask_session(struct conn *c, const struct login_result *who, struct str tag, struct str withheld)
{
    TRY(stream_flush(c->stream));
    if (stream_is_tls(c->stream))
        return hand_over_tls(c, who, tag, withheld);
    TRY(ask_with_fd(c, who, tag, withheld, stream_fd(c->stream)));
    stream_free(TAKE(c->stream)); /* our descriptor of it; the box has its own */
    return ST_OK;
}
