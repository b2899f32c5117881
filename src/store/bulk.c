/* Bulk segments: bodies that are written ahead of their commit go one behind the other into the one that is being filled. */
#include "base/must.h"
#include "store/segs.h"

/* With bulk_mutex held. The rest of a segment that is left behind goes back to the file system. */
static void cut_bulk(struct segs *t, struct segment *old)
{
    if (segs_pin(t, old->row.head.id, &old) == ST_OK) {
        segs_cut(t, old, old->alloc_at);
        segs_unpin(t, old);
    }
}

void segs_bulk_calm(struct segs *t)
{
    pthread_mutex_lock(&t->bulk_mutex);
    t->bulk_step = 0;
    if (t->bulk)
        cut_bulk(t, t->bulk);
    pthread_mutex_unlock(&t->bulk_mutex);
}

/* Likewise. */
static enum st next_bulk(struct segs *t, uint64_t bytes)
{
    struct segment *seg, *old = t->bulk;

    TRY(segs_take(t, SEGMENT_BULK, bytes, 0, &seg));
    t->bulk = seg;
    segs_unpin(t, seg);
    if (old)
        cut_bulk(t, old);
    return ST_OK;
}

static enum st alloc_locked(struct segs *t, uint64_t bytes, struct segment **out_seg, uint64_t *out_offset)
{
    struct segment *seg;
    enum st st;

    if (bytes > (t->segment_bytes - SEGMENT_HEAD_BYTES) / 2) { /* a file of its own */
        TRY(segs_take(t, SEGMENT_BULK, bytes, 0, &seg));
    } else {
        if (!t->bulk || t->bulk->row.head.size - t->bulk->alloc_at < bytes)
            TRY(next_bulk(t, bytes));
        TRY(segs_pin(t, t->bulk->row.head.id, &seg));
    }
    st = segs_bulk_extend(t, seg, seg->alloc_at + bytes);
    if (st != ST_OK) {
        segs_unpin(t, seg);
        return st;
    }
    *out_seg = seg;
    *out_offset = seg->alloc_at;
    seg->alloc_at += bytes;
    seg->uncommitted++;
    return ST_OK;
}

enum st segs_bulk_alloc(struct segs *t, uint64_t bytes, struct segment **out_seg, uint64_t *out_offset)
{
    enum st st;

    pthread_mutex_lock(&t->bulk_mutex);
    st = alloc_locked(t, bytes, out_seg, out_offset);
    pthread_mutex_unlock(&t->bulk_mutex);
    return st;
}

void segs_bulk_trim(struct segs *t, struct segment *seg, uint64_t offset, uint64_t had, uint64_t keeps)
{
    pthread_mutex_lock(&t->bulk_mutex);
    if (seg->alloc_at == offset + had)
        seg->alloc_at = offset + keeps;
    if (seg != t->bulk) /* it is filled no more: a file for this body alone, or one that was left meanwhile */
        segs_cut(t, seg, seg->alloc_at);
    pthread_mutex_unlock(&t->bulk_mutex);
}

/* One at a time: the system tells of a failure once for a descriptor, to whoever asks first. */
enum st segs_bulk_sync(struct segs *t, struct segment *seg)
{
    enum st st;

    pthread_mutex_lock(&t->sync_mutex);
    if (atomic_load(&t->sync_failed)) {
        st = FAIL(ST_IO, "an earlier sync has failed");
    } else {
        st = t->os->sync(t->os, seg->fd);
        atomic_store(&t->sync_failed, st != ST_OK);
    }
    pthread_mutex_unlock(&t->sync_mutex);
    return st;
}

void segs_bulk_done(struct segs *t, struct segment *seg)
{
    pthread_mutex_lock(&t->bulk_mutex);
    must(seg->uncommitted > 0);
    seg->uncommitted--;
    pthread_mutex_unlock(&t->bulk_mutex);
}

/* With both mutexes held. What is not the one being filled will never be filled again. */
static bool is_idle_bulk(const struct segs *t, const struct segment *seg)
{
    return seg->row.head.kind == SEGMENT_BULK && seg != t->bulk && !seg->uncommitted && !seg->is_removed;
}

bool segs_is_idle_bulk(struct segs *t, uint64_t id)
{
    struct segment *seg = segs_get(t, id);
    bool idle;

    pthread_mutex_lock(&t->bulk_mutex);
    pthread_mutex_lock(&t->mutex);
    idle = seg && is_idle_bulk(t, seg);
    pthread_mutex_unlock(&t->mutex);
    pthread_mutex_unlock(&t->bulk_mutex);
    return idle;
}

void segs_retire_bulk(struct segs *t, uint64_t id)
{
    pthread_mutex_lock(&t->bulk_mutex);
    if (t->bulk && t->bulk->row.head.id == id)
        cut_bulk(t, TAKE(t->bulk));
    pthread_mutex_unlock(&t->bulk_mutex);
}

size_t segs_idle_bulk(struct segs *t, uint64_t *out_ids, size_t max)
{
    size_t pos = 0, n = 0;
    void *p;

    pthread_mutex_lock(&t->bulk_mutex);
    pthread_mutex_lock(&t->mutex);
    while (n < max && map_next(&t->by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (is_idle_bulk(t, seg))
            out_ids[n++] = seg->row.head.id;
    }
    pthread_mutex_unlock(&t->mutex);
    pthread_mutex_unlock(&t->bulk_mutex);
    return n;
}
