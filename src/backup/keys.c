#include "backup/keys.h"
#include "backup/directory_keys.h"
#include "backup/manifest.h"
#include "base/rec.h"
#include "base/secret.h"

#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "RSTKEYS1"
#define OPS crypto_pwhash_argon2id_OPSLIMIT_MODERATE
#ifndef KEYS_MEMORY /* tests have less */
#define KEYS_MEMORY (128ull << 20)
#endif
#define OPS_MOST 100u /* that a file may ask for: its head is believed before anything is verified */
#define MEMORY_MOST (1ull << 30)
#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define STREAM_HEAD_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define KEY_BYTES crypto_secretstream_xchacha20poly1305_KEYBYTES
#define MORE_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEAD_BYTES (8 + 8 + 8 + SALT_BYTES + STREAM_HEAD_BYTES)
#define CHUNK 65536u
#define FILE_MOST (16u << 20)
#define FILES_MOST 1000u
#define DEPTH_MOST 6u

/* --- gathering ---------------------------------------------------------------------------------------------- */

struct gathering {
    struct archive *tar;
    struct arena arena;
    const struct settings *set;
    struct str *taken; /* paths */
    size_t n;
};

static enum st failed(struct archive *tar)
{
    return FAIL(ST_INTERNAL, "the tar of keys: %s", archive_error_string(tar));
}

static bool is_taken(struct gathering *g, struct str path)
{
    for (size_t i = 0; i < g->n; i++)
        if (str_eq(g->taken[i], path))
            return true;
    return false;
}

static enum st add_bytes(struct gathering *g, struct str path, const struct stat *sb, struct str bytes)
{
    struct archive_entry *e = archive_entry_new();
    enum st st = ST_OK;

    archive_entry_copy_stat(e, sb);
    archive_entry_set_pathname(e, path.p + 1);
    archive_entry_set_size(e, (la_int64_t)bytes.n);
    if (archive_write_header(g->tar, e) != ARCHIVE_OK ||
        archive_write_data(g->tar, bytes.p, bytes.n) != (la_ssize_t)bytes.n)
        st = failed(g->tar);
    archive_entry_free(e);
    return st;
}

/* What is missing is left out when `must_be` is not set. */
static enum st add_file(struct gathering *g, const char *name, bool must_be)
{
    char real[PATH_MAX];
    struct str path = STR_NONE, bytes;
    struct stat sb;
    enum st st;

    if (realpath(name, real))
        path = arena_str(&g->arena, str_z(real));
    else
        return must_be || errno != ENOENT ? FAIL_ERRNO(name) : ST_OK;
    if (is_taken(g, path))
        return ST_OK;
    if (stat(path.p, &sb) != 0)
        return FAIL_ERRNO(path.p);
    if (!S_ISREG(sb.st_mode))
        return ST_OK;
    if (g->n == FILES_MOST)
        return FAIL(ST_LIMIT, "more than %u files with keys", FILES_MOST);
    st = backup_read_file(&g->arena, path.p, FILE_MOST, &bytes);
    if (st == ST_OK)
        st = add_bytes(g, path, &sb, bytes);
    if (st == ST_OK)
        g->taken[g->n++] = path;
    if (st == ST_OK && bytes.n)
        wipe((void *)(uintptr_t)bytes.p, bytes.n);
    return st;
}

/* What `make-ca` puts beside a certificate. */
static enum st add_beside(struct gathering *g, struct str key)
{
    struct str dir = str_sub(key, 0, str_rfind(key, '/') < key.n ? str_rfind(key, '/') + 1 : 0);

    TRY(add_file(g, arena_printf(&g->arena, "%.*sca.pem", STR_ARGS(dir)).p, false));
    return add_file(g, arena_printf(&g->arena, "%.*sca.key", STR_ARGS(dir)).p, false);
}

/* Mail and directory have files of their own in a backup. */
static bool is_elsewhere(const char *below)
{
    return strncmp(below, "/box", 4) == 0 || strncmp(below, "/keeper/" BACKUP_DIRECTORY, 20) == 0;
}

static enum st add_tree(struct gathering *g, const char *dir, size_t root, unsigned depth);

static enum st add_entry(struct gathering *g, const char *path, size_t root, unsigned depth)
{
    struct stat sb;

    if (is_elsewhere(path + root))
        return ST_OK;
    if (lstat(path, &sb) != 0)
        return errno == ENOENT ? ST_OK : FAIL_ERRNO(path);
    if (S_ISDIR(sb.st_mode))
        return add_tree(g, path, root, depth + 1);
    return S_ISREG(sb.st_mode) && sb.st_size > 0 ? add_file(g, path, false) : ST_OK;
}

static enum st add_tree(struct gathering *g, const char *dir, size_t root, unsigned depth)
{
    struct dirent *e;
    enum st st = ST_OK;
    DIR *d;

    if (depth > DEPTH_MOST || access(arena_printf(&g->arena, "%s/%s", dir, BACKUP_FILE).p, F_OK) == 0)
        return ST_OK; /* no backups in backups */
    d = opendir(dir);
    if (!d)
        return FAIL_ERRNO(dir);
    while (st == ST_OK && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            st = add_entry(g, arena_printf(&g->arena, "%s/%s", dir, e->d_name).p, root, depth);
    closedir(d);
    return st;
}

static enum st gather(struct gathering *g, struct str directory_keys)
{
    const char *data = arena_cstr(&g->arena, g->set->data);
    const struct stat sb = {.st_mode = S_IFREG | 0600};

    if (directory_keys.n)
        TRY(add_bytes(g, arena_printf(&g->arena, "%s/keeper/" BACKUP_DIRECTORY_KEYS, data), &sb, directory_keys));
    for (size_t i = 0; i < g->set->tls_count; i++) {
        TRY(add_file(g, arena_cstr(&g->arena, g->set->tls[i].certificate), true));
        TRY(add_file(g, arena_cstr(&g->arena, g->set->tls[i].key), true));
        TRY(add_beside(g, g->set->tls[i].key));
    }
    return add_tree(g, data, strlen(data), 0);
}

static la_ssize_t to_buf(struct archive *tar, void *arg, const void *bytes, size_t n)
{
    (void)tar;
    buf_add(arg, str_n(bytes, n));
    return (la_ssize_t)n;
}

enum st backup_keys_gather(const struct settings *set, struct str directory_keys, struct buf *out_tar,
                           size_t *out_files)
{
    struct gathering g = {.set = set, .tar = archive_write_new()};
    enum st st;

    g.taken = ARENA_ARRAY(&g.arena, struct str, FILES_MOST);
    if (archive_write_set_format_pax_restricted(g.tar) != ARCHIVE_OK ||
        archive_write_open(g.tar, out_tar, NULL, to_buf, NULL) != ARCHIVE_OK)
        st = failed(g.tar);
    else
        st = gather(&g, directory_keys);
    if (st == ST_OK && archive_write_close(g.tar) != ARCHIVE_OK)
        st = failed(g.tar);
    archive_write_free(g.tar);
    *out_files = g.n;
    arena_fini(&g.arena);
    return st == ST_OK ? buf_check(out_tar) : st;
}

enum st backup_keys_list(struct arena *a, struct str tar, struct backup_key **out, size_t *out_n)
{
    struct archive *in = archive_read_new();
    struct backup_key *keys = ARENA_ARRAY(a, struct backup_key, FILES_MOST);
    struct archive_entry *e;
    size_t n = 0;
    int got = ARCHIVE_FATAL;

    if (archive_read_support_format_tar(in) == ARCHIVE_OK && archive_read_open_memory(in, tar.p, tar.n) == ARCHIVE_OK)
        while ((got = archive_read_next_header(in, &e)) == ARCHIVE_OK && n < FILES_MOST) {
            size_t size = (size_t)MIN(archive_entry_size(e), (la_int64_t)FILE_MOST);
            char *to = arena_alloc(a, size + 1);

            if (archive_read_data(in, to, size) != (la_ssize_t)size)
                break;
            keys[n++] = (struct backup_key){.path = arena_printf(a, "/%s", archive_entry_pathname(e)),
                                            .bytes = str_n(to, size),
                                            .mode = (unsigned)archive_entry_perm(e),
                                            .uid = (unsigned)archive_entry_uid(e),
                                            .gid = (unsigned)archive_entry_gid(e)};
        }
    archive_read_free(in);
    if (got != ARCHIVE_EOF)
        return FAIL(ST_CORRUPT, "what is sealed is no tar");
    *out = keys;
    *out_n = n;
    return ST_OK;
}

/* --- sealing -------------------------------------------------------------------------------------------------- */

struct head {
    uint64_t ops, memory;
    unsigned char salt[SALT_BYTES], stream[STREAM_HEAD_BYTES];
};

static enum st derive(const struct head *h, struct str passphrase, unsigned char key[KEY_BYTES])
{
    if (crypto_pwhash(key, KEY_BYTES, passphrase.p, passphrase.n, h->salt, h->ops, (size_t)h->memory,
                      crypto_pwhash_ALG_ARGON2ID13) != 0)
        return FAIL(ST_TRYLATER, "no memory to make a key of the passphrase");
    return ST_OK;
}

static void put_head(const struct head *h, struct buf *out)
{
    buf_addz(out, MAGIC);
    rec_put_u64(out, h->ops);
    rec_put_u64(out, h->memory);
    buf_add(out, str_n((const char *)h->salt, sizeof h->salt));
    buf_add(out, str_n((const char *)h->stream, sizeof h->stream));
}

enum st backup_keys_seal(struct str tar, struct str passphrase, struct buf *out)
{
    crypto_secretstream_xchacha20poly1305_state state;
    struct head h = {.ops = OPS, .memory = KEYS_MEMORY};
    unsigned char key[KEY_BYTES];
    struct str head;
    enum st st;

    if (sodium_init() < 0)
        return FAIL(ST_INTERNAL, "libsodium does not start");
    randombytes_buf(h.salt, sizeof h.salt);
    TRY(derive(&h, passphrase, key));
    crypto_secretstream_xchacha20poly1305_init_push(&state, h.stream, key);
    wipe(key, sizeof key);
    put_head(&h, out);
    head = str_n(out->p, HEAD_BYTES);
    st = buf_check(out);
    for (bool last = false; st == ST_OK && !last;) {
        struct str part = str_sub(tar, 0, CHUNK);
        char *to = buf_space(out, part.n + MORE_BYTES);

        last = part.n == tar.n;
        if (!to) {
            st = buf_check(out);
            break;
        }
        head = str_n(out->p, HEAD_BYTES); /* every chunk is good under this head only */
        crypto_secretstream_xchacha20poly1305_push(&state, (unsigned char *)to, NULL, (const unsigned char *)part.p,
                                                   part.n, (const unsigned char *)head.p, head.n,
                                                   last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
        buf_added(out, part.n + MORE_BYTES);
        tar = str_from(tar, part.n);
    }
    wipe(&state, sizeof state);
    return st;
}

static enum st get_head(struct str sealed, struct head *out)
{
    struct rec r = rec_of(str_sub(sealed, 0, HEAD_BYTES));
    struct head h = {0};
    struct str salt, stream;

    rec_need(&r, str_eq(rec_bytes(&r, 8), STR(MAGIC)));
    h.ops = rec_u64(&r);
    h.memory = rec_u64(&r);
    salt = rec_bytes(&r, SALT_BYTES);
    stream = rec_bytes(&r, STREAM_HEAD_BYTES);
    rec_need(&r, h.ops >= crypto_pwhash_OPSLIMIT_MIN && h.ops <= OPS_MOST && h.memory >= crypto_pwhash_MEMLIMIT_MIN &&
                     h.memory <= MEMORY_MOST);
    TRY(rec_end(&r, "head of the sealed keys"));
    memcpy(h.salt, salt.p, salt.n);
    memcpy(h.stream, stream.p, stream.n);
    *out = h;
    return ST_OK;
}

enum st backup_keys_check_head(struct str sealed)
{
    struct head h;

    return get_head(sealed, &h);
}

static enum st open_chunks(crypto_secretstream_xchacha20poly1305_state *state, struct str head, struct str rest,
                           struct buf *out)
{
    bool first = true;

    for (;; first = false) {
        struct str part = str_sub(rest, 0, CHUNK + MORE_BYTES);
        unsigned char tag;
        char *to;

        rest = str_from(rest, part.n);
        if (part.n < MORE_BYTES)
            return FAIL(ST_CORRUPT, "the sealed keys end too early");
        to = buf_space(out, part.n - MORE_BYTES + 1);
        if (!to)
            return buf_check(out);
        if (crypto_secretstream_xchacha20poly1305_pull(state, (unsigned char *)to, NULL, &tag,
                                                       (const unsigned char *)part.p, part.n,
                                                       (const unsigned char *)head.p, head.n) != 0)
            return first ? FAIL(ST_DENIED, "the passphrase is another one, or the sealed keys have changed")
                         : FAIL(ST_CORRUPT, "the sealed keys have changed");
        buf_added(out, part.n - MORE_BYTES);
        if (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL)
            return rest.n ? FAIL(ST_CORRUPT, "something stands behind the sealed keys") : ST_OK;
    }
}

enum st backup_keys_unseal(struct str sealed, struct str passphrase, struct buf *out_tar)
{
    crypto_secretstream_xchacha20poly1305_state state;
    unsigned char key[KEY_BYTES];
    struct head h;
    enum st st;

    if (sodium_init() < 0)
        return FAIL(ST_INTERNAL, "libsodium does not start");
    TRY(get_head(sealed, &h));
    TRY(derive(&h, passphrase, key));
    if (crypto_secretstream_xchacha20poly1305_init_pull(&state, h.stream, key) == 0)
        st = open_chunks(&state, str_sub(sealed, 0, HEAD_BYTES), str_from(sealed, HEAD_BYTES), out_tar);
    else
        st = FAIL(ST_CORRUPT, "the sealed keys make no sense");
    wipe(key, sizeof key);
    wipe(&state, sizeof state);
    return st;
}
