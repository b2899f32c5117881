/* DIR/lost+found: bodies that nothing refers to any more and what is left of damaged ones, as files for a person to look at. Nobody clears it
 * but him, and it stands on the disk that mail arrives on, so there is a most to it; what does not fit stays where it is, if anywhere, and
 * whoever asked says so. */
#include "base/must.h"
#include "store/inside.h"
#include "store/rebuild.h"
#include "store/tools.h"

#include <fcntl.h>

#define MEASURED_MS 60000

static uint64_t size_of(struct store *s, const char *path)
{
    uint64_t size = 0;
    int fd;

    if (s->os->open(s->os, path, O_RDONLY, &fd) != ST_OK)
        return 0;
    if (s->os->size(s->os, fd, &size) != ST_OK)
        size = 0;
    s->os->close(s->os, fd);
    return size;
}

/* A person may have cleared it meanwhile. */
static enum st measure(struct store *s, const char *dir)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n = 0;
    enum st st;

    if (clock_mono_ms() < s->salvaged.until)
        return ST_OK;
    st = s->os->list(s->os, &a, dir, STORE_FOUND_FILES, &names, &n); /* ST_LIMIT */
    s->salvaged.bytes = 0;
    for (size_t i = 0; i < n; i++)
        s->salvaged.bytes += size_of(s, arena_printf(&a, "%s/%.*s", dir, STR_ARGS(names[i])).p);
    s->salvaged.files = n;
    if (st == ST_OK)
        s->salvaged.until = deadline_in(MEASURED_MS);
    arena_fini(&a);
    return st;
}

static enum st has_room(struct store *s, const char *dir, uint64_t bytes)
{
    uint64_t most = s->opt.found_bytes, room;

    TRY(measure(s, dir));
    if (s->salvaged.files >= STORE_FOUND_FILES || bytes > most || s->salvaged.bytes > most - bytes)
        return FAIL(ST_LIMIT, "lost+found holds %llu bytes in %llu files; it may not hold more than %llu",
                    (unsigned long long)s->salvaged.bytes, (unsigned long long)s->salvaged.files,
                    (unsigned long long)most);
    TRY(s->os->free_space(s->os, s->dir, &room));
    if (room < bytes || room - bytes < 2 * s->opt.reserve_bytes)
        return FAIL(ST_LIMIT, "the disk has no room for lost+found");
    return ST_OK;
}

static enum st write_file(struct store *s, const char *path, struct str body)
{
    enum st st;
    int fd;

    TRY(s->os->open(s->os, path, O_RDWR | O_CREAT | O_TRUNC, &fd));
    st = s->os->write(s->os, fd, body.p, body.n, 0);
    if (st == ST_OK)
        st = s->os->sync(s->os, fd);
    s->os->close(s->os, fd);
    return st;
}

enum st salvage(struct store *s, uint64_t id, const char *suffix, struct str body)
{
    struct arena a = ARENA_INIT;
    const char *dir = arena_printf(&a, "%s/lost+found", s->dir).p;
    const char *path = arena_printf(&a, "%s/%llu%s", dir, (unsigned long long)id, suffix).p;
    enum st st = s->os->mkdir(s->os, dir);
    uint64_t was;

    if (st == ST_OK)
        st = has_room(s, dir, body.n);
    if (st == ST_OK) {
        was = size_of(s, path);
        st = write_file(s, path, body);
        s->salvaged.files += was == 0;
        s->salvaged.bytes += body.n;
        s->salvaged.bytes -= MIN(was, s->salvaged.bytes);
    }
    if (st == ST_OK)
        st = s->os->sync_dir(s->os, dir);
    arena_fini(&a);
    return st;
}

enum st store_save_body(struct store *s, uint64_t id)
{
    struct blob_view body;
    enum st st;

    TRY(blob_open(s, id, &body));
    st = salvage(s, id, ".eml", body.bytes);
    blob_close(&body);
    return st;
}

static enum st read_stored(struct store *s, struct arena *a, const struct blob_row *row, struct str *out)
{
    struct segment *seg;
    char *p;
    enum st st;

    if (row->stored > BLOB_MAX)
        return FAIL(ST_CORRUPT, "a body of %llu bytes", (unsigned long long)row->stored);
    p = arena_alloc(a, row->stored + 1);
    TRY(segs_pin(&s->segs, row->segment, &seg));
    st = s->os->read(s->os, seg->fd, p, row->stored, row->offset + RECORD_HEAD_BYTES);
    segs_unpin(&s->segs, seg);
    TRY(st);
    *out = str_n(p, row->stored);
    return ST_OK;
}

enum st store_save_damaged(struct store *s, uint64_t id)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct blob_row row;
    struct str value, stored;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = blob_row_of(value, id, &row);
    if (st == ST_OK)
        st = read_stored(s, &a, &row, &stored);
    if (st == ST_OK)
        st = salvage(s, id, ".damaged", stored);
    arena_fini(&a);
    return st;
}
