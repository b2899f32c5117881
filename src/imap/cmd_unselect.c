/* UNSELECT (RFC 3691): CLOSE that removes nothing. */
#include "imap/session.h"

enum st cmd_unselect(struct imap_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_leave_mailbox(c->s);
    return ST_OK;
}
