#include "imap/conn.h"
#include "base/must.h"

#define PUT_THROUGH 8192 /* longer strings go to the stream without being copied here first */

void imap_conn_init(struct imap_conn *c, struct stream *s)
{
    c->stream = s;
    c->dead = ST_OK;
    c->utf8 = false;
    buf_init(&c->out, LIMIT_IMAP_OUTPUT);
}

void imap_conn_fini(struct imap_conn *c)
{
    buf_fini(&c->out);
}

static enum st conn_failed(struct imap_conn *c, enum st st)
{
    if (st != ST_OK && c->dead == ST_OK)
        c->dead = st;
    return st;
}

enum st imap_conn_push(struct imap_conn *c)
{
    enum st st = c->dead;

    if (st == ST_OK && c->out.n)
        st = conn_failed(c, stream_write(c->stream, buf_str(&c->out)));
    buf_clear(&c->out);
    return st;
}

enum st imap_conn_flush(struct imap_conn *c)
{
    TRY(imap_conn_push(c));
    return conn_failed(c, stream_flush(c->stream));
}

void imap_conn_last_words(struct imap_conn *c)
{
    enum st st UNUSED = imap_conn_flush(c);
}

char *imap_room(struct imap_conn *c, size_t n)
{
    char *p;

    must(n <= LIMIT_IMAP_OUTPUT);
    if (c->out.cap - c->out.n >= n && c->out.p)
        return c->out.p + c->out.n;
    /* A failed push empties the buffer too: what follows is written to nowhere. */
    if (c->out.n + n > LIMIT_IMAP_OUTPUT && imap_conn_push(c) != ST_OK)
        buf_clear(&c->out);
    p = buf_space(&c->out, n);
    must(p != NULL);
    return p;
}

void imap_put_slow(struct imap_conn *c, struct str s)
{
    if (s.n == 0)
        return;
    if (s.n > PUT_THROUGH) {
        if (imap_conn_push(c) == ST_OK)
            (void)conn_failed(c, stream_write(c->stream, s));
        return;
    }
    char *p = imap_room(c, s.n);

    memcpy(p, s.p, s.n);
    imap_wrote(c, p + s.n);
}

char *imap_digits(char *p, uint64_t v)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    memcpy(p, digits + at, sizeof digits - at);
    return p + (sizeof digits - at);
}

void imap_put_u64(struct imap_conn *c, uint64_t v)
{
    imap_wrote(c, imap_digits(imap_room(c, 20), v));
}

enum st imap_conn_line(struct imap_conn *c, size_t max, struct str *out)
{
    struct str line;
    enum st st;

    TRY(imap_conn_push(c));
    st = stream_line(c->stream, max, &line);
    if (st == ST_LIMIT)
        return st;
    TRY(conn_failed(c, st));
    must(line.n > 0);
    line.n--;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    *out = line;
    return ST_OK;
}

enum st imap_conn_bytes(struct imap_conn *c, uint64_t n, struct str *out)
{
    struct str in = stream_input(c->stream);

    must(n > 0);
    if (in.n == 0) {
        TRY(imap_conn_push(c));
        TRY(conn_failed(c, stream_more(c->stream)));
        in = stream_input(c->stream);
    }
    *out = str_n(in.p, (size_t)MIN(n, (uint64_t)in.n));
    return ST_OK;
}

enum st imap_conn_skip(struct imap_conn *c, uint64_t n)
{
    struct str piece;

    while (n > 0) {
        TRY(imap_conn_bytes(c, n, &piece));
        stream_eat(c->stream, piece.n);
        n -= piece.n;
    }
    return ST_OK;
}

enum st imap_conn_skip_line(struct imap_conn *c)
{
    struct str piece;

    for (size_t skipped = 0; skipped < LIMIT_IMAP_SKIP; skipped += piece.n) {
        TRY(imap_conn_bytes(c, SIZE_MAX, &piece));
        size_t lf = str_find(piece, '\n');

        if (lf < piece.n) {
            stream_eat(c->stream, lf + 1);
            return ST_OK;
        }
        stream_eat(c->stream, piece.n);
    }
    return conn_failed(c, FAIL(ST_LIMIT, "a line without end"));
}
