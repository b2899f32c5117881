/* IDLE (RFC 2177). Not a loop of its own: a mode of the session's wait, until the client says DONE. */
#include "base/must.h"
#include "imap/session.h"

enum st cmd_idle(struct imap_cmd *c)
{
    struct imap_session *s = c->s;

    TRY(imap_lex_end(&c->lx));
    must(c->tag.n <= IMAP_TAG_MAX && !s->idle_tag);
    s->idle_tag = mem_new(c->tag.n + 1); /* outlives the command, and its arena */
    memcpy(s->idle_tag, c->tag.p, c->tag.n);
    s->in_idle = true;
    c->later = true;
    imap_put(&s->conn, STR("+ idling\r\n"));
    return ST_OK;
}
