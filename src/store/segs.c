#include "store/segs.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/must.h"
#include "base/random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#define OPEN_MAX_FILES 256
#define FILES_MAX (1u << 20)
#define ZERO_CHUNK (1u << 20)
#define ZERO_PAUSE_MS 25 /* between chunks: 40 MiB/s at most, while no one waits for space */
#define RETRY_S 5        /* after a spare could not be made */
#define LOOK_S 30        /* whether those that are there are still wanted */

/* NUL-terminated, in the arena. */
static const char *path_of(struct segs *t, struct arena *a, uint64_t id, const char *suffix)
{
    return arena_printf(a, "%s/%08llu%s", t->dir, (unsigned long long)id, suffix).p;
}

enum st segs_open(struct segs *t, const struct os_file *os, const char *store_dir, uint64_t segment_bytes,
                  uint64_t reserve_bytes)
{
    struct arena a = ARENA_INIT;
    struct str dir = arena_printf(&a, "%s/seg", store_dir);
    enum st st;

    *t = (struct segs){.os = os, .segment_bytes = segment_bytes, .reserve_bytes = reserve_bytes, .next_id = 1};
    t->pace.most = segment_bytes;
    t->dir = mem_new(dir.n + 1);
    memcpy(t->dir, dir.p, dir.n);
    arena_fini(&a);
    list_init(&t->open);
    pthread_mutex_init(&t->mutex, NULL);
    pthread_mutex_init(&t->bulk_mutex, NULL);
    pthread_mutex_init(&t->sync_mutex, NULL);
    pthread_cond_init(&t->want_spares, NULL);
    st = os->mkdir(os, t->dir);
    return st == ST_OK ? os->sync_dir(os, store_dir) : st;
}

void segs_close(struct segs *t)
{
    size_t pos = 0;
    void *p;

    if (!t->dir)
        return;
    pthread_mutex_lock(&t->mutex);
    t->ending = true;
    pthread_cond_signal(&t->want_spares);
    pthread_mutex_unlock(&t->mutex);
    if (t->filler_runs)
        pthread_join(t->filler, NULL);
    while (map_next(&t->by_id, &pos, &p)) {
        struct segment *seg = p;

        if (seg->fd >= 0)
            t->os->close(t->os, seg->fd);
        mem_free(seg);
    }
    map_fini(&t->by_id);
    map_fini(&t->gone);
    pthread_cond_destroy(&t->want_spares);
    pthread_mutex_destroy(&t->bulk_mutex);
    pthread_mutex_destroy(&t->sync_mutex);
    pthread_mutex_destroy(&t->mutex);
    mem_free(TAKE(t->dir));
}

/* --- the table ----------------------------------------------------------------------------------- */

static struct segment *add(struct segs *t, const struct segment_row *row, int fd)
{
    struct segment *seg = MEM_NEW(struct segment);

    seg->row = *row;
    seg->alloc_at = row->used;
    seg->file_bytes = row->head.kind == SEGMENT_SPARE ? row->head.size : row->used;
    seg->fd = fd;
    seg->pins = fd >= 0;
    list_init(&seg->open);
    pthread_mutex_lock(&t->mutex);
    must(map_put(&t->by_id, row->head.id, seg) == NULL);
    t->next_id = MAX(t->next_id, row->head.id + 1);
    t->pace.bytes += row->head.size;
    pthread_mutex_unlock(&t->mutex);
    atomic_fetch_add(&t->count, 1);
    return seg;
}

/* Its file has been removed. */
static void subtract(struct segs *t, const struct segment *seg)
{
    pthread_mutex_lock(&t->mutex);
    t->pace.bytes -= MIN(t->pace.bytes, seg->row.head.size);
    pthread_mutex_unlock(&t->mutex);
    atomic_fetch_sub(&t->count, 1);
}

void segs_add_row(struct segs *t, const struct segment_row *row)
{
    if (row->is_gone) {
        map_put(&t->gone, row->head.id, t);
        t->next_id = MAX(t->next_id, row->head.id + 1);
    } else if (!segs_get(t, row->head.id)) {
        add(t, row, -1);
    }
}

struct segment *segs_get(struct segs *t, uint64_t id)
{
    struct segment *seg;

    pthread_mutex_lock(&t->mutex);
    seg = map_get(&t->by_id, id);
    pthread_mutex_unlock(&t->mutex);
    return seg;
}

/* With the mutex held; of one that nobody has pinned. */
static void close_file(struct segs *t, struct segment *seg)
{
    if (seg->fd < 0)
        return;
    list_del(&seg->open);
    t->os->close(t->os, seg->fd);
    seg->fd = -1;
    t->open_n--;
}

static void close_one(struct segs *t)
{
    close_file(t, LIST_ITEM(t->open.next, struct segment, open));
}

static enum st open_file(struct segs *t, struct segment *seg)
{
    struct arena a = ARENA_INIT;
    enum st st = t->os->open(t->os, path_of(t, &a, seg->row.head.id, ".seg"), O_RDWR, &seg->fd);

    arena_fini(&a);
    if (st == ST_NOTFOUND)
        return FAIL(ST_CORRUPT, "segment %llu is missing", (unsigned long long)seg->row.head.id);
    return st;
}

enum st segs_pin(struct segs *t, uint64_t id, struct segment **out)
{
    struct segment *seg;
    enum st st = ST_OK;

    pthread_mutex_lock(&t->mutex);
    seg = map_get(&t->by_id, id);
    if (!seg || seg->is_removed) {
        st = FAIL(ST_CORRUPT, "segment %llu is missing", (unsigned long long)id);
    } else if (seg->fd < 0) {
        st = open_file(t, seg);
    } else if (!seg->pins) {
        list_del(&seg->open);
        t->open_n--;
    }
    if (st == ST_OK) {
        seg->pins++;
        *out = seg;
    }
    pthread_mutex_unlock(&t->mutex);
    return st;
}

void segs_unpin(struct segs *t, struct segment *seg)
{
    pthread_mutex_lock(&t->mutex);
    must(seg->pins > 0);
    if (--seg->pins == 0) {
        list_add_tail(&t->open, &seg->open);
        if (++t->open_n > OPEN_MAX_FILES)
            close_one(t);
        if (seg->is_removed)
            close_file(t, seg);
    }
    pthread_mutex_unlock(&t->mutex);
}

/* --- what the folder holds ------------------------------------------------------------------------ */

enum st segs_read_head(const struct os_file *os, const char *path, struct segment_head *out)
{
    unsigned char page[SEGMENT_HEAD_USED];
    enum st st;
    int fd;

    TRY(os->open(os, path, O_RDONLY, &fd));
    st = os->read(os, fd, page, sizeof page, 0);
    os->close(os, fd);
    TRY(st);
    return segment_head_decode(page, out);
}

static enum st remove_file(struct segs *t, struct segment *seg)
{
    struct arena a = ARENA_INIT;
    enum st st = t->os->unlink(t->os, path_of(t, &a, seg->row.head.id, ".seg"));

    subtract(t, seg);
    arena_fini(&a);
    return st;
}

/* One more than there are places for (two threads make them) goes away again. */
static enum st keep_spare(struct segs *t, struct segment *seg)
{
    bool keep;

    pthread_mutex_lock(&t->mutex);
    keep = t->spares_n < PACE_SPARES && seg->row.head.size <= t->segment_bytes;
    if (keep)
        t->spares[t->spares_n++] = seg;
    seg->is_removed = !keep;
    if (!keep)
        close_file(t, seg);
    pthread_mutex_unlock(&t->mutex);
    return keep ? ST_OK : remove_file(t, seg);
}

static enum st scan_file(struct segs *t, struct arena *a, struct str name)
{
    struct segment_row row = {.used = SEGMENT_HEAD_BYTES};
    struct segment *seg;
    uint64_t id;
    enum st st;

    if (str_ends(name, STR(".tmp"))) /* the filler was stopped in it */
        return t->os->unlink(t->os, arena_printf(a, "%s/%.*s", t->dir, STR_ARGS(name)).p);
    if (!str_ends(name, STR(".seg")) || str_u64(str_n(name.p, name.n - 4), UINT64_MAX - 1, &id) != ST_OK)
        return ST_OK;          /* not ours: leave it alone */
    if (map_get(&t->gone, id)) /* the process ended before it was removed */
        return t->os->unlink(t->os, path_of(t, a, id, ".seg"));
    if (segs_get(t, id))
        return ST_OK;
    st = segs_read_head(t->os, path_of(t, a, id, ".seg"), &row.head);
    if (st == ST_OK && row.head.id != id)
        st = FAIL(ST_CORRUPT, "the head of segment %llu names another", (unsigned long long)id);
    if (st == ST_CORRUPT) {
        LOG(STORE_SEGMENT_SKIPPED, lf_u64("segment", id), lf_err());
        t->next_id = MAX(t->next_id, id + 1);
        return ST_OK;
    }
    TRY(st);
    seg = add(t, &row, -1);
    return row.head.kind == SEGMENT_SPARE ? keep_spare(t, seg) : ST_OK;
}

/* The bulk segment with the most room goes on being filled. */
static void choose_bulk(struct segs *t)
{
    uint64_t most = 0;
    size_t pos = 0;
    void *p;

    while (map_next(&t->by_id, &pos, &p)) {
        struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_BULK && !seg->is_removed && seg->row.head.size <= t->segment_bytes &&
            seg->row.head.size - seg->alloc_at > most) {
            most = seg->row.head.size - seg->alloc_at;
            t->bulk = seg;
        }
    }
    if (t->bulk && segs_pin(t, t->bulk->row.head.id, &t->bulk) == ST_OK) {
        IGNORE(segs_measure(t, t->bulk)); /* a process that was killed has left what it had allocated ahead */
        segs_unpin(t, t->bulk);
    }
}

enum st segs_scan(struct segs *t)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    enum st st;
    size_t n;

    st = t->os->list(t->os, &a, t->dir, FILES_MAX, &names, &n);
    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = scan_file(t, &a, names[i]);
    arena_fini(&a);
    map_fini(&t->gone);
    t->gone = MAP_INIT;
    return st;
}

static enum st look_at_file(struct segs *t, struct arena *a, struct segment *seg)
{
    enum st st;
    int fd;

    st = t->os->open(t->os, path_of(t, a, seg->row.head.id, ".seg"), O_RDONLY, &fd);
    seg->is_removed = st == ST_NOTFOUND;
    if (st == ST_OK)
        t->os->close(t->os, fd);
    return st == ST_NOTFOUND ? ST_OK : st;
}

enum st segs_take_copies(struct segs *t)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;
    size_t pos = 0;
    void *p;

    while (st == ST_OK && map_next(&t->by_id, &pos, &p)) {
        arena_reset(&a);
        st = look_at_file(t, &a, p);
    }
    arena_fini(&a);
    return st;
}

bool segs_has_file(struct segs *t, uint64_t id)
{
    const struct segment *seg = segs_get(t, id);

    return seg && !seg->is_removed;
}

void segs_recovered(struct segs *t)
{
    size_t pos = 0;
    void *p;

    while (map_next(&t->by_id, &pos, &p)) {
        struct segment *seg = p;

        seg->alloc_at = MAX(seg->alloc_at, seg->row.used);
        seg->file_bytes = MAX(seg->file_bytes, seg->row.used);
        if (seg->row.is_gone && !seg->is_removed) { /* as the journal has said; its file may be there still */
            seg->is_removed = true;
            IGNORE(remove_file(t, seg));
        }
    }
    choose_bulk(t);
}

/* --- making new ones ------------------------------------------------------------------------------- */

static bool is_ending(struct segs *t)
{
    bool ending;

    pthread_mutex_lock(&t->mutex);
    ending = t->ending;
    pthread_mutex_unlock(&t->mutex);
    return ending;
}

/* True when the store is being closed. Being wanted cuts the pause short. */
static bool pause_filling(struct segs *t)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ZERO_PAUSE_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&t->mutex);
    if (!t->ending)
        pthread_cond_timedwait(&t->want_spares, &t->mutex, &until);
    pthread_mutex_unlock(&t->mutex);
    return is_ending(t);
}

/* Little by little, so that no sync of a commit waits behind all of it. */
static enum st fill_zeros(struct segs *t, int fd, uint64_t size)
{
    unsigned char *zeros = mem_new(ZERO_CHUNK);
    enum st st = ST_OK;

    for (uint64_t at = 0; st == ST_OK && at < size; at += ZERO_CHUNK) {
        st = t->os->write(t->os, fd, zeros, MIN(ZERO_CHUNK, size - at), at);
        if (st == ST_OK)
            st = t->os->sync(t->os, fd);
        if (st == ST_OK && pause_filling(t))
            st = ST_CANCELED;
    }
    mem_free(zeros);
    return st;
}

static enum st write_head(struct segs *t, int fd, const struct segment_head *h)
{
    unsigned char page[SEGMENT_HEAD_USED];

    segment_head_encode(h, page);
    return t->os->write(t->os, fd, page, sizeof page, 0);
}

enum filling { FILL_NOT, FILL_SLOWLY };

static enum st make_file(struct segs *t, const struct segment_head *h, enum filling filling, int fd, const char *tmp,
                         const char *path)
{
    TRY(t->os->allocate(t->os, fd, filling == FILL_NOT ? SEGMENT_HEAD_BYTES : h->size));
    if (filling == FILL_SLOWLY)
        TRY(fill_zeros(t, fd, h->size));
    TRY(write_head(t, fd, h));
    TRY(t->os->sync(t->os, fd));
    TRY(t->os->rename(t->os, tmp, path));
    return t->os->sync_dir(t->os, t->dir);
}

/* Durable with its name when it returns; pinned. */
static enum st make(struct segs *t, enum segment_kind kind, uint64_t size, uint64_t first_seq, enum filling filling,
                    struct segment **out)
{
    struct segment_row row = {.used = SEGMENT_HEAD_BYTES};
    struct arena a = ARENA_INIT;
    const char *tmp, *path;
    enum st st;
    int fd;

    pthread_mutex_lock(&t->mutex);
    row.head = (struct segment_head){kind, t->next_id++, random_u64(), size, first_seq};
    pthread_mutex_unlock(&t->mutex);
    tmp = path_of(t, &a, row.head.id, ".tmp");
    path = path_of(t, &a, row.head.id, ".seg");
    st = t->os->open(t->os, tmp, O_RDWR | O_CREAT | O_EXCL, &fd);
    if (st == ST_OK) {
        st = make_file(t, &row.head, filling, fd, tmp, path);
        if (st != ST_OK) {
            struct err why = *err_get();

            t->os->close(t->os, fd);
            (void)!t->os->unlink(t->os, tmp);
            *err_get() = why;
        }
    }
    arena_fini(&a);
    if (st == ST_OK)
        *out = add(t, &row, fd);
    return st;
}

/* Removed from the spares: the last one with so many bytes at least. NULL: there is none. With the mutex held. */
static struct segment *pull_spare(struct segs *t, uint64_t size)
{
    for (unsigned i = t->spares_n; i-- > 0;) {
        struct segment *seg = t->spares[i];

        if (seg->row.head.size < size)
            continue;
        t->spares[i] = t->spares[--t->spares_n];
        return seg;
    }
    return NULL;
}

static enum st use_spare(struct segs *t, struct segment *seg, uint64_t first_seq, struct segment **out)
{
    struct segment_head head = seg->row.head;
    enum st st;

    head.kind = SEGMENT_JOURNAL;
    head.first_seq = first_seq;
    TRY(segs_pin(t, head.id, &seg));
    st = write_head(t, seg->fd, &head);
    if (st == ST_OK)
        st = segs_measure(t, seg);
    if (st != ST_OK) {
        segs_unpin(t, seg);
        return st;
    }
    pthread_mutex_lock(&t->mutex);
    seg->row.head.kind = head.kind; /* id and generation, which readers look at, stay */
    seg->row.head.first_seq = first_seq;
    pthread_mutex_unlock(&t->mutex);
    *out = seg;
    return ST_OK;
}

static enum st take_journal(struct segs *t, uint64_t least, uint64_t first_seq, struct segment **out)
{
    uint64_t now = clock_mono_us(), size;
    struct segment *spare;

    pthread_mutex_lock(&t->mutex);
    spare = pull_spare(t, least);
    size = spare ? spare->row.head.size : MAX(pace_size(&t->pace, now), least);
    pace_took(&t->pace, size, now);
    pthread_cond_signal(&t->want_spares);
    pthread_mutex_unlock(&t->mutex);
    if (spare)
        return use_spare(t, spare, first_seq, out);
    return make(t, SEGMENT_JOURNAL, size, first_seq, FILL_NOT, out);
}

enum st segs_take(struct segs *t, enum segment_kind kind, uint64_t need, uint64_t first_seq, struct segment **out)
{
    uint64_t least = (need + SEGMENT_HEAD_BYTES + 4095) & ~(uint64_t)4095, size;

    if (kind == SEGMENT_JOURNAL)
        return take_journal(t, least, first_seq, out);
    pthread_mutex_lock(&t->mutex);
    size = pace_calm_size(&t->pace);
    pthread_mutex_unlock(&t->mutex);
    return make(t, kind, MAX(size, least), first_seq, FILL_NOT, out);
}

/* A spare is written as a whole: where writing is calm every now and then it would cost more than it wins. */
void segs_journal_used(struct segs *t, const struct segment *journal, uint64_t bytes, uint64_t end)
{
    uint64_t half = journal->row.head.size / 2;

    t->streak += bytes;
    if (end < half || t->streak < half || atomic_load(&t->half_told) == journal->row.head.id)
        return;
    atomic_store(&t->half_told, journal->row.head.id);
    pthread_mutex_lock(&t->mutex);
    t->pace.is_half = true;
    pthread_cond_signal(&t->want_spares);
    pthread_mutex_unlock(&t->mutex);
}

/* --- spares ----------------------------------------------------------------------------------------- */

static bool has_room(struct segs *t, uint64_t size)
{
    uint64_t room;

    return t->os->free_space(t->os, t->dir, &room) == ST_OK && room / 2 >= size && room - 2 * size >= t->reserve_bytes;
}

/* One that is not to be kept, out of the spares. With the mutex held. */
static struct segment *pull_surplus(struct segs *t, uint64_t now_us)
{
    struct segment *seg = pull_spare(t, pace_size(&t->pace, now_us) + 1);

    return seg || t->spares_n <= pace_spares(&t->pace, now_us) ? seg : pull_spare(t, 0);
}

/* What there is to do: the size of a spare to be made, or one to be given up. False: the store is being closed. */
static bool wait_for_need(struct segs *t, bool failed, uint64_t *out_size, struct segment **out_surplus)
{
    struct timespec until;
    bool goes_on;

    pthread_mutex_lock(&t->mutex);
    for (;;) {
        uint64_t now = clock_mono_us();

        *out_surplus = pull_surplus(t, now);
        *out_size = pace_size(&t->pace, now);
        if (t->ending || *out_surplus || (!failed && t->spares_n < pace_spares(&t->pace, now)))
            break;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += failed ? RETRY_S : LOOK_S;
        if (!failed && !t->spares_n)
            pthread_cond_wait(&t->want_spares, &t->mutex);
        else if (pthread_cond_timedwait(&t->want_spares, &t->mutex, &until) != 0)
            failed = false;
    }
    goes_on = !t->ending;
    if (*out_surplus)
        (*out_surplus)->is_removed = true;
    if (*out_surplus)
        close_file(t, *out_surplus);
    pthread_mutex_unlock(&t->mutex);
    return goes_on || *out_surplus;
}

static enum st make_spare(struct segs *t, uint64_t size)
{
    struct segment *seg;

    if (!has_room(t, size))
        return ST_NOSPACE;
    TRY(make(t, SEGMENT_SPARE, size, 0, FILL_SLOWLY, &seg));
    segs_unpin(t, seg);
    return keep_spare(t, seg);
}

static void *fill(void *arg)
{
    struct segs *t = arg;
    struct segment *surplus;
    bool failed = false;
    uint64_t size;

    pthread_setname_np(pthread_self(), "store-fill");
    while (wait_for_need(t, failed, &size, &surplus))
        failed = (surplus ? remove_file(t, surplus) : make_spare(t, size)) != ST_OK;
    return NULL;
}

void segs_fill_spares(struct segs *t)
{
    t->filler_runs = pthread_create(&t->filler, NULL, fill, t) == 0;
}

/* --- removing ----------------------------------------------------------------------------------------- */

/* True when nobody reads it just now: then its space may be written over. */
static bool take_out(struct segs *t, struct segment *seg, bool *out_spare, bool *out_was)
{
    uint64_t now = clock_mono_us();
    bool quiet;

    pthread_mutex_lock(&t->mutex);
    *out_was = seg->is_removed;
    seg->is_removed = true;
    quiet = seg->pins == 0;
    if (quiet && !*out_was)
        close_file(t, seg);
    *out_spare = quiet && seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.size <= pace_size(&t->pace, now) &&
                 t->spares_n < pace_spares(&t->pace, now);
    pthread_mutex_unlock(&t->mutex);
    return quiet;
}

/* From .tmp to a spare: with a new number and generation no record in it is good any more. */
static enum st finish_spare(struct segs *t, const struct segment_head *h, const char *tmp, const char *path)
{
    enum st st;
    int fd;

    TRY(t->os->open(t->os, tmp, O_RDWR, &fd));
    st = write_head(t, fd, h);
    if (st == ST_OK)
        st = t->os->sync(t->os, fd);
    t->os->close(t->os, fd);
    TRY(st);
    TRY(t->os->rename(t->os, tmp, path));
    return t->os->sync_dir(t->os, t->dir);
}

static enum st make_spare_of(struct segs *t, struct arena *a, const char *old, uint64_t size)
{
    struct segment_row row = {.used = SEGMENT_HEAD_BYTES};
    const char *tmp;

    pthread_mutex_lock(&t->mutex);
    row.head = (struct segment_head){SEGMENT_SPARE, t->next_id++, random_u64(), size, 0};
    pthread_mutex_unlock(&t->mutex);
    tmp = path_of(t, a, row.head.id, ".tmp");
    TRY(t->os->rename(t->os, old, tmp));
    TRY(finish_spare(t, &row.head, tmp, path_of(t, a, row.head.id, ".seg")));
    return keep_spare(t, add(t, &row, -1));
}

enum st segs_remove(struct segs *t, uint64_t id)
{
    struct segment *seg = segs_get(t, id);
    struct arena a = ARENA_INIT;
    const char *path = path_of(t, &a, id, ".seg");
    bool spare, was, quiet;
    enum st st = ST_OK;

    must(seg);
    quiet = take_out(t, seg, &spare, &was);
    if (quiet && spare && !was)
        st = make_spare_of(t, &a, path, seg->row.head.size);
    else if (!was)
        st = t->os->unlink(t->os, path);
    if (!was)
        subtract(t, seg);
    arena_fini(&a);
    return st == ST_NOTFOUND ? ST_OK : st; /* lost, and with nothing in it not missed */
}

_Static_assert(STORE_SPARE == (int)SEGMENT_SPARE && STORE_JOURNAL == (int)SEGMENT_JOURNAL &&
                   STORE_BULK == (int)SEGMENT_BULK,
               "the same order");

void segs_count(struct segs *t, struct store_status_kind kinds[STORE_KINDS])
{
    size_t pos = 0;
    void *p;

    pthread_mutex_lock(&t->bulk_mutex);
    pthread_mutex_lock(&t->mutex);
    while (map_next(&t->by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->is_removed)
            continue;
        kinds[seg->row.head.kind].files++;
        kinds[seg->row.head.kind].file_bytes += atomic_load(&seg->file_bytes);
    }
    pthread_mutex_unlock(&t->mutex);
    pthread_mutex_unlock(&t->bulk_mutex);
}
