#include "imap/fetch.h"

#include <inttypes.h>

struct item_row {
    struct str name;
    enum st (*write)(struct fetch_run *f, const struct fetch_item *it) SUSPENDS;
    unsigned flags;
    enum mime_section what; /* of old names for sections */
    struct str reference;
};

static const struct item_row item_rows[] = {
#define FETCH_ITEM(name, writer, flags, reference)                                                                     \
    {{name, sizeof(name) - 1}, writer, flags, 0, {reference, sizeof(reference) - 1}},
#define FETCH_SECTION(name, what, flags, reference)                                                                    \
    {{name, sizeof(name) - 1}, fetch_section, EMAIL | (flags), what, {reference, sizeof(reference) - 1}},
#define FETCH_MACRO(...)
#include "imap/fetch_items.def"
#undef FETCH_ITEM
#undef FETCH_SECTION
#undef FETCH_MACRO
};

static const struct {
    struct str name, items;
} macro_rows[] = {
#define FETCH_ITEM(...)
#define FETCH_SECTION(...)
#define FETCH_MACRO(name, items, reference) {{name, sizeof(name) - 1}, {items, sizeof(items) - 1}},
#include "imap/fetch_items.def"
#undef FETCH_ITEM
#undef FETCH_SECTION
#undef FETCH_MACRO
};

/* `bracket`: rows of sections, whose names end in "[]". */
static const struct item_row *find_item(struct str name, bool bracket)
{
    for (size_t i = 0; i < ARRAY_LEN(item_rows); i++) {
        struct str row = item_rows[i].name;

        if (bracket != (bool)(item_rows[i].flags & SECTION))
            continue;
        if (str_eq(name, bracket ? str_sub(row, 0, row.n - 2) : row))
            return &item_rows[i];
    }
    return NULL;
}

/* "1.2." before a word, or "1.2" alone. *out_word: a word follows. */
static enum st parse_path(struct imap_lexer *lx, struct fetch_section *s, bool *out_word)
{
    s->path = ARENA_ARRAY(lx->arena, uint32_t, LIMIT_IMAP_SECTION_DEPTH);
    while (imap_lex_peek(lx) >= '0' && imap_lex_peek(lx) <= '9') {
        uint32_t n;

        TRY(imap_lex_number(lx, &n));
        if (n == 0 || s->depth == LIMIT_IMAP_SECTION_DEPTH)
            return FAIL(ST_SYNTAX, "Invalid part number");
        s->path[s->depth++] = n;
        if (!imap_lex_take(lx, '.')) {
            *out_word = false;
            return ST_OK;
        }
    }
    *out_word = s->depth > 0 || imap_lex_peek(lx) != ']';
    return ST_OK;
}

static enum st parse_names(struct imap_lexer *lx, struct fetch_section *s) SUSPENDS
{
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    s->names = ARENA_ARRAY(lx->arena, struct str, LIMIT_IMAP_HEADER_NAMES);
    do {
        if (s->n_names == LIMIT_IMAP_HEADER_NAMES)
            return FAIL(ST_LIMIT, "Too many field names");
        TRY(imap_lex_astring(lx, &s->names[s->n_names]));
        if (!str_is_ascii(s->names[s->n_names++])) /* and the answer repeats it */
            return FAIL(ST_SYNTAX, "A field name is ASCII");
    } while (imap_lex_take(lx, ' '));
    return imap_lex_want(lx, ')');
}

static enum st parse_section_word(struct imap_lexer *lx, struct fetch_section *s) SUSPENDS
{
    struct str word;

    TRY(imap_lex_name(lx, &word));
    s->is_not = str_eq(word, STR("HEADER.FIELDS.NOT"));
    s->is_filter = s->is_not || str_eq(word, STR("HEADER.FIELDS"));
    if (s->is_filter || str_eq(word, STR("HEADER")))
        s->what = MIME_SECTION_HEADER;
    else if (str_eq(word, STR("TEXT")))
        s->what = MIME_SECTION_TEXT;
    else if (str_eq(word, STR("MIME")) && s->depth)
        s->what = MIME_SECTION_MIME;
    else
        return FAIL(ST_SYNTAX, "Unknown section");
    return s->is_filter ? parse_names(lx, s) : ST_OK;
}

static void add_name(struct buf *b, struct str name)
{
    if (imap_is_atom(name)) {
        buf_add(b, name);
        return;
    }
    buf_addc(b, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"' || name.p[i] == '\\')
            buf_addc(b, '\\');
        buf_addc(b, name.p[i]);
    }
    buf_addc(b, '"');
}

/* "BODY[" of "BODY.PEEK[]" */
static struct str answer_name(struct str name)
{
    if (str_istarts(name, STR("BODY")))
        return STR("BODY[");
    return str_ieq(name, STR("BINARY.PEEK[]")) ? STR("BINARY[") : str_sub(name, 0, name.n - 1);
}

/* How the answer calls it: the section in one form, and where a partial one begins. */
static enum st make_label(struct imap_lexer *lx, const struct item_row *row, struct fetch_section *s)
{
    static const char *const words[] = {
        [MIME_SECTION_ALL] = "",
        [MIME_SECTION_HEADER] = "HEADER",
        [MIME_SECTION_TEXT] = "TEXT",
        [MIME_SECTION_MIME] = "MIME",
    };
    struct buf b;
    enum st st;

    buf_init(&b, LIMIT_IMAP_OUTPUT / 2);
    buf_add(&b, answer_name(row->name));
    for (size_t i = 0; i < s->depth; i++)
        buf_addf(&b, i ? ".%u" : "%u", s->path[i]);
    if (s->depth && s->what != MIME_SECTION_ALL)
        buf_addc(&b, '.');
    buf_addz(&b, words[s->what]);
    if (s->is_filter) {
        buf_addz(&b, s->is_not ? ".FIELDS.NOT (" : ".FIELDS (");
        for (size_t i = 0; i < s->n_names; i++) {
            if (i)
                buf_addc(&b, ' ');
            add_name(&b, s->names[i]);
        }
        buf_addc(&b, ')');
    }
    buf_addc(&b, ']');
    if (s->is_partial)
        buf_addf(&b, "<%" PRIu64 ">", s->from);
    s->label = arena_str(lx->arena, buf_str(&b));
    st = buf_check(&b);
    buf_fini(&b);
    return st;
}

static enum st parse_section(struct imap_lexer *lx, const struct item_row *row, struct fetch_section *s) SUSPENDS
{
    bool has_word;

    TRY(imap_lex_want(lx, '['));
    TRY(parse_path(lx, s, &has_word));
    if (has_word && row->flags & PARTS)
        return FAIL(ST_SYNTAX, "Only parts have a transfer encoding");
    if (has_word)
        TRY(parse_section_word(lx, s));
    TRY(imap_lex_want(lx, ']'));
    if (!(row->flags & WHOLE) && imap_lex_take(lx, '<')) {
        s->is_partial = true;
        TRY(imap_lex_number64(lx, &s->from));
        TRY(imap_lex_want(lx, '.'));
        TRY(imap_lex_number64(lx, &s->most));
        TRY(imap_lex_want(lx, '>'));
        if (s->most == 0)
            return FAIL(ST_SYNTAX, "A partial of no bytes");
    }
    return make_label(lx, row, s);
}

/* No literals: the text is all there is. */
static enum st no_line(void *arg UNUSED, struct arena *a UNUSED, struct str *out UNUSED)
{
    return FAIL(ST_SYNTAX, "A literal has no place here");
}
static enum st no_literal(void *arg UNUSED, struct arena *a UNUSED, size_t n UNUSED, bool sync UNUSED,
                          struct str *out UNUSED)
{
    return FAIL(ST_SYNTAX, "A literal has no place here");
}
static enum st no_skip(void *arg UNUSED, uint64_t n UNUSED)
{
    return FAIL(ST_SYNTAX, "A literal has no place here");
}

enum st fetch_parse_section(struct arena *a, struct str text, struct fetch_section *out)
{
    static const struct imap_source alone = {.line = no_line, .literal = no_literal, .skip = no_skip};
    struct imap_lexer lx = {.src = &alone, .arena = a, .line = arena_printf(a, "%.*s]", STR_ARGS(text)), .taken = 0};
    struct fetch_section s = {0};
    bool has_word;

    TRY(parse_path(&lx, &s, &has_word));
    if (has_word)
        TRY(parse_section_word(&lx, &s));
    TRY(imap_lex_want(&lx, ']'));
    TRY(imap_lex_end(&lx));
    *out = s;
    return ST_OK;
}

static void add_item(struct fetch *f, const struct item_row *row, const struct fetch_section *s)
{
    struct fetch_item *it = &f->items[f->n++];

    it->write = row->write;
    it->flags = row->flags;
    f->flags |= row->flags;
    f->has_uid |= row->write == fetch_uid;
    f->has_flags |= row->write == fetch_flags;
    f->has_modseq |= row->write == fetch_modseq;
    if (s)
        it->section = *s;
    else if (row->write == fetch_section)
        it->section = (struct fetch_section){.label = row->name, .what = row->what};
}

/* "(LAZY)" behind PREVIEW (RFC 8970 section 6). Other parentheses there are the modifiers of the whole FETCH. */
static enum st parse_lazy(struct imap_lexer *lx, bool *out)
{
    size_t at = lx->at;

    if (!imap_lex_take(lx, ' ') || !imap_lex_take(lx, '(') || !imap_lex_take_word(lx, STR("LAZY"))) {
        lx->at = at;
        return ST_OK;
    }
    while (imap_lex_take(lx, ' ')) {
        if (!imap_lex_take_word(lx, STR("LAZY")))
            return FAIL(ST_SYNTAX, "Unknown PREVIEW modifier");
    }
    *out = true;
    return imap_lex_want(lx, ')');
}

static enum st parse_item(struct imap_lexer *lx, struct fetch *f) SUSPENDS
{
    struct fetch_section section = {0};
    struct str name;

    if (f->n == LIMIT_IMAP_FETCH_ITEMS)
        return FAIL(ST_LIMIT, "Too many FETCH items");
    TRY(imap_lex_name(lx, &name));
    bool bracket = imap_lex_peek(lx) == '[';
    const struct item_row *row = find_item(name, bracket);

    if (!row || !imap_lex_may_row(lx, row->reference))
        return FAIL(ST_SYNTAX, "Unknown FETCH item");
    if (bracket)
        TRY(parse_section(lx, row, &section));
    add_item(f, row, bracket ? &section : NULL);
    return row->write == fetch_preview ? parse_lazy(lx, &f->items[f->n - 1].is_lazy) : ST_OK;
}

static bool take_macro(struct imap_lexer *lx, struct fetch *f)
{
    for (size_t i = 0; i < ARRAY_LEN(macro_rows); i++) {
        struct str rest = macro_rows[i].items, name;

        if (!imap_lex_take_word(lx, macro_rows[i].name))
            continue;
        while (str_split(&rest, ' ', &name))
            add_item(f, find_item(name, false), NULL);
        return true;
    }
    return false;
}

/* RFC 7162 sections 3.1.4.1 and 3.2.6, RFC 9394 section 3.3; modifiers that nobody here knows are BAD (RFC 4466 section 2.4). */
static enum st one_modifier(struct imap_lexer *lx, bool uid, struct fetch *f)
{
    if (!f->is_since && imap_lex_may(lx, "CONDSTORE") && imap_lex_take_word(lx, STR("CHANGEDSINCE"))) {
        TRY(imap_lex_sp(lx));
        f->is_since = true;
        return imap_lex_number64(lx, &f->since);
    }
    if (uid && !f->vanished && imap_lex_may(lx, "QRESYNC") && imap_lex_take_word(lx, STR("VANISHED"))) {
        f->vanished = true;
        return ST_OK;
    }
    if (!uid || f->partial.lo || !imap_lex_may(lx, "PARTIAL") || !imap_lex_take_word(lx, STR("PARTIAL")))
        return FAIL(ST_SYNTAX, "Unknown FETCH modifier");
    TRY(imap_lex_sp(lx));
    return imap_lex_partial(lx, &f->partial);
}

/* "(CHANGEDSINCE 12345 PARTIAL -1:-30)" behind the items */
static enum st parse_modifiers(struct imap_lexer *lx, bool uid, struct fetch *f)
{
    TRY(imap_lex_want(lx, '('));
    do
        TRY(one_modifier(lx, uid, f));
    while (imap_lex_take(lx, ' '));
    if (f->vanished && !f->is_since)
        return FAIL(ST_SYNTAX, "VANISHED without CHANGEDSINCE");
    return imap_lex_want(lx, ')');
}

static void add_modseq(struct fetch *f)
{
    if (!f->has_modseq)
        add_item(f, find_item(STR("MODSEQ"), false), NULL);
}

static enum st parse_list(struct imap_lexer *lx, struct fetch *f) SUSPENDS
{
    do
        TRY(parse_item(lx, f));
    while (imap_lex_take(lx, ' '));
    return imap_lex_want(lx, ')');
}

enum st fetch_parse_items(struct imap_lexer *lx, struct fetch *out)
{
    struct fetch f = {.items = ARENA_ARRAY(lx->arena, struct fetch_item, LIMIT_IMAP_FETCH_ITEMS)};

    TRY(imap_lex_want(lx, '('));
    TRY(parse_list(lx, &f));
    *out = f;
    return ST_OK;
}

enum st fetch_parse(struct imap_lexer *lx, bool uid, struct fetch *out)
{
    struct fetch f = {0};

    f.items = ARENA_ARRAY(lx->arena, struct fetch_item, LIMIT_IMAP_FETCH_ITEMS + 8);
    f.items++; /* a place in front, for the UID */
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_set(lx, &f.set));
    TRY(imap_lex_sp(lx));
    if (imap_lex_take(lx, '(')) {
        TRY(parse_list(lx, &f));
    } else if (!take_macro(lx, &f)) {
        TRY(parse_item(lx, &f));
    }
    if (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0)
        TRY(parse_modifiers(lx, uid, &f));
    TRY(imap_lex_end(lx));
    if (f.is_since)
        add_modseq(&f);
    *out = f;
    return ST_OK;
}

void fetch_add_uid(struct fetch *f)
{
    if (f->has_uid)
        return;
    f->items--; /* fetch_parse has left a place there */
    f->n++;
    f->items[0] = (struct fetch_item){.write = fetch_uid};
    f->has_uid = true;
}
