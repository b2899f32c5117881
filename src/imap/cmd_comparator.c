/* COMPARATOR (RFC 5255 section 4.7). There is one, i;unicode-casemap (RFC 5051), by which SEARCH, SORT and THREAD go; a client may turn the
 * order round with "-" (RFC 4790 section 3.3), which only SORT heeds: the others ask for equality alone. Conversion to UTF-8 never fails here
 * (mime/charset.h); what holds characters that could not be read stands behind all others (section 4.6). */
#include "imap/resp.h"
#include "imap/session.h"

#define ID_MAX 254 /* RFC 4790 section 3.1 */

static const struct str only = STR("i;unicode-casemap");

struct comparator {
    bool asks, found, down;
};

/* RFC 4790 section 3.2 */
static bool is_wild_id(struct str s)
{
    if (s.n == 0 || s.n > ID_MAX || (s.p[0] != '*' && !ascii_is_alpha(s.p[0])))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char ch = s.p[i];

        if (ch == '*' ? i && s.p[i - 1] == '*' : !ascii_is_alnum(ch) && !strchr("-;=.", ch))
            return false;
    }
    return true;
}

static enum st one_argument(struct imap_lexer *lx, struct comparator *cm) SUSPENDS
{
    bool down;
    struct str id;

    TRY(imap_lex_string_or_run(lx, &id));
    down = id.n && id.p[0] == '-';
    if (id.n && (id.p[0] == '-' || id.p[0] == '+'))
        id = str_from(id, 1);
    if (!is_wild_id(id))
        return FAIL(ST_SYNTAX, "Expected a comparator such as i;unicode-casemap");
    if (cm->found || (!str_ieq(id, STR("default")) && !imap_wild_matches(id, only)))
        return ST_OK;
    cm->found = true;
    cm->down = down;
    return ST_OK;
}

static enum st comparator_parse(struct imap_lexer *lx, struct comparator *out) SUSPENDS
{
    struct comparator cm = {.asks = true};

    while (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0) {
        cm.asks = false;
        TRY(one_argument(lx, &cm));
    }
    *out = cm;
    return imap_lex_end(lx);
}

enum st cmd_comparator(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct comparator cm;

    TRY(comparator_parse(&c->lx, &cm));
    if (!cm.asks && !cm.found) {
        c->code = STR("BADCOMPARATOR");
        return FAIL(ST_DENIED, "There is no such comparator");
    }
    if (cm.found)
        s->sorts_down = cm.down;
    imap_put(&s->conn, STR("* COMPARATOR "));
    if (s->sorts_down)
        imap_put(&s->conn, STR("-"));
    imap_put(&s->conn, only);
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}
