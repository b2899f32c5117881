#include "store/store.h"
#include "base/log.h"
#include "base/must.h"
#include "config/settings.h"
#include "store/dictionary.h"
#include "store/inside.h"
#include "store/rebuild.h"
#include "store/restore.h"
#include "store/tools.h"

#include <fcntl.h>
#include <stdio.h>

#define SEGMENT_BYTES_DEFAULT (64u << 20)
#define SEGMENT_BYTES_LEAST (256u << 10)
#define CACHE_BYTES_DEFAULT (32u << 20)
#define WRITE_BUFFER_DEFAULT (16u << 20)
#define OPEN_FILES_DEFAULT 256
#define LEVEL_DEFAULT 3
#define RESERVE_BYTES_DEFAULT (64u << 20)
#define FOUND_BYTES_DEFAULT (16ull << 30)
#define SNAPSHOT_BYTES_DEFAULT (64u << 20)
#define FORMAT_TEXT "restante store "
#define PATH_MAX_BYTES 4000
#define INDEX_FILES_MAX 1000000

/* --- cores --------------------------------------------------------------------------------------------- */

static struct store_core *add_core(struct store *s, struct core *core)
{
    struct store_core *sc = MEM_NEW(struct store_core);

    sc->store = s;
    sc->core = core;
    pthread_mutex_init(&sc->mutex, NULL);
    sc->parts_last = &sc->parts;
    sc->commits_last = &sc->commits;
    list_init(&sc->ahead);
    co_waitq_init(&sc->ahead_over);
    list_init(&sc->cached);
    atomic_store(&s->cores[core_index(core)], sc);
    return sc;
}

struct store_core *store_core_of(struct store *s, struct core *core)
{
    struct store_core *sc;

    must(core_index(core) < CORES_MAX);
    sc = atomic_load(&s->cores[core_index(core)]);
    if (!sc) {
        pthread_mutex_lock(&s->cores_mutex);
        sc = atomic_load(&s->cores[core_index(core)]);
        if (!sc)
            sc = add_core(s, core);
        pthread_mutex_unlock(&s->cores_mutex);
    }
    must(sc->core == core);
    return sc;
}

static void free_cores(struct store *s)
{
    for (size_t i = 0; i < CORES_MAX; i++) {
        struct store_core *sc = atomic_load(&s->cores[i]);

        if (!sc)
            continue;
        must(!sc->parts && !sc->commits);
        store_core_drop_cache(sc);
        pthread_mutex_destroy(&sc->mutex);
        mem_free(sc);
    }
}

/* --- opening --------------------------------------------------------------------------------------------- */

static enum st lock(struct store *s, struct arena *a)
{
    const char *path = arena_printf(a, "%s/LOCK", s->dir).p;
    int fd;
    enum st st;

    TRY(s->os->open(s->os, path, O_RDWR | O_CREAT, &fd));
    st = s->os->lock(s->os, fd);
    if (st != ST_OK)
        s->os->close(s->os, fd);
    else
        s->lock_fd = fd;
    return st;
}

enum st store_replace_file(struct store *s, struct arena *a, const char *path, struct str text)
{
    const char *tmp = arena_printf(a, "%s.tmp", path).p;
    enum st st;
    int fd;

    TRY(s->os->open(s->os, tmp, O_RDWR | O_CREAT | O_TRUNC, &fd));
    st = s->os->write(s->os, fd, text.p, text.n, 0);
    if (st == ST_OK)
        st = s->os->sync(s->os, fd);
    s->os->close(s->os, fd);
    TRY(st);
    TRY(s->os->rename(s->os, tmp, path));
    return s->os->sync_dir(s->os, s->dir);
}

static enum st write_format(struct store *s, struct arena *a, const char *path)
{
    return store_replace_file(s, a, path, arena_printf(a, FORMAT_TEXT "%u\n", FORMAT_VERSION));
}

static enum st check_format_text(struct store *s, struct str text)
{
    uint64_t version;

    if (!str_starts(text, STR(FORMAT_TEXT)) ||
        str_u64(str_trim(str_from(text, sizeof FORMAT_TEXT - 1)), UINT32_MAX, &version) != ST_OK)
        return FAIL(ST_CORRUPT, "the file FORMAT of the store is damaged");
    if (version > FORMAT_VERSION)
        return FAIL(ST_DENIED, "the store has format %llu; this program knows %u", (unsigned long long)version,
                    FORMAT_VERSION);
    s->format = (unsigned)version;
    return ST_OK;
}

/* Before anything else is touched. */
static enum st check_format(struct store *s, struct arena *a)
{
    const char *path = arena_printf(a, "%s/FORMAT", s->dir).p;
    char text[64];
    uint64_t n = 0;
    enum st st;
    int fd;

    st = s->os->open(s->os, path, O_RDONLY, &fd);
    if (st == ST_NOTFOUND) {
        s->format = FORMAT_VERSION;
        return write_format(s, a, path);
    }
    TRY(st);
    st = s->os->size(s->os, fd, &n);
    n = MIN(n, sizeof text);
    if (st == ST_OK)
        st = s->os->read(s->os, fd, text, n, 0);
    s->os->close(s->os, fd);
    TRY(st);
    return check_format_text(s, str_n(text, n));
}

enum st store_raise_format(struct store *s)
{
    struct arena a = ARENA_INIT;
    enum st st = s->format < FORMAT_WITHOUT_RANGES ? index_drop_ranges(&s->index) : ST_OK;

    if (st == ST_OK && s->format < FORMAT_VERSION)
        st = write_format(s, &a, arena_printf(&a, "%s/FORMAT", s->dir).p);
    if (st == ST_OK)
        s->format = FORMAT_VERSION;
    arena_fini(&a);
    return st;
}

static void count_segment(struct store *s, const struct segment_row *row)
{
    atomic_fetch_add(&s->figures.used, row->used - SEGMENT_HEAD_BYTES);
    atomic_fetch_add(&s->figures.live, row->live_bytes);
    atomic_fetch_add(&s->figures.live_blobs, row->live_blobs);
    atomic_fetch_add(&s->figures.journal_used, row->journal_bytes);
}

static enum st load_segments(struct store *s)
{
    struct row_key from = row_key(ROW_SEGMENT, 0), to = row_key(ROW_SEGMENT + 1, 0);
    struct arena a = ARENA_INIT;
    bool more = true;
    enum st st = ST_OK;

    while (more && st == ST_OK) {
        struct index_entry *entries;
        struct segment_row row = {0};
        size_t n = 0;

        arena_reset(&a);
        st = index_page(&s->index, TIER_DISK, &a, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), 512, 1u << 20,
                        &entries, &n, &more);
        for (size_t i = 0; st == ST_OK && i < n; i++) {
            st = segment_row_of(entries[i].value, &row);
            if (st == ST_OK) {
                segs_add_row(&s->segs, &row);
                count_segment(s, &row);
            }
        }
        from = row_key(ROW_SEGMENT, row.head.id + 1);
    }
    arena_fini(&a);
    TRY(st);
    return segs_scan(&s->segs);
}

static enum st tell_unrepaired(struct store *s, struct arena *a)
{
    uint64_t *accounts;
    size_t n;

    TRY(store_unrepaired(s, a, &accounts, &n));
    if (n && !s->rebuilding)
        LOG(STORE_REPAIR_UNFINISHED, lf_u64("accounts", n));
    return ST_OK;
}

/* RocksDB would take a folder without this file for a new one, and remove the tables in it. */
static enum st look_for_index(struct store *s, struct arena *a, const char *path, bool *out_missing)
{
    struct str *names;
    size_t n = 0;
    bool has_tables = false, has_current = false;
    enum st st = s->os->list(s->os, a, path, INDEX_FILES_MAX, &names, &n);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    for (size_t i = 0; i < n; i++) {
        has_current = has_current || str_eq(names[i], STR("CURRENT"));
        has_tables = has_tables || str_ends(names[i], STR(".sst")) || str_starts(names[i], STR("MANIFEST-"));
    }
    *out_missing = !has_current;
    if (!has_tables || has_current)
        return ST_OK;
    s->index.is_damaged = true;
    return FAIL(ST_CORRUPT, "index: the file CURRENT is missing");
}

static enum st open_index(struct store *s, struct arena *a, bool *out_missing)
{
    const char *path = s->looks_only ? s->index_name : (const char *)arena_printf(a, "%s/%s", s->dir, s->index_name).p;

    TRY(look_for_index(s, a, path, out_missing));
    return index_open(&s->index, path, &s->opt);
}

/* A process that was killed behind a rename leaves a name that everybody sees and that no sync has reached yet. What is
 * built on it from now on would be gone with it after a power cut. */
static enum st sync_names(struct store *s, struct arena *a)
{
    static const char *const folders[] = {"", "/seg", "/snap", "/dict"};

    for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
        enum st st = s->os->sync_dir(s->os, arena_printf(a, "%s%s", s->dir, folders[i]).p);

        if (st != ST_OK && st != ST_NOTFOUND) /* a new store has none */
            return st;
    }
    return ST_OK;
}

static enum st start_threads(struct store *s)
{
    segs_fill_spares(&s->segs);
    TRY(committer_start(s));
    TRY(snaps_start(s));
    return s->opt.upkeep ? upkeep_start(s) : ST_OK;
}

static enum st open_all(struct store *s, struct arena *a)
{
    bool missing = false;

    TRY(lock(s, a));
    TRY(sync_names(s, a));
    TRY(check_format(s, a));
    TRY(s->looks_only ? ST_OK : hold_open(s, a));
    TRY(s->looks_only ? ST_OK : rebuild_tidy(s, a));
    TRY(open_index(s, a, &missing));
    TRY(segs_open(&s->segs, s->os, s->dir, s->opt.segment_bytes, s->opt.reserve_bytes));
    TRY(snaps_open(s));
    TRY(snaps_load(s));
    TRY(load_segments(s));
    TRY(s->rebuilding && s->rebuilding->until ? restore_take_files(s) : ST_OK);
    TRY(store_recover(s));
    TRY(dictionary_load(s));
    if (s->looks_only)
        return ST_OK;
    if (missing && !s->rebuilding && s->seq > 1) /* the first batch is of opening itself */
        LOG(STORE_INDEX_REBUILT, lf_u64("sequence", s->seq), lf_z("why", "it was missing"));
    TRY(start_threads(s));
    return tell_unrepaired(s, a);
}

static void set_defaults(struct store_options *o)
{
    if (!o->segment_bytes)
        o->segment_bytes = SEGMENT_BYTES_DEFAULT;
    if (!o->cache_bytes)
        o->cache_bytes = CACHE_BYTES_DEFAULT;
    if (!o->snapshot_bytes)
        o->snapshot_bytes = SNAPSHOT_BYTES_DEFAULT;
    if (!o->found_bytes)
        o->found_bytes = FOUND_BYTES_DEFAULT;
    if (!o->reserve_bytes)
        o->reserve_bytes = RESERVE_BYTES_DEFAULT;
    if (!o->write_buffer_bytes)
        o->write_buffer_bytes = WRITE_BUFFER_DEFAULT;
    if (!o->open_files)
        o->open_files = OPEN_FILES_DEFAULT;
    if (!o->calm_ms)
        o->calm_ms = CALM_MS;
    if (!o->level)
        o->level = LEVEL_DEFAULT;
    o->segment_bytes = (MAX(o->segment_bytes, SEGMENT_BYTES_LEAST) + 4095) & ~(uint64_t)4095;
}

struct store_options store_options_of(const struct settings *set, const char *dir)
{
    return (struct store_options){.dir = dir,
                                  .segment_bytes = set->store_segment_size,
                                  .cache_bytes = set->store_rocksdb_cache,
                                  .write_buffer_bytes = set->store_rocksdb_write_buffer,
                                  .open_files = set->store_rocksdb_open_files,
                                  .is_plain = !set->store_compress,
                                  .level = set->store_compress_level,
                                  .reserve_bytes = set->store_min_free};
}

/* What RocksDB finds damaged is made again from snapshot and journal, if these are whole. */
enum st store_open(const struct store_options *opt, struct store **out)
{
    struct err why;
    bool is_bad = false;
    enum st st = store_open_as(opt, INDEX_NAME, NULL, out, &is_bad);

    if (st == ST_OK || !is_bad)
        return st;
    why = *err_get();
    TRY(rebuild_damaged(opt, why.text));
    TRY(store_open_as(opt, INDEX_NAME, NULL, out, NULL));
    LOG(STORE_INDEX_REBUILT, lf_u64("sequence", (*out)->seq), lf_z("why", why.text));
    snprintf((*out)->rebuilt_why, sizeof(*out)->rebuilt_why, "%.190s", why.text);
    return ST_OK;
}

const char *store_was_rebuilt(const struct store *s)
{
    return s->rebuilt_why[0] ? s->rebuilt_why : NULL;
}

enum st store_open_as(const struct store_options *opt, const char *index_name, struct rebuilding *rb,
                      struct store **out, bool *out_bad_index)
{
    struct store *s = MEM_NEW(struct store);
    struct arena a = ARENA_INIT;
    enum st st;

    s->opt = *opt;
    set_defaults(&s->opt);
    s->os = opt->os ? opt->os : &os_file_system;
    s->dir = mem_new(strlen(opt->dir) + 1);
    memcpy(s->dir, opt->dir, strlen(opt->dir));
    s->opt.dir = s->dir;
    s->index_name = index_name;
    s->looks_only = index_name[0] == '/';
    s->rebuilding = rb;
    s->lock_fd = -1;
    s->changes = rocksdb_writebatch_create();
    buf_init(&s->batch, UINT32_MAX); /* bounded by BATCH_BYTES and KV_COMMIT_MAX */
    buf_init(&s->before, UINT32_MAX);
    squeeze_init(&s->squeeze);
    upkeep_init(s);
    snaps_init(s);
    hold_init(s);
    history_init(s);
    job_list_init(&s->handed_in);
    pthread_mutex_init(&s->mutex, NULL);
    pthread_mutex_init(&s->cores_mutex, NULL);
    pthread_cond_init(&s->more, NULL);
    pthread_cond_init(&s->answered, NULL);
    st = open_all(s, &a);
    arena_fini(&a);
    if (st != ST_OK) {
        struct err why = *err_get();

        if (out_bad_index)
            *out_bad_index = atomic_load(&s->index.is_damaged);
        store_close(s);
        *err_get() = why;
        return st;
    }
    *out = s;
    return ST_OK;
}

enum st store_settle(struct store *s)
{
    return index_flush(&s->index);
}

void store_close(struct store *s)
{
    if (!s)
        return;
    snaps_stop(s);
    upkeep_stop(s);
    committer_stop(s);
    free_cores(s);
    segs_close(&s->segs);
    index_close(&s->index);
    rocksdb_writebatch_destroy(s->changes);
    redo_fini(&s->redo);
    snaps_fini(s);
    hold_fini(s);
    history_fini(s);
    squeeze_fini(&s->squeeze);
    upkeep_fini(s);
    buf_fini(&s->batch);
    buf_fini(&s->before);
    pthread_cond_destroy(&s->answered);
    pthread_cond_destroy(&s->more);
    pthread_mutex_destroy(&s->cores_mutex);
    pthread_mutex_destroy(&s->mutex);
    if (s->lock_fd >= 0)
        s->os->close(s->os, s->lock_fd);
    mem_free(s->dir);
    mem_free(s);
}

void store_get_stats(struct store *s, struct store_stats *out)
{
    uint64_t used = atomic_load(&s->figures.used), live = atomic_load(&s->figures.live);
    uint64_t journal = atomic_load(&s->figures.journal_used), room = 0;

    (void)!s->os->free_space(s->os, s->dir, &room);
    *out = (struct store_stats){
        .commits = atomic_load(&s->figures.commits),
        .batches = atomic_load(&s->figures.batches),
        .syncs = atomic_load(&s->figures.syncs),
        .journal_bytes = atomic_load(&s->figures.journal_bytes),
        .blob_bytes = atomic_load(&s->figures.blob_bytes),
        .segments = atomic_load(&s->segs.count),
        .live_bytes = live,
        .dead_bytes = used > live + journal ? used - live - journal : 0,
        .free_bytes = room,
        .broken = atomic_load(&s->figures.broken),
    };
}
