/* Bodies: read whole, verified, and kept for a while in a small cache of the core, so that a letter that is fetched
 * in slices is read once. */
#include "base/must.h"
#include "store/inside.h"

#define CACHE_BYTES (8u << 20) /* of a core; the newest body stays whatever its size */
#define AHEAD_WAIT_MS 10000
#define AHEAD_MOST 4 /* of a core */

struct blob_buf {
    uint64_t id;
    size_t n;
    unsigned refs;           /* views, and one for the cache */
    struct store_core *core; /* NULL: of a plain thread, never cached */
    struct list cached;
    char head[RECORD_HEAD_BYTES]; /* stands before the bytes, so that raw records are read in one piece */
    char bytes[];
};

_Static_assert(offsetof(struct blob_buf, bytes) == offsetof(struct blob_buf, head) + RECORD_HEAD_BYTES, "in one piece");

uint64_t blob_new_id(struct store *s)
{
    return atomic_fetch_add(&s->next_blob, 1);
}

/* --- cache -------------------------------------------------------------------------------------------- */

static void put(struct blob_buf *b)
{
    must(b->refs > 0);
    if (--b->refs == 0)
        mem_free(b);
}

static void evict(struct store_core *sc, struct blob_buf *b)
{
    list_del(&b->cached);
    map_del(&sc->by_id, b->id);
    sc->cached_bytes -= b->n;
    put(b);
}

void store_core_drop_cache(struct store_core *sc)
{
    while (!list_is_empty(&sc->cached))
        evict(sc, LIST_ITEM(sc->cached.next, struct blob_buf, cached));
    map_fini(&sc->by_id);
}

static void remember(struct store_core *sc, struct blob_buf *b)
{
    struct blob_buf *old = map_get(&sc->by_id, b->id);

    if (old) /* two have read it at the same time */
        evict(sc, old);
    b->refs++;
    sc->cached_bytes += b->n;
    list_add_tail(&sc->cached, &b->cached);
    map_put(&sc->by_id, b->id, b);
    while (sc->cached_bytes > CACHE_BYTES && sc->cached.next != &b->cached)
        evict(sc, LIST_ITEM(sc->cached.next, struct blob_buf, cached));
}

static struct blob_buf *find(struct store_core *sc, uint64_t id)
{
    struct blob_buf *b = sc ? map_get(&sc->by_id, id) : NULL;

    if (b) {
        list_del(&b->cached);
        list_add_tail(&sc->cached, &b->cached);
    }
    return b;
}

/* --- reading ------------------------------------------------------------------------------------------- */

struct read_job {
    struct store *s;
    const struct blob_row *row;
    struct blob_buf *buf;
    bool only_cached;
    enum st st;
    struct err why;
};

static enum st check(const struct read_job *j, const struct segment *seg, const char *record, struct record_head *out)
{
    const struct blob_row *r = j->row;

    TRY(record_head_decode((const unsigned char *)record,
                           &(struct place){r->segment, seg->row.head.generation, r->offset}, out));
    if (out->type != RECORD_BLOB || (out->id != r->id && out->id != RECORD_STAGED) || out->stored != r->stored ||
        out->raw != r->raw || out->codec != r->codec)
        return FAIL(ST_CORRUPT, "another record stands there");
    if (bytes_hash(str_n(record + RECORD_HEAD_BYTES, r->stored)) != out->hash)
        return FAIL(ST_CORRUPT, "its bytes have changed");
    return ST_OK;
}

static enum st read_record(struct read_job *j, struct segment *seg)
{
    const struct os_file *os = j->s->os;
    size_t n = RECORD_HEAD_BYTES + j->row->stored;
    bool raw = j->row->codec == CODEC_RAW;
    char *record = raw ? j->buf->head : mem_resize(NULL, n);
    struct record_head head;
    enum st st;

    st = (j->only_cached ? os->read_cached : os->read)(os, seg->fd, record, n, j->row->offset);
    if (st == ST_OK)
        st = check(j, seg, record, &head);
    if (st == ST_OK && !raw) {
        struct str stored = str_n(record + RECORD_HEAD_BYTES, j->row->stored);

        st = (j->buf->n == j->row->raw ? squeeze_undo : squeeze_undo_head)(&j->s->squeeze, stored, j->row->codec,
                                                                           head.dictionary, j->buf->bytes, j->buf->n);
    }
    if (!raw)
        mem_free(record);
    return st;
}

static void run_read(void *arg)
{
    struct read_job *j = arg;
    struct segment *seg;

    j->st = segs_pin(&j->s->segs, j->row->segment, &seg);
    if (j->st == ST_OK) {
        j->st = read_record(j, seg);
        segs_unpin(&j->s->segs, seg);
    }
    if (j->st != ST_OK)
        j->why = *err_get();
}

static enum st read_body(struct store *s, const struct blob_row *row, bool ahead, struct blob_buf *buf) SUSPENDS
{
    struct read_job j = {.s = s, .row = row, .buf = buf, .st = ST_TRYLATER};

    if (!ahead && MAX(row->stored, buf->n) <= ON_CORE_MAX && s->opt.disk && core_here()) {
        j.only_cached = true;
        run_read(&j);
        j.only_cached = false;
    }
    if (j.st == ST_TRYLATER)
        TRY(store_block(s, run_read, &j));
    if (j.st == ST_OK)
        return ST_OK;
    return FAIL(j.st, "blob %llu (segment %llu, offset %llu): %s", (unsigned long long)row->id,
                (unsigned long long)row->segment, (unsigned long long)row->offset, j.why.text);
}

static enum st find_row(struct store *s, uint64_t id, struct blob_row *out) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = store_get_row(s, &a, ROW_BLOB, id, &value);

    if (st == ST_OK)
        st = blob_row_of(value, id, out);
    else if (st == ST_NOTFOUND)
        st = FAIL(ST_NOTFOUND, "blob %llu is not there", (unsigned long long)id);
    if (st == ST_OK &&
        (out->raw > BLOB_MAX || out->stored > BLOB_MAX || (out->codec == CODEC_RAW && out->raw != out->stored)))
        st = FAIL(ST_CORRUPT, "blob %llu has a damaged row", (unsigned long long)id);
    arena_fini(&a);
    return st;
}

/* The first `most` bytes, or all: where that is hardly more work it is worth keeping. */
static enum st read_at(struct store *s, struct store_core *sc, const struct blob_row *row, uint64_t most, bool ahead,
                       struct blob_buf **out) SUSPENDS
{
    size_t n = row->codec == CODEC_RAW || most > row->raw / 4 * 3 ? row->raw : most;
    struct blob_buf *b = mem_resize(NULL, sizeof *b + n); /* its bytes are all read, or it is not used: no zeros */
    enum st st;

    b->id = row->id;
    b->n = n;
    b->refs = 0;
    b->core = sc;
    list_init(&b->cached);
    st = read_body(s, row, ahead, b);
    if (st != ST_OK)
        mem_free(b);
    else
        *out = b;
    return st;
}

/* Where compaction has moved it and removed the segment, its row says so by now. */
static enum st load(struct store *s, struct store_core *sc, uint64_t id, uint64_t most, bool ahead,
                    struct blob_buf **out) SUSPENDS
{
    struct blob_row row, was;
    struct blob_buf *b;
    enum st st;

    TRY(find_row(s, id, &row));
    while ((st = read_at(s, sc, &row, most, ahead, &b)) == ST_CORRUPT) {
        struct err why = *err_get();

        was = row;
        TRY(find_row(s, id, &row));
        if (row.segment == was.segment && row.offset == was.offset) {
            *err_get() = why;
            break;
        }
    }
    TRY(st);
    if (sc && b->n == row.raw)
        remember(sc, b);
    *out = b;
    return ST_OK;
}

/* --- reading ahead ----------------------------------------------------------------------------------- */

struct ahead {
    struct list link;
    struct store *s;
    struct store_core *sc;
    uint64_t id;
};

static bool is_on_its_way(const struct store_core *sc, uint64_t id)
{
    LIST_EACH(pos, &sc->ahead) {
        if (LIST_ITEM(pos, struct ahead, link)->id == id)
            return true;
    }
    return false;
}

/* A failure is told to the one who opens it, who tries by himself. */
static void read_ahead(void *arg)
{
    struct ahead *a = arg;
    struct blob_buf *b = NULL;

    IGNORE(load(a->s, a->sc, a->id, UINT64_MAX, true, &b));
    if (b && b->refs == 0)
        mem_free(b);
    list_del(&a->link);
    a->sc->n_ahead--;
    co_waitq_wake_all(&a->sc->ahead_over);
    mem_free(a);
}

bool blob_read_ahead(struct store *s, uint64_t id)
{
    struct store_core *sc = store_core_of(s, core_here());
    struct ahead *a;

    if (!s->opt.disk || find(sc, id) || is_on_its_way(sc, id))
        return true;
    if (sc->n_ahead == AHEAD_MOST)
        return false;
    a = MEM_NEW(struct ahead);
    *a = (struct ahead){.s = s, .sc = sc, .id = id};
    list_add_tail(&sc->ahead, &a->link);
    sc->n_ahead++;
    if (co_spawn(read_ahead, a, "read ahead") == ST_OK)
        return true;
    list_del(&a->link);
    sc->n_ahead--;
    mem_free(a);
    return false;
}

/* Where it takes too long we read it ourselves. */
static enum st wait_for_ahead(struct store_core *sc, uint64_t id) SUSPENDS
{
    mono_ms end = deadline_in(AHEAD_WAIT_MS);
    enum st st = ST_OK;

    while (st == ST_OK && sc && is_on_its_way(sc, id))
        st = co_waitq_wait(&sc->ahead_over, end);
    return st == ST_TIMEOUT ? ST_OK : st;
}

enum st blob_open_head(struct store *s, uint64_t id, uint64_t n, struct blob_view *out)
{
    struct core *core = core_here();
    struct store_core *sc = core ? store_core_of(s, core) : NULL;
    struct blob_buf *b;

    TRY(wait_for_ahead(sc, id));
    b = find(sc, id);
    if (!b)
        TRY(load(s, sc, id, n, false, &b));
    b->refs++;
    *out = (struct blob_view){str_n(b->bytes, MIN(b->n, n)), b};
    return ST_OK;
}

enum st blob_open(struct store *s, uint64_t id, struct blob_view *out)
{
    return blob_open_head(s, id, UINT64_MAX, out);
}

void blob_close(struct blob_view *v)
{
    struct blob_buf *b = TAKE(v->hold);

    v->bytes = STR_NONE;
    if (b)
        put(b);
}

enum st blob_size(struct store *s, uint64_t id, uint64_t *out_size)
{
    struct blob_row row;

    TRY(find_row(s, id, &row));
    *out_size = row.raw;
    return ST_OK;
}
