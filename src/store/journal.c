/* The journal: one record a batch, its small bodies behind it, all in one write and one sync. The record is the
 * truth: the index is brought up to it by reading it back, in a running store as after a crash, so a replay can't
 * differ from what was answered. */
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "co/fault.h"
#include "store/rebuild.h"

#include <stdlib.h>
#include <time.h>

#define RANGE_AT_ONCE 65536 /* rows, for which old tables are held */
#define INDEX_TRIES 120     /* half a second apart: RocksDB comes back by itself once it has space again */

/* --- building ------------------------------------------------------------------------------------- */

struct sizes {
    uint64_t record, total; /* the record's bytes without head; all with the bodies */
    size_t blobs, derefs, parts, moves;
};

static struct sizes measure(const struct store *s, const struct job_list *batch)
{
    struct sizes z = {0};
    uint64_t bodies = 0, parts = 0;

    for (const struct kv_job *job = batch->first; job; job = job->next) {
        const struct commit *c = CONTAINER_OF((struct kv_job *)(uintptr_t)job, struct commit, job);

        z.blobs += c->n_blobs;
        z.derefs += c->n_derefs;
        z.moves += c->n_moves;
        z.parts += job->n_parts;
        parts += c->parts.n;
        for (size_t i = 0; i < c->n_blobs; i++)
            if (!c->blobs[i].stage)
                bodies += record_bytes(c->blobs[i].stored.n);
    }
    z.record = BATCH_HEAD_BYTES + 4 + z.blobs * BLOB_ROW_BYTES + 4 + z.derefs * 12 + 4 + parts + 4 + s->before.n + 4 +
               z.moves * BLOB_MOVE_BYTES;
    z.total = record_bytes(z.record) + bodies;
    return z;
}

static struct commit *commit_of(struct kv_job *job)
{
    return CONTAINER_OF(job, struct commit, job);
}

static void put_blobs(struct store *s, struct job_list *batch, const struct sizes *z)
{
    uint64_t at = s->journal_at + record_bytes(z->record);

    rec_put_u32(&s->batch, (uint32_t)z->blobs);
    for (struct kv_job *job = batch->first; job; job = job->next) {
        struct commit *c = commit_of(job);

        for (size_t i = 0; i < c->n_blobs; i++) {
            struct prepared *b = &c->blobs[i];

            if (!b->stage) {
                b->row.segment = s->journal->row.head.id;
                b->row.offset = at;
                at += record_bytes(b->stored.n);
            }
            batch_put_blob(&s->batch, &b->row);
        }
    }
}

static void put_derefs(struct store *s, struct job_list *batch, const struct sizes *z)
{
    rec_put_u32(&s->batch, (uint32_t)z->derefs);
    for (struct kv_job *job = batch->first; job; job = job->next) {
        struct commit *c = commit_of(job);

        for (size_t i = 0; i < c->n_derefs; i++) {
            rec_put_u64(&s->batch, c->derefs[i].id);
            rec_put_u32(&s->batch, (uint32_t)c->derefs[i].delta);
        }
    }
}

static int by_version(const void *a, const void *b)
{
    const struct kv_part *x = *(struct kv_part *const *)a, *y = *(struct kv_part *const *)b;

    if (x->account != y->account)
        return x->account < y->account ? -1 : 1;
    return x->expected_version < y->expected_version ? -1 : x->expected_version > y->expected_version;
}

static void put_parts(struct store *s, struct job_list *batch, const struct sizes *z)
{
    struct kv_part **parts = mem_new(z->parts * sizeof *parts);
    size_t n = 0;

    for (struct kv_job *job = batch->first; job; job = job->next)
        for (size_t i = 0; i < job->n_parts; i++)
            parts[n++] = job->parts[i];
    if (s->sched.took_ring)
        qsort(parts, n, sizeof *parts, by_version);
    rec_put_u32(&s->batch, (uint32_t)n);
    for (size_t i = 0; i < n; i++)
        buf_add(&s->batch, str_n(commit_of(parts[i]->own.job)->parts.p + parts[i]->own.at, parts[i]->own.size));
    mem_free(parts);
}

static void put_moves(struct store *s, struct job_list *batch, const struct sizes *z)
{
    rec_put_u32(&s->batch, (uint32_t)z->moves);
    for (struct kv_job *job = batch->first; job; job = job->next) {
        struct commit *c = commit_of(job);

        for (size_t i = 0; i < c->n_moves; i++) {
            rec_put_u64(&s->batch, c->moves[i].id);
            rec_put_u64(&s->batch, c->moves[i].segment);
            rec_put_u64(&s->batch, c->moves[i].offset);
        }
    }
}

static void pad(struct buf *b)
{
    static const char zeros[RECORD_ALIGN];

    buf_add(b, str_n(zeros, -b->n % RECORD_ALIGN));
}

static void put_bodies(struct store *s, struct job_list *batch)
{
    unsigned char head[RECORD_HEAD_BYTES];

    for (struct kv_job *job = batch->first; job; job = job->next) {
        struct commit *c = commit_of(job);

        for (size_t i = 0; i < c->n_blobs; i++) {
            const struct blob_row *r = &c->blobs[i].row;
            struct place at = {r->segment, s->journal->row.head.generation, r->offset};

            if (c->blobs[i].stage)
                continue;
            must(s->journal_at + s->batch.n == r->offset);
            record_head_encode(
                &(struct record_head){RECORD_BLOB, r->codec, r->id, r->stored, r->raw, r->hash, c->blobs[i].dictionary},
                &at, head);
            buf_add(&s->batch, str_n((char *)head, sizeof head));
            buf_add(&s->batch, c->blobs[i].stored);
            pad(&s->batch);
        }
    }
}

/* Where the batch ends, given where it begins. */
static void build(struct store *s, struct job_list *batch, const struct sizes *z)
{
    struct place at = {s->journal->row.head.id, s->journal->row.head.generation, s->journal_at};
    struct record_head head = {.type = RECORD_JOURNAL, .codec = CODEC_RAW, .id = s->seq + 1};
    unsigned char none[RECORD_HEAD_BYTES] = {0};

    buf_clear(&s->batch);
    buf_add(&s->batch, str_n((char *)none, sizeof none));
    batch_put_head(&s->batch, &(struct batch_head){clock_wall_us(), s->blob_ceiling, s->journal_at + z->total});
    put_blobs(s, batch, z);
    put_derefs(s, batch, z);
    put_parts(s, batch, z);
    rec_put_u32(&s->batch, (uint32_t)(s->before.n / ACCOUNT_BEFORE_BYTES));
    buf_add(&s->batch, buf_str(&s->before));
    put_moves(s, batch, z);
    must(!s->batch.over && s->batch.n == RECORD_HEAD_BYTES + z->record);
    head.stored = head.raw = z->record;
    head.hash = bytes_hash(str_from(buf_str(&s->batch), RECORD_HEAD_BYTES));
    record_head_encode(&head, &at, (unsigned char *)s->batch.p);
    pad(&s->batch);
    put_bodies(s, batch);
    must(!s->batch.over && s->batch.n == z->total);
}

/* --- writing -------------------------------------------------------------------------------------- */

static enum st broken(struct store *s)
{
    LOG(STORE_BROKEN, lf_u64("segment", s->journal->row.head.id), lf_u64("offset", s->journal_at), lf_err());
    s->is_broken = true;
    atomic_store(&s->figures.broken, true);
    return ST_IO;
}

static enum st make_room(struct store *s, uint64_t bytes)
{
    struct segment *next;

    if (s->journal && s->journal->row.head.size - s->journal_at >= bytes)
        return ST_OK;
    TRY(segs_take(&s->segs, SEGMENT_JOURNAL, bytes, s->seq + 1, &next));
    if (s->journal) {
        segs_cut(&s->segs, s->journal, s->journal_at);
        segs_unpin(&s->segs, s->journal);
    }
    s->journal = next;
    s->journal_at = SEGMENT_HEAD_BYTES;
    return ST_OK;
}

/* A batch whose write has failed must not be found by a later recovery: it was answered as not done. */
static enum st take_back(struct store *s, enum st st)
{
    const unsigned char none[RECORD_HEAD_BYTES] = {0};
    struct err why = *err_get();

    if (s->os->write(s->os, s->journal->fd, none, sizeof none, s->journal_at) != ST_OK)
        return broken(s);
    *err_get() = why;
    return st;
}

static enum st write_batch(struct store *s)
{
    enum st st = s->os->write(s->os, s->journal->fd, s->batch.p, s->batch.n, s->journal_at);

    if (st != ST_OK)
        return take_back(s, st);
    s->os->hasten(s->os, s->journal->fd, s->journal_at, s->batch.n);
    return ST_OK;
}

static enum st sync_batch(struct store *s)
{
    uint64_t began = clock_mono_us();

    /* Which of the bytes are durable now, nobody knows; and the next sync may say that all is well. */
    if (s->os->sync(s->os, s->journal->fd) != ST_OK)
        return broken(s);
    metric_add(METRIC_STORE_SYNC_SECONDS, clock_mono_us() - began);
    metric_add(METRIC_STORE_SYNCS, 1);
    atomic_fetch_add(&s->figures.syncs, 1);
    return ST_OK;
}

static void wait_half_a_second(void)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t nobody_tells = PTHREAD_COND_INITIALIZER;
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 500000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&mutex);
    while (pthread_cond_timedwait(&nobody_tells, &mutex, &until) == 0)
        continue;
    pthread_mutex_unlock(&mutex);
}

/* --- the index ------------------------------------------------------------------------------------ */

struct pending { /* a blob that the batch touches */
    struct blob_row row;
    int64_t refs;
    uint64_t was_in; /* the segment that the index has it in */
    bool is_new;
};

struct applying {
    struct store *s;
    struct arena arena;
    struct buf value; /* of the row being written */
    struct redo *redo;
    struct buf accounts;
    struct map blobs;
    struct segment *gone;
    enum st st;                /* of reading what the index held */
    struct segment **segments; /* whose rows change */
    size_t segments_n, segments_cap;
};

static struct str key_of(struct applying *p, const struct row_key *key)
{
    return arena_str(&p->arena, str_n(key->p, sizeof key->p));
}

static void put_row(struct applying *p, struct row_key key, const struct buf *value)
{
    must(!value->over);
    redo_put(p->redo, key_of(p, &key), arena_str(&p->arena, buf_str(value)));
}

static struct segment *touch(struct applying *p, uint64_t id)
{
    struct segment *seg = segs_get(&p->s->segs, id);

    if (!seg || seg->is_changed)
        return seg;
    if (p->segments_n == p->segments_cap) {
        struct segment **more = ARENA_ARRAY(&p->arena, struct segment *, p->segments_cap * 2 + 16);

        if (p->segments_n)
            memcpy(more, p->segments, p->segments_n * sizeof *more);
        p->segments = more;
        p->segments_cap = p->segments_cap * 2 + 16;
    }
    p->segments[p->segments_n++] = seg;
    seg->is_changed = true;
    return seg;
}

static void use(struct applying *p, struct segment *seg, uint64_t end)
{
    if (end <= seg->row.used)
        return;
    atomic_fetch_add(&p->s->figures.used, end - seg->row.used);
    seg->row.used = end;
}

static struct pending *pending(struct applying *p, uint64_t id)
{
    struct pending *b = map_get(&p->blobs, id);
    struct row_key key = row_key(ROW_BLOB, id);
    struct str value;
    enum st st;

    if (b)
        return b;
    b = ARENA_NEW(&p->arena, struct pending);
    b->row.id = id;
    map_put(&p->blobs, id, b);
    st = index_get(&p->s->index, TIER_DISK, &p->arena, str_n(key.p, sizeof key.p), &value);
    if (st == ST_OK)
        st = blob_row_of(value, id, &b->row);
    b->was_in = b->row.segment;
    if (st == ST_OK)
        b->refs = b->row.refs;
    else if (st != ST_NOTFOUND)
        p->st = st;
    return b;
}

static void read_blobs(struct applying *p, struct batch_reader *r)
{
    struct blob_row row;
    uint64_t id;
    int32_t delta;

    while (batch_next_blob(r, &row)) {
        struct pending *b = ARENA_NEW(&p->arena, struct pending);

        *b = (struct pending){.row = row, .refs = row.refs, .is_new = true};
        map_put(&p->blobs, row.id, b);
    }
    while (batch_next_deref(r, &id, &delta))
        pending(p, id)->refs += delta;
}

static void settle_blob(struct applying *p, struct pending *b)
{
    struct segment *seg = b->row.refs ? touch(p, b->row.segment) : NULL, *old;
    uint64_t bytes = record_bytes(b->row.stored);
    struct row_key key = row_key(ROW_BLOB, b->row.id);
    bool was = !b->is_new && b->row.refs, is = b->refs > 0 && b->row.refs;

    if (seg)
        use(p, seg, b->row.offset + bytes);
    if (seg && is && (!was || b->was_in != b->row.segment)) {
        seg->row.live_bytes += bytes;
        seg->row.live_blobs++;
        atomic_fetch_add(&p->s->figures.live, bytes);
        atomic_fetch_add(&p->s->figures.live_blobs, 1);
    }
    old = was && (!is || b->was_in != b->row.segment) ? touch(p, b->was_in) : NULL;
    if (old) {
        old->row.live_bytes -= bytes;
        old->row.live_blobs--;
        atomic_fetch_sub(&p->s->figures.live, bytes);
        atomic_fetch_sub(&p->s->figures.live_blobs, 1);
    }
    b->row.refs = (uint32_t)MIN(MAX(b->refs, 0), UINT32_MAX);
    if (is) {
        buf_clear(&p->value);
        blob_row_value(&p->value, &b->row);
        put_row(p, key, &p->value);
    } else if (was) {
        redo_del(p->redo, key_of(p, &key));
    }
}

static void add_gone(struct applying *p, uint64_t id)
{
    struct segment *seg = touch(p, id);

    if (seg && !seg->row.is_gone) {
        seg->next_gone = p->gone;
        p->gone = seg;
    }
}

/* When all that the batch says has been counted. Its row stays, so that nobody misses the file. */
static void settle_gone(struct applying *p)
{
    while (p->gone) {
        struct segment *seg = p->gone;

        p->gone = TAKE(seg->next_gone);
        if (seg->row.is_gone || seg->row.live_blobs)
            continue;
        atomic_fetch_sub(&p->s->figures.used, seg->row.used - SEGMENT_HEAD_BYTES);
        atomic_fetch_sub(&p->s->figures.journal_used, seg->row.journal_bytes);
        seg->row.used = SEGMENT_HEAD_BYTES;
        seg->row.journal_bytes = 0;
        seg->row.is_gone = true;
    }
}

/* What was dropped meanwhile has no row, or has none after this batch. */
static void read_moves(struct applying *p, struct batch_reader *r)
{
    struct blob_move m;

    while (batch_next_move(r, &m)) {
        struct pending *b;

        if (!m.id) {
            add_gone(p, m.segment);
            continue;
        }
        if (p->s->rebuilding && p->s->rebuilding->until && !segs_has_file(&p->s->segs, m.segment))
            continue; /* a backup need not have where it was next */
        b = pending(p, m.id);
        if (b->row.refs && !b->is_new && b->refs > 0) {
            b->row.segment = m.segment;
            b->row.offset = m.offset;
        }
    }
}

static enum st take_away(void *arg, struct str key, struct str value)
{
    struct applying *p = arg;

    (void)value;
    redo_del(p->redo, arena_str(&p->arena, key));
    return ST_OK;
}

/* Row by row: behind a range that RocksDB 7.8 deletes as such, a read that has met an error may be taken for one without (its
 * pull request 11786). */
static void settle_range(struct applying *p, struct str from, struct str to)
{
    struct buf next;
    bool more = true;

    redo_del_pending(p->redo, from, to);
    buf_init(&next, UINT32_MAX);
    buf_add(&next, from);
    while (more && p->st == ST_OK)
        p->st = index_walk(&p->s->index, TIER_SCAN, &next, to, RANGE_AT_ONCE, take_away, p, &more);
    buf_fini(&next);
}

static void settle_part(struct applying *p, struct batch_reader *r, uint64_t account, uint64_t version)
{
    struct change_view c;

    while (batch_next_change(r, &c)) {
        if (c.op == KV_PUT)
            redo_put(p->redo, c.key, c.value);
        else if (c.op == KV_DEL)
            redo_del(p->redo, c.key);
        else
            settle_range(p, c.key, c.value);
    }
    buf_clear(&p->value);
    version_row_value(&p->value, version);
    put_row(p, row_key(ROW_VERSION, account), &p->value);
}

static void settle_segments(struct applying *p, const struct position_row *pos, uint64_t record_size)
{
    struct segment *seg = touch(p, pos->segment);

    if (seg) {
        seg->row.journal_bytes += record_size;
        seg->row.last_seq = pos->seq;
        atomic_fetch_add(&p->s->figures.journal_used, record_size);
        use(p, seg, pos->end);
    }
    for (size_t i = 0; i < p->segments_n; i++) {
        buf_clear(&p->value);
        segment_row_value(&p->value, &p->segments[i]->row);
        put_row(p, row_key(ROW_SEGMENT, p->segments[i]->row.head.id), &p->value);
        p->segments[i]->is_changed = false;
    }
    buf_clear(&p->value);
    position_row_value(&p->value, pos);
    put_row(p, row_key(ROW_POSITION, 0), &p->value);
}

static enum st gather(struct applying *p, struct str record, struct position_row *pos)
{
    struct batch_reader r;
    struct batch_head head;
    uint64_t account, version;
    size_t at = 0;
    void *b;

    batch_read(&r, record, &head);
    read_blobs(p, &r);
    TRY(p->st);
    while (batch_next_part(&r, &account, &version)) {
        settle_part(p, &r, account, version);
        rec_put_u64(&p->accounts, account);
        rec_put_u64(&p->accounts, version);
    }
    while (batch_next_before(&r, &account, &version))
        continue;
    read_moves(p, &r);
    TRY(p->st);
    TRY(batch_end(&r));
    while (map_next(&p->blobs, &at, &b))
        settle_blob(p, b);
    settle_gone(p);
    pos->end = head.end;
    pos->blob_ceiling = head.blob_ceiling;
    settle_segments(p, pos, record_bytes(record.n));
    return ST_OK;
}

/* What the index is to hold afterwards, in s->changes. */
static enum st lay_out(struct store *s, struct str record, uint64_t seq, uint64_t segment, uint64_t offset)
{
    struct applying p = {.s = s, .blobs = MAP_INIT, .redo = &s->redo};
    struct position_row pos = {.seq = seq, .segment = segment, .offset = offset};
    enum st st;

    buf_init(&p.value, 256);
    buf_init(&p.accounts, UINT32_MAX);
    redo_begin(&s->redo, s->changes);
    st = gather(&p, record, &pos);
    if (st == ST_OK) {
        redo_end(&s->redo);
        buf_clear(&s->before);
        buf_add(&s->before, buf_str(&p.accounts));
    }
    buf_fini(&p.accounts);
    map_fini(&p.blobs);
    buf_fini(&p.value);
    arena_fini(&p.arena);
    return st;
}

enum st journal_apply(struct store *s, struct str record, uint64_t seq, uint64_t segment, uint64_t offset)
{
    TRY(lay_out(s, record, seq, segment, offset));
    return index_write(&s->index, s->changes);
}

/* --- a batch ---------------------------------------------------------------------------------------- */

static enum st apply_until_done(struct store *s)
{
    enum st st = index_write(&s->index, s->changes);

    for (int i = 0; i < INDEX_TRIES && (st == ST_NOSPACE || st == ST_TRYLATER); i++) {
        wait_half_a_second();
        st = index_write(&s->index, s->changes);
    }
    return st == ST_OK ? ST_OK : broken(s);
}

static void count(struct store *s, const struct job_list *batch, const struct sizes *z)
{
    metric_add(METRIC_STORE_COMMITS, batch->n);
    metric_add(METRIC_STORE_BATCHES, 1);
    metric_add(METRIC_STORE_JOURNAL_BYTES, record_bytes(z->record));
    metric_add(METRIC_STORE_BODY_BYTES, z->total - record_bytes(z->record));
    atomic_store(&s->figures.seq, s->seq);
    atomic_fetch_add(&s->figures.commits, batch->n);
    atomic_fetch_add(&s->figures.batches, 1);
    atomic_fetch_add(&s->figures.journal_bytes, record_bytes(z->record));
    atomic_fetch_add(&s->figures.blob_bytes, z->total - record_bytes(z->record));
}

enum st journal_commit(struct store *s, struct job_list *batch)
{
    struct sizes z = measure(s, batch);
    uint64_t ceiling = s->blob_ceiling, begin;

    if (!s->is_broken && atomic_load(&s->segs.sync_failed)) {
        IGNORE(FAIL(ST_IO, "syncing a bulk segment failed"));
        return broken(s);
    }
    if (s->is_broken)
        return FAIL(ST_IO, "the store is broken since a sync failed: restart it");
    if (fault_hit(FAULT_kv_commit))
        return FAIL(ST_TRYLATER, "a fault was asked for");
    TRY(make_room(s, z.total));
    TRY(segs_journal_extend(&s->segs, s->journal, s->journal_at + z.total));
    if (atomic_load(&s->next_blob) + BLOB_IDS_AHEAD / 2 >= s->blob_ceiling)
        s->blob_ceiling = atomic_load(&s->next_blob) + BLOB_IDS_AHEAD;
    build(s, batch, &z);
    begin = s->journal_at;
    enum st st = write_batch(s);
    if (st != ST_OK) {
        s->blob_ceiling = ceiling;
        return st;
    }
    TRY(sync_batch(s));
    /* Behind the sync: from here on segments count as dead for what the batch takes away, and their files may go. */
    st = lay_out(s, str_sub(buf_str(&s->batch), RECORD_HEAD_BYTES, z.record), s->seq + 1, s->journal->row.head.id,
                 begin);
    if (st != ST_OK)
        return broken(s);
    s->seq++;
    s->journal_at += z.total;
    segs_journal_used(&s->segs, s->journal, z.total, s->journal_at);
    st = apply_until_done(s);
    if (st == ST_OK)
        count(s, batch, &z);
    if (s->batch.cap > 2 * BATCH_BYTES)
        buf_free_memory(&s->batch);
    return st;
}
