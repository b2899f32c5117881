/* SEARCH and UID SEARCH (RFC 3501 6.4.4), with ESEARCH (RFC 4731) and SEARCHRES (RFC 5182). */
#include "imap/context.h"
#include "imap/result.h"

static enum st search_run(struct imap_cmd *c, const struct imap_search *search) SUSPENDS
{
    struct imap_session *s = c->s;
    struct search_key *key = imap_search_copy(search->key, &s->cmd_arena, true);
    uint32_t *seqs;
    size_t n;

    TRY(imap_context_check(c, search));
    imap_search_resolve(key, &s->cmd_arena, s->view);
    TRY(view_search(s->view, key, &s->cmd_arena, &seqs, &n));
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
