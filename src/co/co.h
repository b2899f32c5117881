/* Cores and coroutines. A core is one thread with one epoll loop, its coroutines and timers; it
 * shares nothing mutable with another. A coroutine never changes its core, and runs until it
 * waits; waiting is a call, each with a deadline. Coroutines live for a command, not for a
 * connection: a session that has nothing to do is parked as a plain struct (co_fd_park), its stack
 * goes back to the pool.
 *
 * Cancelling makes the running wait of a coroutine, and every later one that would really wait, give
 * ST_CANCELED; functions then unwind normally (a last word that the socket takes at once still goes
 * out). Nothing jumps over frames, no stack is ever thrown away in use.
 *
 * err_here, log_here and activity_here (base) belong to the coroutine: each starts with an error record of its own,
 * without a log context, and working on nothing. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"

struct core;
struct co;

struct core_options {
    unsigned index;       /* its number within the process */
    const char *name;     /* borrowed; for logs */
    unsigned coroutines;  /* most at a time (stacks of the arena); spawning more gives ST_LIMIT */
    size_t stack_bytes;   /* 0: 128 KiB of address space each */
    unsigned watchdog_ms; /* a slice longer than this is logged; 0: never */
    bool paint_stacks;    /* for tests: stats tell the deepest use (each stack is written whole) */
};

struct core *core_new(const struct core_options *opt);
void core_free(struct core *c); /* all coroutines must have ended */

/* Runs the loop on this thread until core_stop has been called and every coroutine has ended
 * (core_stop cancels them all). */
void core_run(struct core *c);
void core_stop(struct core *c); /* from the core itself or by core_post */

struct core *core_here(void); /* the core of this thread; NULL on other threads */
unsigned core_index(const struct core *c);
void core_set_watchdog(struct core *c, unsigned ms); /* from here on; from the core itself */
mono_ms core_now(const struct core *c);              /* the time at the head of this turn of the loop */

/* Has `fn(arg)` called on core `c`'s loop, from any thread, in order per sender; not on a
 * coroutine, so fn must not suspend. Never fails, never blocks. */
void core_post(struct core *c, void (*fn)(void *), void *arg);

/* Starts a coroutine on the running core; it runs at the next turn of the loop (or at once where
 * the caller waits). ST_LIMIT when no stack is left. `name` is borrowed. */
enum st co_spawn(void (*fn)(void *arg), void *arg, const char *name) MUST_USE;
struct co *co_here(void);      /* the running coroutine; NULL on the loop itself */
void co_cancel(struct co *co); /* same core only */
bool co_is_canceled(void);
const char *co_name(const struct co *co);
const struct log_ctx *co_log_ctx(const struct co *co); /* what log_here is there; may be NULL */

enum st co_sleep(mono_ms until) SUSPENDS MUST_USE; /* ST_OK when the time came, ST_CANCELED */
void co_yield (void) SUSPENDS;                     /* lets others run; comes back in the same turn's end */

/* --- readiness of descriptors ----------------------------------------------------------------
 * A descriptor is added once (edge-triggered); waits are only for a call that said EAGAIN. */
struct co_timer {
    mono_ms at;
    unsigned place; /* in the heap; 0: not armed */
    void (*fn)(void *arg);
    void *arg;
};

struct co_fd {
    int fd;
    struct core *core;
    bool can_read, can_write; /* an edge has come since the last EAGAIN */
    bool write_watched;       /* see fd.c */
    bool hup;                 /* the peer has closed, or there was an error: read until it shows */
    struct co *reader, *writer;
    void (*parked)(void *arg, enum st why); /* see co_fd_park */
    void *parked_arg;
    struct co_timer timer;
};

enum co_dir { CO_READ = 1, CO_WRITE = 2 };

enum st co_fd_add(struct co_fd *f, int fd) MUST_USE; /* does not own fd; sets it non-blocking */
void co_fd_del(struct co_fd *f);                     /* waiters get ST_CANCELED; before close(fd) */

/* Waits until the descriptor may be read or written again: at once when an edge has come since
 * co_fd_again. One waiter per direction. ST_TIMEOUT, ST_CANCELED. */
enum st co_fd_wait(struct co_fd *f, enum co_dir dir, mono_ms deadline) SUSPENDS MUST_USE;
/* The call has just said EAGAIN (or, for reading, gave less than asked while `hup` is not set). */
void co_fd_again(struct co_fd *f, enum co_dir dir);

/* Without a coroutine: calls fn(arg, why) once, on the loop, when the descriptor is readable or
 * hung up (ST_OK), or when the deadline has passed (ST_TIMEOUT). fn typically spawns the session
 * again. When it is readable already, fn is called at the next turn. */
void co_fd_park(struct co_fd *f, mono_ms deadline, void (*fn)(void *arg, enum st why), void *arg);
void co_fd_unpark(struct co_fd *f); /* takes that back; fn will not be called */

/* --- timers, on the loop; fn must not suspend ------------------------------------------------ */
void co_timer_set(struct co_timer *t, mono_ms at, void (*fn)(void *), void *arg); /* re-arms */
void co_timer_clear(struct co_timer *t);

/* --- events: one coroutine waits, others of the same core set -------------------------------- */
struct co_event {
    bool set;
    struct co *waiter;
};
void co_event_set(struct co_event *e);
enum st co_event_wait(struct co_event *e, mono_ms deadline) SUSPENDS MUST_USE; /* clears it */
/* Until it is set, whatever is cancelled: for work on another thread that uses the waiter's memory, bounds its own
 * time, and has the event set by core_post. */
void co_event_wait_heedless(struct co_event *e) SUSPENDS;

/* --- many waiters, first come first served ---------------------------------------------------- */
struct co_waitq {
    struct list waiters;
};
void co_waitq_init(struct co_waitq *q);
enum st co_waitq_wait(struct co_waitq *q, mono_ms deadline) SUSPENDS MUST_USE;
bool co_waitq_wake_one(struct co_waitq *q);
void co_waitq_wake_all(struct co_waitq *q);

/* --- short critical work: a wait in between is an assertion failure --------------------------- */
void noyield_begin(void);
void noyield_end(void);
#define NOYIELD_BEGIN noyield_begin()
#define NOYIELD_END noyield_end()

/* --- figures, for status and tests ------------------------------------------------------------ */
struct core_stats {
    uint64_t spawned, running, peak, slices, slow_slices, stack_peak_bytes; /* the last one in painted builds */
};
void core_get_stats(const struct core *c, struct core_stats *out);
/* Calls fn for each living coroutine (for the report of a failed assert). */
void core_each(const struct core *c, void (*fn)(const struct co *co, void *arg), void *arg);
