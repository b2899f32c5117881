/* The index made anew, beside the old one. Recovery does the work; here is what it does not do: going on behind damage, saying
 * whose commits that has cost, and changing the folders.
 *
 * What a lost batch said is gone. The batch behind it names its accounts; where several in a row are lost, an account shows by
 * a gap in its versions, or not at all: then all accounts count as concerned. */
#include "store/rebuild.h"
#include "base/must.h"

#include <fcntl.h>
#include <stdlib.h>

#define NEW_NAME "index.new"
#define OLD_NAME "index.old"
#define BAD_NAME "index.bad"
#define VERSIONS_LOST 4096u /* what one batch may raise an account's version by, at most */

struct named {
    uint64_t account, version;
};

/* --- behind the damage ----------------------------------------------------------------------------------- */

static void name(struct rebuilding *rb, uint64_t account, uint64_t version)
{
    struct named *n = map_get(&rb->named, account);

    if (!n) {
        n = ARENA_NEW(&rb->out->arena, struct named);
        n->account = account;
        map_put(&rb->named, account, n);
    }
    n->version = MAX(n->version, version);
}

/* Of the batch behind the damage. False: its record is of version 1, which does not tell. */
static bool name_accounts(struct rebuilding *rb, const struct found *f)
{
    struct batch_reader r;
    struct batch_head head;
    struct change_view change;
    struct blob_row row;
    uint64_t id, version;
    int32_t delta;

    batch_read(&r, buf_str(&f->record), &head);
    while (batch_next_blob(&r, &row))
        continue;
    while (batch_next_deref(&r, &id, &delta))
        continue;
    while (batch_next_part(&r, &id, &version))
        while (batch_next_change(&r, &change))
            continue;
    while (batch_next_before(&r, &id, &version))
        name(rb, id, version);
    return r.version >= 2 && !r.r.bad;
}

static void lose(struct store *s, const struct cursor *c, const struct found *f, uint64_t segment, uint64_t offset)
{
    struct rebuilding *rb = s->rebuilding;
    struct store_rebuilt *out = rb->out;
    struct store_loss l = {c->seq, f->seq - 1, segment, offset, false};

    l.is_named = name_accounts(rb, f) && l.first == l.last;
    rb->is_any = rb->is_any || !l.is_named;
    rb->lost += l.last - l.first + 1;
    if (out->n_losses == rb->cap_losses) {
        struct store_loss *more = ARENA_ARRAY(&out->arena, struct store_loss, rb->cap_losses = rb->cap_losses * 2 + 8);

        if (out->n_losses)
            memcpy(more, out->losses, out->n_losses * sizeof *more);
        out->losses = more;
    }
    out->losses[out->n_losses++] = l;
}

static void keep_body(struct rebuilding *rb, uint64_t segment, uint64_t offset)
{
    if (rb->n_bodies == rb->cap_bodies) {
        rb->cap_bodies = rb->cap_bodies * 2 + 16;
        rb->bodies = mem_resize(rb->bodies, rb->cap_bodies * sizeof *rb->bodies);
    }
    rb->bodies[rb->n_bodies++] = (struct body_place){segment, offset};
}

/* The first good batch with at least this number, from the cursor's place in its segment on. Bodies that stand before it are of
 * lost batches. */
static enum st scan(struct store *s, struct cursor *c, uint64_t least, struct found *f)
{
    struct record_head head;
    uint64_t end, size;
    char *bytes;
    enum st st;

    TRY(recover_end(s->os, c->seg, &end));
    size = end - MIN(end, c->at);
    bytes = mem_new(size);
    st = s->os->read(s->os, c->seg->fd, bytes, size, c->at);

    for (uint64_t at = 0; st == ST_OK && at + RECORD_HEAD_BYTES <= size; at += RECORD_ALIGN) {
        struct place place = {c->seg->row.head.id, c->seg->row.head.generation, c->at + at};
        struct cursor here = {c->seg, c->at + at, 0};

        if (bytes[at] != 'R' || bytes[at + 1] != 'S' ||
            record_head_decode((unsigned char *)bytes + at, &place, &head) != ST_OK)
            continue;
        if (head.type == RECORD_BLOB) {
            keep_body(s->rebuilding, place.segment, place.offset);
            continue;
        }
        here.seq = head.id;
        if (head.id >= least && recover_read(s, &here, f) == ST_OK) {
            mem_free(bytes);
            return ST_OK;
        }
    }
    mem_free(bytes);
    return st == ST_OK || st == ST_CORRUPT ? ST_NOTFOUND : st;
}

/* The journal segment that begins with the least number that is not below `least`, but `not`. */
static struct segment *segment_from(struct store *s, uint64_t least, const struct segment * not )
{
    struct segment *best = NULL;
    size_t pos = 0;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        struct segment *seg = p;

        if (seg != not &&seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq >= least &&
            (!best || seg->row.head.first_seq < best->row.head.first_seq))
            best = seg;
    }
    return best;
}

bool rebuild_begin(struct store *s, struct cursor *c)
{
    struct segment *best = NULL;
    size_t pos = 0;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq <= c->seq &&
            (!best || seg->row.head.first_seq > best->row.head.first_seq))
            best = seg;
    }
    return best && segs_pin(&s->segs, best->row.head.id, &c->seg) == ST_OK;
}

enum st rebuild_pass_over(struct store *s, struct cursor *c, struct found *f)
{
    struct segment *next = c->seg;
    uint64_t segment = c->seg ? c->seg->row.head.id : 0, offset = c->at, from = c->seq;
    enum st st = c->seg ? scan(s, c, c->seq, f) : ST_NOTFOUND;

    while (st == ST_NOTFOUND && (next = segment_from(s, from, next))) {
        struct cursor there = {.at = SEGMENT_HEAD_BYTES, .seq = c->seq};

        from = next->row.head.first_seq + 1;
        st = segs_pin(&s->segs, next->row.head.id, &there.seg);
        if (st == ST_CORRUPT) {
            st = ST_NOTFOUND; /* its file is gone */
            continue;
        }
        TRY(st);
        st = scan(s, &there, c->seq, f);
        if (st == ST_OK)
            recover_move_to(s, c, there.seg, f->end);
        else
            segs_unpin(&s->segs, there.seg);
    }
    TRY(st);
    if (f->seq > c->seq)
        lose(s, c, f, segment, offset);
    c->at = f->end;
    c->seq = f->seq + 1;
    return ST_OK;
}

/* --- while replaying -------------------------------------------------------------------------------------- */

/* An account whose next version is not the next has lost one. Of several parts of an account in a batch the first tells. */
static enum st find_gaps(struct store *s, const struct found *f)
{
    struct batch_reader r;
    struct batch_head head;
    struct change_view change;
    struct blob_row row;
    uint64_t id, version, have, last = ACCOUNT_STORE;
    int32_t delta;

    batch_read(&r, buf_str(&f->record), &head);
    while (batch_next_blob(&r, &row))
        continue;
    while (batch_next_deref(&r, &id, &delta))
        continue;
    while (batch_next_part(&r, &id, &version)) {
        while (batch_next_change(&r, &change))
            continue;
        if (id == last)
            continue;
        TRY(store_version_applied(s, id, &have));
        if (version > have + 1 && !map_get(&s->rebuilding->named, id))
            name(s->rebuilding, id, version - 1);
        last = id;
    }
    return ST_OK;
}

static void tell(struct rebuilding *rb)
{
    if (rb->progress && rb->progress->fn)
        rb->progress->fn(rb->progress->arg, MIN(rb->done, rb->total), rb->total);
}

static void count_total(struct store *s, const struct found *first)
{
    size_t pos = 0;
    void *p;

    while (map_next(&s->segs.by_id, &pos, &p)) {
        const struct segment *seg = p;

        if (seg->row.head.kind == SEGMENT_JOURNAL && seg->row.head.first_seq >= first->seg->row.head.first_seq)
            s->rebuilding->total += seg->row.head.size;
    }
}

enum st rebuild_look(struct store *s, const struct found *f)
{
    struct rebuilding *rb = s->rebuilding;

    if (!rb->total)
        count_total(s, f);
    rb->out->batches++;
    rb->done += f->end - f->offset;
    tell(rb);
    return rb->lost || rb->is_any ? find_gaps(s, f) : ST_OK;
}

/* --- afterwards ------------------------------------------------------------------------------------------- */

/* A batch that nobody has read may have raised any account. */
static enum st name_all(struct store *s)
{
    struct row_key from = row_key(ROW_VERSION, 0), to = row_key(ROW_VERSION + 1, 0);
    struct index_view view;
    struct index_scan rows;
    struct str key, value;
    uint64_t version;
    enum st st = ST_OK, end;

    index_view_open(&s->index, &view);
    index_scan_open(&view, str_n(from.p, sizeof from.p), str_n(to.p, sizeof to.p), &rows);
    while (st == ST_OK && index_scan_next(&rows, &key, &value)) {
        struct rec r = rec_of(str_from(key, 9));

        st = version_row_of(value, &version);
        if (st == ST_OK)
            name(s->rebuilding, rec_u64_be(&r), version + VERSIONS_LOST * s->rebuilding->lost);
    }
    end = index_scan_close(&rows);
    index_view_close(&view);
    return st == ST_OK ? end : st;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static enum st raise_versions(struct store *s)
{
    struct store_rebuilt *out = s->rebuilding->out;
    struct buf value;
    size_t pos = 0;
    void *p;

    out->accounts = ARENA_ARRAY(&out->arena, uint64_t, s->rebuilding->named.n);
    rocksdb_writebatch_clear(s->changes);
    buf_init(&value, 64);
    while (map_next(&s->rebuilding->named, &pos, &p)) {
        const struct named *n = p;
        struct row_key key = row_key(ROW_VERSION, n->account);
        uint64_t have;

        out->accounts[out->n_accounts++] = n->account;
        TRY(store_version_applied(s, n->account, &have));
        if (have >= n->version)
            continue;
        buf_clear(&value);
        version_row_value(&value, n->version);
        rocksdb_writebatch_put(s->changes, key.p, sizeof key.p, value.p, value.n);
    }
    buf_fini(&value);
    qsort(out->accounts, out->n_accounts, sizeof *out->accounts, by_number);
    return index_write(&s->index, s->changes);
}

/* A body in a lost batch that nothing refers to now. One that can't be read is passed over: it is as lost as its batch. */
static enum st save_body(struct store *s, struct arena *a, struct segment *seg, uint64_t offset)
{
    struct place place = {seg->row.head.id, seg->row.head.generation, offset};
    unsigned char raw[RECORD_HEAD_BYTES];
    struct record_head head;
    struct row_key key;
    struct str value;
    char *stored, *body;
    enum st st;

    if (s->os->read(s->os, seg->fd, raw, sizeof raw, offset) != ST_OK ||
        record_head_decode(raw, &place, &head) != ST_OK || head.stored > BLOB_MAX || head.raw > BLOB_MAX)
        return ST_OK;
    key = row_key(ROW_BLOB, head.id);
    st = index_get(&s->index, TIER_DISK, a, str_n(key.p, sizeof key.p), &value);
    if (st != ST_NOTFOUND)
        return st;
    stored = arena_alloc(a, head.stored + 1);
    body = arena_alloc(a, head.raw + 1);
    if (s->os->read(s->os, seg->fd, stored, head.stored, offset + RECORD_HEAD_BYTES) != ST_OK ||
        bytes_hash(str_n(stored, head.stored)) != head.hash ||
        squeeze_undo(&s->squeeze, str_n(stored, head.stored), head.codec, head.dictionary, body, head.raw) != ST_OK)
        return ST_OK;
    st = salvage(s, head.id, ".eml", str_n(body, head.raw));
    s->rebuilding->out->saved += st == ST_OK;
    s->rebuilding->out->unsaved += st == ST_LIMIT;
    return st == ST_LIMIT ? ST_OK : st;
}

static enum st save_bodies(struct store *s)
{
    struct rebuilding *rb = s->rebuilding;
    struct arena a = ARENA_INIT;
    struct segment *seg;
    enum st st = ST_OK;

    for (size_t i = 0; st == ST_OK && i < rb->n_bodies; i++) {
        arena_reset(&a);
        if (segs_pin(&s->segs, rb->bodies[i].segment, &seg) != ST_OK)
            continue;
        st = save_body(s, &a, seg, rb->bodies[i].offset);
        segs_unpin(&s->segs, seg);
    }
    arena_fini(&a);
    return st;
}

/* --- whom the mail room has to set right ---------------------------------------------------------------- */

static const char *list_path(struct store *s, struct arena *a)
{
    return arena_printf(a, "%s/REPAIR", s->dir).p;
}

/* Durable before the new index counts, so that who is cut before all are repaired goes on. */
static enum st write_list(struct store *s, struct arena *a)
{
    struct buf text;
    enum st st;

    buf_init(&text, UINT32_MAX);
    for (size_t i = 0; i < s->rebuilding->out->n_accounts; i++)
        if (s->rebuilding->out->accounts[i] != ACCOUNT_DICTIONARIES) /* the store's own: nothing in it needs it */
            buf_addf(&text, "%llu\n", (unsigned long long)s->rebuilding->out->accounts[i]);
    st = store_replace_file(s, a, list_path(s, a), buf_str(&text));
    buf_fini(&text);
    return st;
}

enum st store_unrepaired(struct store *s, struct arena *a, uint64_t **out, size_t *out_n)
{
    const char *path = list_path(s, a);
    struct str rest, line;
    uint64_t size, *list;
    char *text;
    size_t n = 0;
    enum st st;
    int fd;

    st = s->os->open(s->os, path, O_RDONLY, &fd);
    if (st == ST_NOTFOUND) {
        *out_n = 0;
        return ST_OK;
    }
    TRY(st);
    st = s->os->size(s->os, fd, &size);
    text = st == ST_OK ? arena_alloc(a, size + 1) : NULL;
    if (st == ST_OK)
        st = s->os->read(s->os, fd, text, size, 0);
    s->os->close(s->os, fd);
    TRY(st);
    rest = str_n(text, size);
    list = ARENA_ARRAY(a, uint64_t, size / 2 + 1);
    while (str_split(&rest, '\n', &line))
        if (line.n && str_u64(line, UINT64_MAX, &list[n]) == ST_OK)
            n++;
    *out = list;
    *out_n = n;
    return ST_OK;
}

enum st store_repaired(struct store *s)
{
    struct arena a = ARENA_INIT;
    enum st st = s->os->unlink(s->os, list_path(s, &a));

    arena_fini(&a);
    if (st == ST_NOTFOUND)
        return ST_OK;
    return st == ST_OK ? s->os->sync_dir(s->os, s->dir) : st;
}

/* --- folders ---------------------------------------------------------------------------------------------- */

static enum st exists(struct store *s, const char *path, bool *out)
{
    struct arena a = ARENA_INIT;
    struct str *names;
    size_t n;
    enum st st = s->os->list(s->os, &a, path, 100000, &names, &n);

    arena_fini(&a);
    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    *out = st == ST_OK;
    return ST_OK;
}

/* One that nobody has looked at yet; the one before goes. */
static enum st keep_bad(struct store *s, struct arena *a, const char *old)
{
    const char *bad = arena_printf(a, "%s/" BAD_NAME, s->dir).p;

    TRY(index_remove(bad));
    TRY(s->os->rename(s->os, old, bad));
    return s->os->sync_dir(s->os, s->dir);
}

/* The new index is whole and closed. Cut at any point, opening finishes it (rebuild_tidy). */
static enum st change_folders(struct store *s, struct arena *a)
{
    const char *now = arena_printf(a, "%s/" INDEX_NAME, s->dir).p, *fresh = arena_printf(a, "%s/" NEW_NAME, s->dir).p,
               *old = arena_printf(a, "%s/" OLD_NAME, s->dir).p;
    bool is;

    TRY(exists(s, now, &is));
    if (is)
        TRY(s->os->rename(s->os, now, old));
    else
        TRY(s->os->mkdir(s->os, old)); /* which says that the new one is whole */
    TRY(s->os->sync_dir(s->os, s->dir));
    TRY(s->os->rename(s->os, fresh, now));
    TRY(s->os->sync_dir(s->os, s->dir));
    return is && s->rebuilding->is_strict ? keep_bad(s, a, old) : index_remove(old);
}

enum st rebuild_tidy(struct store *s, struct arena *a)
{
    const char *now = arena_printf(a, "%s/" INDEX_NAME, s->dir).p, *fresh = arena_printf(a, "%s/" NEW_NAME, s->dir).p,
               *old = arena_printf(a, "%s/" OLD_NAME, s->dir).p;
    bool is_now, is_new, is_old;

    TRY(exists(s, now, &is_now));
    TRY(exists(s, fresh, &is_new));
    TRY(exists(s, old, &is_old));
    if (!is_now && is_new && is_old) {
        TRY(s->os->rename(s->os, fresh, now));
        TRY(s->os->sync_dir(s->os, s->dir));
        is_new = false;
    } else if (!is_now && is_old && !is_new && !s->rebuilding) {
        return FAIL(ST_CORRUPT, "the index is missing, but there is %s: who has moved it?", old);
    }
    if (is_new)
        TRY(index_remove(fresh));
    if (is_old)
        TRY(index_remove(old));
    /* While a new one is made no old one may be there, which would say that it is whole. */
    return is_old && s->rebuilding ? s->os->sync_dir(s->os, s->dir) : ST_OK;
}

/* --- all of it -------------------------------------------------------------------------------------------- */

static enum st open_fresh(const struct store_options *opt, struct rebuilding *rb, struct store **out)
{
    return store_open_as(opt, NEW_NAME, rb, out, NULL); /* removes what is left of another one */
}

/* With the snapshot; when that is damaged without it, if the journal goes back to the beginning; else with what is good. */
static enum st open_somehow(const struct store_options *opt, struct rebuilding *rb, struct store **out)
{
    enum st st = open_fresh(opt, rb, out);

    if (st != ST_CORRUPT)
        return st;
    rb->snapshot = SNAPSHOT_NOT;
    st = open_fresh(opt, rb, out);
    if (st == ST_OK && rb->out->n_losses && rb->out->losses[0].first == 1) {
        store_close(*out);
        st = ST_CORRUPT;
    }
    if (st != ST_CORRUPT || rb->is_strict)
        return st;
    rb->snapshot = SNAPSHOT_GAPS;
    map_fini(&rb->named);
    rb->out->n_losses = rb->n_bodies = 0;
    rb->lost = rb->done = rb->total = rb->out->batches = 0;
    rb->is_any = false;
    return open_fresh(opt, rb, out);
}

static enum st finish(struct store *s, struct arena *a) SUSPENDS
{
    struct rebuilding *rb = s->rebuilding;

    if (rb->is_any)
        TRY(name_all(s));
    rb->out->all_accounts = rb->is_any;
    if (rb->lost || rb->is_any)
        TRY(rebuild_find_moved(s, &rb->out->found));
    TRY(save_bodies(s));
    TRY(raise_versions(s));
    if (rb->out->n_accounts)
        TRY(write_list(s, a));
    rb->done = rb->total;
    tell(rb);
    return ST_OK;
}

static enum st rebuild(const struct store_options *opt, struct rebuilding *rb) SUSPENDS
{
    struct store_options quiet = *opt;
    struct arena a = ARENA_INIT;
    struct store *s;
    enum st st;

    quiet.upkeep = NULL;
    TRY(open_somehow(&quiet, rb, &s));
    if (rb->is_strict && rb->out->n_losses)
        st = FAIL(ST_CORRUPT, "the journal is damaged at batch %llu", (unsigned long long)rb->out->losses[0].first);
    else
        st = finish(s, &a);
    committer_stop(s);
    index_close(&s->index);
    if (st == ST_OK) /* they may hold what is lost */
        st = store_images_remove(s, NULL);
    if (st == ST_OK) /* while nobody else can open it */
        st = change_folders(s, &a);
    if (st != ST_OK) {
        struct err why = *err_get();

        store_close(s);
        *err_get() = why;
    } else {
        store_close(s);
    }
    arena_fini(&a);
    return st;
}

enum st store_rebuild(const struct store_options *opt, const struct store_progress *p, struct store_rebuilt *out)
{
    struct rebuilding rb = {.progress = p, .out = out};
    enum st st;

    *out = (struct store_rebuilt){0};
    st = rebuild(opt, &rb);
    map_fini(&rb.named);
    mem_free(rb.bodies);
    return st;
}

enum st rebuild_damaged(const struct store_options *opt, const char *why)
{
    struct store_rebuilt out = {0};
    struct rebuilding rb = {.out = &out, .is_strict = true};
    struct arena a = ARENA_INIT;
    enum st st = rebuild(opt, &rb);

    map_fini(&rb.named);
    mem_free(rb.bodies);
    store_rebuilt_fini(&out);
    if (st == ST_CORRUPT) {
        struct str more = arena_str(&a, str_z(err_get()->text));

        IGNORE(index_remove(arena_printf(&a, "%s/" NEW_NAME, opt->dir).p));
        st = FAIL(
            ST_CORRUPT,
            "%.150s; making it again: %.*s; \"restante rebuild\" makes it from what is good, and says what is lost",
            why, (int)MIN(more.n, 200), more.p);
    }
    arena_fini(&a);
    return st;
}

void store_rebuilt_fini(struct store_rebuilt *r)
{
    arena_fini(&r->arena);
}
