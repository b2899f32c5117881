#include "store/history.h"
#include "base/must.h"
#include "base/random.h"
#include "store/inside.h"

#define LAYOUT 1u
#define VALUE_BYTES_MAX (16u + 16u * HISTORY_RUNS)

void history_init(struct store *s)
{
    pthread_mutex_init(&s->history.mutex, NULL);
}

void history_fini(struct store *s)
{
    pthread_mutex_destroy(&s->history.mutex);
}

/* --- the record ------------------------------------------------------------------------------------- */

static void encode(struct buf *b, uint64_t run, const struct history *h)
{
    rec_put_u8(b, LAYOUT);
    rec_put_u64(b, run);
    rec_put_u32(b, (uint32_t)h->n);
    for (size_t i = 0; i < h->n; i++) {
        rec_put_u64(b, h->ended[i].run);
        rec_put_u64(b, h->ended[i].seq);
    }
}

static enum st decode(struct str value, uint64_t *out_run, struct history *h)
{
    struct rec r = rec_of(value);
    uint32_t n;

    rec_need(&r, rec_u8(&r) == LAYOUT);
    *out_run = rec_u64(&r);
    n = rec_u32(&r);
    rec_need(&r, n <= HISTORY_RUNS);
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        h->ended[i].run = rec_u64(&r);
        h->ended[i].seq = rec_u64(&r);
    }
    TRY(rec_end(&r, "the record of runs"));
    h->n = n;
    return ST_OK;
}

static void end_run(struct history *h, uint64_t run, uint64_t seq)
{
    if (h->n == HISTORY_RUNS)
        memmove(h->ended, h->ended + 1, --h->n * sizeof *h->ended);
    h->ended[h->n++] = (struct history_mark){run, seq};
}

/* A run with a number of its own, behind those that have ended. */
static enum st put_on_record(struct store *s) SUSPENDS
{
    uint64_t run = random_u64() | 1;
    struct buf value;
    enum st st;

    buf_init(&value, VALUE_BYTES_MAX);
    encode(&value, run, &s->history);
    must(!value.over);
    st = commit_own_row(s, STR(HISTORY_KEY), buf_str(&value));
    buf_fini(&value);
    if (st == ST_OK)
        atomic_store(&s->history.run, run);
    return st;
}

/* --- opening, and asking -------------------------------------------------------------------------------- */

static enum st read_record(struct store *s, uint64_t *out_run)
{
    struct arena a = ARENA_INIT;
    char key[8 + sizeof HISTORY_KEY];
    struct str value;
    enum st st;

    account_prefix(ACCOUNT_DICTIONARIES, key);
    memcpy(key + 8, HISTORY_KEY, sizeof HISTORY_KEY);
    st = index_get(&s->index, TIER_DISK, &a, str_n(key, sizeof key - 1), &value);
    if (st == ST_OK)
        st = decode(value, out_run, &s->history);
    arena_fini(&a);
    return st;
}

static enum st begin_next(struct store *s)
{
    uint64_t run = random_u64() | 1;
    struct kv_change change = {.key = STR(HISTORY_KEY), .op = KV_PUT};
    struct kv_part part = {.account = ACCOUNT_DICTIONARIES, .changes = &change, .n = 1};
    struct buf value;
    enum st st;

    buf_init(&value, VALUE_BYTES_MAX);
    encode(&value, run, &s->history);
    must(!value.over);
    change.value = buf_str(&value);
    st = store_version_applied(s, ACCOUNT_DICTIONARIES, &part.expected_version);
    if (st == ST_OK)
        st = commit_at_start(s, &part);
    buf_fini(&value);
    if (st == ST_OK)
        atomic_store(&s->history.run, run);
    return st;
}

enum st history_open(struct store *s)
{
    uint64_t run;
    enum st st = s->rebuilding ? ST_NOTFOUND : read_record(s, &run);

    if (st == ST_NOTFOUND) /* there is nothing outside that counts */
        return commit_at_start(s, NULL);
    if (st == ST_CORRUPT) { /* what is there can't be told from what another time has left */
        TRY(store_images_remove(s, NULL));
        return commit_at_start(s, NULL);
    }
    TRY(st);
    end_run(&s->history, run, s->seq);
    return begin_next(s);
}

enum st history_begin(struct store *s)
{
    enum st st = ST_OK;
    bool mine;

    if (atomic_load(&s->history.run))
        return ST_OK;
    pthread_mutex_lock(&s->history.mutex);
    mine = !s->history.beginning && !atomic_load(&s->history.run);
    s->history.beginning = true;
    pthread_mutex_unlock(&s->history.mutex);
    if (!mine)
        return FAIL(ST_TRYLATER, "another one is about to begin the record of runs");
    st = put_on_record(s);
    pthread_mutex_lock(&s->history.mutex);
    s->history.beginning = false;
    pthread_mutex_unlock(&s->history.mutex);
    return st;
}

struct history_mark history_mark(struct store *s)
{
    return (struct history_mark){atomic_load(&s->history.run), atomic_load(&s->figures.seq)};
}

bool history_has(struct store *s, const struct history_mark *m)
{
    uint64_t run = atomic_load(&s->history.run);

    if (!run)
        return false;
    if (m->run == run)
        return m->seq <= atomic_load(&s->figures.seq);
    for (size_t i = 0; i < s->history.n; i++)
        if (s->history.ended[i].run == m->run)
            return m->seq <= s->history.ended[i].seq;
    return false;
}
