/* LANGUAGE (RFC 5255 section 3.2). */
#include "imap/language.h"
#include "imap/session.h"

enum st cmd_language(struct imap_cmd *c)
{
    return imap_language(&c->lx, &c->s->conn);
}
