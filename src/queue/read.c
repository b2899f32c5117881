/* Entries as they stand, one or many; those that the server has failed on twice are left alone. */
#include "queue/inside.h"

#include "base/activity.h"
#include "base/must.h"
#include "co/fault.h"

#define STEPS_MAX 20000 /* entries looked at by one call of queue_list */
#define LIST_MAX 1000
#define LIST_BYTES_MAX 16777216

/* --- quarantine ------------------------------------------------------------------------------------------------ */

enum st queue_quarantine_add(struct queue *q, uint64_t id)
{
    if (q->n_quarantine == LIMIT_QUARANTINE)
        return FAIL(ST_LIMIT, "%u entries of the queue are in quarantine already", (unsigned)LIMIT_QUARANTINE);
    q->quarantine = mem_resize(q->quarantine, (q->n_quarantine + 1) * sizeof *q->quarantine);
    q->quarantine[q->n_quarantine++] = id;
    return ST_OK;
}

bool queue_is_quarantined(const struct queue *q, uint64_t id)
{
    for (size_t i = 0; i < q->n_quarantine; i++)
        if (q->quarantine[i] == id)
            return true;
    return false;
}

/* --- reading -------------------------------------------------------------------------------------------------- */

enum st queue_decode(const struct queue *q, struct arena *a, uint64_t id, struct str value, struct queue_entry *out)
{
    enum st st;

    if (queue_is_quarantined(q, id))
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
    enum st st = kv_get(q->store, a, QUEUE_ACCOUNT, entry_key(a, id), &value);

    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "no entry %016llx in the queue", (unsigned long long)id);
    TRY(st);
    return queue_decode(q, a, id, value, out);
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

/* One that can't be read is listed all the same, held, with nothing that stands in it. */
static enum st take_unread(struct listing *l, const struct queue_filter *f, struct str why)
{
    struct queue_entry e = {.id = l->next, .held = true, .hold_reason = why};

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

    if (queue_is_quarantined(q, l->next))
        return take_unread(l, f, STR("in quarantine: the server failed on it twice"));
    st = queue_decode(q, &tmp, l->next, value, &e);
    if (st == ST_CORRUPT) {
        st = take_unread(l, f, STR("its record is damaged: restante check --repair"));
    } else if (st == ST_OK && fits(&e, f)) {
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
            queue_raise_low_id(q, l->next);
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
    TRY(kv_range_open(q->store, a, QUEUE_ACCOUNT, entry_key(a, from), arena_str(a, STR("R")), &range));
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

/* --- what is to leave later --------------------------------------------------------------------------------------- */

/* Those of one account stand together; those that have left but could not be delivered yet are no matter any more. */
enum st queue_get_future(struct queue *q, uint64_t account, uint64_t most, struct queue_future *out)
{
    struct arena a = ARENA_INIT;
    struct queue_future f = {0};
    uint64_t now_us = clock_wall_us(), release_us, size;
    struct kv_range *range;
    struct str key, value;
    enum st st = kv_range_open(q->store, &a, QUEUE_ACCOUNT, entry_future_key(&a, account, atomic_load(&q->low_id)),
                               entry_future_key(&a, account, UINT64_MAX), &range);

    if (st == ST_OK) {
        for (size_t steps = 0; f.letters < most && steps < STEPS_MAX && kv_range_next(range, &key, &value); steps++)
            if (entry_future_get(value, &release_us, &size) == ST_OK && release_us > now_us) {
                f.letters++;
                f.bytes += size;
            }
        st = kv_range_close(range);
    }
    arena_fini(&a);
    TRY(st);
    *out = f;
    return ST_OK;
}
