/* The queue's changes, made on the core that owns it: versions of account 0 one behind the other, as in the mail
 * room. An entry that is being changed is marked until that is durable, so two changes of one entry never cross. */
#include "queue/inside.h"

#include "base/must.h"

#define TRIES 4 /* each time behind another change that fails */
#define SHUT_MS 60000
#define SHUT_LOOK_MS 10
#define LOW_DUE_EVERY 64 /* changes: how often the lowest due time is looked up anew, which walks over all leases: */
#define LOW_DUE_SHARE 8  /* so much more seldom with so many of them */

/* --- on the owner ------------------------------------------------------------------------------------- */

/* Ids only grow, so what is durable and the first tells where to begin to look from now on. */
void queue_raise_low_id(struct queue *q, uint64_t id)
{
    uint_fast64_t low = atomic_load(&q->low_id);

    while (low < id && !atomic_compare_exchange_weak(&q->low_id, &low, id))
        continue;
}

static void publish(struct queue *q)
{
    atomic_store(&q->entries, q->durable.counts.entries);
    atomic_store(&q->held, q->durable.counts.held);
    atomic_store(&q->bytes, q->durable.counts.bytes);
    queue_raise_low_id(q, q->durable.low_id);
}

static void done(struct kv_part *part, enum st st)
{
    struct queue_change *c = CONTAINER_OF(part, struct queue_change, part);
    struct queue *q = c->q;

    if (st == ST_OK) {
        q->version = part->expected_version + 1;
        q->durable = c->after;
        publish(q);
    } else if (part->chain == q->chain) {
        q->chain++;
        q->next_version = q->version;
        q->pending = q->durable;
    }
    if (c->changes_id)
        map_del(&q->changing, c->changes_id);
    list_del(&c->of);
    queue_claim_note(q, c->priority, st == ST_OK ? c->becomes : c->was);
    arena_fini(&c->arena);
    mem_free(c);
}

struct queue_change *queue_change_new(struct queue *q, uint64_t changes_id, struct arena arena)
{
    struct queue_change *c = MEM_NEW(struct queue_change);

    c->q = q;
    c->arena = arena;
    c->changes_id = changes_id;
    c->becomes = c->was = ENTRY_NOWHERE;
    c->part = (struct kv_part){.account = QUEUE_ACCOUNT,
                               .expected_version = q->next_version++,
                               .chain = q->chain,
                               .changes = c->kv,
                               .core = q->core,
                               .done = done};
    list_add_tail(&q->changes, &c->of);
    if (changes_id)
        map_put(&q->changing, changes_id, q);
    return c;
}

void queue_change_add(struct queue_change *c, int op, struct str key, struct str value)
{
    must(c->part.n < ARRAY_LEN(c->kv));
    c->kv[c->part.n++] = (struct kv_change){.key = key, .value = value, .op = op};
}

static void count(struct queue *q, const struct queue_entry *e, int sign)
{
    struct queue_counts *n = &q->pending.counts;

    n->entries += (uint64_t)sign;
    n->bytes += (uint64_t)sign * e->size;
    if (e->held)
        n->held += (uint64_t)sign;
}

void queue_change_put(struct queue_change *c, const struct queue_entry *e, struct str value)
{
    struct entry_place place = {e->due_us, e->id};

    queue_change_add(c, KV_PUT, entry_key(&c->arena, e->id), value);
    count(c->q, e, 1);
    if (queue_release_us(e))
        queue_change_add(c, KV_PUT, entry_future_key(&c->arena, e->account, e->id), entry_future_value(&c->arena, e));
    if (e->held)
        return;
    queue_change_add(c, KV_PUT, entry_due_key(&c->arena, e->priority, place), STR_NONE);
    c->priority = e->priority; /* a notice has that of its letter */
    if (entry_is_before(place, c->becomes))
        c->becomes = place;
    c->q->pending.low_due_us = MIN(c->q->pending.low_due_us, e->due_us);
}

void queue_change_remove(struct queue_change *c, const struct queue_entry *e)
{
    queue_change_add(c, KV_DEL, entry_key(&c->arena, e->id), STR_NONE);
    if (queue_release_us(e))
        queue_change_add(c, KV_DEL, entry_future_key(&c->arena, e->account, e->id), STR_NONE);
    if (!e->held) {
        c->was = (struct entry_place){e->due_us, e->id};
        c->priority = e->priority;
        queue_change_add(c, KV_DEL, entry_due_key(&c->arena, e->priority, c->was), STR_NONE);
    }
    count(c->q, e, -1);
}

/* The counts go along with every change, pending ones as it moves them. */
void queue_change_seal(struct queue_change *c)
{
    struct queue *q = c->q;
    struct entry_counts *p = &q->pending;

    p->low_id = MAX(p->low_id, atomic_load(&q->low_id));
    if (++q->seals > LOW_DUE_EVERY + q->leased.n / LOW_DUE_SHARE && !q->looks) {
        q->seals = 0;
        p->low_due_us = MAX(p->low_due_us, queue_claim_low_due(q));
    }
    if (!p->counts.entries)
        p->low_due_us = UINT64_MAX;
    c->after = *p;
    queue_change_add(c, KV_PUT, counts_key(), counts_encode(&c->arena, &c->after));
}

enum st queue_change_commit(struct queue_change *c, const struct kv_blob *blobs, size_t n_blobs,
                            const struct kv_deref *deref)
{
    struct kv_part *part = &c->part;
    struct kv_commit kc = {
        .parts = &part, .n_parts = 1, .blobs = blobs, .n_blobs = n_blobs, .derefs = deref, .n_derefs = deref != NULL};

    return kv_commit(c->q->store, &kc);
}

bool queue_again(enum st st, unsigned *io_tries)
{
    return st == ST_CANCELED && ++*io_tries < TRIES;
}

enum st queue_check_open(const struct queue *q)
{
    return q->shut ? FAIL(ST_TRYLATER, "the queue is being repaired") : ST_OK;
}

static enum st prepare(struct queue *q, struct queue_entry *e, struct kv_part **out)
{
    struct arena ar = ARENA_INIT;
    struct queue_change *c;
    struct str value;
    enum st st;

    must(q->started);
    TRY(queue_check_open(q));
    st = entry_encode(&ar, e, &value); /* the id is in the key only */
    if (st != ST_OK) {
        arena_fini(&ar);
        return st;
    }
    c = queue_change_new(q, 0, ar);
    e->id = c->part.expected_version + 1;
    queue_change_put(c, e, value);
    queue_change_seal(c);
    *out = &c->part;
    return ST_OK;
}

enum st queue_start(struct queue *q)
{
    struct arena ar = ARENA_INIT;
    struct str value;
    enum st st;

    must(core_here() == q->core);
    TRY(kv_version(q->store, QUEUE_ACCOUNT, &q->version));
    st = kv_get(q->store, &ar, QUEUE_ACCOUNT, counts_key(), &value);
    if (st == ST_OK)
        st = counts_decode(value, &q->durable);
    arena_fini(&ar);
    if (st == ST_NOTFOUND)
        q->durable = (struct entry_counts){.low_id = 1, .low_due_us = UINT64_MAX};
    else
        TRY(st);
    q->next_version = q->version;
    q->chain = kv_chain(q->store, QUEUE_ACCOUNT);
    q->pending = q->durable;
    for (size_t i = 0; i < QUEUE_ORDERS; i++)
        q->cursor[i] = (struct entry_place){q->durable.low_due_us, 0};
    q->started = true;
    publish(q);
    return ST_OK;
}

enum st queue_shut(struct queue *q)
{
    mono_ms end = deadline_in(SHUT_MS);

    must(core_here() == q->core);
    if (q->shut)
        return FAIL(ST_BUSY, "the queue is being repaired already");
    q->shut = true;
    while (q->version != q->next_version)
        if (clock_mono_ms() >= end || co_sleep(deadline_in(SHUT_LOOK_MS)) != ST_OK) {
            q->shut = false;
            return FAIL(ST_BUSY, "the queue goes on being changed");
        }
    return ST_OK;
}

enum st queue_reopen(struct queue *q)
{
    must(q->shut);
    atomic_store(&q->low_id, 0);
    TRY(queue_start(q)); /* else it stays shut: its counts are not known */
    queue_claim_damaged_again(q);
    q->shut = false;
    return ST_OK;
}

struct queue *queue_new(const struct queue_options *opt)
{
    struct queue *q = MEM_NEW(struct queue);

    q->store = opt->store;
    q->core = opt->core;
    q->host_name = opt->host_name;
    q->notices = (struct queue_notices){.full_max = 65536, .per_sender = 100, .per_hour = 5000};
    list_init(&q->changes);
    co_waitq_init(&q->looking);
    return q;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    map_fini(&q->changing);
    queue_claim_fini(q);
    caps_fini(&q->caps);
    mem_free(q->quarantine);
    mem_free(q);
}

void queue_set_retry(struct queue *q, const struct queue_retry *retry)
{
    q->retry = *retry;
}

void queue_set_notices(struct queue *q, const struct queue_notices *n)
{
    q->notices = *n;
}

void queue_set_watch(struct queue *q, const struct queue_watch *w)
{
    q->watch = *w;
}

uint64_t queue_letter_id(const struct queue_entry *e)
{
    struct str text = queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_LETTER));
    uint64_t id = 0;

    for (size_t i = 0; text.n == 16 && i < 16; i++) {
        char c = ascii_lower(text.p[i]);

        if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
            return e->id;
        id = id << 4 | (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    return id ? id : e->id;
}

void queue_get_told(struct queue *q, uint64_t *out)
{
    for (size_t i = 0; i < QUEUE_TOLD_WAYS; i++)
        out[i] = atomic_load(&q->told[i]);
}

void queue_get_counts(struct queue *q, struct queue_counts *out)
{
    *out = (struct queue_counts){atomic_load(&q->entries), atomic_load(&q->held), atomic_load(&q->bytes)};
}

/* --- changing an entry --------------------------------------------------------------------------------- */

enum order { ORDER_PREPARE, ORDER_HOLD, ORDER_RELEASE, ORDER_RETRY, ORDER_ROUTE, ORDER_DROP };

static const char *const orders[] = {"queued", "held", "released", "tried again", "sent another way", "dropped"};

struct op {
    struct queue *q;
    enum order order;
    uint64_t id;
    struct str reason;         /* or the route */
    struct queue_entry *entry; /* ORDER_PREPARE */
    struct kv_part *part;
    struct core *asker;
    struct co_event done;
    enum st st;
    char text[ERR_TEXT_MAX];
};

static void make_due(struct arena *a, struct queue_entry *e)
{
    struct queue_rcpt *rcpts = ARENA_ARRAY(a, struct queue_rcpt, e->n_rcpts);

    memcpy(rcpts, e->rcpts, e->n_rcpts * sizeof *rcpts);
    for (size_t i = 0; i < e->n_rcpts; i++)
        rcpts[i].due_us = 0; /* the entry's */
    e->rcpts = rcpts;
    e->due_us = clock_wall_us();
}

static void set_route(struct arena *a, struct queue_entry *e, struct str route)
{
    struct queue_attr *attrs = ARENA_ARRAY(a, struct queue_attr, e->n_attrs + 1);
    size_t n = 0;

    for (size_t i = 0; i < e->n_attrs; i++)
        if (!str_eq(e->attrs[i].name, STR(QUEUE_ROUTE)))
            attrs[n++] = e->attrs[i];
    if (route.n)
        attrs[n++] = (struct queue_attr){STR(QUEUE_ROUTE), route};
    e->attrs = attrs;
    e->n_attrs = n;
    if (!e->held && queue_release_us(e) <= clock_wall_us())
        make_due(a, e);
}

/* It is to leave now. */
static void set_free(struct arena *a, struct queue_entry *e)
{
    struct queue_attr *attrs = ARENA_ARRAY(a, struct queue_attr, e->n_attrs);

    make_due(a, e);
    memcpy(attrs, e->attrs, e->n_attrs * sizeof *attrs);
    for (size_t i = 0; i < e->n_attrs; i++)
        if (str_eq(attrs[i].name, STR(QUEUE_RELEASE)))
            attrs[i].value = arena_printf(a, "%llu", (unsigned long long)e->due_us);
    e->attrs = attrs;
}

/* False: it is so already. */
static bool amend(const struct op *op, struct arena *a, struct queue_entry *e)
{
    if (op->order == ORDER_RETRY) {
        make_due(a, e);
        return true;
    }
    if (op->order == ORDER_ROUTE) {
        set_route(a, e, op->reason);
        return true;
    }
    if (op->order == ORDER_RELEASE && !e->held && queue_release_us(e) > clock_wall_us()) {
        set_free(a, e);
        return true;
    }
    if (op->order == ORDER_HOLD ? e->held : !e->held)
        return false;
    e->held = op->order == ORDER_HOLD;
    e->hold_reason = op->reason;
    if (!e->held)
        e->due_us = MAX(clock_wall_us(), queue_release_us(e));
    return true;
}

static enum st drop(struct queue *q, const struct queue_entry *e) SUSPENDS
{
    struct kv_deref deref = {.id = e->blob, .delta = -1};
    struct queue_change *c = queue_change_new(q, e->id, ARENA_INIT);

    queue_change_remove(c, e);
    queue_change_seal(c);
    return queue_change_commit(c, NULL, 0, &deref);
}

/* What it makes of the entry lives as long as the change: the entry itself stays as it was read. */
static enum st rewrite(struct queue *q, const struct op *op, const struct queue_entry *was) SUSPENDS
{
    struct queue_entry e = *was;
    struct arena ar = ARENA_INIT;
    struct queue_change *c;
    struct str value;
    enum st st;

    if (!amend(op, &ar, &e)) {
        arena_fini(&ar);
        return ST_OK;
    }
    st = entry_encode(&ar, &e, &value);
    if (st != ST_OK) {
        arena_fini(&ar);
        return st;
    }
    c = queue_change_new(q, e.id, ar);
    queue_change_remove(c, was);
    queue_change_put(c, &e, value);
    queue_change_seal(c);
    return queue_change_commit(c, NULL, 0, NULL);
}

/* What was read may have been changed while we read: only what is not marked then is what we read. */
enum st queue_read_still(struct queue *q, uint64_t id, struct arena *a, struct queue_entry *out, struct str *out_record)
{
    uint64_t seen;
    enum st st;

    do {
        if (map_get(&q->changing, id))
            return FAIL(ST_BUSY, "entry %016llx of the queue is being changed", (unsigned long long)id);
        seen = q->version;
        arena_reset(a);
        st = kv_get(q->store, a, QUEUE_ACCOUNT, entry_key(a, id), out_record);
        if (st == ST_NOTFOUND)
            return FAIL(ST_NOTFOUND, "no entry %016llx in the queue", (unsigned long long)id);
        TRY(st);
    } while (seen != q->version);
    if (map_get(&q->changing, id))
        return FAIL(ST_BUSY, "entry %016llx of the queue is being changed", (unsigned long long)id);
    return queue_decode(q, a, id, *out_record, out);
}

static enum st change_entry(struct op *op, struct arena *ar) SUSPENDS
{
    struct queue_entry e;
    struct str record;

    TRY(queue_read_still(op->q, op->id, ar, &e, &record));
    TRY(queue_check_open(op->q));
    if (op->order == ORDER_RETRY && e.held)
        return FAIL(ST_DENIED, "letter %016llx is held: queue release lets it go", (unsigned long long)op->id);
    if (op->order == ORDER_RETRY && queue_release_us(&e) > clock_wall_us())
        return FAIL(ST_DENIED, "letter %016llx is to leave later: queue release lets it go",
                    (unsigned long long)op->id);
    TRY(op->order == ORDER_DROP ? drop(op->q, &e) : rewrite(op->q, op, &e));
    if (op->q->watch.ordered)
        op->q->watch.ordered(op->q->watch.arg, &e, orders[op->order], op->reason);
    return ST_OK;
}

static void run(struct op *op) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    unsigned tries = 0;

    do
        op->st = change_entry(op, &ar);
    while (queue_again(op->st, &tries));
    if (op->st != ST_OK)
        memcpy(op->text, err_get()->text, sizeof op->text);
    arena_fini(&ar);
}

/* --- from any core ----------------------------------------------------------------------------------------- */

static void answered(void *arg)
{
    co_event_set(&((struct op *)arg)->done);
}

static void run_for_other(void *arg) SUSPENDS
{
    struct op *op = arg;

    run(op);
    core_post(op->asker, answered, op);
}

static void arrived(void *arg)
{
    struct op *op = arg;

    if (op->order == ORDER_PREPARE)
        op->st = prepare(op->q, op->entry, &op->part);
    else
        op->st = co_spawn(run_for_other, op, "queue");
    if (op->order != ORDER_PREPARE && op->st == ST_OK)
        return;
    if (op->st != ST_OK)
        memcpy(op->text, err_get()->text, sizeof op->text);
    core_post(op->asker, answered, op);
}

static enum st carry_out(struct op *op) SUSPENDS
{
    op->asker = core_here();
    if (op->asker == op->q->core) {
        if (op->order == ORDER_PREPARE)
            return prepare(op->q, op->entry, &op->part);
        run(op);
    } else {
        core_post(op->q->core, arrived, op);
        co_event_wait_heedless(&op->done); /* it uses our memory */
    }
    return op->st == ST_OK ? ST_OK : FAIL(op->st, "%s", op->text);
}

enum st queue_prepare(struct queue *q, struct queue_entry *e, struct kv_part **out)
{
    struct op op = {.q = q, .order = ORDER_PREPARE, .entry = e};

    TRY(carry_out(&op));
    *out = op.part;
    return ST_OK;
}

enum st queue_extra(void *arg, uint64_t blob, struct kv_part **out)
{
    struct queue_extra *x = arg;

    x->e->blob = blob;
    return queue_prepare(x->q, x->e, out);
}

enum st queue_hold(struct queue *q, uint64_t id, struct str reason)
{
    struct op op = {.q = q, .order = ORDER_HOLD, .id = id, .reason = str_sub(reason, 0, LIMIT_QUEUE_ATTR)};

    return carry_out(&op);
}

enum st queue_release(struct queue *q, uint64_t id)
{
    struct op op = {.q = q, .order = ORDER_RELEASE, .id = id};

    return carry_out(&op);
}

enum st queue_retry_now(struct queue *q, uint64_t id)
{
    struct op op = {.q = q, .order = ORDER_RETRY, .id = id};

    return carry_out(&op);
}

enum st queue_set_route(struct queue *q, uint64_t id, struct str route)
{
    struct op op = {.q = q, .order = ORDER_ROUTE, .id = id, .reason = str_sub(route, 0, LIMIT_QUEUE_ATTR)};

    return carry_out(&op);
}

enum st queue_drop(struct queue *q, uint64_t id)
{
    struct op op = {.q = q, .order = ORDER_DROP, .id = id};

    return carry_out(&op);
}
