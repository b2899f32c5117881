/* CAPABILITY (RFC 3501 6.1.1). */
#include "imap/message_limit.h"

void imap_put_session_capabilities(struct imap_session *s)
{
    imap_put_capabilities(&s->conn, IN_AUTH, &s->withheld);
    if (imap_may_unauthenticate(s) && !imap_is_withheld(&s->withheld, STR("UNAUTHENTICATE")))
        imap_put(&s->conn, STR(" UNAUTHENTICATE"));
    if (imap_message_limit(s, true)) { /* RFC 9738 section 3 */
        imap_put(&s->conn, imap_message_limit(s, false) ? STR(" MESSAGELIMIT=") : STR(" SAVELIMIT="));
        imap_put_u64(&s->conn, imap_message_limit(s, true));
    }
    if (imap_is_withheld(&s->withheld, STR("APPENDLIMIT")))
        return;
    imap_put(&s->conn, STR(" APPENDLIMIT=")); /* RFC 7889 section 2: the same for all mailboxes */
    imap_put_u64(&s->conn, imap_append_limit(s));
}

enum st cmd_capability(struct imap_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_put(&c->s->conn, STR("* CAPABILITY"));
    imap_put_session_capabilities(c->s);
    imap_put(&c->s->conn, STR("\r\n"));
    return ST_OK;
}
