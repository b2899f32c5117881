/* What a client is told of the selected mailbox without asking (RFC 3501 7.2 to 7.4). */
#include "base/clock.h"
#include "co/co.h"
#include "mail/rights.h"
#include "imap/condstore.h"
#include "imap/context.h"
#include "imap/metadata.h"
#include "imap/notify.h"
#include "imap/set.h"

enum {
    SLICE_US = 2000,  /* after so long others have a turn */
    LOOKS_EVERY = 16, /* changes between looks at the clock: with sorted searches each takes long */
};

/* "* n WORD" */
static void put_numbered(struct imap_conn *c, uint32_t n, struct str words) SUSPENDS
{
    char *p = imap_room(c, 32 + words.n);

    *p++ = '*';
    *p++ = ' ';
    p = imap_digits(p, n);
    memcpy(p, words.p, words.n);
    imap_wrote(c, p + words.n);
}

void imap_put_flags(struct imap_session *s, const struct mail_msg *m)
{
    char *p = imap_room(&s->conn, 80), *start = p;

    *p++ = '(';
#define FLAG(bit, name, constant)                                                                                      \
    if (m->flags & (constant)) {                                                                                       \
        memcpy(p, " \\" name, sizeof(name) + 1);                                                                       \
        p += sizeof(name) + 1;                                                                                         \
    }
#include "imap/flags.def"
#undef FLAG
    if (m->recent && !imap_is_rev2(s)) {
        memcpy(p, " \\Recent", 8);
        p += 8;
    }
    if (p > start + 1) { /* the first one needs no blank before it */
        memmove(start + 1, start + 2, (size_t)(p - start - 2));
        p--;
    }
    bool first = p == start + 1;

    imap_wrote(&s->conn, p);
    for (uint64_t bits = m->keywords; bits; bits &= bits - 1) {
        if (!first)
            imap_put(&s->conn, STR(" "));
        first = false;
        imap_put(&s->conn, view_keyword(s->view, (unsigned)__builtin_ctzll(bits)));
    }
    imap_put(&s->conn, STR(")"));
}

/* Those of `bits`, and with `names` the keywords. */
static void put_known_flags(struct imap_session *s, uint32_t bits, bool names) SUSPENDS
{
    bool first = true;

#define FLAG(bit, name, constant)                                                                                      \
    if (bits & (constant)) {                                                                                           \
        imap_put(&s->conn, first ? STR("\\" name) : STR(" \\" name));                                                  \
        first = false;                                                                                                 \
    }
#include "imap/flags.def"
#undef FLAG
    for (unsigned i = 0; names && i < view_keywords(s->view); i++) {
        struct str name = view_keyword(s->view, i);

        if (name.n == 0)
            continue;
        imap_put(&s->conn, first ? STR("") : STR(" "));
        first = false;
        imap_put(&s->conn, name);
    }
}

void imap_put_mailbox_flags(struct imap_session *s)
{
    imap_put(&s->conn, STR("* FLAGS ("));
    put_known_flags(s, UINT32_MAX, true);
    imap_put(&s->conn, STR(")\r\n"));
    if (!view_permanent(s->view)) {
        imap_put(&s->conn, STR("* OK [PERMANENTFLAGS ()] Nothing can be changed\r\n"));
        return;
    }
    imap_put(&s->conn, STR("* OK [PERMANENTFLAGS ("));
    put_known_flags(s, view_permanent(s->view), view_rights(s->view) & RIGHT_WRITE);
    if (view_takes_keywords(s->view))
        imap_put(&s->conn, STR(" \\*"));
    imap_put(&s->conn, STR(")] Flags are kept\r\n"));
}

static void put_change(struct imap_session *s, const struct view_change *ch) SUSPENDS
{
    struct mail_msg m;

    switch (ch->what) {
    case VIEW_EXPUNGED:
        put_numbered(&s->conn, ch->seq, STR(" EXPUNGE\r\n"));
        s->has_expunged = true;
        break;
    case VIEW_EXISTS:
        put_numbered(&s->conn, ch->seq, STR(" EXISTS\r\n"));
        if (!imap_is_rev2(s))
            put_numbered(&s->conn, view_recent(s->view), STR(" RECENT\r\n"));
        break;
    case VIEW_FLAGS:
        view_msg(s->view, ch->seq, &m);
        imap_put_fetch(s, ch->seq, &m, imap_is_rev2(s) /* RFC 9051 section 7.5.2 */ || s->notify, true);
        break;
    case VIEW_KEYWORDS: imap_put_mailbox_flags(s); break;
    case VIEW_DELETED: /* the caller's */ break;
    }
}

/* Uids of messages whose flags have changed, or that have come, and of which the searches that are kept up to date have
 * not heard yet. */
#define PENDING_MOST 64
struct pending {
    uint32_t first_new; /* 0: none */
    size_t n;
    struct uid_range r[PENDING_MOST];
};

static enum st tell_contexts(struct imap_session *s, struct pending *p) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct imap_set uids = {p->r, p->n};
    uint32_t first_new = view_count(s->view) + 1;
    struct uid_set seqs;
    enum st st;

    if (p->n == 0)
        return ST_OK;
    if (p->first_new)
        first_new = view_seq_from(s->view, p->first_new);
    st = imap_set_seqs(&a, uids, true, s->view, &seqs);
    if (st == ST_OK)
        st = imap_contexts_changed(s, seqs, first_new);
    p->n = 0;
    p->first_new = 0;
    arena_fini(&a);
    return st;
}

static enum st note_pending(struct imap_session *s, struct pending *p, uint32_t lo, uint32_t hi) SUSPENDS
{
    p->r[p->n++] = (struct uid_range){lo, hi};
    return p->n == PENDING_MOST ? tell_contexts(s, p) : ST_OK;
}

/* `count`: before the change. */
static enum st note_change(struct imap_session *s, const struct view_change *ch, uint32_t count, struct pending *p)
    SUSPENDS
{
    uint32_t last = view_count(s->view) ? view_uid(s->view, view_count(s->view)) : 0;

    if (ch->what == VIEW_FLAGS)
        return note_pending(s, p, ch->uid, ch->uid);
    if (ch->what == VIEW_EXPUNGED && ch->seq == count && last) /* "*" means another one now */
        return note_pending(s, p, last, last);
    if (ch->what != VIEW_EXISTS)
        return ST_OK;
    if (!p->first_new)
        p->first_new = view_uid(s->view, count + 1);
    return note_pending(s, p, view_uid(s->view, count + 1), last);
}

/* Expunged messages one behind the other, told by their uids (RFC 7162 section 3.2.10). */
struct gone {
    struct uid_range r[64];
    size_t n;
};

static void put_gone(struct imap_session *s, struct gone *g) SUSPENDS
{
    for (size_t i = 0; i < g->n; i++) {
        char *p;

        imap_put(&s->conn, i ? STR(",") : STR("* VANISHED "));
        p = imap_digits(imap_room(&s->conn, 24), g->r[i].lo);
        if (g->r[i].hi != g->r[i].lo) {
            *p++ = ':';
            p = imap_digits(p, g->r[i].hi);
        }
        imap_wrote(&s->conn, p);
    }
    if (g->n) {
        imap_put(&s->conn, STR("\r\n"));
        s->has_expunged = true;
    }
    g->n = 0;
}

/* False: it is something else that has happened. */
static bool add_gone(struct imap_session *s, struct gone *g, const struct view_change *ch) SUSPENDS
{
    if (ch->what != VIEW_EXPUNGED || !imap_tells_vanished(s))
        return false;
    if (g->n && g->r[g->n - 1].hi + 1 == ch->uid) {
        g->r[g->n - 1].hi = ch->uid;
        return true;
    }
    if (g->n == ARRAY_LEN(g->r))
        put_gone(s, g);
    g->r[g->n++] = (struct uid_range){ch->uid, ch->uid};
    return true;
}

/* Flags only to whom wants them. Whoever does not hear of them must not believe that he knows all (RFC 7162 section 3.2): the next
 * SELECT tells him. */
static bool is_told(struct imap_session *s, const struct view_change *ch)
{
    if (ch->own)
        return false;
    if (ch->what != VIEW_FLAGS || !s->notify || s->notify->selected & NOTIFY_FLAGS)
        return true;
    if (!s->modseq_left)
        s->modseq_left = view_told_modseq(s->view);
    return false;
}

/* A client that wants to hear of nothing (RFC 5465 section 3.1) sees the mailbox stand still, as a snapshot does, but for what
 * it expunges itself. */
static bool next_change(struct imap_session *s, bool may_expunge, struct view_change *out)
{
    if (s->notify && !s->notify->selected)
        return view_next_own_expunge(s->view, out);
    return view_next_change(s->view, may_expunge, out);
}

struct slice {
    uint64_t from;
    unsigned changes;
};

static void rest(struct slice *sl) SUSPENDS
{
    if (++sl->changes % LOOKS_EVERY || clock_mono_us() - sl->from < SLICE_US)
        return;
    co_yield ();
    sl->from = clock_mono_us();
}

/* Of what came or changed such searches tell behind the response that says so, of what is expunged before it (RFC 5267 sections
 * 4.3.3, 4.3.4). */
static enum st send_changes(struct imap_session *s, bool may_expunge) SUSPENDS
{
    bool notes = s->contexts || (s->notify && s->notify->fetch);
    struct slice slice = {.from = clock_mono_us()};
    struct pending p = {0};
    struct view_change ch;
    struct gone gone;

    gone.n = 0;
    for (;;) {
        uint32_t count = view_count(s->view);

        if (!next_change(s, may_expunge, &ch))
            break;
        if (ch.what != VIEW_EXPUNGED)
            put_gone(s, &gone);
        if (ch.what == VIEW_DELETED) {
            /* RFC 2180 section 3.3: there is no response that takes a mailbox away from its session. */
            s->reason = "mailbox deleted";
            imap_put(&s->conn, STR("* BYE The selected mailbox was deleted\r\n"));
            return FAIL(ST_EOF, "the selected mailbox was deleted");
        }
        if (ch.what == VIEW_EXPUNGED)
            imap_contexts_expunged(s, ch.seq, ch.uid);
        if (is_told(s, &ch) && !add_gone(s, &gone, &ch))
            put_change(s, &ch);
        if (notes) {
            put_gone(s, &gone); /* numbers in what follows are of those that are left */
            TRY(note_change(s, &ch, count, &p));
        }
        rest(&slice);
        TRY(imap_conn_check(&s->conn));
    }
    put_gone(s, &gone);
    return notes ? tell_contexts(s, &p) : imap_conn_check(&s->conn);
}

enum st imap_send_changes(struct imap_session *s, bool may_expunge)
{
    enum st st;

    imap_put_changed_metadata(s);
    st = s->view ? send_changes(s, may_expunge) : imap_conn_check(&s->conn);
    if (st == ST_OK && s->view)
        imap_tell_url_keys(s);
    if (s->notify)
        s->notify->own = (struct uid_range){0};
    return st;
}

void imap_leave_mailbox(struct imap_session *s)
{
    s->modseq_left = 0;
    imap_contexts_forget(s);
    imap_batches_forget(s);
    imap_forget_result(s); /* RFC 5182 section 2.1: it is of the selected mailbox */
    if (!s->view)
        return;
    view_on_change(s->view, NULL, NULL);
    view_close(TAKE(s->view));
}
