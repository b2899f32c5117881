/* The queue's changes, made on the core that owns it: versions of account 0 one behind the other, as in the mail
 * room. An entry that is being changed is marked until that is durable, so two changes of one entry never cross. */
#include "queue/entry.h"

#include "base/activity.h"
#include "base/map.h"
#include "base/must.h"
#include "co/fault.h"

#include <stdatomic.h>

#define ACCOUNT 0u
#define STEPS_MAX 20000 /* entries looked at by one call of queue_list */
#define LIST_MAX 1000
#define SHUT_MS 60000
#define SHUT_LOOK_MS 10
#define LIST_BYTES_MAX 16777216

struct queue {
    struct store *store;
    struct core *core;
    uint64_t version, next_version;
    uint32_t chain;
    bool started, shut;
    struct entry_counts durable, pending;
    struct map changing;  /* ids */
    uint64_t *quarantine; /* ids; filled before the cores run */
    size_t n_quarantine;
    atomic_uint_fast64_t entries, held, bytes, low_id; /* of `durable`, for other cores */
};

struct change {
    struct kv_part part;
    struct queue *q;
    struct arena arena;
    struct kv_change kv[4];
    struct entry_counts after;
    uint64_t changes_id; /* marked in q->changing; 0: none */
};

/* --- on the owner ------------------------------------------------------------------------------------- */

/* Ids only grow, so what is durable and the first tells where to begin to look from now on. */
static void raise_low(struct queue *q, uint64_t id)
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
    raise_low(q, q->durable.low_id);
}

static void done(struct kv_part *part, enum st st)
{
    struct change *c = CONTAINER_OF(part, struct change, part);
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
    arena_fini(&c->arena);
    mem_free(c);
}

static struct change *change_new(struct queue *q, uint64_t changes_id)
{
    struct change *c = MEM_NEW(struct change);

    c->q = q;
    c->changes_id = changes_id;
    c->part = (struct kv_part){.account = ACCOUNT,
                               .expected_version = q->next_version++,
                               .chain = q->chain,
                               .changes = c->kv,
                               .core = q->core,
                               .done = done};
    if (changes_id)
        map_put(&q->changing, changes_id, q);
    return c;
}

static void add(struct change *c, int op, struct str key, struct str value)
{
    must(c->part.n < ARRAY_LEN(c->kv));
    c->kv[c->part.n++] = (struct kv_change){.key = key, .value = value, .op = op};
}

/* The counts go along with every change, pending ones as it moves them. */
static void seal(struct change *c)
{
    struct entry_counts *p = &c->q->pending;

    p->low_id = MAX(p->low_id, atomic_load(&c->q->low_id));
    if (!p->counts.entries)
        p->low_due_us = UINT64_MAX;
    c->after = *p;
    add(c, KV_PUT, counts_key(), counts_encode(&c->arena, &c->after));
}

static void count(struct queue *q, const struct queue_entry *e, int sign)
{
    struct queue_counts *n = &q->pending.counts;

    n->entries += (uint64_t)sign;
    n->bytes += (uint64_t)sign * e->size;
    if (e->held)
        n->held += (uint64_t)sign;
}

static enum st check_open(const struct queue *q)
{
    return q->shut ? FAIL(ST_TRYLATER, "the queue is being repaired") : ST_OK;
}

static enum st prepare(struct queue *q, struct queue_entry *e, struct kv_part **out)
{
    struct arena ar = ARENA_INIT;
    struct change *c;
    struct str value;
    enum st st;

    must(q->started);
    TRY(check_open(q));
    st = entry_encode(&ar, e, &value); /* the id is in the key only */
    if (st != ST_OK) {
        arena_fini(&ar);
        return st;
    }
    c = change_new(q, 0);
    c->arena = ar;
    e->id = c->part.expected_version + 1;
    add(c, KV_PUT, entry_key(&c->arena, e->id), value);
    if (!e->held)
        add(c, KV_PUT, entry_due_key(&c->arena, e->due_us, e->id), STR_NONE);
    count(q, e, 1);
    if (!e->held)
        q->pending.low_due_us = MIN(q->pending.low_due_us, e->due_us);
    seal(c);
    *out = &c->part;
    return ST_OK;
}

enum st queue_start(struct queue *q)
{
    struct arena ar = ARENA_INIT;
    struct str value;
    enum st st;

    must(core_here() == q->core);
    TRY(kv_version(q->store, ACCOUNT, &q->version));
    st = kv_get(q->store, &ar, ACCOUNT, counts_key(), &value);
    if (st == ST_OK)
        st = counts_decode(value, &q->durable);
    arena_fini(&ar);
    if (st == ST_NOTFOUND)
        q->durable = (struct entry_counts){.low_id = 1, .low_due_us = UINT64_MAX};
    else
        TRY(st);
    q->next_version = q->version;
    q->chain = kv_chain(q->store, ACCOUNT);
    q->pending = q->durable;
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
    q->shut = false;
    return ST_OK;
}

struct queue *queue_new(const struct queue_options *opt)
{
    struct queue *q = MEM_NEW(struct queue);

    q->store = opt->store;
    q->core = opt->core;
    return q;
}

void queue_free(struct queue *q)
{
    if (!q)
        return;
    map_fini(&q->changing);
    mem_free(q->quarantine);
    mem_free(q);
}

void queue_get_counts(struct queue *q, struct queue_counts *out)
{
    *out = (struct queue_counts){atomic_load(&q->entries), atomic_load(&q->held), atomic_load(&q->bytes)};
}

/* --- changing an entry --------------------------------------------------------------------------------- */

enum order { ORDER_PREPARE, ORDER_HOLD, ORDER_RELEASE, ORDER_DROP };

struct op {
    struct queue *q;
    enum order order;
    uint64_t id;
    struct str reason;
    struct queue_entry *entry; /* ORDER_PREPARE */
    struct kv_part *part;
    struct core *asker;
    struct co_event done;
    enum st st;
    char text[ERR_TEXT_MAX];
};

/* False: it is so already. */
static bool amend(const struct op *op, struct queue_entry *e)
{
    if (op->order == ORDER_HOLD ? e->held : !e->held)
        return false;
    e->held = op->order == ORDER_HOLD;
    e->hold_reason = op->reason;
    if (!e->held)
        e->due_us = clock_wall_us();
    return true;
}

static enum st commit(struct queue *q, struct change *c, const struct kv_deref *deref) SUSPENDS
{
    struct kv_part *part = &c->part;
    struct kv_commit kc = {.parts = &part, .n_parts = 1, .derefs = deref, .n_derefs = deref != NULL};

    return kv_commit(q->store, &kc);
}

static enum st drop(struct queue *q, const struct queue_entry *e) SUSPENDS
{
    struct kv_deref deref = {.id = e->blob, .delta = -1};
    struct change *c = change_new(q, e->id);

    add(c, KV_DEL, entry_key(&c->arena, e->id), STR_NONE);
    if (!e->held)
        add(c, KV_DEL, entry_due_key(&c->arena, e->due_us, e->id), STR_NONE);
    count(q, e, -1);
    seal(c);
    return commit(q, c, &deref);
}

static enum st rewrite(struct queue *q, const struct op *op, struct queue_entry *e) SUSPENDS
{
    uint64_t was_due = e->due_us;
    struct queue_entry was = *e;
    struct arena ar = ARENA_INIT;
    struct change *c;
    struct str value;
    enum st st;

    if (!amend(op, e))
        return ST_OK;
    st = entry_encode(&ar, e, &value);
    if (st != ST_OK) {
        arena_fini(&ar);
        return st;
    }
    c = change_new(q, e->id);
    c->arena = ar;
    add(c, KV_PUT, entry_key(&c->arena, e->id), value);
    if (e->held)
        add(c, KV_DEL, entry_due_key(&c->arena, was_due, e->id), STR_NONE);
    else
        add(c, KV_PUT, entry_due_key(&c->arena, e->due_us, e->id), STR_NONE);
    count(q, &was, -1);
    count(q, e, 1);
    if (!e->held)
        q->pending.low_due_us = MIN(q->pending.low_due_us, e->due_us);
    seal(c);
    return commit(q, c, NULL);
}

/* What was read may have been changed while we read: only what is not marked then is what we read. */
static enum st change_entry(struct op *op, struct arena *ar) SUSPENDS
{
    struct queue *q = op->q;
    struct queue_entry e;
    uint64_t seen;

    do {
        if (map_get(&q->changing, op->id))
            return FAIL(ST_BUSY, "entry %016llx of the queue is being changed", (unsigned long long)op->id);
        seen = q->version;
        arena_reset(ar);
        TRY(queue_get(q, op->id, ar, &e));
    } while (seen != q->version);
    if (map_get(&q->changing, op->id))
        return FAIL(ST_BUSY, "entry %016llx of the queue is being changed", (unsigned long long)op->id);
    TRY(check_open(q));
    return op->order == ORDER_DROP ? drop(q, &e) : rewrite(q, op, &e);
}

static void run(struct op *op) SUSPENDS
{
    struct arena ar = ARENA_INIT;

    op->st = change_entry(op, &ar);
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

enum st queue_drop(struct queue *q, uint64_t id)
{
    struct op op = {.q = q, .order = ORDER_DROP, .id = id};

    return carry_out(&op);
}

/* --- quarantine ------------------------------------------------------------------------------------------------ */

enum st queue_quarantine_add(struct queue *q, uint64_t id)
{
    if (q->n_quarantine == LIMIT_QUARANTINE)
        return FAIL(ST_LIMIT, "%u entries of the queue are in quarantine already", (unsigned)LIMIT_QUARANTINE);
    q->quarantine = mem_resize(q->quarantine, (q->n_quarantine + 1) * sizeof *q->quarantine);
    q->quarantine[q->n_quarantine++] = id;
    return ST_OK;
}

static bool is_quarantined(const struct queue *q, uint64_t id)
{
    for (size_t i = 0; i < q->n_quarantine; i++)
        if (q->quarantine[i] == id)
            return true;
    return false;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

static enum st decode(const struct queue *q, struct arena *a, uint64_t id, struct str value, struct queue_entry *out)
{
    enum st st;

    if (is_quarantined(q, id))
        return FAIL(ST_CORRUPT, "entry %016llx of the queue is in quarantine: the server failed on it twice",
                    (unsigned long long)id);
    activity_queue(id);
    st = entry_decode(a, id, value, out);
    must(st != ST_OK || !fault_hit(FAULT_queue_poison) ||
         !str_starts(out->reverse_path, STR("poison"))); /* tests only */
    activity_queue(0);
    return st;
}

enum st queue_get(struct queue *q, uint64_t id, struct arena *a, struct queue_entry *out)
{
    struct str value;
    enum st st = kv_get(q->store, a, ACCOUNT, entry_key(a, id), &value);

    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "no entry %016llx in the queue", (unsigned long long)id);
    TRY(st);
    return decode(q, a, id, value, out);
}

static bool goes_to(const struct queue_entry *e, struct str domain)
{
    for (size_t i = 0; i < e->n_rcpts; i++) {
        struct str address = e->rcpts[i].address;

        if (e->rcpts[i].state == QUEUE_RCPT_WAITING && str_ieq(str_from(address, str_rfind(address, '@') + 1), domain))
            return true;
    }
    return false;
}

static bool fits(const struct queue_entry *e, const struct queue_filter *f)
{
    return (!f->account || e->account == f->account) && (!f->only_held || e->held) &&
           (!f->domain.n || goes_to(e, f->domain));
}

struct listing {
    struct queue_entry *list;
    size_t n, bytes;
    uint64_t next;
    bool more, from_start;
};

/* One that is in quarantine is listed all the same, held, with nothing that stands in it. */
static enum st take_quarantined(struct listing *l, const struct queue_filter *f)
{
    struct queue_entry e = {
        .id = l->next, .held = true, .hold_reason = STR("in quarantine: the server failed on it twice")};

    if (fits(&e, f))
        l->list[l->n++] = e;
    return ST_OK;
}

static enum st take(const struct queue *q, struct listing *l, const struct queue_filter *f, struct arena *a,
                    struct str value)
{
    struct arena tmp = ARENA_INIT;
    struct queue_entry e;
    enum st st;

    if (is_quarantined(q, l->next))
        return take_quarantined(l, f);
    st = decode(q, &tmp, l->next, value, &e);

    if (st == ST_OK && fits(&e, f)) {
        st = entry_decode(a, l->next, arena_str(a, value), &l->list[l->n]);
        l->n += st == ST_OK;
        l->bytes += value.n;
    }
    arena_fini(&tmp);
    return st;
}

static enum st list_range(struct queue *q, struct kv_range *range, const struct queue_filter *f, struct arena *a,
                          struct listing *l) SUSPENDS
{
    struct str key, value;

    for (size_t steps = 0; kv_range_next(range, &key, &value); steps++) {
        if (l->n == f->most || steps == STEPS_MAX || l->bytes > LIST_BYTES_MAX) {
            l->more = true;
            return ST_OK;
        }
        l->next = entry_id_of(key);
        if (steps == 0 && l->from_start)
            raise_low(q, l->next);
        TRY(take(q, l, f, a, value));
    }
    return ST_OK;
}

enum st queue_list(struct queue *q, const struct queue_filter *f, struct arena *a, struct queue_entry **out,
                   size_t *out_n, uint64_t *out_next, bool *out_more)
{
    uint64_t low = atomic_load(&q->low_id), from = MAX(f->after + 1, low);
    struct listing l = {.next = f->after, .from_start = f->after < low};
    struct kv_range *range;
    enum st st, ended;

    must(f->most >= 1 && f->most <= LIST_MAX);
    l.list = ARENA_ARRAY(a, struct queue_entry, f->most);
    TRY(kv_range_open(q->store, a, ACCOUNT, entry_key(a, from), arena_str(a, STR("R")), &range));
    st = list_range(q, range, f, a, &l);
    ended = kv_range_close(range);
    TRY(st);
    TRY(ended);
    *out = l.list;
    *out_n = l.n;
    *out_next = l.next;
    *out_more = l.more;
    return ST_OK;
}
