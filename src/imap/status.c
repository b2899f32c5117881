#include "imap/status.h"

#include "imap/condstore.h"
#include "imap/object_id.h"

enum status_item {
#define STATUS_ITEM(name, member, reference) ITEM_##member,
#define STATUS_WRITER(name, what, reference) ITEM_##what,
#include "imap/status_items.def"
#undef STATUS_ITEM
#undef STATUS_WRITER
};

static enum st one_item(struct imap_lexer *lx, unsigned *items)
{
    struct str word;

    TRY(imap_lex_word(lx, &word));
#define STATUS_ITEM(text, member, reference)                                                                           \
    if (str_eq(word, STR(text)) && imap_lex_may_row(lx, STR(reference))) {                                             \
        *items |= 1u << ITEM_##member;                                                                                 \
        return ST_OK;                                                                                                  \
    }
#define STATUS_WRITER STATUS_ITEM
#include "imap/status_items.def"
#undef STATUS_ITEM
#undef STATUS_WRITER
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

enum st imap_status_complete(struct imap_session *s, unsigned items, struct mailbox_info *info)
{
    return items & (1u << ITEM_deleted_bytes) ? mailbox_count_deleted(s->account, info) : ST_OK;
}

unsigned imap_status_of_changes(const struct imap_session *s, bool flags)
{
    unsigned items = 1u << ITEM_messages | 1u << ITEM_uidnext | 1u << ITEM_uidvalidity;

    if (flags)
        items |= 1u << ITEM_unseen;
    if (imap_is_enabled(s, FEATURE_CONDSTORE))
        items |= 1u << ITEM_highestmodseq;
    return items;
}

static void put_highestmodseq(struct imap_session *s, const struct mailbox_info *info) SUSPENDS
{
    imap_use_condstore(s);
    imap_put_u64(&s->conn, info->highestmodseq);
}

static void put_mailboxid(struct imap_session *s, const struct mailbox_info *info) SUSPENDS
{
    imap_put(&s->conn, STR("("));
    imap_put(&s->conn, imap_mailbox_object_id(&s->cmd_arena, info));
    imap_put(&s->conn, STR(")"));
}

static void put_appendlimit(struct imap_session *s, const struct mailbox_info *info UNUSED) SUSPENDS
{
    imap_put_u64(&s->conn, imap_append_limit(s));
}

void imap_put_status_items(struct imap_session *s, struct str name, unsigned items, const struct mailbox_info *info)
{
    struct imap_conn *c = &s->conn;
    bool first = true;

    imap_put(c, STR("* STATUS "));
    imap_put_mailbox(c, name);
    imap_put(c, STR(" ("));
#define PUT_NAME(text, item)                                                                                           \
    if (items & (1u << ITEM_##item)) {                                                                                 \
        imap_put(c, first ? STR(text " ") : STR(" " text " "));                                                        \
        first = false;
#define STATUS_ITEM(text, member, reference)                                                                           \
    PUT_NAME(text, member) imap_put_u64(c, info->member);                                                              \
    }
#define STATUS_WRITER(text, what, reference)                                                                           \
    PUT_NAME(text, what) put_##what(s, info);                                                                          \
    }
#include "imap/status_items.def"
#undef STATUS_ITEM
#undef STATUS_WRITER
#undef PUT_NAME
    imap_put(c, STR(")\r\n"));
}
