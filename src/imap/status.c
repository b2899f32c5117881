#include "imap/status.h"

enum status_item {
#define STATUS_ITEM(name, member, reference) ITEM_##member,
#include "imap/status_items.def"
#undef STATUS_ITEM
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

enum st imap_lex_status_items(struct imap_lexer *lx, unsigned *out)
{
    unsigned items = 0;

    TRY(imap_lex_want(lx, '('));
    do
        TRY(one_item(lx, &items));
    while (imap_lex_take(lx, ' '));
    TRY(imap_lex_want(lx, ')'));
    *out = items;
    return ST_OK;
}

void imap_put_status_items(struct imap_conn *c, struct str name, unsigned items, const struct mailbox_info *info)
{
    bool first = true;

    imap_put(c, STR("* STATUS "));
    imap_put_astring(c, name);
    imap_put(c, STR(" ("));
#define STATUS_ITEM(text, member, reference)                                                                           \
    if (items & (1u << ITEM_##member)) {                                                                               \
        imap_put(c, first ? STR(text " ") : STR(" " text " "));                                                        \
        imap_put_u64(c, info->member);                                                                                 \
        first = false;                                                                                                 \
    }
#include "imap/status_items.def"
#undef STATUS_ITEM
    imap_put(c, STR(")\r\n"));
}
