/* COPY and MOVE within an account: only hot records are written, the email is one and counts who refers to it. A
 * move is one commit, which is more than the target first and then the source. */
#include "mail/edit.h"
#include "mail/guest.h"

#include "base/metrics.h"
#include "base/must.h"

struct copy {
    struct mailbox *from, *to;
    bool move;
    uint64_t origin;
    struct copied *out; /* may be NULL */
};

/* Keyword bits of the source as bits of the target; one for which it has no room left is not taken along. */
static uint64_t keywords_in(struct mailbox *to, const struct mailbox *from, uint64_t bits)
{
    uint64_t out = 0;

    if (to == from)
        return bits;
    for (unsigned i = 0; i < from->n_keywords; i++) {
        int bit = bits & 1ull << i ? mailbox_keyword(to, from->keywords[i], true) : -1;

        if (bit >= 0)
            out |= 1ull << bit;
    }
    return out;
}

/* One more message refers to the email: both carry the mark that says so. */
static void share(struct change *c, struct mailbox_change *source, const struct hot *h)
{
    if (!(h->flags & HOT_SHARED))
        change_edit_flags(source, h, h->flags | HOT_SHARED, h->keywords, true);
    refs_put(c, h->email, refs_get(c->a, h->email) + 1);
}

static void copy_one(struct change *c, struct mailbox_change *source, const struct copy *copy, const struct hot *was,
                     uint64_t now)
{
    struct hot h = *was;
    uint32_t uid;

    h.keywords = keywords_in(copy->to, copy->from, was->keywords);
    h.save_date_us = now;
    if (copy->move) {
        change_edit_remove(source, was);
    } else {
        share(c, source, was);
        h.flags |= HOT_SHARED;
    }
    uid = change_add(change_mailbox(c, copy->to), &h);
    if (copy->out) {
        copy->out->uidvalidity = copy->to->uidvalidity;
        copy->out->from[copy->out->n] = was->uid;
        copy->out->to[copy->out->n++] = uid;
    }
}

/* A copy counts like the message it is of, although its bytes are there already: what counts is what is to be seen. */
static enum st check_room(const struct copy *copy, const struct pick *p)
{
    uint64_t bytes = 0;

    for (size_t i = 0; i < p->n && !copy->move; i++)
        bytes += p->h[i].size;
    return copy->move ? ST_OK : account_has_room(copy->to->a, bytes, p->n);
}

static enum st copy_picked(const struct copy *copy, const struct pick *p) SUSPENDS
{
    uint64_t now = clock_wall_us();
    struct mailbox_change *source;
    struct change *c;

    if (!p->n)
        return ST_OK;
    TRY(check_room(copy, p));
    if (!copy->to->pending.exists || copy->to->pending.noselect)
        return FAIL(ST_NOTFOUND, "no such mailbox to copy to");
    if (UINT32_MAX - copy->to->uidnext_pending <= p->n)
        return FAIL(ST_LIMIT, "the mailbox has no uids left");
    c = change_begin(copy->from->a);
    source = change_mailbox(c, copy->from);
    source->origin = copy->origin;
    change_edits(source, p->n);
    for (size_t i = 0; i < p->n; i++)
        copy_one(c, source, copy, &p->h[i], now);
    return change_commit(c, NULL, 0);
}

static void make_room(struct copied *out, struct arena *ar, size_t n)
{
    uint32_t *from = ARENA_ARRAY(ar, uint32_t, out->n + n), *to = ARENA_ARRAY(ar, uint32_t, out->n + n);

    if (out->n) {
        memcpy(from, out->from, out->n * sizeof *from);
        memcpy(to, out->to, out->n * sizeof *to);
    }
    out->from = from;
    out->to = to;
}

static enum st pick_for_copy(struct view *v, struct mailbox *to, struct uid_set uids, uint32_t from, size_t most,
                             struct arena *tmp, struct pick *out) SUSPENDS
{
    bool waited = true;

    while (waited) {
        TRY(account_check(v->mb->a));
        if (!v->mb->durable.exists)
            return FAIL(ST_NOTFOUND, "the mailbox was deleted");
        if (to != v->mb)
            TRY(keywords_prepare(to, v->mb->keywords, v->mb->n_keywords));
        arena_reset(tmp);
        pick_view(v, uids, from, most, NULL, tmp, out);
        TRY(pick_refs(v->mb->a, out, &waited));
    }
    return ST_OK;
}

static enum st copy_all(struct view *v, struct uid_set uids, const struct copy *copy, struct arena *ar,
                        struct arena *tmp) SUSPENDS
{
    size_t most = copy->move ? LIMIT_MAIL_COMMIT : LIMIT_MAIL_COPY, n;
    unsigned tries = 0;
    uint32_t from = 1;
    struct pick p;
    enum st st;

    do {
        TRY(pick_for_copy(v, copy->to, uids, from, most, tmp, &p));
        if (p.last && !copy->move)
            return FAIL(ST_LIMIT, "no more than %u messages are copied at once", (unsigned)LIMIT_MAIL_COPY);
        make_room(copy->out, ar, p.n);
        n = copy->out->n;
        st = copy_picked(copy, &p);
        if (st == ST_OK)
            from = p.last ? p.last + 1 : 0;
        else
            copy->out->n = n;
    } while ((st == ST_OK && from) || change_again(st, &tries));
    return st;
}

static enum st copy_within(struct view *v, struct uid_set uids, struct str target, bool move, struct arena *ar,
                           struct copied *out) SUSPENDS
{
    struct account *a = v->mb->a;
    struct copied made = {0};
    struct copy copy = {.from = v->mb, .move = move, .origin = v->id, .out = &made};
    struct arena tmp = ARENA_INIT;
    enum st st;

    if (move && v->read_only)
        return FAIL(ST_DENIED, "the mailbox was selected for reading only");
    copy.to = account_mailbox(a, mailbox_canonical(ar, target), true);
    if (!copy.to || copy.to->pending.noselect)
        return FAIL(ST_NOTFOUND, "no such mailbox to copy to");
    mailbox_hold(copy.to);
    refs_hold(a);
    st = copy_all(v, uids, &copy, ar, &tmp);
    refs_release(a);
    mailbox_release(copy.to);
    arena_fini(&tmp);
    metric_add(move ? METRIC_MESSAGES_MOVED : METRIC_MESSAGES_COPIED, made.n); /* by the commits that were made */
    if (st == ST_OK)
        *out = made;
    return st;
}

enum st view_copy(struct view *v, struct uid_set uids, struct str target, bool move, struct arena *ar,
                  struct copied *out)
{
    struct place to;

    TRY(place_find(v->actor, ar, target, &to));
    return v->replica || !to.is_own ? copy_across(v, uids, &to, move, ar, out)
                                    : copy_within(v, uids, to.name, move, ar, out);
}

/* Everything, what is on its way included: INBOX renamed. */
enum st mailbox_move_all(struct mailbox *from, struct str to_name)
{
    struct copy copy = {.from = from, .to = account_mailbox(from->a, to_name, true), .move = true};
    struct arena ar = ARENA_INIT;
    enum st st = ST_OK;
    unsigned tries = 0;
    struct pick p = {.n = LIMIT_MAIL_COMMIT};

    if (!copy.to)
        return FAIL(ST_NOTFOUND, "somebody else has deleted it");
    mailbox_hold(copy.to);
    refs_hold(from->a);
    while ((st == ST_OK && p.n == LIMIT_MAIL_COMMIT) || change_again(st, &tries)) {
        st = pick_all(from, LIMIT_MAIL_COMMIT, &ar, &p);
        if (st == ST_OK)
            st = copy_picked(&copy, &p);
    }
    refs_release(from->a);
    mailbox_release(copy.to);
    arena_fini(&ar);
    return st;
}
