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

enum st stream_connect(const struct addr *to, const struct stream_options *opt, mono_ms deadline, struct stream **out)
{
    struct sockaddr_storage ss;
    socklen_t n = (socklen_t)addr_to_sockaddr(to, &ss);
    struct stream *s;
    int fd, one = 1;
    enum st st = ST_OK;
    bool waits = false;

    if (!n)
        return FAIL(ST_NOTFOUND, "no address to connect to");
    fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FAIL_ERRNO("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&ss, n) < 0) {
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
