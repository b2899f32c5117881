#include "imap/qresync.h"

#include "co/co.h"
#include "imap/condstore.h"

enum {
    RANGES_A_LINE = 300, /* there is no limit to what has gone, but there is to what clients take for a line */
    LOOKS_A_TURN = 20000,
    MESSAGES_A_TURN = 2000,
};

/* --- the parameter ---------------------------------------------------------------------------------- */

/* Without "*" (section 7) and "$". */
static enum st plain_set(struct imap_lexer *lx, struct imap_set *out)
{
    TRY(imap_lex_set(lx, out));
    if (out->is_saved)
        return FAIL(ST_SYNTAX, "$ has no place there");
    for (size_t i = 0; i < out->n; i++)
        if (!out->r[i].lo || !out->r[i].hi)
            return FAIL(ST_SYNTAX, "* has no place there");
    return ST_OK;
}

static enum st ascending_set(struct imap_lexer *lx, struct imap_set *out, uint64_t *out_n)
{
    *out_n = 0;
    TRY(plain_set(lx, out));
    for (size_t i = 0; i < out->n; i++) {
        if (out->r[i].lo > out->r[i].hi || (i && out->r[i].lo <= out->r[i - 1].hi))
            return FAIL(ST_SYNTAX, "Numbers there go up");
        *out_n += (uint64_t)out->r[i].hi - out->r[i].lo + 1;
    }
    return ST_OK;
}

static enum st match_data(struct imap_lexer *lx, struct imap_qresync *q)
{
    uint64_t n_seqs, n_uids;

    TRY(imap_lex_want(lx, '('));
    TRY(ascending_set(lx, &q->seqs, &n_seqs));
    TRY(imap_lex_sp(lx));
    TRY(ascending_set(lx, &q->uids, &n_uids));
    if (n_seqs != n_uids)
        return FAIL(ST_SYNTAX, "As many uids as numbers of messages are needed");
    return imap_lex_want(lx, ')');
}

enum st imap_lex_qresync(struct imap_lexer *lx, struct imap_qresync *out)
{
    struct imap_qresync q = {.is_there = true};

    TRY(imap_lex_want(lx, '('));
    TRY(imap_lex_number(lx, &q.uidvalidity));
    if (!q.uidvalidity)
        return FAIL(ST_SYNTAX, "A uidvalidity is not 0");
    TRY(imap_lex_sp(lx));
    TRY(imap_lex_number64(lx, &q.since));
    bool more = imap_lex_take(lx, ' ');

    if (more && imap_lex_peek(lx) != '(') {
        TRY(plain_set(lx, &q.known));
        q.has_known = true;
        more = imap_lex_take(lx, ' ');
    }
    if (more)
        TRY(match_data(lx, &q));
    TRY(imap_lex_want(lx, ')'));
    *out = q;
    return ST_OK;
}

/* --- what has gone ------------------------------------------------------------------------------------ */

struct vanished {
    struct imap_session *s;
    uint32_t seq;    /* messages below have smaller uids than what is still to be told */
    unsigned ranges; /* in the line being written */
    size_t looks;
};

static void end_line(struct vanished *w) SUSPENDS
{
    if (w->ranges)
        imap_put(&w->s->conn, STR("\r\n"));
    w->ranges = 0;
}

static void put_range(struct vanished *w, uint32_t lo, uint32_t hi) SUSPENDS
{
    char *p;

    if (w->ranges == RANGES_A_LINE)
        end_line(w);
    imap_put(&w->s->conn, w->ranges++ ? STR(",") : STR("* VANISHED (EARLIER) "));
    p = imap_digits(imap_room(&w->s->conn, 24), lo);
    if (hi != lo) {
        *p++ = ':';
        p = imap_digits(p, hi);
    }
    imap_wrote(&w->s->conn, p);
}

static void rest(struct vanished *w) SUSPENDS
{
    if (++w->looks % LOOKS_A_TURN == 0)
        co_yield ();
}

/* What the session counts is there, also when it has gone by now: that is told like any other expunge (section 3.2.10). */
static enum st put_missing(struct vanished *w, uint32_t lo, uint32_t hi) SUSPENDS
{
    const struct view *v = w->s->view;
    uint32_t count = view_count(v), next;

    w->seq = MAX(w->seq, view_seq_from(v, lo));
    while (w->seq <= count && (next = view_uid(v, w->seq)) <= hi) {
        if (next > lo)
            put_range(w, lo, next - 1);
        w->seq++;
        if (next == hi)
            return imap_conn_check(&w->s->conn);
        lo = next + 1;
        rest(w);
    }
    put_range(w, lo, hi);
    rest(w);
    return imap_conn_check(&w->s->conn);
}

static enum st put_gone(struct vanished *w, struct uid_set known, struct uid_set gone, uint32_t from) SUSPENDS
{
    uint32_t end = view_told_uidnext(w->s->view) - 1; /* above are those that have never been there */
    size_t i = 0, k = 0;

    while (i < known.n && k < gone.n) {
        uint32_t lo = MAX(MAX(known.r[i].lo, gone.r[k].lo), from);
        uint32_t hi = MIN(MIN(known.r[i].hi, gone.r[k].hi), end);

        if (lo <= hi)
            TRY(put_missing(w, lo, hi));
        if (known.r[i].hi < gone.r[k].hi)
            i++;
        else
            k++;
        rest(w);
    }
    return ST_OK;
}

enum st imap_put_vanished(struct imap_session *s, struct uid_set known, uint32_t from, uint64_t since)
{
    struct vanished w = {.s = s, .seq = 1};
    struct uid_set gone;

    TRY(view_vanished(s->view, since, &s->cmd_arena, &gone));
    TRY(put_gone(&w, known, gone, from));
    end_line(&w);
    return ST_OK;
}

/* --- a mailbox that was just selected ----------------------------------------------------------------- */

/* Of n pairs up to (seq, uid), each one less than the one behind it, the last that is so in the mailbox: its uid, or 0. Uids grow at least as
 * fast as numbers, so that pairs whose uid is too small are below those that fit, and those whose uid is too large above. */
static uint32_t matching(const struct view *v, uint32_t seq, uint32_t uid, uint32_t n)
{
    uint32_t count = view_count(v), lo = seq > count ? MIN(seq - count, n) : 0, hi = n;

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (view_uid(v, seq - mid) > uid - mid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < n && view_uid(v, seq - lo) == uid - lo ? uid - lo : 0;
}

/* What is left of a set, from its end: the last of n ranges ends at `hi`. */
struct rest_of_set {
    const struct uid_range *r;
    size_t n;
    uint32_t hi;
};

static struct rest_of_set whole(struct imap_set set)
{
    return (struct rest_of_set){set.r, set.n, set.n ? set.r[set.n - 1].hi : 0};
}

static uint32_t last_range(const struct rest_of_set *x)
{
    return x->hi - x->r[x->n - 1].lo + 1;
}

static void drop(struct rest_of_set *x, uint32_t n)
{
    if (n < last_range(x)) {
        x->hi -= n;
        return;
    }
    x->n--;
    x->hi = x->n ? x->r[x->n - 1].hi : 0;
}

/* Section 3.2.5.2: up to where the client knows what has gone. */
static uint32_t known_up_to(const struct view *v, const struct imap_qresync *q)
{
    struct rest_of_set seqs = whole(q->seqs), uids = whole(q->uids);
    uint32_t found = 0;

    while (!found && seqs.n && uids.n) {
        uint32_t n = MIN(last_range(&seqs), last_range(&uids));

        found = matching(v, seqs.hi, uids.hi, n);
        drop(&seqs, n);
        drop(&uids, n);
    }
    return found;
}

static enum st put_changed(struct imap_session *s, struct uid_set known, uint64_t since) SUSPENDS
{
    struct mail_msg m;
    unsigned n = 0;

    for (size_t i = 0; i < known.n; i++) {
        uint32_t seq = view_seq_from(s->view, known.r[i].lo);
        uint32_t end =
            known.r[i].hi == UINT32_MAX ? view_count(s->view) + 1 : view_seq_from(s->view, known.r[i].hi + 1);

        while (seq < end && (seq = view_next_since(s->view, seq, end - 1, since)) != 0) {
            view_msg(s->view, seq++, &m);
            imap_put_fetch(s, seq - 1, &m, true, true);
            if (++n % MESSAGES_A_TURN == 0)
                co_yield ();
            TRY(imap_conn_check(&s->conn));
        }
        if (i % LOOKS_A_TURN == LOOKS_A_TURN - 1)
            co_yield ();
    }
    return ST_OK;
}

enum st imap_put_resync(struct imap_session *s, const struct imap_qresync *q)
{
    struct uid_range all = {1, UINT32_MAX};
    struct uid_set known = {&all, 1};
    uint32_t from;

    if (q->uidvalidity != view_info(s->view)->uidvalidity)
        return ST_OK;
    if (q->has_known)
        known = imap_set_order(&s->cmd_arena, q->known, 0);
    from = known_up_to(s->view, q);
    if (from < UINT32_MAX)
        TRY(imap_put_vanished(s, known, from + 1, q->since));
    return put_changed(s, known, q->since);
}
