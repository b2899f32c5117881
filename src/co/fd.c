/* Readiness of descriptors, edge-triggered: each is told to the kernel once, and a wait costs no
 * system call. What epoll reported is kept in can_read and can_write until a call says EAGAIN.
 *
 * Writability is watched only from a write that said EAGAIN until the first edge that nobody waits for: a
 * socket pair has such an edge for each message that its other end reads, which would wake the loop for
 * nothing. A change of what is watched looks at the descriptor anew, so no edge is lost. */
#include "base/must.h"
#include "co/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>

/* Another reason than those of co_wait: the descriptor is gone, so its struct may be too. */
#define GONE ST_EOF

#define ALWAYS (EPOLLIN | EPOLLRDHUP | EPOLLET)

static void watch_write(struct co_fd *f, bool on)
{
    struct epoll_event ev = {.events = on ? ALWAYS | EPOLLOUT : ALWAYS, .data.ptr = f};

    if (f->write_watched == on)
        return;
    f->write_watched = on;
    must(epoll_ctl(f->core->epoll_fd, EPOLL_CTL_MOD, f->fd, &ev) == 0);
}

enum st co_fd_add(struct co_fd *f, int fd)
{
    struct core *c = core_of_thread;
    struct epoll_event ev = {.events = ALWAYS, .data.ptr = f};
    int flags = fcntl(fd, F_GETFL);

    must_obj(c, CORE_MAGIC);
    if (flags < 0 || (!(flags & O_NONBLOCK) && fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0))
        return FAIL_ERRNO("fcntl");
    *f = (struct co_fd){.fd = fd, .core = c, .can_read = true, .can_write = true};
    if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
        return FAIL_ERRNO("epoll_ctl");
    c->fds++;
    return ST_OK;
}

static void drop_waiter(struct co **who)
{
    struct co *co = *who;

    *who = NULL;
    if (co && !co_wake(co, GONE))
        co->woken = GONE; /* its deadline came in this very turn; it has not looked yet */
}

void co_fd_del(struct co_fd *f)
{
    struct core *c = f->core;

    must(c == core_of_thread);
    co_fd_unpark(f);
    drop_waiter(&f->reader);
    drop_waiter(&f->writer);
    must(epoll_ctl(c->epoll_fd, EPOLL_CTL_DEL, f->fd, NULL) == 0);
    for (int i = c->events_at; i < c->events_n; i++) /* not yet served */
        if (c->events[i].data.ptr == f)
            c->events[i].data.ptr = NULL;
    c->fds--;
    f->core = NULL;
    f->fd = -1;
}

void co_fd_again(struct co_fd *f, enum co_dir dir)
{
    if (dir == CO_READ) {
        f->can_read = false;
        return;
    }
    f->can_write = false;
    watch_write(f, true);
}

enum st co_fd_wait(struct co_fd *f, enum co_dir dir, mono_ms deadline)
{
    struct co **who = dir == CO_READ ? &f->reader : &f->writer;
    enum st st;

    must(f->core == core_of_thread && !*who && !(f->parked && dir == CO_READ));
    if (dir == CO_READ ? f->can_read : f->can_write)
        return ST_OK;
    *who = co_here();
    st = co_wait(deadline);
    if (st == GONE)
        return FAIL(ST_CANCELED, "the connection was closed meanwhile");
    *who = NULL;
    return st;
}

static void call_parked(struct co_fd *f, enum st why)
{
    void (*fn)(void *, enum st) = f->parked;

    f->parked = NULL;
    co_timer_clear(&f->timer);
    fn(f->parked_arg, why); /* f may be gone */
}

static void parked_timer(void *arg)
{
    struct co_fd *f = arg;

    call_parked(f, f->can_read ? ST_OK : ST_TIMEOUT);
}

void co_fd_park(struct co_fd *f, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg)
{
    must(f->core == core_of_thread && !f->parked && !f->reader);
    f->parked = fn;
    f->parked_arg = arg;
    co_timer_set(&f->timer, f->can_read ? f->core->now : deadline, parked_timer, f);
}

void co_fd_unpark(struct co_fd *f)
{
    f->parked = NULL;
    co_timer_clear(&f->timer);
}

void fd_event(struct co_fd *f, uint32_t events)
{
    if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        f->hup = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
        if (f->can_write)
            watch_write(f, false);
        f->can_write = true;
        if (f->writer)
            co_wake(f->writer, ST_OK);
    }
    if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
        f->can_read = true;
        if (f->reader)
            co_wake(f->reader, ST_OK);
        else if (f->parked)
            call_parked(f, ST_OK);
    }
}
