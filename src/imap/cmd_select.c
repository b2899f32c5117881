/* SELECT and EXAMINE (RFC 3501 6.3.1, 6.3.2; RFC 9051 6.3.2, 6.3.3), with CONDSTORE and QRESYNC (RFC 7162 3.1.8, 3.2.5). */
#include "imap/condstore.h"
#include "imap/list.h"
#include "imap/object_id.h"
#include "mail/url_key.h"
#include "imap/qresync.h"

struct select {
    struct str name;
    bool condstore;
    struct imap_qresync qresync;
};

static enum st one_parameter(struct imap_lexer *lx, struct select *out)
{
    if (!out->qresync.is_there && imap_lex_may(lx, "QRESYNC") && imap_lex_take_word(lx, STR("QRESYNC"))) {
        TRY(imap_lex_sp(lx));
        return imap_lex_qresync(lx, &out->qresync);
    }
    if (out->condstore || !imap_lex_may(lx, "CONDSTORE") || !imap_lex_take_word(lx, STR("CONDSTORE")))
        return FAIL(ST_SYNTAX, "Unknown parameter");
    out->condstore = true;
    return ST_OK;
}

/* RFC 4466 section 2.1 */
static enum st parse_parameters(struct imap_lexer *lx, struct select *out)
{
    TRY(imap_lex_want(lx, '('));
    do
        TRY(one_parameter(lx, out));
    while (imap_lex_take(lx, ' '));
    return imap_lex_want(lx, ')');
}

static enum st select_parse(struct imap_lexer *lx, struct select *out) SUSPENDS
{
    *out = (struct select){0};
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_mailbox(lx, &out->name));
    if (imap_lex_take(lx, ' ') && imap_lex_peek(lx) >= 0)
        TRY(parse_parameters(lx, out));
    return imap_lex_end(lx);
}

static void put_line(struct imap_conn *c, struct str before, uint64_t n, struct str behind) SUSPENDS
{
    imap_put(c, before);
    imap_put_u64(c, n);
    imap_put(c, behind);
}

static void put_state(struct imap_session *s) SUSPENDS
{
    const struct mailbox_info *info = view_info(s->view);
    struct imap_conn *conn = &s->conn;
    uint32_t unseen = view_first_unseen(s->view);

    imap_put_mailbox_flags(s);
    put_line(conn, STR("* "), view_count(s->view), STR(" EXISTS\r\n"));
    if (!imap_is_rev2(s))
        put_line(conn, STR("* "), view_recent(s->view), STR(" RECENT\r\n"));
    if (unseen && !imap_is_rev2(s) && !imap_is_enabled(s, FEATURE_UIDONLY)) /* RFC 9051 appendix E, 11; RFC 9586 3 */
        put_line(conn, STR("* OK [UNSEEN "), unseen, STR("] The first unseen message\r\n"));
    put_line(conn, STR("* OK [UIDVALIDITY "), info->uidvalidity, STR("] UIDs are valid\r\n"));
    put_line(conn, STR("* OK [UIDNEXT "), info->uidnext, STR("] The next UID\r\n"));
    if (!imap_is_withheld(&s->withheld, STR("OBJECTID")))
        imap_put_status(conn, STR("*"), "OK", imap_mailbox_object_code(&s->cmd_arena, info), STR("Its id"));
    if (!imap_is_withheld(&s->withheld, STR("URLAUTH")))
        imap_put(conn, STR("* OK [URLMECH INTERNAL] URLs can be signed\r\n"));
    s->url_key_resets = view_url_key_resets(s->view);
    if (!imap_is_withheld(&s->withheld, STR("CONDSTORE")))
        put_line(conn, STR("* OK [HIGHESTMODSEQ "), view_told_modseq(s->view), STR("] The latest change\r\n"));
}

static enum st select_run(struct imap_cmd *c, bool read_only) SUSPENDS
{
    struct imap_session *s = c->s;
    struct select sel;

    TRY(select_parse(&c->lx, &sel));
    if (sel.qresync.is_there && !imap_is_enabled(s, FEATURE_QRESYNC))
        return FAIL(ST_SYNTAX, "QRESYNC is not enabled");
    if (sel.qresync.seqs.n && imap_is_enabled(s, FEATURE_UIDONLY)) /* RFC 9586 section 3.7 */
        return imap_refuse_numbers(c);
    if (sel.condstore)
        imap_use_condstore(s);
    if (s->view) /* RFC 9051 section 7.1, RFC 7162 section 3.2.11 */
        imap_put_status(&s->conn, STR("*"), "OK", STR("CLOSED"), STR("The mailbox that was selected is not any more"));
    imap_leave_mailbox(s); /* also when the other one can't be opened */
    TRY(view_open(s->account, sel.name, read_only, &s->view));
    put_state(s);
    s->tell_modseq = false;
    s->modseq_sent = 0; /* HIGHESTMODSEQ has been told */
    if (imap_is_rev2(s))
        imap_put_list_line(s, STR_NONE, sel.name, c->lx.denormal);
    if (sel.qresync.is_there) {
        enum st st = imap_put_resync(s, &sel.qresync);

        if (st != ST_OK) {
            imap_leave_mailbox(s);
            return st;
        }
    }
    c->code = view_is_read_only(s->view) ? STR("READ-ONLY") : STR("READ-WRITE");
    return ST_OK;
}

enum st cmd_select(struct imap_cmd *c)
{
    return select_run(c, false);
}

enum st cmd_examine(struct imap_cmd *c)
{
    return select_run(c, true);
}
