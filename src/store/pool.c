#include "store/pool.h"
#include "base/must.h"
#include "store/dictionary.h"
#include "store/recover.h"
#include "store/segs.h"

#include <fcntl.h>
#include <stdlib.h>

#define FILES_MAX (1u << 20)

/* --- what there is ----------------------------------------------------------------------------------------- */

static enum st add(struct pool *p, struct arena *a, struct str name)
{
    struct pool_segment one = {0}, *seg;
    uint64_t id;
    enum st st;

    if (!str_ends(name, STR(".seg")) || str_u64(str_n(name.p, name.n - 4), UINT64_MAX - 1, &id) != ST_OK)
        return ST_OK;
    st = segs_read_head(p->os, arena_printf(a, "%s/seg/%.*s", p->dir, STR_ARGS(name)).p, &one.head);
    if (st == ST_CORRUPT || (st == ST_OK && one.head.id != id))
        return ST_OK;
    TRY(st);
    seg = MEM_NEW(struct pool_segment);
    *seg = one;
    must(map_put(&p->by_id, id, seg) == NULL);
    return ST_OK;
}

static int by_first_batch(const void *a, const void *b)
{
    const struct segment_head *x = &(*(const struct pool_segment *const *)a)->head,
                              *y = &(*(const struct pool_segment *const *)b)->head;

    if (x->first_seq != y->first_seq)
        return x->first_seq < y->first_seq ? -1 : 1;
    return x->id > y->id ? -1 : x->id < y->id;
}

static void sort_journal(struct pool *p)
{
    size_t pos = 0;
    void *v;

    p->journal = mem_new((p->by_id.n + 1) * sizeof(struct pool_segment *));
    while (map_next(&p->by_id, &pos, &v))
        if (((const struct pool_segment *)v)->head.kind == SEGMENT_JOURNAL)
            p->journal[p->n_journal++] = v;
    qsort(p->journal, p->n_journal, sizeof(struct pool_segment *), by_first_batch);
}

static enum st load_dictionaries(struct pool *p, struct arena *a)
{
    for (unsigned i = 1; i <= DICTIONARIES_MAX; i++) {
        const char *path = arena_printf(a, "%s/dict/%04u.dict", p->dir, i).p;
        uint64_t n = 0;
        enum st st;
        char *bytes;
        int fd;

        st = p->os->open(p->os, path, O_RDONLY, &fd);
        if (st == ST_NOTFOUND)
            continue;
        TRY(st);
        st = p->os->size(p->os, fd, &n);
        n = MIN(n, (uint64_t)DICTIONARY_MAX_BYTES + 64);
        bytes = arena_alloc(a, n);
        if (st == ST_OK)
            st = p->os->read(p->os, fd, bytes, n, 0);
        p->os->close(p->os, fd);
        TRY(st);
        IGNORE(dictionary_add(&p->squeeze, i, str_n(bytes, n))); /* damaged: bodies that need it say so */
    }
    return ST_OK;
}

enum st pool_open(struct pool *p, const struct os_file *os, const char *dir)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n;
    enum st st;

    *p = (struct pool){.os = os, .fd = -1};
    squeeze_init(&p->squeeze);
    p->dir = mem_new(strlen(dir) + 1);
    memcpy(p->dir, dir, strlen(dir));
    st = os->list(os, &a, arena_printf(&a, "%s/seg", dir).p, FILES_MAX, &names, &n);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = add(p, &a, names[i]);
    if (st == ST_OK)
        st = load_dictionaries(p, &a);
    arena_fini(&a);
    sort_journal(p);
    return st;
}

void pool_close(struct pool *p)
{
    size_t pos = 0;
    void *v;

    if (!p->dir)
        return;
    if (p->fd >= 0)
        p->os->close(p->os, p->fd);
    while (map_next(&p->by_id, &pos, &v))
        mem_free(v);
    map_fini(&p->by_id);
    mem_free(p->journal);
    squeeze_fini(&p->squeeze);
    mem_free(TAKE(p->dir));
}

const struct pool_segment *pool_segment_of(const struct pool *p, uint64_t id)
{
    return map_get(&p->by_id, id);
}

/* Its descriptor is the pool's. */
static enum st open_segment(struct pool *p, uint64_t id)
{
    struct arena a = ARENA_INIT;
    enum st st;

    if (p->fd >= 0 && p->fd_of == id)
        return ST_OK;
    if (p->fd >= 0)
        p->os->close(p->os, p->fd);
    p->fd = -1;
    st = p->os->open(p->os, arena_printf(&a, "%s/seg/%08llu.seg", p->dir, (unsigned long long)id).p, O_RDONLY, &p->fd);
    arena_fini(&a);
    p->fd_of = id;
    return st;
}

/* --- bodies -------------------------------------------------------------------------------------------------- */

static enum st check(const struct blob_row *row, const struct pool_segment *seg, const char *record,
                     struct record_head *out)
{
    const struct place place = {row->segment, seg->head.generation, row->offset};

    TRY(record_head_decode((const unsigned char *)record, &place, out));
    if (out->type != RECORD_BLOB || (out->id != row->id && out->id != RECORD_STAGED) || out->stored != row->stored ||
        out->raw != row->raw || out->codec != row->codec)
        return FAIL(ST_CORRUPT, "another record stands there");
    if (bytes_hash(str_n(record + RECORD_HEAD_BYTES, row->stored)) != out->hash)
        return FAIL(ST_CORRUPT, "its bytes have changed");
    return ST_OK;
}

static enum st read_body(struct pool *p, const struct blob_row *row, const struct pool_segment *seg, char *record,
                         struct buf *out)
{
    struct record_head head;
    char *to;

    TRY(p->os->read(p->os, p->fd, record, RECORD_HEAD_BYTES + row->stored, row->offset));
    TRY(check(row, seg, record, &head));
    to = buf_space(out, row->raw);
    if (!to)
        return FAIL(ST_CORRUPT, "a body of %llu bytes", (unsigned long long)row->raw);
    TRY(squeeze_undo(&p->squeeze, str_n(record + RECORD_HEAD_BYTES, row->stored), row->codec, head.dictionary, to,
                     row->raw));
    buf_added(out, row->raw);
    return ST_OK;
}

enum st pool_body(struct pool *p, const struct blob_row *row, struct buf *out)
{
    const struct pool_segment *seg = pool_segment_of(p, row->segment);
    char *record;
    enum st st;

    if (!seg || row->stored > BLOB_MAX || row->raw > BLOB_MAX)
        return FAIL(ST_CORRUPT, "segment %llu is missing", (unsigned long long)row->segment);
    TRY(open_segment(p, row->segment));
    record = mem_resize(NULL, RECORD_HEAD_BYTES + row->stored);
    st = read_body(p, row, seg, record, out);
    mem_free(record);
    return st;
}

/* --- journal -------------------------------------------------------------------------------------------------- */

/* The segment that begins with batch `seq`; with `or_before` the last one that begins with it or before. */
static const struct pool_segment *find(const struct pool *p, uint64_t seq, bool or_before)
{
    const struct pool_segment *best = NULL;

    for (size_t i = 0; i < p->n_journal && p->journal[i]->head.first_seq <= seq; i++)
        if ((or_before || p->journal[i]->head.first_seq == seq) &&
            (!best || best->head.first_seq < p->journal[i]->head.first_seq))
            best = p->journal[i];
    return best;
}

void pool_walk_begin(struct pool_walk *w, struct pool *p, uint64_t after)
{
    *w = (struct pool_walk){.pool = p, .in = find(p, after + 1, true), .at = SEGMENT_HEAD_BYTES, .next = after + 1};
    buf_init(&w->record, UINT32_MAX);
    if (!w->in)
        return;
    w->next = w->in->head.first_seq;
    while (w->next <= after && pool_walk_next(w) == ST_OK)
        continue;
    if (w->next <= after) /* damaged before it: the next segment may begin with it */
        w->in = NULL;
    w->next = after + 1;
    w->has_gap = false;
}

static enum st read_here(struct pool_walk *w)
{
    struct batch_reader r;
    struct batch_head head;
    uint64_t end;

    if (!w->in)
        return ST_CORRUPT;
    TRY(open_segment(w->pool, w->in->head.id));
    TRY(recover_read_record(w->pool->os, w->pool->fd, &w->in->head, w->at, w->next, &w->record, &end));
    batch_read(&r, buf_str(&w->record), &head);
    w->wall_us = head.wall_us;
    w->seq = w->next++;
    w->at = end;
    return ST_OK;
}

enum st pool_walk_next(struct pool_walk *w)
{
    const struct pool *p = w->pool;
    enum st st = read_here(w);

    if (st != ST_CORRUPT)
        return st;
    w->in = find(p, w->next, false);
    w->at = SEGMENT_HEAD_BYTES;
    st = read_here(w);
    if (st != ST_CORRUPT)
        return st;
    w->in = NULL;
    w->has_gap = p->n_journal && p->journal[p->n_journal - 1]->head.first_seq > w->next;
    return ST_EOF;
}

void pool_walk_end(struct pool_walk *w)
{
    buf_fini(&w->record);
}
