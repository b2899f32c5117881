/* CANCELUPDATE (RFC 5267 section 4.3.5). */
#include "imap/context.h"

/* A tag that no such search has is nothing to complain of: the server may have given it up itself (NOUPDATE). */
enum st cmd_cancelupdate(struct imap_cmd *c)
{
    struct str *tags = ARENA_ARRAY(&c->s->cmd_arena, struct str, LIMIT_IMAP_CONTEXTS);
    size_t n = 0;

    TRY(imap_lex_sp(&c->lx));
    do {
        if (n == LIMIT_IMAP_CONTEXTS)
            return FAIL(ST_LIMIT, "There are never so many updates");
        TRY(imap_lex_string(&c->lx, &tags[n++]));
    } while (imap_lex_take(&c->lx, ' '));
    TRY(imap_lex_end(&c->lx));
    for (size_t i = 0; i < n; i++)
        imap_context_cancel(c->s, tags[i]);
    return ST_OK;
}
