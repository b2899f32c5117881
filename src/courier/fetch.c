#include "courier/fetch.h"

#include "base/limits.h"
#include "ipc/beside.h"

#include <unistd.h>

#define INLINE_MAX 60000 /* of a body; a longer one goes in a file */
#define GRACE_MS 5000    /* the errand's own deadline comes first */

/* A file for it comes from the box, since this process may make none. */
static enum st body_file(struct courier *c, struct str bytes, int *out_fd) SUSPENDS
{
    struct msg_spool_answer m = {0};
    struct arena a = ARENA_INIT;
    int fd = -1;
    enum st st = ipc_ask(courier_box(c), MSG_spool_ask, &(struct msg_spool_ask){0}, -1, MSG_spool_answer, &a, &m, &fd,
                         deadline_in(COURIER_ASK_MS));

    if (st == ST_OK && (m.status != ST_OK || fd < 0))
        st = FAIL(ST_BUSY, "there is no room for what is to be sent");
    if (st == ST_OK)
        st = beside_write(fd, bytes);
    if (st != ST_OK && fd >= 0)
        close(fd);
    arena_fini(&a);
    if (st == ST_OK)
        *out_fd = fd;
    return st;
}

static enum st ask_errand(struct courier *c, struct arena *a, const struct msg_fetch_ask *ask, int fd,
                          struct msg_fetch_answer *m) SUSPENDS
{
    enum st st;

    if (!courier_errand(c))
        return FAIL(ST_BUSY, "there is nobody to fetch a page");
    st = ipc_ask(courier_errand(c), MSG_fetch_ask, ask, fd, MSG_fetch_answer, a, m, NULL,
                 deadline_in(ask->deadline_ms + GRACE_MS));
    if (st == ST_OK || st == ST_CANCELED)
        return st;
    return FAIL(ST_BUSY, "nobody has fetched the page: %s", st_text(st));
}

static enum st status_of(const struct msg_fetch_answer *m)
{
    switch ((enum st)m->status) {
    case ST_OK: return ST_OK;
    case ST_DENIED:
    case ST_NOTFOUND:
    case ST_LIMIT:
    case ST_SYNTAX:
    case ST_TIMEOUT:
    case ST_TRYLATER:
    case ST_IO: return FAIL((enum st)m->status, "%.*s", STR_ARGS(m->text));
    default: return FAIL(ST_BUSY, "%.*s", STR_ARGS(m->text));
    }
}

enum st courier_fetch(struct courier *c, struct arena *a, struct str url, const struct fetch_body *post,
                      uint64_t timeout_ms, struct fetch_page *out)
{
    struct msg_fetch_ask ask = {.url = url, .most = LIMIT_FETCH_BODY, .deadline_ms = (uint32_t)timeout_ms};
    struct msg_fetch_answer m = {0};
    int fd = -1;
    enum st st;

    if (post) {
        ask.is_post = 1;
        ask.type = post->type;
        ask.encoding = post->encoding;
        ask.body_size = post->bytes.n;
        if (post->bytes.n > INLINE_MAX)
            TRY(body_file(c, post->bytes, &fd));
        else
            ask.body = post->bytes;
    }
    st = ask_errand(c, a, &ask, fd, &m);
    if (fd >= 0)
        close(fd);
    TRY(st);
    TRY(status_of(&m));
    *out = (struct fetch_page){.code = m.code, .type = m.type, .body = m.body};
    return ST_OK;
}
