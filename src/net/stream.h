/* A connection as a session sees it: buffered input, buffered output, layers. Calls wait; each wait
 * has a deadline. Three rules make pipelining and STARTTLS right without any command thinking of it:
 *   - output is flushed exactly when a read would wait (stream_more, stream_line), and on request;
 *   - pushing a layer while input is buffered fails with ST_DENIED: what was sent in clear text
 *     behind STARTTLS is never read as if it had come under TLS (RFC 3207 section 4.2);
 *   - a view of the input lives until the next read; debug builds move the buffer at every read.
 * A stream belongs to one core and is used by one coroutine at a time. */
#pragma once

#include "base/buf.h"
#include "co/co.h"

struct stream;
struct tls_server;
struct tls_alpn;
struct tls_clients;
struct tls_client;
struct tls_peer;
struct addr;

struct stream_options {
    size_t in_max;   /* most bytes of buffered input, hence the longest line */
    size_t out_high; /* a write that would leave more than this in the buffer flushes; large ones are not copied */
    uint32_t read_timeout_ms;  /* longest wait for input */
    uint32_t write_timeout_ms; /* longest wait for room in the peer's window */
};

/* Mixed use: reading and writing by two coroutines at a time is allowed (a relay does), two readers
 * or two writers are not. */

/* Owns fd from now on (closed by stream_free). ST_IO when the loop can't take it; fd is closed then. */
enum st stream_new(int fd, const struct stream_options *opt, struct stream **out) MUST_USE;
/* Connects to `to`. ST_TIMEOUT, ST_CANCELED, or what the system said. */
enum st stream_connect(const struct addr *to, const struct stream_options *opt, mono_ms deadline, struct stream **out)
    SUSPENDS MUST_USE;
/* The same from that address of this machine's, of the family of `to` (its port counts for nothing); family 0: the system chooses.
 * ST_FOREIGN: that address can't be had, and nothing was sent. */
enum st stream_connect_from(const struct addr *from, const struct addr *to, const struct stream_options *opt,
                            mono_ms deadline, struct stream **out) SUSPENDS MUST_USE;
void stream_free(struct stream *s); /* NULL is fine; sends nothing, closes at once */
/* Flushes, says goodbye (TLS close_notify), then frees, whatever comes. Where the peer has sent what nobody
 * read, that is read away first (2 s at most), since the kernel would take our last words back otherwise. */
enum st stream_close(struct stream *s) SUSPENDS;
/* Flushes and says that nothing more will be written; reading goes on. */
enum st stream_shutdown(struct stream *s) SUSPENDS MUST_USE;

void stream_set_timeouts(struct stream *s, uint32_t read_ms, uint32_t write_ms);
void stream_set_deadline(struct stream *s, mono_ms deadline); /* besides the timeouts; NEVER lifts it */
void stream_set_in_max(struct stream *s, size_t max);

/* --- input --- */
struct str stream_input(const struct stream *s); /* what is buffered */
void stream_eat(struct stream *s, size_t n);     /* n <= what is buffered */
/* Waits for at least one more byte. ST_EOF (also when the peer has reset the connection), ST_TIMEOUT,
 * ST_LIMIT (buffer full), ST_CANCELED, ST_IO. */
enum st stream_more(struct stream *s) SUSPENDS MUST_USE;
/* Puts bytes in front of what is buffered: input that another process had read already. ST_LIMIT above in_max. */
enum st stream_unread(struct stream *s, struct str bytes) MUST_USE;
/* The next line with its LF, eaten; a view until the next read. ST_LIMIT when `max` bytes hold no LF
 * (nothing is eaten); ST_EOF also when bytes without LF are left. Whether the line ends in CRLF is for
 * the caller to see: protocols differ in what they make of a bare LF. */
enum st stream_line(struct stream *s, size_t max, struct str *out_line) SUSPENDS MUST_USE;

/* --- output: after a failure (also ST_TIMEOUT) the stream takes nothing more, ST_IO --- */
enum st stream_write(struct stream *s, struct str bytes) SUSPENDS MUST_USE;
enum st stream_writef(struct stream *s, const char *fmt, ...) SUSPENDS PRINTF_LIKE(2, 3) MUST_USE;
enum st stream_flush(struct stream *s) SUSPENDS MUST_USE;
size_t stream_unsent(const struct stream *s);

/* --- layers --- */
/* As the server. `alpn` outlives the stream; NULL: what the client names is not looked at. `clients` (net/tls_clients.h): certificates
 * that are asked for, NULL for none; a reference is taken. */
enum st stream_push_tls(struct stream *s, struct tls_server *tls, const struct tls_alpn *alpn,
                        struct tls_clients *clients, mono_ms deadline) SUSPENDS MUST_USE;
/* What came of it. BAD: it does not hold, and was not required. A connection that resumes a session has none. */
enum stream_tls_client { TLS_CLIENT_NONE, TLS_CLIENT_BAD, TLS_CLIENT_GOOD };
enum stream_tls_client stream_tls_client(const struct stream *s);
/* It, and what it brought along, as tls_clients_look takes them. */
void stream_tls_client_chain(const struct stream *s, struct buf *out);
bool stream_is_tls(const struct stream *s);
struct stream_tls_info {
    const char *version, *cipher; /* "TLSv1.3", "TLS_AES_256_GCM_SHA384" */
    struct str server_name, alpn; /* as the peer asked; borrowed from the stream */
    bool resumed;
};
bool stream_tls_info(const struct stream *s, struct stream_tls_info *out);
/* What an authentication can be bound to (RFC 5056), of the server's side. Empty where the connection has none:
 * exporter needs TLS 1.3, or 1.2 with the extended master secret (RFC 9266); unique exists up to TLS 1.2, and is given with
 * that extension only (RFC 7627); end_point is a hash of the certificate that we show (RFC 5929 section 4.1). */
#define TLS_BINDING_MAX 64
struct stream_tls_bindings {
    unsigned char exporter[TLS_BINDING_MAX], unique[TLS_BINDING_MAX], end_point[TLS_BINDING_MAX];
    size_t n_exporter, n_unique, n_end_point;
};
void stream_tls_bindings(const struct stream *s, struct stream_tls_bindings *out);
/* As the client; ST_DENIED when the certificate does not hold. `host` is the name for SNI and for the check. */
enum st stream_push_tls_client(struct stream *s, struct tls_client *tls, struct str host, mono_ms deadline)
    SUSPENDS MUST_USE;

/* The same for a server of which more is known (net/tls_client.h). */
enum st stream_push_tls_peer(struct stream *s, struct tls_client *tls, const struct tls_peer *peer, mono_ms deadline)
    SUSPENDS MUST_USE;
/* What a client has found of the certificate, also when the handshake failed. */
enum tls_verdict {
    TLS_CERT_GOOD,      /* or it was not looked at, or the handshake failed for another reason */
    TLS_CERT_NAME,      /* it is of another name */
    TLS_CERT_EXPIRED,   /* or not valid yet */
    TLS_CERT_NOT_NAMED, /* no TLSA record names it */
    TLS_CERT_UNTRUSTED  /* it is from nobody who is trusted, or wrong otherwise */
};
enum tls_verdict stream_tls_verdict(const struct stream *s);

/* Raw deflate (RFC 1951) in both directions, above what is there: COMPRESS (RFC 4978). ST_DENIED when input is
 * buffered. Memory: about 320 KiB while bytes move. Of a parked stream only what the peer has sent last stays,
 * packed (32 KiB at most), two seconds later or when others need the room. */
enum st stream_push_deflate(struct stream *s) SUSPENDS MUST_USE;
bool stream_is_deflated(const struct stream *s);
/* Ends it, in both directions: says the last block, and takes what the peer has sent behind its own end (or behind its flush) as input that
 * is not compressed (RFC 8437 section 4.1). ST_DENIED: there is compressed input that nobody has read. */
enum st stream_pop_deflate(struct stream *s) SUSPENDS MUST_USE;

/* --- parking: see co_fd_park. Output must be flushed. False, and nothing happens, while there is
 * input or its end (it looks): the session should go on reading. Gives back the buffers' memory. */
bool stream_park(struct stream *s, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg);
/* The same while a line is not complete: what there is of it is kept. False: there is one, `max` bytes without one, or the end. */
bool stream_park_line(struct stream *s, size_t max, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg);
/* The same before a TLS handshake: what comes is left in the socket for it. No layer, nothing read yet. */
bool stream_park_unread(struct stream *s, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg);
void stream_unpark(struct stream *s);
bool stream_is_parked(const struct stream *s);
bool stream_is_awaited(const struct stream *s); /* a coroutine waits for input of the peer's */

/* --- handing over: takes the descriptor out and frees the stream; unread input is copied into the
 * arena. ST_DENIED when a layer is on it or output is unsent; the stream stays then. */
enum st stream_detach(struct stream *s, struct arena *a, int *out_fd, struct str *out_unread) MUST_USE;

/* The descriptor below all layers, still the stream's: to send a copy of it to another process. */
int stream_fd(const struct stream *s);

uint64_t stream_bytes_in(const struct stream *s);
uint64_t stream_bytes_out(const struct stream *s);
