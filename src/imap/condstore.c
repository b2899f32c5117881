/* What a client that knows of modseqs is told beside everybody's responses (RFC 7162): the modseq of each message, and up to which
 * one it knows everything. A client takes the highest one it has seen for that when nothing else is said (section 6); so when something
 * older is still held back from it, it is told a lower one. */
#include "imap/condstore.h"

#include "base/must.h"

void imap_use_condstore(struct imap_session *s)
{
    if (imap_is_enabled(s, FEATURE_CONDSTORE))
        return;
    s->features |= 1u << FEATURE_CONDSTORE;
    s->tell_modseq = true;
}

void imap_put_modseq(struct imap_session *s, uint64_t modseq)
{
    char *p = imap_room(&s->conn, 40);

    memcpy(p, "MODSEQ (", 8);
    p = imap_digits(p + 8, modseq);
    *p++ = ')';
    imap_wrote(&s->conn, p);
    s->modseq_sent = MAX(s->modseq_sent, modseq);
}

static bool is_wanted(const struct imap_session *s, uint64_t told)
{
    if (!s->view || !imap_is_enabled(s, FEATURE_CONDSTORE))
        return false;
    return s->tell_modseq || s->modseq_sent > told || s->has_expunged;
}

static uint64_t told_modseq(const struct imap_session *s)
{
    uint64_t told = s->view ? view_told_modseq(s->view) : 0;

    return s->modseq_left ? MIN(told, s->modseq_left) : told;
}

static struct str code_of(struct imap_session *s, uint64_t modseq)
{
    return arena_printf(&s->cmd_arena, "HIGHESTMODSEQ %llu", (unsigned long long)modseq);
}

void imap_lower_modseq(struct imap_session *s)
{
    uint64_t told = told_modseq(s);

    if (!imap_is_enabled(s, FEATURE_CONDSTORE) || s->modseq_sent <= told)
        return;
    imap_put_status(&s->conn, STR("*"), "OK", code_of(s, told), STR("Told so far"));
    s->modseq_sent = 0;
}

/* Section 3.1: the first command that enables CONDSTORE answers it untagged; sections 3.2.7 and 3.2.9: EXPUNGE has it in
 * its tagged OK, and MOVE in some OK (RFC 6851 section 4.4). Whoever was told of an expunge, which names no modseq, learns by
 * it that all up to there is known. */
void imap_tell_modseq(struct imap_cmd *c, enum st st)
{
    struct imap_session *s = c->s;
    uint64_t told = told_modseq(s);
    bool is_first = s->tell_modseq, wanted;

    wanted = is_wanted(s, told);
    s->tell_modseq = s->has_expunged = false;
    s->modseq_sent = 0;
    if (!wanted)
        return;
    struct str code = code_of(s, told);

    if (!is_first && st == ST_OK && !c->later && c->code.n == 0)
        c->code = code;
    else
        imap_put_status(&s->conn, STR("*"), "OK", code, STR("Told so far"));
}

void imap_put_fetch_head(struct imap_session *s, uint32_t seq, uint32_t uid)
{
    bool by_uid = imap_is_enabled(s, FEATURE_UIDONLY);
    struct str word = by_uid ? STR(" UIDFETCH (") : STR(" FETCH (");
    char *p = imap_room(&s->conn, 32);

    *p++ = '*';
    *p++ = ' ';
    p = imap_digits(p, by_uid ? uid : seq);
    memcpy(p, word.p, word.n);
    imap_wrote(&s->conn, p + word.n);
}

void imap_put_fetch(struct imap_session *s, uint32_t seq, const struct mail_msg *m, bool uid, bool flags)
{
    bool modseq = imap_is_enabled(s, FEATURE_CONDSTORE);
    struct imap_conn *conn = &s->conn;

    must(flags || modseq);
    imap_put_fetch_head(s, seq, m->uid);
    if ((uid || modseq) && !imap_is_enabled(s, FEATURE_UIDONLY)) { /* section 3.2.4 */
        char *p = imap_room(conn, 32);

        memcpy(p, "UID ", 4);
        p = imap_digits(p + 4, m->uid);
        *p++ = ' ';
        imap_wrote(conn, p);
    }
    if (flags) {
        imap_put(conn, STR("FLAGS "));
        imap_put_flags(s, m);
    }
    if (flags && modseq)
        imap_put(conn, STR(" "));
    if (modseq)
        imap_put_modseq(s, m->modseq);
    imap_put(conn, STR(")\r\n"));
}
