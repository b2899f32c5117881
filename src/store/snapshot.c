/* A snapshot holds the whole index as it was after one batch, so that the journal up to there is not needed to make the index
 * again. It is written as a .tmp from a view of RocksDB, which is always the state after some batch, synced, renamed,
 * and only then is the older one removed. */
#include "store/snapshot.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "store/inside.h"
#include "store/rebuild.h"

#include <fcntl.h>
#include <time.h>

#define LOOK_S 5              /* how often the thread asks whether one is due */
#define RETRY_S 60            /* after one could not be written */
#define PAUSE_MS 50           /* after each chunk: 20 MiB of rows a second */
#define SYNC_BYTES (4u << 20) /* little by little, so that no commit's sync waits behind all of it */
#define LOAD_BYTES (1u << 20) /* of rows in one write to the index */
#define SNAPS_MAX 64          /* files in the folder */

const char *snaps_path(const struct store *s, struct arena *a, uint64_t seq)
{
    return arena_printf(a, "%s/%08llu.snap", s->snaps.dir, (unsigned long long)seq).p;
}

uint64_t store_snapshot_seq(const struct store *s)
{
    return atomic_load(&s->snaps.seq);
}

void snaps_describe(struct store *s, uint64_t *out_made_us, uint64_t *out_bytes)
{
    *out_made_us = atomic_load(&s->snaps.made_us);
    pthread_mutex_lock(&s->snaps.mutex);
    *out_bytes = s->snaps.bytes;
    pthread_mutex_unlock(&s->snaps.mutex);
}

void snaps_init(struct store *s)
{
    pthread_mutex_init(&s->snaps.mutex, NULL);
    pthread_cond_init(&s->snaps.wake, NULL);
    pthread_cond_init(&s->snaps.made, NULL);
}

void snaps_fini(struct store *s)
{
    pthread_cond_destroy(&s->snaps.wake);
    pthread_cond_destroy(&s->snaps.made);
    pthread_mutex_destroy(&s->snaps.mutex);
    mem_free(TAKE(s->snaps.dir));
}

/* --- what there is ----------------------------------------------------------------------------------- */

static enum st look_at(struct store *s, struct arena *a, uint64_t seq)
{
    struct snap_reader r;
    enum st st = snap_reader_open(&r, s->os, snaps_path(s, a, seq));

    if (st == ST_CORRUPT) {
        LOG(STORE_SNAPSHOT_SKIPPED, lf_u64("file", seq), lf_err());
        atomic_store(&s->snaps.skipped, MAX(seq, atomic_load(&s->snaps.skipped)));
        return ST_OK;
    }
    TRY(st);
    if (r.head.seq == seq && seq > atomic_load(&s->snaps.seq)) {
        atomic_store(&s->snaps.seq, seq);
        s->snaps.bytes = r.size;
        atomic_store(&s->snaps.made_us, r.head.wall_us);
    }
    snap_reader_close(&r);
    return ST_OK;
}

static bool number_of(struct str name, uint64_t *out_seq)
{
    return str_ends(name, STR(".snap")) && str_u64(str_n(name.p, name.n - 5), UINT64_MAX - 1, out_seq) == ST_OK;
}

/* Those that a newer one has replaced. */
static enum st remove_older(struct store *s, struct arena *a, const struct str *names, size_t n)
{
    uint64_t seq, newest = atomic_load(&s->snaps.seq);

    for (size_t i = 0; i < n; i++)
        if (number_of(names[i], &seq) && seq < newest)
            TRY(s->os->unlink(s->os, snaps_path(s, a, seq)));
    return ST_OK;
}

static enum st look(struct store *s, struct arena *a)
{
    struct str *names;
    uint64_t seq;
    size_t n;

    TRY(s->os->list(s->os, a, s->snaps.dir, SNAPS_MAX, &names, &n));
    for (size_t i = 0; i < n; i++) {
        if (str_ends(names[i], STR(".tmp")))
            TRY(s->os->unlink(s->os, arena_printf(a, "%s/%.*s", s->snaps.dir, STR_ARGS(names[i])).p));
        else if (number_of(names[i], &seq))
            TRY(look_at(s, a, seq));
    }
    return remove_older(s, a, names, n);
}

enum st snaps_open(struct store *s)
{
    struct arena a = ARENA_INIT;
    struct str dir = arena_printf(&a, "%s/snap", s->dir);
    enum st st;

    s->snaps.dir = mem_new(dir.n + 1);
    memcpy(s->snaps.dir, dir.p, dir.n);
    st = s->os->mkdir(s->os, s->snaps.dir);
    if (st == ST_OK)
        st = s->os->sync_dir(s->os, s->dir);
    if (st == ST_OK)
        st = look(s, &a);
    arena_fini(&a);
    return st;
}

/* --- into an index that holds nothing ------------------------------------------------------------------ */

static bool is_position(struct str key)
{
    struct row_key position = row_key(ROW_POSITION, 0);

    return str_eq(key, str_n(position.p, sizeof position.p));
}

/* A rebuilding that can't do without takes what is good of it. */
static enum st next_row(struct store *s, struct snap_reader *r, struct str *key, struct str *value)
{
    enum st st = snap_reader_next(r, key, value);

    while (st == ST_CORRUPT && s->rebuilding && s->rebuilding->snapshot == SNAPSHOT_GAPS && snap_reader_skip(r)) {
        s->rebuilding->out->snapshot_gaps++;
        s->rebuilding->is_any = true;
        st = snap_reader_next(r, key, value);
    }
    return st;
}

/* The position goes last: as long as it is missing, so is the index, and all begins anew. */
static enum st load_rows(struct store *s, struct snap_reader *r, uint64_t *rows)
{
    struct str key, value;
    struct arena a = ARENA_INIT;
    struct str position = STR_NONE;
    size_t bytes = 0;
    enum st st;

    rocksdb_writebatch_clear(s->changes);
    while ((st = next_row(s, r, &key, &value)) == ST_OK) {
        ++*rows;
        if (is_position(key)) {
            position = arena_str(&a, value);
            continue;
        }
        rocksdb_writebatch_put(s->changes, key.p, key.n, value.p, value.n);
        bytes += key.n + value.n;
        if (bytes >= LOAD_BYTES) {
            st = index_write(&s->index, s->changes);
            rocksdb_writebatch_clear(s->changes);
            bytes = 0;
            if (st != ST_OK)
                break;
        }
    }
    if (st == ST_EOF && !position.p && s->rebuilding) { /* lost with its chunk; the head knows what matters */
        struct position_row pos = {.seq = r->head.seq, .blob_ceiling = r->head.blob_ceiling};
        struct buf b;

        buf_init(&b, 64);
        position_row_value(&b, &pos);
        position = arena_str(&a, buf_str(&b));
        buf_fini(&b);
    }
    if (st == ST_EOF && position.p) {
        struct row_key k = row_key(ROW_POSITION, 0);

        rocksdb_writebatch_put(s->changes, k.p, sizeof k.p, position.p, position.n);
        st = index_write(&s->index, s->changes);
    } else if (st == ST_EOF) {
        st = FAIL(ST_CORRUPT, "the snapshot does not say where the journal goes on");
    }
    arena_fini(&a);
    return st;
}

static enum st index_is_empty(struct store *s, bool *out)
{
    struct row_key key = row_key(ROW_POSITION, 0);
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    arena_fini(&a);
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    *out = st == ST_NOTFOUND;
    return ST_OK;
}

enum st snaps_load(struct store *s)
{
    struct arena a = ARENA_INIT;
    struct snap_reader r;
    uint64_t rows = 0, seq = store_snapshot_seq(s);
    bool empty;
    enum st st;

    TRY(index_is_empty(s, &empty));
    if (!empty || !seq || (s->rebuilding && s->rebuilding->snapshot == SNAPSHOT_NOT))
        return ST_OK;
    st = snap_reader_open(&r, s->os, snaps_path(s, &a, seq));
    arena_fini(&a);
    TRY(st);
    st = load_rows(s, &r, &rows);
    snap_reader_close(&r);
    if (st == ST_OK && s->rebuilding)
        s->rebuilding->out->snapshot = seq;
    if (st == ST_OK)
        LOG(STORE_SNAPSHOT_LOADED, lf_u64("sequence", seq), lf_u64("rows", rows));
    return st;
}

/* --- making one ---------------------------------------------------------------------------------------- */

struct making {
    struct store *s;
    struct index_view view;
    struct position_row pos;
    struct arena arena;
    uint64_t synced;
};

static bool is_ending(struct store *s)
{
    bool ending;

    pthread_mutex_lock(&s->snaps.mutex);
    ending = s->snaps.ending;
    pthread_mutex_unlock(&s->snaps.mutex);
    return ending;
}

static void wait_ms(struct store *s, uint64_t ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&s->snaps.mutex);
    if (!s->snaps.ending)
        pthread_cond_timedwait(&s->snaps.wake, &s->snaps.mutex, &until);
    pthread_mutex_unlock(&s->snaps.mutex);
}

bool snaps_wait(struct store *s, uint64_t ms)
{
    wait_ms(s, ms);
    return !is_ending(s);
}

static enum st between_chunks(struct making *m, struct snap_writer *w)
{
    if (w->at - m->synced >= SYNC_BYTES) {
        TRY(m->s->os->sync(m->s->os, w->fd));
        m->synced = w->at;
    }
    if (!atomic_load(&m->s->snaps.hurry))
        wait_ms(m->s, PAUSE_MS);
    return is_ending(m->s) ? FAIL(ST_CANCELED, "the store is being closed") : ST_OK;
}

static enum st write_rows(struct making *m, struct snap_writer *w)
{
    struct index_scan scan;
    struct str key, value;
    uint64_t chunks = 0;
    enum st st = ST_OK, end;

    index_scan_open(&m->view, STR_NONE, STR_NONE, &scan);
    while (st == ST_OK && index_scan_next(&scan, &key, &value)) {
        st = snap_writer_add(w, key, value);
        if (st == ST_OK && w->chunks > chunks) {
            chunks = w->chunks;
            st = between_chunks(m, w);
        }
    }
    end = index_scan_close(&scan);
    TRY(st);
    TRY(end);
    return snap_writer_end(w);
}

static enum st write_file(struct making *m, const char *path, uint64_t *out_rows, uint64_t *out_bytes)
{
    const struct os_file *os = m->s->os;
    struct snap_head head = {m->pos.seq, m->pos.blob_ceiling, clock_wall_us()};
    struct snap_writer w;
    enum st st;
    int fd;

    TRY(os->open(os, path, O_RDWR | O_CREAT | O_TRUNC, &fd));
    st = snap_writer_begin(&w, os, fd, &head);
    if (st == ST_OK)
        st = write_rows(m, &w);
    if (st == ST_OK)
        st = os->sync(os, fd);
    *out_rows = w.pairs;
    *out_bytes = w.at;
    snap_writer_fini(&w);
    os->close(os, fd);
    return st;
}

static enum st find_position(struct making *m)
{
    struct row_key key = row_key(ROW_POSITION, 0);
    struct str value;

    TRY(index_view_get(&m->view, &m->arena, str_n(key.p, sizeof key.p), &value));
    return position_row_of(value, &m->pos);
}

/* From here on the new one counts; the older is not needed. */
static enum st replace(struct making *m, const char *tmp)
{
    struct store *s = m->s;
    struct str *names;
    size_t n;

    TRY(s->os->rename(s->os, tmp, snaps_path(s, &m->arena, m->pos.seq)));
    TRY(s->os->sync_dir(s->os, s->snaps.dir));
    atomic_store(&s->snaps.seq, m->pos.seq);
    atomic_store(&s->snaps.skipped, 0);
    atomic_store(&s->snaps.made_us, clock_wall_us());
    if (hold_is_held(s)) /* by somebody who reads one of them: they go with the next */
        return ST_OK;
    TRY(s->os->list(s->os, &m->arena, s->snaps.dir, SNAPS_MAX, &names, &n));
    return remove_older(s, &m->arena, names, n);
}

/* Letters are worth more than a snapshot: it stays out of the reserve. */
static enum st check_room(struct store *s)
{
    uint64_t room;

    TRY(s->os->free_space(s->os, s->dir, &room));
    if (room < s->opt.reserve_bytes || room - s->opt.reserve_bytes < s->snaps.bytes)
        return FAIL(ST_NOSPACE, "no space for a snapshot: %llu bytes are free", (unsigned long long)room);
    return ST_OK;
}

static enum st make_from(struct making *m)
{
    struct store *s = m->s;
    uint64_t rows = 0, bytes = 0, journal = atomic_load(&s->figures.journal_bytes), began = clock_mono_us();
    const char *tmp;
    enum st st;

    TRY(find_position(m));
    if (m->pos.seq == store_snapshot_seq(s))
        return ST_OK;
    TRY(check_room(s));
    tmp = arena_printf(&m->arena, "%s/%08llu.tmp", s->snaps.dir, (unsigned long long)m->pos.seq).p;
    st = write_file(m, tmp, &rows, &bytes);
    if (st == ST_OK)
        st = replace(m, tmp);
    if (st != ST_OK) {
        struct err why = *err_get();

        IGNORE(s->os->unlink(s->os, tmp));
        *err_get() = why;
        return st;
    }
    pthread_mutex_lock(&s->snaps.mutex);
    s->snaps.bytes = bytes; /* nobody else is making one */
    pthread_mutex_unlock(&s->snaps.mutex);
    atomic_store(&s->snaps.since, journal);
    atomic_store(&s->snaps.carried, 0);
    atomic_store(&s->snaps.is_needed, false);
    LOG(STORE_SNAPSHOT_MADE, lf_u64("sequence", m->pos.seq), lf_u64("rows", rows), lf_u64("bytes", bytes),
        lf_u64("ms", (clock_mono_us() - began) / 1000));
    return ST_OK;
}

static enum st make(struct store *s)
{
    struct making m = {.s = s};
    enum st st;

    index_view_open(&s->index, &m.view);
    st = make_from(&m);
    index_view_close(&m.view);
    arena_fini(&m.arena);
    return st;
}

/* One at a time; who waits for it makes the one that is being made hurry. */
static enum st make_alone(struct store *s, bool hurry)
{
    enum st st;

    pthread_mutex_lock(&s->snaps.mutex);
    while (s->snaps.making) {
        atomic_store(&s->snaps.hurry, true);
        pthread_cond_wait(&s->snaps.made, &s->snaps.mutex);
    }
    s->snaps.making = true;
    atomic_store(&s->snaps.hurry, hurry);
    pthread_mutex_unlock(&s->snaps.mutex);
    st = make(s);
    pthread_mutex_lock(&s->snaps.mutex);
    s->snaps.making = false;
    pthread_cond_broadcast(&s->snaps.made);
    pthread_mutex_unlock(&s->snaps.mutex);
    return st;
}

enum st store_snapshot(struct store *s)
{
    return make_alone(s, true);
}

/* --- the thread ---------------------------------------------------------------------------------------- */

static bool is_due(struct store *s)
{
    uint64_t grown =
        atomic_load(&s->snaps.carried) + atomic_load(&s->figures.journal_bytes) - atomic_load(&s->snaps.since);

    return atomic_load(&s->snaps.is_needed) ||
           (!hold_is_held(s) && grown > MAX(s->opt.snapshot_bytes, 2 * s->snaps.bytes));
}

static void *run(void *arg)
{
    struct store *s = arg;

    pthread_setname_np(pthread_self(), "store-snap");
    while (!is_ending(s)) {
        uint64_t pause = LOOK_S;

        if (is_due(s)) {
            enum st st = make_alone(s, false);

            if (st != ST_OK && st != ST_CANCELED) {
                LOG(STORE_SNAPSHOT_FAILED, lf_err());
                pause = RETRY_S;
            }
        }
        wait_ms(s, pause * 1000);
    }
    return NULL;
}

/* Of segments that are only partly behind the snapshot all counts: it makes the next one due a little early. */
static void count_journal(struct store *s)
{
    uint64_t seq = store_snapshot_seq(s), first = UINT64_MAX, bytes = 0;
    size_t pos = 0;
    void *p;

    pthread_mutex_lock(&s->segs.mutex); /* spares are made already */
    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment_row *row = &((const struct segment *)p)->row;

        if (row->head.kind != SEGMENT_JOURNAL)
            continue;
        first = MIN(first, row->head.first_seq);
        if (row->last_seq > seq)
            bytes += row->journal_bytes;
    }
    pthread_mutex_unlock(&s->segs.mutex);
    atomic_store(&s->snaps.carried, bytes);
    atomic_store(&s->snaps.since, atomic_load(&s->figures.journal_bytes));
    atomic_store(&s->snaps.is_needed, !seq && first > 1);
}

enum st snaps_start(struct store *s)
{
    count_journal(s);
    if (!s->opt.upkeep)
        return ST_OK;
    s->snaps.runs = pthread_create(&s->snaps.thread, NULL, run, s) == 0;
    return s->snaps.runs ? ST_OK : FAIL(ST_TRYLATER, "no thread for snapshots");
}

void snaps_stop(struct store *s)
{
    pthread_mutex_lock(&s->snaps.mutex);
    s->snaps.ending = true;
    pthread_cond_broadcast(&s->snaps.wake);
    pthread_mutex_unlock(&s->snaps.mutex);
    if (s->snaps.runs)
        pthread_join(s->snaps.thread, NULL);
    s->snaps.runs = false;
}
