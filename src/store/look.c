/* A store that is only looked at: nothing below its directory changes. What opening would write is left out; the index, which the
 * journal's end goes into, is a copy in a folder elsewhere: its tables, which never change, by symbolic links, the few small files
 * beside them as they are. */
#include "base/must.h"
#include "store/inside.h"
#include "store/tools.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 1000000
#define PIECE (256u << 10)

/* --- disk calls that change nothing ---------------------------------------------------------------------- */

struct dry {
    struct os_file os; /* first */
    const struct os_file *base;
};

static const struct os_file *base_of(const struct os_file *os)
{
    return ((const struct dry *)(const void *)os)->base;
}

static enum st dry_open(const struct os_file *os, const char *path, int flags, int *out_fd)
{
    (void)flags;
    return base_of(os)->open(base_of(os), path, O_RDONLY, out_fd);
}

static void dry_close(const struct os_file *os, int fd)
{
    base_of(os)->close(base_of(os), fd);
}

static enum st dry_read(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset)
{
    return base_of(os)->read(base_of(os), fd, p, n, offset);
}

static enum st dry_read_cached(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset)
{
    return base_of(os)->read_cached(base_of(os), fd, p, n, offset);
}

static enum st dry_size(const struct os_file *os, int fd, uint64_t *out_size)
{
    return base_of(os)->size(base_of(os), fd, out_size);
}

static enum st dry_list(const struct os_file *os, struct arena *a, const char *path, size_t max, struct str **out_names,
                        size_t *out_n)
{
    enum st st = base_of(os)->list(base_of(os), a, path, max, out_names, out_n);

    if (st != ST_NOTFOUND)
        return st;
    *out_names = NULL; /* opening would make it */
    *out_n = 0;
    return ST_OK;
}

static enum st dry_lock(const struct os_file *os, int fd)
{
    return base_of(os)->lock(base_of(os), fd);
}

static enum st dry_free_space(const struct os_file *os, const char *path, uint64_t *out_bytes)
{
    return base_of(os)->free_space(base_of(os), path, out_bytes);
}

static enum st not_written(void)
{
    return FAIL(ST_DENIED, "the store is only looked at");
}

static enum st dry_write(const struct os_file *os, int fd, const void *p, size_t n, uint64_t offset)
{
    (void)os, (void)fd, (void)p, (void)n, (void)offset;
    return not_written();
}

static enum st dry_set_size(const struct os_file *os, int fd, uint64_t size)
{
    (void)os, (void)fd, (void)size;
    return not_written();
}

static enum st dry_rename(const struct os_file *os, const char *from, const char *to)
{
    (void)os, (void)from, (void)to;
    return not_written();
}

static void dry_hasten(const struct os_file *os, int fd, uint64_t offset, uint64_t n)
{
    (void)os, (void)fd, (void)offset, (void)n;
}

/* Tidying: left for the next who opens the store. */
static enum st dry_sync(const struct os_file *os, int fd)
{
    (void)os, (void)fd;
    return ST_OK;
}

static enum st dry_path(const struct os_file *os, const char *path)
{
    (void)os, (void)path;
    return ST_OK;
}

static const struct os_file *dry_new(const struct os_file *base)
{
    struct dry *d = MEM_NEW(struct dry);

    d->base = base;
    d->os = (struct os_file){.open = dry_open,
                             .close = dry_close,
                             .read = dry_read,
                             .read_cached = dry_read_cached,
                             .write = dry_write,
                             .hasten = dry_hasten,
                             .sync = dry_sync,
                             .sync_dir = dry_path,
                             .allocate = dry_set_size,
                             .truncate = dry_set_size,
                             .size = dry_size,
                             .rename = dry_rename,
                             .unlink = dry_path,
                             .mkdir = dry_path,
                             .list = dry_list,
                             .lock = dry_lock,
                             .free_space = dry_free_space};
    return &d->os;
}

/* --- the index, elsewhere --------------------------------------------------------------------------------- */

static enum st copy_bytes(const struct os_file *os, int from, int to)
{
    char *piece = mem_new(PIECE);
    uint64_t size = 0;
    enum st st = os->size(os, from, &size);

    for (uint64_t at = 0; st == ST_OK && at < size; at += PIECE) {
        st = os->read(os, from, piece, MIN(PIECE, size - at), at);
        if (st == ST_OK)
            st = os->write(os, to, piece, MIN(PIECE, size - at), at);
    }
    mem_free(piece);
    return st;
}

static enum st copy_file(const struct os_file *os, const char *from, const char *to)
{
    int in, out;
    enum st st;

    TRY(os->open(os, from, O_RDONLY, &in));
    st = os->open(os, to, O_RDWR | O_CREAT | O_TRUNC, &out);
    if (st == ST_OK) {
        st = copy_bytes(os, in, out);
        os->close(os, out);
    }
    os->close(os, in);
    return st;
}

static enum st bring(const struct os_file *os, struct arena *a, const char *index, const char *scratch, struct str name)
{
    const char *from = arena_printf(a, "%s/%.*s", index, STR_ARGS(name)).p;
    const char *to = arena_printf(a, "%s/%.*s", scratch, STR_ARGS(name)).p;

    if (str_eq(name, STR("LOCK")) || str_starts(name, STR("LOG")))
        return ST_OK;
    if (!str_ends(name, STR(".sst")))
        return copy_file(os, from, to);
    return symlink(from, to) == 0 ? ST_OK : FAIL_ERRNO(to);
}

static enum st copy_index(const struct os_file *os, const char *index, const char *scratch)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n = 0;
    enum st st = os->list(os, &a, index, FILES_MAX, &names, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = bring(os, &a, index, scratch, names[i]);
    arena_fini(&a);
    return st == ST_NOTFOUND ? ST_OK : st; /* it is made from snapshot and journal */
}

static enum st empty_folder(const struct os_file *os, const char *path)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n = 0;
    enum st st = os->list(os, &a, path, FILES_MAX, &names, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++)
        st = os->unlink(os, arena_printf(&a, "%s/%.*s", path, STR_ARGS(names[i])).p);
    arena_fini(&a);
    return st;
}

static void remove_scratch(const struct os_file *os, const char *path)
{
    IGNORE(empty_folder(os, path));
    rmdir(path);
}

/* --- opening ------------------------------------------------------------------------------------------------- */

enum st store_look_open(const struct store_options *opt, const char *scratch, struct store **out)
{
    const struct os_file *os = opt->os ? opt->os : &os_file_system;
    struct store_options dry = *opt;
    char store[PATH_MAX], copy[PATH_MAX];
    struct arena a = ARENA_INIT;
    enum st st;

    dry.upkeep = NULL;
    TRY(os->mkdir(os, scratch));
    if (!realpath(opt->dir, store) || !realpath(scratch, copy)) /* links lead there from wherever */
        return FAIL_ERRNO(scratch);
    st = empty_folder(os, copy);
    if (st == ST_OK)
        st = copy_index(os, arena_printf(&a, "%s/" INDEX_NAME, store).p, copy);
    arena_fini(&a);
    TRY(st);
    dry.os = dry_new(os);
    st = store_open_as(&dry, copy, NULL, out, NULL);
    if (st != ST_OK) {
        struct err why = *err_get();

        mem_free((void *)(uintptr_t)dry.os);
        remove_scratch(os, copy);
        *err_get() = why;
    }
    return st;
}

void store_look_close(struct store *s, const char *scratch)
{
    struct dry *d;

    if (!s)
        return;
    d = (struct dry *)(uintptr_t)s->os;
    store_close(s);
    remove_scratch(d->base, scratch);
    mem_free(d);
}
