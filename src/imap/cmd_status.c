/* STATUS (RFC 3501 6.3.10). */
#include "imap/status.h"

struct status {
    struct str name;
    unsigned items;
};

static enum st status_parse(struct imap_lexer *lx, struct status *out) SUSPENDS
{
    struct status st = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &st.name));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_status_items(lx, &st.items));
    TRY(imap_lex_end(lx));
    *out = st;
    return ST_OK;
}

enum st cmd_status(struct imap_cmd *c)
{
    struct arena *a = &c->s->cmd_arena;
    struct mailbox_info info;
    struct status st;

    TRY(status_parse(&c->lx, &st));
    TRY(mailbox_status(c->s->account, a, st.name, &info));
    if (info.noselect)
        return FAIL(ST_DENIED, "It is only a name; there is no mailbox");
    TRY(imap_status_complete(c->s, st.items, &info));
    imap_put_status_items(c->s, info.name, st.items, &info);
    return ST_OK;
}
