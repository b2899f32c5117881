/* UNAUTHENTICATE (RFC 8437): the session ends, its connection goes back to the gate, where somebody else may log in. What a
 * session knows ends with its struct, so that nothing of it can be left over (section 4.1). TLS stays, since the gate has it; COMPRESS
 * ends in both directions. */
#include "imap/session.h"

static enum st leave(struct imap_session *s) SUSPENDS
{
    TRY(imap_conn_flush(&s->conn));
    if (stream_is_deflated(s->conn.stream))
        TRY(stream_pop_deflate(s->conn.stream));
    s->goes_back = true;
    return ST_OK;
}

enum st cmd_unauthenticate(struct imap_cmd *c)
{
    struct imap_session *s = c->s;

    TRY(imap_lex_end(&c->lx));
    if (!imap_may_unauthenticate(s))
        return FAIL(ST_SYNTAX, "Unknown command");
    /* Section 3: there is no NO. What can't be handed on ends the connection. */
    s->reason = "unauthenticated";
    if (stream_input(s->conn.stream).n > (stream_is_deflated(s->conn.stream) ? 0 : IMAP_UNREAD_MAX)) {
        imap_put(&s->conn, STR("* BYE Too much was sent behind UNAUTHENTICATE\r\n"));
        c->later = true;
        return ST_OK;
    }
    c->text = STR("Whoever you are now");
    c->then = leave;
    return ST_OK;
}
