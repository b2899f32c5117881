/* SMTP from the side of the user, over the connection that the server has given to a gate: one command, one answer. The server is our own, so that nothing has to be guessed; all waits
 * are bounded all the same. */
#include "admin/sendmail.h"

#include "base/err.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define SILENCE_MS 600000
#define ANSWER_MAX 65536
#define COMMAND_MAX 8192
#define CHUNK 16384

/* --- bytes ------------------------------------------------------------------------------------------------------- */

static enum st wait_for(int fd, short what)
{
    struct pollfd p = {.fd = fd, .events = what};
    int n;

    do
        n = poll(&p, 1, SILENCE_MS);
    while (n < 0 && errno == EINTR);
    if (n == 0)
        return FAIL(ST_TIMEOUT, "the server does not answer");
    return n < 0 ? FAIL_ERRNO("poll") : ST_OK;
}

static enum st send_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = send(fd, bytes.p, bytes.n, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return FAIL_ERRNO("the server");
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    return ST_OK;
}

static enum st receive(struct sendmail_talk *t)
{
    char *to = buf_space(&t->in, 4096);
    ssize_t n;

    if (!to)
        return FAIL(ST_SYNTAX, "the server's answer has no end");
    TRY(wait_for(t->fd, POLLIN));
    n = recv(t->fd, to, 4096, 0);
    if (n <= 0)
        return FAIL(ST_EOF, "the server has ended the connection");
    buf_added(&t->in, (size_t)n);
    return ST_OK;
}

/* --- commands ------------------------------------------------------------------------------------------------------ */

/* "250 text" is the last line of an answer, "250-text" is not. */
static enum st take_line(struct sendmail_talk *t, bool *out_last)
{
    struct str line;
    uint32_t code;
    size_t n;

    while ((n = str_find(buf_str(&t->in), '\n')) == t->in.n)
        TRY(receive(t));
    line = str_trim(str_sub(buf_str(&t->in), 0, n));
    if (line.n < 3 || str_u32(str_sub(line, 0, 3), 599, &code) != ST_OK || (line.n > 3 && !strchr(" -", line.p[3])))
        return FAIL(ST_SYNTAX, "the server's answer is none");
    *out_last = line.n == 3 || line.p[3] == ' ';
    t->code = code;
    t->text = arena_str(&t->arena, str_from(line, MIN(line.n, (size_t)4)));
    buf_drop_front(&t->in, n + 1);
    return ST_OK;
}

static enum st answer(struct sendmail_talk *t)
{
    bool last = false;

    arena_reset(&t->arena);
    while (!last)
        TRY(take_line(t, &last));
    return ST_OK;
}

/* ST_DENIED: the answer is not of the class that is wanted. */
static enum st say(struct sendmail_talk *t, unsigned want, struct str command)
{
    TRY(send_all(t->fd, command));
    TRY(answer(t));
    return t->code / 100 == want ? ST_OK : FAIL(ST_DENIED, "%u %.*s", t->code, STR_ARGS(t->text));
}

enum st sendmail_talk_begin(struct sendmail_talk *t, int fd, struct arena *a)
{
    *t = (struct sendmail_talk){.fd = fd};
    buf_init(&t->in, ANSWER_MAX);
    TRY(say(t, 2, STR("")));
    t->host = arena_str(a, str_sub(t->text, 0, str_find(t->text, ' ')));
    if (!t->host.n)
        return FAIL(ST_SYNTAX, "the server has no name");
    return say(t, 2, STR("EHLO localhost\r\n"));
}

void sendmail_talk_end(struct sendmail_talk *t)
{
    buf_fini(&t->in);
    arena_fini(&t->arena);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

/* --- a letter -------------------------------------------------------------------------------------------------------- */

/* RFC 3461 section 4 */
static void put_xtext(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 33 || c > 126 || c == '+' || c == '=')
            buf_addf(b, "+%02X", c);
        else
            buf_addc(b, (char)c);
    }
}

static enum st say_buf(struct sendmail_talk *t, unsigned want, struct buf *b)
{
    enum st st = buf_check(b);

    if (st == ST_OK)
        st = say(t, want, buf_str(b));
    buf_fini(b);
    return st;
}

static enum st say_mail(struct sendmail_talk *t, const struct sendmail_args *args, const struct sendmail_letter *l)
{
    struct buf b;

    buf_init(&b, COMMAND_MAX);
    buf_addf(&b, "MAIL FROM:<%.*s> SIZE=%zu", STR_ARGS(l->sender), l->text.n);
    if (l->is_8bit)
        buf_addz(&b, " BODY=8BITMIME");
    if (l->is_utf8)
        buf_addz(&b, " SMTPUTF8");
    if (args->ret.n)
        buf_addf(&b, " RET=%.*s", STR_ARGS(args->ret));
    if (args->envelope_id.n) {
        buf_addz(&b, " ENVID=");
        put_xtext(&b, args->envelope_id);
    }
    buf_addz(&b, "\r\n");
    return say_buf(t, 2, &b);
}

static enum st say_rcpt(struct sendmail_talk *t, const struct sendmail_args *args, struct str rcpt)
{
    struct buf b;

    buf_init(&b, COMMAND_MAX);
    buf_addf(&b, "RCPT TO:<%.*s>", STR_ARGS(rcpt));
    if (args->notify.n)
        buf_addf(&b, " NOTIFY=%.*s", STR_ARGS(args->notify));
    buf_addz(&b, "\r\n");
    return say_buf(t, 2, &b);
}

/* Dots at the begin of lines are doubled (RFC 5321 section 4.5.2). Every line ends with CRLF. */
static enum st send_text(struct sendmail_talk *t, struct str text)
{
    enum st st = ST_OK;
    struct buf b;

    buf_init(&b, 2 * CHUNK + text.n + text.n / 2);
    while (text.n && st == ST_OK) {
        size_t n = MIN(str_find(text, '\n') + 1, text.n);

        if (text.p[0] == '.')
            buf_addc(&b, '.');
        buf_add(&b, str_sub(text, 0, n));
        text = str_from(text, n);
        if (b.n < CHUNK && text.n)
            continue;
        st = send_all(t->fd, buf_str(&b));
        buf_clear(&b);
    }
    buf_fini(&b);
    return st;
}

static enum st one_transaction(struct sendmail_talk *t, const struct sendmail_args *args,
                               const struct sendmail_letter *l, const struct str *rcpts, size_t n,
                               struct str *out_refused)
{
    *out_refused = l->sender;
    TRY(say_mail(t, args, l));
    for (size_t i = 0; i < n; i++) {
        *out_refused = rcpts[i];
        TRY(say_rcpt(t, args, rcpts[i]));
    }
    *out_refused = STR_NONE;
    TRY(say(t, 3, STR("DATA\r\n")));
    TRY(send_text(t, buf_str(&l->text)));
    return say(t, 2, STR(".\r\n"));
}

enum st sendmail_talk_send(struct sendmail_talk *t, const struct sendmail_args *args, const struct sendmail_letter *l,
                           size_t *out_taken, struct str *out_refused)
{
    *out_taken = 0;
    while (*out_taken < l->n_rcpts) {
        size_t n = MIN(l->n_rcpts - *out_taken, (size_t)SENDMAIL_AT_ONCE);

        TRY(one_transaction(t, args, l, l->rcpts + *out_taken, n, out_refused));
        *out_taken += n;
    }
    IGNORE(say(t, 2, STR("QUIT\r\n"))); /* the letter is taken, whatever becomes of the farewell */
    return ST_OK;
}

/* --- -bs ------------------------------------------------------------------------------------------------------------------- */

struct half {
    int from, to;
    bool over; /* nothing more comes */
    size_t n, at;
    char bytes[CHUNK];
};

static enum st pump(struct half *h)
{
    ssize_t n;

    if (h->at < h->n) {
        n = write(h->to, h->bytes + h->at, h->n - h->at);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR ? ST_OK : FAIL_ERRNO("writing");
        h->at += (size_t)n;
        return ST_OK;
    }
    n = read(h->from, h->bytes, sizeof h->bytes);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return FAIL_ERRNO("reading");
    h->at = 0;
    h->n = n > 0 ? (size_t)n : 0;
    h->over = n == 0;
    return ST_OK;
}

static struct pollfd wanted(const struct half *h)
{
    if (h->at < h->n)
        return (struct pollfd){.fd = h->to, .events = POLLOUT};
    return (struct pollfd){.fd = h->over ? -1 : h->from, .events = POLLIN};
}

static enum st relay(int fd, struct half *up, struct half *down)
{
    bool told = false;

    while (!down->over || down->at < down->n) {
        struct pollfd p[] = {wanted(up), wanted(down)};
        int n = poll(p, ARRAY_LEN(p), SILENCE_MS);

        if (n == 0)
            return FAIL(ST_TIMEOUT, "nothing has been said for too long");
        if (n < 0 && errno != EINTR)
            return FAIL_ERRNO("poll");
        if (n > 0 && p[0].revents && pump(up) != ST_OK)
            up->over = true; /* the server has ended it: its last words still come */
        if (n > 0 && p[1].revents)
            TRY(pump(down));
        if (up->over && up->at >= up->n && !told)
            told = shutdown(fd, SHUT_WR) == 0 || true;
    }
    return ST_OK;
}

enum st sendmail_relay(int fd, int in, int out)
{
    struct half *halves = mem_new(2 * sizeof *halves);
    enum st st;

    halves[0].from = in;
    halves[0].to = fd;
    halves[1].from = fd;
    halves[1].to = out;
    st = relay(fd, &halves[0], &halves[1]);
    mem_free(halves);
    return st;
}
