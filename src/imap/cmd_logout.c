/* LOGOUT (RFC 3501 6.1.3). */
#include "imap/session.h"

enum st cmd_logout(struct imap_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_leave_mailbox(c->s);
    imap_put(&c->s->conn, STR("* BYE Logging out\r\n"));
    c->s->reason = "logout";
    return ST_OK;
}
