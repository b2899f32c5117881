/* THREAD and UID THREAD (RFC 5256 section 3). */
#include "co/co.h"
#include "imap/message_limit.h"
#include "imap/progress.h"
#include "imap/result.h"
#include "mail/sort.h"

enum { NODES_A_TURN = 5000 };

struct thread_args {
    enum thread_by by;
    struct imap_search search;
};

static enum st thread_parse(struct imap_lexer *lx, struct thread_args *out) SUSPENDS
{
    struct str word;

    *out = (struct thread_args){0};
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_word(lx, &word));
    if (str_eq(word, STR("ORDEREDSUBJECT")) && imap_lex_may(lx, "THREAD=ORDEREDSUBJECT"))
        out->by = THREAD_ORDEREDSUBJECT;
    else if (str_eq(word, STR("REFERENCES")) && imap_lex_may(lx, "THREAD=REFERENCES"))
        out->by = THREAD_REFERENCES;
    else if (str_eq(word, STR("REFS")) && imap_lex_may(lx, "THREAD=REFS"))
        out->by = THREAD_REFS;
    else
        return FAIL(ST_SYNTAX, "Unknown way of threading");
    TRY(imap_lex_sp(lx));
    return imap_search_parse_keys(lx, true, &out->search);
}

/* A forest being written. There is no limit to its depth, so there is no recursion. */
struct writer {
    struct imap_cmd *c;
    const struct thread_node *nodes;
    uint32_t at; /* 0: all is written */
    bool opens;  /* a list begins at `at` */
};

static bool has_one_child(const struct writer *w, uint32_t node)
{
    uint32_t first = w->nodes[node].first;

    return first && !w->nodes[first].next;
}

/* The member of the same list that stands before the node, if it does not begin one. */
static bool goes_on_from_parent(const struct writer *w, uint32_t node)
{
    uint32_t parent = w->nodes[node].parent;

    return parent && w->nodes[parent].seq && has_one_child(w, parent);
}

/* The node and what stands before it. */
static void put_node(struct writer *w) SUSPENDS
{
    const struct thread_node *node = &w->nodes[w->at];
    char *p = imap_room(&w->c->s->conn, 16);

    if (w->opens)
        *p++ = '(';
    if (node->seq) {
        p = imap_digits(p, w->c->uid ? view_uid(w->c->s->view, node->seq) : node->seq);
        if (node->first)
            *p++ = ' ';
    }
    imap_wrote(&w->c->s->conn, p);
}

/* Closes the lists that end behind a node without children, up to where another one begins. */
static void close_lists(struct writer *w) SUSPENDS
{
    while (w->at) {
        while (goes_on_from_parent(w, w->at))
            w->at = w->nodes[w->at].parent;
        imap_put(&w->c->s->conn, STR(")"));
        if (w->nodes[w->at].next) {
            w->at = w->nodes[w->at].next;
            break;
        }
        w->at = w->nodes[w->at].parent;
    }
    w->opens = true;
}

/* RFC 5256 section 5, thread-list: members follow each other while there is one child, and lists when there are more. */
static enum st put_threads(struct imap_cmd *c, const struct thread_node *nodes) SUSPENDS
{
    struct writer w = {c, nodes, nodes[0].first, true};

    if (w.at)
        imap_put(&c->s->conn, STR(" "));
    for (unsigned i = 1; w.at; i++) {
        uint32_t first = nodes[w.at].first;

        put_node(&w);
        if (first) {
            w.opens = !(nodes[w.at].seq && has_one_child(&w, w.at));
            w.at = first;
        } else {
            close_lists(&w);
        }
        if (i % NODES_A_TURN == 0)
            co_yield ();
        TRY(imap_conn_check(&c->s->conn));
    }
    return ST_OK;
}

static enum st thread_run(struct imap_cmd *c, const struct thread_args *a) SUSPENDS
{
    struct imap_session *s = c->s;
    struct imap_progress progress;
    struct thread_forest *forest;
    uint32_t *seqs;
    enum st st;
    size_t n;

    TRY(imap_begin_search(c, &a->search));
    imap_search_resolve(a->search.key, &s->cmd_arena, s->view);
    /* RFC 9738 section 3.3: of a part there is no order */
    TRY(imap_check_limit(c, false, imap_count_searched(&s->cmd_arena, a->search.key, s->view), 0));
    imap_progress_begin(&progress, c, 2);
    imap_progress_enter(&progress, s->view);
    st = view_search(s->view, a->search.key, &s->cmd_arena, &seqs, &n);
    imap_progress_leave(&progress, s->view);
    TRY(st);
    imap_progress_enter(&progress, s->view);
    st = view_thread(s->view, a->by, seqs, n, &forest);
    imap_progress_leave(&progress, s->view);
    TRY(st);
    imap_put(&s->conn, STR("* THREAD"));
    st = put_threads(c, thread_forest_nodes(forest));
    thread_forest_free(forest);
    TRY(st);
    imap_put(&s->conn, STR("\r\n"));
    return ST_OK;
}

enum st cmd_thread(struct imap_cmd *c)
{
    struct thread_args a;
    enum st st = thread_parse(&c->lx, &a);

    if (st == ST_OK)
        st = thread_run(c, &a);
    return imap_end_search(c, &a.search, st);
}
