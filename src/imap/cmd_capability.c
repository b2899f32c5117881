/* CAPABILITY (RFC 3501 6.1.1). */
#include "imap/session.h"

enum st cmd_capability(struct imap_cmd *c)
{
    struct imap_conn *conn = &c->s->conn;

    TRY(imap_lex_end(&c->lx));
    imap_put(conn, STR("* CAPABILITY"));
    imap_put_capabilities(conn, IN_AUTH);
    imap_put(conn, STR("\r\n"));
    return ST_OK;
}
