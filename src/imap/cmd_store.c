/* STORE and UID STORE (RFC 3501 6.4.6), also under a condition (RFC 7162 3.1.3). */
#include "co/co.h"
#include "imap/condstore.h"
#include "imap/message_limit.h"

enum { MESSAGES_A_TURN = 2000 };

struct store_args {
    struct imap_set set;
    struct flag_change change;
    bool silent;
};

/* Behind the set (RFC 7162 section 3.1.3). */
static enum st parse_condition(struct imap_lexer *lx, struct flag_change *out)
{
    TRY(imap_lex_want(lx, '('));
    if (!imap_lex_may(lx, "CONDSTORE") || !imap_lex_take_word(lx, STR("UNCHANGEDSINCE")))
        return FAIL(ST_SYNTAX, "Unknown STORE modifier");
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_number64(lx, &out->unchanged_since));
    out->is_conditional = true;
    TRY(imap_lex_want(lx, ')'));
    return imap_lex_sp(lx);
}

static enum st store_parse(struct imap_lexer *lx, struct store_args *out)
{
    struct store_args a = {.change.how = FLAGS_SET};
    struct imap_flags flags;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_set(lx, &a.set));
    TRY(imap_lex_sp(lx));
    if (imap_lex_peek(lx) == '(')
        TRY(parse_condition(lx, &a.change));
    if (imap_lex_take(lx, '+'))
        a.change.how = FLAGS_ADD;
    else if (imap_lex_take(lx, '-'))
        a.change.how = FLAGS_REMOVE;
    a.silent = imap_lex_take_word(lx, STR("FLAGS.SILENT"));
    if (!a.silent && !imap_lex_take_word(lx, STR("FLAGS")))
        return FAIL(ST_SYNTAX, "Expected FLAGS");
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_flags(lx, true, &flags));
    TRY(imap_lex_end(lx));
    a.change.flags = flags.bits;
    a.change.keywords = flags.keywords;
    a.change.n_keywords = flags.n_keywords;
    *out = a;
    return ST_OK;
}

/* Messages that failed the test are told with all that they are now, so that the client need not ask (RFC 7162 section
 * 3.1.3); the others with their new modseq even when it is to be silent. */
static bool needs_flags(const struct store_args *a, const struct store_outcome *out, size_t *at, uint32_t uid)
{
    while (*at < out->n && out->failed[*at] < uid)
        ++*at;
    return !a->silent || (*at < out->n && out->failed[*at] == uid);
}

/* How the messages look now; those that are gone are passed over (RFC 2180 4.2). */
static enum st put_outcome(struct imap_cmd *c, const struct store_args *a, struct uid_set seqs,
                           const struct store_outcome *out) SUSPENDS
{
    struct imap_session *s = c->s;
    unsigned done = 0;
    size_t at = 0;
    struct mail_msg m;

    for (size_t i = 0; i < seqs.n; i++) {
        for (uint32_t seq = seqs.r[i].lo; seq <= seqs.r[i].hi; seq++) {
            view_msg(s->view, seq, &m);
            if (m.gone) {
                c->code = STR("EXPUNGEISSUED");
                c->text = STR("Some of the messages are gone");
            } else {
                imap_put_fetch(s, seq, &m, c->uid, needs_flags(a, out, &at, m.uid));
            }
            if (++done % MESSAGES_A_TURN == 0)
                co_yield ();
            TRY(imap_conn_check(&s->conn));
        }
    }
    return ST_OK;
}

static void tell_modified(struct imap_cmd *c, const struct store_outcome *out)
{
    struct arena *ar = &c->s->cmd_arena;
    struct str set;

    for (size_t i = 0; !c->uid && i < out->n; i++)
        out->failed[i] = view_seq(c->s->view, out->failed[i]);
    set = imap_set_print(ar, out->failed, out->n);
    c->code = arena_printf(ar, "MODIFIED %.*s", STR_ARGS(set));
    c->text = STR("Some of the messages have changed");
}

enum st cmd_store(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct store_outcome out = {0};
    struct uid_set uids, seqs;
    struct store_args a;

    TRY(store_parse(&c->lx, &a));
    if (a.change.is_conditional)
        imap_use_condstore(s);
    if (view_is_examined(s->view))
        return FAIL(ST_DENIED, "The mailbox is open for reading only");
    TRY(imap_set_seqs(&s->cmd_arena, a.set, c->uid, s->view, &seqs));
    if (seqs.n == 0)
        return ST_OK;
    TRY(imap_set_uids(&s->cmd_arena, a.set, c->uid, s->view, &uids));
    seqs = imap_limit_seqs(c, seqs);
    if (c->limited_at)
        uids = imap_limited_uids(c, seqs);
    TRY(view_store_if(s->view, uids, &a.change, &s->cmd_arena, &out));
    if (!a.silent || imap_is_enabled(s, FEATURE_CONDSTORE))
        TRY(put_outcome(c, &a, seqs, &out));
    if (out.n)
        tell_modified(c, &out);
    return ST_OK;
}
