#include "box/hold.h"

#include "base/json.h"
#include "base/limits.h"
#include "co/offload.h"
#include "store/store.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

struct holding {
    struct box *box;
    struct co_fd fd;
    uint64_t batch;
    enum st st;
    struct err why;
};

/* On a thread: the snapshot takes its time. */
static void begin(void *arg)
{
    struct holding *h = arg;

    h->st = store_hold_begin(h->box->store, &h->batch);
    if (h->st != ST_OK)
        h->why = *err_get();
}

/* A line is less than a fresh socket takes. */
static enum st say(struct holding *h)
{
    struct json j;
    struct buf out;
    enum st st;

    buf_init(&out, 4096);
    json_init(&j, &out);
    json_object(&j);
    if (h->st == ST_OK) {
        json_kv_u64(&j, "batch", h->batch);
        json_kv_str(&j, "identity", store_identity(h->box->store));
    } else {
        json_kv_str(&j, "error", str_z(h->why.text));
    }
    json_object_end(&j);
    buf_addc(&out, '\n');
    st = send(h->fd.fd, out.p, out.n, MSG_NOSIGNAL) == (ssize_t)out.n ? ST_OK : FAIL_ERRNO("telling the backup");
    buf_fini(&out);
    return st;
}

/* Signs of life, until there are none. */
static enum st listen_to(struct holding *h) SUSPENDS
{
    char bytes[64];

    for (;;) {
        ssize_t n = recv(h->fd.fd, bytes, sizeof bytes, 0);

        if (n == 0)
            return ST_OK;
        if (n < 0 && errno == EAGAIN) {
            co_fd_again(&h->fd, CO_READ);
            TRY(co_fd_wait(&h->fd, CO_READ, deadline_in(LIMIT_HOLD_SILENCE_MS)));
        } else if (n < 0 && errno != EINTR) {
            return FAIL_ERRNO("listening to the backup");
        }
    }
}

static void run(void *arg) SUSPENDS
{
    struct holding *h = arg;
    int fd = h->fd.fd;
    enum st st = co_offload(h->box->slow, begin, h);

    if (st != ST_OK) {
        h->st = st;
        h->why = *err_get();
    }
    if (h->st == ST_OK)
        LOG(BOX_STORE_HELD, lf_u64("batch", h->batch));
    st = say(h);
    if (st == ST_OK && h->st == ST_OK)
        st = listen_to(h);
    if (h->st == ST_OK) {
        store_hold_end(h->box->store);
        LOG(BOX_STORE_RELEASED, lf_u64("batch", h->batch), lf_z("status", st_name(st)));
    } else {
        LOG(BOX_STORE_NOT_HELD, lf_z("error", h->why.text));
    }
    co_fd_del(&h->fd);
    close(fd);
    mem_free(h);
}

enum st hold_start(struct box *b, int fd)
{
    struct holding *h = MEM_NEW(struct holding);
    enum st st;

    h->box = b;
    if (!b->slow)
        b->slow = offload_new("slow", 1, 16);
    st = co_fd_add(&h->fd, fd);
    if (st == ST_OK) {
        st = co_spawn(run, h, "hold");
        if (st == ST_OK)
            return ST_OK;
        co_fd_del(&h->fd);
    }
    close(fd);
    mem_free(h);
    return st;
}
