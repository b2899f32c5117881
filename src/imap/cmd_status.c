/* STATUS (RFC 3501 6.3.10). */
#include "imap/session.h"

enum status_item {
#define STATUS_ITEM(name, member, reference) ITEM_##member,
#include "imap/status_items.def"
#undef STATUS_ITEM
};

struct status {
    struct str name;
    unsigned items; /* bits, 1 << ITEM_x */
};

static enum st one_item(struct imap_lexer *lx, unsigned *items)
{
    struct str word;

    TRY(imap_lex_word(lx, &word));
#define STATUS_ITEM(text, member, reference)                                                                           \
    if (str_eq(word, STR(text))) {                                                                                     \
        *items |= 1u << ITEM_##member;                                                                                 \
        return ST_OK;                                                                                                  \
    }
#include "imap/status_items.def"
#undef STATUS_ITEM
    return FAIL(ST_SYNTAX, "Unknown STATUS item");
}

static enum st status_parse(struct imap_lexer *lx, struct status *out) SUSPENDS
{
    struct status st = {0};

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &st.name));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    do
        TRY(one_item(lx, &st.items));
    while (imap_lex_take(lx, ' '));
    TRY(imap_lex_want(lx, ')'));
    TRY(imap_lex_end(lx));
    *out = st;
    return ST_OK;
}

static void put_status(struct imap_cmd *c, const struct status *st, const struct mailbox_info *info) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;
    bool first = true;

    imap_put(conn, STR("* STATUS "));
    imap_put_mailbox(conn, &c->s->cmd_arena, info->name);
    imap_put(conn, STR(" ("));
#define STATUS_ITEM(text, member, reference)                                                                           \
    if (st->items & (1u << ITEM_##member)) {                                                                           \
        imap_put(conn, first ? STR(text " ") : STR(" " text " "));                                                     \
        imap_put_u64(conn, info->member);                                                                              \
        first = false;                                                                                                 \
    }
#include "imap/status_items.def"
#undef STATUS_ITEM
    imap_put(conn, STR(")\r\n"));
}

enum st cmd_status(struct imap_cmd *c)
{
    struct mailbox_info info;
    struct status st;

    TRY(status_parse(&c->lx, &st));
    TRY(mailbox_status(c->s->account, &c->s->cmd_arena, st.name, &info));
    if (info.noselect)
        return FAIL(ST_DENIED, "It is only a name; there is no mailbox");
    put_status(c, &st, &info);
    return ST_OK;
}
