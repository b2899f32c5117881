/* NOTIFY (RFC 5465). Of mailboxes of others (RFC 4314) those are watched that are there and named by the command, directly or by
 * something above them; changes of their metadata are not told. */
#include "co/co.h"
#include "imap/list.h"
#include "imap/metadata.h"
#include "imap/notify.h"
#include "mail/shared.h"

enum { MAILBOXES_A_TURN = 64 };

struct notify_args {
    bool none, status;
    struct notify_group groups[LIMIT_IMAP_FILTERS];
    size_t n;
    const struct fetch *fetch;
    bool is_unsupported; /* an event that nobody here knows */
};

static const struct {
    struct str word;
    unsigned event;
} events[] = {
    {STR("MESSAGENEW"), NOTIFY_NEW},
    {STR("MESSAGEEXPUNGE"), NOTIFY_EXPUNGE},
    {STR("FLAGCHANGE"), NOTIFY_FLAGS},
    {STR("MAILBOXNAME"), NOTIFY_NAME},
    {STR("SUBSCRIPTIONCHANGE"), NOTIFY_SUBSCRIPTION},
    {STR("MAILBOXMETADATACHANGE"), NOTIFY_METADATA},
    {STR("SERVERMETADATACHANGE"), NOTIFY_SERVER},
};

static const struct str known_events =
    STR("BADEVENT (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange MailboxMetadataChange "
        "ServerMetadataChange)"); /* section 3.1: all of them */

static bool is_of_selected(const struct notify_group *g)
{
    return g->filter.what == FILTER_SELECTED || g->filter.what == FILTER_SELECTED_DELAYED;
}

/* " (UID FLAGS)" behind MessageNew */
static enum st parse_items(struct imap_lexer *lx, const struct notify_group *g, struct notify_args *a) SUSPENDS
{
    size_t at = lx->at;
    struct fetch *f;

    if (!imap_lex_take(lx, ' ') || imap_lex_peek(lx) != '(') {
        lx->at = at;
        return ST_OK;
    }
    if (!is_of_selected(g) || a->fetch)
        return FAIL(ST_SYNTAX, "Items are told of new messages in the selected mailbox only");
    f = ARENA_NEW(lx->arena, struct fetch);
    a->fetch = f;
    return fetch_parse_items(lx, f);
}

static enum st one_event(struct imap_lexer *lx, struct notify_group *g, struct notify_args *a) SUSPENDS
{
    struct str word;

    TRY(imap_lex_word(lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        if (!str_eq(word, events[i].word))
            continue;
        g->events |= events[i].event;
        return events[i].event == NOTIFY_NEW ? parse_items(lx, g, a) : ST_OK;
    }
    a->is_unsupported = true;
    return FAIL(ST_DENIED, "This event is not told here");
}

/* Section 5. What can be told of single messages only can't be without the others. */
static enum st check_events(const struct notify_group *g)
{
    unsigned both = NOTIFY_NEW | NOTIFY_EXPUNGE;

    if (g->events & NOTIFY_MESSAGES && (g->events & both) != both)
        return FAIL(ST_SYNTAX, "MessageNew and MessageExpunge go together, and other events of messages with them");
    if (is_of_selected(g) && g->events & ~(unsigned)NOTIFY_MESSAGES)
        return FAIL(ST_SYNTAX, "Of the selected mailbox only events of messages can be chosen");
    return ST_OK;
}

/* "(MessageNew MessageExpunge)" or "NONE"; the parentheses are missing in the examples of section 3.1. */
static enum st parse_events(struct imap_lexer *lx, struct notify_group *g, struct notify_args *a) SUSPENDS
{
    bool several;

    if (imap_lex_take_word(lx, STR("NONE")))
        return ST_OK;
    several = imap_lex_take(lx, '(');
    do
        TRY(one_event(lx, g, a));
    while (imap_lex_take(lx, ' '));
    if (several)
        TRY(imap_lex_want(lx, ')'));
    return check_events(g);
}

static enum st one_group(struct imap_lexer *lx, struct notify_args *a) SUSPENDS
{
    struct notify_group *g = &a->groups[a->n];

    if (a->n == LIMIT_IMAP_FILTERS)
        return FAIL(ST_LIMIT, "Too many groups of events");
    TRY(imap_lex_want(lx, '('));
    TRY(imap_lex_filter(lx, &g->filter));
    if (g->filter.what == FILTER_SUBTREE_ONE)
        return FAIL(ST_SYNTAX, "Only ESEARCH knows of that");
    for (size_t i = 0; i < a->n; i++)
        if (is_of_selected(g) && is_of_selected(&a->groups[i]))
            return FAIL(ST_SYNTAX, "The selected mailbox stands there twice"); /* section 6.1 */
    TRY(imap_lex_sp(lx));
    TRY(parse_events(lx, g, a));
    a->n++;
    return imap_lex_want(lx, ')');
}

static enum st notify_parse(struct imap_lexer *lx, struct notify_args *a) SUSPENDS
{
    TRY(imap_lex_sp(lx));
    a->none = imap_lex_take_word(lx, STR("NONE"));
    if (a->none)
        return imap_lex_end(lx);
    if (!imap_lex_take_word(lx, STR("SET")))
        return FAIL(ST_SYNTAX, "Expected SET or NONE");
    TRY(imap_lex_sp(lx));
    a->status = imap_lex_take_word(lx, STR("STATUS"));
    if (a->status)
        TRY(imap_lex_sp(lx));
    do
        TRY(one_group(lx, a));
    while (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0);
    return imap_lex_end(lx);
}

/* --- setting it ---------------------------------------------------------------------------------------------------- */

static void keep_group(struct imap_notify *n, const struct notify_group *g)
{
    struct notify_group *copy = &n->groups[n->n];

    if (is_of_selected(g)) {
        n->selected = g->events;
        n->is_delayed = g->filter.what == FILTER_SELECTED_DELAYED;
        return;
    }
    if (!g->events)
        return;
    *copy = *g;
    copy->filter.names = ARENA_ARRAY(&n->arena, struct str, g->filter.n);
    for (size_t i = 0; i < g->filter.n; i++)
        copy->filter.names[i] = arena_str(&n->arena, g->filter.names[i]);
    n->n++;
}

static struct imap_notify *notify_new(const struct notify_args *a)
{
    struct imap_notify *n = MEM_NEW(struct imap_notify);

    arena_init(&n->arena);
    n->groups = ARENA_ARRAY(&n->arena, struct notify_group, a->n);
    for (size_t i = 0; i < a->n; i++)
        keep_group(n, &a->groups[i]);
    if (a->fetch)
        n->fetch = fetch_keep(a->fetch, &n->arena);
    return n;
}

static bool has_names_of_others(const struct imap_notify *n)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->groups[i].filter.what != FILTER_PERSONAL && n->groups[i].filter.what != FILTER_INBOXES)
            return true;
    return false;
}

/* Section 3.1: a mailbox that is named, and seen by LIST. */
static bool is_named(const struct imap_notify *n, const struct mailbox_info *box)
{
    for (size_t i = 0; i < n->n; i++)
        if (imap_filter_has(&n->groups[i].filter, box->name, box->subscribed, false))
            return true;
    return false;
}

static enum st watch_it(struct imap_session *s, const struct mailbox_info *box) SUSPENDS
{
    if (!(box->rights & RIGHT_READ))
        return FAIL(ST_NOPERM, "You have no right to that");
    if (!s->notify->far)
        s->notify->far = far_watch_new(s->account);
    return far_watch_add(s->notify->far, box);
}

/* Of others. ST_LIMIT: too many of them. */
static enum st watch_other(struct imap_session *s, const struct mailbox_info *box, bool status) SUSPENDS
{
    unsigned want = imap_notify_events(s->notify, box);
    struct mailbox_info info;
    enum st st;

    if (box->noselect || !want)
        return ST_OK;
    st = want & (NOTIFY_MESSAGES | NOTIFY_NAME) ? watch_it(s, box) : ST_NOPERM; /* of metadata nothing is told */
    if (st == ST_NOPERM)
        imap_put_list_line(s, STR("\\NoAccess"), box->name, STR_NONE);
    if (st == ST_OK && status && mailbox_status(s->account, &s->cmd_arena, box->name, &info) == ST_OK)
        imap_notify_put_status(s, want, &info);
    return st == ST_LIMIT ? st : ST_OK; /* it has gone meanwhile, or can't be asked */
}

static enum st put_mailboxes(struct imap_session *s, const struct mailbox_info *boxes, size_t n, bool status) SUSPENDS
{
    for (size_t i = 0; i < n; i++) {
        if (!boxes[i].owner)
            imap_notify_put_status(s, imap_notify_events(s->notify, &boxes[i]), &boxes[i]);
        else if (is_named(s->notify, &boxes[i]))
            TRY(watch_other(s, &boxes[i], status));
        if (i % MAILBOXES_A_TURN == MAILBOXES_A_TURN - 1)
            co_yield ();
        TRY(imap_conn_check(&s->conn));
    }
    return ST_OK;
}

/* No ENABLE METADATA is needed for that (sections 5.6 and 5.7). */
static bool wants_notes(const struct imap_notify *n)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->groups[i].events & (NOTIFY_METADATA | NOTIFY_SERVER))
            return true;
    return false;
}

/* Watching begins before the mailboxes are told of, so that nothing is missed in between. */
static enum st notify_begin(struct imap_session *s, struct imap_notify *n, bool status) SUSPENDS
{
    struct mailbox_info *boxes;
    size_t n_boxes;
    enum st st;

    n->watch = account_watch_new(s->account);
    account_watch_except(n->watch, s->co);
    if (status) {
        TRY(mailbox_list(s->account, &s->cmd_arena, &boxes, &n_boxes));
        TRY(put_mailboxes(s, boxes, n_boxes, true));
    }
    if (!has_names_of_others(n))
        return ST_OK;
    TRY(mailbox_list_shared(s->account, &s->cmd_arena, &boxes, &n_boxes));
    st = put_mailboxes(s, boxes, n_boxes, status);
    if (st == ST_LIMIT)
        imap_notify_none(s);
    return st;
}

/* What had gathered in the selected mailbox is told under no restriction (section 3.1). */
static enum st notify_run(struct imap_cmd *c, const struct notify_args *a) SUSPENDS
{
    struct imap_session *s = c->s;
    struct imap_notify *n = notify_new(a);

    if (n->arena.used > LIMIT_IMAP_NOTIFY_BYTES) {
        imap_notify_free(n);
        return FAIL(ST_LIMIT, "Too many names and items");
    }
    imap_notify_free(TAKE(s->notify));
    if (!a->none) {
        enum st st = imap_send_changes(s, true);

        if (st != ST_OK) {
            imap_notify_free(n);
            return st;
        }
    }
    s->notify = n;
    imap_watch_metadata(s, imap_is_enabled(s, FEATURE_METADATA) || wants_notes(n));
    return n->n ? notify_begin(s, n, a->status) : ST_OK;
}

enum st cmd_notify(struct imap_cmd *c)
{
    struct notify_args a = {0};
    enum st st = notify_parse(&c->lx, &a);

    if (st == ST_OK)
        st = notify_run(c, &a);
    if (a.is_unsupported)
        c->code = known_events;
    else if (st == ST_LIMIT)
        c->code = STR("NOTIFICATIONOVERFLOW"); /* section 3.1 */
    return st;
}
