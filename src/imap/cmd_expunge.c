/* EXPUNGE (RFC 3501 6.4.3) and UID EXPUNGE (RFC 4315 2.1). */
#include "co/co.h"
#include "imap/message_limit.h"

enum { LOOKS_A_TURN = 20000 };

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

/* Of the messages that would go the last ones (RFC 9738 section 3.1), when they are more than the limit: these alone. */
static void limit_expunged(struct imap_cmd *c, uint32_t most, struct uid_set seqs, struct uid_set *out_uids) SUSPENDS
{
    struct imap_session *s = c->s;
    size_t room = MIN((size_t)most, (size_t)view_count(s->view)), n = 0, looks = 0;
    struct uid_range *r = ARENA_ARRAY(&s->cmd_arena, struct uid_range, room);
    struct mail_msg m;

    for (size_t i = seqs.n; i > 0; i--) {
        for (uint32_t seq = seqs.r[i - 1].hi; seq >= seqs.r[i - 1].lo; seq--) {
            view_msg(s->view, seq, &m);
            if (++looks % LOOKS_A_TURN == 0)
                co_yield ();
            if (m.gone || !(m.flags & MAIL_DELETED))
                continue;
            if (n == room) { /* one more */
                c->limited_at = r[0].lo;
                *out_uids = (struct uid_set){r, n};
                return;
            }
            n++;
            r[room - n] = (struct uid_range){m.uid, m.uid};
        }
    }
}

/* EXPUNGE itself knows no limit. The tagged response is for HIGHESTMODSEQ where that is told (RFC 7162 section 3.2.9). */
static enum st choose_expunged(struct imap_cmd *c, struct imap_set set, struct uid_set *out_uids) SUSPENDS
{
    struct imap_session *s = c->s;
    uint32_t most = imap_message_limit(s, false);
    struct uid_set seqs;

    TRY(imap_set_uids(&s->cmd_arena, set, true, s->view, out_uids));
    if (!most)
        return ST_OK;
    TRY(imap_set_seqs(&s->cmd_arena, set, true, s->view, &seqs));
    limit_expunged(c, most, seqs, out_uids);
    if (c->limited_at && imap_is_enabled(s, FEATURE_CONDSTORE))
        imap_tell_message_limit_untagged(c);
    return ST_OK;
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
        TRY(choose_expunged(c, e.set, &uids));
    return uids.n ? view_expunge(s->view, uids, false) : ST_OK;
}
