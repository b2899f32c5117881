/* A selected mailbox as one session sees it: its own sequence numbers, which stand still until it asks what has
 * happened. While they are the same as everybody's it needs no memory for them; a list of its own begins
 * when others expunge and ends when that has been reported. */
#include "mail/replica.h"

#include "base/must.h"

static struct messages *messages_of(const struct view *v)
{
    return v->mb->messages;
}

/* --- the own list of uids: n of them in an array with a gap where the last expunge was reported -------------- */

static uint32_t own_uid(const struct view *v, size_t i)
{
    return v->uids[i < v->gap_at ? i : i + v->gap_n];
}

static uint32_t uid_at(const struct view *v, size_t i)
{
    return v->uids ? own_uid(v, i) : messages_of(v)->uid[i];
}

static void own_begin(struct view *v)
{
    v->uids = mem_new(MAX(v->n, 1) * sizeof *v->uids);
    if (v->n)
        memcpy(v->uids, messages_of(v)->uid, v->n * sizeof *v->uids);
    v->gap_at = v->n;
    v->gap_n = 0;
}

static void own_end(struct view *v)
{
    mem_free(v->uids);
    v->uids = NULL;
    v->gap_at = v->gap_n = 0;
}

static void own_remove(struct view *v, size_t i)
{
    if (i < v->gap_at)
        memmove(v->uids + i + 1 + v->gap_n, v->uids + i + 1, (v->gap_at - i - 1) * sizeof *v->uids);
    else
        memmove(v->uids + v->gap_at, v->uids + v->gap_at + v->gap_n, (i - v->gap_at) * sizeof *v->uids);
    v->gap_at = i;
    v->gap_n++;
    v->n--;
}

static void own_append(struct view *v, const uint32_t *uids, size_t n)
{
    memmove(v->uids + v->gap_at, v->uids + v->gap_at + v->gap_n, (v->n - v->gap_at) * sizeof *v->uids);
    v->uids = mem_resize(v->uids, (v->n + n) * sizeof *v->uids);
    memcpy(v->uids + v->n, uids, n * sizeof *v->uids);
    v->n += (uint32_t)n;
    v->gap_at = v->n;
    v->gap_n = 0;
}

void view_detach_all(struct messages *m, size_t from)
{
    LIST_EACH(at, &m->mb->views) {
        struct view *v = LIST_ITEM(at, struct view, link);

        if (!v->uids && from < v->n)
            own_begin(v);
    }
}

/* --- opening and closing ---------------------------------------------------------------------------------- */

static void add_range(struct uid_range **r, size_t *n, size_t *cap, uint32_t lo, uint32_t hi)
{
    if (*n && (*r)[*n - 1].hi + 1 == lo) {
        (*r)[*n - 1].hi = hi;
        return;
    }
    if (*n == *cap) {
        *cap = *cap ? *cap * 2 : 4;
        *r = mem_resize(*r, *cap * sizeof **r);
    }
    (*r)[(*n)++] = (struct uid_range){lo, hi};
}

/* Uids up to `hi` are known to this view now: what is \Recent among them is so for it alone, unless it only reads
 * (RFC 3501 2.3.2). Written with the mailbox's next commit. */
static void take_recent(struct view *v, uint32_t hi)
{
    struct mailbox *mb = v->mb;
    const struct messages *m = messages_of(v);
    uint32_t lo = v->n_recent ? MAX(mb->first_recent, v->recent[v->n_recent - 1].hi + 1) : mb->first_recent;

    if (hi < lo || v->guest) /* \Recent is the owner's */
        return;
    add_range(&v->recent, &v->n_recent, &v->cap_recent, lo, hi);
    if (v->read_only)
        return;
    mb->first_recent = hi + 1;
    mb->recent = (uint32_t)(m->n - messages_from(m, mb->first_recent));
}

static enum st open_messages(struct mailbox *mb) SUSPENDS
{
    enum st st;

    mailbox_hold(mb);
    st = messages_load(mb);
    if (st == ST_OK && !mb->durable.exists)
        st = FAIL(ST_NOTFOUND, "the mailbox was just deleted");
    if (st != ST_OK) {
        mailbox_release(mb);
        return st;
    }
    return ST_OK;
}

struct view *view_begin(struct mailbox *mb, bool read_only, const struct guest *g)
{
    struct mail_core *core = mb->a->core;
    struct messages *m = mb->messages;
    struct view *v = MEM_NEW(struct view);

    v->magic = VIEW_MAGIC;
    v->id = (uint64_t)(core - core->m->cores + 1) << 48 | ++core->next_view_id; /* on no core another has it */
    v->mb = mb;
    v->guest = g ? g->id : 0;
    v->guest_domain = g ? g->domain : 0;
    v->read_only = read_only;
    v->n = (uint32_t)m->n;
    v->pos = m->journal_base + m->n_journal;
    v->seen_modseq = mb->highestmodseq;
    v->seen_uidnext = view_info(v)->uidnext;
    messages_use(m);
    list_add_tail(&mb->views, &v->link);
    return v;
}

enum st view_of(struct mailbox *mb, bool read_only, const struct guest *g, struct view **out)
{
    TRY(open_messages(mb));
    account_hold(mb->a);
    *out = view_begin(mb, read_only, g);
    if ((*out)->n)
        take_recent(*out, mb->messages->uid[(*out)->n - 1]);
    return ST_OK;
}

static enum st open_own(struct account *a, struct str name, bool read_only, struct view **out) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb = account_mailbox(a, mailbox_canonical(&ar, name), false);

    arena_fini(&ar);
    TRY(account_check(a));
    if (!mb)
        return FAIL(ST_NOTFOUND, "no such mailbox");
    if (mb->durable.noselect)
        return FAIL(ST_DENIED, "this name has only mailboxes below it");
    TRY(view_of(mb, read_only, NULL, out));
    (*out)->actor = a;
    return ST_OK;
}

enum st view_open(struct account *a, struct str name, bool read_only, struct view **out)
{
    struct arena ar = ARENA_INIT;
    struct place p;
    enum st st = place_find(a, &ar, name, &p);

    if (st == ST_OK)
        st = p.is_own ? open_own(a, p.name, read_only, out) : replica_view(a, &p, name, read_only, out);
    arena_fini(&ar);
    return st;
}

void view_close(struct view *v)
{
    struct mailbox *mb = v->mb;
    struct account *a = mb->a;

    must_obj(v, VIEW_MAGIC);
    list_del(&v->link);
    if (v->replica)
        replica_view_end(v);
    else if (list_is_empty(&mb->views))
        messages_unuse(mb->messages);
    if (!v->replica) {
        mailbox_release(mb);
        account_release(a);
    }
    mem_free(v->uids);
    mem_free(v->held);
    mem_free(v->recent);
    mem_free(v->shown);
    v->magic = 0;
    mem_free(v);
}

uint32_t view_rights(const struct view *v)
{
    struct guest g = {v->guest, v->guest_domain};

    return v->guest ? acl_rights(v->mb->acl, v->mb->a, &g) : RIGHTS_ALL;
}

bool view_may_read(const struct view *v)
{
    return view_rights(v) & RIGHT_READ;
}

bool view_is_examined(const struct view *v)
{
    return v->read_only;
}

/* What others see of changes counts: \Seen of a guest is his own affair. */
bool view_is_read_only(const struct view *v)
{
    return v->read_only || !(view_rights(v) & (RIGHT_INSERT | RIGHT_EXPUNGE | RIGHT_WRITE | RIGHT_DELETED));
}

uint32_t view_permanent(const struct view *v)
{
    return v->read_only ? 0 : rights_flags(view_rights(v));
}

const struct mailbox_info *view_info(const struct view *v)
{
    struct mailbox_info *info = (struct mailbox_info *)&v->info;

    mailbox_describe(v->mb, info);
    if (v->guest) {
        info->name = str_z(v->shown);
        info->owner = v->mb->a->id;
        info->rights = view_rights(v);
        info->use = MAIL_USE_NONE;
        info->recent = 0;
    }
    return info;
}

/* --- numbers ------------------------------------------------------------------------------------------------- */

uint32_t view_count(const struct view *v)
{
    return v->n;
}

uint32_t view_uid(const struct view *v, uint32_t seq)
{
    must(seq >= 1 && seq <= v->n);
    return uid_at(v, seq - 1);
}

uint32_t view_seq_from(const struct view *v, uint32_t uid)
{
    size_t lo = 0, hi = v->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (uid_at(v, mid) < uid)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (uint32_t)lo + 1;
}

uint32_t view_seq(const struct view *v, uint32_t uid)
{
    uint32_t seq = view_seq_from(v, uid);

    return seq <= v->n && uid_at(v, seq - 1) == uid ? seq : 0;
}

static bool place_of(const struct view *v, uint32_t seq, size_t *out_i)
{
    must(seq >= 1 && seq <= v->n);
    if (v->uids)
        return messages_find(messages_of(v), own_uid(v, seq - 1), out_i);
    *out_i = seq - 1;
    return true;
}

bool view_place(const struct view *v, uint32_t seq, size_t *out_i)
{
    return place_of(v, seq, out_i);
}

/* \Seen of a guest is his own, and so is when it changed. */
static uint32_t flags_at(const struct view *v, size_t i)
{
    const struct messages *m = messages_of(v);
    uint32_t flags = m->flags[i] & HOT_FLAGS;
    size_t k;

    if (!v->guest)
        return flags;
    flags &= ~(uint32_t)MAIL_SEEN;
    return v->reader && reader_find(v->reader, m->uid[i], &k) && v->reader->seen[k] ? flags | MAIL_SEEN : flags;
}

static uint64_t modseq_at(const struct view *v, size_t i)
{
    const struct messages *m = messages_of(v);
    size_t k;

    return v->reader && reader_find(v->reader, m->uid[i], &k) ? MAX(m->modseq[i], v->reader->modseq[k]) : m->modseq[i];
}

uint32_t view_first_unseen(const struct view *v)
{
    const struct messages *m = messages_of(v);

    for (size_t i = 0; i < m->n; i++) {
        if (!(flags_at(v, i) & MAIL_SEEN))
            return view_seq(v, m->uid[i]); /* 0 when not reported yet: then nothing that was is unseen */
    }
    return 0;
}

static bool is_recent(const struct view *v, uint32_t uid)
{
    for (size_t i = v->n_recent; i-- > 0;) {
        if (uid >= v->recent[i].lo)
            return uid <= v->recent[i].hi;
    }
    return false;
}

uint32_t view_recent(const struct view *v)
{
    uint32_t n = 0;

    for (size_t i = 0; i < v->n_recent; i++) {
        uint32_t hi = v->recent[i].hi;

        n += (hi == UINT32_MAX ? v->n + 1 : view_seq_from(v, hi + 1)) - view_seq_from(v, v->recent[i].lo);
    }
    return n;
}

void view_msg(const struct view *v, uint32_t seq, struct mail_msg *out)
{
    const struct messages *m = messages_of(v);
    size_t i;

    if (!place_of(v, seq, &i)) {
        *out = (struct mail_msg){.uid = uid_at(v, seq - 1), .gone = true};
        return;
    }
    *out = (struct mail_msg){
        .uid = m->uid[i],
        .flags = flags_at(v, i),
        .keywords = m->keywords[i],
        .modseq = modseq_at(v, i),
        .email_id = email_shown(m->email[i], v->mb->a->id, v->guest ? v->guest : v->mb->a->id),
        .size = m->size[i],
        .internal_date_us = m->internal_date[i],
        .save_date_us = m->save_date[i],
        .recent = v->n_recent && is_recent(v, m->uid[i]),
    };
    out->private_modseq = out->modseq != m->modseq[i];
}

unsigned view_keywords(const struct view *v)
{
    return v->mb->n_keywords_durable;
}

struct str view_keyword(const struct view *v, unsigned bit)
{
    must(bit < v->mb->n_keywords_durable);
    return v->mb->keywords[bit];
}

uint64_t view_told_modseq(const struct view *v)
{
    return v->seen_modseq;
}

uint32_t view_told_uidnext(const struct view *v)
{
    return v->seen_uidnext;
}

uint64_t view_modseq(const struct view *v, uint32_t seq)
{
    size_t i;

    return place_of(v, seq, &i) ? modseq_at(v, i) : 0;
}

uint32_t view_next_since(const struct view *v, uint32_t seq, uint32_t hi, uint64_t modseq)
{
    const uint64_t *modseqs = messages_of(v)->modseq;

    must(hi <= v->n);
    for (; !v->uids && !v->reader && seq <= hi; seq++)
        if (modseqs[seq - 1] > modseq)
            return seq;
    for (; seq <= hi; seq++)
        if (view_modseq(v, seq) > modseq)
            return seq;
    return 0;
}

/* --- what has happened ------------------------------------------------------------------------------------------ */

static void hold_back(struct view *v, uint32_t lo, uint32_t hi)
{
    if (v->n_held == v->cap_held) {
        v->cap_held = v->cap_held ? v->cap_held * 2 : 4;
        v->held = mem_resize(v->held, v->cap_held * sizeof *v->held);
    }
    v->held[v->n_held++] = (struct uid_range){lo, hi};
}

/* The next message of [from, hi] that the view still counts, but is gone. */
static bool next_gone(struct view *v, uint32_t from, uint32_t hi, struct view_change *out)
{
    for (uint32_t seq = view_seq_from(v, from); seq <= v->n && uid_at(v, seq - 1) <= hi; seq++) {
        uint32_t uid = uid_at(v, seq - 1);
        size_t i;

        if (messages_find(messages_of(v), uid, &i))
            continue;
        *out = (struct view_change){.what = VIEW_EXPUNGED, .seq = seq, .uid = uid};
        own_remove(v, seq - 1);
        return true;
    }
    return false;
}

/* The next expunged message that the view still counts. */
static bool next_held(struct view *v, struct view_change *out)
{
    while (v->n_held) {
        struct uid_range *r = &v->held[0];

        if (next_gone(v, r->lo, r->hi, out)) {
            r->lo = out->uid;
            return true;
        }
        memmove(v->held, v->held + 1, --v->n_held * sizeof *v->held);
    }
    return false;
}

/* Takes in what has come, up to uid `hi`. */
static bool take_new(struct view *v, uint32_t hi)
{
    const struct messages *m = messages_of(v);
    uint32_t last = v->n ? uid_at(v, v->n - 1) : 0;
    size_t from = last == UINT32_MAX ? m->n : messages_from(m, last + 1);
    size_t to = hi == UINT32_MAX ? m->n : messages_from(m, hi + 1);

    if (to <= from)
        return false;
    if (v->uids)
        own_append(v, m->uid + from, to - from);
    else
        v->n = (uint32_t)to;
    take_recent(v, m->uid[to - 1]);
    return true;
}

/* The next message of [from, hi] that the view counts, is not gone and has at least that modseq. 0: none. */
static uint32_t next_changed(const struct view *v, uint32_t from, uint32_t hi, uint64_t modseq)
{
    size_t i;

    for (uint32_t seq = view_seq_from(v, from); seq <= v->n && uid_at(v, seq - 1) <= hi; seq++) {
        if (place_of(v, seq, &i) && modseq_at(v, i) >= modseq)
            return seq;
    }
    return 0;
}

static void flags_changed(const struct view *v, uint32_t seq, struct view_change *out)
{
    *out = (struct view_change){.what = VIEW_FLAGS, .seq = seq, .uid = uid_at(v, seq - 1)};
}

/* Too slow for the journal: what is gone, new or changed is found by comparing with what is there. */
void view_fall_behind(struct view *v)
{
    struct messages *m = messages_of(v);

    if (!v->resync)
        v->resync_modseq = v->seen_modseq + 1;
    v->resync = true;
    v->resync_uid = 1;
    v->entry_uid = 0;
    v->n_held = 0;
    hold_back(v, 1, UINT32_MAX);
    v->pos = m->journal_base + m->n_journal;
}

/* The list has changed, of which not all is this one's concern. */
static bool rights_moved(struct view *v, struct view_change *out)
{
    uint32_t now = view_rights(v);
    bool moved = now != v->told_rights;

    v->told_rights = now;
    *out = (struct view_change){.what = now & RIGHT_READ ? VIEW_KEYWORDS : VIEW_DELETED};
    return moved;
}

static bool next_resync(struct view *v, struct view_change *out)
{
    uint32_t seq;

    if (v->guest && rights_moved(v, out))
        return true;
    seq = next_changed(v, v->resync_uid, UINT32_MAX - 1, v->resync_modseq);
    if (seq) {
        flags_changed(v, seq, out);
        v->resync_uid = out->uid + 1;
        return true;
    }
    v->resync = false;
    if (!v->mb->durable.exists) {
        *out = (struct view_change){.what = VIEW_DELETED};
        return true;
    }
    if (!take_new(v, UINT32_MAX))
        return false;
    *out = (struct view_change){.what = VIEW_EXISTS, .seq = v->n};
    return true;
}

static const struct journal_entry *entry_at(const struct view *v)
{
    const struct messages *m = messages_of(v);

    return v->pos < m->journal_base + m->n_journal ? &m->journal[v->pos - m->journal_base] : NULL;
}

static bool concerns(const struct view *v, const struct journal_entry *e)
{
    return (v->tells_own || e->origin != v->id) && (!e->reader || e->reader == v->guest);
}

static bool next_flags(struct view *v, const struct journal_entry *e, struct view_change *out)
{
    bool own = e->origin == v->id;
    uint32_t seq = !concerns(v, e) ? 0 : next_changed(v, MAX(e->lo, v->entry_uid), e->hi, 0);

    if (!seq) {
        v->entry_uid = 0;
        v->pos++;
        return false;
    }
    flags_changed(v, seq, out);
    out->own = own;
    v->entry_uid = out->uid + 1;
    if (out->uid == e->hi) {
        v->entry_uid = 0;
        v->pos++;
    }
    return true;
}

static bool next_added(struct view *v, const struct journal_entry *e, struct view_change *out)
{
    uint32_t hi = e->hi;

    for (v->pos++; (e = entry_at(v)) && e->what == JOURNAL_ADDED; v->pos++)
        hi = MAX(hi, e->hi);
    if (!take_new(v, hi))
        return false;
    *out = (struct view_change){.what = VIEW_EXISTS, .seq = v->n};
    return true;
}

static bool next_entry(struct view *v, const struct journal_entry *e, struct view_change *out)
{
    switch (e->what) {
    case JOURNAL_ADDED: return next_added(v, e, out);
    case JOURNAL_FLAGS: return next_flags(v, e, out);
    case JOURNAL_REMOVED:
        hold_back(v, e->lo, e->hi);
        v->pos++;
        return false;
    case JOURNAL_KEYWORDS:
        *out = (struct view_change){.what = VIEW_KEYWORDS};
        v->pos++;
        return true;
    case JOURNAL_RIGHTS: v->pos++; return rights_moved(v, out);
    case JOURNAL_DELETED:
        *out = (struct view_change){.what = VIEW_DELETED};
        v->pos++;
        return true;
    }
    never("an entry of no kind");
}

bool view_next_change(struct view *v, bool may_expunge, struct view_change *out)
{
    const struct journal_entry *e;

    must_obj(v, VIEW_MAGIC);
    for (;;) {
        if (may_expunge && next_held(v, out))
            return true;
        if (v->resync) {
            if (next_resync(v, out))
                return true;
            continue;
        }
        e = entry_at(v);
        if (!e)
            break;
        if (next_entry(v, e, out))
            return true;
    }
    if (!v->n_held)
        v->seen_modseq = v->mb->highestmodseq;
    v->seen_uidnext = view_info(v)->uidnext;
    if (v->uids && !v->n_held && v->n == messages_of(v)->n)
        own_end(v); /* the same as everybody's again */
    return false;
}

bool view_has_changes(const struct view *v, bool may_expunge)
{
    const struct messages *m = messages_of(v);

    if (v->resync || (may_expunge && v->n_held))
        return true;
    for (uint64_t pos = v->pos; pos < m->journal_base + m->n_journal; pos++) {
        const struct journal_entry *e = &m->journal[pos - m->journal_base];

        if (e->what == JOURNAL_FLAGS ? concerns(v, e) : e->what != JOURNAL_REMOVED || may_expunge)
            return true;
    }
    return false;
}

bool view_next_own_expunge(struct view *v, struct view_change *out)
{
    const struct messages *m = messages_of(v);

    for (v->own_pos = MAX(v->own_pos, v->pos); v->own_pos < m->journal_base + m->n_journal; v->own_pos++) {
        const struct journal_entry *e = &m->journal[v->own_pos - m->journal_base];

        if (e->what == JOURNAL_REMOVED && e->origin == v->id && next_gone(v, e->lo, e->hi, out))
            return true;
    }
    return false;
}

void view_tell_own(struct view *v, bool on)
{
    v->tells_own = on;
}

void view_on_change(struct view *v, void (*fn)(void *arg), void *arg)
{
    v->on_change = fn;
    v->on_change_arg = arg;
}

void view_on_progress(struct view *v, const struct view_watcher *w)
{
    v->watcher = w;
}

void view_progress(const struct view *v, uint64_t done, uint64_t of)
{
    if (v->watcher)
        v->watcher->progress(v->watcher, done, of);
}
