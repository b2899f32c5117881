/* The calling side of a connection. */
#include "net/addr.h"
#include "net/layer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* On the stream itself, whose descriptor the loop has to know anyway. */
static enum st wait_connected(struct stream *s, mono_ms deadline) SUSPENDS
{
    socklen_t n = sizeof(int);
    int error = 0;

    co_fd_again(&s->fd, CO_WRITE);
    TRY(co_fd_wait(&s->fd, CO_WRITE, deadline));
    if (getsockopt(s->fd.fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        return FAIL_ERRNO("getsockopt");
    errno = error;
    return error ? FAIL_ERRNO("connect") : ST_OK;
}

/* The port is chosen when the other end is known, so that one address has its 28,000 ports for each of them. */
static enum st leave_from(int fd, const struct addr *from)
{
    char text[ADDR_TEXT_MAX];
    struct addr host = *from;
    struct sockaddr_storage ss;
    socklen_t n;
    int one = 1;

    if (!from->family)
        return ST_OK;
    host.port = 0;
    n = (socklen_t)addr_to_sockaddr(&host, &ss);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one) < 0 ||
        bind(fd, (struct sockaddr *)&ss, n) < 0)
        return FAIL(ST_FOREIGN, "nothing can leave from %.*s: %s", STR_ARGS(addr_host(from, text)),
                    errno == EADDRNOTAVAIL ? "that is no address of this machine" : strerror(errno));
    return ST_OK;
}

enum st stream_connect(const struct addr *to, const struct stream_options *opt, mono_ms deadline, struct stream **out)
{
    return stream_connect_from(&(struct addr){0}, to, opt, deadline, out);
}

enum st stream_connect_from(const struct addr *from, const struct addr *to, const struct stream_options *opt,
                            mono_ms deadline, struct stream **out)
{
    struct sockaddr_storage ss;
    socklen_t n = (socklen_t)addr_to_sockaddr(to, &ss);
    struct stream *s;
    int fd, one = 1;
    enum st st;
    bool waits = false;

    if (!n)
        return FAIL(ST_NOTFOUND, "no address to connect to");
    fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FAIL_ERRNO("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    st = leave_from(fd, from);
    if (st == ST_OK && connect(fd, (struct sockaddr *)&ss, n) < 0) {
        waits = errno == EINPROGRESS;
        st = waits ? ST_OK : FAIL_ERRNO("connect");
    }
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    TRY(stream_new(fd, opt, &s));
    if (waits)
        st = wait_connected(s, deadline);
    if (st == ST_OK)
        *out = s;
    else
        stream_free(s);
    return st;
}
