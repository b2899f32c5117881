/* STORE and EXPUNGE, and picking the messages for them: on the pending state, in commits of bounded size. */
#include "mail/edit.h"
#include "mail/guest.h"

#include "base/metrics.h"
#include "base/must.h"

/* --- picking ---------------------------------------------------------------------------------------------- */

static void pick_begin(struct pick *p, struct arena *ar, size_t most)
{
    p->h = ARENA_ARRAY(ar, struct hot, most);
    p->in_flight = ARENA_ARRAY(ar, bool, most);
    p->n = 0;
    p->last = 0;
}

void pick_view(const struct view *v, struct uid_set uids, uint32_t from, size_t most, bool (*want)(const struct hot *h),
               struct arena *ar, struct pick *out)
{
    const struct messages *m = v->mb->messages;
    uint32_t known = v->n ? view_uid(v, v->n) : 0;

    if (v->is_limited)
        known = MIN(known, v->limit);
    pick_begin(out, ar, MIN(most, m->n));
    for (size_t r = 0; r < uids.n; r++) {
        uint32_t lo = MAX(uids.r[r].lo, from), hi = MIN(uids.r[r].hi, known);

        for (size_t i = messages_from(m, lo); i < m->n && m->uid[i] <= hi; i++) {
            struct hot h = messages_hot(m, i);

            if (!message_pending(v->mb, &h, &out->in_flight[out->n]) || (want && !want(&h)))
                continue;
            out->h[out->n++] = h;
            if (out->n == most) {
                out->last = h.uid;
                return;
            }
        }
    }
}

static void add_pending(const struct mailbox *mb, struct pick *p, struct hot h, size_t most)
{
    if (p->n < most && message_pending(mb, &h, NULL))
        p->h[p->n++] = h;
}

static void pick_pending(struct mailbox *mb, size_t most, struct arena *ar, struct pick *out)
{
    const struct messages *m = mb->messages;
    size_t n = m->n;

    LIST_EACH(at, &mb->adding)
        n += LIST_ITEM(at, struct mailbox_change, adding)->n_adds;
    pick_begin(out, ar, MIN(most, n));
    for (size_t i = 0; i < m->n; i++)
        add_pending(mb, out, messages_hot(m, i), most);
    LIST_EACH(at, &mb->adding) {
        const struct mailbox_change *mc = LIST_ITEM(at, struct mailbox_change, adding);

        for (size_t i = 0; i < mc->n_adds; i++) {
            size_t place;

            if (!messages_find(m, mc->adds[i].uid, &place))
                add_pending(mb, out, mc->adds[i], most);
        }
    }
}

enum st pick_refs(struct account *a, const struct pick *p, bool *out_waited)
{
    struct arena ar = ARENA_INIT;
    uint64_t *missing = ARENA_ARRAY(&ar, uint64_t, p->n);
    enum st st = ST_OK;
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (p->h[i].flags & HOT_SHARED && !refs_known(a, p->h[i].email))
            missing[n++] = p->h[i].email;
    }
    if (n)
        st = refs_load(a, missing, n);
    arena_fini(&ar);
    *out_waited = n > 0;
    return st;
}

enum st pick_all(struct mailbox *mb, size_t most, struct arena *ar, struct pick *out)
{
    bool waited = true;

    while (waited) {
        TRY(messages_load(mb));
        arena_reset(ar);
        pick_pending(mb, most, ar, out);
        TRY(pick_refs(mb->a, out, &waited));
    }
    return ST_OK;
}

static void pick_pending_uids(struct mailbox *mb, struct uid_set uids, size_t most, struct arena *ar, struct pick *out)
{
    const struct messages *m = mb->messages;

    pick_begin(out, ar, MIN(most, m->n));
    for (size_t r = 0; r < uids.n; r++)
        for (size_t i = messages_from(m, uids.r[r].lo); i < m->n && m->uid[i] <= uids.r[r].hi; i++)
            add_pending(mb, out, messages_hot(m, i), most);
}

enum st pick_uids(struct mailbox *mb, struct uid_set uids, size_t most, struct arena *ar, struct pick *out)
{
    bool waited = true;

    while (waited) {
        TRY(messages_load(mb));
        arena_reset(ar);
        pick_pending_uids(mb, uids, most, ar, out);
        TRY(pick_refs(mb->a, out, &waited));
    }
    return ST_OK;
}

/* --- flags -------------------------------------------------------------------------------------------------- */

static enum st keyword_bits(struct mailbox *mb, const struct flag_change *fc, uint64_t *out)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < fc->n_keywords; i++) {
        int bit;

        if (!keyword_is_valid(fc->keywords[i]))
            return FAIL(ST_SYNTAX, "that is no keyword");
        bit = mailbox_keyword(mb, fc->keywords[i], fc->how != FLAGS_REMOVE);
        if (bit < 0 && fc->how != FLAGS_REMOVE)
            return FAIL(ST_LIMIT, "no more than %u keywords in a mailbox", (unsigned)LIMIT_KEYWORDS);
        if (bit >= 0)
            bits |= 1ull << bit;
    }
    *out = bits;
    return ST_OK;
}

static void edit_flags(struct mailbox_change *mc, const struct hot *h, bool in_flight, const struct flag_change *fc,
                       uint64_t bits)
{
    uint8_t given = (uint8_t)(fc->flags & HOT_FLAGS), flags = h->flags;
    uint64_t keywords = h->keywords;

    switch (fc->how) {
    case FLAGS_SET:
        flags = (uint8_t)((flags & (~HOT_FLAGS | fc->keeps)) | given);
        keywords = fc->keeps_keywords ? keywords : bits;
        break;
    case FLAGS_ADD:
        flags |= given;
        keywords |= bits;
        break;
    case FLAGS_REMOVE:
        flags &= (uint8_t)~given;
        keywords &= ~bits;
        break;
    }
    if (flags != h->flags || keywords != h->keywords || in_flight)
        change_edit_flags(mc, h, flags, keywords, false);
}

static enum st check_view(const struct view *v)
{
    must_obj(v, VIEW_MAGIC);
    if (v->read_only)
        return FAIL(ST_DENIED, "the mailbox was selected for reading only");
    if (!v->mb->durable.exists)
        return FAIL(ST_NOTFOUND, "the mailbox was deleted");
    return account_check(v->mb->a);
}

/* RFC 7162 section 3.1.3. A message has one modseq for all its flags. To a condition of 0 it fails if what is to be changed exists:
 * a system flag always does, a keyword when the message carries it. */
static bool passes(const struct hot *h, const struct flag_change *fc, uint64_t bits)
{
    if (!fc->is_conditional || h->modseq <= fc->unchanged_since)
        return true;
    return fc->unchanged_since == 0 && fc->how != FLAGS_SET && !fc->flags && !fc->asks_more && !(h->keywords & bits);
}

/* Those that do not pass are noted, and left out. */
static void take_failed(struct pick *p, const struct flag_change *fc, uint64_t bits, struct arena *ar,
                        struct store_outcome *out)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (passes(&p->h[i], fc, bits)) {
            p->h[n] = p->h[i];
            p->in_flight[n++] = p->in_flight[i];
            continue;
        }
        if (out->n == out->cap) {
            uint32_t *old = out->failed;

            out->cap = out->cap ? out->cap * 2 : 64;
            out->failed = ARENA_ARRAY(ar, uint32_t, out->cap);
            if (out->n)
                memcpy(out->failed, old, out->n * sizeof *old);
        }
        out->failed[out->n++] = p->h[i].uid;
    }
    p->n = n;
}

/* Both ascend. */
static void add_seens(struct mailbox_change *mc, const struct pick *p, const struct flag_change *fc, uint64_t who)
{
    size_t r = 0;

    for (size_t i = 0; i < p->n; i++) {
        while (r < fc->seens.n && fc->seens.r[r].hi < p->h[i].uid)
            r++;
        if (r < fc->seens.n && fc->seens.r[r].lo <= p->h[i].uid)
            change_seen(mc, who, p->h[i].uid, fc->sees);
    }
}

static enum st store_some(struct view *v, struct uid_set uids, uint32_t *from, const struct flag_change *fc,
                          struct arena *ar, struct arena *out_ar, struct store_outcome *out) SUSPENDS
{
    struct mailbox_change *mc;
    struct change *c;
    struct pick p;
    uint64_t bits;

    TRY(check_view(v));
    if (fc->how != FLAGS_REMOVE)
        TRY(keywords_prepare(v->mb, fc->keywords, fc->n_keywords));
    TRY(keyword_bits(v->mb, fc, &bits));
    pick_view(v, uids, *from, LIMIT_MAIL_COMMIT, NULL, ar, &p);
    *from = p.last ? p.last + 1 : 0;
    if (fc->is_conditional)
        take_failed(&p, fc, bits, out_ar, out);
    c = change_begin(v->mb->a);
    mc = change_mailbox(c, v->mb);
    mc->origin = v->id;
    change_edits(mc, p.n);
    for (size_t i = 0; i < p.n; i++)
        edit_flags(mc, &p.h[i], p.in_flight[i], fc, bits);
    add_seens(mc, &p, fc, v->guest);
    return change_commit(c, NULL, 0);
}

enum st view_store(struct view *v, struct uid_set uids, const struct flag_change *fc)
{
    must(!fc->is_conditional);
    return view_store_if(v, uids, fc, NULL, NULL);
}

enum st view_store_if(struct view *v, struct uid_set uids, const struct flag_change *fc, struct arena *out_ar,
                      struct store_outcome *out)
{
    if (v->replica) {
        if (v->read_only)
            return FAIL(ST_DENIED, "the mailbox was selected for reading only");
        return guest_store(v, uids, fc, out_ar, out);
    }

    size_t n_failed = 0;
    struct arena ar = ARENA_INIT;
    uint32_t from = 1, next;
    unsigned tries = 0;
    enum st st;

    do {
        next = from;
        st = store_some(v, uids, &next, fc, &ar, out_ar, out);
        if (st == ST_OK)
            from = next;
        if (st == ST_OK && out)
            n_failed = out->n;
        else if (out)
            out->n = n_failed; /* it will be looked at again */
        arena_reset(&ar);
    } while ((st == ST_OK && from) || change_again(st, &tries));
    arena_fini(&ar);
    return st;
}

/* --- expunge ------------------------------------------------------------------------------------------------ */

void edit_let_go(struct change *c, const struct mailbox *mb, const struct hot *h)
{
    if (kept_is_on(c->a))
        kept_put(c, mb, h);
    else
        change_drop_email(c, h->email, h->blob, h->flags & HOT_SHARED, true);
}

enum st edit_remove(struct mailbox *mb, const struct pick *p, uint64_t origin)
{
    struct change *c = change_begin(mb->a);
    struct mailbox_change *mc = change_mailbox(c, mb);

    mc->origin = origin;
    change_edits(mc, p->n);
    for (size_t i = 0; i < p->n; i++) {
        change_edit_remove(mc, &p->h[i]);
        edit_let_go(c, mb, &p->h[i]);
    }
    TRY(change_commit(c, NULL, 0));
    metric_add(METRIC_MESSAGES_REMOVED, p->n);
    return ST_OK;
}

static bool is_deleted(const struct hot *h)
{
    return h->flags & MAIL_DELETED;
}

static void note_removed(struct removed *r, const struct pick *p)
{
    uint32_t *old = r->uid;

    if (r->n + p->n > r->cap) {
        r->cap = r->n + p->n;
        r->uid = ARENA_ARRAY(r->ar, uint32_t, r->cap);
        if (r->n)
            memcpy(r->uid, old, r->n * sizeof *old);
    }
    for (size_t i = 0; i < p->n; i++)
        r->uid[r->n++] = p->h[i].uid;
}

static enum st expunge_some(struct view *v, struct uid_set uids, bool any, uint32_t *from, struct arena *ar,
                            struct removed *out) SUSPENDS
{
    bool waited = true;
    struct pick p;

    while (waited) {
        TRY(check_view(v));
        arena_reset(ar);
        pick_view(v, uids, *from, LIMIT_MAIL_COMMIT, any ? NULL : is_deleted, ar, &p);
        waited = false;
        if (!kept_is_on(v->mb->a))
            TRY(pick_refs(v->mb->a, &p, &waited));
    }
    *from = p.last ? p.last + 1 : 0;
    TRY(edit_remove(v->mb, &p, v->id));
    if (out)
        note_removed(out, &p);
    return ST_OK;
}

enum st view_expunge(struct view *v, struct uid_set uids, bool any)
{
    return view_remove(v, uids, any, NULL);
}

enum st view_remove(struct view *v, struct uid_set uids, bool any, struct removed *out)
{
    if (v->replica && v->read_only)
        return FAIL(ST_DENIED, "the mailbox was selected for reading only");
    if (v->replica)
        return guest_expunge(v, uids, any, out);

    struct account *a = v->mb->a;
    struct arena ar = ARENA_INIT;
    uint32_t from = 1, next;
    unsigned tries = 0;
    enum st st;

    refs_hold(a);
    do {
        next = from;
        st = expunge_some(v, uids, any, &next, &ar, out);
        if (st == ST_OK)
            from = next;
    } while ((st == ST_OK && from) || change_again(st, &tries));
    refs_release(a);
    arena_fini(&ar);
    return st;
}

/* Before a mailbox goes: removes up to `most` messages when it has more than that. */
enum st mailbox_empty_some(struct mailbox *mb, size_t most, size_t *out_n)
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;
    struct pick p;
    enum st st;

    refs_hold(mb->a);
    do {
        st = pick_all(mb, most, &ar, &p);
        if (st == ST_OK && p.n == most)
            st = edit_remove(mb, &p, 0);
    } while (change_again(st, &tries));
    if (st == ST_OK)
        *out_n = p.n;
    refs_release(mb->a);
    arena_fini(&ar);
    return st;
}
