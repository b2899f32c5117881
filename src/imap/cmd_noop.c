/* NOOP (RFC 3501 6.1.2). */
#include "imap/session.h"

enum st cmd_noop(struct imap_cmd *c)
{
    return imap_lex_end(&c->lx); /* what has changed is told behind every command */
}
