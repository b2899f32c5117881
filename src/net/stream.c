/* Streams: buffers, deadlines, and the order of flushing and waiting. What the bytes go through below
 * is layer.h's matter; the last layer is the socket, here. */
#include "base/must.h"
#include "co/fault.h"
#include "co/switch.h"
#include "net/layer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define KEPT_MAX 4096  /* bytes of input that are moved together when a stream is parked */
#define IN_FIRST 4096  /* the input buffer begins with this and doubles */
#define IN_EAGER 65536 /* to here it also doubles when a read takes all room, though the input is eaten each time */
#define STREAK_MAX 64  /* calls in a row without a wait, before others get their turn */
#define LINGER_MS 2000 /* see stream_close */
#define LINGER_BYTES 262144
#define SHARED_WAIT_MS 10 /* see stream_wait_wanted */

/* Debug builds move the input at each read, so that a view kept for too long shows at once. */
#ifdef SWITCH_ASAN
#define MOVE_ALWAYS true
#else
#define MOVE_ALWAYS false
#endif

enum st stream_new(int fd, const struct stream_options *opt, struct stream **out)
{
    struct stream *s = MEM_NEW(struct stream);
    enum st st = co_fd_add(&s->fd, fd);

    if (st != ST_OK) {
        close(fd);
        mem_free(s);
        return st == ST_CANCELED ? st : ST_IO;
    }
    s->magic = STREAM_MAGIC;
    buf_init(&s->in, opt->in_max);
    buf_init(&s->out, opt->out_high);
    s->out_high = opt->out_high;
    s->read_ms = opt->read_timeout_ms;
    s->write_ms = opt->write_timeout_ms;
    s->deadline = NEVER;
    *out = s;
    return ST_OK;
}

/* Everything but the descriptor. */
static void dispose(struct stream *s)
{
    while (s->top) {
        struct stream_layer *l = s->top;

        s->top = l->below;
        l->ops->free(l);
    }
    buf_fini(&s->in);
    buf_fini(&s->out);
    s->magic = 0;
    mem_free(s);
}

void stream_free(struct stream *s)
{
    int fd;

    if (!s)
        return;
    must_obj(s, STREAM_MAGIC);
    fd = s->fd.fd;
    co_fd_del(&s->fd);
    dispose(s);
    close(fd);
}

void stream_set_timeouts(struct stream *s, uint32_t read_ms, uint32_t write_ms)
{
    s->read_ms = read_ms;
    s->write_ms = write_ms;
}
void stream_set_deadline(struct stream *s, mono_ms deadline)
{
    s->deadline = deadline;
}
void stream_set_in_max(struct stream *s, size_t max)
{
    s->in.max = MAX(max, s->in.n);
}
int stream_fd(const struct stream *s)
{
    return s->fd.fd;
}

uint64_t stream_bytes_in(const struct stream *s)
{
    return s->bytes_in;
}
uint64_t stream_bytes_out(const struct stream *s)
{
    return s->bytes_out;
}

/* --- the socket --------------------------------------------------------------------------------- */

static enum st busy(struct stream *s, enum co_dir want)
{
    s->want = (unsigned char)want;
    return ST_BUSY;
}

static enum st socket_read(struct stream *s, char *p, size_t max, size_t *out_n)
{
    ssize_t n;

    if (!s->fd.can_read)
        return busy(s, CO_READ);
    if (fault_hit(FAULT_net_read))
        return FAIL(ST_IO, "recv: a fault was asked for");
    do
        n = recv(s->fd.fd, p, max, MSG_DONTWAIT); /* whoever shares the socket may have made it wait */
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        co_fd_again(&s->fd, CO_READ);
        return busy(s, CO_READ);
    }
    if (n < 0)
        return FAIL_ERRNO("recv");
    if (n == 0)
        return FAIL(ST_EOF, "the peer has closed the connection");
    if ((size_t)n < max && !s->fd.hup) /* that was all; the next byte is an edge */
        co_fd_again(&s->fd, CO_READ);
    *out_n = (size_t)n;
    return ST_OK;
}

static enum st socket_write(struct stream *s, const struct iovec *iov, int pieces, size_t *out_n)
{
    struct msghdr m = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)pieces};
    ssize_t n;

    if (!s->fd.can_write)
        return busy(s, CO_WRITE);
    if (fault_hit(FAULT_net_write))
        return FAIL(ST_IO, "send: a fault was asked for");
    do
        n = sendmsg(s->fd.fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT | (s->more ? MSG_MORE : 0));
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        co_fd_again(&s->fd, CO_WRITE);
        return busy(s, CO_WRITE);
    }
    if (n < 0)
        return FAIL_ERRNO("send");
    *out_n = (size_t)n;
    return ST_OK;
}

enum st layer_read(struct stream *s, struct stream_layer *l, char *p, size_t max, size_t *out_n)
{
    return l ? l->ops->read(l, p, max, out_n) : socket_read(s, p, max, out_n);
}

enum st layer_write(struct stream *s, struct stream_layer *l, const struct iovec *iov, int pieces, size_t *out_n)
{
    return l ? l->ops->write(l, iov, pieces, out_n) : socket_write(s, iov, pieces, out_n);
}

enum st stream_wait_wanted(struct stream *s, uint32_t ms)
{
    mono_ms now = core_now(core_here()), deadline = MIN(now + ms, s->deadline);

    s->streak = 0;
    /* A layer that has to write in order to read (TLS key update), while the other coroutine of a relay
     * waits for the same: look again in a moment. */
    if (s->want == CO_WRITE ? s->fd.writer != NULL : s->fd.reader != NULL)
        return deadline <= now ? (enum st)FAIL(ST_TIMEOUT, "the deadline passed") : co_sleep(now + SHARED_WAIT_MS);
    return co_fd_wait(&s->fd, s->want == CO_WRITE ? CO_WRITE : CO_READ, deadline);
}

/* A peer that is always ready must not keep the core. */
static void take_turns(struct stream *s) SUSPENDS
{
    if (++s->streak >= STREAK_MAX) {
        s->streak = 0;
        co_yield ();
    }
}

/* --- input -------------------------------------------------------------------------------------- */

struct str stream_input(const struct stream *s)
{
    return str_n(s->in.p + s->in_at, s->in.n - s->in_at);
}

void stream_eat(struct stream *s, size_t n)
{
    must(n <= s->in.n - s->in_at);
    s->in_at += n;
    s->scanned -= MIN(n, s->scanned);
    if (s->in_at == s->in.n)
        s->in_at = s->in.n = 0;
}

static void move_input(struct stream *s)
{
    struct buf fresh;

    buf_init(&fresh, s->in.max);
    (void)buf_space(&fresh, MIN(s->in.cap, s->in.max));
    buf_add(&fresh, stream_input(s));
    buf_fini(&s->in);
    s->in = fresh;
    s->in_at = 0;
}

/* Room behind the input: at the end, else by moving it to the front, else by growing. 0: it is full. */
static size_t make_room(struct stream *s)
{
    struct buf *b = &s->in;

    if (MOVE_ALWAYS && b->cap)
        move_input(s);
    if (b->n == b->cap && s->in_at) {
        buf_drop_front(b, s->in_at);
        s->in_at = 0;
    }
    if (b->cap < b->max && (b->n == b->cap || (s->filled && b->cap < IN_EAGER)))
        (void)buf_space(b, MIN(MAX(b->cap * 2, IN_FIRST), b->max) - b->n);
    return MIN(b->cap, b->max) - b->n;
}

enum st stream_fill(struct stream *s)
{
    size_t room = make_room(s), n;

    if (!room)
        return FAIL(ST_LIMIT, "more than %zu bytes of input", s->in.max);
    TRY(layer_read(s, s->top, s->in.p + s->in.n, room, &n));
    buf_added(&s->in, n);
    s->filled = n == room;
    s->bytes_in += n;
    return ST_OK;
}

enum st stream_more(struct stream *s)
{
    enum st st;

    must_obj(s, STREAM_MAGIC);
    take_turns(s);
    for (;;) {
        if (co_is_canceled())
            return FAIL(ST_CANCELED, "%s was told to stop", co_name(co_here()));
        if (s->deadline <= core_now(core_here()))
            return FAIL(ST_TIMEOUT, "the deadline passed");
        st = stream_fill(s);
        if (st != ST_BUSY)
            return st;
        TRY(stream_flush(s));
        if (s->want == CO_WRITE || !s->fd.can_read) { /* flushing may have taken a while */
            TRY(stream_wait_wanted(s, s->read_ms));
        }
    }
}

enum st stream_unread(struct stream *s, struct str bytes)
{
    struct str in = stream_input(s);
    struct buf joined;

    if (bytes.n > s->in.max - MIN(s->in.max, in.n))
        return FAIL(ST_LIMIT, "more than %zu bytes of input", s->in.max);
    if (!bytes.n)
        return ST_OK;
    buf_init(&joined, s->in.max);
    buf_add(&joined, bytes);
    buf_add(&joined, in);
    buf_fini(&s->in);
    s->in = joined;
    s->in_at = s->scanned = 0;
    return ST_OK;
}

enum st stream_line(struct stream *s, size_t max, struct str *out_line)
{
    for (;;) {
        struct str in = stream_input(s), fresh = str_sub(in, s->scanned, max - MIN(max, s->scanned));
        size_t at = str_find(fresh, '\n');

        if (at < fresh.n) {
            *out_line = str_n(in.p, s->scanned + at + 1);
            stream_eat(s, out_line->n);
            return ST_OK;
        }
        s->scanned += fresh.n;
        if (s->scanned >= max)
            return FAIL(ST_LIMIT, "a line of more than %zu bytes", max);
        TRY(stream_more(s));
    }
}

/* --- output ------------------------------------------------------------------------------------- */

size_t stream_unsent(const struct stream *s)
{
    return s->out.n - s->out_at;
}

/* Writes what is buffered and then `bytes`, all of it. */
static enum st write_all(struct stream *s, struct str bytes) SUSPENDS
{
    while (stream_unsent(s) || bytes.n) {
        struct iovec iov[2];
        size_t n, unsent = stream_unsent(s), from_buffer;
        int pieces = 0;
        enum st st;

        if (unsent)
            iov[pieces++] = (struct iovec){s->out.p + s->out_at, unsent};
        if (bytes.n)
            iov[pieces++] = (struct iovec){(char *)(uintptr_t)bytes.p, bytes.n};
        st = layer_write(s, s->top, iov, pieces, &n);
        if (st == ST_BUSY) {
            TRY(stream_wait_wanted(s, s->write_ms));
            continue;
        }
        TRY(st);
        from_buffer = MIN(n, unsent);
        s->out_at += from_buffer;
        bytes = str_from(bytes, n - from_buffer);
        s->bytes_out += n;
        if (s->out_at == s->out.n) {
            buf_clear(&s->out);
            s->out_at = 0;
        }
        take_turns(s);
    }
    return ST_OK;
}

static enum st write_or_break(struct stream *s, struct str bytes) SUSPENDS
{
    enum st st;

    must_obj(s, STREAM_MAGIC);
    if (s->broken || s->said_goodbye)
        return FAIL(ST_IO, "the connection is closed for writing");
    st = write_all(s, bytes);
    s->broken = st != ST_OK;
    return st;
}

static enum st flush_layer(struct stream *s, struct stream_layer *l) SUSPENDS
{
    enum st st;

    while ((st = l->ops->flush(l)) == ST_BUSY)
        if ((st = stream_wait_wanted(s, s->write_ms)) != ST_OK)
            break;
    s->broken = st != ST_OK;
    return st;
}

enum st stream_flush(struct stream *s)
{
    if (stream_unsent(s))
        TRY(write_or_break(s, STR_NONE));
    return s->top && s->top->ops->flush && !s->broken ? flush_layer(s, s->top) : ST_OK;
}

/* What was sent in clear text behind STARTTLS must not be read as if it had come under TLS. */
enum st stream_ready_for_layer(struct stream *s)
{
    if (stream_input(s).n)
        return FAIL(ST_DENIED, "%zu bytes came in front of a layer that begins", stream_input(s).n);
    TRY(stream_flush(s));
    buf_free_memory(&s->in);
    s->in_at = s->scanned = 0;
    return ST_OK;
}

enum st stream_write(struct stream *s, struct str bytes)
{
    size_t room = s->out_high - MIN(s->out_high, s->out.n);

    if (s->broken || s->said_goodbye)
        return FAIL(ST_IO, "the connection is closed for writing");
    if (bytes.n <= room) {
        buf_add(&s->out, bytes);
        return ST_OK;
    }
    if (!s->top || !stream_unsent(s))
        return write_or_break(s, bytes);
    /* A layer makes records: fill the first one rather than send a small one. */
    buf_add(&s->out, str_sub(bytes, 0, room));
    TRY(write_or_break(s, STR_NONE));
    return stream_write(s, str_from(bytes, room));
}

enum st stream_writef(struct stream *s, const char *fmt, ...)
{
    char small[512], *p = small;
    va_list ap, again;
    enum st st;
    int n;

    va_start(ap, fmt);
    va_copy(again, ap);
    n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    must(n >= 0);
    if ((size_t)n >= sizeof small) {
        p = mem_new((size_t)n + 1);
        vsnprintf(p, (size_t)n + 1, fmt, again);
    }
    va_end(again);
    st = stream_write(s, str_n(p, (size_t)n));
    if (p != small)
        mem_free(p);
    return st;
}

/* --- the end ------------------------------------------------------------------------------------ */

enum st stream_shutdown(struct stream *s)
{
    enum st st = ST_OK;

    TRY(stream_flush(s));
    if (s->broken || s->said_goodbye)
        return ST_OK;
    if (s->top) {
        while ((st = s->top->ops->goodbye(s->top)) == ST_BUSY)
            if ((st = stream_wait_wanted(s, s->write_ms)) != ST_OK)
                break;
    }
    s->said_goodbye = true;
    shutdown(s->fd.fd, SHUT_WR);
    return st;
}

/* Closing a socket that holds unread input makes the kernel send a reset, which overtakes what we wrote. */
static void linger(struct stream *s) SUSPENDS
{
    mono_ms until = core_now(core_here()) + LINGER_MS;
    char waste[4096];
    size_t n, total = 0;

    if (!s->said_goodbye || !s->fd.can_read)
        return;
    while (total < LINGER_BYTES) {
        enum st st = socket_read(s, waste, sizeof waste, &n);

        if (st == ST_BUSY && (!total || co_fd_wait(&s->fd, CO_READ, until) != ST_OK))
            return;
        if (st != ST_OK && st != ST_BUSY)
            return;
        if (st == ST_OK)
            total += n;
    }
}

enum st stream_close(struct stream *s)
{
    enum st st;

    must_obj(s, STREAM_MAGIC);
    st = stream_shutdown(s);
    linger(s);
    stream_free(s);
    return st;
}

/* --- parking and handing over ------------------------------------------------------------------- */

static void parked(void *arg, enum st why)
{
    struct stream *s = arg;
    void (*fn)(void *arg, enum st why) = TAKE(s->parked);

    fn(s->parked_arg, why);
}

/* What is left of the input, in no more memory than it takes. */
static void keep_input(struct stream *s)
{
    struct str left = stream_input(s);
    char few[KEPT_MAX];

    if (left.n > sizeof few)
        return;
    memcpy(few, left.n ? left.p : "", left.n);
    buf_free_memory(&s->in);
    s->in_at = 0;
    if (left.n)
        buf_add(&s->in, str_n(few, left.n));
}

static void park(struct stream *s, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg)
{
    keep_input(s);
    buf_free_memory(&s->out);
    s->out_at = 0;
    for (struct stream_layer *l = s->top; l; l = l->below)
        if (l->ops->idle)
            l->ops->idle(l);
    s->parked = fn;
    s->parked_arg = arg;
    co_fd_park(&s->fd, MIN(deadline, s->deadline), parked, s);
}

bool stream_park(struct stream *s, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg)
{
    must_obj(s, STREAM_MAGIC);
    must(!stream_unsent(s));
    if (s->in.n > s->in_at)
        return false;
    if (s->fd.can_read || (s->top && s->top->ops->has_input(s->top))) {
        enum st st = stream_fill(s);

        if (st != ST_BUSY || s->want != CO_READ)
            return false; /* input, its end, or a failure that the next read gives again */
    }
    park(s, deadline, fn, arg);
    return true;
}

bool stream_park_line(struct stream *s, size_t max, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg)
{
    must_obj(s, STREAM_MAGIC);
    must(!stream_unsent(s));
    for (;;) {
        struct str in = stream_input(s);
        enum st st;

        if (in.n >= max || str_find(in, '\n') < in.n)
            return false;
        if (!s->fd.can_read && !(s->top && s->top->ops->has_input(s->top)))
            break;
        st = stream_fill(s);
        if (st == ST_BUSY && s->want == CO_READ)
            break;
        if (st != ST_OK)
            return false;
    }
    park(s, deadline, fn, arg);
    return true;
}

bool stream_park_unread(struct stream *s, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg)
{
    char byte;

    must_obj(s, STREAM_MAGIC);
    must(!stream_unsent(s) && !s->top && s->in.n == s->in_at);
    if (s->fd.can_read) {
        if (recv(s->fd.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK))
            return false;
        co_fd_again(&s->fd, CO_READ);
    }
    park(s, deadline, fn, arg);
    return true;
}

void stream_unpark(struct stream *s)
{
    co_fd_unpark(&s->fd);
    s->parked = NULL;
}

bool stream_is_parked(const struct stream *s)
{
    must_obj(s, STREAM_MAGIC);
    return s->parked != NULL;
}

bool stream_is_awaited(const struct stream *s)
{
    must_obj(s, STREAM_MAGIC);
    return s->fd.reader != NULL;
}

enum st stream_detach(struct stream *s, struct arena *a, int *out_fd, struct str *out_unread)
{
    int fd;

    must_obj(s, STREAM_MAGIC);
    if (s->top || stream_unsent(s))
        return FAIL(ST_DENIED, s->top ? "a layer is on the connection" : "output is unsent");
    *out_unread = arena_str(a, stream_input(s));
    fd = s->fd.fd;
    co_fd_del(&s->fd);
    dispose(s);
    *out_fd = fd;
    return ST_OK;
}
