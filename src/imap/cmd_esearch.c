/* ESEARCH (RFC 7377): a search in several mailboxes, of which none gets selected. They are looked at one behind the
 * other, each opened for reading only and given back, so that no more than one is held for it; what is in memory
 * stays there or goes as with any mailbox that was opened. The search itself lets others run. */
#include "co/co.h"
#include "imap/context.h"
#include "imap/filter.h"
#include "imap/message_limit.h"
#include "imap/progress.h"
#include "mail/shared.h"
#include "imap/result.h"

enum { NAMES_A_TURN = 256 };

struct esearch {
    struct imap_filter filters[LIMIT_IMAP_FILTERS];
    size_t n; /* 0: the selected mailbox */
    bool selected, others;
    struct imap_search search;
    struct imap_progress progress;
    uint64_t searched; /* messages, of all mailboxes */
};

static enum st parse_sources(struct imap_lexer *lx, struct esearch *e) SUSPENDS
{
    TRY(imap_lex_want(lx, '('));
    do {
        struct imap_filter *f = &e->filters[e->n];

        if (e->n == LIMIT_IMAP_FILTERS)
            return FAIL(ST_LIMIT, "Too many choices of mailboxes");
        if (e->n && imap_lex_peek(lx) == '(')
            return FAIL(ST_SYNTAX, "Unknown scope option"); /* section 4: there are none yet */
        TRY(imap_lex_filter(lx, f));
        if (f->what == FILTER_SELECTED_DELAYED)
            return FAIL(ST_SYNTAX, "A search is never delayed");
        e->selected |= f->what == FILTER_SELECTED;
        e->others |= f->what != FILTER_SELECTED;
        e->n++;
    } while (imap_lex_take(lx, ' '));
    return imap_lex_want(lx, ')');
}

static enum st esearch_parse(struct imap_lexer *lx, struct esearch *e) SUSPENDS
{
    size_t at = lx->at;

    TRY(imap_lex_sp(lx));
    if (imap_lex_take_word(lx, STR("IN"))) {
        TRY(imap_lex_sp(lx));
        TRY(parse_sources(lx, e));
    } else {
        e->selected = true;
        lx->at = at;
    }
    TRY(imap_search_parse_return(lx, &e->search));
    TRY(imap_search_parse_keys(lx, false, &e->search));
    if (!e->search.returns)
        e->search.returns = RETURN_ALL; /* section 2.1 */
    if (e->others && e->search.returns & RETURN_SAVE)
        return FAIL(ST_SYNTAX, "Only a search in the selected mailbox can be saved"); /* section 2.2 */
    return ST_OK;
}

/* A search in the selected mailbox alone may be done in part (RFC 9738 section 3.1); of several no response code could say where it ended. */
static enum st search_some_of(struct imap_cmd *c, struct esearch *e, const struct search_key *key, struct view *v,
                              struct arena *a, uint32_t **out_seqs, size_t *out_n) SUSPENDS
{
    struct uid_set some;

    if (!e->others && imap_limit_search(c, key, &some))
        return view_search_among(v, key, some, a, out_seqs, out_n);
    if (e->others && imap_message_limit(c->s, false)) {
        e->searched += imap_count_searched(a, key, v);
        TRY(imap_check_limit(c, false, e->searched, 0));
    }
    return view_search(v, key, a, out_seqs, out_n);
}

static enum st search_view(struct imap_cmd *c, struct esearch *e, struct view *v) SUSPENDS
{
    struct imap_session *s = c->s;
    struct arena a = ARENA_INIT;
    struct search_key *key = imap_search_copy(e->search.key, &a, v == s->view);
    uint32_t *seqs;
    enum st st;
    size_t n;

    imap_search_resolve(key, &a, v);
    imap_progress_enter(&e->progress, v);
    st = search_some_of(c, e, key, v, &a, &seqs, &n);
    imap_progress_leave(&e->progress, v);
    if (st == ST_OK)
        st = imap_put_result(c, &e->search, (struct imap_result){seqs, n, v});
    arena_fini(&a);
    return st;
}

static bool is_selected(const struct imap_session *s, const struct mailbox_info *box)
{
    return imap_is_same_mailbox(view_info(s->view), box);
}

/* What can't be opened is passed over, and nobody can tell why (section 5). */
static enum st search_mailbox(struct imap_cmd *c, struct esearch *e, const struct mailbox_info *box) SUSPENDS
{
    struct imap_session *s = c->s;
    struct view *v;
    enum st st;

    if (s->view && is_selected(s, box))
        return search_view(c, e, s->view);
    st = view_open(s->account, box->name, true, &v);
    if (st == ST_NOTFOUND || st == ST_DENIED || st == ST_NOPERM)
        return ST_OK;
    TRY(st);
    st = search_view(c, e, v);
    view_close(v);
    return st == ST_NOPERM ? ST_OK : st; /* it could be opened, and can't be read any more */
}

/* Of the personal namespace (RFC 5465 sections 6.2, 6.3). */
static bool is_of_own(const struct imap_filter *f)
{
    return f->what == FILTER_PERSONAL || f->what == FILTER_INBOXES;
}

static bool is_meant(const struct imap_cmd *c, const struct esearch *e, const struct mailbox_info *box)
{
    if (box->noselect)
        return false;
    if (e->selected && is_selected(c->s, box))
        return true;
    for (size_t i = 0; i < e->n; i++)
        if (imap_filter_has(&e->filters[i], box->name, box->subscribed, !box->owner))
            return true;
    return false;
}

/* Each mailbox once, however often it was named; the tree of names has no loops. */
static enum st search_some(struct imap_cmd *c, struct esearch *e, const struct mailbox_info *boxes, size_t n) SUSPENDS
{
    for (size_t i = 0; i < n; i++) {
        if (is_meant(c, e, &boxes[i]))
            TRY(search_mailbox(c, e, &boxes[i]));
        if (i % NAMES_A_TURN == NAMES_A_TURN - 1)
            co_yield ();
        TRY(imap_conn_check(&c->s->conn));
    }
    return ST_OK;
}

static enum st search_all(struct imap_cmd *c, struct esearch *e) SUSPENDS
{
    struct mailbox_info *boxes;
    bool others = e->selected && view_info(c->s->view)->owner;
    size_t n;

    TRY(mailbox_list(c->s->account, &c->s->cmd_arena, &boxes, &n));
    TRY(search_some(c, e, boxes, n));
    for (size_t i = 0; i < e->n && !others; i++)
        others = !is_of_own(&e->filters[i]);
    if (!others)
        return ST_OK;
    TRY(mailbox_list_shared(c->s->account, &c->s->cmd_arena, &boxes, &n));
    return search_some(c, e, boxes, n);
}

/* UPDATE is of the selected mailbox (section 2.2), also when it was named in another way. */
static enum st esearch_run(struct imap_cmd *c, struct esearch *e) SUSPENDS
{
    bool update = e->search.returns & RETURN_UPDATE;

    if ((e->selected || update) && !c->s->view)
        return FAIL(ST_SYNTAX, "No mailbox is selected");
    TRY(imap_begin_search(c, &e->search));
    imap_progress_begin(&e->progress, c, e->others ? 0 : 1);
    if (!e->others)
        return search_view(c, e, c->s->view);
    TRY(search_all(c, e));
    if (update && !imap_context_has(c->s, c->tag) && !c->refused_update)
        imap_context_refuse(c, "The selected mailbox is not among those");
    return ST_OK;
}

/* Numbers of messages are of no use outside the selected mailbox: answers are uids (section 2.1). Its example says "UID
 * ESEARCH", which its grammar does not know: both are taken. */
enum st cmd_esearch(struct imap_cmd *c)
{
    struct esearch e = {0};
    enum st st = esearch_parse(&c->lx, &e);

    c->uid = true;
    if (st == ST_OK)
        st = esearch_run(c, &e);
    return imap_end_search(c, &e.search, st);
}
