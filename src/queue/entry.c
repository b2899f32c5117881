/* Entries of the queue as bytes: see docs/formats/queue.md. */
#include "queue/entry.h"

#define VERSION 1u

struct str queue_attr_get(const struct queue_attr *attrs, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(attrs[i].name, name))
            return attrs[i].value.p ? attrs[i].value : STR("");
    return STR_NONE;
}

uint64_t queue_release_us(const struct queue_entry *e)
{
    uint64_t at;

    return str_u64(queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_RELEASE)), INT64_MAX, &at) == ST_OK ? at : 0;
}

uint64_t queue_began_us(const struct queue_entry *e)
{
    return MAX(e->arrival_us, queue_release_us(e));
}

static struct str copy_of(struct arena *a, const struct buf *b)
{
    return arena_str(a, buf_str(b));
}

struct str entry_key(struct arena *a, uint64_t id)
{
    struct buf b;
    struct str key;

    buf_init(&b, 9);
    buf_addc(&b, ENTRY_KEY);
    rec_put_u64_be(&b, id);
    key = copy_of(a, &b);
    buf_fini(&b);
    return key;
}

/* Of the usual priority they begin with D, of others with P and the priority. */
static void put_order(struct buf *b, int priority)
{
    buf_addc(b, priority ? 'P' : 'D');
    if (priority)
        rec_put_u8(b, (uint8_t)(priority + PRIORITY_MOST));
}

struct str entry_due_key(struct arena *a, int priority, struct entry_place place)
{
    struct buf b;
    struct str key;

    buf_init(&b, 18);
    put_order(&b, priority);
    rec_put_u64_be(&b, place.due_us);
    rec_put_u64_be(&b, place.id);
    key = copy_of(a, &b);
    buf_fini(&b);
    return key;
}

struct str entry_due_end(struct arena *a, int priority)
{
    struct buf b;
    struct str key;

    buf_init(&b, 2);
    put_order(&b, priority);
    b.p[b.n - 1]++;
    key = copy_of(a, &b);
    buf_fini(&b);
    return key;
}

struct str entry_future_key(struct arena *a, uint64_t account, uint64_t id)
{
    struct buf b;
    struct str key;

    buf_init(&b, 17);
    buf_addc(&b, 'F');
    rec_put_u64_be(&b, account);
    rec_put_u64_be(&b, id);
    key = copy_of(a, &b);
    buf_fini(&b);
    return key;
}

struct str entry_future_value(struct arena *a, const struct queue_entry *e)
{
    struct buf b;
    struct str value;

    buf_init(&b, 17);
    rec_put_u8(&b, VERSION);
    rec_put_u64(&b, queue_release_us(e));
    rec_put_u64(&b, e->size);
    value = copy_of(a, &b);
    buf_fini(&b);
    return value;
}

enum st entry_future_get(struct str value, uint64_t *out_release_us, uint64_t *out_size)
{
    struct rec r = rec_of(value);
    uint64_t release_us, size;

    rec_need(&r, rec_u8(&r) == VERSION);
    release_us = rec_u64(&r);
    size = rec_u64(&r);
    TRY(rec_end_open(&r, "a letter of the queue that is to leave later"));
    *out_release_us = release_us;
    *out_size = size;
    return ST_OK;
}

uint64_t entry_id_of(struct str key)
{
    struct rec r = rec_of(str_from(key, 1));

    return rec_u64_be(&r);
}

bool entry_is_due_key(struct str key, int *out_priority, struct entry_place *out)
{
    bool is_usual = key.n == 17 && key.p[0] == 'D';
    struct rec r = rec_of(str_from(key, 1));
    int priority = 0;

    if (!is_usual && (key.n != 18 || key.p[0] != 'P'))
        return false;
    if (!is_usual)
        priority = rec_u8(&r) - PRIORITY_MOST;
    if (priority < -PRIORITY_MOST || priority > PRIORITY_MOST || (!is_usual && !priority))
        return false;
    *out_priority = priority;
    out->due_us = rec_u64_be(&r);
    out->id = rec_u64_be(&r);
    return true;
}

/* --- writing ------------------------------------------------------------------------------------------ */

static bool put_attrs(struct buf *b, const struct queue_attr *attrs, size_t n)
{
    if (n > LIMIT_QUEUE_ATTRS)
        return false;
    rec_put_u16(b, (uint16_t)n);
    for (size_t i = 0; i < n; i++) {
        if (attrs[i].name.n > LIMIT_QUEUE_ATTR || attrs[i].value.n > LIMIT_QUEUE_ATTR)
            return false;
        rec_put_str(b, attrs[i].name);
        rec_put_str(b, attrs[i].value);
    }
    return true;
}

static bool put_rcpt(struct buf *b, const struct queue_rcpt *r)
{
    rec_put_str(b, r->address);
    rec_put_u8(b, (uint8_t)r->state);
    rec_put_u32(b, r->attempts);
    rec_put_u64(b, r->due_us);
    rec_put_str(b, r->answer);
    return put_attrs(b, r->attrs, r->n_attrs);
}

static bool put_entry(struct buf *b, const struct queue_entry *e)
{
    bool fits = e->n_rcpts <= LIMIT_QUEUE_RCPTS;

    rec_put_u8(b, VERSION);
    rec_put_u8(b, e->held);
    rec_put_u16(b, 0);
    rec_put_u32(b, (uint32_t)e->priority);
    rec_put_u64(b, e->blob);
    rec_put_u64(b, e->size);
    rec_put_u64(b, e->account);
    rec_put_u64(b, e->credential);
    rec_put_u64(b, e->arrival_us);
    rec_put_u64(b, e->due_us);
    rec_put_u32(b, e->attempts);
    rec_put_u64(b, e->lease_until_us);
    rec_put_u64(b, e->lease_holder);
    rec_put_str(b, e->hold_reason);
    rec_put_str(b, e->reverse_path);
    rec_put_str(b, e->prefix);
    fits = fits && put_attrs(b, e->attrs, e->n_attrs);
    rec_put_u32(b, (uint32_t)e->n_rcpts);
    for (size_t i = 0; fits && i < e->n_rcpts; i++)
        fits = put_rcpt(b, &e->rcpts[i]);
    return fits;
}

enum st entry_encode(struct arena *a, const struct queue_entry *e, struct str *out)
{
    struct buf b;
    bool fits;

    buf_init(&b, LIMIT_QUEUE_ENTRY);
    fits = put_entry(&b, e) && !b.over;
    if (fits)
        *out = copy_of(a, &b);
    buf_fini(&b);
    return fits ? ST_OK : FAIL(ST_LIMIT, "an envelope too large for the queue");
}

/* --- reading ------------------------------------------------------------------------------------------ */

static const struct queue_attr *get_attrs(struct arena *a, struct rec *r, size_t *out_n)
{
    size_t n = rec_u16(r);
    struct queue_attr *attrs;

    rec_need(r, n <= LIMIT_QUEUE_ATTRS);
    *out_n = r->bad ? 0 : n;
    attrs = ARENA_ARRAY(a, struct queue_attr, *out_n);
    for (size_t i = 0; i < *out_n; i++) {
        attrs[i].name = rec_str(r, LIMIT_QUEUE_ATTR);
        attrs[i].value = rec_str(r, LIMIT_QUEUE_ATTR);
    }
    return attrs;
}

static struct queue_rcpt get_rcpt(struct arena *a, struct rec *r)
{
    struct queue_rcpt rcpt = {.address = rec_str(r, LIMIT_QUEUE_ENTRY)};

    rcpt.state = (enum queue_rcpt_state)rec_u8(r);
    rec_need(r, rcpt.state <= QUEUE_RCPT_FAILED);
    rcpt.attempts = rec_u32(r);
    rcpt.due_us = rec_u64(r);
    rcpt.answer = rec_str(r, LIMIT_QUEUE_ENTRY);
    rcpt.attrs = get_attrs(a, r, &rcpt.n_attrs);
    return rcpt;
}

enum st entry_decode(struct arena *a, uint64_t id, struct str value, struct queue_entry *out)
{
    struct queue_entry e = {.id = id};
    struct rec r = rec_of(value);
    struct queue_rcpt *rcpts;
    uint32_t n;

    rec_need(&r, rec_u8(&r) == VERSION);
    e.held = rec_u8(&r);
    rec_u16(&r);
    e.priority = (int32_t)rec_u32(&r);
    rec_need(&r, e.priority >= -PRIORITY_MOST && e.priority <= PRIORITY_MOST);
    e.blob = rec_u64(&r);
    e.size = rec_u64(&r);
    e.account = rec_u64(&r);
    e.credential = rec_u64(&r);
    e.arrival_us = rec_u64(&r);
    e.due_us = rec_u64(&r);
    e.attempts = rec_u32(&r);
    e.lease_until_us = rec_u64(&r);
    e.lease_holder = rec_u64(&r);
    e.hold_reason = rec_str(&r, LIMIT_QUEUE_ENTRY);
    e.reverse_path = rec_str(&r, LIMIT_QUEUE_ENTRY);
    e.prefix = rec_str(&r, LIMIT_QUEUE_ENTRY);
    e.attrs = get_attrs(a, &r, &e.n_attrs);
    n = rec_u32(&r);
    rec_need(&r, n <= LIMIT_QUEUE_RCPTS && n <= rec_left(&r));
    e.n_rcpts = r.bad ? 0 : n;
    e.rcpts = rcpts = ARENA_ARRAY(a, struct queue_rcpt, e.n_rcpts);
    for (size_t i = 0; !r.bad && i < e.n_rcpts; i++)
        rcpts[i] = get_rcpt(a, &r);
    TRY(rec_end_open(&r, "an entry of the queue"));
    *out = e;
    return ST_OK;
}

/* --- counts ------------------------------------------------------------------------------------------- */

struct str counts_key(void)
{
    return STR("C");
}

struct str counts_encode(struct arena *a, const struct entry_counts *c)
{
    struct buf b;
    struct str value;

    buf_init(&b, 64);
    rec_put_u8(&b, VERSION);
    rec_put_u64(&b, c->counts.entries);
    rec_put_u64(&b, c->counts.held);
    rec_put_u64(&b, c->counts.bytes);
    rec_put_u64(&b, c->low_id);
    rec_put_u64(&b, c->low_due_us);
    value = copy_of(a, &b);
    buf_fini(&b);
    return value;
}

enum st counts_decode(struct str value, struct entry_counts *out)
{
    struct rec r = rec_of(value);
    struct entry_counts c;

    rec_need(&r, rec_u8(&r) == VERSION);
    c.counts.entries = rec_u64(&r);
    c.counts.held = rec_u64(&r);
    c.counts.bytes = rec_u64(&r);
    c.low_id = rec_u64(&r);
    c.low_due_us = rec_u64(&r);
    TRY(rec_end_open(&r, "the counts of the queue"));
    *out = c;
    return ST_OK;
}
