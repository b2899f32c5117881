/* GETMETADATA and SETMETADATA (RFC 5464). */
#include "imap/metadata.h"
#include "imap/search_parse.h"

/* --- GETMETADATA ------------------------------------------------------------------------------------------------------ */

struct getmetadata {
    struct str mailbox;
    struct metadata_query query;
};

static enum st one_option(struct imap_lexer *lx, struct metadata_query *q)
{
    struct str word;

    TRY(imap_lex_word(lx, &word));
    TRY(imap_lex_sp(lx));
    if (str_eq(word, STR("MAXSIZE")))
        return imap_lex_number(lx, &q->max_size);
    if (!str_eq(word, STR("DEPTH")))
        return FAIL(ST_SYNTAX, "Unknown GETMETADATA option");
    if (imap_lex_take_word(lx, STR("infinity"))) {
        q->depth = UINT32_MAX;
        return ST_OK;
    }
    TRY(imap_lex_number(lx, &q->depth));
    return q->depth <= 1 ? ST_OK : FAIL(ST_SYNTAX, "DEPTH is 0, 1 or infinity");
}

static enum st parse_options(struct imap_lexer *lx, struct metadata_query *q)
{
    TRY(imap_lex_want(lx, '('));
    do
        TRY(one_option(lx, q));
    while (imap_lex_take(lx, ' '));
    TRY(imap_lex_want(lx, ')'));
    return imap_lex_sp(lx);
}

/* Options stand in front of the mailbox in the grammar (section 5), behind it in the examples (sections 4.2.1, 4.2.2). There
 * they could be names of entries, which begin with "/". */
static bool at_options(const struct imap_lexer *lx)
{
    struct str rest = str_from(lx->line, lx->at);

    return rest.n > 1 && rest.p[0] == '(' && imap_is_atom_char(rest.p[1]) && rest.p[1] != '/';
}

static enum st getmetadata_parse(struct imap_lexer *lx, struct getmetadata *out) SUSPENDS
{
    struct getmetadata g = {.query = {.max_size = UINT32_MAX}};

    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) == '(')
        TRY(parse_options(lx, &g.query));
    TRY(imap_lex_mailbox(lx, &g.mailbox));
    TRY(imap_lex_sp(lx));
    if (at_options(lx))
        TRY(parse_options(lx, &g.query));
    TRY(imap_lex_entries(lx, &g.query));
    TRY(imap_lex_end(lx));
    *out = g;
    return ST_OK;
}

enum st cmd_getmetadata(struct imap_cmd *c)
{
    struct getmetadata g;
    struct note *notes;
    uint32_t longest;
    size_t n;

    TRY(getmetadata_parse(&c->lx, &g));
    TRY(imap_metadata_load(c->s, g.mailbox, &notes, &n));
    imap_put_metadata(c->s, &c->s->cmd_arena, g.mailbox, &g.query, notes, n, &longest);
    if (longest) /* section 4.2.1 */
        c->code = arena_printf(&c->s->cmd_arena, "METADATA LONGENTRIES %u", longest);
    return ST_OK;
}

/* --- SETMETADATA ------------------------------------------------------------------------------------------------------ */

struct setmetadata {
    struct str mailbox, use; /* use: what /private/specialuse becomes */
    struct note *notes;
    struct notes_change change;
    bool too_large; /* why it was refused */
};

/* One of these stands for what it becomes in the end. */
static void add_note(struct setmetadata *m, const struct imap_entry *e, struct str value)
{
    struct note n = {.name = e->name, .value = value, .is_private = e->is_private};
    size_t i = 0;

    if (m->mailbox.n && e->is_private && str_eq(e->name, STR("/specialuse"))) {
        m->change.sets_use = true;
        m->use = value;
        return;
    }
    while (i < m->change.n && (m->notes[i].is_private != n.is_private || !str_eq(m->notes[i].name, n.name)))
        i++;
    m->notes[i] = n;
    m->change.n += i == m->change.n;
}

static enum st one_value(struct imap_lexer *lx, struct setmetadata *m) SUSPENDS
{
    struct imap_entry e;
    struct str value;
    enum st st;

    TRY(imap_lex_entry(lx, &e));
    if (!imap_entry_is_whole(&e))
        return FAIL(ST_SYNTAX, "The name of the entry has too few components");
    TRY(imap_lex_sp(lx));
    st = imap_lex_nstring8(lx, &value);
    m->too_large = st == ST_LIMIT || (st == ST_OK && value.n > LIMIT_NOTE);
    TRY(st);
    if (m->too_large)
        return FAIL(ST_LIMIT, "The value is too large");
    add_note(m, &e, value);
    return ST_OK;
}

static enum st setmetadata_parse(struct imap_lexer *lx, struct setmetadata *m) SUSPENDS
{
    *m = (struct setmetadata){.notes = ARENA_ARRAY(lx->arena, struct note, LIMIT_IMAP_ENTRIES)};
    m->change.notes = m->notes;
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &m->mailbox));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_want(lx, '('));
    for (size_t n = 0; n == 0 || imap_lex_take(lx, ' '); n++) {
        if (n == LIMIT_IMAP_ENTRIES)
            return FAIL(ST_LIMIT, "Too many entries");
        TRY(one_value(lx, m));
    }
    TRY(imap_lex_want(lx, ')'));
    return imap_lex_end(lx);
}

/* RFC 6154 section 4: a list of attributes, of which a mailbox can have one here. */
static enum st find_use(struct imap_cmd *c, struct str text, enum mail_use *out)
{
    text = str_trim(text);
    *out = MAIL_USE_NONE;
    if (!text.n)
        return ST_OK;
#define USE(constant, attribute, reference)                                                                            \
    if (str_ieq(text, STR(attribute)))                                                                                 \
        *out = constant;
#include "imap/uses.def"
#undef USE
    if (*out != MAIL_USE_NONE)
        return ST_OK;
    c->code = STR("USEATTR");
    return FAIL(ST_DENIED, "A mailbox can't have that use here");
}

/* What belongs to all who use the server (section 3.3) is the administrator's, who sets it in the configuration. */
static enum st check_rights(struct imap_cmd *c, const struct setmetadata *m)
{
    for (size_t i = 0; !m->mailbox.n && i < m->change.n; i++) {
        if (!m->notes[i].is_private) {
            c->code = STR("NOPERM");
            return FAIL(ST_DENIED, "Shared entries of the server can't be changed");
        }
    }
    return ST_OK;
}

/* RFC 5466 section 3.2: /private/filters/values/NAME of the server is a search criterion. */
static enum st check_filters(struct imap_cmd *c, const struct setmetadata *m) SUSPENDS
{
    static const struct str above = STR("/filters/values/");

    for (size_t i = 0; !m->mailbox.n && i < m->change.n; i++) {
        const struct note *n = &m->notes[i];
        struct str name = str_from(n->name, above.n);

        if (!n->is_private || !str_starts(n->name, above) || !n->value.p)
            continue;
        if (!imap_is_atom(name) || str_find(name, '/') < name.n)
            return FAIL(ST_DENIED, "That can't be the name of a filter");
        if (imap_filter_check(&c->lx, n->value) != ST_OK)
            return FAIL(ST_DENIED, "A filter has to be a search criterion");
    }
    return ST_OK;
}

enum st cmd_setmetadata(struct imap_cmd *c)
{
    struct setmetadata m;
    enum st st = setmetadata_parse(&c->lx, &m);

    if (m.too_large)
        c->code = arena_printf(&c->s->cmd_arena, "METADATA MAXSIZE %u", (unsigned)LIMIT_NOTE);
    TRY(st);
    TRY(check_rights(c, &m));
    TRY(check_filters(c, &m));
    if (m.change.sets_use)
        TRY(find_use(c, m.use, &m.change.use));
    st = notes_write(c->s->account, m.mailbox, &m.change, c->s->notes);
    if (st == ST_LIMIT)
        c->code = STR("METADATA TOOMANY");
    else if (st == ST_DENIED && m.change.sets_use)
        c->code = STR("USEATTR");
    return st;
}
