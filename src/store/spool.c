/* A large body while it arrives, in a file without a name: what a client sends and never finishes takes no memory, and
 * nothing of it is left by a crash. It is not synced: blob_stage_fd writes it where it belongs. */
#include "store/inside.h"

#include <fcntl.h>

struct blob_spool {
    struct store *s;
    int fd;           /* -1: not opened yet */
    uint64_t size;    /* so far */
    struct str bytes; /* of the call under way */
    enum st st;       /* ditto */
    struct err why;
};

static enum st write_down(struct blob_spool *p)
{
    const struct os_file *os = p->s->os;
    uint64_t room;

    TRY(os->free_space(os, p->s->dir, &room));
    if (room < p->s->opt.reserve_bytes)
        return FAIL(ST_NOSPACE, "less than the reserve is free on the disk of the store");
    if (p->fd < 0)
        TRY(os->open(os, p->s->dir, O_TMPFILE | O_RDWR, &p->fd));
    TRY(os->write(os, p->fd, p->bytes.p, p->bytes.n, p->size));
    p->size += p->bytes.n;
    return ST_OK;
}

static void run_add(void *arg)
{
    struct blob_spool *p = arg;

    p->st = write_down(p);
    if (p->st != ST_OK)
        p->why = *err_get();
}

static void run_close(void *arg)
{
    struct blob_spool *p = arg;

    p->s->os->close(p->s->os, p->fd);
}

struct blob_spool *blob_spool_new(struct store *s)
{
    struct blob_spool *p = MEM_NEW(struct blob_spool);

    p->s = s;
    p->fd = -1;
    return p;
}

enum st blob_spool_add(struct blob_spool *p, struct str bytes)
{
    if (bytes.n > BLOB_MAX - p->size)
        return FAIL(ST_LIMIT, "a body of more than %u bytes", BLOB_MAX);
    p->bytes = bytes;
    TRY(store_block(p->s, run_add, p));
    return p->st == ST_OK ? ST_OK : FAIL(p->st, "%s", p->why.text);
}

enum st blob_spool_stage(struct blob_spool *p, struct blob_stage **out)
{
    return p->fd < 0 ? blob_stage_str(p->s, STR_NONE, out) : blob_stage_fd(p->s, p->fd, p->size, out);
}

/* Closing gives back what may be many megabytes of file. */
void blob_spool_free(struct blob_spool *p)
{
    if (!p)
        return;
    if (p->fd >= 0 && store_block(p->s, run_close, p) != ST_OK)
        run_close(p);
    mem_free(p);
}
