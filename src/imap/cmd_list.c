/* LIST and LSUB (RFC 3501 6.3.8, 6.3.9), with CHILDREN (RFC 3348) and SPECIAL-USE (RFC 6154). */
#include "co/co.h"
#include "imap/pattern.h"
#include "imap/session.h"
#include "mime/mutf7.h"

enum { NAMES_A_TURN = 64 };

struct list_args {
    struct str reference, pattern; /* as sent: modified UTF-7 */
};

static enum st list_parse(struct imap_lexer *lx, struct list_args *out) SUSPENDS
{
    struct list_args l;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_astring(lx, &l.reference));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_pattern(lx, &l.pattern));
    TRY(imap_lex_end(lx));
    *out = l;
    return ST_OK;
}

static struct str encode(struct imap_cmd *c, struct str name)
{
    struct str encoded;

    return mutf7_encode(&c->s->cmd_arena, name, &encoded) == ST_OK ? encoded : name;
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

static void put_entry(struct imap_conn *conn, struct str word, struct str attributes, struct str more, struct str name)
    SUSPENDS
{
    imap_put(conn, word);
    imap_put(conn, attributes);
    if (attributes.n && more.n)
        imap_put(conn, STR(" "));
    imap_put(conn, more);
    imap_put(conn, STR(") \"/\" "));
    imap_put_astring(conn, name);
    imap_put(conn, STR("\r\n"));
}

static void put_mailbox(struct imap_conn *conn, const struct mailbox_info *m, struct str name) SUSPENDS
{
    struct str attributes;

    if (m->noselect)
        attributes = m->has_children ? STR("\\Noselect \\HasChildren") : STR("\\Noselect \\HasNoChildren");
    else
        attributes = m->has_children ? STR("\\HasChildren") : STR("\\HasNoChildren");
    put_entry(conn, STR("* LIST ("), attributes, use_attribute(m->use), name);
}

enum st cmd_list(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct mailbox_info *boxes;
    struct imap_pattern pat;
    struct list_args l;
    size_t n;

    TRY(list_parse(&c->lx, &l));
    if (l.pattern.n == 0) { /* a question about the separator */
        put_entry(&s->conn, STR("* LIST ("), STR("\\Noselect"), STR_NONE, STR(""));
        return ST_OK;
    }
    imap_pattern_init(&pat, &s->cmd_arena, l.reference, l.pattern);
    TRY(mailbox_list(s->account, &s->cmd_arena, &boxes, &n));
    for (size_t i = 0; i < n; i++) {
        struct str name = encode(c, boxes[i].name);

        if (imap_pattern_matches(&pat, name))
            put_mailbox(&s->conn, &boxes[i], name);
        if (i % NAMES_A_TURN == NAMES_A_TURN - 1)
            co_yield ();
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}

/* The first parent of `name` that the pattern matches; empty: none does. */
static struct str matching_parent(struct imap_pattern *pat, struct str name)
{
    for (size_t i = 1; i < name.n; i++)
        if (name.p[i] == '/' && imap_pattern_matches(pat, str_sub(name, 0, i)))
            return str_sub(name, 0, i);
    return STR_NONE;
}

static bool is_listed(const struct str *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

/* RFC 3501 6.3.9: with "%" at the end, a name that is not subscribed to itself, but has a child that is, is
 * listed as \Noselect. */
static void put_parent(struct imap_cmd *c, struct imap_pattern *pat, const struct str *names, size_t n, struct str name,
                       struct str *last) SUSPENDS
{
    struct str parent = matching_parent(pat, name);

    if (parent.n == 0 || str_eq(parent, *last) || is_listed(names, n, parent))
        return;
    *last = parent;
    put_entry(&c->s->conn, STR("* LSUB ("), STR("\\Noselect"), STR_NONE, parent);
}

enum st cmd_lsub(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct str *names, last = STR_NONE;
    struct imap_pattern pat;
    struct list_args l;
    bool parents;
    size_t n;

    TRY(list_parse(&c->lx, &l));
    imap_pattern_init(&pat, &s->cmd_arena, l.reference, l.pattern);
    parents = l.pattern.n && l.pattern.p[l.pattern.n - 1] == '%';
    TRY(mailbox_subscriptions(s->account, &s->cmd_arena, &names, &n));
    for (size_t i = 0; i < n; i++)
        names[i] = encode(c, names[i]);
    for (size_t i = 0; i < n; i++) {
        if (imap_pattern_matches(&pat, names[i]))
            put_entry(&s->conn, STR("* LSUB ("), STR_NONE, STR_NONE, names[i]);
        else if (parents)
            put_parent(c, &pat, names, n, names[i], &last);
        if (i % NAMES_A_TURN == NAMES_A_TURN - 1)
            co_yield ();
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}
