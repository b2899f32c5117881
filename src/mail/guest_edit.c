/* Changes that somebody makes to a mailbox that is not his: they go to the owner's core, where a view of the moment stands for the one that
 * he looks through, and his rights are asked for each time (RFC 4314 section 4). His \Seen is his own: what of it is new his side
 * knows. When the call returns, what it has changed is in the replica already, since the news were posted before the answer. */
#include "mail/edit.h"
#include "mail/guest.h"
#include "mail/replica.h"

#include "base/must.h"

struct proxy {
    struct guest guest;
    uint32_t mailbox, known; /* known: the last uid that the view has */
    uint64_t id;             /* of the view */
};

static struct proxy proxy_of(const struct view *v)
{
    return (struct proxy){
        .guest = {v->guest, v->guest_domain}, .mailbox = v->mb->id, .known = v->n ? view_uid(v, v->n) : 0, .id = v->id};
}

/* On the owner's core; closed like any view. */
static enum st proxy_open(struct account *owner, const struct proxy *p, uint32_t rights, struct view **out) SUSPENDS
{
    struct mailbox *mb = account_mailbox_of(owner, p->mailbox);
    struct view *v;

    TRY(account_check(owner));
    if (!mb || !mb->durable.exists)
        return FAIL(ST_NOTFOUND, "the mailbox was deleted");
    TRY(guest_may(mb, &p->guest, rights));
    TRY(view_of(mb, false, &p->guest, &v));
    v->id = p->id;
    v->is_limited = true;
    v->limit = p->known;
    *out = v;
    return ST_OK;
}

static enum st visit_owner(const struct view *v, enum st (*fn)(struct account *a, void *arg) SUSPENDS, void *arg)
    SUSPENDS
{
    if (v->replica->gone)
        return FAIL(ST_NOTFOUND, "the mailbox was deleted");
    return mail_visit(v->actor->core->m, v->replica->owner, fn, arg);
}

/* --- flags ------------------------------------------------------------------------------------------------------- */

uint32_t rights_flags(uint32_t rights)
{
    return (rights & RIGHT_WRITE ? MAIL_ANSWERED | MAIL_FLAGGED | MAIL_DRAFT : 0u) |
           (rights & RIGHT_DELETED ? MAIL_DELETED : 0u) | (rights & RIGHT_SEEN ? MAIL_SEEN : 0u);
}

struct storing {
    struct proxy p;
    struct uid_set uids;
    struct flag_change fc;
    const struct flag_change *asked;
    struct arena *ar;
    struct store_outcome *out;
};

/* Whether anything that is asked for is allowed: only then the rest is passed over in silence. */
static bool may_any(const struct flag_change *fc, uint32_t rights)
{
    uint32_t may = rights_flags(rights);

    if (fc->how == FLAGS_SET || (!fc->flags && !fc->n_keywords))
        return may;
    return fc->flags & may || (fc->n_keywords && rights & RIGHT_WRITE);
}

static enum st store_there(struct account *owner, void *arg) SUSPENDS
{
    struct storing *s = arg;
    struct view *v;
    uint32_t rights, shared;
    enum st st;

    TRY(proxy_open(owner, &s->p, RIGHT_READ, &v));
    rights = view_rights(v);
    shared = rights_flags(rights) & ~(uint32_t)MAIL_SEEN;
    s->fc.asks_more = s->asked->flags & ~shared;
    s->fc.flags &= shared;
    s->fc.keeps = HOT_FLAGS & ~shared;
    if (!(rights & RIGHT_WRITE)) {
        s->fc.n_keywords = 0;
        s->fc.keeps_keywords = true;
    }
    if (!(rights & RIGHT_SEEN))
        s->fc.seens = (struct uid_set){0};
    if (may_any(s->asked, rights))
        st = view_store_if(v, s->uids, &s->fc, s->ar, s->out);
    else
        st = FAIL(ST_NOPERM, "You have no right to that");
    view_close(v);
    return st;
}

/* How many messages of the view they may mean. */
size_t view_count_in(const struct view *v, struct uid_set uids)
{
    size_t n = 0;

    for (size_t i = 0; i < uids.n; i++) {
        uint32_t hi = uids.r[i].hi;

        n += (hi == UINT32_MAX ? v->n + 1 : view_seq_from(v, hi + 1)) - view_seq_from(v, uids.r[i].lo);
    }
    return n;
}

struct uids {
    struct uid_range *r;
    size_t n;
};

static void add_uid(struct uids *u, uint32_t uid)
{
    if (u->n && u->r[u->n - 1].hi + 1 == uid)
        u->r[u->n - 1].hi = uid;
    else
        u->r[u->n++] = (struct uid_range){uid, uid};
}

/* Which of them get another \Seen, and which fail by what only this reader knows to have changed. */
static void look_at_own(const struct view *v, const struct storing *s, struct uids *seens, struct uids *left,
                        uint32_t *failed, size_t *n_failed)
{
    const struct flag_change *fc = s->asked;
    struct mail_msg m;

    for (size_t i = 0; i < s->uids.n; i++) {
        for (uint32_t seq = view_seq_from(v, s->uids.r[i].lo); seq <= v->n && view_uid(v, seq) <= s->uids.r[i].hi;
             seq++) {
            bool will = fc->flags & MAIL_SEEN && fc->how != FLAGS_REMOVE;

            view_msg(v, seq, &m);
            if (m.gone)
                continue;
            if (fc->is_conditional && m.modseq > fc->unchanged_since && m.private_modseq) {
                failed[(*n_failed)++] = m.uid;
                continue;
            }
            add_uid(left, m.uid);
            if ((fc->how == FLAGS_SET || fc->flags & MAIL_SEEN) && will != !!(m.flags & MAIL_SEEN))
                add_uid(seens, m.uid);
        }
    }
}

static void add_failed(struct store_outcome *out, struct arena *ar, const uint32_t *failed, size_t n)
{
    uint32_t *all = ARENA_ARRAY(ar, uint32_t, out->n + n);
    size_t k = 0, i = 0, j = 0;

    while (i < out->n || j < n)
        all[k++] = j == n || (i < out->n && out->failed[i] < failed[j]) ? out->failed[i++] : failed[j++];
    out->failed = all;
    out->n = out->cap = k;
}

enum st guest_store(struct view *v, struct uid_set uids, const struct flag_change *fc, struct arena *ar,
                    struct store_outcome *out)
{
    struct storing s = {.p = proxy_of(v), .uids = uids, .fc = *fc, .asked = fc, .ar = ar, .out = out};
    struct arena tmp = ARENA_INIT;
    size_t most = view_count_in(v, uids);
    struct uids seens = {ARENA_ARRAY(&tmp, struct uid_range, most), 0};
    struct uids left = {ARENA_ARRAY(&tmp, struct uid_range, most), 0};
    uint32_t *failed = ARENA_ARRAY(&tmp, uint32_t, most);
    size_t n_failed = 0;
    enum st st;

    look_at_own(v, &s, &seens, &left, failed, &n_failed);
    s.uids = (struct uid_set){left.r, left.n};
    s.fc.seens = (struct uid_set){seens.r, seens.n};
    s.fc.sees = fc->how != FLAGS_REMOVE && fc->flags & MAIL_SEEN;
    st = visit_owner(v, store_there, &s);
    if (st == ST_OK && n_failed)
        add_failed(out, ar, failed, n_failed);
    arena_fini(&tmp);
    return st;
}

/* --- expunge ------------------------------------------------------------------------------------------------------- */

struct expunging {
    struct proxy p;
    struct uid_set uids;
    bool any;
    struct removed *out;
};

static enum st expunge_there(struct account *owner, void *arg) SUSPENDS
{
    struct expunging *e = arg;
    struct view *v;
    enum st st;

    /* what was not marked before is marked by it: MOVE, RFC 6851 section 4.4 */
    TRY(proxy_open(owner, &e->p, RIGHT_EXPUNGE | (e->any ? RIGHT_DELETED : 0u), &v));
    st = view_remove(v, e->uids, e->any, e->out);
    view_close(v);
    return st;
}

enum st guest_expunge(struct view *v, struct uid_set uids, bool any, struct removed *out)
{
    struct expunging e = {proxy_of(v), uids, any, out};

    return visit_owner(v, expunge_there, &e);
}

/* --- new messages --------------------------------------------------------------------------------------------------- */

struct appending_there {
    struct guest guest;
    const struct place *place;
    struct proxy p; /* of the view, when a message is replaced */
    uint32_t replaced;
    const struct new_mail *mails;
    size_t n;
    struct arena *ar;
    uint32_t uidvalidity, *uids;
    bool was_taken; /* the stages are somebody else's */
};

/* Each flag that he has the right to, and no other, goes along (RFC 4314 section 4). Uids of elsewhere do not. */
static struct new_mail *allowed(const struct appending_there *g, uint32_t rights)
{
    struct new_mail *mails = ARENA_ARRAY(g->ar, struct new_mail, g->n);

    for (size_t i = 0; i < g->n; i++) {
        mails[i] = g->mails[i];
        mails[i].flags &= rights_flags(rights);
        mails[i].uid = mails[i].uidvalidity = mails[i].uidnext = 0;
        if (mails[i].flags & MAIL_SEEN)
            mails[i].seen_by = g->guest.id;
        mails[i].flags &= ~(uint32_t)MAIL_SEEN;
        if (!(rights & RIGHT_WRITE))
            mails[i].n_keywords = 0;
    }
    return mails;
}

/* RFC 4315 section 3: who can't select the mailbox is not told uids of it. */
static void told(struct appending_there *g, uint32_t rights)
{
    if (!(rights & RIGHT_READ))
        g->uidvalidity = 0;
}

/* The mailbox that he may add to, by its number: another one may have the name when it is looked up again. With the rights that his
 * flags rest on, which then have to be there still. */
static enum st find_target(const struct appending_there *g, struct account *owner, struct target *out,
                           uint32_t *out_rights)
{
    static const uint32_t of_flags = RIGHT_SEEN | RIGHT_WRITE | RIGHT_DELETED;
    struct mailbox *mb;

    TRY(guest_mailbox(owner, &g->guest, g->place->is_shared, g->place->name, RIGHT_INSERT, &mb));
    *out_rights = acl_rights(mb->acl, owner, &g->guest);
    *out = (struct target){.id = mb->id, .guest = &g->guest, .rights = RIGHT_INSERT | (*out_rights & of_flags)};
    return ST_OK;
}

static enum st append_there(struct account *owner, void *arg) SUSPENDS
{
    struct appending_there *g = arg;
    struct target target;
    uint32_t rights;

    TRY(find_target(g, owner, &target, &rights));
    usage_learn(owner, &g->place->limits, false);
    g->was_taken = true;
    TRY(mail_append_own(owner, &target, allowed(g, rights), g->n, g->ar, &g->uidvalidity, &g->uids));
    told(g, rights);
    return ST_OK;
}

enum st guest_append(struct account *a, const struct place *p, const struct new_mail *mails, size_t n, struct arena *ar,
                     uint32_t *out_uidvalidity, uint32_t **out_uids)
{
    struct appending_there g = {.guest = guest_of(a), .place = p, .mails = mails, .n = n, .ar = ar};
    enum st st = mail_visit(a->core->m, p->owner, append_there, &g);

    for (size_t i = 0; i < n && !g.was_taken; i++)
        blob_unstage(account_store(a), mails[i].stage);
    TRY(st);
    *out_uidvalidity = g.uidvalidity;
    *out_uids = g.uids;
    return ST_OK;
}

static enum st replace_there(struct account *owner, void *arg) SUSPENDS
{
    struct appending_there *g = arg;
    struct target target;
    struct view *v;
    uint32_t rights;
    enum st st;

    TRY(find_target(g, owner, &target, &rights));
    /* RFC 8508 section 3.6: as for APPEND, STORE of \Deleted and EXPUNGE */
    TRY(proxy_open(owner, &g->p, RIGHT_DELETED | RIGHT_EXPUNGE, &v));
    usage_learn(owner, &g->place->limits, false);
    g->was_taken = true;
    st = view_replace_own(v, g->replaced, &target, allowed(g, rights), g->ar, &g->uidvalidity, &g->uids);
    view_close(v);
    TRY(st);
    told(g, rights);
    return ST_OK;
}

enum st guest_replace(struct view *v, const struct place *p, uint32_t uid, const struct new_mail *mail,
                      struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uid)
{
    struct appending_there g = {.guest = {v->guest, v->guest_domain},
                                .place = p,
                                .p = proxy_of(v),
                                .replaced = uid,
                                .mails = mail,
                                .n = 1,
                                .ar = ar};
    enum st st = visit_owner(v, replace_there, &g);

    if (!g.was_taken)
        blob_unstage(account_store(v->actor), mail->stage);
    TRY(st);
    *out_uidvalidity = g.uidvalidity;
    *out_uid = g.uids;
    return ST_OK;
}
