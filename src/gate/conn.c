/* The life of a connection: accept, TLS where the port wants it at once, the protocol, the end. A coroutine runs it while there is
 * something to do; parked it is this struct alone. */
#include "gate/gate.h"
#include "base/metrics.h"
#include "base/random.h"
#include "config/config.h"
#include "net/proxy_header.h"
#include "smtp/smtp.h"

#include <sys/socket.h>
#include <unistd.h>

#define CERTIFICATES_MS 3000
#define AGAIN_MS 50
#define TURNED_AWAY_MAX SMTP_TURNED_AWAY_MAX /* the longest of the protocols */
#define IN_MAX 65536

static void run(void *arg) SUSPENDS;

static const struct {
    enum metric accepted, open;
} counters[] = {
    [PROTOCOL_SMTP] = {METRIC_CONNECTIONS_SMTP, METRIC_OPEN_SMTP},
    [PROTOCOL_SUBMISSION] = {METRIC_CONNECTIONS_SUBMISSION, METRIC_OPEN_SUBMISSION},
    [PROTOCOL_LMTP] = {METRIC_CONNECTIONS_LMTP, METRIC_OPEN_LMTP},
    [PROTOCOL_IMAP] = {METRIC_CONNECTIONS_IMAP, METRIC_OPEN_IMAP},
    [PROTOCOL_POP3] = {METRIC_CONNECTIONS_POP3, METRIC_OPEN_POP3},
    [PROTOCOL_HTTP] = {METRIC_CONNECTIONS_HTTP, METRIC_OPEN_HTTP},
    [PROTOCOL_METRICS] = {METRIC_CONNECTIONS_METRICS, METRIC_OPEN_METRICS},
};

void conn_free(struct conn *c)
{
    struct gate *g = c->gate;

    list_del(&c->link);
    list_del(&c->busy);
    co_timer_clear(&c->again);
    g->n_conns--;
    metric_sub(counters[c->row->protocol].open, 1);
    if (c->is_local) {
        local_ended(g, c->id);
    } else {
        limits_leave(c);
        listener_closed(c->from->listener);
    }
    stream_free(c->stream);
    arena_fini(&c->arena);
    config_unref(c->set);
    mem_free(c);
}

static void start_again(void *arg);

static enum st spawn(struct conn *c)
{
    crowd_relieve(c->gate);
    return co_spawn(run, c, "conn");
}

static void start(struct conn *c)
{
    if (spawn(c) != ST_OK) /* no stack just now: the timer tries again, and c->woke stays */
        co_timer_set(&c->again, deadline_in(AGAIN_MS), start_again, c);
}

static void start_again(void *arg)
{
    start(arg);
}

void conn_wake(void *arg, enum st why)
{
    struct conn *c = arg;

    c->woke = why;
    start(c);
}

bool conn_park(void *arg)
{
    struct conn *c = arg;

    return stream_park(c->stream, NEVER, conn_wake, c);
}

static void count_tls(const struct conn *c, enum st st)
{
    struct stream_tls_info info;

    if (st != ST_OK || !stream_tls_info(c->stream, &info))
        metric_add(METRIC_TLS_FAILED, 1);
    else
        metric_add(strcmp(info.version, "TLSv1.3") == 0 ? METRIC_TLS_1_3 : METRIC_TLS_1_2, 1);
}

enum st conn_start_tls(struct conn *c)
{
    enum st st = stream_push_tls(c->stream, c->gate->tls, alpn_of(c->row->protocol), c->from ? c->from->clients : NULL,
                                 deadline_in(c->set->tls_handshake_timeout));

    count_tls(c, st);
    return st;
}

/* A gate that has just been started may be reached before the keeper has pushed its certificates. Without them STARTTLS would not
 * even be offered; a keeper that does not come holds nobody up for long. */
static enum st wait_for_certificates(struct conn *c) SUSPENDS
{
    enum st st;

    if (c->gate->has_certificates || !c->set->tls_count)
        return ST_OK;
    st = co_waitq_wait(&c->gate->certificates_wanted, deadline_in(CERTIFICATES_MS));
    return st == ST_TIMEOUT ? ST_OK : st;
}

/* Who connects and says nothing holds no stack. */
static enum st wait_for_hello(struct conn *c, const char *what)
{
    if (c->woke != ST_OK)
        return FAIL(c->woke, "%s", what);
    return stream_park_unread(c->stream, deadline_in(c->set->tls_handshake_timeout), conn_wake, c) ? ST_PARKED : ST_OK;
}

static struct str turned_away_text(const struct config_listener *row, struct str why, char line[TURNED_AWAY_MAX])
{
    switch (row->protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_LMTP:
    case PROTOCOL_SUBMISSION: return smtp_turned_away(line, why);
    case PROTOCOL_IMAP: return imap_turned_away(line, why);
    case PROTOCOL_POP3: return pop3_turned_away(line, why);
    case PROTOCOL_HTTP:
    case PROTOCOL_METRICS: return http_no_room();
    }
    never("a listener of no protocol");
}

/* --- whose it is ------------------------------------------------------------------------------------------------- */

static bool is_among(const struct config_networks *list, const struct addr *a)
{
    return config_networks_have(list, a->family, a->bytes);
}

/* Not more than belongs to it: TLS may follow at once, and begins with what is in the socket. */
static enum st read_proxy_header(struct conn *c, struct proxy_header *out) SUSPENDS
{
    size_t want;
    enum st st;

    while ((st = proxy_header_parse(stream_input(c->stream), out, &want)) == ST_BUSY) {
        stream_set_in_max(c->stream, want);
        TRY(stream_more(c->stream));
    }
    TRY(st);
    stream_eat(c->stream, want);
    stream_set_in_max(c->stream, IN_MAX);
    return ST_OK;
}

enum st conn_is_of(struct conn *c, const struct addr *peer)
{
    enum st st = limits_move(c, peer);

    c->log.peer = addr_text(&c->peer, c->peer_text);
    addr_host(&c->peer, c->peer_host);
    return st;
}

static enum st say_turned_away(struct conn *c, const char *why) SUSPENDS
{
    char line[TURNED_AWAY_MAX];
    struct arena a = ARENA_INIT;
    struct str kept = arena_str(&a, str_z(why)), text = turned_away_text(c->row, kept, line);
    enum st st = ST_OK;

    metric_add(METRIC_CONNECTIONS_REFUSED, 1);
    if (c->row->security != SECURITY_TLS)
        st = stream_write(c->stream, text);
    if (st == ST_OK)
        st = FAIL(ST_DENIED, "%.*s", STR_ARGS(kept));
    arena_fini(&a);
    return st;
}

static bool may_connect(const struct conn *c)
{
    if (!c->row->clients.n)
        return c->row->protocol != PROTOCOL_LMTP || addr_is_loopback(&c->peer);
    return is_among(&c->row->clients, &c->peer);
}

/* A proxy that is named says whose connection it is, before anything else. Of nobody else that is believed, or read. */
static enum st learn_peer(struct conn *c) SUSPENDS
{
    struct proxy_header h;

    if (c->is_told || c->is_local)
        return ST_OK;
    if (is_among(&c->row->proxy_protocol, &c->peer)) {
        c->log.action = "PROXY header";
        if (!stream_input(c->stream).n)
            TRY(wait_for_hello(c, "the proxy did not say whose connection it is"));
        stream_set_deadline(c->stream, deadline_in(c->set->tls_handshake_timeout));
        TRY(read_proxy_header(c, &h));
        stream_set_deadline(c->stream, NEVER);
        if (!h.is_own && conn_is_of(c, &h.from) != ST_OK)
            return say_turned_away(c, err_get()->text);
    }
    c->is_told = true;
    return may_connect(c) ? ST_OK : say_turned_away(c, "You are not among the clients of this port");
}

static enum st serve(struct conn *c) SUSPENDS
{
    TRY(learn_peer(c));
    TRY(wait_for_certificates(c));
    if (c->row->security == SECURITY_TLS && !stream_is_tls(c->stream)) {
        c->log.action = "TLS handshake";
        TRY(wait_for_hello(c, "no TLS handshake was begun"));
        TRY(conn_start_tls(c));
    }
    c->began = true;
    switch (c->row->protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_LMTP:
    case PROTOCOL_SUBMISSION: return conn_smtp(c);
    case PROTOCOL_IMAP: return conn_imap(c);
    case PROTOCOL_POP3: return conn_pop3(c);
    case PROTOCOL_HTTP:
    case PROTOCOL_METRICS: return conn_http(c);
    }
    never("a listener of an unknown protocol");
}

static void run(void *arg)
{
    struct conn *c = arg;
    enum st st;

    log_here = &c->log;
    c->co = co_here();
    list_add_tail(&c->gate->busy, &c->busy);
    st = serve(c);
    list_del(&c->busy);
    c->co = NULL;
    if (st == ST_PARKED)
        return;
    if (c->smtp)
        conn_smtp_end(c);
    else if (st != ST_OK && !c->began)
        LOG(CONNECTION_FAILED, lf_z("status", st_name(st)), lf_err());
    if (c->relaying)
        return; /* the relay ends it */
    if (c->stream)
        stream_close(TAKE(c->stream));
    log_here = NULL;
    conn_free(c);
}

static const struct config_listener local_listener = {
    .name = STR("sendmail"), .protocol = PROTOCOL_SUBMISSION, .security = SECURITY_NONE};

/* `from` NULL: of this machine. */
static struct conn *conn_new(struct gate *g, struct gate_listener *from, const struct addr *peer)
{
    struct conn *c = MEM_NEW(struct conn);

    c->gate = g;
    c->from = from;
    c->set = config_ref(g->set);
    c->row = from ? &c->set->listeners[from->row] : &local_listener;
    c->is_local = !from;
    c->peer = *peer;
    addr_text(peer, c->peer_text);
    addr_host(peer, c->peer_host);
    random_bytes(&c->id, sizeof c->id);
    c->sid = random_u64() >> 16; /* twelve hexadecimal digits are enough to tell sessions apart */
    c->log = (struct log_ctx){.sid = c->sid,
                              .peer = str_z(c->peer_text),
                              .service = config_protocol_name(c->row->protocol),
                              .action = "connecting"};
    list_add_tail(&g->conns, &c->link);
    list_init(&c->busy);
    g->n_conns++;
    metric_add(counters[c->row->protocol].accepted, 1);
    metric_add(counters[c->row->protocol].open, 1);
    return c;
}

static struct str no_room_text(const struct config_listener *row, char line[SMTP_NO_ROOM_MAX])
{
    switch (row->protocol) {
    case PROTOCOL_SMTP:
    case PROTOCOL_LMTP:
    case PROTOCOL_SUBMISSION: return smtp_no_room(line);
    case PROTOCOL_IMAP: return imap_no_room();
    case PROTOCOL_POP3: return pop3_no_room();
    case PROTOCOL_HTTP:
    case PROTOCOL_METRICS: return http_no_room();
    }
    never("a listener of no protocol");
}

/* Over a limit: it is told so, where no handshake is needed for that, and as far as the socket takes it at once. */
static void say_no_room(const struct gate_listener *from, int fd)
{
    const struct config_listener *row = &from->gate->set->listeners[from->row];
    char line[SMTP_NO_ROOM_MAX];
    struct str text = no_room_text(row, line);

    if (row->security != SECURITY_TLS)
        (void)!send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL); /* it goes whether or not it hears why */
}

void conn_excess(void *arg, int fd)
{
    metric_add(METRIC_CONNECTIONS_REFUSED, 1);
    say_no_room(arg, fd);
    close(fd);
}

static enum st begin(struct conn *c, int fd)
{
    const struct stream_options so = {.in_max = IN_MAX,
                                      .out_high = 16384,
                                      .read_timeout_ms = 60000,
                                      .write_timeout_ms = (uint32_t)c->set->net_write_timeout};

    if (stream_new(fd, &so, &c->stream) == ST_OK && spawn(c) == ST_OK)
        return ST_OK;
    LOG(CONNECTION_FAILED, lf_z("status", st_name(err_get()->st)), lf_err());
    return err_get()->st;
}

/* Before anything is spent on it. */
static void turn_away(const struct gate_listener *from, int fd, const struct addr *peer)
{
    const struct config_listener *row = &from->gate->set->listeners[from->row];
    char line[TURNED_AWAY_MAX], text[ADDR_TEXT_MAX];
    struct str why = turned_away_text(row, str_z(err_get()->text), line);

    metric_add(METRIC_CONNECTIONS_REFUSED, 1);
    LOG(CONNECTION_TURNED_AWAY, lf_str("from", addr_text(peer, text)), lf_str("listener", row->name), lf_err());
    if (row->security != SECURITY_TLS)
        (void)!send(fd, why.p, why.n, MSG_DONTWAIT | MSG_NOSIGNAL); /* it goes whether or not it hears why */
}

void conn_accepted(void *arg, int fd, const struct addr *peer)
{
    struct gate_listener *from = arg;
    struct gate *g = from->gate;
    const struct config_listener *row = &g->set->listeners[from->row];
    bool is_proxy = is_among(&row->proxy_protocol, peer); /* he has the connections of many: those are counted */
    struct conn *c;

    if (g->stopping || g->n_conns >= g->set->gate_max_connections) {
        listener_closed(from->listener);
        conn_excess(from, fd);
        return;
    }
    c = conn_new(g, from, peer);
    if (!is_proxy && limits_admit(c) != ST_OK) {
        turn_away(from, fd, peer);
        close(fd);
        conn_free(c);
        return;
    }
    if (begin(c, fd) == ST_OK)
        return;
    if (c->stream)
        say_no_room(from, stream_fd(c->stream));
    conn_free(c);
}

enum st conn_adopted(struct gate_listener *from, int *fd, const struct addr *peer, struct conn **out)
{
    struct gate *g = from->gate;
    bool has_place = !g->stopping && g->n_conns < g->set->gate_max_connections && listener_reopened(from->listener);
    struct conn *c;

    if (!has_place) {
        conn_excess(from, TAKE_FD(*fd));
        return FAIL(ST_LIMIT, "too many connections");
    }
    c = conn_new(g, from, peer);
    c->began = c->is_told = true;
    if (limits_admit(c) != ST_OK) {
        turn_away(from, *fd, peer);
        close(TAKE_FD(*fd));
        conn_free(c);
        return FAIL(ST_LIMIT, "too many connections");
    }
    if (begin(c, TAKE_FD(*fd)) == ST_OK) {
        *out = c;
        return ST_OK;
    }
    conn_free(c);
    return err_get()->st;
}

void conn_go_on(struct conn *c)
{
    c->woke = c->gate->stopping ? ST_CANCELED : ST_OK;
    start(c);
}

void conn_local(struct gate *g, const struct msg_local_smtp *m, int fd)
{
    const struct addr nowhere = {0};
    struct conn *c;

    if (g->stopping || g->n_conns >= g->set->gate_max_connections || (m->token.n && m->token.n != sizeof c->token)) {
        local_ended(g, m->conn);
        close(fd);
        return;
    }
    c = conn_new(g, NULL, &nowhere);
    c->id = m->conn;
    c->local_user = arena_str(&c->arena, m->user);
    c->login = c->log.user = arena_str(&c->arena, m->login);
    c->account = m->account;
    if (m->token.n)
        memcpy(c->token, m->token.p, m->token.n);
    if (begin(c, fd) != ST_OK)
        conn_free(c);
}

void conn_revoke(struct conn *c)
{
    c->has_grant = false;
    if (smtp_session_revoke(c->smtp) && c->co)
        co_cancel(c->co);
    if (!c->co && stream_is_parked(c->stream)) {
        stream_unpark(c->stream);
        conn_wake(c, ST_OK);
    }
}

void conn_ban(struct conn *c)
{
    if (c->relay)
        return;
    if (c->smtp)
        (void)smtp_session_revoke(c->smtp);
    c->imap.crowded = c->pop3.crowded = c->http.crowded = true;
    if (c->co) {
        co_cancel(c->co);
    } else if (c->stream && stream_is_parked(c->stream)) {
        stream_unpark(c->stream);
        conn_wake(c, ST_CANCELED);
    } else {
        c->woke = ST_CANCELED; /* it waits for a stack */
    }
}

void conns_stop(struct gate *g)
{
    g->stopping = true;
    LIST_EACH_SAFE(pos, tmp, &g->conns) {
        struct conn *c = LIST_ITEM(pos, struct conn, link);

        if (c->co) {
            co_cancel(c->co);
        } else if (c->stream && stream_is_parked(c->stream)) {
            stream_unpark(c->stream);
            conn_wake(c, ST_CANCELED);
        } else {
            c->woke = ST_CANCELED; /* it waits for a stack */
        }
    }
}
