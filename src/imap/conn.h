/* What both lives of a connection share: its stream, the responses gathered for it, and why it is over. Writing
 * never fails where it is called: the first failure is kept in `dead` and everything later goes nowhere, so that
 * a response is written straight through and asked about once (imap_conn_check). */
#pragma once

#include "base/buf.h"
#include "base/limits.h"
#include "net/stream.h"

struct imap_conn {
    struct stream *stream;
    struct buf out; /* not yet given to the stream; at most LIMIT_IMAP_OUTPUT */
    enum st dead;   /* ST_OK while the connection works */
    bool utf8;      /* the client takes UTF-8 in quoted strings, and mailbox names in it (ENABLE) */
};

void imap_conn_init(struct imap_conn *c, struct stream *s);
void imap_conn_fini(struct imap_conn *c);

static inline enum st imap_conn_check(const struct imap_conn *c)
{
    return c->dead;
}

/* Room for n bytes (at most LIMIT_IMAP_OUTPUT), to be written at once and counted with imap_wrote. */
char *imap_room(struct imap_conn *c, size_t n) SUSPENDS;
static inline void imap_wrote(struct imap_conn *c, const char *end)
{
    c->out.n = (size_t)(end - c->out.p);
}

void imap_put_slow(struct imap_conn *c, struct str s) SUSPENDS;
static inline void imap_put(struct imap_conn *c, struct str s) SUSPENDS
{
    if (c->out.cap - c->out.n < s.n || s.n == 0) {
        imap_put_slow(c, s);
        return;
    }
    memcpy(c->out.p + c->out.n, s.p, s.n);
    c->out.n += s.n;
}
static inline void imap_putz(struct imap_conn *c, const char *z) SUSPENDS
{
    imap_put(c, str_n(z, strlen(z)));
}
void imap_put_u64(struct imap_conn *c, uint64_t v) SUSPENDS;

/* Decimal digits at p; returns the place behind them. */
char *imap_digits(char *p, uint64_t v);

enum st imap_conn_push(struct imap_conn *c) SUSPENDS MUST_USE;  /* gives the responses to the stream */
enum st imap_conn_flush(struct imap_conn *c) SUSPENDS MUST_USE; /* and on to the peer */

void imap_conn_last_words(struct imap_conn *c) SUSPENDS; /* the same when it is over either way */

/* The next line without its line end; a view until the next read. ST_LIMIT leaves the connection usable: the
 * line is still there, see imap_conn_skip_line. */
enum st imap_conn_line(struct imap_conn *c, size_t max, struct str *out) SUSPENDS MUST_USE;
enum st imap_conn_skip_line(struct imap_conn *c) SUSPENDS MUST_USE;
/* At least one and at most n bytes of input; a view until the next read. */
enum st imap_conn_bytes(struct imap_conn *c, uint64_t n, struct str *out) SUSPENDS MUST_USE;
enum st imap_conn_skip(struct imap_conn *c, uint64_t n) SUSPENDS MUST_USE;
