/* One request over the administration socket, and its answer put together again. */
#include "admin/admin.h"

#include "admin/command.h"
#include "admin/wire.h"
#include "base/secret.h"
#include "ipc/lists.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SILENCE_MS 600000 /* what a command may take */
#define RECEIVE_BYTES 65536

static enum st connect_to(const char *path, int *out_fd)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd;

    if ((size_t)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path) >= sizeof(to.sun_path))
        return FAIL(ST_LIMIT, "%s is too long for a socket's name", path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FAIL_ERRNO("socket");
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0) {
        *out_fd = fd;
        return ST_OK;
    }
    if (errno == ENOENT || errno == ECONNREFUSED)
        (void)FAIL(ST_NOTFOUND, "no server listens at %s", path);
    else
        (void)FAIL_ERRNO(path);
    close(fd);
    return err_get()->st;
}

/* `with` goes along with the first byte; -1: nothing does. */
static ssize_t send_some(int fd, struct str bytes, int with)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } c = {0};
    struct iovec io = {(void *)(uintptr_t)bytes.p, bytes.n};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

    if (with >= 0) {
        m.msg_control = c.room;
        m.msg_controllen = sizeof(c.room);
        c.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
        memcpy(CMSG_DATA(&c.head), &with, sizeof(with));
    }
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static enum st send_all(int fd, struct str bytes, int with)
{
    while (bytes.n) {
        ssize_t n = send_some(fd, bytes, with);

        if (n < 0 && errno != EINTR)
            return FAIL_ERRNO("the server");
        if (n > 0)
            with = -1;
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return ST_OK;
}

static enum st send_ask(int fd, const struct str *words, size_t n, struct str input, int with)
{
    struct msg_admin_ask ask = {.input = input};
    struct buf list, frame;
    enum st st;

    buf_init(&list, 16384);
    buf_init(&frame, WIRE_MAX);
    words_put(&list, words, n);
    ask.words = buf_str(&list);
    st = buf_check(&list);
    if (st == ST_OK)
        st = wire_put(MSG_admin_ask, &ask, &frame);
    if (st == ST_OK)
        st = send_all(fd, buf_str(&frame), with);
    if (frame.n)
        wipe(frame.p, frame.n);
    buf_fini(&list);
    buf_fini(&frame);
    return st;
}

enum st admin_receive(int fd, struct buf *in, const char *when_silent, const char *when_over)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char *to = buf_space(in, RECEIVE_BYTES);
    ssize_t n;

    if (!to)
        return FAIL(ST_SYNTAX, "the server sent something unintelligible");
    do
        n = poll(&p, 1, SILENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return FAIL(ST_TIMEOUT, "%s", when_silent);
    n = recv(fd, to, RECEIVE_BYTES, 0);
    if (n <= 0)
        return FAIL(ST_EOF, "%s", when_over);
    buf_added(in, (size_t)n);
    return ST_OK;
}

static enum st read_answer(int fd, struct arena *a, struct admin_answer *out)
{
    struct msg_admin_answer m;
    struct buf in;
    size_t used;
    enum st st;

    buf_init(&in, 2 * WIRE_MAX);
    for (;;) {
        st = wire_take(MSG_admin_answer, buf_str(&in), &m, &used);
        if (st != ST_OK)
            break;
        if (used == 0) {
            st = admin_receive(fd, &in, "the server does not answer",
                               "the server closed the connection without an answer: perhaps you may not use it");
            if (st != ST_OK)
                break;
            continue;
        }
        out->st = (enum st)m.status;
        out->text = arena_str(a, m.text);
        buf_add(&out->json, m.json);
        if (!m.more)
            break;
        buf_drop_front(&in, used);
    }
    if (in.n)
        wipe(in.p, in.n);
    buf_fini(&in);
    return st == ST_OK ? buf_check(&out->json) : st;
}

enum st admin_ask(struct arena *a, const char *socket_path, const struct str *words, size_t n, struct str input,
                  int with, struct admin_answer *out)
{
    int fd;
    enum st st;

    TRY(connect_to(socket_path, &fd));
    st = send_ask(fd, words, n, input, with);
    if (st == ST_OK)
        st = read_answer(fd, a, out);
    close(fd);
    return st;
}

/* A frame begins with its length, whose last byte is 0; what else the server may say is text. */
static enum st is_refused(int fd, bool *out)
{
    const struct timeval silence = {.tv_sec = SILENCE_MS / 1000};
    struct pollfd p = {.fd = fd, .events = POLLIN};
    unsigned char first[4];
    ssize_t n;

    do
        n = poll(&p, 1, SILENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return FAIL(ST_TIMEOUT, "the server does not answer");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &silence, sizeof silence);
    n = recv(fd, first, sizeof first, MSG_PEEK | MSG_WAITALL);
    if (n != (ssize_t)sizeof first)
        return FAIL(ST_EOF, "the server closed the connection without an answer: perhaps you may not use it");
    *out = first[3] == 0;
    return ST_OK;
}

enum st admin_open(struct arena *a, const char *socket_path, struct str word, struct admin_answer *out, int *out_fd)
{
    bool refused = false;
    int fd;
    enum st st;

    *out = (struct admin_answer){.st = ST_OK};
    buf_init(&out->json, 65536);
    TRY(connect_to(socket_path, &fd));
    st = send_ask(fd, &word, 1, STR_NONE, -1);
    if (st == ST_OK)
        st = is_refused(fd, &refused);
    if (st == ST_OK && refused)
        st = read_answer(fd, a, out);
    if (st == ST_OK && !refused)
        *out_fd = fd;
    else
        close(fd);
    return st;
}
