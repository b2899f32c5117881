/* COPY (RFC 3501 6.4.7) and MOVE (RFC 6851), with COPYUID (RFC 4315). */
#include "imap/message_limit.h"
#include "imap/notify.h"

struct copy {
    struct imap_set set;
    struct str target;
};

static enum st copy_parse(struct imap_lexer *lx, struct copy *out) SUSPENDS
{
    struct copy cp;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_set(lx, &cp.set));
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &cp.target));
    TRY(imap_lex_end(lx));
    *out = cp;
    return ST_OK;
}

/* COPY is done as a whole or not, MOVE may be done in part (RFC 9738 section 3.1). */
static enum st choose_copied(struct imap_cmd *c, const struct copy *cp, bool move, struct uid_set *out_uids)
{
    struct imap_session *s = c->s;
    struct uid_set seqs;

    TRY(imap_set_uids(&s->cmd_arena, cp->set, c->uid, s->view, out_uids));
    if (!imap_message_limit(s, !move))
        return ST_OK;
    TRY(imap_set_seqs(&s->cmd_arena, cp->set, c->uid, s->view, &seqs));
    if (!move)
        return imap_check_limit_seqs(c, true, seqs);
    seqs = imap_limit_seqs(c, seqs);
    if (c->limited_at)
        *out_uids = imap_limited_uids(c, seqs);
    return ST_OK;
}

static enum st copy_run(struct imap_cmd *c, const struct copy *cp, bool move, struct copied *out) SUSPENDS
{
    struct imap_session *s = c->s;
    struct uid_set uids;
    enum st st;

    TRY(choose_copied(c, cp, move, &uids));
    *out = (struct copied){0};
    if (uids.n == 0)
        return ST_OK;
    st = view_copy(s->view, uids, cp->target, move, &s->cmd_arena, out);
    if (st == ST_OK)
        imap_notify_own(s, out->uidvalidity, out->to, out->n);
    if (st == ST_NOTFOUND)
        c->code = STR("TRYCREATE");
    if (st == ST_SYNTAX)
        return FAIL(ST_DENIED, "There can be no mailbox of that name");
    return st;
}

/* Empty where nobody may know of UIDPLUS (RFC 4315). */
static struct str copyuid(const struct imap_cmd *c, const struct copied *done)
{
    struct arena *a = &c->s->cmd_arena;

    if (!imap_lex_may(&c->lx, "UIDPLUS"))
        return STR_NONE;
    struct str from = imap_set_print(a, done->from, done->n), to = imap_set_print(a, done->to, done->n);

    return arena_printf(a, "COPYUID %u %.*s %.*s", done->uidvalidity, STR_ARGS(from), STR_ARGS(to));
}

enum st cmd_copy(struct imap_cmd *c)
{
    struct copied done;
    struct copy cp;

    TRY(copy_parse(&c->lx, &cp));
    TRY(copy_run(c, &cp, false, &done));
    if (done.uidvalidity)
        c->code = copyuid(c, &done);
    else
        c->text = STR("Nothing to copy");
    return ST_OK;
}

enum st cmd_move(struct imap_cmd *c)
{
    struct imap_conn *conn = &c->s->conn;
    struct copied done;
    struct copy cp;

    TRY(copy_parse(&c->lx, &cp));
    if (view_is_examined(c->s->view))
        return FAIL(ST_DENIED, "The mailbox is open for reading only");
    TRY(copy_run(c, &cp, true, &done));
    if (done.uidvalidity) /* before the EXPUNGE responses (RFC 6851 section 4.3) */
        imap_put_status(conn, STR("*"), "OK", copyuid(c, &done), STR("Moved"));
    else
        c->text = STR("Nothing to move");
    return ST_OK;
}
