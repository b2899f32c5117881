#include "main/listen.h"

#include "base/arena.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_BACKLOG 64

static void print_addr(const struct config_addr *a, char *out, size_t n)
{
    char host[INET6_ADDRSTRLEN] = "";

    if (a->sa.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host);
        snprintf(out, n, "[%s]:%u", host, ntohs(a->in6.sin6_port));
    } else {
        inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof host);
        snprintf(out, n, "%s:%u", host, ntohs(a->in.sin_port));
    }
}

static bool is_missing_family(const struct config_addr *a, int e)
{
    return a->optional && (e == EAFNOSUPPORT || e == EADDRNOTAVAIL);
}

static enum st bind_failed(const struct config_addr *a, int e)
{
    char text[80];

    print_addr(a, text, sizeof text);
    if (e == EADDRINUSE)
        return FAIL(ST_BUSY, "%s is in use by another program", text);
    if (e == EACCES || e == EPERM)
        return FAIL(ST_DENIED, "%s can't be bound: ports below 1024 need root or CAP_NET_BIND_SERVICE", text);
    if (e == EADDRNOTAVAIL)
        return FAIL(ST_NOTFOUND, "%s is no address of this machine", text);
    return FAIL(st_from_errno(e), "%s can't be bound: %s", text, strerror(e));
}

/* *out_fd is -1 where an optional family is missing. Without `share` the bind shows whether somebody else listens there;
 * with it, another server of the same user would go unnoticed. */
static enum st bind_one(const struct config_addr *a, bool share, int *out_fd)
{
    int one = 1, e, fd = socket(a->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    *out_fd = -1;
    if (fd < 0)
        return is_missing_family(a, errno) ? ST_OK : bind_failed(a, errno);
    e = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ? errno : 0;
    if (!e && a->sa.sa_family == AF_INET6)
        e = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) < 0 ? errno : 0;
    if (!e) /* accepted ones inherit it: answers are gathered before they are sent, and a second one must not wait for an ACK */
        e = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) < 0 ? errno : 0;
    if (!e && share)
        e = setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 ? errno : 0;
    if (!e)
        e = bind(fd, &a->sa, a->len) < 0 ? errno : 0;
    if (!e) {
        *out_fd = fd;
        return ST_OK;
    }
    close(fd);
    return is_missing_family(a, e) ? ST_OK : bind_failed(a, e);
}

void listen_check(const struct settings *set, struct config_errors *errors)
{
    for (size_t i = 0; i < set->listener_count; i++) {
        const struct config_listener *l = &set->listeners[i];

        for (size_t j = 0; j < l->address.n && l->required; j++) {
            int fd;

            if (bind_one(&l->address.v[j], false, &fd) != ST_OK)
                config_error_add(errors, l->at, "listener %.*s: %s", STR_ARGS(l->name), err_get()->text);
            if (fd >= 0)
                close(fd);
        }
    }
}

static size_t most_sockets(const struct settings *set, unsigned gates)
{
    size_t n = 0;

    for (size_t i = 0; i < set->listener_count; i++)
        n += set->listeners[i].address.n * gates;
    return n;
}

static enum st open_one(const struct settings *set, size_t row, const struct config_addr *at, unsigned gate,
                        struct listen_sockets *s)
{
    int fd;

    TRY(bind_one(at, true, &fd));
    if (fd < 0)
        return ST_OK;
    s->v[s->n++] = (struct listen_socket){(unsigned)row, gate, fd};
    return listen(fd, (int)set->net_backlog) < 0 ? bind_failed(at, errno) : ST_OK;
}

/* The port of a listener that need not be: when it can't be had that is said, and no more. */
static bool is_free(const struct config_listener *l, const struct config_addr *at)
{
    int fd;

    if (bind_one(at, false, &fd) != ST_OK) {
        LOG(LISTENER_LEFT_OUT, lf_str("name", l->name), lf_err());
        return false;
    }
    if (fd >= 0)
        close(fd);
    return true;
}

static enum st open_row(const struct settings *set, size_t row, unsigned gates, struct listen_sockets *s)
{
    const struct config_listener *l = &set->listeners[row];

    for (size_t i = 0; i < l->address.n; i++) {
        if (!l->required && !is_free(l, &l->address.v[i]))
            continue;
        for (unsigned gate = 0; gate < gates; gate++)
            TRY(open_one(set, row, &l->address.v[i], gate, s));
    }
    return ST_OK;
}

enum st listen_open(const struct settings *set, unsigned gates, struct listen_sockets *out)
{
    struct listen_sockets s = {.v = mem_new(most_sockets(set, gates) * sizeof *s.v)};
    enum st st = ST_OK;

    for (size_t i = 0; i < set->listener_count && st == ST_OK; i++)
        st = open_row(set, i, gates, &s);
    if (st != ST_OK) {
        listen_close(&s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void listen_close(struct listen_sockets *s)
{
    for (size_t i = 0; i < s->n; i++)
        close(s->v[i].fd);
    mem_free(s->v);
    *s = (struct listen_sockets){NULL, 0};
}

enum st listen_control(const char *path, int *out_fd)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat s;
    int fd;

    if (strlen(path) >= sizeof at.sun_path)
        return FAIL(ST_LIMIT, "%s: a socket's path has at most %zu bytes", path, sizeof at.sun_path - 1);
    memcpy(at.sun_path, path, strlen(path));
    if (lstat(path, &s) == 0 && !S_ISSOCK(s.st_mode))
        return FAIL(ST_EXISTS, "%s is there and no socket", path);
    unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return FAIL_ERRNO("socket");
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || chmod(path, 0666) < 0 || listen(fd, CONTROL_BACKLOG) < 0) {
        enum st st = FAIL_ERRNO(path);

        close(fd);
        return st;
    }
    *out_fd = fd;
    return ST_OK;
}
