#include "backup/pool.h"
#include "store/os_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/socket.h>

#define CHUNK (1u << 20)
#define SIGN_MS 5000 /* between signs of life */

static const struct os_file *const os = &os_file_system;

static void show(struct backup_flow *f)
{
    unsigned percent = f->total ? (unsigned)(MIN(f->done, f->total) * 100 / f->total) : 100;

    if (!f->is_terminal || percent == f->percent)
        return;
    f->percent = percent;
    fprintf(stderr, "\r%s %3u%% [%-40.*s]%s", f->what, percent, (int)(percent * 40 / 100),
            "########################################", percent == 100 ? "\n" : "");
    fflush(stderr);
}

enum st backup_flow_on(struct backup_flow *f, uint64_t bytes)
{
    f->done += bytes;
    show(f);
    if (f->hold < 0 || clock_mono_ms() < f->said + SIGN_MS)
        return ST_OK;
    f->said = clock_mono_ms();
    if (send(f->hold, ".", 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != EINTR)
        return FAIL(ST_EOF, "the server has ended, or was started anew, while the backup was made: nothing was added");
    return ST_OK;
}

/* What stands between `at` and `end`, into the hash, and to the other file where there is one (-1: none). */
static enum st flow(struct backup_flow *f, int from, int to, uint64_t at, uint64_t end, crypto_generichash_state *hash)
{
    unsigned char *chunk = mem_new(CHUNK);
    enum st st = ST_OK;

    while (st == ST_OK && at < end) {
        size_t n = (size_t)MIN(CHUNK, end - at);

        st = os->read(os, from, chunk, n, at);
        if (st != ST_OK)
            break;
        f->read += n;
        crypto_generichash_update(hash, chunk, n);
        if (to >= 0) {
            st = os->write(os, to, chunk, n, at);
            f->written += n;
        }
        if (st == ST_OK)
            st = backup_flow_on(f, n);
        at += n;
    }
    mem_free(chunk);
    return st;
}

static enum st told(enum st st, const char *path)
{
    if (st == ST_NOSPACE)
        return FAIL(ST_NOSPACE, "no space is left for %s", path);
    return st == ST_OK || st == ST_EOF ? st : err_context(st, "%s", path);
}

/* Removes what is not complete; the error stays what it was. */
static enum st give_up(const char *path, enum st st)
{
    struct err why = *err_get();

    IGNORE(os->unlink(os, path));
    *err_get() = why;
    return st;
}

static enum st copy_open(struct backup_flow *f, int from, const char *tmp, uint64_t bytes,
                         unsigned char out_hash[BACKUP_HASH_BYTES])
{
    crypto_generichash_state hash;
    enum st st;
    int to;

    TRY(os->open(os, tmp, O_RDWR | O_CREAT | O_TRUNC, &to));
    crypto_generichash_init(&hash, NULL, 0, BACKUP_HASH_BYTES);
    st = flow(f, from, to, 0, bytes, &hash);
    if (st == ST_OK)
        st = os->sync(os, to);
    os->close(os, to);
    crypto_generichash_final(&hash, out_hash, BACKUP_HASH_BYTES);
    return st;
}

enum st backup_copy(struct backup_flow *f, const char *from, const char *to, uint64_t bytes,
                    unsigned char out_hash[BACKUP_HASH_BYTES])
{
    struct arena a = ARENA_INIT;
    const char *tmp = arena_printf(&a, "%s" BACKUP_TMP, to).p;
    enum st st;
    int fd;

    st = os->open(os, from, O_RDONLY, &fd);
    if (st == ST_OK) {
        st = copy_open(f, fd, tmp, bytes, out_hash);
        os->close(os, fd);
        if (st == ST_OK)
            st = os->rename(os, tmp, to);
        if (st != ST_OK)
            st = give_up(tmp, told(st, to));
    }
    arena_fini(&a);
    return st;
}

static enum st check_known(struct backup_flow *f, int fd, const struct backup_file *known,
                           crypto_generichash_state *hash)
{
    unsigned char got[BACKUP_HASH_BYTES];
    crypto_generichash_state so_far;

    TRY(flow(f, fd, -1, 0, known->bytes, hash));
    so_far = *hash;
    crypto_generichash_final(&so_far, got, sizeof got);
    return memcmp(got, known->hash, sizeof got) == 0 ? ST_OK : FAIL(ST_CORRUPT, "it is not what was written");
}

/* No set names what stands behind the known bytes. */
static enum st append(struct backup_flow *f, int from, int to, const struct backup_file *known, uint64_t bytes,
                      crypto_generichash_state *hash)
{
    enum st st = flow(f, from, to, known->bytes, bytes, hash);

    if (st == ST_OK)
        st = os->sync(os, to);
    if (st != ST_OK) {
        struct err why = *err_get();

        IGNORE(os->truncate(os, to, known->bytes));
        *err_get() = why;
    }
    return st;
}

enum st backup_copy_more(struct backup_flow *f, const char *from, const char *to, const struct backup_file *known,
                         uint64_t bytes, unsigned char out_hash[BACKUP_HASH_BYTES])
{
    crypto_generichash_state hash;
    int from_fd, to_fd;
    enum st st = os->open(os, to, O_RDWR, &to_fd);

    if (st == ST_NOTFOUND)
        return FAIL(ST_CORRUPT, "%s is missing", to);
    TRY(st);
    crypto_generichash_init(&hash, NULL, 0, BACKUP_HASH_BYTES);
    st = check_known(f, to_fd, known, &hash);
    if (st == ST_OK)
        st = os->open(os, from, O_RDONLY, &from_fd);
    if (st == ST_OK) {
        st = append(f, from_fd, to_fd, known, bytes, &hash);
        os->close(os, from_fd);
    }
    os->close(os, to_fd);
    crypto_generichash_final(&hash, out_hash, BACKUP_HASH_BYTES);
    return told(st, to);
}

enum st backup_put(struct backup_flow *f, struct str bytes, const char *to, unsigned char out_hash[BACKUP_HASH_BYTES])
{
    enum st st;
    int fd;

    TRY(os->open(os, to, O_RDWR | O_CREAT | O_TRUNC, &fd));
    st = os->write(os, fd, bytes.p, bytes.n, 0);
    if (st == ST_OK)
        st = os->sync(os, fd);
    os->close(os, fd);
    f->written += bytes.n;
    crypto_generichash(out_hash, BACKUP_HASH_BYTES, (const unsigned char *)bytes.p, bytes.n, NULL, 0);
    return told(st, to);
}
