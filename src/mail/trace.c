/* Batches of events: each core fills one of its own for each ring, the first core writes what is full or old enough. */
#include "mail/trace.h"

#include "base/must.h"
#include "base/rec.h"
#include "mail/layout.h"

#include <endian.h>
#include <stdatomic.h>

#define FLUSH_MS 500
#define BATCH_BYTES (256u << 10) /* of events: written at once */
#define BATCH_MAX (BATCH_BYTES + TRACE_EVENT_MAX)
#define HASHES_MAX 16384u       /* of one batch: it is written at once */
#define WAITING_MAX (16u << 20) /* bytes that wait to be written; what comes behind them is lost */
#define AT_ONCE 64              /* batches in one commit, and as many of each ring removed */
#define COMMIT_BYTES (2u << 20) /* of batches: others wait behind it */
#define REST_MS 20              /* between commits that only remove */
#define TRIM_MS 60000           /* how often is looked for what is too old */
#define REFUSALS_SHARE 8        /* of the room */

struct batch {
    struct batch *next;
    enum trace_ring ring;
    struct buf events, hashes, places;
    uint64_t first_us, last_us, n_events;
    uint32_t n_hashes;
    struct trace *t;
};

struct trace_core {
    struct trace *t;
    struct batch *open[TRACE_RINGS];
    struct co_timer timer;
};

struct ring {
    struct trace_state state;
    mono_ms looked; /* for what is too old */
};

struct trace {
    struct trace_options opt;
    struct trace_core *cores;
    atomic_uint_fast64_t lost, waiting_bytes, is_on;
    /* on the first core: */
    struct trace_bounds bounds;
    struct batch *waiting, **last;
    struct co_event work;
    bool is_writing, is_known; /* the latter: the rings' states and the version are */
    struct ring rings[TRACE_RINGS];
    uint64_t version;
    uint32_t chain;
};

/* --- on each core --------------------------------------------------------------------------------------------- */

static void batch_free(struct batch *b)
{
    buf_fini(&b->events);
    buf_fini(&b->hashes);
    buf_fini(&b->places);
    mem_free(b);
}

static struct batch *batch_new(struct trace *t, enum trace_ring ring)
{
    struct batch *b = MEM_NEW(struct batch);

    b->t = t;
    b->ring = ring;
    buf_init(&b->events, BATCH_MAX);
    buf_init(&b->hashes, (HASHES_MAX + TRACE_HASHES_MAX) * 8);
    buf_init(&b->places, (HASHES_MAX + TRACE_HASHES_MAX) * 4);
    return b;
}

static uint64_t batch_bytes(const struct batch *b)
{
    return b->events.n + b->hashes.n + b->places.n;
}

/* On the first core, whose the batch is from here on. */
static void arrived(void *arg)
{
    struct batch *b = arg;
    struct trace *t = b->t;

    *t->last = b;
    t->last = &b->next;
    co_event_set(&t->work);
}

static void hand_over(struct trace_core *c, enum trace_ring ring)
{
    struct batch *b = c->open[ring];
    struct trace *t = c->t;

    if (!b)
        return;
    c->open[ring] = NULL;
    if (atomic_fetch_add(&t->waiting_bytes, batch_bytes(b)) >
        WAITING_MAX) { /* the disk does not keep up, or takes nothing */
        atomic_fetch_sub(&t->waiting_bytes, batch_bytes(b));
        atomic_fetch_add(&t->lost, b->n_events);
        batch_free(b);
        return;
    }
    if (core_here() == t->opt.cores[0])
        arrived(b);
    else
        core_post(t->opt.cores[0], arrived, b);
}

static void hand_over_all(void *arg)
{
    struct trace_core *c = arg;

    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
        hand_over(c, ring);
}

static void add_hashes(struct batch *b, const struct trace_event *e)
{
    uint64_t hashes[TRACE_HASHES_MAX];
    size_t n = trace_event_hashes(e, hashes);

    for (size_t i = 0; i < n; i++) {
        rec_put_u64(&b->hashes, hashes[i]);
        rec_put_u32(&b->places, (uint32_t)b->events.n);
    }
    b->n_hashes += (uint32_t)n;
}

void trace_add(struct trace *t, const struct trace_event *e)
{
    struct trace_core *c = &t->cores[core_index(core_here())];
    enum trace_ring ring = e->kind == TRACE_REFUSED ? TRACE_REFUSALS : TRACE_LETTERS;
    struct batch *b = c->open[ring];

    if (!atomic_load(&t->is_on))
        return;
    if (!b) {
        b = c->open[ring] = batch_new(t, ring);
        b->first_us = e->at_us;
        if (!c->timer.place)
            co_timer_set(&c->timer, deadline_in(FLUSH_MS), hand_over_all, c);
    }
    add_hashes(b, e);
    trace_event_put(&b->events, e);
    b->last_us = MAX(b->last_us, e->at_us);
    b->n_events++;
    if (b->events.n >= BATCH_BYTES || b->n_hashes >= HASHES_MAX)
        hand_over(c, ring);
}

uint64_t trace_lost(const struct trace *t)
{
    return atomic_load(&t->lost);
}

struct trace *trace_new(const struct trace_options *opt)
{
    struct trace *t = MEM_NEW(struct trace);

    t->opt = *opt;
    t->last = &t->waiting;
    t->cores = mem_new(opt->n_cores * sizeof *t->cores);
    for (unsigned i = 0; i < opt->n_cores; i++)
        t->cores[i].t = t;
    return t;
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    for (unsigned i = 0; i < t->opt.n_cores; i++)
        for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
            if (t->cores[i].open[ring])
                batch_free(t->cores[i].open[ring]);
    for (struct batch *b = t->waiting, *next; b; b = next) {
        next = b->next;
        batch_free(b);
    }
    mem_free(t->cores);
    mem_free(t);
}

void trace_set_bounds(struct trace *t, const struct trace_bounds *b)
{
    t->bounds = *b;
    atomic_store(&t->is_on, b->bytes > 0);
    co_event_set(&t->work); /* there may be too much now */
}

/* --- writing, on the first core ----------------------------------------------------------------------------------- */

struct writing {
    struct trace *t;
    struct arena arena;
    struct kv_change changes[2 * AT_ONCE * (TRACE_RINGS + 1) + TRACE_RINGS];
    size_t n;
    struct trace_state states[TRACE_RINGS]; /* as they are to become */
    uint64_t events;
};

static enum st learn(struct trace *t) SUSPENDS
{
    struct arena a = ARENA_INIT;
    enum st st = kv_version(t->opt.store, MAIL_TRACE, &t->version);

    t->chain = kv_chain(t->opt.store, MAIL_TRACE);
    for (enum trace_ring ring = 0; st == ST_OK && ring < TRACE_RINGS; ring++) {
        struct trace_state *s = &t->rings[ring].state;
        struct str value;

        *s = (struct trace_state){.low = 1, .next = 1};
        st = kv_get(t->opt.store, &a, MAIL_TRACE, key_trace(&a, ring, TRACE_STATE, 0), &value);
        if (st == ST_OK)
            st = trace_state_get(value, s);
        if (st == ST_NOTFOUND)
            st = ST_OK;
    }
    arena_fini(&a);
    t->is_known = st == ST_OK;
    return st;
}

static void put(struct writing *w, struct str key, struct str value)
{
    must(w->n < ARRAY_LEN(w->changes));
    w->changes[w->n++] = (struct kv_change){.key = key, .value = value, .op = KV_PUT};
}

static void del(struct writing *w, struct str key)
{
    must(w->n < ARRAY_LEN(w->changes));
    w->changes[w->n++] = (struct kv_change){.key = key, .op = KV_DEL};
}

static uint64_t row_bytes(size_t events, size_t index)
{
    return events + index + 2 * (sizeof(uint64_t) + 11); /* with both keys */
}

static void put_batch(struct writing *w, const struct batch *b)
{
    struct trace_state *s = &w->states[b->ring];
    struct trace_index x = {.first_us = b->first_us,
                            .last_us = b->last_us,
                            .bytes = (uint32_t)b->events.n,
                            .n = b->n_hashes,
                            .hashes = buf_str(&b->hashes).p,
                            .places = buf_str(&b->places).p};
    struct buf index;

    buf_init(&index, 64 + (size_t)b->n_hashes * 12);
    trace_index_put(&index, &x);
    put(w, key_trace(&w->arena, b->ring, TRACE_EVENTS, s->next), buf_str(&b->events));
    put(w, key_trace(&w->arena, b->ring, TRACE_INDEX, s->next), arena_str(&w->arena, buf_str(&index)));
    s->bytes += row_bytes(b->events.n, index.n);
    s->next++;
    w->events += b->n_events;
    buf_fini(&index);
}

static uint64_t most_bytes(const struct trace *t, enum trace_ring ring)
{
    uint64_t refusals = t->bounds.bytes / REFUSALS_SHARE;

    return ring == TRACE_REFUSALS ? refusals : t->bounds.bytes - refusals;
}

/* The oldest batches, while there is too much, or they are too old. */
static enum st trim(struct writing *w, enum trace_ring ring, uint64_t now_us) SUSPENDS
{
    struct trace *t = w->t;
    struct trace_state *s = &w->states[ring];
    uint64_t before_us = now_us > t->bounds.us ? now_us - t->bounds.us : 0, most = most_bytes(t, ring);
    struct kv_range *range;
    struct str key, value;
    bool is_left = false;
    unsigned n = 0;

    TRY(kv_range_open(t->opt.store, &w->arena, MAIL_TRACE, key_trace(&w->arena, ring, TRACE_INDEX, s->low),
                      key_trace(&w->arena, ring, TRACE_INDEX, s->next), &range));
    while (!is_left && kv_range_next(range, &key, &value)) {
        struct trace_index x;
        uint64_t batch;

        if (trace_key_get(key, &batch) != ST_OK)
            batch = s->low;
        if (trace_index_get(value, &x) != ST_OK) /* it goes all the same: nobody can read it */
            x = (struct trace_index){0};
        is_left = n++ == AT_ONCE || (s->bytes <= most && x.last_us >= before_us);
        if (is_left)
            break;
        del(w, key_trace(&w->arena, ring, TRACE_EVENTS, batch));
        del(w, arena_str(&w->arena, key));
        s->bytes -= MIN(s->bytes, row_bytes(x.bytes, value.n));
        s->low = batch + 1;
    }
    TRY(kv_range_close(range));
    if (n > AT_ONCE)
        t->rings[ring].looked = 0; /* there may be more */
    if (!is_left) {
        s->low = s->next;
        s->bytes = 0;
    }
    return ST_OK;
}

static bool is_due(struct ring *r, uint64_t bytes, uint64_t most)
{
    mono_ms now = clock_mono_ms();

    if (bytes <= most && r->looked && now - r->looked < TRIM_MS)
        return false;
    r->looked = now;
    return true;
}

static enum st commit(struct writing *w) SUSPENDS
{
    struct trace *t = w->t;
    struct kv_part part = {
        .account = MAIL_TRACE, .expected_version = t->version, .chain = t->chain, .changes = w->changes, .n = w->n};
    struct kv_part *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};
    enum st st = kv_commit(t->opt.store, &c);

    TRY(st);
    t->version++;
    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
        t->rings[ring].state = w->states[ring];
    return ST_OK;
}

/* Removing comes first: it reads, and the changes point into the batches. */
static enum st write_some(struct writing *w, struct batch *some) SUSPENDS
{
    struct trace *t = w->t;
    uint64_t now_us = clock_wall_us();
    bool is_changed = false;

    if (!t->is_known)
        TRY(learn(t));
    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++) {
        w->states[ring] = t->rings[ring].state;
        if (is_due(&t->rings[ring], w->states[ring].bytes, most_bytes(t, ring)))
            TRY(trim(w, ring, now_us));
    }
    for (struct batch *b = some; b; b = b->next)
        put_batch(w, b);
    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
        is_changed = is_changed || memcmp(&w->states[ring], &t->rings[ring].state, sizeof w->states[ring]) != 0;
    if (!is_changed)
        return ST_OK;
    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
        put(w, key_trace(&w->arena, ring, TRACE_STATE, 0), trace_state_put(&w->arena, &w->states[ring]));
    return commit(w);
}

static struct batch *take_some(struct trace *t)
{
    struct batch *some = t->waiting, *b = some;
    uint64_t bytes;

    if (!b)
        return NULL;
    bytes = batch_bytes(b);
    for (unsigned n = 1; b->next && n < AT_ONCE && bytes + batch_bytes(b->next) <= COMMIT_BYTES; n++) {
        b = b->next;
        bytes += batch_bytes(b);
    }
    t->waiting = b->next;
    b->next = NULL;
    if (!t->waiting)
        t->last = &t->waiting;
    return some;
}

static void write_next(struct trace_writer *w) SUSPENDS
{
    struct trace *t = w->t;
    struct batch *some = take_some(t);
    struct writing *g = MEM_NEW(struct writing);
    enum st st;

    g->t = t;
    st = write_some(g, some);
    if (st != ST_OK) {
        uint64_t events = 0;

        t->is_known = false; /* it is learnt anew */
        for (struct batch *b = some; b; b = b->next)
            events += b->n_events;
        atomic_fetch_add(&t->lost, events);
        w->failed(w->arg, events);
    }
    for (struct batch *b = some, *next; b; b = next) {
        next = b->next;
        atomic_fetch_sub(&t->waiting_bytes, batch_bytes(b));
        batch_free(b);
    }
    arena_fini(&g->arena);
    mem_free(g);
}

static bool is_too_much(const struct trace *t)
{
    for (enum trace_ring ring = 0; ring < TRACE_RINGS; ring++)
        if (t->is_known && t->rings[ring].state.bytes > most_bytes(t, ring))
            return true;
    return false;
}

void trace_write(void *arg)
{
    struct trace_writer *w = arg;
    struct trace *t = w->t;

    for (;;) {
        enum st st = co_event_wait(&t->work, deadline_in(TRIM_MS));

        if (st != ST_OK && st != ST_TIMEOUT)
            return;
        do {
            t->is_writing = true;
            do
                write_next(w);
            while (t->waiting);
            t->is_writing = false;
        } while (is_too_much(t) && co_sleep(deadline_in(REST_MS)) == ST_OK);
    }
}

/* --- waiting for it ----------------------------------------------------------------------------------------------- */

struct asking {
    struct trace_core *core;
    struct core *home;
    struct co_event done;
};

static void answered(void *arg)
{
    co_event_set(&((struct asking *)arg)->done);
}

static void flush_here(void *arg)
{
    struct asking *f = arg;

    hand_over_all(f->core);
    core_post(f->home, answered, f);
}

enum st trace_flush(struct trace *t, mono_ms deadline)
{
    must(core_here() == t->opt.cores[0]);
    for (unsigned i = 0; i < t->opt.n_cores; i++) {
        struct asking f = {.core = &t->cores[i], .home = core_here()};

        core_post(t->opt.cores[i], flush_here, &f);
        co_event_wait_heedless(&f.done); /* f is in the other core's hands until then */
    }
    while (t->waiting || t->is_writing) {
        if (clock_mono_ms() >= deadline)
            return FAIL(ST_TIMEOUT, "the trace can't be written just now");
        TRY(co_sleep(deadline_in(2)));
    }
    return ST_OK;
}

/* --- finding ------------------------------------------------------------------------------------------------------ */

#define FILTER_BITS 4096u
#define FOUND_BYTES (16u << 20)

struct place {
    uint64_t batch;
    uint32_t at;
};

struct search {
    const uint64_t *hashes;
    size_t n, most, found; /* the latter: all that there were */
    uint64_t filter[FILTER_BITS / 64];
    struct place *places; /* `most` of them, the newest; found % most is the next one's */
};

static bool is_sought(const struct search *s, uint64_t hash)
{
    if (!(s->filter[hash % FILTER_BITS / 64] >> hash % 64 & 1))
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (s->hashes[i] == hash)
            return true;
    return false;
}

static void note_place(struct search *s, uint64_t batch, uint32_t at)
{
    const struct place *before = s->found ? &s->places[(s->found - 1) % s->most] : NULL;

    if (before && before->batch == batch && before->at == at) /* one event, by several of its hashes */
        return;
    s->places[s->found++ % s->most] = (struct place){batch, at};
}

/* On a thread of the pool. What is damaged is passed over: `restante check` is not about the trace. */
static enum st look(void *arg, struct str key, struct str value)
{
    struct search *s = arg;
    struct trace_index x;
    uint64_t batch;

    if (trace_key_get(key, &batch) != ST_OK || trace_index_get(value, &x) != ST_OK)
        return ST_OK;
    for (uint32_t i = 0; i < x.n; i++) {
        uint64_t hash;
        uint32_t at;

        memcpy(&hash, x.hashes + (size_t)i * 8, 8);
        if (!is_sought(s, le64toh(hash)))
            continue;
        memcpy(&at, x.places + (size_t)i * 4, 4);
        note_place(s, batch, le32toh(at));
    }
    return ST_OK;
}

struct found {
    struct trace *t;
    struct arena *arena, batch_arena;
    enum trace_ring ring;
    uint64_t batch; /* whose events are in batch_arena; 0: none */
    struct str events, *out;
    size_t n, bytes;
};

static enum st read_event(struct found *f, const struct place *p) SUSPENDS
{
    struct trace_event *e;
    enum st st = ST_OK;

    if (f->batch != p->batch) {
        arena_reset(&f->batch_arena);
        f->batch = p->batch;
        st = kv_get(f->t->opt.store, &f->batch_arena, MAIL_TRACE,
                    key_trace(&f->batch_arena, f->ring, TRACE_EVENTS, p->batch), &f->events);
        if (st == ST_NOTFOUND) /* it has become too old meanwhile */
            f->events = STR_NONE;
        else
            TRY(st);
    }
    if (p->at >= f->events.n)
        return ST_OK;
    e = MEM_NEW(struct trace_event);
    if (trace_event_get(str_from(f->events, p->at), e) == ST_OK && f->bytes + e->size <= FOUND_BYTES) {
        f->out[f->n++] = arena_str(f->arena, str_sub(f->events, p->at, e->size));
        f->bytes += e->size;
    }
    mem_free(e);
    return ST_OK;
}

static enum st find_in(struct found *f, struct search *s) SUSPENDS
{
    size_t n;

    s->found = 0;
    f->batch = 0;
    TRY(kv_walk(f->t->opt.store, MAIL_TRACE, key_trace(f->arena, f->ring, TRACE_INDEX, 0),
                key_trace(f->arena, f->ring, TRACE_INDEX, UINT64_MAX), look, s));
    n = MIN(s->found, s->most);
    for (size_t i = s->found - n; i < s->found; i++)
        TRY(read_event(f, &s->places[i % s->most]));
    return ST_OK;
}

enum st trace_find(struct trace *t, struct arena *a, const uint64_t *hashes, size_t n, size_t most, struct str **out,
                   size_t *out_n)
{
    struct search *s = ARENA_NEW(a, struct search);
    struct found f = {.t = t, .arena = a, .out = ARENA_ARRAY(a, struct str, TRACE_RINGS * most)};
    enum st st = ST_OK;

    must(n <= TRACE_SOUGHT_MAX && most && most <= TRACE_FOUND_MAX);
    s->hashes = hashes;
    s->n = n;
    s->most = most;
    s->places = ARENA_ARRAY(a, struct place, most);
    for (size_t i = 0; i < n; i++)
        s->filter[hashes[i] % FILTER_BITS / 64] |= 1ull << hashes[i] % 64;
    for (f.ring = 0; st == ST_OK && f.ring < TRACE_RINGS; f.ring++)
        st = find_in(&f, s);
    arena_fini(&f.batch_arena);
    TRY(st);
    *out = f.out;
    *out_n = f.n;
    return ST_OK;
}
