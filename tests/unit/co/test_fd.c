#include "help.h"

#include "co/fd.c"

#include <sys/socket.h>
#include <unistd.h>

struct pair {
    struct co_fd a;
    int b;
    enum st st;
    unsigned calls;
};

static void pair_open(struct pair *p)
{
    int fds[2];

    *p = (struct pair){0};
    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
    CHECK_ST(co_fd_add(&p->a, fds[0]), ST_OK);
    p->b = fds[1];
}

static void pair_close(struct pair *p)
{
    int fd = p->a.fd;

    co_fd_del(&p->a);
    close(fd);
    close(p->b);
}

/* Reads what is there, to EAGAIN. */
static size_t drain(struct pair *p)
{
    char b[64];
    ssize_t n;
    size_t total = 0;

    while ((n = read(p->a.fd, b, sizeof b)) > 0)
        total += (size_t)n;
    CHECK(n == 0 || errno == EAGAIN);
    co_fd_again(&p->a, CO_READ);
    return total;
}

static void send_later(void *arg)
{
    struct pair *p = arg;

    CHECK_ST(co_sleep(deadline_in(30)), ST_OK);
    CHECK(write(p->b, "hello", 5) == 5);
}

static void waits(UNUSED void *arg)
{
    struct pair p;

    pair_open(&p);
    CHECK_ST(co_fd_wait(&p.a, CO_READ, NEVER), ST_OK); /* unknown: the call has to say EAGAIN first */
    CHECK_U64(drain(&p), 0);
    CHECK_ST(co_fd_wait(&p.a, CO_READ, deadline_in(10)), ST_TIMEOUT);
    CHECK_ST(co_spawn(send_later, &p, "sender"), ST_OK);
    CHECK_ST(co_fd_wait(&p.a, CO_READ, deadline_in(1000)), ST_OK);
    CHECK_U64(drain(&p), 5);
    CHECK(!p.a.hup);
    shutdown(p.b, SHUT_WR);
    CHECK_ST(co_fd_wait(&p.a, CO_READ, deadline_in(1000)), ST_OK);
    CHECK(p.a.hup);
    pair_close(&p);
}

TEST(waits_for_an_edge)
{
    on_core(waits, NULL);
}

static void waiter(void *arg)
{
    struct pair *p = arg;

    drain(p);
    p->st = co_fd_wait(&p->a, CO_READ, deadline_in(10));
    p->calls++;
}

static void gone(UNUSED void *arg)
{
    struct pair *p = mem_new(sizeof *p);
    enum st *st = &p->st;

    pair_open(p);
    CHECK_ST(co_spawn(waiter, p, "waiter"), ST_OK);
    co_yield ();
    CHECK(p->a.reader);
    pair_close(p);
    co_yield ();
    CHECK(*st == ST_CANCELED && p->calls == 1);

    pair_open(p); /* closed when the deadline has come, but the waiter has not run */
    CHECK_ST(co_spawn(waiter, p, "waiter"), ST_OK);
    co_yield ();
    CHECK(co_wake(p->a.reader, ST_TIMEOUT));
    pair_close(p);
    co_yield ();
    CHECK(*st == ST_CANCELED && p->a.reader == NULL);
    mem_free(p);
}

TEST(closing_ends_the_wait)
{
    on_core(gone, NULL);
}

static void called(void *arg, enum st why)
{
    struct pair *p = arg;

    p->st = why;
    p->calls++;
    CHECK(!co_here());
}

static void parks(UNUSED void *arg)
{
    struct pair p;

    pair_open(&p);
    co_fd_park(&p.a, deadline_in(500), called, &p); /* can_read is not known to be false */
    CHECK_U64(p.calls, 0);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(p.calls == 1 && p.st == ST_OK);

    drain(&p);
    co_fd_park(&p.a, deadline_in(500), called, &p);
    CHECK_ST(co_sleep(deadline_in(501)), ST_OK);
    CHECK(p.calls == 2 && p.st == ST_TIMEOUT);

    co_fd_park(&p.a, deadline_in(500), called, &p);
    CHECK(write(p.b, "x", 1) == 1);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(p.calls == 3 && p.st == ST_OK);

    drain(&p);
    co_fd_park(&p.a, deadline_in(500), called, &p);
    co_fd_unpark(&p.a);
    CHECK(write(p.b, "x", 1) == 1);
    CHECK_ST(co_sleep(deadline_in(1000)), ST_OK);
    CHECK_U64(p.calls, 3);
    pair_close(&p);
}

TEST(parks_without_a_stack)
{
    struct core_stats s = on_core(parks, NULL);

    CHECK_U64(s.spawned, 1);
}

static void close_other(void *arg, UNUSED enum st why)
{
    struct pair *other = arg;

    pair_close(other);
    mem_free(other);
}

/* Both are in one batch of epoll; serving the one closes and frees the other. */
static void same_batch(UNUSED void *arg)
{
    for (int turn = 0; turn < 2; turn++) {
        struct pair *p[2];

        for (int i = 0; i < 2; i++) {
            p[i] = mem_new(sizeof *p[i]);
            pair_open(p[i]);
            drain(p[i]);
        }
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK); /* the edges of adding are over */
        co_fd_park(&p[turn]->a, NEVER, close_other, p[!turn]);
        CHECK(write(p[0]->b, "x", 1) == 1 && write(p[1]->b, "x", 1) == 1);
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
        pair_close(p[turn]);
        mem_free(p[turn]);
    }
}

TEST(closed_in_the_batch_that_named_it)
{
    on_core(same_batch, NULL);
}

static void fill(struct pair *p)
{
    static const char much[65536];

    while (write(p->a.fd, much, sizeof much) > 0)
        ;
    CHECK(errno == EAGAIN);
}

static void empty(struct pair *p)
{
    static char much[65536];

    while (read(p->b, much, sizeof much) > 0)
        ;
    CHECK(errno == EAGAIN);
}

static void empty_later(void *arg)
{
    CHECK_ST(co_sleep(deadline_in(30)), ST_OK);
    empty(arg);
}

static void writes(UNUSED void *arg)
{
    struct pair p;

    pair_open(&p);
    CHECK(p.a.can_write && !p.a.write_watched);
    fill(&p);
    co_fd_again(&p.a, CO_WRITE);
    CHECK(!p.a.can_write && p.a.write_watched);
    CHECK_ST(co_fd_wait(&p.a, CO_WRITE, deadline_in(10)), ST_TIMEOUT);
    CHECK_ST(co_spawn(empty_later, &p, "reader"), ST_OK);
    CHECK_ST(co_fd_wait(&p.a, CO_WRITE, deadline_in(1000)), ST_OK);
    CHECK(write(p.a.fd, "x", 1) == 1);
    empty(&p);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(p.a.can_write && !p.a.write_watched); /* an edge that nobody waited for: no more of them */
    fill(&p);
    empty(&p); /* between the write and what says that it was refused */
    co_fd_again(&p.a, CO_WRITE);
    CHECK_ST(co_fd_wait(&p.a, CO_WRITE, deadline_in(1000)), ST_OK);
    pair_close(&p);
}

TEST(room_to_write_is_watched_while_it_is_missing)
{
    on_core(writes, NULL);
}
