#include "imap/id.h"

enum { ID_FIELD = 30, ID_VALUE = 1024 }; /* RFC 2971 section 3.3 */

static enum st id_pair(struct imap_lexer *lx, struct str rules, struct imap_withheld *w) SUSPENDS
{
    struct str field, value;

    TRY(imap_lex_string(lx, &field));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_nstring(lx, &value));
    if (field.n > ID_FIELD || value.n > ID_VALUE)
        return FAIL(ST_SYNTAX, "A name or value is too long");
    imap_withhold_by_id(w, rules, field, value);
    return ST_OK;
}

enum st imap_id_parse(struct imap_lexer *lx, struct str rules, struct imap_withheld *withheld)
{
    struct imap_withheld w = *withheld;

    TRY(imap_lex_sp(lx));
    if (imap_lex_take_word(lx, STR("NIL")))
        return imap_lex_end(lx);
    TRY(imap_lex_want(lx, '('));
    if (!imap_lex_take(lx, ')')) {
        unsigned pairs = 0;

        do {
            if (++pairs > LIMIT_IMAP_ID_PAIRS)
                return FAIL(ST_SYNTAX, "Too many pairs");
            TRY(id_pair(lx, rules, &w));
        } while (imap_lex_take(lx, ' '));
        TRY(imap_lex_want(lx, ')'));
    }
    TRY(imap_lex_end(lx));
    *withheld = w;
    return ST_OK;
}

void imap_id_put(struct imap_conn *c)
{
    imap_put(c, STR("* ID (\"name\" \"Restante\")\r\n"));
}
