#include "world.h"

#include "base/must.h"

#include <stdio.h>

/* Where nobody was told its uid it is a new one. */
static bool is_it(const struct w_box *want, const struct w_msg *m, const struct w_msg *x)
{
    if (world_is_inbox(want))
        return x->number == m->number;
    return m->uid ? x->uid == m->uid : x->number == m->number && x->flags == m->flags && x->uid >= want->uidnext;
}

static bool same_message(const struct w_box *want, const struct w_msg *m, const struct w_box *is, char why[200])
{
    for (unsigned i = 0; i < is->n; i++) {
        const struct w_msg *x = &is->m[i];

        if (!is_it(want, m, x))
            continue;
        if (x->number != m->number)
            return world_say(why, "%s: uid %u was letter %llu and is %llu", want->name, m->uid,
                             (unsigned long long)m->number, (unsigned long long)x->number);
        if (m->uid && x->uid != m->uid)
            return world_say(why, "%s: letter %llu had uid %u and has %u", want->name, (unsigned long long)m->number,
                             m->uid, x->uid);
        if (x->flags != m->flags)
            return world_say(why, "%s: uid %u has flags %x, not %x", want->name, x->uid, x->flags, m->flags);
        return true;
    }
    return world_say(why, "%s: letter %llu (uid %u) is lost", want->name, (unsigned long long)m->number, m->uid);
}

static bool same_box(const struct w_box *want, const struct w_box *is, char why[200])
{
    if (want->uidvalidity && want->uidvalidity != is->uidvalidity)
        return world_say(why, "%s: uidvalidity was %u and is %u", want->name, want->uidvalidity, is->uidvalidity);
    if (is->uidnext < want->uidnext)
        return world_say(why, "%s: uidnext was %u and is %u", want->name, want->uidnext, is->uidnext);
    if (is->modseq < want->modseq)
        return world_say(why, "%s: highestmodseq was %llu and is %llu", want->name, (unsigned long long)want->modseq,
                         (unsigned long long)is->modseq);
    for (unsigned i = 0; i < want->n; i++)
        if (!same_message(want, &want->m[i], is, why))
            return false;
    if (is->n != want->n)
        return world_say(why, "%s: holds %u messages, not %u", want->name, is->n, want->n);
    return true;
}

static bool same_subscriptions(const struct w_account *a, const struct w_account *is, char why[200])
{
    for (unsigned i = 0; i < a->subs_n; i++)
        if (!world_subscribed(is, a->subs[i]))
            return world_say(why, "the subscription to %s is lost", a->subs[i]);
    return a->subs_n == is->subs_n || world_say(why, "there are %u subscriptions, not %u", is->subs_n, a->subs_n);
}

/* In the same order too: what was deleted first goes first. */
static bool same_kept(const struct w_account *a, const struct w_account *is, char why[200])
{
    for (unsigned i = 0; i < a->kept_n && i < is->kept_n; i++) {
        const struct w_kept *x = &a->kept[i], *y = &is->kept[i];

        if (x->mailbox != y->mailbox || x->m.uid != y->m.uid || x->m.number != y->m.number ||
            x->m.flags != y->m.flags || strcmp(x->box, y->box) != 0)
            return world_say(why, "deleted letter %u is uid %u of %s, letter %llu, flags %x, not %u, %s, %llu, %x", i,
                             y->m.uid, y->box, (unsigned long long)y->m.number, y->m.flags, x->m.uid, x->box,
                             (unsigned long long)x->m.number, x->m.flags);
    }
    return a->kept_n == is->kept_n || world_say(why, "%u deleted letters are kept, not %u", is->kept_n, a->kept_n);
}

static bool same_boxes(const struct world *want, unsigned account, const struct world *is, char why[200])
{
    const struct w_account *a = &want->a[account];

    for (unsigned i = 0; i < a->n; i++) {
        struct w_box *b = world_box((struct world *)(uintptr_t)is, account, a->box[i].name);

        if (!b)
            return world_say(why, "mailbox %s is lost", a->box[i].name);
        if (!same_box(&a->box[i], b, why))
            return false;
    }
    return is->a[account].n == a->n || world_say(why, "there are %u mailboxes, not %u", is->a[account].n, a->n);
}

static bool same_account(const struct world *want, unsigned account, const struct world *is, char why[200])
{
    const struct w_account *a = &want->a[account], *x = &is->a[account];
    char more[200] = "";

    if (a->generation != x->generation || a->removed != x->removed)
        return world_say(why, "account %u is number %u here, removed %d, not %u, %d", account, x->generation,
                         x->removed, a->generation, a->removed);
    if (same_boxes(want, account, is, more) && same_subscriptions(a, x, more) && same_kept(a, x, more))
        return true;
    return world_say(why, "account %u: %.170s", account, more);
}

static bool same_queue(const struct world *want, const struct world *is, char why[200])
{
    for (unsigned i = 0; i < want->n; i++) {
        const struct w_entry *e = world_entry((struct world *)(uintptr_t)is, want->q[i].id);

        if (!e)
            return world_say(why, "queue: entry %llx is lost", (unsigned long long)want->q[i].id);
        if (e->held != want->q[i].held || e->number != want->q[i].number)
            return world_say(why, "queue: entry %llx is letter %llu, held %d, not %llu, %d", (unsigned long long)e->id,
                             (unsigned long long)e->number, e->held, (unsigned long long)want->q[i].number,
                             want->q[i].held);
    }
    return is->n == want->n || world_say(why, "queue: holds %u entries, not %u", is->n, want->n);
}

/* Is there any sign of it? Then all of it must be there. */
static bool has_happened(const struct op *op, const struct world *is)
{
    struct world *w = (struct world *)(uintptr_t)is;

    if (op->kind == OP_DELIVER) {
        for (unsigned i = 0; i < ACCOUNTS; i++) {
            struct w_box *b = world_inbox_of(w, op, i);

            if (b && world_letter(b, op->number[0]))
                return true;
        }
        return op->entry && world_entry(w, op->entry);
    }
    if (op->kind == OP_GIVE) {
        const struct w_box *b = world_box(w, op->account, GIVEN);

        for (unsigned i = 0; b && i < b->n; i++)
            for (unsigned k = 0; k < op->n; k++)
                if (b->m[i].uid >= op->entry && b->m[i].number == op->number[k])
                    return true;
        return false;
    }
    if (op->kind >= OP_HOLD) {
        const struct w_entry *e = world_entry(w, op->entry);

        return op->kind == OP_DROP ? !e : e && e->held == (op->kind == OP_HOLD);
    }
    return false;
}

/* What is moved to another account is never lost: it is gone here only when it is there. */
static bool may_have_happened(const struct op *op, const struct op *under_way, size_t n, const struct world *is)
{
    for (size_t i = 0; op->behind && i < n; i++)
        if (under_way[i].id == op->behind)
            return has_happened(&under_way[i], is);
    return true;
}

static bool check_account(struct world *w, unsigned account, const struct op *op, const struct world *is, char why[200])
{
    struct op whole;
    char after[200];

    if (same_account(w, account, is, why))
        return true;
    if (!op)
        return false;
    if (!world_apply(w, op, after))
        return world_say(why, "%.190s", after);
    if (same_account(w, account, is, after))
        return true;
    whole = *op;
    whole.done = true; /* of one that is erased it may have been the last step, or not */
    if (op->kind == OP_ERASE && world_apply(w, &whole, after) && same_account(w, account, is, after))
        return true;
    memcpy(why + strnlen(why, 90), "; or: ", 7);
    snprintf(why + strlen(why), 200 - strlen(why), "%s", after);
    return false;
}

bool world_check(const struct world *promised, const struct op *under_way, size_t n, const struct world *is,
                 char why[200])
{
    struct world *w = mem_new(sizeof *w);
    const struct op *of[ACCOUNTS] = {0};
    bool ok = true;

    if (!promised->known) {
        mem_free(w);
        return true;
    }
    *w = *promised;
    for (size_t i = 0; i < n; i++) {
        const struct op *op = &under_way[i];

        if (op->kind > OP_GIVE && op->kind < OP_HOLD)
            of[op->account] = may_have_happened(op, under_way, n, is) ? op : NULL;
        else if (has_happened(op, is))
            ok = ok && world_apply(w, op, why);
    }
    for (unsigned i = 0; i < ACCOUNTS && ok; i++)
        ok = check_account(w, i, of[i], is, why);
    ok = ok && same_queue(w, is, why);
    mem_free(w);
    return ok;
}
