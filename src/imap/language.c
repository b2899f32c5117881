#include "imap/language.h"

static const struct str languages[] = {STR("en"), STR("i-default")};

#define PREFERRED 1 /* what "default" and "*" stand for */

/* RFC 4647 section 2.1 */
static bool is_range(struct str range)
{
    struct str rest = range, part;
    bool first = true;

    if (str_eq(range, STR("*")))
        return true;
    if (range.n == 0 || range.p[range.n - 1] == '-')
        return false;
    for (; str_split(&rest, '-', &part); first = false) {
        if (part.n == 0 || part.n > 8)
            return false;
        for (size_t i = 0; i < part.n; i++)
            if (!ascii_is_alnum(part.p[i]) || (first && ascii_is_digit(part.p[i])))
                return false;
    }
    return true;
}

static size_t find(struct str tag)
{
    size_t i = 0;

    while (i < ARRAY_LEN(languages) && !str_ieq(languages[i], tag))
        i++;
    return i;
}

/* Lookup of RFC 4647 section 3.4: parts are taken off at the end until something is left that is known, single characters along with what
 * is behind them. ARRAY_LEN(languages): nothing is. */
static size_t look_up(struct str range)
{
    size_t i = find(range);

    while (i == ARRAY_LEN(languages)) {
        size_t dash = str_rfind(range, '-');

        if (dash == range.n)
            return i;
        range.n = dash;
        if (range.n >= 2 && range.p[range.n - 2] == '-')
            range.n -= 2;
        i = find(range);
    }
    return i;
}

static enum st language_parse(struct imap_lexer *lx, bool *out_asks, size_t *out) SUSPENDS
{
    size_t found = ARRAY_LEN(languages);
    bool asks = true, any = false;

    while (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0) {
        struct str range;

        TRY(imap_lex_string_or_run(lx, &range));
        if (!is_range(range))
            return FAIL(ST_SYNTAX, "Expected a language such as en-GB");
        asks = false;
        any |= str_eq(range, STR("*"));
        if (found == ARRAY_LEN(languages))
            found = str_ieq(range, STR("default")) ? PREFERRED : look_up(range);
    }
    TRY(imap_lex_end(lx));
    if (any && found == ARRAY_LEN(languages))
        found = PREFERRED;
    *out_asks = asks;
    *out = found;
    return ST_OK;
}

enum st imap_language(struct imap_lexer *lx, struct imap_conn *conn)
{
    size_t found;
    bool asks;

    TRY(language_parse(lx, &asks, &found));
    if (!asks && found == ARRAY_LEN(languages))
        return FAIL(ST_DENIED, "That language is not spoken here");
    imap_put(conn, STR("* LANGUAGE ("));
    imap_put(conn, asks ? languages[0] : languages[found]);
    for (size_t i = 1; asks && i < ARRAY_LEN(languages); i++) {
        imap_put(conn, STR(" "));
        imap_put(conn, languages[i]);
    }
    imap_put(conn, STR(")\r\n"));
    return ST_OK;
}
