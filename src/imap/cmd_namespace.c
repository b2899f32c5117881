/* NAMESPACE (RFC 2342): one personal namespace, without a prefix. */
#include "imap/session.h"

enum st cmd_namespace(struct imap_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_put(&c->s->conn, STR("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"));
    return ST_OK;
}
