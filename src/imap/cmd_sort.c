/* SORT and UID SORT (RFC 5256 section 3), with ESORT (RFC 5267 section 3). */
#include "imap/context.h"
#include "imap/message_limit.h"
#include "imap/progress.h"
#include "imap/result.h"
#include "mail/sort.h"

struct sort {
    struct sort_key keys[SORT_COUNT];
    size_t n_keys;
    struct imap_search search;
};

static enum st one_key(struct imap_lexer *lx, struct sort_key *out)
{
    struct sort_key key = {0};
    struct str word;

    TRY(imap_lex_word(lx, &word));
    if (str_eq(word, STR("REVERSE"))) {
        key.reverse = true;
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_word(lx, &word));
    }
#define SORT_KEY(name, constant, reference)                                                                            \
    if (str_eq(word, STR(name)) && imap_lex_may_row(lx, STR(reference))) {                                             \
        key.by = (constant);                                                                                           \
        *out = key;                                                                                                    \
        return ST_OK;                                                                                                  \
    }
#include "imap/sort_keys.def"
#undef SORT_KEY
    return FAIL(ST_SYNTAX, "Unknown SORT key");
}

/* A key that is there again can't decide anything any more. */
static void add_key(struct sort *s, struct sort_key key)
{
    for (size_t i = 0; i < s->n_keys; i++)
        if (s->keys[i].by == key.by)
            return;
    s->keys[s->n_keys++] = key;
}

/* As with SEARCH `search.returns` and `search.bad_charset` hold whatever comes back. */
static enum st sort_parse(struct imap_lexer *lx, struct sort *out) SUSPENDS
{
    struct sort_key key;

    *out = (struct sort){0};
    TRY(imap_search_parse_return(lx, &out->search));
    if ((out->search.returns && !imap_lex_may(lx, "ESORT")) ||
        (out->search.returns & (RETURN_CONTEXT | RETURN_UPDATE) && !imap_lex_may(lx, "CONTEXT=SORT")))
        return FAIL(ST_SYNTAX, "Unknown RETURN");
    TRY(imap_lex_want(lx, '('));
    do {
        TRY(one_key(lx, &key));
        add_key(out, key);
    } while (imap_lex_take(lx, ' '));
    TRY(imap_lex_want(lx, ')'));
    TRY(imap_lex_sp(lx));
    out->search.sort = out->keys;
    out->search.n_sort = out->n_keys;
    return imap_search_parse_keys(lx, true, &out->search);
}

static enum st sort_run(struct imap_cmd *c, const struct sort *sort) SUSPENDS
{
    struct imap_session *s = c->s;
    struct search_key *key = imap_search_copy(sort->search.key, &s->cmd_arena, true);
    struct imap_progress progress;
    uint32_t *seqs;
    enum st st;
    size_t n;

    TRY(imap_begin_search(c, &sort->search));
    imap_search_resolve(key, &s->cmd_arena, s->view);
    /* RFC 9738 section 3.3: of a part there is no order */
    TRY(imap_check_limit(c, false, imap_count_searched(&s->cmd_arena, key, s->view), 0));
    imap_progress_begin(&progress, c, 2);
    imap_progress_enter(&progress, s->view);
    st = view_search(s->view, key, &s->cmd_arena, &seqs, &n);
    imap_progress_leave(&progress, s->view);
    TRY(st);
    imap_progress_enter(&progress, s->view);
    st = view_sort(s->view, sort->keys, sort->n_keys, seqs, n);
    imap_progress_leave(&progress, s->view);
    TRY(st);
    if (sort->search.returns)
        return imap_put_result(c, &sort->search, (struct imap_result){seqs, n});
    imap_put(&s->conn, STR("* SORT"));
    imap_put_numbers(c, &sort->search, (struct imap_result){seqs, n});
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}

/* RFC 5255 section 4.2: the comparator orders texts. */
static void turn_texts(struct sort *s)
{
    for (size_t i = 0; i < s->n_keys; i++)
        if (s->keys[i].by != SORT_ARRIVAL && s->keys[i].by != SORT_DATE && s->keys[i].by != SORT_SIZE)
            s->keys[i].reverse = !s->keys[i].reverse;
}

enum st cmd_sort(struct imap_cmd *c)
{
    struct sort sort;
    enum st st = sort_parse(&c->lx, &sort);

    if (st == ST_OK && c->s->sorts_down)
        turn_texts(&sort);
    if (st == ST_OK)
        st = sort_run(c, &sort);
    return imap_end_search(c, &sort.search, st);
}
