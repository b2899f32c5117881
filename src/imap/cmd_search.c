/* SEARCH and UID SEARCH (RFC 3501 6.4.4), with ESEARCH (RFC 4731) and SEARCHRES (RFC 5182). */
#include "imap/context.h"
#include "imap/message_limit.h"
#include "imap/progress.h"
#include "imap/result.h"

enum { FIRST_LOOK = 16, LOOK_GROWS = 4 };

/* The first message that matches, or the last one; 0: none. Only as many are asked as it takes, some at a time, since a mailbox is
 * read upwards. */
static enum st search_end(struct imap_cmd *c, const struct search_key *key, bool first, uint32_t *out_seq) SUSPENDS
{
    struct imap_session *s = c->s;
    uint32_t count = view_count(s->view), *seqs, n_done = 0;
    uint64_t most = FIRST_LOOK;
    size_t n;

    *out_seq = 0;
    for (; n_done < count; most *= LOOK_GROWS) {
        uint32_t some = (uint32_t)MIN(most, (uint64_t)(count - n_done)), lo = first ? n_done : count - n_done - some;
        struct uid_range r = {lo + 1, lo + some};

        TRY(view_search_among(s->view, key, (struct uid_set){&r, 1}, &s->cmd_arena, &seqs, &n));
        if (n > 0) {
            *out_seq = seqs[first ? 0 : n - 1];
            return ST_OK;
        }
        n_done += some;
    }
    return ST_OK;
}

/* MIN and MAX alone (RFC 4731 section 3.1): nobody asks for what lies between. */
static bool wants_ends(const struct imap_search *search)
{
    return search->returns & (RETURN_MIN | RETURN_MAX) &&
           (search->returns | RETURN_MIN | RETURN_MAX | RETURN_SAVE) == (RETURN_MIN | RETURN_MAX | RETURN_SAVE);
}

static enum st search_ends(struct imap_cmd *c, unsigned returns, const struct search_key *key, uint32_t **out_seqs,
                           size_t *out_n) SUSPENDS
{
    uint32_t *seqs = ARENA_ARRAY(&c->s->cmd_arena, uint32_t, 2), first = 0, last = 0;
    size_t n = 0;

    if (returns & RETURN_MIN)
        TRY(search_end(c, key, true, &first));
    if (returns & RETURN_MAX && (first || !(returns & RETURN_MIN)))
        TRY(search_end(c, key, false, &last));
    if (first)
        seqs[n++] = first;
    if (last > first)
        seqs[n++] = last;
    *out_seqs = seqs;
    *out_n = n;
    return ST_OK;
}

static enum st search_run(struct imap_cmd *c, const struct imap_search *search) SUSPENDS
{
    struct imap_session *s = c->s;
    struct search_key *key = imap_search_copy(search->key, &s->cmd_arena, true);
    struct imap_progress progress;
    struct uid_set some;
    bool limited, ends;
    uint32_t *seqs;
    enum st st;
    size_t n;

    TRY(imap_begin_search(c, search));
    imap_search_resolve(key, &s->cmd_arena, s->view);
    limited = imap_limit_search(c, key, &some);
    ends = !limited && wants_ends(search);
    imap_progress_begin(&progress, c, ends ? 0 : 1);
    imap_progress_enter(&progress, s->view);
    st = ends      ? search_ends(c, search->returns, key, &seqs, &n)
         : limited ? view_search_among(s->view, key, some, &s->cmd_arena, &seqs, &n)
                   : view_search(s->view, key, &s->cmd_arena, &seqs, &n);
    imap_progress_leave(&progress, s->view);
    TRY(st);
    if (search->returns)
        return imap_put_result(c, search, (struct imap_result){seqs, n});
    imap_put(&s->conn, STR("* SEARCH"));
    imap_put_numbers(c, search, (struct imap_result){seqs, n});
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}

enum st cmd_search(struct imap_cmd *c)
{
    struct imap_search search;
    enum st st = imap_search_parse(&c->lx, &search);

    if (imap_is_rev2(c->s) && !search.returns) /* RFC 9051 section 6.4.4 */
        search.returns = RETURN_ALL;
    if (st == ST_OK)
        st = search_run(c, &search);
    return imap_end_search(c, &search, st);
}
