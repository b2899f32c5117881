#include "imap/search_parse.h"
#include "imap/fetch.h"
#include "imap/object_id.h"
#include "imap/set.h"
#include "mime/charset.h"
#include "mime/date.h"

enum arg {
    ARG_NONE,
    ARG_TEXT,
    ARG_FIELD,
    ARG_HEADER,
    ARG_KEYWORD,
    ARG_MODSEQ,
    ARG_NUMBER,
    ARG_INTERVAL,
    ARG_DATE,
    ARG_SET,
    ARG_UIDAFTER,
    ARG_UIDBEFORE,
    ARG_OBJECT,
    ARG_FILTER,
    ARG_KEY,
    ARG_KEYS,
    ARG_NEW,
};

struct key_row {
    struct str name;
    enum arg arg;
    enum search_what what;
    uint64_t num;
    struct str field;
    bool negated;
    struct str reference;
};

static const struct key_row key_rows[] = {
#define SEARCH_KEY(name, arg, what, num, field, negated, reference)                                                    \
    {{name, sizeof(name) - 1}, arg, what, num, {field, sizeof(field) - 1}, negated, {reference, sizeof(reference) - 1}},
#include "imap/search_keys.def"
#undef SEARCH_KEY
};

#define KEY_SAVED 1  /* the number of a key SEARCH_UID that was "$" */
#define SAVED_MOST 8 /* times that $ is copied, which may be large, for one command */

struct parser {
    struct imap_lexer *lx;
    const struct charset *charset; /* NULL: none named */
    unsigned depth, keys, saved;
    bool has_modseq, has_seqs;
    struct imap_search *out; /* for what is wrong; NULL: only the syntax is looked at */
    unsigned filter_depth;   /* filters within filters */
    size_t filter_bytes;     /* of their texts together */
};

#define FILTER_DEPTH 8u /* RFC 5466 section 3.1: at least 3. One that leads to itself ends there too */

static enum st parse_key(struct parser *p, struct search_key **out) SUSPENDS;

static struct search_key *new_key(struct parser *p, enum search_what what)
{
    struct search_key *k = ARENA_NEW(p->lx->arena, struct search_key);

    k->what = what;
    return k;
}

static struct search_key *new_parent(struct parser *p, enum search_what what, struct search_key *a,
                                     struct search_key *b)
{
    struct search_key *k = new_key(p, what);

    k->kids = ARENA_ARRAY(p->lx->arena, struct search_key *, 2);
    k->kids[0] = a;
    k->kids[1] = b;
    k->n_kids = b ? 2 : 1;
    return k;
}

/* A text to look for, in UTF-8. Without CHARSET it should be US-ASCII; other bytes are read as mime/charset does. */
static enum st parse_text(struct parser *p, struct str *out) SUSPENDS
{
    struct buf utf8;
    struct str raw;

    TRY(imap_lex_astring(p->lx, &raw));
    if (str_is_ascii(raw) && (!p->charset || p->charset == charset_utf8())) {
        *out = raw;
        return ST_OK;
    }
    buf_init(&utf8, LIMIT_IMAP_LITERAL * 4);
    charset_to_utf8(p->charset, raw, &utf8);
    *out = arena_str(p->lx->arena, buf_str(&utf8));
    buf_fini(&utf8);
    return ST_OK;
}

/* A date, in quotes or not: its day since 1970. */
static enum st parse_date(struct parser *p, uint64_t *out) SUSPENDS
{
    struct str text;
    int64_t day;

    TRY(imap_lex_astring(p->lx, &text));
    if (imap_date_parse(text, &day) != ST_OK)
        return FAIL(ST_SYNTAX, "Expected a date like 1-Jan-2026");
    *out = day < 0 ? 0 : (uint64_t)day;
    return ST_OK;
}

static enum st parse_number(struct parser *p, uint64_t *out)
{
    return imap_lex_number64(p->lx, out); /* RFC 9051 section 9 */
}

/* RFC 5032 section 3: nz-number */
static enum st parse_interval(struct parser *p, uint64_t *out)
{
    uint32_t n;

    TRY(imap_lex_number(p->lx, &n));
    *out = n;
    return n ? ST_OK : FAIL(ST_SYNTAX, "An interval of 0 seconds");
}

/* An id that was never given out matches nothing (RFC 8474 section 6), and so does every id of a thread: there are none. */
static enum st parse_object(struct parser *p, struct search_key *k)
{
    char kind = (char)k->num;
    struct str id;

    TRY(imap_lex_object_id(p->lx, &id));
    if (imap_object_id_read(id, kind, &k->num) && kind == 'M')
        return ST_OK;
    k->what = SEARCH_UID;
    k->set = (struct uid_set){0};
    k->num = 0;
    return ST_OK;
}

static enum st parse_set(struct parser *p, struct search_key *k)
{
    struct imap_set set;

    TRY(imap_lex_set(p->lx, &set));
    if (set.is_saved && ++p->saved > SAVED_MOST)
        return FAIL(ST_LIMIT, "$ stands there too often");
    if (set.is_saved) {
        k->what = SEARCH_UID;
        k->is_saved = true;
    }
    k->set = (struct uid_set){set.r, set.n};
    return ST_OK;
}

/* RFC 9738 section 3.2: greater than the uid, or less; not as in UID n:*, the last message, whichever it is. */
static enum st parse_side(struct parser *p, bool after, struct search_key *k)
{
    struct uid_range *r = ARENA_NEW(p->lx->arena, struct uid_range);
    uint32_t uid;

    TRY(imap_lex_number(p->lx, &uid));
    if (!uid)
        return FAIL(ST_SYNTAX, "0 is no uid");
    *r = after ? (struct uid_range){uid + 1, UINT32_MAX} : (struct uid_range){1, uid - 1};
    k->set = (struct uid_set){r, after ? uid < UINT32_MAX : uid > 1};
    return ST_OK;
}

/* "/flags/\\draft" all 620162338: messages have one modseq for all of their flags, so that name and type are ignored (RFC 7162
 * section 3.1.5). */
static enum st parse_modseq(struct parser *p, uint64_t *out) SUSPENDS
{
    struct str name, type;

    if (imap_lex_peek(p->lx) == '"') {
        TRY(imap_lex_string(p->lx, &name));
        if (!str_istarts(name, STR("/flags/")) || name.n == 7)
            return FAIL(ST_SYNTAX, "Unknown kind of entry");
        TRY(imap_lex_sp(p->lx));
        TRY(imap_lex_word(p->lx, &type));
        if (!str_eq(type, STR("ALL")) && !str_eq(type, STR("PRIV")) && !str_eq(type, STR("SHARED")))
            return FAIL(ST_SYNTAX, "Unknown type of entry");
        TRY(imap_lex_sp(p->lx));
    }
    p->has_modseq = true;
    return imap_lex_number64(p->lx, out);
}

/* --- stored keys (RFC 5466) ---------------------------------------------------------------------------------------- */

struct filter_text {
    struct str rest;
    bool at_end;
};

static enum st filter_line(void *arg, struct arena *a UNUSED, struct str *out)
{
    struct filter_text *t = arg;
    size_t end = str_find(t->rest, '\n');
    struct str line = str_sub(t->rest, 0, end);

    if (t->at_end)
        return FAIL(ST_SYNTAX, "It ends too early");
    t->at_end = end == t->rest.n;
    t->rest = str_from(t->rest, end + 1);
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *out = line;
    return ST_OK;
}

static enum st filter_literal(void *arg, struct arena *a UNUSED, size_t n, bool sync UNUSED, struct str *out)
{
    struct filter_text *t = arg;

    if (n > t->rest.n)
        return FAIL(ST_SYNTAX, "It ends too early");
    *out = str_sub(t->rest, 0, n);
    t->rest = str_from(t->rest, n);
    return ST_OK;
}

static enum st filter_skip(void *arg UNUSED, uint64_t n UNUSED)
{
    return FAIL(ST_SYNTAX, "It ends too early");
}

static enum st parse_keys(struct parser *p, struct search_key **out) SUSPENDS;

/* The keys of a text, in the place of one key: what they are below NOT and OR is all of them. */
static enum st parse_stored(struct parser *p, struct str text, struct search_key **out) SUSPENDS
{
    struct filter_text t = {.rest = text};
    struct imap_source src = *p->lx->src;
    const struct charset *charset = p->charset;
    struct imap_lexer lx, *outer = p->lx;
    enum st st;

    src.line = filter_line;
    src.literal = filter_literal;
    src.skip = filter_skip;
    src.arg = &t;
    src.nonsync = NONSYNC_ANY;
    TRY(imap_lex_begin(&lx, &src, outer->arena));
    lx.saved = outer->saved;
    lx.filters = outer->filters;
    p->lx = &lx;
    p->charset = charset_utf8();
    st = parse_keys(p, out);
    if (st == ST_OK)
        st = imap_lex_end(&lx);
    if (st == ST_OK && !t.at_end)
        st = FAIL(ST_SYNTAX, "It goes on behind its end");
    p->lx = outer;
    p->charset = charset;
    return st;
}

/* What is written in it is UTF-8 as well: also US-ASCII, which programs go on naming. */
static bool is_utf8_too(const struct charset *charset)
{
    return charset && (charset == charset_utf8() || str_ieq(charset_label(charset), STR("US-ASCII")));
}

static enum st undefined(struct parser *p, struct str name, const char *text)
{
    p->out->undefined_filter = name;
    return FAIL(ST_DENIED, "%s", text);
}

static enum st parse_filter(struct parser *p, struct search_key *k) SUSPENDS
{
    const struct imap_filters *filters = p->lx->filters;
    struct search_key *kid;
    struct str name, text;
    enum st st;

    TRY(imap_lex_atom(p->lx, &name));
    if (str_find(name, '/') < name.n)
        return FAIL(ST_SYNTAX, "The name of a filter has no /");
    if (!p->out)
        return ST_OK;
    if (p->charset && !is_utf8_too(p->charset)) {
        p->out->bad_charset = true; /* section 3.1 */
        return FAIL(ST_SYNTAX, "A filter goes with UTF-8 only");
    }
    if (!filters || p->filter_depth == FILTER_DEPTH)
        return undefined(p, name, "There is no such filter, or it leads to itself");
    st = filters->find(filters->arg, name, &text);
    if (st == ST_NOTFOUND)
        return undefined(p, name, "There is no such filter");
    TRY(st);
    p->filter_bytes += text.n;
    if (p->filter_bytes > LIMIT_IMAP_COMMAND)
        return FAIL(ST_LIMIT, "Filters come to too much");
    p->filter_depth++;
    st = parse_stored(p, text, &kid);
    p->filter_depth--;
    if (st == ST_SYNTAX)
        return undefined(p, name, "The filter is no search criterion");
    TRY(st);
    k->kids = ARENA_ARRAY(p->lx->arena, struct search_key *, 1);
    k->kids[0] = kid;
    k->n_kids = 1;
    return ST_OK;
}

enum st imap_filter_check(const struct imap_lexer *lx, struct str text)
{
    struct imap_lexer copy = *lx;
    struct parser p = {.lx = &copy};
    struct search_key *key;

    if (!str_is_utf8(text))
        return FAIL(ST_SYNTAX, "It is no UTF-8");
    return parse_stored(&p, text, &key);
}

/* --- keys ---------------------------------------------------------------------------------------------------------- */

static enum st parse_kid(struct parser *p, struct search_key *k, size_t n) SUSPENDS
{
    k->kids = ARENA_ARRAY(p->lx->arena, struct search_key *, n);
    for (size_t i = 0; i < n; i++) {
        TRY(imap_lex_sp(p->lx));
        TRY(parse_key(p, &k->kids[i]));
    }
    k->n_kids = n;
    return ST_OK;
}

static enum st parse_argument(struct parser *p, const struct key_row *row, struct search_key *k) SUSPENDS
{
    if (row->arg == ARG_NONE || row->arg == ARG_NEW)
        return ST_OK;
    if (row->arg == ARG_KEY || row->arg == ARG_KEYS)
        return parse_kid(p, k, row->arg == ARG_KEY ? 1 : 2);
    TRY(imap_lex_sp(p->lx));
    switch (row->arg) {
    case ARG_HEADER:
        TRY(imap_lex_astring(p->lx, &k->name));
        TRY(imap_lex_sp(p->lx));
        return parse_text(p, &k->text);
    case ARG_FIELD:
    case ARG_TEXT: return parse_text(p, &k->text);
    case ARG_KEYWORD: return imap_lex_atom(p->lx, &k->text);
    case ARG_MODSEQ: return parse_modseq(p, &k->num);
    case ARG_NUMBER: return parse_number(p, &k->num);
    case ARG_INTERVAL: return parse_interval(p, &k->num);
    case ARG_DATE: return parse_date(p, &k->num);
    case ARG_UIDAFTER:
    case ARG_UIDBEFORE: return parse_side(p, row->arg == ARG_UIDAFTER, k);
    case ARG_OBJECT: return parse_object(p, k);
    case ARG_FILTER: return parse_filter(p, k);
    default: return parse_set(p, k);
    }
}

static enum st parse_named(struct parser *p, struct search_key **out) SUSPENDS
{
    struct str word;

    TRY(imap_lex_word(p->lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(key_rows); i++) {
        const struct key_row *row = &key_rows[i];

        if (!str_eq(word, row->name) || !imap_lex_may_row(p->lx, row->reference))
            continue;
        struct search_key *k = new_key(p, row->what);

        k->num = row->num;
        k->name = row->field;
        TRY(parse_argument(p, row, k));
        if (row->arg == ARG_NEW) { /* RECENT UNSEEN */
            struct search_key *seen = new_key(p, SEARCH_FLAG);

            seen->num = MAIL_SEEN;
            k = new_parent(p, SEARCH_AND, new_key(p, SEARCH_RECENT), new_parent(p, SEARCH_NOT, seen, NULL));
        }
        *out = row->negated ? new_parent(p, SEARCH_NOT, k, NULL) : k;
        return ST_OK;
    }
    return FAIL(ST_SYNTAX, "Unknown SEARCH key");
}

struct key_list {
    struct search_key *key;
    struct key_list *next;
};

/* Keys with blanks between them, all of which must hold. */
static enum st parse_keys(struct parser *p, struct search_key **out)
{
    struct key_list first = {0}, *last = &first;
    size_t n = 0;

    do {
        struct key_list *item = ARENA_NEW(p->lx->arena, struct key_list);

        TRY(parse_key(p, &item->key));
        last = last->next = item;
        n++;
    } while (imap_lex_take(p->lx, ' ') && imap_lex_peek(p->lx) >= 0);
    if (n == 1) {
        *out = first.next->key;
        return ST_OK;
    }
    struct search_key *all = new_key(p, SEARCH_AND);

    all->kids = ARENA_ARRAY(p->lx->arena, struct search_key *, n);
    for (struct key_list *item = first.next; item; item = item->next)
        all->kids[all->n_kids++] = item->key;
    *out = all;
    return ST_OK;
}

static enum st parse_key(struct parser *p, struct search_key **out)
{
    enum st st;

    if (++p->keys > LIMIT_IMAP_SEARCH_KEYS || p->depth >= LIMIT_IMAP_SEARCH_DEPTH)
        return FAIL(ST_LIMIT, "Too many SEARCH keys");
    if (imap_lex_at_set(p->lx)) {
        struct search_key *k = new_key(p, SEARCH_SEQ);

        TRY(parse_set(p, k));
        p->has_seqs |= k->what == SEARCH_SEQ;
        *out = k;
        return ST_OK;
    }
    p->depth++;
    if (imap_lex_take(p->lx, '(')) {
        st = parse_keys(p, out);
        if (st == ST_OK)
            st = imap_lex_want(p->lx, ')');
    } else {
        st = parse_named(p, out);
    }
    p->depth--;
    return st;
}

static const struct {
    struct str name;
    unsigned option;
    const char *capability;
} options[] = {
    {STR("MIN"), RETURN_MIN, "ESEARCH"},
    {STR("MAX"), RETURN_MAX, "ESEARCH"},
    {STR("ALL"), RETURN_ALL, "ESEARCH"},
    {STR("COUNT"), RETURN_COUNT, "ESEARCH"},
    {STR("SAVE"), RETURN_SAVE, "SEARCHRES"},
    {STR("PARTIAL"), RETURN_PARTIAL, "PARTIAL"},
    {STR("CONTEXT"), RETURN_CONTEXT, "CONTEXT=SEARCH"},
    {STR("UPDATE"), RETURN_UPDATE, "CONTEXT=SEARCH"},
};

/* "UPDATE (UID FLAGS)" (RFC 5465 section 7): its grammar has no blank there, its example has one. */
static enum st parse_update(struct imap_lexer *lx, struct imap_search *out) SUSPENDS
{
    size_t at = lx->at;
    struct fetch *f;

    imap_lex_take(lx, ' ');
    if (imap_lex_peek(lx) != '(') {
        lx->at = at;
        return ST_OK;
    }
    f = ARENA_NEW(lx->arena, struct fetch);
    out->update = f;
    return fetch_parse_items(lx, f);
}

static enum st one_option(struct imap_lexer *lx, struct imap_search *out) SUSPENDS
{
    unsigned option = 0;
    struct str word;

    TRY(imap_lex_word(lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(options); i++)
        if (str_eq(word, options[i].name) && imap_lex_may(lx, options[i].capability))
            option = options[i].option;
    if (!option)
        return FAIL(ST_SYNTAX, "Unknown RETURN option");
    if (option == RETURN_PARTIAL) {
        if (out->returns & RETURN_PARTIAL)
            return FAIL(ST_SYNTAX, "More than one PARTIAL");
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_partial(lx, &out->partial));
    }
    if (option == RETURN_UPDATE) {
        if (out->returns & RETURN_UPDATE)
            return FAIL(ST_SYNTAX, "More than one UPDATE");
        TRY(parse_update(lx, out));
    }
    out->returns |= option;
    return ST_OK;
}

/* The options in parentheses of " RETURN (MIN MAX)" (RFC 4466 section 2.6.1); unknown ones are BAD. */
static enum st parse_options(struct imap_lexer *lx, struct imap_search *out) SUSPENDS
{
    static const unsigned either = RETURN_ALL | RETURN_PARTIAL;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    if (imap_lex_take(lx, ')')) {
        out->returns = RETURN_ALL; /* RFC 4731 section 3.1 */
        return ST_OK;
    }
    do
        TRY(one_option(lx, out));
    while (imap_lex_take(lx, ' '));
    if ((out->returns & either) == either)
        return FAIL(ST_SYNTAX, "PARTIAL and ALL exclude each other"); /* RFC 9394 section 3.1 */
    return imap_lex_want(lx, ')');
}

enum st imap_search_parse_return(struct imap_lexer *lx, struct imap_search *out)
{
    *out = (struct imap_search){0};
    TRY(imap_lex_sp(lx));
    if (!imap_lex_may(lx, "ESEARCH") || !imap_lex_take_word(lx, STR("RETURN")))
        return ST_OK;
    TRY(parse_options(lx, out));
    return imap_lex_sp(lx);
}

static enum st parse_charset(struct parser *p, struct imap_search *out) SUSPENDS
{
    struct str name;

    TRY(imap_lex_astring(p->lx, &name));
    TRY(imap_lex_sp(p->lx));
    p->charset = charset_find(name);
    if (p->lx->src->no_charset && !is_utf8_too(p->charset))
        return FAIL(ST_SYNTAX, "Only UTF-8 goes with UTF8=ACCEPT"); /* RFC 9755 section 3 */
    if (p->charset)
        return ST_OK;
    out->bad_charset = true;
    return FAIL(ST_DENIED, "Unknown character set");
}

enum st imap_search_parse_keys(struct imap_lexer *lx, bool needs_charset, struct imap_search *out)
{
    struct parser p = {.lx = lx, .out = out};
    bool named = needs_charset;

    if (!named && imap_lex_take_word(lx, STR("CHARSET"))) {
        if (lx->src->no_charset)
            return FAIL(ST_SYNTAX, "No CHARSET goes with UTF8=ACCEPT");
        TRY(imap_lex_sp(lx));
        named = true;
    }
    if (named)
        TRY(parse_charset(&p, out));
    TRY(parse_keys(&p, &out->key));
    out->has_modseq = p.has_modseq;
    out->has_seqs = p.has_seqs;
    return imap_lex_end(lx);
}

enum st imap_search_parse(struct imap_lexer *lx, struct imap_search *out)
{
    TRY(imap_search_parse_return(lx, out));
    return imap_search_parse_keys(lx, false, out);
}

struct search_key *imap_search_copy(const struct search_key *key, struct arena *a, bool saved)
{
    struct search_key *copy = ARENA_NEW(a, struct search_key);

    *copy = *key;
    if (!saved && key->is_saved)
        copy->set = (struct uid_set){0};
    copy->kids = ARENA_ARRAY(a, struct search_key *, key->n_kids);
    for (size_t i = 0; i < key->n_kids; i++)
        copy->kids[i] = imap_search_copy(key->kids[i], a, saved);
    return copy;
}

static bool is_in_order(struct uid_set set)
{
    uint64_t last = 0;

    for (size_t i = 0; i < set.n; i++) {
        if (set.r[i].lo <= last || set.r[i].hi < set.r[i].lo)
            return false;
        last = set.r[i].hi + 1ull;
    }
    return true;
}

void imap_search_resolve(struct search_key *key, struct arena *a, const struct view *v)
{
    uint32_t count = view_count(v);
    struct imap_set set = {(struct uid_range *)(uintptr_t)key->set.r, key->set.n};

    if (key->what == SEARCH_SEQ && !is_in_order(key->set))
        key->set = imap_set_order(a, set, count);
    else if (key->what == SEARCH_UID && !is_in_order(key->set))
        key->set = imap_set_order(a, set, count ? view_uid(v, count) : 0);
    for (size_t i = 0; i < key->n_kids; i++)
        imap_search_resolve(key->kids[i], a, v);
}
