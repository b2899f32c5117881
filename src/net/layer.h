/* How a layer of a stream is written: TLS today, others (deflate, a PROXY header) the same way. A
 * layer turns bytes of what lies below it into bytes for what lies above and never waits: a call that
 * can't go on gives ST_BUSY and says in s->want which readiness of the socket it needs.
 * Used inside net/ only. */
#pragma once

#include "net/stream.h"

#include <sys/uio.h>

struct stream_layer;

struct stream_layer_ops {
    /* ST_OK with 1..max bytes, ST_BUSY, ST_EOF, or a failure. */
    enum st (*read)(struct stream_layer *l, char *p, size_t max, size_t *out_n);
    /* ST_OK with at least a byte written, ST_BUSY, or a failure. It may take the first piece only; after
     * ST_BUSY the next call offers the same bytes again, perhaps elsewhere in memory. */
    enum st (*write)(struct stream_layer *l, const struct iovec *iov, int pieces, size_t *out_n);
    /* Brings what was written on its way, where a layer holds it back; NULL: it does not. ST_BUSY like write. */
    enum st (*flush)(struct stream_layer *l);
    enum st (*goodbye)(struct stream_layer *l);      /* says that nothing more will be written */
    bool (*has_input)(const struct stream_layer *l); /* bytes that a read gives without the socket */
    void (*idle)(struct stream_layer *l); /* the stream is parked: memory may be given back; NULL: there is none */
    void (*free)(struct stream_layer *l);
};

struct stream_layer {
    const struct stream_layer_ops *ops;
    struct stream_layer *below; /* NULL: the socket */
    struct stream *stream;
};

#define STREAM_MAGIC 0x57e4U

struct stream {
    uint32_t magic;
    bool broken; /* a write failed: what the peer has got is not known */
    bool said_goodbye;
    bool filled;          /* the last read took all the room there was */
    bool more;            /* another record follows at once: the kernel need not send this one by itself */
    unsigned char want;   /* enum co_dir of the last ST_BUSY */
    unsigned char streak; /* calls in a row that did not wait */
    struct co_fd fd;
    struct stream_layer *top; /* NULL: the socket itself */
    struct buf in, out;
    size_t in_at, scanned; /* first unread byte; bytes behind it known to hold no LF */
    size_t out_at, out_high;
    uint32_t read_ms, write_ms;
    mono_ms deadline;
    uint64_t bytes_in, bytes_out; /* of content, above all layers */
    void (*parked)(void *arg, enum st why);
    void *parked_arg;
};

/* What lies at `l` (NULL: the socket). */
enum st layer_read(struct stream *s, struct stream_layer *l, char *p, size_t max, size_t *out_n) MUST_USE;
enum st layer_write(struct stream *s, struct stream_layer *l, const struct iovec *iov, int pieces, size_t *out_n)
    MUST_USE;

/* Reads once into the buffer, without waiting or flushing. ST_BUSY, ST_LIMIT when it is full. */
enum st stream_fill(struct stream *s) MUST_USE;

/* Before a layer is pushed: ST_DENIED when input is buffered; flushes. */
enum st stream_ready_for_layer(struct stream *s) SUSPENDS MUST_USE;

/* Waits for what the last ST_BUSY asked for, `ms` at most. */
enum st stream_wait_wanted(struct stream *s, uint32_t ms) SUSPENDS MUST_USE;
