#include "imap/list.h"

#include "imap/status.h"

static const struct {
    struct str name;
    unsigned option;
    bool selects, returns;
    const char *capability;
} options[] = {
    {STR("SUBSCRIBED"), LIST_SUBSCRIBED, true, true, "LIST-EXTENDED"},
    {STR("REMOTE"), LIST_REMOTE, true, false, "LIST-EXTENDED"},
    {STR("RECURSIVEMATCH"), LIST_RECURSIVEMATCH, true, false, "LIST-EXTENDED"},
    {STR("SPECIAL-USE"), LIST_SPECIAL_USE, true, true, "SPECIAL-USE"}, /* RFC 6154 section 6 */
    {STR("CHILDREN"), LIST_CHILDREN, false, true, "LIST-EXTENDED"},
    {STR("MYRIGHTS"), LIST_MYRIGHTS, false, true, "LIST-MYRIGHTS"}, /* RFC 8440 */
};

/* RFC 9590 section 5 */
static enum st parse_metadata(struct imap_lexer *lx, struct metadata_query *q) SUSPENDS
{
    if (q->n)
        return FAIL(ST_SYNTAX, "More than one METADATA");
    *q = (struct metadata_query){.max_size = UINT32_MAX};
    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) != '(')
        return FAIL(ST_SYNTAX, "Expected a list of entries");
    return imap_lex_entries(lx, q);
}

static enum st one_option(struct imap_lexer *lx, bool returns, struct list_args *l) SUSPENDS
{
    struct str word;

    TRY(imap_lex_word(lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (!str_eq(word, options[i].name) || !imap_lex_may(lx, options[i].capability) ||
            !(returns ? options[i].returns : options[i].selects))
            continue;
        *(returns ? &l->returns : &l->select) |= options[i].option;
        return ST_OK;
    }
    if (returns && str_eq(word, STR("METADATA")) && imap_lex_may(lx, "LIST-METADATA"))
        return parse_metadata(lx, &l->metadata);
    if (!returns || !str_eq(word, STR("STATUS")) || !imap_lex_may(lx, "LIST-STATUS"))
        return FAIL(ST_SYNTAX, "Unknown LIST option");
    TRY(imap_lex_sp(lx));
    return imap_lex_status_items(lx, &l->status);
}

static enum st parse_options(struct imap_lexer *lx, bool returns, struct list_args *l) SUSPENDS
{
    l->is_extended = true;
    TRY(imap_lex_want(lx, '('));
    if (imap_lex_take(lx, ')'))
        return ST_OK;
    do
        TRY(one_option(lx, returns, l));
    while (imap_lex_take(lx, ' '));
    return imap_lex_want(lx, ')');
}

static enum st parse_selection(struct imap_lexer *lx, struct list_args *l) SUSPENDS
{
    TRY(parse_options(lx, false, l));
    /* RFC 5258 section 3.1: BAD; of what there is only SUBSCRIBED is an option that it may go with (section 6). */
    if (l->select & LIST_RECURSIVEMATCH && !(l->select & LIST_SUBSCRIBED))
        return FAIL(ST_SYNTAX, "RECURSIVEMATCH goes with another option only");
    return imap_lex_sp(lx);
}

static enum st parse_patterns(struct imap_lexer *lx, struct list_args *l) SUSPENDS
{
    bool several = imap_lex_take(lx, '(');

    l->is_extended |= several;
    l->patterns = ARENA_ARRAY(lx->arena, struct str, several ? LIMIT_IMAP_LIST_PATTERNS : 1);
    do {
        if (l->n_patterns == LIMIT_IMAP_LIST_PATTERNS)
            return FAIL(ST_LIMIT, "Too many patterns");
        TRY(imap_lex_pattern(lx, &l->patterns[l->n_patterns++]));
    } while (several && imap_lex_take(lx, ' '));
    return several ? imap_lex_want(lx, ')') : ST_OK;
}

static enum st parse_names(struct imap_lexer *lx, struct list_args *l) SUSPENDS
{
    TRY(imap_lex_reference(lx, &l->reference));
    TRY(imap_lex_sp(lx));
    return parse_patterns(lx, l);
}

enum st imap_list_parse(struct imap_lexer *lx, struct list_args *out)
{
    struct list_args l = {0};

    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) == '(')
        TRY(parse_selection(lx, &l));
    TRY(parse_names(lx, &l));
    if (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0) {
        if (!imap_lex_take_word(lx, STR("RETURN")))
            return FAIL(ST_SYNTAX, "Expected RETURN");
        TRY(imap_lex_sp(lx));
        TRY(parse_options(lx, true, &l));
    }
    if (l.is_extended && !imap_lex_may(lx, "LIST-EXTENDED"))
        return FAIL(ST_SYNTAX, "Unknown LIST option");
    TRY(imap_lex_end(lx));
    *out = l;
    return ST_OK;
}

enum st imap_lsub_parse(struct imap_lexer *lx, struct list_args *out)
{
    struct list_args l = {0};

    TRY(imap_lex_sp(lx));
    TRY(parse_names(lx, &l));
    if (l.is_extended)
        return FAIL(ST_SYNTAX, "LSUB has one pattern");
    TRY(imap_lex_end(lx));
    *out = l;
    return ST_OK;
}

static struct str use_attribute(enum mail_use use)
{
    switch (use) {
#define USE(constant, attribute, reference)                                                                            \
    case constant:                                                                                                     \
        return STR(attribute);
#include "imap/uses.def"
#undef USE
    case MAIL_USE_NONE: break;
    }
    return STR_NONE;
}

void imap_list_attributes(struct buf *out, const struct imap_withheld *withheld, const struct mailbox_info *box,
                          bool subscribed)
{
    struct str use = box ? use_attribute(box->use) : STR_NONE;

    if (!box)
        buf_addz(out, "\\NonExistent "); /* implies \Noselect */
    else if (box->noselect)
        buf_addz(out, "\\Noselect ");
    if (!imap_is_withheld(withheld, STR("CHILDREN")))
        buf_addz(out, box && box->has_children ? "\\HasChildren " : "\\HasNoChildren ");
    if (use.n && !imap_is_withheld(withheld, STR("SPECIAL-USE")))
        buf_addf(out, "%.*s ", STR_ARGS(use));
    if (subscribed)
        buf_addz(out, "\\Subscribed ");
    if (out->n)
        out->n--; /* no blank behind the last one */
}

void imap_put_list(struct imap_conn *conn, struct str word, struct str attributes, struct str more, struct str name)
{
    imap_put(conn, word);
    imap_put(conn, attributes);
    if (attributes.n && more.n)
        imap_put(conn, STR(" "));
    imap_put(conn, more);
    imap_put(conn, STR(") \"/\" "));
    imap_put_mailbox(conn, name);
}

void imap_put_list_line(struct imap_session *s, struct str attributes, struct str name, struct str old)
{
    struct imap_conn *conn = &s->conn;

    imap_put_list(conn, STR("* LIST ("), attributes, STR_NONE, name);
    if (old.n) {
        imap_put(conn, STR(" (\"OLDNAME\" ("));
        imap_put_mailbox(conn, old);
        imap_put(conn, STR("))"));
    }
    imap_put(conn, STR("\r\n"));
}
