/* ID (RFC 2971). */
#include "imap/id.h"
#include "imap/session.h"

enum st cmd_id(struct imap_cmd *c)
{
    TRY(imap_id_parse(&c->lx));
    imap_id_put(&c->s->conn);
    return ST_OK;
}
