/* Reads everything that stands for a letter and says what does not verify. Works on a store that others go on writing: what is not where the
 * view of the index has it is looked up once more, since compaction may have moved it. */
#include "base/must.h"
#include "store/dictionary.h"
#include "store/inside.h"
#include "store/recover.h"
#include "store/tools.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef ROWS_AT_ONCE
#define ROWS_AT_ONCE (1u << 20) /* bodies that are sorted by place together: 64 MiB */
#endif
#define TELL_BYTES (4u << 20)
#define TELL_STEPS 16384u

static void tell(struct store_report *r, struct store_problem *p, const char *fmt, va_list ap)
{
    vsnprintf(p->text, sizeof p->text, fmt, ap);
    r->problems++;
    if (r->problem)
        r->problem(r->arg, p);
}

void store_tell(struct store_report *r, const char *kind, uint64_t account, const char *fmt, ...)
{
    struct store_problem p = {.kind = kind, .account = account};
    va_list ap;

    va_start(ap, fmt);
    tell(r, &p, fmt, ap);
    va_end(ap);
}

void store_tell_blob(struct store_report *r, const char *kind, uint64_t blob, const char *fmt, ...)
{
    struct store_problem p = {.kind = kind, .account = STORE_NO_ACCOUNT, .blob = blob};
    va_list ap;

    va_start(ap, fmt);
    tell(r, &p, fmt, ap);
    va_end(ap);
}

bool store_goes_on(struct store_report *r)
{
    if (++r->steps % TELL_STEPS == 0 && r->progress && r->progress->fn)
        r->progress->fn(r->progress->arg, r->done, r->total);
    return !r->is_stopped;
}

static enum st stopped(void)
{
    return FAIL(ST_CANCELED, "the check was stopped");
}

/* --- the index at one moment ---------------------------------------------------------------------------- */

struct store_view {
    struct index_view view;
    struct index_scan rows;
    char from[ROW_KEY_BYTES], to[ROW_KEY_BYTES];
    size_t to_n;
    enum st st; /* of a row that can't be read */
};

void store_view_open(struct store *s, struct store_view **out)
{
    *out = MEM_NEW(struct store_view);
    index_view_open(&s->index, &(*out)->view);
}

void store_view_close(struct store_view *v)
{
    index_view_close(&v->view);
    mem_free(v);
}

void store_view_begin(struct store_view *v, const uint64_t *only_account)
{
    account_prefix(only_account ? *only_account : 0, v->from);
    account_prefix(only_account ? *only_account + 1 : ACCOUNT_DICTIONARIES, v->to);
    index_scan_open(&v->view, str_n(v->from, 8), str_n(v->to, 8), &v->rows);
}

bool store_view_next(struct store_view *v, uint64_t *out_account, struct str *out_key, struct str *out_value)
{
    struct str key;
    struct rec r;

    if (!index_scan_next(&v->rows, &key, out_value))
        return false;
    r = rec_of(key);
    *out_account = rec_u64_be(&r);
    *out_key = str_from(key, 8);
    return true;
}

enum st store_view_end(struct store_view *v)
{
    enum st st = v->st, end = index_scan_close(&v->rows);

    v->st = ST_OK;
    return st == ST_OK ? end : st;
}

enum st store_view_version(struct store_view *v, uint64_t account, uint64_t *out)
{
    struct row_key key = row_key(ROW_VERSION, account);
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = index_view_get(&v->view, &a, str_n(key.p, sizeof key.p), &value);

    st = version_row_found(st, value, out);
    arena_fini(&a);
    return st;
}

static void begin_rows(struct store_view *v, char letter, uint64_t first)
{
    struct row_key from = row_key(letter, first), to = row_key((char)(letter + 1), 0);

    memcpy(v->from, from.p, sizeof from.p);
    memcpy(v->to, to.p, 9);
    index_scan_open(&v->view, str_n(v->from, sizeof from.p), str_n(v->to, 9), &v->rows);
}

static bool next_row(struct store_view *v, uint64_t *out_number, struct str *out_value)
{
    struct str key;
    struct rec r;

    if (!index_scan_next(&v->rows, &key, out_value))
        return false;
    r = rec_of(str_from(key, 9));
    *out_number = rec_u64_be(&r);
    return true;
}

void store_view_begin_bodies(struct store_view *v)
{
    begin_rows(v, ROW_BLOB, 0);
}

bool store_view_next_body(struct store_view *v, uint64_t *out_id, uint32_t *out_refs)
{
    struct blob_row row;
    struct str value;

    if (!next_row(v, out_id, &value))
        return false;
    v->st = blob_row_of(value, *out_id, &row);
    *out_refs = row.refs;
    return v->st == ST_OK;
}

/* --- segments ------------------------------------------------------------------------------------------- */

struct seg_sum {
    struct segment_row row;
    uint64_t live_bytes, live_blobs;
};

struct checking {
    struct store *s;
    struct store_view *v;
    struct store_report *r;
    struct store_checked *out;
    struct seg_sum *segs; /* in order of their ids */
    size_t n_segs, cap_segs;
    struct blob_row *rows;
    size_t n_rows, cap_rows;
    char *bytes; /* of the record being read */
    size_t cap_bytes;
    uint64_t total, told;
};

static void did(struct checking *k, uint64_t bytes)
{
    const struct store_progress *p = k->r->progress;

    k->out->bytes += bytes;
    k->r->done = bytes ? MIN(k->out->bytes, k->total) : k->total;
    k->r->total = k->total;
    if (p && p->fn && (k->out->bytes - k->told >= TELL_BYTES || !bytes)) {
        k->told = k->out->bytes;
        p->fn(p->arg, k->r->done, k->total);
    }
}

static struct seg_sum *seg_of(struct checking *k, uint64_t id)
{
    size_t lo = 0, hi = k->n_segs;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (k->segs[mid].row.head.id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < k->n_segs && k->segs[lo].row.head.id == id ? &k->segs[lo] : NULL;
}

static enum st read_segments(struct checking *k)
{
    struct segment_row row;
    struct str value;
    uint64_t id;

    begin_rows(k->v, ROW_SEGMENT, 0);
    while (next_row(k->v, &id, &value)) {
        if (segment_row_of(value, &row) != ST_OK || row.head.id != id) {
            store_tell(k->r, "segment_row", STORE_NO_ACCOUNT, "the row of segment %llu is damaged",
                       (unsigned long long)id);
            continue;
        }
        if (row.is_gone)
            continue;
        if (k->n_segs == k->cap_segs) {
            k->cap_segs = k->cap_segs * 2 + 64;
            k->segs = mem_resize(k->segs, k->cap_segs * sizeof *k->segs);
        }
        k->segs[k->n_segs++] = (struct seg_sum){.row = row};
        k->total += row.live_bytes + row.journal_bytes;
    }
    return store_view_end(k->v);
}

static enum st check_head(struct checking *k, const struct seg_sum *sum)
{
    unsigned char page[SEGMENT_HEAD_USED];
    struct segment_head head;
    struct segment *seg;
    enum st st = segs_pin(&k->s->segs, sum->row.head.id, &seg);

    if (st == ST_OK) {
        st = k->s->os->read(k->s->os, seg->fd, page, sizeof page, 0);
        segs_unpin(&k->s->segs, seg);
    }
    if (st == ST_OK)
        st = segment_head_decode(page, &head);
    if (st == ST_OK && (head.id != sum->row.head.id || head.generation != sum->row.head.generation))
        st = FAIL(ST_CORRUPT, "its head names another segment");
    if (st == ST_CORRUPT || st == ST_DENIED) {
        struct segment *now = segs_get(&k->s->segs, sum->row.head.id);

        if (now && !now->is_removed)
            store_tell(k->r, "segment", STORE_NO_ACCOUNT, "segment %llu: %s", (unsigned long long)sum->row.head.id,
                       err_get()->text);
        return ST_OK;
    }
    return st;
}

static void check_sums(struct checking *k)
{
    for (size_t i = 0; i < k->n_segs; i++) {
        const struct seg_sum *s = &k->segs[i];

        if (s->live_bytes != s->row.live_bytes || s->live_blobs != s->row.live_blobs)
            store_tell(k->r, "segment_row", STORE_NO_ACCOUNT,
                       "segment %llu counts %llu bodies of %llu bytes that live; there are %llu of %llu",
                       (unsigned long long)s->row.head.id, (unsigned long long)s->row.live_blobs,
                       (unsigned long long)s->row.live_bytes, (unsigned long long)s->live_blobs,
                       (unsigned long long)s->live_bytes);
    }
}

/* --- bodies --------------------------------------------------------------------------------------------- */

static char *space(struct checking *k, size_t n)
{
    if (n > k->cap_bytes) {
        k->bytes = mem_resize(k->bytes, n);
        k->cap_bytes = n;
    }
    return k->bytes;
}

static enum st verify(struct checking *k, const struct blob_row *row)
{
    struct record_head head;
    struct segment *seg;
    size_t n;
    char *p;
    enum st st;

    if (row->stored > BLOB_MAX || row->raw > BLOB_MAX || !row->refs)
        return FAIL(ST_CORRUPT, "its row makes no sense");
    n = RECORD_HEAD_BYTES + row->stored;
    p = space(k, n);
    TRY(segs_pin(&k->s->segs, row->segment, &seg));
    st = k->s->os->read(k->s->os, seg->fd, p, n, row->offset);
    if (st == ST_OK)
        st = record_head_decode((unsigned char *)p,
                                &(struct place){row->segment, seg->row.head.generation, row->offset}, &head);
    segs_unpin(&k->s->segs, seg);
    TRY(st);
    if (head.type != RECORD_BLOB || (head.id != row->id && head.id != RECORD_STAGED) || head.stored != row->stored ||
        head.raw != row->raw || head.codec != row->codec)
        return FAIL(ST_CORRUPT, "another record stands there");
    if (bytes_hash(str_n(p + RECORD_HEAD_BYTES, row->stored)) != head.hash || head.hash != row->hash)
        return FAIL(ST_CORRUPT, "its bytes have changed");
    return ST_OK;
}

/* Where it is now; ST_NOTFOUND: dropped meanwhile. */
static enum st row_now(struct checking *k, uint64_t id, struct blob_row *out)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = index_get(&k->s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = blob_row_of(value, id, out);
    arena_fini(&a);
    return st;
}

static enum st check_body(struct checking *k, const struct blob_row *row)
{
    struct blob_row now;
    enum st st = verify(k, row), again;

    k->out->bodies++;
    did(k, record_bytes(row->stored));
    if (st == ST_OK)
        return ST_OK;
    again = row_now(k, row->id, &now);
    if (again == ST_NOTFOUND)
        return ST_OK;
    if (again == ST_OK && (now.segment != row->segment || now.offset != row->offset))
        return check_body(k, &now);
    st = verify(k, row);
    if (st == ST_CORRUPT)
        store_tell_blob(k->r, "body", row->id, "blob %llu (segment %llu, offset %llu): %s", (unsigned long long)row->id,
                        (unsigned long long)row->segment, (unsigned long long)row->offset, err_get()->text);
    return st == ST_CORRUPT ? ST_OK : st;
}

static int by_place(const void *a, const void *b)
{
    const struct blob_row *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void take_row(struct checking *k, const struct blob_row *row)
{
    if (k->n_rows == k->cap_rows) {
        k->cap_rows = k->cap_rows * 2 + 1024;
        k->rows = mem_resize(k->rows, k->cap_rows * sizeof *k->rows);
    }
    k->rows[k->n_rows++] = *row;
}

/* What the rows of bodies say of their segments. */
static enum st check_rows(struct checking *k)
{
    struct blob_row row;
    struct str value;
    uint64_t id;

    begin_rows(k->v, ROW_BLOB, 0);
    while (store_goes_on(k->r) && next_row(k->v, &id, &value)) {
        struct seg_sum *sum = NULL;

        if (blob_row_of(value, id, &row) == ST_OK)
            sum = seg_of(k, row.segment);
        else
            store_tell(k->r, "body_row", STORE_NO_ACCOUNT, "the row of blob %llu is damaged", (unsigned long long)id);
        if (sum) {
            sum->live_bytes += record_bytes(row.stored);
            sum->live_blobs++;
        }
    }
    TRY(store_view_end(k->v));
    if (k->r->is_stopped)
        return stopped();
    check_sums(k);
    return ST_OK;
}

/* Those with ids from *io_from on, as they are now. *out_more: there are others behind them. */
static enum st take_rows(struct checking *k, uint64_t *io_from, bool *out_more)
{
    struct blob_row row;
    struct str value;
    uint64_t id;
    enum st st;

    k->n_rows = 0;
    *out_more = false;
    store_view_open(k->s, &k->v);
    begin_rows(k->v, ROW_BLOB, *io_from);
    while (!*out_more && next_row(k->v, &id, &value)) {
        if (blob_row_of(value, id, &row) == ST_OK)
            take_row(k, &row);
        *io_from = id + 1;
        *out_more = k->n_rows == ROWS_AT_ONCE;
    }
    st = store_view_end(k->v);
    store_view_close(TAKE(k->v));
    return st;
}

/* By their ids, which never change, so none is passed over that compaction moves meanwhile; some at a time in the order in which they
 * stand. Reading them all takes hours, perhaps, and no view of the index is open meanwhile: it would keep what RocksDB could clear away. */
static enum st check_bodies(struct checking *k)
{
    uint64_t from = 0;
    bool more = true;

    while (more) {
        TRY(take_rows(k, &from, &more));
        if (k->n_rows)
            qsort(k->rows, k->n_rows, sizeof *k->rows, by_place);
        for (size_t i = 0; i < k->n_rows; i++) {
            if (!store_goes_on(k->r))
                return stopped();
            TRY(check_body(k, &k->rows[i]));
        }
    }
    return ST_OK;
}

/* --- the journal ---------------------------------------------------------------------------------------- */

/* One batch's record. *out_end: where the next one begins. */
static enum st verify_batch(struct checking *k, const struct segment *seg, uint64_t at, uint64_t *out_seq,
                            uint64_t *out_end)
{
    struct place place = {seg->row.head.id, seg->row.head.generation, at};
    unsigned char raw[RECORD_HEAD_BYTES];
    struct batch_head batch;
    struct batch_reader reader;
    struct record_head head;
    char *p;

    TRY(k->s->os->read(k->s->os, seg->fd, raw, sizeof raw, at));
    TRY(record_head_decode(raw, &place, &head));
    if (head.type != RECORD_JOURNAL || head.stored > seg->row.head.size - at)
        return FAIL(ST_CORRUPT, "no journal record stands there");
    p = space(k, head.stored + 1);
    TRY(k->s->os->read(k->s->os, seg->fd, p, head.stored, at + RECORD_HEAD_BYTES));
    if (bytes_hash(str_n(p, head.stored)) != head.hash)
        return FAIL(ST_CORRUPT, "the record of batch %llu is damaged", (unsigned long long)head.id);
    batch_read(&reader, str_n(p, head.stored), &batch);
    if (reader.r.bad || batch.end < at + record_bytes(head.stored) || batch.end > seg->row.head.size)
        return FAIL(ST_CORRUPT, "the record of batch %llu makes no sense", (unsigned long long)head.id);
    *out_seq = head.id;
    *out_end = batch.end;
    k->out->batches++;
    did(k, record_bytes(head.stored));
    return ST_OK;
}

/* The next journal record behind a damaged one; false: none. */
static bool find_behind(struct checking *k, const struct segment *seg, uint64_t want, uint64_t *at, uint64_t *out_seq)
{
    struct record_head head;
    uint64_t end, size;
    bool is = false;
    char *bytes;

    if (recover_end(k->s->os, seg, &end) != ST_OK)
        return false;
    size = end - MIN(end, *at);
    bytes = mem_new(size);
    if (k->s->os->read(k->s->os, seg->fd, bytes, size, *at) == ST_OK)
        for (uint64_t i = RECORD_ALIGN; !is && i + RECORD_HEAD_BYTES <= size; i += RECORD_ALIGN) {
            struct place place = {seg->row.head.id, seg->row.head.generation, *at + i};

            is = bytes[i] == 'R' && bytes[i + 1] == 'S' &&
                 record_head_decode((unsigned char *)bytes + i, &place, &head) == ST_OK &&
                 head.type == RECORD_JOURNAL && head.id > want;
            if (is) {
                *at += i;
                *out_seq = head.id;
            }
        }
    mem_free(bytes);
    return is;
}

/* Damage in what the snapshot stands for hurts nobody. */
static enum st walk(struct checking *k, struct segment *seg, uint64_t last_seq)
{
    uint64_t at = SEGMENT_HEAD_BYTES, seq = 0, want = seg->row.head.first_seq;
    enum st st = ST_OK;

    while (st == ST_OK && want <= last_seq) {
        if (!store_goes_on(k->r))
            return stopped();
        st = verify_batch(k, seg, at, &seq, &at);
        if (st == ST_OK && seq != want)
            st = FAIL(ST_CORRUPT, "batch %llu stands where %llu should", (unsigned long long)seq,
                      (unsigned long long)want);
        want++;
        if (st != ST_CORRUPT)
            continue;
        struct err why = *err_get();
        uint64_t place = at, next = 0;
        bool is = find_behind(k, seg, want - 1, &at, &next);

        if (!is || next - 1 > store_snapshot_seq(k->s))
            store_tell(k->r, "journal", STORE_NO_ACCOUNT, "segment %llu, offset %llu: %s",
                       (unsigned long long)seg->row.head.id, (unsigned long long)place, why.text);
        if (!is)
            return ST_OK;
        want = next;
        st = ST_OK;
    }
    return st;
}

static enum st check_journal(struct checking *k)
{
    uint64_t snapshot = store_snapshot_seq(k->s);
    struct segment *seg;

    for (size_t i = 0; i < k->n_segs; i++) {
        const struct segment_row *row = &k->segs[i].row;
        enum st st;

        if (row->head.kind != SEGMENT_JOURNAL || row->last_seq <= snapshot)
            continue;
        if (segs_pin(&k->s->segs, row->head.id, &seg) != ST_OK)
            continue; /* check_head has said so */
        st = walk(k, seg, row->last_seq);
        segs_unpin(&k->s->segs, seg);
        TRY(st);
    }
    return ST_OK;
}

/* --- the rest -------------------------------------------------------------------------------------------- */

static enum st check_versions(struct checking *k)
{
    uint64_t account, version;
    struct str value;

    begin_rows(k->v, ROW_VERSION, 0);
    while (next_row(k->v, &account, &value))
        if (version_row_of(value, &version) != ST_OK)
            store_tell(k->r, "version", account, "its version is damaged");
    return store_view_end(k->v);
}

static enum st read_snapshot(struct checking *k, struct snap_reader *r)
{
    struct row_key position = row_key(ROW_POSITION, 0);
    struct position_row pos = {0};
    struct str key, value;
    enum st st;

    while ((st = snap_reader_next(r, &key, &value)) == ST_OK) {
        k->out->snapshot_rows++;
        if (!store_goes_on(k->r))
            return stopped();
        if (str_eq(key, str_n(position.p, sizeof position.p)))
            TRY(position_row_of(value, &pos));
    }
    if (st == ST_EOF && pos.seq != r->head.seq)
        st = FAIL(ST_CORRUPT, "it is of batch %llu, and holds %llu", (unsigned long long)r->head.seq,
                  (unsigned long long)pos.seq);
    return st == ST_EOF ? ST_OK : st;
}

static enum st check_snapshot(struct checking *k)
{
    uint64_t seq = store_snapshot_seq(k->s);
    struct arena a = ARENA_INIT;
    struct snap_reader r;
    enum st st = seq ? snap_reader_open(&r, k->s->os, snaps_path(k->s, &a, seq)) : ST_OK;

    if (seq && st == ST_OK) {
        st = read_snapshot(k, &r);
        snap_reader_close(&r);
    }
    arena_fini(&a);
    if (atomic_load(&k->s->snaps.skipped) > seq)
        store_tell(k->r, "snapshot", STORE_NO_ACCOUNT, "the snapshot of batch %llu is damaged",
                   (unsigned long long)atomic_load(&k->s->snaps.skipped));
    if (store_snapshot_seq(k->s) != seq) /* replaced while it was read */
        return st == ST_NOTFOUND ? check_snapshot(k) : ST_OK;
    if (st == ST_CORRUPT || st == ST_NOTFOUND)
        store_tell(k->r, "snapshot", STORE_NO_ACCOUNT, "the snapshot of batch %llu: %s", (unsigned long long)seq,
                   err_get()->text);
    return st == ST_CORRUPT || st == ST_NOTFOUND ? ST_OK : st;
}

/* At one moment: what has to agree with each other. */
static enum st check_index(struct checking *k)
{
    enum st st;

    store_view_open(k->s, &k->v);
    st = read_segments(k);
    if (st == ST_OK)
        st = check_versions(k);
    if (st == ST_OK)
        st = check_rows(k);
    store_view_close(TAKE(k->v));
    return st;
}

static enum st check_all(struct checking *k) SUSPENDS
{
    TRY(check_index(k));
    for (size_t i = 0; i < k->n_segs; i++)
        TRY(check_head(k, &k->segs[i]));
    TRY(check_journal(k));
    TRY(check_bodies(k));
    TRY(check_snapshot(k));
    TRY(dictionary_check(k->s, k->r, false, &k->out->dictionaries));
    did(k, 0);
    return ST_OK;
}

enum st store_check(struct store *s, struct store_report *r, struct store_checked *out)
{
    struct checking k = {.s = s, .r = r, .out = out};
    enum st st;

    *out = (struct store_checked){0};
    st = check_all(&k);
    mem_free(k.segs);
    mem_free(k.rows);
    mem_free(k.bytes);
    return st;
}

/* --- mending -------------------------------------------------------------------------------------------- */

/* Its file is there, its head is not its own: the row knows what it was. */
static enum st mend_head(struct store *s, const struct segment_row *row)
{
    unsigned char page[SEGMENT_HEAD_USED];
    struct segment_head head;
    struct segment *seg;
    enum st st;

    TRY(segs_pin(&s->segs, row->head.id, &seg));
    st = s->os->read(s->os, seg->fd, page, sizeof page, 0);
    if (st == ST_OK && (segment_head_decode(page, &head) != ST_OK || head.id != row->head.id ||
                        head.generation != row->head.generation)) {
        segment_head_encode(&row->head, page);
        st = s->os->write(s->os, seg->fd, page, sizeof page, 0);
        if (st == ST_OK)
            st = s->os->sync(s->os, seg->fd);
    }
    segs_unpin(&s->segs, seg);
    return st;
}

static enum st mend_segment(struct store *s, uint64_t id) SUSPENDS
{
    struct row_key key = row_key(ROW_SEGMENT, id);
    struct segment *seg = segs_get(&s->segs, id);
    struct arena a = ARENA_INIT;
    struct segment_row row;
    struct str value;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = segment_row_of(value, &row);
    arena_fini(&a);
    if (st != ST_OK)
        return st == ST_NOTFOUND ? ST_OK : st;
    if (!seg || seg->is_removed || row.is_gone || seg == s->journal)
        return ST_OK;
    st = mend_head(s, &row);
    if (st != ST_CORRUPT || row.live_blobs)
        return st == ST_CORRUPT ? ST_OK : st;
    TRY(commit_moves(s, &(struct blob_move){.segment = id}, 1));
    return segs_remove(&s->segs, id);
}

static enum st mend_segments(struct store *s) SUSPENDS
{
    struct store_view *v;
    struct str value;
    uint64_t *ids = NULL, id;
    size_t n = 0, cap = 0;
    enum st st;

    store_view_open(s, &v);
    begin_rows(v, ROW_SEGMENT, 0);
    while (next_row(v, &id, &value)) {
        if (n == cap) {
            cap = cap * 2 + 64;
            ids = mem_resize(ids, cap * sizeof *ids);
        }
        ids[n++] = id;
    }
    st = store_view_end(v);
    store_view_close(v);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = mend_segment(s, ids[i]);
    mem_free(ids);
    return st;
}

enum st store_mend(struct store *s)
{
    struct store_report quiet = {0};
    uint64_t n = 0;

    TRY(dictionary_check(s, &quiet, true, &n));
    TRY(commit_moves(s, NULL, 0)); /* so that a snapshot is made, whatever there is */
    TRY(store_snapshot(s));
    TRY(index_flush(&s->index)); /* from here on opening needs no segment that is missing */
    return mend_segments(s);
}
