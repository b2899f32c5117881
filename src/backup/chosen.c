#include "backup/chosen.h"

#include "store/os_file.h"

#include <fcntl.h>
#include <sodium.h>

#define CHUNK (1u << 20)

static enum st read_sets(struct arena *a, struct chosen *c, const struct backup_set *sets, size_t n)
{
    const struct backup_set *set;
    size_t next;

    TRY(backup_set_at(sets, n, c->at_us ? c->at_us : UINT64_MAX, &set));
    c->set = *set;
    TRY(backup_set_read(a, c->dir, set->name, &c->manifest));
    next = (size_t)(set - sets) + 1;
    c->has_later = next < n && backup_set_read(a, c->dir, sets[next].name, &c->later) == ST_OK;
    return ST_OK;
}

static enum st take_lock(struct chosen *c)
{
    enum st st = backup_lock(c->dir, false, &c->lock);
    struct err why = *err_get();

    if (st == ST_BUSY)
        return FAIL(ST_TRYLATER, "%s", why.text);
    return st;
}

void chosen_let_go(struct chosen *c)
{
    if (c->lock >= 0)
        os_file_system.close(&os_file_system, c->lock);
    c->lock = -1;
}

enum st chosen_find(struct arena *a, const struct admin_args *args, struct chosen *out)
{
    struct chosen c = {.lock = -1, .dir = arena_cstr(a, args->args[0])};
    struct backup_set *sets;
    struct str identity, at;
    size_t n;

    if (admin_value(args, "at", &at))
        TRY(admin_time(at, &c.at_us));
    TRY(backup_identity(a, c.dir, &identity));
    TRY(take_lock(&c));
    *out = c;
    TRY(backup_sets(a, c.dir, &sets, &n));
    TRY(read_sets(a, out, sets, n));
    if (!str_eq(out->manifest.identity, identity))
        return FAIL(ST_CORRUPT, "the set %.*s is of another server than %s says", STR_ARGS(out->set.name), c.dir);
    return ST_OK;
}

/* --- copying ---------------------------------------------------------------------------------------------------- */

struct copying {
    const struct chosen_copy *c;
    const struct os_file *os;
    crypto_generichash_state hash;
    uint64_t hashed;
};

static enum st copy_bytes(struct copying *g, int from, int to)
{
    const struct backup_file *f = g->c->file;
    char *chunk = mem_resize(NULL, CHUNK);
    uint64_t size = 0;
    enum st st = g->os->size(g->os, from, &size);

    if (f && !g->c->whole)
        size = MIN(size, f->bytes);
    for (uint64_t at = 0; st == ST_OK && at < size; at += CHUNK) {
        size_t n = (size_t)MIN((uint64_t)CHUNK, size - at);

        st = g->os->read(g->os, from, chunk, n, at);
        if (st == ST_OK)
            st = g->os->write(g->os, to, chunk, n, at);
        if (st == ST_OK && f && at < f->bytes) {
            size_t own = (size_t)MIN((uint64_t)n, f->bytes - at);

            crypto_generichash_update(&g->hash, (unsigned char *)chunk, own);
            g->hashed += own;
        }
        if (st == ST_OK && g->c->moved)
            g->c->moved(g->c->arg, n);
    }
    mem_free(chunk);
    return st;
}

static bool is_good(struct copying *g)
{
    unsigned char hash[BACKUP_HASH_BYTES];

    if (!g->c->file)
        return true;
    crypto_generichash_final(&g->hash, hash, sizeof hash);
    return g->hashed == g->c->file->bytes && memcmp(hash, g->c->file->hash, sizeof hash) == 0;
}

enum st chosen_copy_file(const struct chosen_copy *c, bool *out_good)
{
    struct copying g = {.c = c, .os = &os_file_system};
    int from, to;
    enum st st;

    TRY(g.os->open(g.os, c->from, O_RDONLY, &from));
    st = g.os->open(g.os, c->to, O_WRONLY | O_CREAT | O_EXCL, &to);
    if (st == ST_OK) {
        crypto_generichash_init(&g.hash, NULL, 0, BACKUP_HASH_BYTES);
        st = copy_bytes(&g, from, to);
        g.os->close(g.os, to);
    }
    g.os->close(g.os, from);
    if (st == ST_OK)
        *out_good = is_good(&g);
    return st;
}
