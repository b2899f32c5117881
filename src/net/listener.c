/* One coroutine per listening socket: it accepts until the kernel has no more, in batches, so that a
 * storm of connections leaves time for those that are there. */
#include "net/listener.h"
#include "base/must.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH 32
#define BACK_OFF_MS 100 /* while descriptors or memory are short */

struct listener {
    struct co_fd fd;
    struct listener_options opt;
    struct co *co;
    struct co_event room; /* a connection is over */
    unsigned connections;
    bool serving, stopped, in_trouble;
};

static void free_if_over(struct listener *l)
{
    if (l->stopped && !l->serving && !l->connections)
        mem_free(l);
}

static bool is_full(const struct listener *l)
{
    return l->connections >= l->opt.connections_max;
}

static void accepted(struct listener *l, int fd, const struct sockaddr_storage *ss, socklen_t n)
{
    struct addr peer = addr_from_sockaddr((const struct sockaddr *)ss, n);

    l->in_trouble = false;
    if (is_full(l)) {
        l->opt.on_excess(l->opt.arg, fd);
        return;
    }
    l->connections++;
    l->opt.on_connection(l->opt.arg, fd, &peer);
}

/* ST_OK: there may be more. ST_BUSY: no more now. */
static enum st accept_one(struct listener *l)
{
    struct sockaddr_storage ss = {0};
    socklen_t n = sizeof ss;
    int fd = accept4(l->fd.fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        accepted(l, fd, &ss, n);
        return ST_OK;
    }
    switch (errno) {
    case EAGAIN: co_fd_again(&l->fd, CO_READ); return ST_BUSY;
    case EINTR:
    case ECONNABORTED: /* gone already; the others are network errors that belong to it (accept(2)) */
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH: return ST_OK;
    default: return FAIL_ERRNO("accept");
    }
}

static enum st accept_batch(struct listener *l) SUSPENDS
{
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        if (is_full(l) && !l->opt.on_excess)
            return co_event_wait(&l->room, NEVER);
        enum st st = accept_one(l);

        if (st == ST_BUSY)
            return co_fd_wait(&l->fd, CO_READ, NEVER);
        if (st != ST_OK) {
            if (!l->in_trouble && l->opt.on_trouble)
                l->opt.on_trouble(l->opt.arg, st);
            l->in_trouble = true;
            return co_sleep(core_now(core_here()) + BACK_OFF_MS);
        }
    }
    co_yield ();
    return co_is_canceled() ? ST_CANCELED : ST_OK;
}

static void serve(void *arg)
{
    struct listener *l = arg;
    int fd = l->fd.fd;

    l->co = co_here();
    while (!l->stopped && accept_batch(l) == ST_OK)
        continue;
    co_fd_del(&l->fd);
    close(fd);
    l->co = NULL;
    l->serving = false;
    free_if_over(l);
}

enum st listener_start(int fd, const struct listener_options *opt, struct listener **out)
{
    struct listener *l = MEM_NEW(struct listener);
    enum st st = co_fd_add(&l->fd, fd);

    l->opt = *opt;
    l->serving = true;
    if (st == ST_OK) {
        st = co_spawn(serve, l, "listener");
        if (st != ST_OK)
            co_fd_del(&l->fd);
    }
    if (st != ST_OK) {
        mem_free(l);
        return st;
    }
    *out = l;
    return ST_OK;
}

void listener_closed(struct listener *l)
{
    must(l->connections > 0);
    l->connections--;
    co_event_set(&l->room);
    free_if_over(l);
}

bool listener_reopened(struct listener *l)
{
    if (l->stopped || is_full(l))
        return false;
    l->connections++;
    return true;
}

unsigned listener_connections(const struct listener *l)
{
    return l->connections;
}

void listener_stop(struct listener *l)
{
    must(!l->stopped);
    l->stopped = true;
    if (l->co)
        co_cancel(l->co);
    free_if_over(l);
}
