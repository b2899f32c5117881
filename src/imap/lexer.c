#include "imap/lexer.h"
#include "base/must.h"
#include "imap/flags.h"
#include "mime/mutf7.h"
#include "mime/net_unicode.h"

#define NONSYNC_SMALL_MAX 4096
#define NAME_GIVEN_MAX (8 * LIMIT_MAILBOX_NAME) /* modified UTF-7 and other forms may be longer than the name */

enum { ATOM = 1, ASTRING = 2, PATTERN = 4, TAG = 8, QUOTED = 16 };

/* RFC 3501 section 9: ATOM-CHAR, ASTRING-CHAR, list-char, tag, and what may stand in quotes. Bytes above 127 are
 * taken in quotes, where they are UTF-8 (RFC 6855 section 3, RFC 9051 section 4.3). */
static unsigned char_kind(unsigned char c)
{
    unsigned k = 0;

    if (c == 0 || c == '\r' || c == '\n')
        return 0;
    if (c != '"' && c != '\\')
        k |= QUOTED;
    if (c <= ' ' || c >= 127 || c == '(' || c == ')' || c == '{' || c == '"' || c == '\\')
        return k;
    if (c == '%' || c == '*')
        return k | PATTERN;
    if (c == ']')
        return k | PATTERN | ASTRING | TAG;
    return k | PATTERN | ASTRING | ATOM | (c == '+' ? 0 : TAG);
}

bool imap_is_atom_char(char c)
{
    return char_kind((unsigned char)c) & ATOM;
}

bool imap_is_atom(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!imap_is_atom_char(s.p[i]))
            return false;
    return s.n > 0;
}

static enum st next_line(struct imap_lexer *lx)
{
    struct str line = STR_NONE;
    enum st st;

    lx->line = STR_NONE; /* when this fails, nothing of the old one is left to be skipped */
    lx->at = 0;
    st = lx->src->line(lx->src->arg, lx->arena, &line);
    if (st == ST_LIMIT)
        lx->cut = line;
    TRY(st);
    lx->line = line;
    lx->taken += line.n + 2;
    if (lx->taken > lx->src->command_max)
        return FAIL(ST_LIMIT, "Command too long");
    return ST_OK;
}

enum st imap_lex_begin(struct imap_lexer *lx, const struct imap_source *src, struct arena *a)
{
    *lx = (struct imap_lexer){.src = src, .arena = a};
    return next_line(lx);
}

enum st imap_lex_next_line(struct imap_lexer *lx)
{
    return next_line(lx);
}

/* Does the line end in "{n}" or "{n+}"? A number without end is one, too: what the client sends behind it is no command. */
static bool literal_at_end(struct str line, uint64_t *out_n, bool *out_sync)
{
    size_t open = str_rfind(line, '{'), end = line.n;
    struct str digits;
    bool sync = true;

    if (open == line.n || line.p[end - 1] != '}')
        return false;
    end--;
    if (end > open + 1 && line.p[end - 1] == '+') {
        sync = false;
        end--;
    }
    digits = str_sub(line, open + 1, end - open - 1);
    for (size_t i = 0; i < digits.n; i++)
        if (!ascii_is_digit(digits.p[i]))
            return false;
    if (digits.n == 0)
        return false;
    if (str_u64(digits, UINT32_MAX, out_n) != ST_OK)
        *out_n = UINT64_MAX;
    *out_sync = sync;
    return true;
}

enum st imap_lex_skip(struct imap_lexer *lx)
{
    uint64_t skipped = 0, n;
    bool sync;

    /* The last literal of lx->line has not been read yet, or lx->line would be the one behind it. */
    while (lx->line.n && literal_at_end(lx->line, &n, &sync) && !sync) {
        if (n >= lx->src->skip_max || (skipped += n + 1) > lx->src->skip_max)
            return FAIL(ST_EOF, "Too much to skip");
        TRY(lx->src->skip(lx->src->arg, n));
        lx->taken = 0;
        TRY(next_line(lx));
    }
    return ST_OK;
}

int imap_lex_peek(const struct imap_lexer *lx)
{
    return lx->at < lx->line.n ? (unsigned char)lx->line.p[lx->at] : -1;
}

bool imap_lex_take(struct imap_lexer *lx, char c)
{
    if (imap_lex_peek(lx) != (unsigned char)c)
        return false;
    lx->at++;
    return true;
}

bool imap_lex_take_word(struct imap_lexer *lx, struct str word)
{
    struct str rest = str_from(lx->line, lx->at);

    if (!str_istarts(rest, word) || (rest.n > word.n && imap_is_atom_char(rest.p[word.n])))
        return false;
    lx->at += word.n;
    return true;
}

enum st imap_lex_want(struct imap_lexer *lx, char c)
{
    if (imap_lex_take(lx, c))
        return ST_OK;
    if (c == ' ')
        return FAIL(ST_SYNTAX, imap_lex_peek(lx) < 0 ? "Missing argument" : "Expected a space");
    return FAIL(ST_SYNTAX, "Expected %c", c);
}

enum st imap_lex_sp(struct imap_lexer *lx)
{
    return imap_lex_want(lx, ' ');
}

enum st imap_lex_end(struct imap_lexer *lx)
{
    while (imap_lex_take(lx, ' ')) /* some clients leave one there */
        ;
    if (imap_lex_peek(lx) >= 0)
        return FAIL(ST_SYNTAX, "Unexpected argument");
    return ST_OK;
}

static struct str take_run(struct imap_lexer *lx, unsigned kind)
{
    size_t from = lx->at;

    while (lx->at < lx->line.n && (char_kind((unsigned char)lx->line.p[lx->at]) & kind))
        lx->at++;
    return str_sub(lx->line, from, lx->at - from);
}

enum st imap_lex_tag(struct imap_lexer *lx, struct str *out)
{
    struct str tag = take_run(lx, TAG);

    if (tag.n == 0 || (imap_lex_peek(lx) >= 0 && imap_lex_peek(lx) != ' '))
        return FAIL(ST_SYNTAX, "Missing or invalid tag");
    *out = tag;
    return ST_OK;
}

bool imap_lex_cut_tag(struct imap_lexer *lx, struct str *out)
{
    struct imap_lexer beginning = {.line = lx->cut};
    struct str tag = take_run(&beginning, TAG);

    if (tag.n == 0 || imap_lex_peek(&beginning) != ' ')
        return false;
    *out = tag;
    return true;
}

enum st imap_lex_atom(struct imap_lexer *lx, struct str *out)
{
    struct str atom = take_run(lx, ATOM);

    if (atom.n == 0)
        return FAIL(ST_SYNTAX, "Expected an atom");
    *out = atom;
    return ST_OK;
}

static struct str capitals(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n);

    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_upper(s.p[i]);
    return str_n(p, s.n);
}

enum st imap_lex_word(struct imap_lexer *lx, struct str *out)
{
    struct str atom;

    TRY(imap_lex_atom(lx, &atom));
    *out = capitals(lx->arena, atom);
    return ST_OK;
}

enum st imap_lex_name(struct imap_lexer *lx, struct str *out)
{
    size_t from = lx->at;

    while (lx->at < lx->line.n && (ascii_is_alnum(lx->line.p[lx->at]) || lx->line.p[lx->at] == '.'))
        lx->at++;
    if (lx->at == from)
        return FAIL(ST_SYNTAX, "Expected a name");
    *out = capitals(lx->arena, str_sub(lx->line, from, lx->at - from));
    return ST_OK;
}

enum st imap_lex_number(struct imap_lexer *lx, uint32_t *out)
{
    size_t from = lx->at;

    while (lx->at < lx->line.n && ascii_is_digit(lx->line.p[lx->at]))
        lx->at++;
    if (str_u32(str_sub(lx->line, from, lx->at - from), UINT32_MAX, out) != ST_OK)
        return FAIL(ST_SYNTAX, "Expected a number of 32 bits");
    return ST_OK;
}

enum st imap_lex_number64(struct imap_lexer *lx, uint64_t *out)
{
    size_t from = lx->at;

    while (lx->at < lx->line.n && ascii_is_digit(lx->line.p[lx->at]))
        lx->at++;
    if (str_u64(str_sub(lx->line, from, lx->at - from), INT64_MAX, out) != ST_OK)
        return FAIL(ST_SYNTAX, "Expected a number of 63 bits");
    return ST_OK;
}

/* Where the string that starts behind a quote ends; counts what is escaped. */
static enum st quoted_end(struct str rest, size_t *out_end, size_t *out_escapes)
{
    size_t escapes = 0;

    for (size_t i = 0; i < rest.n; i++) {
        char c = rest.p[i];

        if (c == '"') {
            if (!str_is_ascii(str_sub(rest, 0, i)) && !str_is_utf8(str_sub(rest, 0, i)))
                return FAIL(ST_SYNTAX, "A quoted string is not UTF-8"); /* RFC 6855 section 3 */
            *out_end = i;
            *out_escapes = escapes;
            return ST_OK;
        }
        if (c == '\\') {
            if (++i == rest.n || (rest.p[i] != '"' && rest.p[i] != '\\'))
                return FAIL(ST_SYNTAX, "Only \\ and \" may follow a \\ in a quoted string");
            escapes++;
        } else if (!(char_kind((unsigned char)c) & QUOTED)) {
            return FAIL(ST_SYNTAX, "Invalid character in a quoted string");
        }
    }
    return FAIL(ST_SYNTAX, "A quoted string does not end");
}

static enum st quoted(struct imap_lexer *lx, struct str *out)
{
    struct str rest = str_from(lx->line, lx->at + 1);
    size_t end, escapes, n = 0;

    TRY(quoted_end(rest, &end, &escapes));
    lx->at += end + 2;
    *out = str_sub(rest, 0, end);
    if (escapes == 0)
        return ST_OK;
    char *p = arena_alloc(lx->arena, end - escapes);

    for (size_t i = 0; i < end; i++) {
        if (rest.p[i] == '\\')
            i++;
        p[n++] = rest.p[i];
    }
    *out = str_n(p, n);
    return ST_OK;
}

/* RFC 7888 section 5 */
static enum st check_nonsync(struct imap_lexer *lx, uint64_t n, bool sync)
{
    if (sync || lx->src->nonsync == NONSYNC_ANY || (lx->src->nonsync == NONSYNC_SMALL && n <= NONSYNC_SMALL_MAX))
        return ST_OK;
    lx->oversized = true;
    return FAIL(ST_SYNTAX, "Such a literal has to wait for the server");
}

enum st imap_lex_literal_head(struct imap_lexer *lx, uint64_t *out_n, bool *out_sync)
{
    struct str rest = str_from(lx->line, lx->at);
    uint64_t n;
    bool sync;

    if (rest.n == 0 || rest.p[0] != '{' || str_rfind(rest, '{') != 0 || !literal_at_end(rest, &n, &sync) ||
        n > UINT32_MAX)
        return FAIL(ST_SYNTAX, "Invalid literal");
    TRY(check_nonsync(lx, n, sync));
    *out_n = n;
    *out_sync = sync;
    return ST_OK;
}

static enum st literal(struct imap_lexer *lx, bool nul, struct str *out)
{
    struct str bytes;
    uint64_t n;
    bool sync;

    TRY(imap_lex_literal_head(lx, &n, &sync));
    if (n > lx->src->literal_max || lx->taken + n > lx->src->command_max)
        return FAIL(ST_LIMIT, "Literal too long");
    TRY(lx->src->literal(lx->src->arg, lx->arena, (size_t)n, sync, &bytes));
    lx->taken += (size_t)n;
    TRY(next_line(lx));
    if (!nul && str_find(bytes, '\0') < bytes.n)
        return FAIL(ST_SYNTAX, "NUL in a literal");
    *out = bytes;
    return ST_OK;
}

enum st imap_lex_string(struct imap_lexer *lx, struct str *out)
{
    int c = imap_lex_peek(lx);

    if (c == '"')
        return quoted(lx, out);
    if (c == '{')
        return literal(lx, false, out);
    return FAIL(ST_SYNTAX, c < 0 ? "Missing argument" : "Expected a string");
}

enum st imap_lex_nstring(struct imap_lexer *lx, struct str *out)
{
    if (!imap_lex_take_word(lx, STR("NIL")))
        return imap_lex_string(lx, out);
    *out = STR_NONE;
    return ST_OK;
}

/* RFC 3516 section 7: "~{n}". */
enum st imap_lex_nstring8(struct imap_lexer *lx, struct str *out)
{
    return imap_lex_take(lx, '~') ? literal(lx, true, out) : imap_lex_nstring(lx, out);
}

static enum st run_or_string(struct imap_lexer *lx, unsigned kind, struct str *out) SUSPENDS
{
    struct str run = take_run(lx, kind);

    if (run.n == 0)
        return imap_lex_string(lx, out);
    *out = run;
    return ST_OK;
}

enum st imap_lex_astring(struct imap_lexer *lx, struct str *out)
{
    return run_or_string(lx, ASTRING, out);
}

enum st imap_lex_string_or_run(struct imap_lexer *lx, struct str *out)
{
    return run_or_string(lx, PATTERN, out);
}

/* The text of a name. */
static enum st read_name(struct imap_lexer *lx, struct str raw, struct str *out)
{
    struct str given = raw, normal;

    if (raw.n > NAME_GIVEN_MAX)
        return FAIL(ST_LIMIT, "The mailbox name is too long");
    if (!lx->src->utf8 && str_is_ascii(raw) && str_find(raw, '&') < raw.n)
        TRY(mutf7_decode(lx->arena, raw, &given));
    TRY(mime_net_unicode(lx->arena, given, &normal));
    lx->denormal = str_eq(given, normal) ? STR_NONE : given;
    *out = normal;
    return ST_OK;
}

static const struct str unmatched = STR("\xff"); /* no name is like that */

enum st imap_lex_pattern(struct imap_lexer *lx, struct str *out)
{
    struct str raw;

    TRY(run_or_string(lx, PATTERN, &raw));
    if (read_name(lx, raw, out) != ST_OK)
        *out = unmatched;
    return ST_OK;
}

enum st imap_lex_reference(struct imap_lexer *lx, struct str *out)
{
    struct str raw;

    TRY(imap_lex_astring(lx, &raw));
    if (read_name(lx, raw, out) != ST_OK)
        *out = unmatched;
    return ST_OK;
}

/* INBOX in capitals as the first level, too. */
static struct str below_inbox(struct imap_lexer *lx, struct str name)
{
    static const struct str inbox = STR("INBOX/");
    struct str copy;

    if (!str_istarts(name, inbox) || str_starts(name, inbox))
        return name;
    if (!lx->denormal.n)
        lx->denormal = name;
    copy = arena_str(lx->arena, name);
    memcpy((char *)(uintptr_t)copy.p, inbox.p, inbox.n);
    return copy;
}

enum st imap_lex_mailbox(struct imap_lexer *lx, struct str *out)
{
    struct str raw, name = STR_NONE;
    enum st st;

    TRY(imap_lex_astring(lx, &raw));
    lx->denormal = STR_NONE;
    if (str_ieq(raw, STR("INBOX"))) {
        *out = STR("INBOX");
        return ST_OK;
    }
    st = read_name(lx, raw, &name);
    if (st != ST_OK && st != ST_LIMIT)
        return FAIL(ST_DENIED, lx->src->utf8 ? "The mailbox name is not UTF-8"
                                             : "The mailbox name is neither valid modified UTF-7 nor UTF-8");
    if (st != ST_OK || name.n > LIMIT_MAILBOX_NAME)
        return FAIL(ST_DENIED, "The mailbox name is too long");
    *out = below_inbox(lx, name);
    return ST_OK;
}

static enum st one_flag(struct imap_lexer *lx, struct imap_flags *f, size_t room)
{
    struct str name;
    uint32_t bit;

    if (imap_lex_take(lx, '\\')) {
        TRY(imap_lex_atom(lx, &name));
        bit = imap_flag_bit(name);
        if (!bit)
            return FAIL(ST_SYNTAX, "No flag that can be set");
        f->bits |= bit;
        return ST_OK;
    }
    TRY(imap_lex_atom(lx, &name));
    if (name.n > LIMIT_KEYWORD)
        return FAIL(ST_LIMIT, "Keyword too long");
    must(f->n_keywords < room);
    f->keywords[f->n_keywords++] = name;
    return ST_OK;
}

enum st imap_lex_flags(struct imap_lexer *lx, bool bare, struct imap_flags *out)
{
    bool list = imap_lex_take(lx, '(');
    size_t room = (lx->line.n - lx->at) / 2 + 1; /* a keyword and its blank are two bytes at least */
    struct imap_flags f = {.keywords = ARENA_ARRAY(lx->arena, struct str, room)};

    if (!list && !bare)
        return FAIL(ST_SYNTAX, "Expected a list of flags");
    if (!list || !imap_lex_take(lx, ')')) {
        do
            TRY(one_flag(lx, &f, room));
        while (imap_lex_take(lx, ' '));
        if (list)
            TRY(imap_lex_want(lx, ')'));
    }
    *out = f;
    return ST_OK;
}
