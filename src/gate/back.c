/* IMAP connections that come back from the box (UNAUTHENTICATE, RFC 8437), for somebody else to log in. One under TLS has been here all the time: its relay
 * is taken down. One without is a socket, and begins as if it had just been accepted. */
#include "base/metrics.h"
#include "gate/gate.h"
#include "net/relay.h"

#include <unistd.h>

#define UNREAD_MAX (512 * 1024) /* what a relay and its pair can hold, and more */

static struct conn *find(struct gate *g, uint64_t id)
{
    LIST_EACH(pos, &g->conns) {
        struct conn *c = LIST_ITEM(pos, struct conn, link);

        if (c->id == id && c->relay)
            return c;
    }
    return NULL;
}

/* Nobody is logged in, nothing is known but how often a password was wrong. */
static enum st start_over(struct conn *c, struct str unread)
{
    c->imap = (struct imap_login_kept){.greeted = true, .tries = c->imap.tries, .withheld = c->imap.withheld};
    c->log.user = c->login = STR_NONE;
    c->log.action = "logged out";
    c->account = 0;
    arena_reset(&c->arena);
    stream_set_deadline(c->stream, deadline_in(c->set->imap_login_timeout));
    stream_set_in_max(c->stream, UNREAD_MAX + stream_input(c->stream).n);
    return stream_unread(c->stream, unread);
}

/* A connection that breaks meanwhile is ended by its relay, as it would have been otherwise. */
static void take_back(struct conn *c, const struct msg_session_back *m, int far) SUSPENDS
{
    struct stream *stream;
    struct buf unread;

    buf_init(&unread, UNREAD_MAX);
    buf_add(&unread, m->unread);
    if (relay_take_back(TAKE(c->relay), far, &unread, &stream) == ST_OK) {
        c->relaying = false;
        c->stream = stream;
        must(start_over(c, buf_str(&unread)) == ST_OK);
        conn_go_on(c);
    }
    buf_fini(&unread);
}

static enum st adopt(struct gate *g, const struct msg_session_back *m, int *fd)
{
    struct gate_listener *from = m->listener < g->n_listeners ? &g->listeners[m->listener] : NULL;
    struct addr peer;
    struct conn *c;

    if (!from || g->set->listeners[from->row].protocol != PROTOCOL_IMAP)
        return FAIL(ST_SYNTAX, "a connection from no listener for IMAP");
    TRY(addr_parse_text(m->peer, &peer)); /* not the socket's, which may be a proxy's */
    TRY(conn_adopted(from, fd, &peer, &c));
    imap_withhold(&c->imap.withheld, c->row->imap_withhold);
    c->imap.tries = m->tries;
    return start_over(c, m->unread);
}

static void session_back(struct ipc_request *r) SUSPENDS
{
    const struct msg_session_back *m = r->msg;
    struct gate *g = r->arg;
    struct conn *c = find(g, m->conn);

    if (r->fd < 0)
        return;
    if (m->is_tls && c)
        take_back(c, m, r->fd);
    else if (!m->is_tls && adopt(g, m, &r->fd) != ST_OK)
        LOG(CONNECTION_FAILED, lf_z("status", st_name(err_get()->st)), lf_err());
    if (r->fd >= 0)
        close(TAKE_FD(r->fd));
}

const struct ipc_handler gate_box_handlers[] = {{.kind = MSG_session_back, .fn = session_back}};
const size_t gate_n_box_handlers = ARRAY_LEN(gate_box_handlers);
