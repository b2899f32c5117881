/* NAMESPACE (RFC 2342): the personal namespace has no prefix. */
#include "imap/session.h"
#include "mail/shared.h"

enum st cmd_namespace(struct imap_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_put(&c->s->conn,
             STR("* NAMESPACE ((\"\" \"/\")) ((\"" MAIL_OTHERS "\" \"/\")) ((\"" MAIL_SHARED "\" \"/\"))\r\n"));
    return ST_OK;
}
