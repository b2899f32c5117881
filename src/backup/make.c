/* A set in the making has a name that ends in .tmp. Nothing of what older sets name is changed on the way: files of the pool
 * are new, or grow at their end. All is durable before the set gets its name; a cut before that leaves a .tmp, files that
 * no set names, and bytes behind those that one names, which the next backup takes away or writes over. */
#include "backup/make.h"
#include "admin/command.h"
#include "backup/contents.h"
#include "backup/directory_keys.h"
#include "backup/keys.h"
#include "base/map.h"
#include "base/secret.h"
#include "store/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define HOLD_WAIT_S 3600 /* for the snapshot to be written */
#define LINE_MAX_BYTES 4096
#define LIST_MAX (4u << 20)
#define CONFIG_MAX (16u << 20)
#define SECOND 1000000u
#define DICTIONARIES_MOST 64
#define SQLITE_WAIT_MS 30000

static const struct os_file *const os = &os_file_system;

struct making {
    struct arena *a;
    const struct admin_backup *b;
    const char *dir, *store;
    struct backup_flow flow;
    struct str identity;
    int lock; /* -1: not locked yet */
    struct backup_set *sets;
    size_t n_sets;
    struct map known;    /* of the pool: name -> struct backup_file with most bytes */
    struct str set, tmp; /* names */
    struct backup_contents contents;
    struct backup_manifest manifest;
    struct buf directory_keys; /* to be sealed with the others */
    size_t cap_files;
    const char **made; /* new files of the pool */
    size_t n_made, cap_made;
};

static const char *path(struct making *m, const char *folder, struct str name)
{
    return arena_printf(m->a, "%s/%s%s%.*s", m->dir, folder, folder[0] ? "/" : "", STR_ARGS(name)).p;
}

/* --- the hold ------------------------------------------------------------------------------------------------ */

static enum st read_line(int fd, char *to, size_t max, size_t *out_n)
{
    struct timeval wait = {.tv_sec = HOLD_WAIT_S};
    size_t n = 0;
    ssize_t got;

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        return FAIL_ERRNO("waiting for the server");
    while (n < max && (!n || to[n - 1] != '\n')) {
        got = recv(fd, to + n, max - n, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return FAIL(ST_TIMEOUT, "the server does not get ready for a backup");
        if (got < 0)
            return FAIL_ERRNO("waiting for the server");
        if (got == 0)
            return FAIL(ST_EOF, "the server ended before the backup began");
        n += (size_t)got;
    }
    *out_n = n;
    return ST_OK;
}

static enum st take_hold(struct making *m, json_t *o)
{
    const json_t *identity = json_object_get(o, "identity"), *batch = json_object_get(o, "batch");

    if (json_is_string(json_object_get(o, "error")))
        return FAIL(ST_TRYLATER, "the server can't be copied now: %s", json_string_value(json_object_get(o, "error")));
    if (!json_is_string(identity) || json_string_length(identity) != BACKUP_IDENTITY_CHARS || !json_is_integer(batch))
        return FAIL(ST_INTERNAL, "the server's answer makes no sense");
    m->identity = arena_str(m->a, str_n(json_string_value(identity), json_string_length(identity)));
    m->manifest.batch = (uint64_t)json_integer_value(batch);
    return ST_OK;
}

static enum st wait_for_hold(struct making *m)
{
    char line[LINE_MAX_BYTES];
    size_t n;
    json_t *o;
    enum st st;

    TRY(read_line(m->b->hold, line, sizeof line, &n));
    o = json_loadb(line, n, 0, NULL);
    st = take_hold(m, o);
    json_decref(o);
    return st;
}

/* Nobody has said that it was over. */
static enum st check_hold(struct making *m)
{
    char c;
    ssize_t n = recv(m->b->hold, &c, 1, MSG_PEEK | MSG_DONTWAIT);

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        return FAIL(ST_EOF, "the server has ended, or was started anew, while the backup was made: nothing was added");
    return ST_OK;
}

/* --- the directory -------------------------------------------------------------------------------------------- */

/* A fresh one may be a file system's root. */
static enum st check_empty(struct making *m)
{
    struct str *names;
    size_t n;

    TRY(os->list(os, m->a, m->dir, LIST_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        if (!str_eq(names[i], STR("lost+found")) && !str_eq(names[i], STR(BACKUP_FILE BACKUP_TMP)))
            return FAIL(ST_EXISTS, "%s holds something else (%.*s) and no backup", m->dir, (int)MIN(names[i].n, 60),
                        names[i].p);
    return ST_OK;
}

static enum st begin_directory(struct making *m)
{
    struct str text = arena_printf(m->a, "restante backup %u\n%.*s\n", BACKUP_VERSION, STR_ARGS(m->identity));
    const char *head = path(m, "", STR(BACKUP_FILE)), *tmp = path(m, "", STR(BACKUP_FILE BACKUP_TMP));
    unsigned char hash[BACKUP_HASH_BYTES];

    TRY(check_empty(m));
    TRY(backup_put(&m->flow, text, tmp, hash));
    TRY(os->rename(os, tmp, head));
    return os->sync_dir(os, m->dir);
}

static enum st open_directory(struct making *m)
{
    struct str identity;
    enum st st;

    if (mkdir(m->dir, 0700) != 0 && errno != EEXIST)
        return FAIL_ERRNO(m->dir);
    st = backup_identity(m->a, m->dir, &identity);
    if (st == ST_NOTFOUND) {
        st = begin_directory(m);
        identity = m->identity;
    }
    TRY(st);
    if (!str_eq(identity, m->identity))
        return FAIL(ST_DENIED, "%s holds a backup of another server", m->dir);
    TRY(backup_lock(m->dir, true, &m->lock));
    TRY(os->mkdir(os, path(m, "", STR("seg"))));
    TRY(os->mkdir(os, path(m, "", STR("dict"))));
    return os->sync_dir(os, m->dir);
}

/* With the files in it; folders in it there are none. */
static enum st remove_folder(struct making *m, const char *dir)
{
    struct str *names;
    size_t n;

    TRY(os->list(os, m->a, dir, LIST_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        TRY(os->unlink(os, arena_printf(m->a, "%s/%.*s", dir, STR_ARGS(names[i])).p));
    return rmdir(dir) == 0 ? ST_OK : FAIL_ERRNO(dir);
}

static enum st tidy_pool(struct making *m, const char *folder)
{
    struct str *names;
    size_t n;

    TRY(os->list(os, m->a, path(m, folder, STR("")), LIST_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        if (str_ends(names[i], STR(BACKUP_TMP)))
            TRY(os->unlink(os, path(m, folder, names[i])));
    return ST_OK;
}

/* What a backup that was cut has left. */
static enum st tidy(struct making *m)
{
    struct str *names;
    size_t n;

    TRY(os->list(os, m->a, m->dir, LIST_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        if (str_ends(names[i], STR("Z" BACKUP_TMP)))
            TRY(remove_folder(m, path(m, "", names[i])));
    TRY(tidy_pool(m, "seg"));
    return tidy_pool(m, "dict");
}

/* --- what is there already ----------------------------------------------------------------------------------- */

static void learn(struct making *m, const struct backup_manifest *of)
{
    for (size_t i = 0; i < of->n_files; i++) {
        struct backup_file *f = &of->files[i], *k = map_str_get(&m->known, f->name);

        if (str_find(f->name, '/') < f->name.n && (!k || k->bytes < f->bytes))
            map_str_put(&m->known, f->name, f);
    }
}

/* A manifest that is damaged is for `verify` to tell; what only it knows is copied again. */
static enum st learn_all(struct making *m)
{
    TRY(backup_sets(m->a, m->dir, &m->sets, &m->n_sets));
    for (size_t i = 0; i < m->n_sets; i++) {
        struct backup_manifest of;
        enum st st = backup_set_read(m->a, m->dir, m->sets[i].name, &of);

        if (st == ST_OK)
            learn(m, &of);
        else if (st != ST_CORRUPT && st != ST_NOTFOUND)
            return st;
    }
    return ST_OK;
}

/* Rounded up: what is in it is not younger than its name. */
static enum st name_set(struct making *m)
{
    uint64_t us = m->manifest.time_us + SECOND - 1;

    if (m->n_sets)
        us = MAX(us, m->sets[m->n_sets - 1].time_us + SECOND);
    m->set = backup_set_name(m->a, us);
    m->tmp = arena_printf(m->a, "%.*s" BACKUP_TMP, STR_ARGS(m->set));
    return os->mkdir(os, path(m, "", m->tmp));
}

static struct backup_file *add_file(struct making *m, struct str name, uint64_t bytes)
{
    struct backup_manifest *of = &m->manifest;

    if (of->n_files == m->cap_files) {
        struct backup_file *more =
            ARENA_ARRAY(m->a, struct backup_file, m->cap_files = m->cap_files ? m->cap_files * 2 : 256);

        if (of->n_files)
            memcpy(more, of->files, of->n_files * sizeof *more);
        of->files = more;
    }
    of->files[of->n_files] = (struct backup_file){.name = name, .bytes = bytes};
    return &of->files[of->n_files++];
}

/* --- the pool --------------------------------------------------------------------------------------------------- */

static bool is_there(const char *file, uint64_t bytes)
{
    struct stat sb;

    return stat(file, &sb) == 0 && S_ISREG(sb.st_mode) && (uint64_t)sb.st_size >= bytes;
}

/* A file of the pool that no set knows is of a backup that was cut: it is copied anew. */
static enum st copy_new(struct making *m, const char *from, const char *to, bool is_known, struct backup_file *f)
{
    if (!is_known && m->n_made < m->cap_made)
        m->made[m->n_made++] = to;
    return backup_copy(&m->flow, from, to, f->bytes, f->hash);
}

static enum st into_pool(struct making *m, const char *from, struct str name, uint64_t bytes)
{
    struct backup_file *f = add_file(m, name, bytes);
    const struct backup_file *known = map_str_get(&m->known, name);
    const char *to = path(m, "", name);
    enum st st;

    if (known && known->bytes == bytes && is_there(to, bytes)) {
        memcpy(f->hash, known->hash, sizeof f->hash);
        return backup_flow_on(&m->flow, bytes);
    }
    if (!known || known->bytes >= bytes)
        return copy_new(m, from, to, known != NULL, f);
    st = backup_copy_more(&m->flow, from, to, known, bytes, f->hash);
    return st == ST_CORRUPT ? copy_new(m, from, to, true, f) : st; /* which heals older sets, too */
}

static enum st copy_segments(struct making *m)
{
    for (size_t i = 0; i < m->contents.n_segments; i++) {
        const struct segment_row *row = &m->contents.segments[i];
        struct str name = arena_printf(m->a, "seg/%08llu.seg", (unsigned long long)row->head.id);

        TRY(into_pool(m, arena_printf(m->a, "%s/%s", m->store, name.p).p, name, row->used));
    }
    return os->sync_dir(os, path(m, "", STR("seg")));
}

/* Dictionaries never change. */
static enum st copy_dictionaries(struct making *m)
{
    struct str *names;
    size_t n;
    enum st st = os->list(os, m->a, arena_printf(m->a, "%s/dict", m->store).p, LIST_MAX, &names, &n);

    if (st == ST_NOTFOUND)
        return ST_OK;
    TRY(st);
    for (size_t i = 0; i < n; i++) {
        const char *from = arena_printf(m->a, "%s/dict/%.*s", m->store, STR_ARGS(names[i])).p;
        struct stat sb;

        if (!str_ends(names[i], STR(".dict")))
            continue;
        if (stat(from, &sb) != 0)
            return FAIL_ERRNO(from);
        TRY(into_pool(m, from, arena_printf(m->a, "dict/%.*s", STR_ARGS(names[i])), (uint64_t)sb.st_size));
    }
    return os->sync_dir(os, path(m, "", STR("dict")));
}

/* --- the set's own files ------------------------------------------------------------------------------------------ */

static const char *own_path(struct making *m, struct str name)
{
    return backup_path(m->a, m->dir, m->tmp, name);
}

static enum st copy_snapshot(struct making *m)
{
    struct str name = backup_snapshot_name(m->a, m->manifest.batch);
    const char *from = arena_printf(m->a, "%s/snap/%.*s", m->store, STR_ARGS(name)).p;
    struct stat sb;
    struct backup_file *f;

    if (stat(from, &sb) != 0)
        return FAIL_ERRNO(from);
    f = add_file(m, name, (uint64_t)sb.st_size);
    return backup_copy(&m->flow, from, own_path(m, name), f->bytes, f->hash);
}

static enum st count_accounts(sqlite3 *db, const char *what, uint64_t *out)
{
    sqlite3_stmt *ask = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT count(*) FROM account WHERE removed IS NULL", -1, &ask, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(ask);
    if (rc == SQLITE_ROW)
        *out = (uint64_t)sqlite3_column_int64(ask, 0);
    sqlite3_finalize(ask);
    return rc == SQLITE_ROW ? ST_OK : directory_keys_failed(db, what, rc);
}

/* In one step: readers of a database in WAL mode hold up nobody, and writers not them. */
static enum st copy_pages(sqlite3 *from, sqlite3 *to, const char *what)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    int rc;

    if (!copy)
        return directory_keys_failed(to, what, sqlite3_errcode(to));
    rc = sqlite3_backup_step(copy, -1);
    sqlite3_backup_finish(copy);
    if (rc != SQLITE_DONE)
        return directory_keys_failed(to, what, rc);
    rc = sqlite3_exec(to, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL); /* one file, no others beside it */
    return rc == SQLITE_OK ? ST_OK : directory_keys_failed(to, what, rc);
}

/* What keys are in it goes to *keys, or nowhere (NULL). */
static enum st copy_database(const char *from, const char *to, struct buf *keys, uint64_t *out_accounts)
{
    sqlite3 *in = NULL, *out = NULL;
    enum st st = ST_OK;
    int rc = sqlite3_open_v2(from, &in, SQLITE_OPEN_READWRITE, NULL);

    if (rc != SQLITE_OK)
        st = directory_keys_failed(in, from, rc);
    if (st == ST_OK) {
        sqlite3_busy_timeout(in, SQLITE_WAIT_MS);
        rc = sqlite3_open_v2(to, &out, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
        st = rc == SQLITE_OK ? copy_pages(in, out, to) : directory_keys_failed(out, to, rc);
    }
    if (st == ST_OK)
        st = directory_keys_take(out, to, keys);
    if (st == ST_OK)
        st = count_accounts(out, to, out_accounts);
    sqlite3_close(out);
    sqlite3_close(in);
    return st;
}

static enum st copy_directory(struct making *m)
{
    const char *to = own_path(m, STR(BACKUP_DIRECTORY));
    struct backup_file *f;
    struct stat sb;
    int fd;
    enum st st;

    TRY(copy_database(arena_printf(m->a, "%.*s/keeper/" BACKUP_DIRECTORY, STR_ARGS(m->b->set->data)).p, to,
                      m->b->passphrase.n ? &m->directory_keys : NULL, &m->manifest.accounts));
    TRY(os->open(os, to, O_RDWR, &fd));
    st = os->sync(os, fd);
    os->close(os, fd);
    TRY(st);
    if (chmod(to, 0600) != 0 || stat(to, &sb) != 0)
        return FAIL_ERRNO(to);
    f = add_file(m, STR(BACKUP_DIRECTORY), (uint64_t)sb.st_size);
    m->flow.read += f->bytes;
    m->flow.written += f->bytes;
    return backup_hash_file(to, f->bytes, f->hash);
}

static enum st seal_keys(struct making *m, struct buf *sealed, size_t *out_files)
{
    struct buf tar;
    enum st st;

    buf_init(&tar, KEYS_TAR_MAX);
    st = backup_keys_gather(m->b->set, buf_str(&m->directory_keys), &tar, out_files);
    if (st == ST_OK)
        st = backup_keys_seal(buf_str(&tar), m->b->passphrase, sealed);
    if (tar.n)
        wipe(tar.p, tar.n);
    buf_fini(&tar);
    return st;
}

static enum st put_keys(struct making *m, size_t *out_files)
{
    struct backup_file *f;
    struct buf sealed;
    enum st st;

    buf_init(&sealed, 2 * KEYS_TAR_MAX);
    st = seal_keys(m, &sealed, out_files);
    if (st == ST_OK) {
        f = add_file(m, STR(BACKUP_KEYS), sealed.n);
        st = backup_put(&m->flow, buf_str(&sealed), own_path(m, STR(BACKUP_KEYS)), f->hash);
    }
    buf_fini(&sealed);
    return st;
}

static enum st put_config(struct making *m)
{
    struct backup_file *f;
    struct str text;

    TRY(backup_read_file(m->a, m->b->config, CONFIG_MAX, &text));
    f = add_file(m, STR(BACKUP_CONFIG), text.n);
    return backup_put(&m->flow, text, own_path(m, STR(BACKUP_CONFIG)), f->hash);
}

static enum st put_manifest(struct making *m)
{
    unsigned char hash[BACKUP_HASH_BYTES];
    struct buf json;
    enum st st;

    buf_init(&json, 512u << 20);
    st = backup_manifest_put(&m->manifest, &json);
    if (st == ST_OK)
        st = backup_put(&m->flow, buf_str(&json), own_path(m, STR(BACKUP_MANIFEST)), hash);
    buf_fini(&json);
    return st;
}

/* --- old sets ------------------------------------------------------------------------------------------------------ */

static enum st clean_pool(struct making *m, const char *folder, const struct map *named)
{
    struct str *names;
    size_t n;

    TRY(os->list(os, m->a, path(m, folder, STR("")), LIST_MAX, &names, &n));
    for (size_t i = 0; i < n; i++)
        if (!map_str_get(named, arena_printf(m->a, "%s/%.*s", folder, STR_ARGS(names[i]))))
            TRY(os->unlink(os, path(m, folder, names[i])));
    return ST_OK;
}

static enum st clean_pools(struct making *m)
{
    struct map named = MAP_INIT;
    struct backup_set *sets;
    size_t n;
    enum st st;

    TRY(backup_sets(m->a, m->dir, &sets, &n));
    st = ST_OK;
    for (size_t i = 0; st == ST_OK && i < n; i++) {
        struct backup_manifest of;

        st = backup_set_read(m->a, m->dir, sets[i].name, &of);
        for (size_t k = 0; st == ST_OK && k < of.n_files; k++)
            map_str_put(&named, of.files[k].name, m);
    }
    if (st == ST_OK)
        st = clean_pool(m, "seg", &named);
    if (st == ST_OK)
        st = clean_pool(m, "dict", &named);
    map_fini(&named);
    return st;
}

/* Their names first, so that none is there that lacks something. */
static enum st remove_old(struct making *m, uint64_t keep, struct backup_made *out)
{
    size_t n = m->n_sets + 1 > keep ? (size_t)(m->n_sets + 1 - keep) : 0;

    out->removed = ARENA_ARRAY(m->a, struct str, n + 1);
    for (size_t i = 0; i < n; i++) {
        const char *from = path(m, "", m->sets[i].name);

        TRY(os->rename(os, from, arena_printf(m->a, "%s" BACKUP_TMP, from).p));
        out->removed[out->n_removed++] = m->sets[i].name;
    }
    TRY(os->sync_dir(os, m->dir));
    TRY(tidy(m));
    TRY(clean_pools(m));
    return os->sync_dir(os, m->dir);
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static enum st read_contents(struct making *m)
{
    struct str name = backup_snapshot_name(m->a, m->manifest.batch);

    TRY(backup_contents_read(m->a, own_path(m, name), &m->contents));
    m->cap_made = m->contents.n_segments + DICTIONARIES_MOST;
    m->made = ARENA_ARRAY(m->a, const char *, m->cap_made);
    m->manifest.messages = m->contents.messages;
    for (size_t i = 0; i < m->contents.n_segments; i++)
        m->flow.total += m->contents.segments[i].used;
    return ST_OK;
}

static enum st fill(struct making *m, struct backup_made *out)
{
    m->manifest.identity = m->identity;
    m->manifest.program = str_z(m->b->version);
    m->manifest.has_keys = m->b->passphrase.n > 0;
    TRY(copy_snapshot(m));
    TRY(read_contents(m));
    TRY(copy_directory(m));
    if (m->manifest.has_keys)
        TRY(put_keys(m, &out->files_of_keys));
    TRY(put_config(m));
    TRY(copy_dictionaries(m));
    return copy_segments(m);
}

static enum st finish(struct making *m)
{
    const char *tmp = path(m, "", m->tmp);

    TRY(put_manifest(m));
    TRY(os->sync_dir(os, tmp));
    TRY(check_hold(m));
    TRY(os->rename(os, tmp, path(m, "", m->set)));
    return os->sync_dir(os, m->dir);
}

static void give_up(struct making *m)
{
    struct err why = *err_get();

    if (m->tmp.n)
        IGNORE(remove_folder(m, path(m, "", m->tmp)));
    for (size_t i = 0; i < m->n_made; i++)
        IGNORE(os->unlink(os, m->made[i]));
    *err_get() = why;
}

static enum st add_set(struct making *m, struct backup_made *out)
{
    enum st st;

    TRY(tidy(m));
    TRY(learn_all(m));
    TRY(name_set(m));
    st = fill(m, out);
    if (st == ST_OK)
        st = finish(m);
    if (st != ST_OK)
        give_up(m);
    return st;
}

static enum st make(struct making *m, uint64_t keep, struct backup_made *out)
{
    if (sodium_init() < 0)
        return FAIL(ST_INTERNAL, "libsodium does not start");
    TRY(wait_for_hold(m));
    m->manifest.time_us = clock_wall_us();
    TRY(open_directory(m));
    TRY(add_set(m, out));
    out->set = m->set;
    out->manifest = m->manifest;
    for (size_t i = 0; i < m->manifest.n_files; i++)
        out->bytes += m->manifest.files[i].bytes;
    return keep ? remove_old(m, keep, out) : ST_OK;
}

enum st backup_make(struct arena *a, const struct admin_backup *b, uint64_t keep, struct backup_made *out)
{
    struct making m = {.a = a,
                       .b = b,
                       .dir = arena_cstr(a, b->args->args[0]),
                       .store = arena_printf(a, "%.*s/box/store", STR_ARGS(b->set->data)).p,
                       .lock = -1,
                       .flow = {.hold = b->hold,
                                .what = "copying",
                                .percent = 101,
                                .is_terminal = isatty(STDERR_FILENO) == 1,
                                .said = clock_mono_ms()}};
    enum st st;

    *out = (struct backup_made){0};
    umask(077);
    buf_init(&m.directory_keys, KEYS_TAR_MAX / 2);
    st = make(&m, keep, out);
    if (m.directory_keys.n)
        wipe(m.directory_keys.p, m.directory_keys.n);
    buf_fini(&m.directory_keys);
    out->read = m.flow.read;
    out->written = m.flow.written;
    if (m.lock >= 0)
        os->close(os, m.lock);
    map_fini(&m.known);
    return st;
}
