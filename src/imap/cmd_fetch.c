/* FETCH and UID FETCH (RFC 3501 6.4.5): over the messages, the account's other sessions in between. */
#include "base/must.h"
#include "co/co.h"
#include "imap/condstore.h"
#include "imap/fetch.h"
#include "imap/message_limit.h"
#include "imap/qresync.h"

enum {
    SLICE_US = 2000,    /* after so long others have a turn */
    LOOKS_EVERY = 64,   /* messages between looks at the clock */
    SEEN_AT_ONCE = 100, /* messages that become \Seen in one commit */
    AHEAD = 8,          /* messages whose text is looked for while one goes out */
};

struct progress {
    uint64_t slice_from;
    unsigned messages;
    bool gone, damaged, wants_text;
    uint32_t ahead;       /* up to here, not including, text has been asked for */
    uint32_t damaged_uid; /* the first one */
    struct email_cursor *cursor;
    uint32_t seen_until; /* messages up to this number have been marked \Seen as needed */
    uint32_t newly_from; /* of those, which were marked by this batch */
    bool newly[SEEN_AT_ONCE];
};

/* --- \Seen ------------------------------------------------------------------------------------- */

/* Marks the next messages of the set, from seq on, before their text goes out. That it can't be done (a full disk)
 * is no reason not to show them. */
static void mark_seen(struct fetch_run *f, struct progress *pr, uint32_t seq, uint32_t hi) SUSPENDS
{
    uint32_t end = MIN(hi, seq + SEEN_AT_ONCE - 1);
    struct uid_range r[SEEN_AT_ONCE];
    struct flag_change change = {.how = FLAGS_ADD, .flags = MAIL_SEEN};
    struct mail_msg m;
    size_t n = 0;

    memset(pr->newly, 0, sizeof pr->newly);
    pr->newly_from = seq;
    pr->seen_until = end;
    for (uint32_t i = seq; i <= end; i++) {
        view_msg(f->s->view, i, &m);
        if ((m.flags & MAIL_SEEN) || m.gone || (f->fetch->is_since && m.modseq <= f->fetch->since))
            continue;
        r[n++] = (struct uid_range){m.uid, m.uid};
        pr->newly[i - seq] = true;
    }
    if (n && view_store(f->s->view, (struct uid_set){r, n}, &change) != ST_OK)
        memset(pr->newly, 0, sizeof pr->newly);
}

static bool is_newly_seen(const struct progress *pr, uint32_t seq)
{
    return seq >= pr->newly_from && seq - pr->newly_from < SEEN_AT_ONCE && pr->newly[seq - pr->newly_from];
}

/* --- a message ------------------------------------------------------------------------------------ */

/* ST_NOTFOUND: expunged meanwhile. A damaged record leaves has_email false. */
static enum st load(struct fetch_run *f, struct progress *pr) SUSPENDS
{
    view_msg(f->s->view, f->seq, &f->msg);
    if (f->msg.gone)
        return ST_NOTFOUND;
    f->has_email = false;
    if (!(f->fetch->flags & EMAIL))
        return ST_OK;
    enum st st = email_cursor_get(pr->cursor, f->seq, &f->email);

    if (st == ST_CORRUPT) {
        LOG(IMAP_COMMAND_FAILED, lf_z("command", "FETCH"), lf_err());
        return ST_OK;
    }
    TRY(st);
    f->has_email = true;
    return fetch_see_global(f);
}

static void note_damage(struct fetch_run *f, struct progress *pr)
{
    if (pr->damaged)
        return;
    pr->damaged = true;
    pr->damaged_uid = f->msg.uid;
}

/* An item with its blank before it. What is damaged is left out, or NIL where the grammar allows that. */
static enum st put_item(struct fetch_run *f, struct progress *pr, const struct fetch_item *it, bool *first) SUSPENDS
{
    if ((it->flags & EMAIL) && !f->has_email && it->write != fetch_section && it->write != fetch_binary) {
        note_damage(f, pr);
        return ST_OK;
    }
    if (!*first)
        imap_put(f->conn, STR(" "));
    *first = false;
    enum st st = it->write(f, it);

    if (st != ST_CORRUPT)
        return st;
    note_damage(f, pr);
    return ST_OK;
}

static enum st put_items(struct fetch_run *f, struct progress *pr) SUSPENDS
{
    static const struct fetch_item uid = {.write = fetch_uid}, flags = {.write = fetch_flags},
                                   modseq = {.write = fetch_modseq};
    bool newly = is_newly_seen(pr, f->seq), condstore = imap_is_enabled(f->s, FEATURE_CONDSTORE);
    const struct fetch *fetch = f->fetch;
    bool first = true;

    for (size_t i = 0; i < fetch->n; i++)
        TRY(put_item(f, pr, &fetch->items[i], &first));
    if (!fetch->has_flags && newly)
        TRY(put_item(f, pr, &flags, &first));
    if (newly && condstore) { /* RFC 7162 section 3.2.4 */
        if (!fetch->has_uid && !imap_is_enabled(f->s, FEATURE_UIDONLY))
            TRY(put_item(f, pr, &uid, &first));
        if (!fetch->has_modseq)
            TRY(put_item(f, pr, &modseq, &first));
    }
    return first ? put_item(f, pr, &uid, &first) : ST_OK;
}

static enum st put_message(struct fetch_run *f, struct progress *pr) SUSPENDS
{
    enum st st = load(f, pr);

    if (st == ST_NOTFOUND) {
        pr->gone = true;
        return ST_OK;
    }
    TRY(st);
    imap_put_fetch_head(f->s, f->seq, f->msg.uid);
    st = put_items(f, pr);
    if (f->has_blob) {
        email_body_close(&f->blob);
        f->has_blob = false;
    }
    imap_put(f->conn, STR(")\r\n"));
    return st;
}

enum st fetch_put_one(struct imap_session *s, uint32_t seq, const struct fetch *fetch)
{
    struct fetch_run f = {
        .s = s, .conn = &s->conn, .account = s->account, .arena = &s->cmd_arena, .fetch = fetch, .seq = seq, .day = -1};
    struct progress pr = {0};
    enum st st;

    if (fetch->flags & EMAIL)
        TRY(email_cursor_open(s->view, &pr.cursor));
    buf_init(&f.scratch, LIMIT_HEADER + LIMIT_IMAP_LINE);
    st = put_message(&f, &pr);
    buf_fini(&f.scratch);
    buf_fini(&f.record);
    if (pr.cursor)
        email_cursor_close(pr.cursor);
    return st;
}

/* --- all of them ------------------------------------------------------------------------------------ */

static void maybe_yield(struct progress *pr) SUSPENDS
{
    if (++pr->messages % LOOKS_EVERY)
        return;
    uint64_t now = clock_mono_us();

    if (now - pr->slice_from < SLICE_US)
        return;
    co_yield ();
    pr->slice_from = clock_mono_us();
}

static bool wants_text(const struct fetch *fetch)
{
    for (size_t i = 0; i < fetch->n; i++)
        if (fetch->items[i].flags & PARTS || fetch->items[i].write == fetch_preview ||
            (fetch->items[i].write == fetch_section &&
             (fetch->items[i].section.what != MIME_SECTION_HEADER || fetch->items[i].section.depth)))
            return true;
    return false;
}

/* Other threads read and decompress the next ones while this one goes to the client. */
static void read_ahead(struct fetch_run *f, struct progress *pr, uint32_t hi)
{
    uint32_t most = MIN(hi, f->seq + AHEAD);

    pr->ahead = MAX(pr->ahead, f->seq + 1);
    while (pr->ahead <= most && email_read_ahead(f->s->view, pr->ahead))
        pr->ahead++;
}

/* From f->seq on the next one that is meant; 0: none. */
static uint32_t next_seq(const struct fetch_run *f, uint32_t hi)
{
    if (f->seq > hi)
        return 0;
    return f->fetch->is_since ? view_next_since(f->s->view, f->seq, hi, f->fetch->since) : f->seq;
}

static enum st put_range(struct fetch_run *f, struct progress *pr, struct uid_range r) SUSPENDS
{
    bool sees = (f->fetch->flags & SEES) && view_permanent(f->s->view) & MAIL_SEEN;

    for (f->seq = r.lo; (f->seq = next_seq(f, r.hi)) != 0; f->seq++) {
        if (sees && f->seq > pr->seen_until)
            mark_seen(f, pr, f->seq, r.hi);
        if (pr->wants_text)
            read_ahead(f, pr, f->fetch->is_since ? f->seq : r.hi); /* which one is next is not known then */
        TRY(put_message(f, pr));
        TRY(imap_conn_check(f->conn));
        maybe_yield(pr);
    }
    return ST_OK;
}

static enum st put_all(struct fetch_run *f, struct progress *pr, struct uid_set seqs) SUSPENDS
{
    enum st st = ST_OK;

    if (f->fetch->flags & EMAIL)
        TRY(email_cursor_open(f->s->view, &pr->cursor));
    pr->wants_text = wants_text(f->fetch);
    for (size_t i = 0; i < seqs.n && st == ST_OK; i++)
        st = put_range(f, pr, seqs.r[i]);
    if (pr->cursor)
        email_cursor_close(pr->cursor);
    return st;
}

/* Of the messages that are meant those in a range of them. */
static struct uid_set cut_set(struct arena *a, struct uid_set seqs, const struct imap_partial *p)
{
    struct uid_range *r = ARENA_ARRAY(a, struct uid_range, seqs.n + 1);
    size_t all = 0, from, left, n = 0;

    for (size_t i = 0; i < seqs.n; i++)
        all += seqs.r[i].hi - seqs.r[i].lo + 1;
    imap_partial_of(p, all, &from, &left);
    for (size_t i = 0; i < seqs.n && left; i++) {
        size_t here = seqs.r[i].hi - seqs.r[i].lo + 1, skip = MIN(from, here), take = MIN(left, here - skip);

        if (take) {
            uint32_t lo = seqs.r[i].lo + (uint32_t)skip;

            r[n++] = (struct uid_range){lo, lo + (uint32_t)take - 1};
        }
        from -= skip;
        left -= take;
    }
    return (struct uid_set){r, n};
}

/* A range that is too large is refused (RFC 9738 section 3.1). */
static enum st choose_fetched(struct imap_cmd *c, const struct fetch *fetch, struct uid_set *io_seqs)
{
    if (!fetch->partial.lo) {
        *io_seqs = fetch->is_since ? imap_limit_changed(c, *io_seqs, fetch->since) : imap_limit_seqs(c, *io_seqs);
        return ST_OK;
    }
    *io_seqs = cut_set(&c->s->cmd_arena, *io_seqs, &fetch->partial);
    return imap_check_limit(c, false, imap_count_seqs(*io_seqs), 0);
}

/* "*" is the last uid that was given out, though its message may have gone: a client that says 1:* means all it knows. */
static enum st put_vanished(struct imap_session *s, const struct fetch *fetch) SUSPENDS
{
    struct uid_set known = imap_set_order(&s->cmd_arena, fetch->set, view_told_uidnext(s->view) - 1);

    return imap_put_vanished(s, known, 1, fetch->since);
}

enum st cmd_fetch(struct imap_cmd *c)
{
    struct imap_session *s = c->s;
    struct fetch_run f = {.s = s, .conn = &s->conn, .account = s->account, .arena = &s->cmd_arena, .day = -1};
    struct progress pr = {.slice_from = clock_mono_us()};
    struct uid_set seqs;
    struct fetch fetch;
    enum st st;

    TRY(fetch_parse(&c->lx, c->uid, &fetch));
    if (c->uid && !imap_is_enabled(s, FEATURE_UIDONLY)) /* there it stands in front */
        fetch_add_uid(&fetch);
    if (fetch.vanished && !imap_is_enabled(s, FEATURE_QRESYNC))
        return FAIL(ST_SYNTAX, "QRESYNC is not enabled");
    if (fetch.has_modseq)
        imap_use_condstore(s);
    TRY(imap_set_seqs(&s->cmd_arena, fetch.set, c->uid, s->view, &seqs));
    TRY(choose_fetched(c, &fetch, &seqs));
    if (fetch.vanished) /* before the messages (RFC 7162 section 3.2.6) */
        TRY(put_vanished(s, &fetch));
    f.fetch = &fetch;
    buf_init(&f.scratch, LIMIT_HEADER + LIMIT_IMAP_LINE); /* more than a record, too */
    st = put_all(&f, &pr, seqs);
    buf_fini(&f.scratch);
    buf_fini(&f.record);
    TRY(st);
    if ((pr.damaged || f.unknown_cte) && c->limited_at)
        imap_tell_message_limit_untagged(c);
    if (pr.damaged)
        return FAIL(ST_CORRUPT, "The message with UID %u is damaged in the store", pr.damaged_uid);
    if (f.unknown_cte) {
        c->code = STR("UNKNOWN-CTE");
        return FAIL(ST_DENIED, "A part has a transfer encoding that is not known here");
    }
    if (pr.gone) { /* RFC 5530; RFC 2180 4.1 */
        c->code = STR("EXPUNGEISSUED");
        c->text = STR("Some of the messages are gone");
    }
    return ST_OK;
}
