/* Each file of the pool is read once for the hashes of all sets that name it (each has a prefix of it), segments once more
 * for their records. Then each set's snapshot is gone through: every body that it names must be one of the good records. Segments
 * are taken in groups, so that what is kept in memory of them is bounded. */
#include "backup/verify.h"
#include "backup/contents.h"
#include "backup/hits.h"
#include "backup/keys.h"
#include "backup/pool.h"
#include "backup/records.h"

#include <fcntl.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GROUP_RECORDS (4u << 20)
#define FOUND_MOST 5000 /* problems that are listed; all are counted */
#define HITS_MOST 1000  /* messages of a set */
#define BAD_MOST (1u << 20)
#define CHUNK (1u << 20)

static const struct os_file *const os = &os_file_system;

struct set {
    struct str name;
    struct backup_manifest manifest;
    struct backup_contents contents;
    bool has_manifest, has_contents;
    uint64_t bodies, problems;
    struct map bad; /* bodies */
};

/* That a set needs of a file of the pool. */
struct use {
    const struct backup_file *file;
    struct set *set;
};

struct verifying {
    struct arena *a;
    const char *dir;
    struct backup_flow flow;
    struct set *sets;
    size_t n_sets;
    struct use *uses; /* by file, then by length */
    size_t n_uses;
    struct backup_records records;
    struct map group; /* segments whose records these are */
    struct json found;
    struct buf found_text;
    uint64_t problems;
};

/* --- telling ------------------------------------------------------------------------------------------------------- */

static void put_problem(struct verifying *v, struct set *s, struct str file, const struct backup_hit *hit,
                        struct str text)
{
    v->problems++;
    if (s)
        s->problems++;
    if (v->problems > FOUND_MOST)
        return;
    json_object(&v->found);
    json_kv_str(&v->found, "set", s ? s->name : STR("-"));
    json_kv_str(&v->found, "file", file.n ? file : STR("-"));
    json_kv_str(&v->found, "account", hit ? hit->account : STR("-"));
    json_kv_str(&v->found, "mailbox", hit && hit->mailbox.n ? hit->mailbox : STR("-"));
    json_kv_u64(&v->found, "uid", hit ? hit->uid : 0);
    json_kv_str(&v->found, "problem", text);
    json_object_end(&v->found);
}

static void problem(struct verifying *v, struct set *s, struct str file, const char *fmt, ...) PRINTF_LIKE(4, 5);

static void problem(struct verifying *v, struct set *s, struct str file, const char *fmt, ...)
{
    char text[400];
    va_list ap;

    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    put_problem(v, s, file, NULL, str_z(text));
}

/* --- sets ------------------------------------------------------------------------------------------------------------ */

static enum st add_set(struct verifying *v, struct str name, struct str identity)
{
    struct set *s = &v->sets[v->n_sets++];
    enum st st;

    s->name = name;
    st = backup_set_read(v->a, v->dir, name, &s->manifest);
    if (st == ST_DENIED)
        return st;
    s->has_manifest = st == ST_OK;
    if (st != ST_OK)
        problem(v, s, STR(BACKUP_MANIFEST), "%s", err_get()->text);
    else if (!str_eq(s->manifest.identity, identity))
        problem(v, s, STR(BACKUP_MANIFEST), "it is of another server");
    return ST_OK;
}

static enum st read_sets(struct verifying *v, uint64_t at_us, struct str identity)
{
    const struct backup_set *only;
    struct backup_set *sets;
    size_t n;

    TRY(backup_sets(v->a, v->dir, &sets, &n));
    TRY(backup_set_at(sets, n, at_us, &only));
    v->sets = ARENA_ARRAY(v->a, struct set, n);
    if (at_us != UINT64_MAX)
        return add_set(v, only->name, identity);
    for (size_t i = 0; i < n; i++)
        TRY(add_set(v, sets[i].name, identity));
    return ST_OK;
}

static bool is_in_pool(struct str name)
{
    return str_find(name, '/') < name.n;
}

static int by_use(const void *a, const void *b)
{
    const struct backup_file *x = ((const struct use *)a)->file, *y = ((const struct use *)b)->file;
    int names = str_cmp(x->name, y->name);

    return names ? names : x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static void gather_uses(struct verifying *v)
{
    size_t n = 0;

    for (size_t i = 0; i < v->n_sets; i++)
        n += v->sets[i].manifest.n_files;
    v->uses = ARENA_ARRAY(v->a, struct use, n + 1);
    for (size_t i = 0; i < v->n_sets; i++)
        for (size_t k = 0; k < v->sets[i].manifest.n_files; k++) {
            const struct backup_file *f = &v->sets[i].manifest.files[k];

            v->flow.total += is_in_pool(f->name) ? 0 : f->bytes;
            if (is_in_pool(f->name))
                v->uses[v->n_uses++] = (struct use){f, &v->sets[i]};
        }
    if (v->n_uses)
        qsort(v->uses, v->n_uses, sizeof *v->uses, by_use);
    for (size_t i = 0; i < v->n_uses; i++)
        if (i + 1 == v->n_uses || !str_eq(v->uses[i].file->name, v->uses[i + 1].file->name))
            v->flow.total += v->uses[i].file->bytes;
}

/* --- a set's own files --------------------------------------------------------------------------------------------- */

static bool is_as_written(struct verifying *v, struct set *s, const struct backup_file *f)
{
    unsigned char hash[BACKUP_HASH_BYTES];
    enum st st = backup_hash_file(backup_path(v->a, v->dir, s->name, f->name), f->bytes, hash);

    IGNORE(backup_flow_on(&v->flow, f->bytes)); /* there is no hold that could end */
    if (st != ST_OK)
        problem(v, s, f->name, "%s", st == ST_NOTFOUND ? "it is missing" : err_get()->text);
    else if (memcmp(hash, f->hash, sizeof hash) != 0)
        problem(v, s, f->name, "it is not what was written");
    return st == ST_OK && memcmp(hash, f->hash, sizeof hash) == 0;
}

static void check_database(struct verifying *v, struct set *s, struct str name)
{
    const char *path = backup_path(v->a, v->dir, s->name, name);
    sqlite3_stmt *ask = NULL;
    sqlite3 *db = NULL;
    const char *said = NULL;

    if (sqlite3_open_v2(arena_printf(v->a, "file:%s?immutable=1", path).p, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                        NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check(1)", -1, &ask, NULL) == SQLITE_OK &&
        sqlite3_step(ask) == SQLITE_ROW)
        said = (const char *)sqlite3_column_text(ask, 0);
    if (!said || strcmp(said, "ok") != 0)
        problem(v, s, name, "it was damaged already when it was copied: %s", said ? said : sqlite3_errmsg(db));
    sqlite3_finalize(ask);
    sqlite3_close(db);
}

static void check_keys(struct verifying *v, struct set *s, struct str name)
{
    struct arena a = ARENA_INIT;
    struct str sealed;

    if (backup_read_file(&a, backup_path(&a, v->dir, s->name, name), 2 * (size_t)KEYS_TAR_MAX, &sealed) != ST_OK ||
        backup_keys_check_head(sealed) != ST_OK)
        problem(v, s, name, "%s", err_get()->text);
    arena_fini(&a);
}

static void check_snapshot(struct verifying *v, struct set *s, struct str name)
{
    if (backup_contents_read(v->a, backup_path(v->a, v->dir, s->name, name), &s->contents) != ST_OK)
        problem(v, s, name, "%s", err_get()->text);
    else if (s->contents.head.seq != s->manifest.batch)
        problem(v, s, name, "it is of another batch than the manifest says");
    else
        s->has_contents = true;
}

static void check_own_files(struct verifying *v, struct set *s)
{
    struct str snapshot = backup_snapshot_name(v->a, s->manifest.batch);
    const struct str wanted[] = {snapshot, STR(BACKUP_DIRECTORY), STR(BACKUP_CONFIG), STR(BACKUP_KEYS)};

    for (size_t i = 0; i < ARRAY_LEN(wanted) - !s->manifest.has_keys; i++)
        if (!backup_manifest_find(&s->manifest, wanted[i]))
            problem(v, s, wanted[i], "the manifest does not name it");
    for (size_t i = 0; i < s->manifest.n_files; i++) {
        const struct backup_file *f = &s->manifest.files[i];
        bool good = !is_in_pool(f->name) && is_as_written(v, s, f);

        if (str_eq(f->name, snapshot)) /* where it is damaged its own checks say */
            check_snapshot(v, s, f->name);
        else if (good && str_eq(f->name, STR(BACKUP_DIRECTORY)))
            check_database(v, s, f->name);
        else if (good && str_eq(f->name, STR(BACKUP_KEYS)))
            check_keys(v, s, f->name);
    }
}

/* --- the pool --------------------------------------------------------------------------------------------------------- */

static enum st hash_on(struct verifying *v, int fd, uint64_t at, uint64_t end, crypto_generichash_state *state)
{
    unsigned char *chunk = mem_new(CHUNK);
    enum st st = ST_OK;

    while (st == ST_OK && at < end) {
        size_t n = (size_t)MIN(CHUNK, end - at);

        st = os->read(os, fd, chunk, n, at);
        if (st == ST_OK)
            crypto_generichash_update(state, chunk, n);
        if (st == ST_OK)
            st = backup_flow_on(&v->flow, n);
        at += n;
    }
    mem_free(chunk);
    return st;
}

/* All uses of one file, from the shortest. */
static enum st check_hashes(struct verifying *v, const struct use *u, size_t n)
{
    crypto_generichash_state state;
    uint64_t at = 0;
    enum st st;
    int fd;

    TRY(os->open(os, backup_path(v->a, v->dir, STR_NONE, u->file->name), O_RDONLY, &fd));
    crypto_generichash_init(&state, NULL, 0, BACKUP_HASH_BYTES);
    st = ST_OK;
    for (size_t i = 0; i < n && st == ST_OK; i++) {
        unsigned char hash[BACKUP_HASH_BYTES];
        crypto_generichash_state so_far;

        st = hash_on(v, fd, at, u[i].file->bytes, &state);
        at = u[i].file->bytes;
        so_far = state;
        crypto_generichash_final(&so_far, hash, sizeof hash);
        if (st != ST_OK)
            for (size_t k = i; k < n; k++)
                problem(v, u[k].set, u[k].file->name, "it ends too early, or can't be read: %s", err_get()->text);
        else if (memcmp(hash, u[i].file->hash, sizeof hash) != 0)
            problem(v, u[i].set, u[i].file->name, "it is not what was written");
    }
    os->close(os, fd);
    return ST_OK;
}

static const struct segment_row *row_of(const struct set *s, uint64_t id)
{
    for (size_t lo = 0, hi = s->contents.n_segments; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        const struct segment_row *row = &s->contents.segments[mid];

        if (row->head.id == id)
            return row;
        if (row->head.id < id)
            lo = mid + 1;
        else
            hi = mid;
    }
    return NULL;
}

static void tell_gaps(struct verifying *v, const struct use *u, const struct segment_row *row)
{
    if (row->head.kind == SEGMENT_JOURNAL)
        for (size_t i = 0; i < v->records.n_gaps; i++)
            problem(v, u->set, u->file->name,
                    "the journal is damaged from %llu to %llu: restoring to a time between sets ends before that",
                    (unsigned long long)v->records.gaps[i].from, (unsigned long long)v->records.gaps[i].to);
}

/* The longest use is the last one: its set's snapshot, or an earlier one's, tells the segment's head. */
static void check_records(struct verifying *v, const struct use *u, size_t n)
{
    const struct segment_row *row = NULL;
    uint64_t id, bytes = u[n - 1].file->bytes;
    size_t i = n;

    if (str_u64(str_sub(u->file->name, 4, u->file->name.n - 8), UINT64_MAX - 1, &id) != ST_OK)
        return;
    while (!row && i-- > 0)
        if (u[i].set->has_contents)
            row = row_of(u[i].set, id);
    if (!row)
        return;
    map_put(&v->group, id, v);
    if (backup_records_add(&v->records, backup_path(v->a, v->dir, STR_NONE, u->file->name), &row->head, bytes) != ST_OK)
        problem(v, u[n - 1].set, u->file->name, "its records can't be read: %s", err_get()->text);
    else
        tell_gaps(v, &u[n - 1], row);
}

static void check_file(struct verifying *v, const struct use *u, size_t n)
{
    if (check_hashes(v, u, n) != ST_OK)
        for (size_t i = 0; i < n; i++)
            problem(v, u[i].set, u[i].file->name, "it is missing, or can't be read: %s", err_get()->text);
    if (str_starts(u->file->name, STR("seg/")) && str_ends(u->file->name, STR(".seg")))
        check_records(v, u, n);
}

/* --- bodies ------------------------------------------------------------------------------------------------------------ */

static int by_place(const void *a, const void *b)
{
    const struct backup_record *x = a, *y = b;

    if (x->segment != y->segment)
        return x->segment < y->segment ? -1 : 1;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static bool is_good(const struct verifying *v, const struct blob_row *row)
{
    struct backup_record key = {.segment = row->segment, .offset = row->offset};
    const struct backup_record *r =
        v->records.n ? bsearch(&key, v->records.list, v->records.n, sizeof key, by_place) : NULL;

    return r && (r->id == row->id || r->id == RECORD_STAGED) && r->stored == row->stored && r->hash == row->hash;
}

/* Within what the set has of the segment? */
static bool is_named(struct verifying *v, const struct set *s, const struct blob_row *row)
{
    char name[40];
    const struct backup_file *f;

    (void)v;
    snprintf(name, sizeof name, "seg/%08llu.seg", (unsigned long long)row->segment);
    f = backup_manifest_find(&s->manifest, str_z(name));
    return f && row->offset + RECORD_HEAD_BYTES + row->stored <= f->bytes;
}

static void check_body(struct verifying *v, struct set *s, const struct blob_row *row, bool is_first)
{
    bool good;

    s->bodies += is_first;
    if (map_get(&v->group, row->segment))
        good = is_good(v, row) && is_named(v, s, row);
    else
        good = !is_first || is_named(v, s, row);
    if (!good && s->bad.n < BAD_MOST)
        map_put(&s->bad, row->id, s);
}

static void check_bodies(struct verifying *v, struct set *s, bool is_first)
{
    const char *path = backup_path(v->a, v->dir, s->name, backup_snapshot_name(v->a, s->manifest.batch));
    struct backup_row row;
    struct snap_reader r;
    struct blob_row body;

    if (!s->has_contents || snap_reader_open(&r, &os_file_system, path) != ST_OK)
        return;
    while (backup_row_next(&r, &row) == ST_OK)
        if (backup_row_is_body(&row, &body))
            check_body(v, s, &body, is_first);
    snap_reader_close(&r);
}

static void check_group(struct verifying *v, bool is_first)
{
    if (v->records.n)
        qsort(v->records.list, v->records.n, sizeof *v->records.list, by_place);
    for (size_t i = 0; i < v->n_sets; i++)
        check_bodies(v, &v->sets[i], is_first);
    v->records.n = 0;
    map_fini(&v->group);
    v->group = MAP_INIT;
}

static void check_pool(struct verifying *v)
{
    bool is_first = true;

    for (size_t i = 0, n; i < v->n_uses; i += n) {
        for (n = 1; i + n < v->n_uses && str_eq(v->uses[i].file->name, v->uses[i + n].file->name); n++)
            ;
        check_file(v, &v->uses[i], n);
        if (v->records.n >= GROUP_RECORDS) {
            check_group(v, is_first);
            is_first = false;
        }
    }
    check_group(v, is_first);
}

/* --- who is hit --------------------------------------------------------------------------------------------------------- */

static void tell_hits(struct verifying *v, struct set *s)
{
    struct backup_hit *hits;
    size_t n;

    if (!s->bad.n)
        return;
    if (backup_hits(v->a, backup_path(v->a, v->dir, s->name, backup_snapshot_name(v->a, s->manifest.batch)),
                    backup_path(v->a, v->dir, s->name, STR(BACKUP_DIRECTORY)), &s->bad, HITS_MOST, &hits, &n) != ST_OK)
        n = 0;
    for (size_t i = 0; i < n; i++)
        put_problem(v, s, STR_NONE, &hits[i],
                    str_eq(hits[i].account, STR("queue")) ? STR("the body of a letter that waits to be sent is lost")
                                                          : STR("the message's body is lost"));
    if (!n)
        problem(v, s, STR_NONE, "%zu bodies are lost that no message refers to", s->bad.n);
}

/* --- the answer ---------------------------------------------------------------------------------------------------------- */

static void put_answer(struct verifying *v, struct json *j)
{
    json_object(j);
    json_kv_u64(j, "problems", v->problems);
    json_kv_u64(j, "journal_records", v->records.batches);
    json_key(j, "sets");
    json_array(j);
    for (size_t i = 0; i < v->n_sets; i++) {
        const struct set *s = &v->sets[i];

        json_object(j);
        json_kv_str(j, "set", s->name);
        json_kv_str(j, "time", s->has_manifest ? time_rfc3339(v->a, s->manifest.time_us) : STR("-"));
        json_kv_u64(j, "accounts", s->manifest.accounts);
        json_kv_u64(j, "messages", s->manifest.messages);
        json_kv_u64(j, "bodies", s->bodies);
        json_kv_u64(j, "lost_bodies", s->bad.n);
        json_kv_u64(j, "problems", s->problems);
        json_kv_str(j, "state", s->problems ? STR("damaged") : STR("good"));
        json_object_end(j);
    }
    json_array_end(j);
    json_key(j, "found");
    json_array(j);
    json_raw(j, buf_str(&v->found_text));
    json_array_end(j);
    json_object_end(j);
}

static void fini(struct verifying *v)
{
    for (size_t i = 0; i < v->n_sets; i++)
        map_fini(&v->sets[i].bad);
    backup_records_fini(&v->records);
    map_fini(&v->group);
    buf_fini(&v->found_text);
}

enum st backup_verify(struct arena *a, const char *dir, uint64_t at_us, struct json *j, bool *out_wrong)
{
    struct verifying v = {
        .a = a,
        .dir = dir,
        .flow = {.hold = -1, .what = "verifying", .percent = 101, .is_terminal = isatty(STDERR_FILENO) == 1}};
    struct str identity;
    int lock = -1;
    enum st st;

    buf_init(&v.found_text, 32u << 20);
    json_init(&v.found, &v.found_text);
    st = backup_identity(a, dir, &identity);
    if (st == ST_OK)
        st = backup_lock(dir, false, &lock);
    if (st == ST_OK)
        st = read_sets(&v, at_us, identity);
    if (st == ST_OK) {
        gather_uses(&v);
        for (size_t i = 0; i < v.n_sets; i++)
            if (v.sets[i].has_manifest)
                check_own_files(&v, &v.sets[i]);
        check_pool(&v);
        for (size_t i = 0; i < v.n_sets; i++)
            tell_hits(&v, &v.sets[i]);
        put_answer(&v, j);
        *out_wrong = v.problems > 0;
    }
    if (lock >= 0)
        os->close(os, lock);
    fini(&v);
    return st;
}
