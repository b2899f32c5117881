/* One end of a SOCK_SEQPACKET pair to another process, on the running core. A frame is kind, request id,
 * epoch and the fields of its row; at most one descriptor goes along.
 *
 * Asking waits like any call and has a deadline. Each end has credits for open requests of its peer: who has used
 * up his waits until an answer frees one; answers need none. When the peer dies, open requests end with ST_TRYLATER
 * and so does every new one, until main has handed over a new pair (ipc_replace); answers of an old epoch are dropped.
 *
 * A peer that sends what is no message, more requests than it has credits, or an answer that nobody asked for, is not
 * listened to any more: the end goes down as if the peer had died. A frame is 16 bytes of head (kind u16, flags u16, request id u32,
 * epoch u64, little-endian) and the fields of msg.h. */
#pragma once

#include "co/co.h"
#include "ipc/msg.h"

struct ipc;

struct ipc_request {
    struct ipc *from;
    enum msg_kind kind;
    const void *msg; /* the decoded struct; it and its views last until the handler returns */
    int fd;          /* the handler's to close (it takes it by setting -1), or -1 */
    uint32_t id;
    void *arg;
    struct arena *arena; /* for the handler; freed when it returns */
};

struct ipc_handler {
    enum msg_kind kind;
    void (*fn)(struct ipc_request *r) SUSPENDS; /* each on a coroutine of its own, unless `direct` */
    bool direct; /* on the loop, in order, must not suspend: for small state changes (grants, revocations) */
};

struct ipc_options {
    const char *peer; /* for logs: "keeper", "box/1" */
    const struct ipc_handler *handlers;
    size_t n_handlers;
    void *arg;
    unsigned credits;                          /* open requests that we answer at a time; 0: 256 */
    void (*on_down)(struct ipc *p, void *arg); /* the peer is gone; may be NULL */
    size_t remembers;                          /* answers that ipc_ask_again keeps, at most; 0: none */
};

/* fd may be -1: not connected yet. Owned. */
enum st ipc_new(int fd, uint64_t epoch, const struct ipc_options *opt, struct ipc **out) MUST_USE;
void ipc_free(struct ipc *p);
void ipc_replace(struct ipc *p, int fd, uint64_t epoch);
bool ipc_is_up(const struct ipc *p);

/* Sends a message that is not answered; `fd` (or -1) stays the caller's. Queued up to a bound, then ST_TRYLATER. Never suspends. */
enum st ipc_send(struct ipc *p, enum msg_kind kind, const void *msg, int fd) MUST_USE;
/* Asks and waits. The answer's texts live in the arena. out_fd may be NULL (a descriptor that comes is closed then).
 * ST_TRYLATER: peer away or restarted; ST_TIMEOUT; ST_CANCELED. */
enum st ipc_ask(struct ipc *p, enum msg_kind ask, const void *msg, int fd, enum msg_kind answer, struct arena *a,
                void *out_msg, int *out_fd, mono_ms deadline) SUSPENDS MUST_USE;
/* As ipc_ask without descriptors. An answer that the same question got before is given again, without asking, for as long as `good_ms` said of it then (0: it is not
 * kept); *out_age_ms, if not NULL, says how old it is. All goes with the peer, and by ipc_forget; an answer that is on its way then is not kept. */
enum st ipc_ask_again(struct ipc *p, enum msg_kind ask, const void *msg, enum msg_kind answer, struct arena *a,
                      void *out_msg, uint64_t *out_age_ms, mono_ms deadline, uint64_t (*good_ms)(const void *answer))
    SUSPENDS MUST_USE;
void ipc_forget(struct ipc *p);
/* For handlers; never suspends. A request whose handler returns without an answer ends with ST_TRYLATER. Several answers to one request are allowed where the row says so (admin_answer). */
enum st ipc_answer(struct ipc_request *r, enum msg_kind kind, const void *msg, int fd) MUST_USE;
/* Between the pieces of a long answer: waits until few frames wait for the peer. */
enum st ipc_answer_room(struct ipc_request *r, mono_ms deadline) SUSPENDS MUST_USE;
/* Like ipc_ask for requests answered in pieces: calls `piece` for each, on the loop (it must not suspend), until it
 * returns false or `more` is 0. */
enum st ipc_ask_pieces(struct ipc *p, const struct msg_admin_ask *ask, int fd,
                       bool (*piece)(const struct msg_admin_answer *m, void *arg), void *arg, mono_ms deadline)
    SUSPENDS MUST_USE;

/* The whole answer to an admin_ask, in as many pieces as it takes; the peer has half a minute for each. */
enum st ipc_answer_json(struct ipc_request *r, struct str json) SUSPENDS MUST_USE;

#define IPC_ASK(p, ask_, msg_, answer_, arena_, out_, deadline_)                                                       \
    ipc_ask((p), MSG_##ask_, (msg_), -1, MSG_##answer_, (arena_), (out_), NULL, (deadline_))
#define IPC_ASK_AGAIN(p, ask_, msg_, answer_, arena_, out_, deadline_, good_ms_)                                       \
    ipc_ask_again((p), MSG_##ask_, (msg_), MSG_##answer_, (arena_), (out_), NULL, (deadline_), (good_ms_))
