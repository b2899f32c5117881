/* Letters to several accounts and into the queue at once, and what is done with them there. */
#include "loading.h"

static bool has_room(struct loading *g)
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct w_box *b = world_box(&g->w, i, "INBOX");

        if (b && b->n >= INBOX_MOST)
            return false;
    }
    return true;
}

/* With the lock held: to whom. */
static void choose_rcpts(struct worker *k, struct op *op, struct delivery_rcpt *rcpts, struct delivery *d)
{
    struct loading *g = k->g;

    op->mask = (uint8_t)(1 + load_pick(k, (1 << ACCOUNTS) - 1));
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        if (g->w.a[i].removed)
            op->mask &= (uint8_t) ~(1u << i);
        op->generation[i] = (uint8_t)g->w.a[i].generation;
        if (op->mask >> i & 1)
            rcpts[d->n_rcpts++] = (struct delivery_rcpt){.account = ACCOUNT_ID(i, g->w.a[i].generation),
                                                         .prefix = STR("Return-Path: <a@b>\r\n")};
    }
}

struct making {
    struct queue_extra x;
    struct loading *g;
    struct op *op;
};

/* From here on the entry may be found after a cut. */
static enum st make_entry(void *arg, uint64_t blob, struct kv_part **out)
{
    struct making *m = arg;

    TRY(queue_extra(&m->x, blob, out));
    if (m->op->id) /* it is made anew */
        load_end(m->g, m->op, ST_CANCELED);
    m->op->entry = m->x.e->id;
    load_begin(m->g, m->op);
    return ST_OK;
}

void load_deliver_once(struct worker *k, struct arena *a)
{
    struct loading *g = k->g;
    struct op op = {.kind = OP_DELIVER, .n = 1};
    struct delivery_rcpt rcpts[ACCOUNTS];
    struct queue_rcpt to = {.address = STR("x@far.test")};
    struct queue_entry e = {.reverse_path = STR("a@example.test"), .rcpts = &to, .n_rcpts = 1};
    struct delivery d = {.rcpts = rcpts};
    struct making m = {{g->r->queue, &e}, g, &op};
    bool fits, queued;
    enum st st;

    load_lock(g);
    fits = has_room(g);
    queued = g->w.n < QUEUE_MOST && load_pick(k, 3) == 0;
    choose_rcpts(k, &op, rcpts, &d);
    fits = fits && (d.n_rcpts || queued);
    if (fits)
        op.number[0] = load_next_letter(g);
    load_unlock(g);
    if (!fits)
        return;
    d.mail = load_letter(a, op.number[0]);
    if (queued) {
        d.extra = make_entry;
        d.extra_arg = &m;
        e.size = op.number[0]; /* names the letter, for reading it again */
        e.arrival_us = e.due_us = 1795416020000000u + op.number[0];
    } else {
        load_begin(g, &op);
    }
    st = mail_deliver(g->r->mail, &d);
    if (!op.id)
        load_begin(g, &op);
    load_end(g, &op, st);
}

void load_queue_once(struct worker *k)
{
    struct loading *g = k->g;
    struct op op = {0};
    enum st st;

    load_lock(g);
    if (g->w.n) {
        const struct w_entry *e = &g->w.q[load_pick(k, g->w.n)];

        op.entry = e->id;
        op.kind = g->w.n > QUEUE_MOST / 2 || load_pick(k, 3) == 0 ? OP_DROP : e->held ? OP_RELEASE : OP_HOLD;
    }
    load_unlock(g);
    if (!op.entry)
        return;
    load_begin(g, &op);
    if (op.kind == OP_DROP)
        st = queue_drop(g->r->queue, op.entry);
    else if (op.kind == OP_HOLD)
        st = queue_hold(g->r->queue, op.entry, STR("asked for"));
    else
        st = queue_release(g->r->queue, op.entry);
    load_end(g, &op, st);
}
