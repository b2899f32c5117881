/* CLOSE (RFC 3501 6.4.2): removes what is marked \Deleted, silently, and leaves the mailbox. */
#include "imap/session.h"
#include "mail/rights.h"

enum st cmd_close(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct uid_range all = {1, UINT32_MAX};
    enum st st = ST_OK;

    TRY(imap_lex_end(&c->lx));
    /* RFC 4314 section 4: without the right it is passed over */
    if (!view_is_examined(s->view) && view_rights(s->view) & RIGHT_EXPUNGE)
        st = view_expunge(s->view, (struct uid_set){&all, 1}, false);
    if (st != ST_OK && st != ST_NOTFOUND) /* a mailbox that somebody has deleted can be left all the same */
        return st;
    imap_leave_mailbox(s);
    return ST_OK;
}
