/* Two streams joined: what comes in on one goes out on the other, in both directions, as when a gate keeps
 * TLS for a session that runs in the box. A direction has a coroutine only while bytes move; an idle relay
 * holds no stack and no buffer. At most 64 KiB are in hand in each direction (four TLS records, which go to
 * the kernel together), so a slow reader slows its writer. The end of one direction (half-close) is passed
 * on, and the other one goes on for a while. */
#pragma once

#include "net/stream.h"

struct relay;

struct relay_totals {
    uint64_t to_inner, to_outer; /* bytes of content */
};

struct relay_options {
    uint32_t idle_ms;   /* ends with ST_TIMEOUT when nothing moved for so long */
    uint32_t linger_ms; /* the same, after one direction has ended */
    /* Called once, when both streams are closed: ST_OK after both ends closed, ST_TIMEOUT, ST_CANCELED
     * (relay_stop), or what failed. The relay is gone then. */
    void (*on_end)(void *arg, enum st why, const struct relay_totals *totals);
    void *arg;
};

/* Flushes both, then owns them; input that they hold goes to the other side first. On failure nothing is
 * owned. Their in_max, out_high and deadline no longer count, their timeouts do. */
enum st relay_start(struct stream *outer, struct stream *inner, const struct relay_options *opt, struct relay **out)
    SUSPENDS MUST_USE;
/* Ends it so that the outer connection lives on, since the owner of the inner stream's far end has given it up and `far` is
 * that end (the caller's still): what had been written there goes out first, then *out_outer is the caller's again, and *unread gets
 * what had come from it and was read by nobody, as far as its maximum. on_end is not called. When it fails the relay has ended and on_end was called:
 * ST_LIMIT, too much was unread; or what broke meanwhile. */
enum st relay_take_back(struct relay *r, int far, struct buf *unread, struct stream **out_outer) SUSPENDS MUST_USE;
/* Closes both soon; on_end is called, perhaps before this returns. */
void relay_stop(struct relay *r);
