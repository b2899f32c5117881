/* The calling side of a connection. */
#include "net/addr.h"
#include "net/stream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

static enum st wait_connected(int fd, mono_ms deadline) SUSPENDS
{
    struct co_fd f;
    socklen_t n = sizeof(int);
    int error = 0;
    enum st st;

    TRY(co_fd_add(&f, fd));
    co_fd_again(&f, CO_WRITE);
    st = co_fd_wait(&f, CO_WRITE, deadline);
    co_fd_del(&f);
    TRY(st);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) < 0)
        return FAIL_ERRNO("getsockopt");
    errno = error;
    return error ? FAIL_ERRNO("connect") : ST_OK;
}

enum st stream_connect(const struct addr *to, const struct stream_options *opt, mono_ms deadline, struct stream **out)
{
    struct sockaddr_storage ss;
    socklen_t n = (socklen_t)addr_to_sockaddr(to, &ss);
    int fd, one = 1;
    enum st st = ST_OK;

    if (!n)
        return FAIL(ST_NOTFOUND, "no address to connect to");
    fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FAIL_ERRNO("socket");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(fd, (struct sockaddr *)&ss, n) < 0)
        st = errno == EINPROGRESS ? wait_connected(fd, deadline) : FAIL_ERRNO("connect");
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    return stream_new(fd, opt, out);
}
