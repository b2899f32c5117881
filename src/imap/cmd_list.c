/* LIST (RFC 3501 6.3.8), extended (RFC 5258), with STATUS (RFC 5819), CHILDREN (RFC 3348) and SPECIAL-USE (RFC 6154).
 * Names that are subscribed to and do not exist come in with SUBSCRIBED; what is above one, with RECURSIVEMATCH. Every
 * mailbox here has its parents, so that only subscriptions can be below names that are not there. */
#include "base/map.h"
#include "co/co.h"
#include "imap/list.h"
#include "imap/status.h"
#include "mail/shared.h"

#include <stdlib.h>

#define SLICE_US 4000 /* then others run */

struct entry {
    struct str name;
    struct mailbox_info *box; /* NULL: there is no such mailbox */
    bool subscribed, matches;
    bool child_meets, child_hidden; /* one below meets the criteria; one of these does not match */
};

struct listing {
    struct imap_cmd *c;
    struct list_args args;
    struct imap_pattern *patterns;
    struct entry **entries;
    size_t n, cap, missing; /* missing: only above other names */
    struct map by_name;
    uint64_t slice_ends;
};

static enum st rest(struct listing *l) SUSPENDS
{
    if (clock_mono_us() >= l->slice_ends) {
        co_yield ();
        l->slice_ends = clock_mono_us() + SLICE_US;
    }
    return imap_conn_check(&l->c->s->conn);
}

/* --- which names there are ------------------------------------------------------------------------------------- */

static enum st matches(struct listing *l, struct str name, bool *out) SUSPENDS
{
    bool any = false;

    for (size_t i = 0; i < l->args.n_patterns && !any; i++) {
        /* RFC 5258 section 3: an empty one of an extended LIST matches nothing */
        any = l->args.patterns[i].n && imap_pattern_matches(&l->patterns[i], name);
        TRY(rest(l));
    }
    *out = any;
    return ST_OK;
}

static enum st add(struct listing *l, struct str name, struct mailbox_info *box, struct entry **out) SUSPENDS
{
    struct arena *a = &l->c->s->cmd_arena;
    struct entry *e;

    if (l->n == l->cap) {
        l->cap = MAX(l->cap * 2, (size_t)64);
        l->entries = mem_resize(l->entries, l->cap * sizeof(struct entry *));
    }
    e = ARENA_NEW(a, struct entry);
    *e = (struct entry){.name = name, .box = box};
    TRY(matches(l, name, &e->matches));
    l->entries[l->n++] = e;
    *out = e;
    return ST_OK;
}

static enum st add_infos(struct listing *l, struct mailbox_info *boxes, size_t n) SUSPENDS
{
    struct entry *e;

    for (size_t i = 0; i < n; i++) {
        TRY(add(l, boxes[i].name, &boxes[i], &e));
        e->subscribed = boxes[i].subscribed;
        if (l->args.select & LIST_SUBSCRIBED)
            map_str_put(&l->by_name, e->name, e);
    }
    return ST_OK;
}

/* Whether any pattern could match a name in there: what others share need not be asked for else. */
static bool may_match(const struct listing *l, struct str space)
{
    for (size_t i = 0; i < l->args.n_patterns; i++) {
        struct str p = l->args.patterns[i];
        size_t k = 0;

        p = l->args.reference.n
                ? arena_printf(&l->c->s->cmd_arena, "%.*s%.*s", STR_ARGS(l->args.reference), STR_ARGS(p))
                : p;
        while (k < p.n && k < space.n && p.p[k] == space.p[k])
            k++;
        if (k == p.n || k == space.n || p.p[k] == '*' || p.p[k] == '%')
            return true;
    }
    return false;
}

/* A tool of the command line is about one account's own mail. */
static enum st add_mailboxes(struct listing *l) SUSPENDS
{
    struct imap_session *s = l->c->s;
    struct mailbox_info *boxes;
    size_t n;

    TRY(mailbox_list(s->account, &s->cmd_arena, &boxes, &n));
    TRY(add_infos(l, boxes, n));
    if (s->is_tool || !(may_match(l, STR(MAIL_OTHERS)) || may_match(l, STR(MAIL_SHARED))))
        return ST_OK;
    TRY(mailbox_list_shared(s->account, &s->cmd_arena, &boxes, &n));
    return add_infos(l, boxes, n);
}

static enum st find_or_add(struct listing *l, struct str name, struct entry **out) SUSPENDS
{
    struct entry *e = map_str_get(&l->by_name, name);

    if (!e) {
        TRY(add(l, name, NULL, &e));
        map_str_put(&l->by_name, e->name, e);
    }
    *out = e;
    return ST_OK;
}

static enum st add_subscriptions(struct listing *l, struct str **out, size_t *out_n) SUSPENDS
{
    struct entry *e;

    TRY(mailbox_subscriptions(l->c->s->account, &l->c->s->cmd_arena, out, out_n));
    for (size_t i = 0; i < *out_n; i++) {
        TRY(find_or_add(l, (*out)[i], &e));
        e->subscribed = true;
    }
    return ST_OK;
}

/* --- which are told of ----------------------------------------------------------------------------------------- */

static bool meets(const struct listing *l, const struct entry *e)
{
    unsigned select = l->args.select;

    if (!e->box && !e->subscribed)
        return false; /* what is only above another name */
    return (!(select & LIST_SUBSCRIBED) || e->subscribed) &&
           (!(select & LIST_SPECIAL_USE) || (e->box && e->box->use != MAIL_USE_NONE));
}

/* RFC 5258 section 3.5: the names above one that meets the criteria. */
static enum st tell_parents(struct listing *l, const struct entry *child) SUSPENDS
{
    struct entry *e;

    for (size_t i = 1; i < child->name.n; i++) {
        if (child->name.p[i] != '/')
            continue;
        TRY(find_or_add(l, str_sub(child->name, 0, i), &e));
        if (!e->box && !e->subscribed && !e->child_meets && ++l->missing == LIMIT_IMAP_LIST_MISSING)
            return FAIL(ST_LIMIT, "Too many names above subscriptions");
        e->child_meets = true;
        e->child_hidden |= !child->matches;
    }
    return ST_OK;
}

static enum st look_below(struct listing *l, const struct str *subscriptions, size_t n) SUSPENDS
{
    for (size_t i = 0; i < n; i++) {
        const struct entry *e = map_str_get(&l->by_name, subscriptions[i]);

        if (meets(l, e))
            TRY(tell_parents(l, e));
        TRY(rest(l));
    }
    return ST_OK;
}

/* --- telling ----------------------------------------------------------------------------------------------------- */

/* As GETMETADATA would tell them (RFC 9590 section 3). Of what can't be read nothing is told; what is only a name has none. */
static void put_metadata(struct listing *l, const struct entry *e) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct note *notes;
    uint32_t longest;
    size_t n;

    if (imap_metadata_load_listed(l->c->s, &a, e->box, &notes, &n) == ST_OK)
        imap_put_metadata(l->c->s, &a, e->name, &l->args.metadata, notes, n, &longest);
    arena_fini(&a);
}

static void put_status(struct listing *l, const struct entry *e) SUSPENDS
{
    struct imap_session *s = l->c->s;

    /* Of one that is gone meanwhile, or can't be read, nothing is told (RFC 5819 section 2). What of others' is unseen is this user's own. */
    if (e->box->owner && mailbox_status(s->account, &s->cmd_arena, e->name, e->box) != ST_OK)
        return;
    if (imap_status_complete(s, l->args.status, e->box) == ST_OK)
        imap_put_status_items(s, e->name, l->args.status, e->box);
}

static void put_entry(struct listing *l, const struct entry *e) SUSPENDS
{
    struct imap_conn *conn = &l->c->s->conn;
    struct buf attributes;

    buf_init(&attributes, 200);
    imap_list_attributes(&attributes, &l->c->s->withheld, e->box,
                         e->subscribed && (l->args.select | l->args.returns) & LIST_SUBSCRIBED);
    imap_put_list(conn, STR("* LIST ("), buf_str(&attributes), STR_NONE, e->name);
    buf_fini(&attributes);
    imap_put(conn, e->child_meets ? STR(" (\"CHILDINFO\" (\"SUBSCRIBED\"))\r\n") : STR("\r\n"));
    /* RFC 8440 section 3, RFC 9590 section 4, RFC 5819 section 2: not of a name that is only above others, nor of one that does not meet
     * the criteria */
    if (!e->box || !meets(l, e))
        return;
    if (l->args.metadata.n)
        put_metadata(l, e);
    if (l->args.returns & LIST_MYRIGHTS && e->box->rights)
        imap_put_myrights(l->c->s, e->name, e->box->rights);
    if (l->args.status && !e->box->noselect)
        put_status(l, e);
}

static int by_name(const void *a, const void *b)
{
    const struct entry *x = *(struct entry *const *)a, *y = *(struct entry *const *)b;

    return str_cmp(x->name, y->name);
}

static enum st list_names(struct listing *l) SUSPENDS
{
    struct str *subscriptions;
    size_t n;

    TRY(add_mailboxes(l));
    if (l->args.select & LIST_SUBSCRIBED) {
        TRY(add_subscriptions(l, &subscriptions, &n));
        if (l->args.select & LIST_RECURSIVEMATCH)
            TRY(look_below(l, subscriptions, n));
        qsort(l->entries, l->n, sizeof *l->entries, by_name);
    }
    for (size_t i = 0; i < l->n; i++) {
        const struct entry *e = l->entries[i];

        if (e->matches && (meets(l, e) || e->child_hidden))
            put_entry(l, e);
        TRY(rest(l));
    }
    return ST_OK;
}

enum st cmd_list(struct imap_cmd *c)
{
    struct arena *a = &c->s->cmd_arena;
    struct listing l = {.c = c, .slice_ends = clock_mono_us() + SLICE_US};
    enum st st;

    TRY(imap_list_parse(&c->lx, &l.args));
    if (!l.args.is_extended && l.args.patterns[0].n == 0) { /* a question about the separator */
        imap_put_list(&c->s->conn, STR("* LIST ("), STR("\\Noselect"), STR_NONE, STR(""));
        imap_put(&c->s->conn, STR("\r\n"));
        return ST_OK;
    }
    l.patterns = ARENA_ARRAY(a, struct imap_pattern, l.args.n_patterns);
    for (size_t i = 0; i < l.args.n_patterns; i++)
        imap_pattern_init(&l.patterns[i], a, l.args.reference, l.args.patterns[i]);
    st = list_names(&l);
    mem_free(l.entries);
    map_fini(&l.by_name);
    return st;
}
