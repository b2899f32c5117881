/* ID (RFC 2971). */
#include "imap/id.h"
#include "imap/session.h"

enum st cmd_id(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct imap_withheld before = s->withheld;

    TRY(imap_id_parse(&c->lx, s->set->imap_withhold_clients, &s->withheld));
    imap_source_withhold(&s->src, &s->withheld);
    imap_id_put(&s->conn);
    if (memcmp(&before, &s->withheld, sizeof before) == 0)
        return ST_OK;
    imap_put(&s->conn, STR("* CAPABILITY"));
    imap_put_session_capabilities(s);
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}
