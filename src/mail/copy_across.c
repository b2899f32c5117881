/* COPY and MOVE where a mailbox of another account is the source or the target. The bytes stay where they are: the target's commit has
 * records of its own and one reference more to each body, and fails when one of them is gone meanwhile. It is one commit, so that all are
 * copied or none. A move copies first and removes then: a crash in between leaves two, never none. What the move has not removed itself (somebody
 * else has, or it failed) it takes back at the target, so that of two who move a message one has it. */
#include "mail/edit.h"
#include "mail/guest.h"
#include "mail/replica.h"

#include "base/metrics.h"
#include "base/must.h"

#define TOGETHER_MOST (32u << 20) /* bytes of records in one commit */
#define AT_ONCE 500               /* records read */

struct carried {
    struct mail_msg msg;
    struct str value; /* of its E record */
};

struct carrying {
    struct guest guest;
    const struct place *to;
    bool is_guest; /* of the target */
    struct carried *m;
    struct refs_wanted *emails; /* of each, at the target */
    size_t n;
    const struct str *keywords; /* of the source, by bit */
    unsigned n_keywords;
    struct arena *ar;
    struct copied out;
    uint32_t mailbox; /* the target, behind the copy */
    bool tells;       /* what is in there */
};

/* --- what is taken along ------------------------------------------------------------------------------------------- */

static enum st read_values(const struct view *v, struct carrying *c, struct str *keys, size_t from, size_t n) SUSPENDS
{
    struct str values[AT_ONCE];

    TRY(kv_multiget(account_store(v->mb->a), c->ar, v->mb->a->id, keys, n, values));
    for (size_t i = 0; i < n; i++) {
        struct email e;

        if (!values[i].p)
            return FAIL(ST_TRYLATER, "A message was expunged meanwhile");
        TRY(email_rec_get(c->m[from + i].msg.email_id, values[i], &e));
        c->m[from + i].value = arena_str(c->ar, values[i]);
        c->emails[from + i] = (struct refs_wanted){
            .email = email_taken(c->m[from + i].msg.email_id, v->mb->a->id, c->to->owner), .blob = e.blob};
    }
    return ST_OK;
}

static enum st pick_all_of(struct view *v, struct uid_set uids, struct carrying *c)
{
    size_t most = view_count_in(v, uids);

    if (most > LIMIT_MAIL_COMMIT)
        return FAIL(ST_LIMIT, "no more than %u messages are copied to another account at once",
                    (unsigned)LIMIT_MAIL_COMMIT);
    c->m = ARENA_ARRAY(c->ar, struct carried, most);
    for (size_t i = 0; i < uids.n; i++) {
        for (uint32_t seq = view_seq_from(v, uids.r[i].lo); seq <= v->n && view_uid(v, seq) <= uids.r[i].hi; seq++) {
            size_t place;

            must(c->n < most);
            view_msg(v, seq, &c->m[c->n].msg);
            if (c->m[c->n].msg.gone || !view_place(v, seq, &place))
                continue;
            c->m[c->n].msg.email_id = v->mb->messages->email[place];
            if (mail_is_quarantined(v->mb->a->core->m, v->mb->a->id, c->m[c->n].msg.email_id))
                return FAIL(ST_CORRUPT, "a message is in quarantine");
            c->n++;
        }
    }
    return ST_OK;
}

static enum st gather(struct view *v, struct uid_set uids, struct carrying *c) SUSPENDS
{
    struct str keys[AT_ONCE], *names;
    size_t bytes = 0;

    if (!view_may_read(v))
        return FAIL(ST_NOPERM, "The mailbox may not be read any more");
    names = ARENA_ARRAY(c->ar, struct str, view_keywords(v));
    c->n_keywords = view_keywords(v);
    for (unsigned i = 0; i < c->n_keywords; i++)
        names[i] = arena_str(c->ar, view_keyword(v, i));
    c->keywords = names;
    TRY(pick_all_of(v, uids, c));
    c->emails = ARENA_ARRAY(c->ar, struct refs_wanted, c->n);
    for (size_t from = 0; from < c->n; from += AT_ONCE) {
        size_t n = MIN(c->n - from, (size_t)AT_ONCE);

        for (size_t i = 0; i < n; i++)
            keys[i] = key_email(c->ar, c->m[from + i].msg.email_id);
        TRY(read_values(v, c, keys, from, n));
        for (size_t i = 0; i < n; i++)
            bytes += c->m[from + i].value.n;
        if (bytes > TOGETHER_MOST)
            return FAIL(ST_LIMIT, "Too much to copy to another account at once: copy fewer messages");
    }
    return ST_OK;
}

/* --- at the target ---------------------------------------------------------------------------------------------------- */

static enum st find_target(struct account *a, const struct carrying *c, struct mailbox **out)
{
    struct arena ar = ARENA_INIT;
    struct mailbox *mb;

    TRY(account_check(a));
    if (c->is_guest) {
        TRY(guest_mailbox(a, &c->guest, c->to->is_shared, c->to->name, RIGHT_INSERT, &mb));
        usage_learn(a, &c->to->limits, false);
    } else {
        mb = account_mailbox(a, mailbox_canonical(&ar, c->to->name), true);
        arena_fini(&ar);
    }
    if (!mb || mb->pending.noselect)
        return FAIL(ST_NOTFOUND, "no such mailbox to copy to");
    *out = mb;
    return ST_OK;
}

static uint64_t keywords_at(struct mailbox *mb, const struct carrying *c, uint64_t bits)
{
    uint64_t out = 0;

    for (unsigned i = 0; i < c->n_keywords; i++) {
        int bit = bits & 1ull << i ? mailbox_keyword(mb, c->keywords[i], true) : -1;

        if (bit >= 0)
            out |= 1ull << bit;
    }
    return out;
}

/* A copy that was made before is the same email. */
static uint64_t take_email(struct change *ch, const struct refs_wanted *w, struct str value)
{
    uint32_t refs = refs_get(ch->a, w->email);

    if (w->is_other)
        return change_take_email(ch, 0, w->blob, value);
    if (refs) {
        refs_put(ch, w->email, refs + 1);
        return w->email;
    }
    refs_new(ch->a, w->email);
    return change_take_email(ch, w->email, w->blob, value);
}

static void add_one(struct change *ch, struct mailbox_change *mc, const struct carrying *c, size_t i, uint32_t rights,
                    uint64_t now)
{
    const struct carried *m = &c->m[i];
    uint32_t flags = m->msg.flags & rights_flags(rights);
    struct hot h = {.size = (uint32_t)m->msg.size,
                    .flags = (uint8_t)((c->is_guest ? flags & ~(uint32_t)MAIL_SEEN : flags) | HOT_SHARED),
                    .keywords = rights & RIGHT_WRITE ? keywords_at(mc->mb, c, m->msg.keywords) : 0,
                    .internal_date_us = m->msg.internal_date_us,
                    .save_date_us = now,
                    .email = take_email(ch, &c->emails[i], m->value),
                    .blob = c->emails[i].blob};

    change_add(mc, &h);
    if (c->is_guest && flags & MAIL_SEEN)
        change_seen(mc, c->guest.id, h.uid, true);
}

static enum st room_for(struct account *a, const struct mailbox *mb, const struct carrying *c)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < c->n; i++)
        bytes += c->m[i].msg.size;
    if (UINT32_MAX - mb->uidnext_pending <= c->n)
        return FAIL(ST_LIMIT, "the mailbox has no uids left");
    return account_has_room(a, bytes, c->n);
}

/* All that may wait, until nothing has waited behind a look at the state. */
static enum st prepare(struct account *a, struct carrying *c, struct mailbox **out) SUSPENDS
{
    bool waited = true;
    enum st st;

    while (waited) {
        TRY(find_target(a, c, out));
        mailbox_hold(*out);
        st = keywords_prepare(*out, c->keywords, c->n_keywords);
        mailbox_release(*out);
        TRY(st);
        TRY(refs_find(a, c->emails, c->n, &waited));
    }
    return find_target(a, c, out); /* it may have gone */
}

static enum st add_once(struct account *a, struct carrying *c) SUSPENDS
{
    uint64_t now = clock_wall_us();
    struct mailbox_change *mc;
    struct mailbox *mb;
    struct change *ch;
    uint32_t rights;
    enum st st;

    TRY(prepare(a, c, &mb));
    TRY(room_for(a, mb, c));
    rights = c->is_guest ? acl_rights(mb->acl, a, &c->guest) : RIGHTS_ALL;
    ch = change_begin(a);
    mc = change_mailbox(ch, mb);
    for (size_t i = 0; i < c->n; i++) {
        add_one(ch, mc, c, i, rights, now);
        c->out.from[i] = c->m[i].msg.uid;
        c->out.to[i] = mc->adds[i].uid;
    }
    c->out.uidvalidity = mb->uidvalidity;
    c->out.n = c->n;
    c->mailbox = mb->id;
    c->tells = rights & RIGHT_READ;
    st = change_commit(ch, NULL, 0);
    if (st == ST_NOTFOUND) /* a body is gone */
        return FAIL(ST_TRYLATER, "A message was expunged meanwhile");
    return st;
}

static enum st add_there(struct account *a, void *arg) SUSPENDS
{
    unsigned tries = 0;
    enum st st;

    refs_hold(a);
    do
        st = add_once(a, arg);
    while (change_again(st, &tries));
    refs_release(a);
    return st;
}

/* --- a move's second half ------------------------------------------------------------------------------------------------ */

static void add_uid(struct uid_range *r, size_t *n, uint32_t uid)
{
    if (*n && r[*n - 1].hi + 1 == uid)
        r[*n - 1].hi = uid;
    else
        r[(*n)++] = (struct uid_range){uid, uid};
}

static enum st remove_copied(struct view *v, const struct carrying *c, struct removed *out) SUSPENDS
{
    struct uid_range *r = ARENA_ARRAY(c->ar, struct uid_range, c->n);
    size_t n = 0;

    for (size_t i = 0; i < c->n; i++)
        add_uid(r, &n, c->m[i].msg.uid);
    return view_remove(v, (struct uid_set){r, n}, true, out);
}

struct taking_back {
    const struct guest *guest; /* not the owner: \Recent is his to see */
    uint32_t mailbox;
    struct uid_set uids;
};

/* No right is needed: it has not been there yet, as far as anybody was told. */
static enum st take_back_there(struct account *a, void *arg) SUSPENDS
{
    const struct taking_back *t = arg;
    struct mailbox *mb = account_mailbox_of(a, t->mailbox);
    struct view *v;
    enum st st;

    TRY(account_check(a));
    if (!mb || !mb->durable.exists)
        return ST_OK;
    TRY(view_of(mb, false, t->guest, &v));
    st = view_expunge(v, t->uids, true);
    view_close(v);
    return st;
}

/* Leaves of the copies those whose messages this move has removed itself. */
static enum st take_back(struct account *a, struct carrying *c, const struct removed *gone) SUSPENDS
{
    struct taking_back t = {.guest = &c->guest, .mailbox = c->mailbox};
    struct uid_range *r = ARENA_ARRAY(c->ar, struct uid_range, c->n);
    size_t n = 0, left = 0, k = 0;

    for (size_t i = 0; i < c->n; i++) {
        while (k < gone->n && gone->uid[k] < c->out.from[i])
            k++;
        if (k < gone->n && gone->uid[k] == c->out.from[i]) {
            c->out.from[left] = c->out.from[i];
            c->out.to[left++] = c->out.to[i];
        } else {
            add_uid(r, &n, c->out.to[i]);
        }
    }
    c->out.n = left;
    if (!n)
        return ST_OK;
    t.uids = (struct uid_set){r, n};
    return mail_visit(a->core->m, c->to->owner, take_back_there, &t);
}

static enum st finish_move(struct view *v, struct carrying *c) SUSPENDS
{
    struct removed gone = {.ar = c->ar};
    enum st st = remove_copied(v, c, &gone);
    struct err why = *err_get();
    size_t copied = c->n;

    if (take_back(v->actor, c, &gone) != ST_OK)
        return FAIL(ST_DENIED, "%zu of %zu messages were copied but could not be removed here: they are in both places",
                    copied - c->out.n, copied);
    if (st != ST_OK)
        *err_get() = why;
    return st;
}

/* --- the whole ---------------------------------------------------------------------------------------------------------- */

static enum st may_remove(const struct view *v)
{
    uint32_t needs = RIGHT_DELETED | RIGHT_EXPUNGE;

    if (v->read_only)
        return FAIL(ST_DENIED, "the mailbox was selected for reading only");
    if ((view_rights(v) & needs) != needs)
        return FAIL(ST_NOPERM, "You have no right to remove messages there");
    return ST_OK;
}

enum st copy_across(struct view *v, struct uid_set uids, const struct place *to, bool move, struct arena *ar,
                    struct copied *out)
{
    struct account *a = v->actor;
    struct arena tmp = ARENA_INIT;
    struct carrying c = {.guest = guest_of(a), .to = to, .is_guest = !to->is_own, .ar = &tmp};
    enum st st = move ? may_remove(v) : ST_OK;

    if (st == ST_OK)
        st = gather(v, uids, &c);
    c.out.from = ARENA_ARRAY(ar, uint32_t, c.n);
    c.out.to = ARENA_ARRAY(ar, uint32_t, c.n);
    if (st == ST_OK && c.n)
        st = mail_visit(a->core->m, to->owner, add_there, &c);
    if (st == ST_OK && c.n && move)
        st = finish_move(v, &c);
    if (st == ST_OK)
        metric_add(move ? METRIC_MESSAGES_MOVED : METRIC_MESSAGES_COPIED, c.out.n);
    arena_fini(&tmp);
    TRY(st);
    if (!c.tells)
        c.out.n = 0;
    if (!c.out.n)
        c.out.uidvalidity = 0; /* RFC 4315 section 3: no uids of a mailbox that he may not select */
    *out = c.out;
    return ST_OK;
}
