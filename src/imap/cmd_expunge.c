/* EXPUNGE (RFC 3501 6.4.3) and UID EXPUNGE (RFC 4315 2.1). */
#include "imap/session.h"
#include "imap/set.h"

struct expunge {
    struct imap_set set;
};

static enum st expunge_parse(struct imap_lexer *lx, bool uid, struct expunge *out)
{
    if (uid && !imap_lex_may(lx, "UIDPLUS"))
        return FAIL(ST_SYNTAX, "Unknown command");
    if (uid) {
        TRY(imap_lex_sp(lx));
        TRY(imap_lex_set(lx, &out->set));
    }
    return imap_lex_end(lx);
}

enum st cmd_expunge(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct uid_range all = {1, UINT32_MAX};
    struct uid_set uids = {&all, 1};
    struct expunge e;

    TRY(expunge_parse(&c->lx, c->uid, &e));
    if (view_is_examined(s->view))
        return FAIL(ST_DENIED, "The mailbox is open for reading only");
    if (c->uid)
        TRY(imap_set_uids(&s->cmd_arena, e.set, true, s->view, &uids));
    return uids.n ? view_expunge(s->view, uids, false) : ST_OK;
}
