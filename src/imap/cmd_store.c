/* STORE and UID STORE (RFC 3501 6.4.6). */
#include "co/co.h"
#include "imap/session.h"
#include "imap/set.h"

enum { MESSAGES_A_TURN = 2000 };

struct store_args {
    struct imap_set set;
    struct flag_change change;
    bool silent;
};

static enum st store_parse(struct imap_lexer *lx, struct store_args *out)
{
    struct store_args a = {.change.how = FLAGS_SET};
    struct imap_flags flags;

    TRY(imap_lex_sp(lx));
    TRY(imap_lex_set(lx, &a.set));
    TRY(imap_lex_sp(lx));
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

static void put_flags_of(struct imap_cmd *c, uint32_t seq, const struct mail_msg *m) SUSPENDS
{
    struct imap_conn *conn = &c->s->conn;
    char *p = imap_room(conn, 64);

    *p++ = '*';
    *p++ = ' ';
    p = imap_digits(p, seq);
    memcpy(p, " FETCH (", 8);
    p += 8;
    if (c->uid) {
        memcpy(p, "UID ", 4);
        p = imap_digits(p + 4, m->uid);
        *p++ = ' ';
    }
    memcpy(p, "FLAGS ", 6);
    imap_wrote(conn, p + 6);
    imap_put_flags(c->s, m);
    imap_put(conn, STR(")\r\n"));
}

/* How the messages look now; those that are gone are passed over (RFC 2180 4.2). */
static enum st put_outcome(struct imap_cmd *c, struct uid_set seqs) SUSPENDS
{
    struct imap_session *s = c->s;
    unsigned done = 0;
    struct mail_msg m;

    for (size_t i = 0; i < seqs.n; i++) {
        for (uint32_t seq = seqs.r[i].lo; seq <= seqs.r[i].hi; seq++) {
            view_msg(s->view, seq, &m);
            if (m.gone) {
                c->code = STR("EXPUNGEISSUED");
                c->text = STR("Some of the messages are gone");
            } else {
                put_flags_of(c, seq, &m);
            }
            if (++done % MESSAGES_A_TURN == 0)
                co_yield ();
            TRY(imap_conn_check(&s->conn));
        }
    }
    return ST_OK;
}

enum st cmd_store(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct uid_set uids, seqs;
    struct store_args a;

    TRY(store_parse(&c->lx, &a));
    if (view_is_read_only(s->view))
        return FAIL(ST_DENIED, "The mailbox is open for reading only");
    TRY(imap_set_seqs(&s->cmd_arena, a.set, c->uid, s->view, &seqs));
    if (seqs.n == 0)
        return ST_OK;
    TRY(imap_set_uids(&s->cmd_arena, a.set, c->uid, s->view, &uids));
    TRY(view_store(s->view, uids, &a.change));
    return a.silent ? ST_OK : put_outcome(c, seqs);
}
