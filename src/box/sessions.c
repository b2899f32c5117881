#include "base/metrics.h"
#include "box/sessions.h"
#include "box/grants.h"
#include "ipc/lists.h"
#include "mail/keep.h"

#include <unistd.h>

#include <stdio.h>

#define TOOL_WAIT_MS 5000 /* less than the keeper waits for the answer */
#define TOOL_LOOK_MS 20

static void forget(struct box_session *b)
{
    list_del(&b->link);
    b->core->n_sessions--;
    metric_sub(b->is_pop3 ? METRIC_SESSIONS_POP3 : METRIC_SESSIONS_IMAP, 1);
    mem_free(b);
}

/* When its gate is away so is the connection, or it is lost here. */
static void give_back(void *arg, int fd, struct str unread)
{
    const struct box_session *b = arg;
    const struct msg_session_back m = {.conn = b->conn,
                                       .is_tls = b->is_tls,
                                       .tries = b->tries,
                                       .listener = b->listener,
                                       .peer = str_z(b->peer),
                                       .unread = unread};

    IGNORE(ipc_send(b->gate, MSG_session_back, &m, fd));
}

static void imap_ended(void *arg, struct imap_session *s)
{
    (void)s;
    forget(arg);
}

static void pop3_ended(void *arg, struct pop3_session *s)
{
    (void)s;
    forget(arg);
}

static size_t count_of(const struct box_core *c, uint64_t account, bool is_pop3)
{
    size_t n = 0;

    LIST_EACH(pos, &c->sessions) {
        const struct box_session *b = LIST_ITEM(pos, const struct box_session, link);

        n += b->account == account && b->is_pop3 == is_pop3;
    }
    return n;
}

static enum st start_imap(struct box_session *b, struct stream *stream, const struct msg_session_ask *m,
                          struct str login, struct str withheld)
{
    struct box_core *c = b->core;
    struct imap_session_options o = {.stream = stream,
                                     .unread = m->unread,
                                     .mail = c->mail,
                                     .set = c->set,
                                     .account = m->account,
                                     .sid = m->sid,
                                     .login = login,
                                     .tag = m->tag,
                                     .peer = m->peer,
                                     .is_tls = m->is_tls != 0,
                                     .is_tool = b->is_tool,
                                     .give_back = b->gate ? give_back : NULL,
                                     .withhold = {m->withheld, withheld},
                                     .ended = imap_ended,
                                     .ended_arg = b};

    return imap_session_new(&o, &b->imap);
}

static enum st start_pop3(struct box_session *b, struct stream *stream, const struct msg_session_ask *m,
                          const struct grant *g)
{
    struct box_core *c = b->core;
    struct pop3_session_options o = {.stream = stream,
                                     .unread = m->unread,
                                     .mail = c->mail,
                                     .set = c->set,
                                     .account = m->account,
                                     .sid = m->sid,
                                     .login = str_z(g->login),
                                     .peer = m->peer,
                                     .is_tls = m->is_tls != 0,
                                     .own = {.mailbox = str_z(g->pop3_mailbox),
                                             .uidl_format = str_z(g->pop3_uidl),
                                             .retention = g->limits.retention,
                                             .delay_s = g->pop3_delay},
                                     .mechanisms = m->mechanisms,
                                     .ended = pop3_ended,
                                     .ended_arg = b};

    pop3_said_get(m->tag, &o.said);

    return pop3_session_new(&o, &b->pop3);
}

/* `g` and `gate` NULL: for a tool. */
static enum st start(struct box_core *c, const struct msg_session_ask *m, const struct grant *g, struct str login,
                     int fd, struct ipc *gate) SUSPENDS
{
    const struct stream_options so = {.in_max = 65536,
                                      .out_high = 32768,
                                      .read_timeout_ms = 60000,
                                      .write_timeout_ms = (uint32_t)c->set->net_write_timeout};
    struct box_session *b;
    struct stream *stream;
    enum st st;

    TRY(stream_new(fd, &so, &stream));
    b = MEM_NEW(struct box_session);
    b->core = c;
    b->account = m->account;
    b->credential = g ? g->credential : 0;
    b->is_tool = !gate;
    b->gate = gate;
    b->conn = m->conn;
    b->listener = m->listener;
    b->tries = m->tries;
    snprintf(b->peer, sizeof b->peer, "%.*s", STR_ARGS(m->peer));
    b->is_tls = m->is_tls != 0;
    list_add_tail(&c->sessions, &b->link);
    b->is_pop3 = m->service == PROTOCOL_POP3;
    c->n_sessions++;
    metric_add(b->is_pop3 ? METRIC_SESSIONS_POP3 : METRIC_SESSIONS_IMAP, 1);
    st = b->is_pop3 ? start_pop3(b, stream, m, g) : start_imap(b, stream, m, login, g ? str_z(g->withheld) : STR_NONE);
    if (st != ST_OK)
        forget(b);
    return st;
}

/* A disk that takes nothing more keeps nobody from reading: what could not be written goes with the next change. */
static enum st learn(struct box_core *c, uint64_t account, const struct account_limits *limits) SUSPENDS
{
    enum st st = mail_tell(c->mail, account, limits);

    return st == ST_NOSPACE || st == ST_IO ? ST_OK : st;
}

static enum st begin(struct ipc_request *r, const struct grant *g) SUSPENDS
{
    const struct msg_session_ask *m = r->msg;
    struct box_peer *peer = r->arg;
    struct box_core *c = peer->core;
    enum st st;

    if (c->stopping)
        return FAIL(ST_TRYLATER, "the server is stopping");
    if (count_of(c, m->account, m->service == PROTOCOL_POP3) >=
        (m->service == PROTOCOL_POP3 ? c->set->pop3_max_sessions_per_account : c->set->imap_max_sessions_per_account))
        return FAIL(ST_LIMIT, "too many sessions of this account");
    st = start(c, m, g, str_z(g->login), r->fd, peer->ipc);
    r->fd = -1; /* the stream has it, or it is closed */
    c->logins += st == ST_OK;
    return st;
}

static enum st find(const struct ipc_request *r, struct grant **out)
{
    const struct msg_session_ask *m = r->msg;
    const struct box_peer *peer = r->arg;

    return grant_find(peer->core, m->token, m->account, peer->index, m->conn, GRANT_MAIL, out);
}

/* Between the grant's end and the session's beginning nothing waits: a revocation finds the one or the other. */
static enum st redeem(struct ipc_request *r) SUSPENDS
{
    const struct msg_session_ask *m = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    struct account_limits limits;
    struct grant *g, taken;
    enum st st;

    if (r->fd < 0 || (m->service != PROTOCOL_IMAP && m->service != PROTOCOL_POP3))
        return FAIL(ST_SYNTAX, "a hand-over without a connection");
    TRY(find(r, &g));
    limits = g->limits;
    st = learn(c, m->account, &limits);
    TRY(find(r, &g));
    taken = *g; /* single use */
    g->withheld = g->pop3_uidl = g->pop3_mailbox = NULL;
    grant_free(c, g);
    if (st == ST_OK)
        st = begin(r, &taken);
    mem_free(taken.withheld);
    mem_free(taken.pop3_uidl);
    mem_free(taken.pop3_mailbox);
    return st;
}

void box_session_ask(struct ipc_request *r)
{
    struct msg_session_answer a = {.status = (uint8_t)redeem(r)};

    if (a.status != ST_OK)
        a.text = str_sub(str_z(err_get()->text), 0, 200);
    if (r->fd >= 0)
        close(TAKE_FD(r->fd));
    IGNORE(ipc_answer(r, MSG_session_answer, &a, -1));
}

static bool has_tool(const struct box_core *c, uint64_t account)
{
    LIST_EACH(pos, &c->sessions) {
        const struct box_session *b = LIST_ITEM(pos, const struct box_session, link);

        if (b->account == account && b->is_tool)
            return true;
    }
    return false;
}

/* An import looks what is there and adds what is not. What a tool that was killed has still sent is added behind its death:
 * the next one begins after that. */
static enum st wait_for_others(const struct box_core *c, uint64_t account) SUSPENDS
{
    mono_ms end = deadline_in(TOOL_WAIT_MS);

    while (has_tool(c, account)) {
        if (clock_mono_ms() >= end)
            return FAIL(ST_BUSY, "another export or import of that account is under way");
        TRY(co_sleep(deadline_in(TOOL_LOOK_MS)));
    }
    return ST_OK;
}

/* The keeper has looked who it is; a disabled account's mail may be exported too. */
static enum st start_tool(struct ipc_request *r) SUSPENDS
{
    const struct msg_tool_ask *t = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;
    struct msg_session_ask m = {.account = t->account,
                                .service = PROTOCOL_IMAP,
                                .peer = arena_printf(r->arena, "user %u of this machine", t->uid),
                                .tag = STR("login")};

    if (r->fd < 0 || mail_core_of(c->mail, t->account) != c->index)
        return FAIL(ST_SYNTAX, "a tool without a connection, or at the wrong core");
    if (c->stopping)
        return FAIL(ST_TRYLATER, "the server is stopping");
    TRY(learn(c, t->account, &t->limits));
    TRY(wait_for_others(c, t->account));
    return start(c, &m, NULL, t->login, TAKE_FD(r->fd), NULL);
}

void box_tool_ask(struct ipc_request *r)
{
    struct msg_tool_answer a = {.status = (uint8_t)start_tool(r)};

    if (a.status != ST_OK)
        a.text = str_sub(str_z(err_get()->text), 0, 200);
    if (r->fd >= 0)
        close(TAKE_FD(r->fd));
    IGNORE(ipc_answer(r, MSG_tool_answer, &a, -1));
}

void sessions_revoke(struct box_core *c, uint64_t account, uint64_t credential, const char *why)
{
    LIST_EACH_SAFE(pos, tmp, &c->sessions) {
        struct box_session *b = LIST_ITEM(pos, struct box_session, link);

        if (b->account != account || (credential && b->credential != credential))
            continue;
        if (b->imap)
            imap_session_stop(b->imap, why, true);
        else
            pop3_session_stop(b->pop3, true);
    }
}

void sessions_stop(struct box_core *c)
{
    c->stopping = true;
    LIST_EACH_SAFE(pos, tmp, &c->sessions) {
        struct box_session *b = LIST_ITEM(pos, struct box_session, link);

        if (b->imap)
            imap_session_stop(b->imap, "Server is going down", false);
        else
            pop3_session_stop(b->pop3, false);
    }
}

void box_revoke(struct ipc_request *r)
{
    const struct msg_revoke *m = r->msg;
    struct box_core *c = ((struct box_peer *)r->arg)->core;

    grants_revoke(c, m->account, m->credential);
    sessions_revoke(c, m->account, m->credential, "Access withdrawn");
}
