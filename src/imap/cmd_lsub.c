/* LSUB (RFC 3501 6.3.9). */
#include "co/co.h"
#include "imap/list.h"

enum { NAMES_A_TURN = 64 };

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

static void put_name(struct imap_cmd *c, struct str attributes, struct str name) SUSPENDS
{
    imap_put_list(&c->s->conn, STR("* LSUB ("), attributes, STR_NONE, name);
    imap_put(&c->s->conn, STR("\r\n"));
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
    put_name(c, STR("\\Noselect"), parent);
}

enum st cmd_lsub(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct str *names, last = STR_NONE;
    struct imap_pattern pat;
    struct list_args l;
    bool parents;
    size_t n;

    TRY(imap_lsub_parse(&c->lx, &l));
    imap_pattern_init(&pat, &s->cmd_arena, l.reference, l.patterns[0]);
    parents = str_ends(l.patterns[0], STR("%"));
    TRY(mailbox_subscriptions(s->account, &s->cmd_arena, &names, &n));
    for (size_t i = 0; i < n; i++) {
        if (imap_pattern_matches(&pat, names[i]))
            put_name(c, STR_NONE, names[i]);
        else if (parents)
            put_parent(c, &pat, names, n, names[i], &last);
        if (i % NAMES_A_TURN == NAMES_A_TURN - 1)
            co_yield ();
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}
