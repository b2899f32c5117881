/* Opening after whatever happened: finds where the index stands, reads the journal from there on, and brings the
 * index up to its end. A batch counts when its record and all bodies that it names verify; only the last one can be
 * in doubt, because each was synced before the next was written, so only its bodies are read. */
#include "base/log.h"
#include "base/must.h"
#include "store/rebuild.h"
#include "store/restore.h"

#define MEND "; \"restante check --repair\" makes the index again from what is good, and says what is lost"

void recover_move_to(struct store *s, struct cursor *c, struct segment *seg, uint64_t at)
{
    if (c->seg)
        segs_unpin(&s->segs, c->seg);
    c->seg = seg;
    c->at = at;
}

/* The journal segment that begins with batch `seq`; of several (none of which can hold it) the newest. */
static enum st find_segment(struct store *s, uint64_t seq, struct segment **out)
{
    struct segment *best = NULL;
    size_t pos = 0;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq == seq &&
            (!best || seg->row.head.id > best->row.head.id))
            best = seg;
    }
    return best ? segs_pin(&s->segs, best->row.head.id, out) : ST_NOTFOUND;
}

enum st recover_end(const struct os_file *os, const struct segment *seg, uint64_t *out)
{
    uint64_t size;

    TRY(os->size(os, seg->fd, &size));
    *out = MIN(size, seg->row.head.size);
    return ST_OK;
}

enum st recover_read_record(const struct os_file *os, int fd, const struct segment_head *seg, uint64_t at, uint64_t seq,
                            struct buf *record, uint64_t *out_end)
{
    struct place place = {seg->id, seg->generation, at};
    unsigned char raw[RECORD_HEAD_BYTES];
    struct record_head head;
    struct batch_reader r;
    struct batch_head batch;
    char *p;

    if (at + RECORD_HEAD_BYTES > seg->size)
        return FAIL(ST_CORRUPT, "the segment ends");
    TRY(os->read(os, fd, raw, sizeof raw, at));
    TRY(record_head_decode(raw, &place, &head));
    if (head.type != RECORD_JOURNAL || head.id != seq || head.stored > seg->size - at - RECORD_HEAD_BYTES)
        return FAIL(ST_CORRUPT, "no batch %llu here", (unsigned long long)seq);
    buf_clear(record);
    p = buf_space(record, head.stored);
    if (!p)
        return FAIL(ST_CORRUPT, "a journal record of %llu bytes", (unsigned long long)head.stored);
    TRY(os->read(os, fd, p, head.stored, at + RECORD_HEAD_BYTES));
    buf_added(record, head.stored);
    if (bytes_hash(buf_str(record)) != head.hash)
        return FAIL(ST_CORRUPT, "the record of batch %llu is damaged", (unsigned long long)seq);
    TRY(batch_check_version(buf_str(record)));
    batch_read(&r, buf_str(record), &batch);
    if (r.r.bad || batch.end < at + record_bytes(head.stored) || batch.end > seg->size)
        return FAIL(ST_CORRUPT, "the record of batch %llu makes no sense", (unsigned long long)seq);
    *out_end = batch.end;
    return ST_OK;
}

enum st recover_read(struct store *s, const struct cursor *c, struct found *f)
{
    uint64_t end;

    TRY(recover_read_record(s->os, c->seg->fd, &c->seg->row.head, c->at, c->seq, &f->record, &end));
    f->seg = c->seg;
    f->offset = c->at;
    f->seq = c->seq;
    f->end = end;
    return ST_OK;
}

/* ST_NOTFOUND: the journal ends here. Read errors are no end. */
static enum st next_in_row(struct store *s, struct cursor *c, struct found *f)
{
    struct segment *next;
    enum st st;

    if (s->rebuilding && s->rebuilding->until && c->seq > s->rebuilding->until)
        return ST_NOTFOUND;
    st = c->seg ? recover_read(s, c, f) : ST_CORRUPT;
    if (st == ST_CORRUPT) {
        st = find_segment(s, c->seq, &next);
        if (st != ST_OK)
            return st;
        recover_move_to(s, c, next, SEGMENT_HEAD_BYTES);
        st = recover_read(s, c, f);
    }
    if (st == ST_CORRUPT)
        return ST_NOTFOUND;
    if (st == ST_OK) {
        c->at = f->end;
        c->seq++;
    }
    return st;
}

static enum st next_batch(struct store *s, struct cursor *c, struct found *f)
{
    enum st st = next_in_row(s, c, f);

    return st == ST_NOTFOUND && s->rebuilding && !s->rebuilding->until ? rebuild_pass_over(s, c, f) : st;
}

/* --- the last batch --------------------------------------------------------------------------------- */

static bool is_of(const struct record_head *h, const struct blob_row *row)
{
    return (h->id == row->id || h->id == RECORD_STAGED) && h->stored == row->stored && h->hash == row->hash;
}

static enum st verify_blob(struct store *s, const struct blob_row *row)
{
    struct segment *seg;
    struct record_head head;
    unsigned char raw[RECORD_HEAD_BYTES];
    char *bytes;
    enum st st;

    TRY(segs_pin(&s->segs, row->segment, &seg));
    st = s->os->read(s->os, seg->fd, raw, sizeof raw, row->offset);
    if (st == ST_OK)
        st = record_head_decode(raw, &(struct place){row->segment, seg->row.head.generation, row->offset}, &head);
    if (st == ST_OK && (head.type != RECORD_BLOB || !is_of(&head, row) || head.stored > BLOB_MAX))
        st = FAIL(ST_CORRUPT, "another blob than %llu", (unsigned long long)row->id);
    if (st == ST_OK) {
        bytes = mem_new(head.stored);
        st = s->os->read(s->os, seg->fd, bytes, head.stored, row->offset + RECORD_HEAD_BYTES);
        if (st == ST_OK && bytes_hash(str_n(bytes, head.stored)) != head.hash)
            st = FAIL(ST_CORRUPT, "the bytes of blob %llu are damaged", (unsigned long long)row->id);
        mem_free(bytes);
    }
    segs_unpin(&s->segs, seg);
    return st;
}

static enum st verify_blobs(struct store *s, const struct found *f)
{
    struct batch_reader r;
    struct batch_head head;
    struct blob_row row;

    batch_read(&r, buf_str(&f->record), &head);
    while (batch_next_blob(&r, &row))
        TRY(verify_blob(s, &row));
    return ST_OK;
}

/* What we have just read may be in memory only: of a process that was killed before its sync, or whose sync
 * failed (after which the system takes the pages for written). So it is written once more, and synced. */
static enum st make_durable(struct store *s, const struct found *f)
{
    uint64_t n = f->end - f->offset;
    char *bytes = mem_new(n);
    enum st st = s->os->read(s->os, f->seg->fd, bytes, n, f->offset);

    if (st == ST_OK)
        st = s->os->write(s->os, f->seg->fd, bytes, n, f->offset);
    if (st == ST_OK)
        st = s->os->sync(s->os, f->seg->fd);
    mem_free(bytes);
    return st;
}

static enum st apply(struct store *s, const struct found *f)
{
    if (s->rebuilding)
        TRY(rebuild_look(s, f));
    TRY(journal_apply(s, buf_str(&f->record), f->seq, f->seg->row.head.id, f->offset));
    s->seq = f->seq;
    return ST_OK;
}

/* A torn batch is the last one. A record with a later number behind the end says that the journal is damaged in the
 * middle: then nothing is thrown away, and nothing opened. */
static enum st check_nothing_behind(struct store *s, const struct cursor *c)
{
    struct place place;
    struct record_head head;
    uint64_t size, at, end;
    size_t pos = 0;
    enum st st;
    char *bytes;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq > c->seq)
            return FAIL(ST_CORRUPT, "the journal is damaged at batch %llu: segment %llu holds later ones" MEND,
                        (unsigned long long)c->seq, (unsigned long long)seg->row.head.id);
    }
    if (!c->seg)
        return ST_OK;
    TRY(recover_end(s->os, c->seg, &end));
    size = end - MIN(end, c->at);
    bytes = mem_new(size);
    st = s->os->read(s->os, c->seg->fd, bytes, size, c->at);
    for (at = 0; st == ST_OK && at + RECORD_HEAD_BYTES <= size; at += RECORD_ALIGN) {
        if (bytes[at] != 'R' || bytes[at + 1] != 'S')
            continue;
        place = (struct place){c->seg->row.head.id, c->seg->row.head.generation, c->at + at};
        if (record_head_decode((unsigned char *)bytes + at, &place, &head) == ST_OK && head.type == RECORD_JOURNAL &&
            head.id > c->seq)
            st = FAIL(ST_CORRUPT,
                      "the journal is damaged at batch %llu (segment %llu, offset %llu): batch %llu stands behind" MEND,
                      (unsigned long long)c->seq, (unsigned long long)c->seg->row.head.id, (unsigned long long)c->at,
                      (unsigned long long)head.id);
    }
    mem_free(bytes);
    return st;
}

static enum st finish(struct store *s, struct cursor *c, struct found *last)
{
    enum st st = verify_blobs(s, last);

    if (st == ST_CORRUPT) {
        LOG(STORE_TAIL_DROPPED, lf_u64("segment", last->seg->row.head.id), lf_u64("offset", last->offset), lf_err());
        c->seq = last->seq;
        if (c->seg == last->seg)
            c->at = last->offset;
        return ST_OK;
    }
    TRY(st);
    if (!s->looks_only)
        TRY(make_durable(s, last));
    return apply(s, last);
}

static enum st replay(struct store *s, struct cursor *c, struct found *now, struct found *next)
{
    uint64_t n = 0;
    enum st st = next_batch(s, c, now);

    while (st == ST_OK) {
        st = next_batch(s, c, next);
        if (st == ST_OK) {
            struct found swap = *now;

            TRY(apply(s, now));
            *now = *next;
            *next = swap;
        } else if (st == ST_NOTFOUND) {
            TRY(finish(s, c, now));
        }
        n++;
    }
    if (st == ST_NOTFOUND)
        st = s->rebuilding && s->rebuilding->until ? restore_cut(s, c) : check_nothing_behind(s, c);
    if (st == ST_OK && n)
        LOG(STORE_JOURNAL_REPLAYED, lf_u64("batches", n), lf_u64("sequence", s->seq));
    return st;
}

/* Untouched when the index holds nothing yet. */
static enum st read_position(struct store *s, struct position_row *pos)
{
    struct row_key key = row_key(ROW_POSITION, 0);
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = position_row_of(value, pos);
    arena_fini(&a);
    return st == ST_NOTFOUND ? ST_OK : st;
}

/* Which accounts the last batch has changed is in its record: the next one names them. When it can't be read there is
 * nothing to name; its changes are in the index. */
static void recall_accounts(struct store *s, const struct position_row *pos, struct cursor *c)
{
    struct cursor at = {c->seg, pos->offset, pos->seq};
    struct found f;
    struct batch_reader r;
    struct batch_head head;
    struct change_view change;
    struct blob_row row;
    uint64_t id, version;
    int32_t delta;

    buf_init(&f.record, UINT32_MAX);
    if (recover_read(s, &at, &f) == ST_OK) {
        batch_read(&r, buf_str(&f.record), &head);
        while (batch_next_blob(&r, &row))
            continue;
        while (batch_next_deref(&r, &id, &delta))
            continue;
        while (batch_next_part(&r, &id, &version)) {
            rec_put_u64(&s->before, id);
            rec_put_u64(&s->before, version);
            while (batch_next_change(&r, &change))
                continue;
        }
    }
    buf_fini(&f.record);
}

static enum st begin(struct store *s, struct cursor *c)
{
    struct position_row pos = {.blob_ceiling = 1};

    TRY(read_position(s, &pos));
    s->seq = pos.seq;
    c->seq = pos.seq + 1;
    c->at = pos.end;
    if (!pos.seq)
        return ST_OK;
    if (segs_pin(&s->segs, pos.segment, &c->seg) == ST_OK) {
        recall_accounts(s, &pos, c);
        return ST_OK;
    }
    /* Its segment is gone, as compaction does with what a snapshot stands for: fine when it held nothing behind it. */
    struct err why = *err_get();

    if (s->rebuilding && s->rebuilding->until) /* next_in_row looks for the segment that goes on; or a new one does */
        return ST_OK;
    if (find_segment(s, c->seq, &c->seg) != ST_OK && (!s->rebuilding || !rebuild_begin(s, c))) {
        *err_get() = why;
        return why.st;
    }
    c->at = SEGMENT_HEAD_BYTES;
    return ST_OK;
}

/* Ids below the ceiling may have been given out; the new one is durable before the first is. */
static enum st reserve_ids(struct store *s)
{
    struct position_row pos = {.blob_ceiling = 1};

    TRY(read_position(s, &pos));
    s->blob_ceiling = pos.blob_ceiling;
    atomic_store(&s->next_blob, pos.blob_ceiling);
    TRY(store_raise_format(s));
    return history_open(s);
}

enum st store_recover(struct store *s)
{
    struct found a, b;
    struct cursor c = {0};
    enum st st;

    buf_init(&a.record, UINT32_MAX);
    buf_init(&b.record, UINT32_MAX);
    st = begin(s, &c);
    if (st == ST_OK)
        st = replay(s, &c, &a, &b);
    buf_fini(&a.record);
    buf_fini(&b.record);
    s->journal = c.seg;
    s->journal_at = c.at;
    TRY(st);
    TRY(s->journal ? segs_measure(&s->segs, s->journal) : ST_OK);
    segs_recovered(&s->segs);
    return s->looks_only ? ST_OK : reserve_ids(s);
}
