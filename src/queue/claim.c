/* Who carries what. Places in the order of due times up to the cursor have been given away: what was found there is leased, in memory. Nothing is
 * scanned twice, and nothing that was deleted is walked over: the next look begins at the cursor. A change that puts an entry before it moves it back. */
#include "queue/inside.h"

#include "base/must.h"

#define CLAIM_MAX 1000
#define STEPS_MAX 5000 /* places looked at in one range */

struct queue_lease {
    uint64_t id, due_us;
    bool is_damaged; /* nobody carries it: it can't be read */
};

static void give_back(struct queue *q, struct queue_lease *l)
{
    struct entry_place place = {l->due_us, l->id};

    if (entry_is_before(place, q->cursor))
        q->cursor = place;
    mem_free(l);
}

void queue_claim_note(struct queue *q, struct entry_place place)
{
    if (entry_is_before(place, q->cursor))
        q->cursor = place;
    co_waitq_wake_all(&q->looking);
}

uint64_t queue_claim_low_due(const struct queue *q)
{
    uint64_t low = q->cursor.due_us;
    size_t pos = 0;
    void *lease;

    while (map_next(&q->leased, &pos, &lease))
        low = MIN(low, ((struct queue_lease *)lease)->due_us);
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

struct look {
    struct queue *q;
    uint64_t now_us, next_due_us; /* of the first that is not due yet */
    size_t most;
    struct entry_place *found;
    size_t n;
    struct entry_place at; /* all before has been looked at */
};

/* Others may be at work while the range is read: what they move before our place moves the cursor, which stays ours to raise. */
static enum st read_places(struct look *l, struct arena *a) SUSPENDS
{
    struct queue *q = l->q;
    struct kv_range *range;
    struct str key, value;

    l->at = q->cursor;
    TRY(kv_range_open(q->store, a, QUEUE_ACCOUNT, entry_due_key(a, l->at.due_us, l->at.id), arena_str(a, STR("E")),
                      &range));
    q->cursor = ENTRY_NOWHERE; /* whatever is put meanwhile lowers it */
    for (size_t steps = 0; l->n < l->most && steps < STEPS_MAX && kv_range_next(range, &key, &value); steps++) {
        struct entry_place place = entry_place_of(key);

        if (place.due_us > l->now_us) {
            l->next_due_us = place.due_us;
            break;
        }
        if (!queue_is_claimed(q, place.id) && !map_get(&q->changing, place.id) && !queue_is_quarantined(q, place.id))
            l->found[l->n++] = place;
        l->at = (struct entry_place){place.due_us, place.id + 1};
    }
    if (entry_is_before(l->at, q->cursor))
        q->cursor = l->at;
    return kv_range_close(range);
}

static void lease(struct queue *q, struct entry_place place)
{
    struct queue_lease *l = MEM_NEW(struct queue_lease);

    *l = (struct queue_lease){place.id, place.due_us};
    map_put(&q->leased, place.id, l);
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
        lease(l->q, l->found[i]);
    for (size_t i = 0; i < l->n; i++) {
        struct queue_entry e;
        struct str record;
        enum st st = queue_read_still(l->q, l->found[i].id, &tmp, &e, &record);

        if (st == ST_OK && !e.held && e.due_us <= l->now_us) {
            st = entry_decode(a, e.id, arena_str(a, record), &out[*out_n]);
            *out_n += st == ST_OK;
        } else if (st != ST_CORRUPT) {
            queue_claim_end(l->q, l->found[i].id); /* changed meanwhile: looked at again */
        }
        if (st == ST_CORRUPT)
            set_aside(l->q, l->found[i].id);
    }
    arena_fini(&tmp);
}

static enum st look_once(struct queue *q, size_t most, struct arena *a, struct queue_entry *out, size_t *out_n,
                         uint64_t *out_next_us) SUSPENDS
{
    struct look l = {.q = q, .now_us = clock_wall_us(), .next_due_us = UINT64_MAX, .most = most};
    struct arena tmp = ARENA_INIT;
    enum st st;

    l.found = ARENA_ARRAY(&tmp, struct entry_place, most);
    st = read_places(&l, &tmp);
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
