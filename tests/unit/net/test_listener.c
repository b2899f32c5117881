#include "net/help.h"

#include "net/listener.c"

#include <sys/resource.h>

static struct addr here(const char *text, uint16_t port)
{
    struct addr a = {0};

    CHECK_ST(addr_parse(str_z(text), port, &a), ST_OK);
    return a;
}

static int listen_at(const struct addr *at)
{
    struct sockaddr_storage ss;
    socklen_t n = (socklen_t)addr_to_sockaddr(at, &ss);
    int fd = socket(at->family == 6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&ss, n) == 0 && listen(fd, 64) == 0);
    return fd;
}

struct server {
    struct listener *l;
    unsigned served, troubles, peak, refused;
    struct addr peer;
};

static void echo(void *arg)
{
    struct server *srv = ((void **)arg)[0];
    struct stream *s = ((void **)arg)[1];
    struct str line;

    mem_free(arg);
    while (stream_line(s, 1000, &line) == ST_OK)
        CHECK_ST(stream_write(s, line), ST_OK);
    stream_close(s);
    srv->served++;
    listener_closed(srv->l);
}

static void came(void *arg, int fd, const struct addr *peer)
{
    struct server *srv = arg;
    void **both = mem_new(2 * sizeof *both);

    srv->peer = *peer;
    srv->peak = MAX(srv->peak, listener_connections(srv->l));
    both[0] = srv;
    CHECK_ST(stream_new(fd, &small_options, (struct stream **)&both[1]), ST_OK);
    CHECK_ST(co_spawn(echo, both, "echo"), ST_OK);
}

static void trouble(void *arg, enum st why)
{
    CHECK(why == ST_TRYLATER);
    ((struct server *)arg)->troubles++;
}

static void client(void *arg)
{
    const struct addr *to = arg;
    struct stream *s;
    struct str line;

    CHECK_ST(stream_connect(to, &small_options, deadline_in(5000), &s), ST_OK);
    for (int i = 0; i < 3; i++) {
        CHECK_ST(stream_writef(s, "hello %d\r\n", i), ST_OK);
        CHECK_ST(stream_line(s, 100, &line), ST_OK);
        CHECK(line.n == 9 && line.p[6] == '0' + i);
        CHECK_ST(co_sleep(core_now(core_here()) + 3), ST_OK);
    }
    stream_close(s);
}

static struct addr serve_here(struct server *srv, const char *at, unsigned max)
{
    struct listener_options opt = {.connections_max = max, .on_connection = came, .on_trouble = trouble, .arg = srv};
    struct addr a = here(at, 0);
    int fd = listen_at(&a);

    a = addr_of_socket(fd);
    CHECK_ST(listener_start(fd, &opt, &srv->l), ST_OK);
    return a;
}

static void echo_service(UNUSED void *arg)
{
    struct server srv = {0};
    struct addr at = serve_here(&srv, "127.0.0.1", 3);

    for (int i = 0; i < 10; i++)
        CHECK_ST(co_spawn(client, &at, "client"), ST_OK);
    while (srv.served < 10)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_U64(srv.peak, 3); /* the others waited in the backlog */
    CHECK(addr_is_loopback(&srv.peer) && srv.peer.port);
    listener_stop(srv.l);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
}

TEST(echo_over_loopback)
{
    on_core_real(echo_service, NULL);
}

static void refuse(void *arg, int fd)
{
    ((struct server *)arg)->refused++;
    CHECK(write(fd, "full\r\n", 6) == 6);
    close(fd);
}

static void one_too_many(UNUSED void *arg)
{
    struct server srv = {0};
    struct listener_options opt = {.connections_max = 1, .on_connection = came, .on_excess = refuse, .arg = &srv};
    struct addr at = here("127.0.0.1", 0);
    struct stream *first, *second;
    struct str line;
    int fd = listen_at(&at);

    at = addr_of_socket(fd);
    CHECK_ST(listener_start(fd, &opt, &srv.l), ST_OK);
    CHECK_ST(stream_connect(&at, &small_options, deadline_in(5000), &first), ST_OK);
    for (unsigned i = 1; i < 4; i++) {
        CHECK_ST(stream_connect(&at, &small_options, deadline_in(5000), &second), ST_OK);
        CHECK_ST(stream_line(second, 100, &line), ST_OK);
        CHECK_STR(line, STR("full\r\n"));
        stream_close(second);
        CHECK_U64(srv.refused, i);
        CHECK_U64(listener_connections(srv.l), 1);
    }
    stream_close(first);
    while (!srv.served)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_ST(co_spawn(client, &at, "client"), ST_OK); /* there is room again */
    while (srv.served < 2)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_U64(srv.refused, 3);
    listener_stop(srv.l);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
}

TEST(one_more_than_the_most_is_refused)
{
    on_core_real(one_too_many, NULL);
}

static void no_descriptors(UNUSED void *arg)
{
    struct server srv = {0};
    struct addr at = serve_here(&srv, "127.0.0.1", 100);
    int fds[100], n = 0;
    struct stream *s;
    struct rlimit old, few = {0};

    CHECK(getrlimit(RLIMIT_NOFILE, &old) == 0);
    few = (struct rlimit){100, old.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
    while (n < 100 && (fds[n] = dup(0)) >= 0)
        n++;
    close(fds[--n]); /* one is left, for the calling side */
    CHECK_ST(stream_connect(&at, &small_options, deadline_in(5000), &s), ST_OK);
    while (!srv.troubles)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_ST(co_sleep(deadline_in(2 * BACK_OFF_MS)), ST_OK);
    CHECK_U64(srv.troubles, 1); /* told once */
    setrlimit(RLIMIT_NOFILE, &old);
    while (n--)
        close(fds[n]);
    CHECK_ST(stream_write(s, STR("x\r\n")), ST_OK);
    CHECK_ST(stream_more(s), ST_OK); /* it was accepted after all */
    stream_close(s);
    while (!srv.served)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    listener_stop(srv.l);
}

TEST(waits_while_descriptors_are_short)
{
    on_core_real(no_descriptors, NULL);
}

static void errors(UNUSED void *arg)
{
    struct addr a = here("127.0.0.1", 0);
    struct stream *s;
    int fd = listen_at(&a);

    a = addr_of_socket(fd);
    close(fd);
    CHECK_ST(stream_connect(&a, &small_options, deadline_in(5000), &s), ST_IO); /* refused */
    a.family = 0;
    CHECK_ST(stream_connect(&a, &small_options, deadline_in(5000), &s), ST_NOTFOUND);
}

TEST(refusals_say_why)
{
    on_core_real(errors, NULL);
}
