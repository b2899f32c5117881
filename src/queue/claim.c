/* Who carries what. For each priority there is an order by due time, and a cursor: places up to it have been given away, and what was found there is
 * leased, in memory. Nothing is scanned twice, and nothing that was deleted is walked over: the next look begins at the cursor, or does not even
 * begin where it stands later than now. A change that puts an entry before it moves it back. Of what is due, a letter goes first whose rank
 * (base/envelope.h) is lowest, so one of a high priority overtakes those of lower ones, but not those that have waited much longer already. */
#include "queue/inside.h"

#include "base/must.h"

#define CLAIM_MAX 1000
#define STEPS_MAX 5000 /* places looked at in one range */

struct queue_lease {
    uint64_t id, due_us;
    int priority;
    bool is_damaged; /* nobody carries it: it can't be read */
};

static struct entry_place *cursor_of(struct queue *q, int priority)
{
    return &q->cursor[priority + PRIORITY_MOST];
}

static void lower(struct queue *q, int priority, struct entry_place place)
{
    if (entry_is_before(place, *cursor_of(q, priority)))
        *cursor_of(q, priority) = place;
}

static void give_back(struct queue *q, struct queue_lease *l)
{
    lower(q, l->priority, (struct entry_place){l->due_us, l->id});
    mem_free(l);
}

void queue_claim_note(struct queue *q, int priority, struct entry_place place)
{
    lower(q, priority, place);
    co_waitq_wake_all(&q->looking);
}

uint64_t queue_claim_low_due(const struct queue *q)
{
    uint64_t low = UINT64_MAX;
    size_t pos = 0;
    void *lease;

    while (map_next(&q->leased, &pos, &lease))
        low = MIN(low, ((struct queue_lease *)lease)->due_us);
    for (size_t i = 0; i < QUEUE_ORDERS; i++)
        low = MIN(low, q->cursor[i].due_us);
    LIST_EACH(of, &q->changes)
        low = MIN(low, LIST_ITEM(of, struct queue_change, of)->becomes.due_us);
    return low;
}

bool queue_is_claimed(const struct queue *q, uint64_t id)
{
    return map_get(&q->leased, id) != NULL;
}

void queue_claim_end(struct queue *q, uint64_t id)
{
    struct queue_lease *l = map_del(&q->leased, id);

    if (l)
        give_back(q, l);
    co_waitq_wake_all(&q->looking);
}

void queue_claim_moved(struct queue *q, uint64_t id, uint64_t due_us)
{
    struct queue_lease *l = map_get(&q->leased, id);

    if (l)
        l->due_us = due_us;
}

void queue_give_back_all(struct queue *q)
{
    size_t pos = 0;
    void *lease;

    while (map_next(&q->leased, &pos, &lease)) {
        map_del(&q->leased, ((struct queue_lease *)lease)->id);
        give_back(q, lease);
    }
    co_waitq_wake_all(&q->looking);
}

void queue_claim_damaged_again(struct queue *q)
{
    size_t pos = 0;
    void *v;

    while (map_next(&q->leased, &pos, &v)) {
        struct queue_lease *l = v;

        if (!l->is_damaged)
            continue;
        map_del(&q->leased, l->id);
        give_back(q, l);
    }
}

void queue_claim_fini(struct queue *q)
{
    size_t pos = 0;
    void *lease;

    while (map_next(&q->leased, &pos, &lease))
        mem_free(lease);
    map_fini(&q->leased);
}

/* --- looking ---------------------------------------------------------------------------------------------------- */

/* In one order. */
struct found {
    struct entry_place *places;
    size_t n, taken;
    struct entry_place from, at; /* all before the latter has been looked at; what stands there may not be due */
    bool is_read;
};

struct look {
    struct queue *q;
    uint64_t now_us, next_due_us; /* of the first that is not due yet */
    size_t most;
    struct found orders[QUEUE_ORDERS];
    struct claimed_place {
        struct entry_place place;
        int priority;
    } * found;
    size_t n;
};

/* Others may be at work while the range is read: what they move before our place moves the cursor, which stays ours to raise. */
static enum st read_places(struct look *l, struct arena *a, int priority) SUSPENDS
{
    struct queue *q = l->q;
    struct found *f = &l->orders[priority + PRIORITY_MOST];
    struct entry_place *cursor = cursor_of(q, priority);
    struct kv_range *range;
    struct str key, value;
    size_t steps = 0;

    f->from = f->at = *cursor;
    TRY(kv_range_open(q->store, a, QUEUE_ACCOUNT, entry_due_key(a, priority, f->at), entry_due_end(a, priority),
                      &range));
    f->is_read = true;
    f->places = ARENA_ARRAY(a, struct entry_place, l->most);
    *cursor = ENTRY_NOWHERE; /* whatever is put meanwhile lowers it */
    while (f->n < l->most && steps++ < STEPS_MAX) {
        struct entry_place place;
        int of;

        if (!kv_range_next(range, &key, &value)) {
            f->at = ENTRY_NOWHERE;
            break;
        }
        if (!entry_is_due_key(key, &of, &place)) /* damaged: what check --repair is for */
            continue;
        f->at = place;
        if (place.due_us > l->now_us)
            break;
        if (!queue_is_claimed(q, place.id) && !map_get(&q->changing, place.id) && !queue_is_quarantined(q, place.id))
            f->places[f->n++] = place;
        f->at.id++;
    }
    return kv_range_close(range);
}

/* The order whose next place comes first; NULL: there is none left. */
static struct found *best_of(struct look *l, int *out_priority)
{
    struct found *best = NULL;
    int64_t best_rank = 0;

    for (int p = PRIORITY_MOST; p >= -PRIORITY_MOST; p--) {
        struct found *f = &l->orders[p + PRIORITY_MOST];
        int64_t rank = f->taken < f->n ? priority_rank_us(p, f->places[f->taken].due_us) : 0;

        if (f->taken == f->n || (best && rank >= best_rank))
            continue;
        best = f;
        best_rank = rank;
        *out_priority = p;
    }
    return best;
}

static void choose(struct look *l)
{
    struct found *f;
    int p;

    while (l->n < l->most && (f = best_of(l, &p)) != NULL)
        l->found[l->n++] = (struct claimed_place){f->places[f->taken++], p};
}

/* Behind what is taken; all the way back when the look has failed. */
static void raise_cursors(struct look *l, bool is_good)
{
    for (int p = -PRIORITY_MOST; p <= PRIORITY_MOST; p++) {
        struct found *f = &l->orders[p + PRIORITY_MOST];

        if (f->is_read)
            lower(l->q, p, !is_good ? f->from : f->taken < f->n ? f->places[f->taken] : f->at);
        l->next_due_us = MIN(l->next_due_us, cursor_of(l->q, p)->due_us);
    }
}

static enum st read_orders(struct look *l, struct arena *a) SUSPENDS
{
    enum st st = ST_OK;

    l->q->looks++;
    for (int p = PRIORITY_MOST; p >= -PRIORITY_MOST && st == ST_OK; p--)
        if (cursor_of(l->q, p)->due_us <= l->now_us)
            st = read_places(l, a, p);
    if (st == ST_OK)
        choose(l);
    raise_cursors(l, st == ST_OK);
    l->q->looks--;
    return st;
}

static void lease(struct queue *q, const struct claimed_place *c)
{
    struct queue_lease *l = MEM_NEW(struct queue_lease);

    *l = (struct queue_lease){.id = c->place.id, .due_us = c->place.due_us, .priority = c->priority};
    map_put(&q->leased, c->place.id, l);
}

/* Left alone until the queue has been repaired, or the box starts anew: it would be looked at for ever. */
static void set_aside(struct queue *q, uint64_t id)
{
    struct queue_lease *l = map_get(&q->leased, id);

    if (!l)
        return;
    l->is_damaged = true;
    if (q->n_damaged < ARRAY_LEN(q->damaged))
        q->damaged[q->n_damaged++] = id;
}

bool queue_next_damaged(struct queue *q, uint64_t *out_id)
{
    if (!q->n_damaged)
        return false;
    *out_id = q->damaged[--q->n_damaged];
    return true;
}

/* Found places become entries of the caller's. */
static void take(struct look *l, struct arena *a, struct queue_entry *out, size_t *out_n) SUSPENDS
{
    struct arena tmp = ARENA_INIT;

    for (size_t i = 0; i < l->n; i++)
        lease(l->q, &l->found[i]);
    for (size_t i = 0; i < l->n; i++) {
        struct queue_entry e;
        struct str record;
        enum st st = queue_read_still(l->q, l->found[i].place.id, &tmp, &e, &record);

        if (st == ST_OK && !e.held && e.due_us <= l->now_us) {
            st = entry_decode(a, e.id, arena_str(a, record), &out[*out_n]);
            *out_n += st == ST_OK;
        } else if (st != ST_CORRUPT) {
            queue_claim_end(l->q, l->found[i].place.id); /* changed meanwhile: looked at again */
        }
        if (st == ST_CORRUPT)
            set_aside(l->q, l->found[i].place.id);
    }
    arena_fini(&tmp);
}

static enum st look_once(struct queue *q, size_t most, struct arena *a, struct queue_entry *out, size_t *out_n,
                         uint64_t *out_next_us) SUSPENDS
{
    struct look l = {.q = q, .now_us = clock_wall_us(), .next_due_us = UINT64_MAX, .most = most};
    struct arena tmp = ARENA_INIT;
    enum st st;

    l.found = ARENA_ARRAY(&tmp, struct claimed_place, most);
    st = read_orders(&l, &tmp);
    if (st == ST_OK)
        take(&l, a, out, out_n);
    *out_next_us = l.next_due_us;
    arena_fini(&tmp);
    return st;
}

enum st queue_claim(struct queue *q, size_t most, mono_ms deadline, struct arena *a, struct queue_entry **out,
                    size_t *out_n)
{
    struct queue_entry *list = ARENA_ARRAY(a, struct queue_entry, most);
    size_t n = 0;

    must(core_here() == q->core && most >= 1 && most <= CLAIM_MAX);
    for (;;) {
        uint64_t next_us, now_us;
        mono_ms until = deadline;
        enum st st;

        TRY(queue_check_open(q));
        TRY(look_once(q, most, a, list, &n, &next_us));
        if (n || clock_mono_ms() >= deadline)
            break;
        now_us = clock_wall_us();
        if (next_us != UINT64_MAX)
            until = MIN(deadline, deadline_in(next_us > now_us ? (next_us - now_us) / 1000 + 1 : 1));
        st = co_waitq_wait(&q->looking, until);
        if (st == ST_CANCELED)
            return st;
    }
    *out = list;
    *out_n = n;
    return ST_OK;
}
