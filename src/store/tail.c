/* How far the files of the segments that are being filled reach. They are made longer ahead of what is written, in steps that double
 * while writing goes on: a sync into space that has been written before is half again as fast as one that allocates. When writing
 * calms down, what is ahead goes back to the file system, and the steps begin anew with small ones. Where a file ends
 * says nothing: a record counts because it verifies. */
#include "base/must.h"
#include "store/segs.h"

#define STEP_LEAST (64u << 10)
#define JOURNAL_STEP_MOST (4u << 20) /* written as zeros while commits wait */
#define BULK_STEP_MOST (16u << 20)   /* only allocated */
#define ZEROS (256u << 10)

static uint64_t next_step(uint64_t *step, uint64_t most)
{
    *step = *step ? MIN(*step * 2, most) : STEP_LEAST;
    return *step;
}

static uint64_t reach(const struct segment *seg, uint64_t end, uint64_t step)
{
    return MIN((end + step + 4095) & ~(uint64_t)4095, seg->row.head.size);
}

enum st segs_measure(struct segs *t, struct segment *seg)
{
    uint64_t size;

    TRY(t->os->size(t->os, seg->fd, &size));
    atomic_store(&seg->file_bytes, size);
    return ST_OK;
}

static enum st write_zeros(struct segs *t, int fd, uint64_t from, uint64_t to)
{
    static const char zeros[ZEROS];

    for (; from < to; from += MIN(ZEROS, to - from))
        TRY(t->os->write(t->os, fd, zeros, MIN(ZEROS, to - from), from));
    return ST_OK;
}

/* All of it has its place on the disk before anything of the batch is written. */
enum st segs_journal_extend(struct segs *t, struct segment *journal, uint64_t end)
{
    uint64_t from = atomic_load(&journal->file_bytes), to;
    struct err why;
    enum st st;

    must(end <= journal->row.head.size);
    if (end <= from)
        return ST_OK;
    to = reach(journal, end, next_step(&t->journal_step, JOURNAL_STEP_MOST));
    st = write_zeros(t, journal->fd, from, to);
    if (st == ST_OK) {
        atomic_store(&journal->file_bytes, to);
        return ST_OK;
    }
    why = *err_get();
    IGNORE(t->os->truncate(t->os, journal->fd, from));
    *err_get() = why;
    return st;
}

enum st segs_bulk_extend(struct segs *t, struct segment *seg, uint64_t end)
{
    uint64_t to;

    if (end <= atomic_load(&seg->file_bytes))
        return ST_OK;
    to = seg->row.head.size > t->segment_bytes ? end : reach(seg, end, next_step(&t->bulk_step, BULK_STEP_MOST));
    TRY(t->os->allocate(t->os, seg->fd, to));
    atomic_store(&seg->file_bytes, to);
    return ST_OK;
}

void segs_cut(struct segs *t, struct segment *seg, uint64_t end)
{
    if (end < atomic_load(&seg->file_bytes) && t->os->truncate(t->os, seg->fd, end) == ST_OK)
        atomic_store(&seg->file_bytes, end);
}

void segs_calm(struct segs *t, struct segment *journal, uint64_t end)
{
    uint64_t page = (end + 4095) & ~(uint64_t)4095;

    if (atomic_load(&journal->file_bytes) > page + STEP_LEAST) /* less is what the next commit would ask for */
        segs_cut(t, journal, page);
    t->journal_step = t->streak = 0;
    atomic_store(&t->half_told, 0);
    segs_bulk_calm(t);
    pthread_mutex_lock(&t->mutex);
    pace_calm(&t->pace);
    pthread_cond_signal(&t->want_spares);
    pthread_mutex_unlock(&t->mutex);
}
