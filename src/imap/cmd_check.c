/* CHECK (RFC 3501 6.4.1). */
#include "imap/session.h"

enum st cmd_check(struct imap_cmd *c)
{
    return imap_lex_end(&c->lx); /* every change is durable when it has been answered */
}
