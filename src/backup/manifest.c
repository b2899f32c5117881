/* Manifests as JSON. A manifest ends with a hash of what stands before it, so that damage in it is seen like damage in any
 * file that it names. */
#include "backup/manifest.h"
#include "base/clock.h"
#include "base/codec.h"
#include "store/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define MANIFEST_MAX (512u << 20)
#define FILES_MAX (4u << 20)
#define NAME_MAX_BYTES 200
#define HEAD_LINE "restante backup "
#define CHECK_MARK ",\n  \"check\": \""
#define SET_NAME_CHARS 16
#define HASH_CHUNK (1u << 20)
#define LIST_MAX (4u << 20)

static void hash_of(struct str bytes, unsigned char out[BACKUP_HASH_BYTES])
{
    crypto_generichash(out, BACKUP_HASH_BYTES, (const unsigned char *)bytes.p, bytes.n, NULL, 0);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

/* What jansson gives comes from its own allocator. */
static void json_text_free(char *text)
{
    json_malloc_t give;
    json_free_t take;

    json_get_alloc_funcs(&give, &take);
    take(text);
}

static int by_name(const void *a, const void *b)
{
    const struct backup_file *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

static json_t *text_of(struct str s)
{
    return json_stringn(s.p ? s.p : "", s.n);
}

static json_t *files_of(const struct backup_manifest *m, struct arena *a)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n_files; i++) {
        const struct backup_file *f = &m->files[i];

        json_array_append_new(list,
                              json_pack("{s:o, s:I, s:o}", "name", text_of(f->name), "bytes", (json_int_t)f->bytes,
                                        "blake2b", text_of(hex_of(a, f->hash, BACKUP_HASH_BYTES))));
    }
    return list;
}

static json_t *manifest_of(const struct backup_manifest *m, struct arena *a)
{
    return json_pack("{s:i, s:o, s:I, s:o, s:o, s:I, s:I, s:I, s:b, s:o}", "version", (int)BACKUP_VERSION, "time",
                     text_of(time_rfc3339(a, m->time_us)), "time_us", (json_int_t)m->time_us, "identity",
                     text_of(m->identity), "program", text_of(m->program), "batch", (json_int_t)m->batch, "accounts",
                     (json_int_t)m->accounts, "messages", (json_int_t)m->messages, "has_keys", (int)m->has_keys,
                     "files", files_of(m, a));
}

enum st backup_manifest_put(const struct backup_manifest *m, struct buf *out)
{
    unsigned char hash[BACKUP_HASH_BYTES];
    struct arena a = ARENA_INIT;
    size_t from = out->n;
    json_t *o;
    char *text;

    if (m->n_files)
        qsort(m->files, m->n_files, sizeof *m->files, by_name);
    o = manifest_of(m, &a);
    text = o ? json_dumps(o, JSON_INDENT(2)) : NULL;
    json_decref(o);
    if (!text) {
        arena_fini(&a);
        return FAIL(ST_INTERNAL, "the manifest can't be written as JSON");
    }
    buf_add(out, str_sub(str_z(text), 0, strlen(text) - 2)); /* without "\n}" */
    json_text_free(text);
    hash_of(str_from(buf_str(out), from), hash);
    buf_addz(out, CHECK_MARK);
    buf_add(out, hex_of(&a, hash, sizeof hash));
    buf_addz(out, "\"\n}\n");
    arena_fini(&a);
    return buf_check(out);
}

struct str backup_snapshot_name(struct arena *a, uint64_t batch)
{
    return arena_printf(a, "%08llu.snap", (unsigned long long)batch);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

static enum st bad(const char *what)
{
    return FAIL(ST_CORRUPT, "the manifest is damaged: %s", what);
}

static enum st check_self(struct arena *a, struct str json)
{
    static const struct str mark = STR(CHECK_MARK), end = STR("\"\n}\n");
    size_t tail = mark.n + 2 * BACKUP_HASH_BYTES + end.n;
    unsigned char hash[BACKUP_HASH_BYTES];
    struct str rest;

    if (json.n < tail)
        return bad("it is too short");
    rest = str_from(json, json.n - tail);
    hash_of(str_sub(json, 0, json.n - tail), hash);
    if (!str_starts(rest, mark) || !str_ends(rest, end) ||
        !str_eq(str_sub(rest, mark.n, sizeof hash * 2), hex_of(a, hash, sizeof hash)))
        return bad("it is not what was written");
    return ST_OK;
}

static enum st take_number(const json_t *o, const char *key, uint64_t *out)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_integer(v) || json_integer_value(v) < 0)
        return bad(key);
    *out = (uint64_t)json_integer_value(v);
    return ST_OK;
}

static enum st take_text(struct arena *a, const json_t *o, const char *key, size_t max, struct str *out)
{
    const json_t *v = json_object_get(o, key);

    if (!json_is_string(v) || json_string_length(v) > max)
        return bad(key);
    *out = arena_str(a, str_n(json_string_value(v), json_string_length(v)));
    return ST_OK;
}

/* A name never leads out of the backup, whoever has written it. */
static bool is_good_name(struct str name)
{
    struct str file = str_from(name, str_starts(name, STR("seg/")) ? 4 : str_starts(name, STR("dict/")) ? 5 : 0);

    if (!file.n || file.p[0] == '.')
        return false;
    for (size_t i = 0; i < file.n; i++)
        if (!ascii_is_alnum(file.p[i]) && file.p[i] != '.' && file.p[i] != '-' && file.p[i] != '_')
            return false;
    return true;
}

static enum st take_file(struct arena *a, const json_t *o, struct backup_file *out)
{
    struct str hash, raw;

    TRY(take_text(a, o, "name", NAME_MAX_BYTES, &out->name));
    TRY(take_number(o, "bytes", &out->bytes));
    TRY(take_text(a, o, "blake2b", 2 * BACKUP_HASH_BYTES, &hash));
    if (!is_good_name(out->name) || hex_decode(a, hash, &raw) != ST_OK || raw.n != BACKUP_HASH_BYTES)
        return bad("a file");
    memcpy(out->hash, raw.p, raw.n);
    return ST_OK;
}

static enum st take_files(struct arena *a, const json_t *o, struct backup_manifest *out)
{
    const json_t *list = json_object_get(o, "files");
    size_t n = json_array_size(list);

    if (!json_is_array(list) || n > FILES_MAX)
        return bad("files");
    out->files = ARENA_ARRAY(a, struct backup_file, n);
    out->n_files = n;
    for (size_t i = 0; i < n; i++) {
        TRY(take_file(a, json_array_get(list, i), &out->files[i]));
        if (i && str_cmp(out->files[i - 1].name, out->files[i].name) >= 0)
            return bad("files");
    }
    return ST_OK;
}

static bool is_identity(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_digit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'f'))
            return false;
    return s.n == BACKUP_IDENTITY_CHARS;
}

static enum st take(struct arena *a, const json_t *o, struct backup_manifest *out)
{
    uint64_t version;

    TRY(take_number(o, "version", &version));
    if (version > BACKUP_VERSION)
        return FAIL(ST_DENIED, "a newer version has made this backup");
    TRY(take_number(o, "time_us", &out->time_us));
    TRY(take_text(a, o, "identity", BACKUP_IDENTITY_CHARS, &out->identity));
    TRY(take_text(a, o, "program", NAME_MAX_BYTES, &out->program));
    TRY(take_number(o, "batch", &out->batch));
    TRY(take_number(o, "accounts", &out->accounts));
    TRY(take_number(o, "messages", &out->messages));
    out->has_keys = json_is_true(json_object_get(o, "has_keys"));
    if (!is_identity(out->identity))
        return bad("identity");
    return take_files(a, o, out);
}

enum st backup_manifest_get(struct arena *a, struct str json, struct backup_manifest *out)
{
    struct backup_manifest m = {0};
    json_t *o;
    enum st st;

    TRY(check_self(a, json));
    o = json_loadb(json.p, json.n, 0, NULL);
    if (!o)
        return bad("it is no JSON");
    st = take(a, o, &m);
    json_decref(o);
    TRY(st);
    *out = m;
    return ST_OK;
}

const struct backup_file *backup_manifest_find(const struct backup_manifest *m, struct str name)
{
    struct backup_file key = {.name = name};

    return m->n_files ? bsearch(&key, m->files, m->n_files, sizeof key, by_name) : NULL;
}

/* --- in a directory ----------------------------------------------------------------------------------------------- */

enum st backup_read_file(struct arena *a, const char *path, size_t max, struct str *out)
{
    const struct os_file *os = &os_file_system;
    char *to = NULL;
    uint64_t n;
    enum st st;
    int fd;

    TRY(os->open(os, path, O_RDONLY, &fd));
    st = os->size(os, fd, &n);
    if (st == ST_OK && n > max)
        st = FAIL(ST_LIMIT, "%s is larger than %zu bytes", path, max);
    if (st == ST_OK) {
        to = arena_alloc(a, n + 1);
        st = os->read(os, fd, to, n, 0);
    }
    os->close(os, fd);
    TRY(st);
    *out = str_n(to, n);
    return ST_OK;
}

enum st backup_identity(struct arena *a, const char *dir, struct str *out_identity)
{
    struct str text, line, identity;
    uint32_t version;
    enum st st = backup_read_file(a, arena_printf(a, "%s/%s", dir, BACKUP_FILE).p, 4096, &text);

    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "%s holds no backup: it has no file " BACKUP_FILE, dir);
    TRY(st);
    if (!str_split(&text, '\n', &line) || !str_starts(line, STR(HEAD_LINE)) ||
        str_u32(str_from(line, sizeof HEAD_LINE - 1), UINT32_MAX, &version) != ST_OK)
        return FAIL(ST_CORRUPT, "%s/%s is no head of a backup", dir, BACKUP_FILE);
    if (version > BACKUP_VERSION)
        return FAIL(ST_DENIED, "a newer version has made the backup in %s", dir);
    if (!str_split(&text, '\n', &identity) || !is_identity(identity))
        return FAIL(ST_CORRUPT, "%s/%s names no store", dir, BACKUP_FILE);
    *out_identity = identity;
    return ST_OK;
}

/* A file system that knows no locks has none. */
enum st backup_lock(const char *dir, bool alone, int *out_fd)
{
    struct arena a = ARENA_INIT;
    enum st st = os_file_system.open(&os_file_system, arena_printf(&a, "%s/%s", dir, BACKUP_FILE).p, O_RDONLY, out_fd);

    arena_fini(&a);
    TRY(st);
    if (flock(*out_fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(TAKE_FD(*out_fd));
        return FAIL(ST_BUSY, "%s is in use: a backup is being made, verified or restored there", dir);
    }
    return ST_OK;
}

struct str backup_set_name(struct arena *a, uint64_t time_us)
{
    struct str t = time_rfc3339(a, time_us); /* 2026-11-23T06:40:20Z */

    return arena_printf(a, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", t.p, t.p + 5, t.p + 8, t.p + 11, t.p + 14, t.p + 17);
}

static bool two(struct str s, size_t at, uint32_t max, unsigned *out)
{
    uint32_t v;

    if (str_u32(str_sub(s, at, 2), max, &v) != ST_OK)
        return false;
    *out = v;
    return true;
}

static bool time_of_name(struct str s, uint64_t *out_us)
{
    unsigned month, day, hour, minute, second;
    uint32_t year;
    int64_t days;

    if (s.n != SET_NAME_CHARS || s.p[8] != 'T' || s.p[15] != 'Z' || str_u32(str_sub(s, 0, 4), 9999, &year) != ST_OK ||
        year < 1970 || !two(s, 4, 12, &month) || !two(s, 6, 31, &day) || !two(s, 9, 23, &hour) ||
        !two(s, 11, 59, &minute) || !two(s, 13, 60, &second) || !month || !day)
        return false;
    days = days_from_civil(year, month, day);
    *out_us = (((uint64_t)days * 24 + hour) * 3600 + minute * 60ull + second) * 1000000;
    return true;
}

static int by_set_name(const void *a, const void *b)
{
    const struct backup_set *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

enum st backup_sets(struct arena *a, const char *dir, struct backup_set **out, size_t *out_n)
{
    const struct os_file *os = &os_file_system;
    struct backup_set *sets;
    struct str *names;
    size_t n, found = 0;

    TRY(os->list(os, a, dir, LIST_MAX, &names, &n));
    sets = ARENA_ARRAY(a, struct backup_set, n);
    for (size_t i = 0; i < n; i++) {
        sets[found].name = names[i];
        found += time_of_name(names[i], &sets[found].time_us);
    }
    if (found > BACKUP_SETS_MAX)
        return FAIL(ST_LIMIT, "%s holds more than %d sets", dir, BACKUP_SETS_MAX);
    if (found)
        qsort(sets, found, sizeof *sets, by_set_name);
    *out = sets;
    *out_n = found;
    return ST_OK;
}

enum st backup_set_at(const struct backup_set *sets, size_t n, uint64_t at_us, const struct backup_set **out)
{
    if (!n)
        return FAIL(ST_NOTFOUND, "the backup holds no complete set");
    while (n && sets[n - 1].time_us > at_us)
        n--;
    if (!n)
        return FAIL(ST_NOTFOUND, "the oldest set, %.*s, is from after that time", STR_ARGS(sets[0].name));
    *out = &sets[n - 1];
    return ST_OK;
}

const char *backup_path(struct arena *a, const char *dir, struct str set, struct str file)
{
    if (str_find(file, '/') < file.n)
        return arena_printf(a, "%s/%.*s", dir, STR_ARGS(file)).p;
    return arena_printf(a, "%s/%.*s/%.*s", dir, STR_ARGS(set), STR_ARGS(file)).p;
}

enum st backup_set_read(struct arena *a, const char *dir, struct str set, struct backup_manifest *out)
{
    struct str json;
    enum st st = backup_read_file(a, backup_path(a, dir, set, STR(BACKUP_MANIFEST)), MANIFEST_MAX, &json);

    if (st == ST_OK)
        st = backup_manifest_get(a, json, out);
    return st == ST_OK ? ST_OK : err_context(st, "%.*s", STR_ARGS(set));
}

static enum st hash_bytes_of(const struct os_file *os, int fd, uint64_t bytes, unsigned char out[BACKUP_HASH_BYTES])
{
    crypto_generichash_state state;
    unsigned char *chunk = mem_new(HASH_CHUNK);
    enum st st = ST_OK;

    crypto_generichash_init(&state, NULL, 0, BACKUP_HASH_BYTES);
    for (uint64_t at = 0; st == ST_OK && at < bytes; at += HASH_CHUNK) {
        size_t n = (size_t)MIN(HASH_CHUNK, bytes - at);

        st = os->read(os, fd, chunk, n, at);
        if (st == ST_OK)
            crypto_generichash_update(&state, chunk, n);
    }
    mem_free(chunk);
    TRY(st);
    crypto_generichash_final(&state, out, BACKUP_HASH_BYTES);
    return ST_OK;
}

enum st backup_hash_file(const char *path, uint64_t bytes, unsigned char out[BACKUP_HASH_BYTES])
{
    const struct os_file *os = &os_file_system;
    enum st st;
    int fd;

    TRY(os->open(os, path, O_RDONLY, &fd));
    st = hash_bytes_of(os, fd, bytes, out);
    os->close(os, fd);
    return st == ST_OK ? ST_OK : err_context(st, "%s", path);
}
