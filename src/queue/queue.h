/* Letters on their way out, durable in the store's account 0: what SMTP accepted for other domains. An entry is an
 * envelope with named attributes, so that a new SMTP extension changes no format, and a blob. One core owns
 * the queue and prepares its changes; calls go there by themselves and may be made on any core of the box. */
#pragma once

#include "base/arena.h"
#include "config/settings.h"
#include "store/store.h"

struct queue;

struct queue_options {
    struct store *store;
    struct core *core;    /* the owner */
    struct str host_name; /* of this server, for notices; lives as long as the queue */
};
struct queue *queue_new(const struct queue_options *opt);
void queue_free(struct queue *q); /* the cores have stopped */
/* Before the cores run: the box has died on this entry. It is listed as held, and not read: ST_CORRUPT. ST_LIMIT. */
enum st queue_quarantine_add(struct queue *q, uint64_t id) MUST_USE;
/* Reads where it stands; once, on the owner, before any other call. ST_CORRUPT, ST_IO. */
enum st queue_start(struct queue *q) SUSPENDS MUST_USE;

/* For a repair, on the owner: waits until nothing is being changed and refuses changes (ST_TRYLATER) until it is opened again, when
 * the queue is read anew. ST_BUSY: something goes on being changed, or it is shut already. */
enum st queue_shut(struct queue *q) SUSPENDS MUST_USE;
enum st queue_reopen(struct queue *q) SUSPENDS MUST_USE;

struct queue_attr {
    struct str name,
        value; /* "BODY", "8BITMIME"; at most LIMIT_QUEUE_ATTRS of them, LIMIT_QUEUE_ATTR bytes together each */
};

enum queue_rcpt_state { QUEUE_RCPT_WAITING, QUEUE_RCPT_DELIVERED, QUEUE_RCPT_FAILED };

struct queue_rcpt {
    struct str address;
    enum queue_rcpt_state state;
    uint32_t attempts;
    uint64_t due_us;                /* its own next attempt; 0: the entry's */
    struct str answer;              /* of the last server that was asked */
    const struct queue_attr *attrs; /* "NOTIFY", "ORCPT", ... */
    size_t n_attrs;
};

/* An attribute of a recipient who needs no carrying: the letter had reached him with the commit that made the entry (value "arrived"), or his address had been expanded to
 * others in it ("expanded"). He stands in the queue so that his sender is told. */
#define QUEUE_DONE ".done"
/* The letter's id, 16 hexadecimal digits: that of its Received line. */
#define QUEUE_LETTER ".letter"
/* The alias of ours that has sent a stranger's letter on to this recipient. */
#define QUEUE_VIA ".via"
/* The language of the account that has sent it. */
#define QUEUE_LANGUAGE ".language"
/* It leaves no earlier (RFC 4865): microseconds since 1970. */
#define QUEUE_RELEASE ".release"
/* It is a notice of our own. */
#define QUEUE_NOTICE ".notice"
/* By which server it goes, whatever is said elsewhere: "host:port security". */
#define QUEUE_ROUTE ".route"
struct str queue_attr_get(const struct queue_attr *attrs, size_t n, struct str name); /* p is NULL: there is none */
bool queue_rcpt_is_done(const struct queue_rcpt *r);

struct queue_entry {
    uint64_t id; /* given by queue_prepare */
    uint64_t blob, size;
    uint64_t account, credential; /* who sent it and by which grant; 0: nobody (a bounce) */
    uint64_t arrival_us, due_us;
    uint32_t attempts;
    int32_t priority;                      /* from -PRIORITY_MOST to PRIORITY_MOST: larger goes first; 0 is usual */
    uint64_t lease_until_us, lease_holder; /* somebody is carrying it */
    bool held;
    struct str hold_reason;
    struct str reverse_path;        /* "": the null path */
    struct str prefix;              /* stands before the blob's bytes */
    const struct queue_attr *attrs; /* "RET", "ENVID", "SMTPUTF8", ... */
    size_t n_attrs;
    const struct queue_rcpt *rcpts;
    size_t n_rcpts;
};

/* Makes of an entry a part for mail_deliver's `extra`, and gives it its id. The blob is to be committed with the
 * part, with a reference for it. The part must be committed or abandoned; then it frees itself. ST_LIMIT: too large. */
enum st queue_prepare(struct queue *q, struct queue_entry *e, struct kv_part **out) SUSPENDS MUST_USE;

/* The same as a delivery's `extra`: the entry gets the delivery's blob. */
struct queue_extra {
    struct queue *q;
    struct queue_entry *e;
};
enum st queue_extra(void *arg /* struct queue_extra */, uint64_t blob, struct kv_part **out) SUSPENDS MUST_USE;

struct queue_filter {
    uint64_t after;   /* entries with larger ids only: resumes */
    uint64_t account; /* 0: all */
    bool only_held;
    struct str domain; /* with a recipient there that waits; empty: all */
    size_t most;       /* 1 to 1000 */
};
/* In order of arrival. Texts live in the arena. *out_more: there may be more behind the last one looked at, *out_next. */
enum st queue_list(struct queue *q, const struct queue_filter *f, struct arena *a, struct queue_entry **out,
                   size_t *out_n, uint64_t *out_next, bool *out_more) SUSPENDS MUST_USE;
enum st queue_get(struct queue *q, uint64_t id, struct arena *a, struct queue_entry *out)
    SUSPENDS MUST_USE; /* ST_NOTFOUND */

uint64_t queue_letter_id(const struct queue_entry *e);  /* its number in the queue where it has none of its own */
uint64_t queue_release_us(const struct queue_entry *e); /* 0: it could leave at once */
/* Since when it could leave: what was meant to wait has not been waiting in vain. */
uint64_t queue_began_us(const struct queue_entry *e);

/* Letters of an account that are to leave later; `letters` is at most `most`, and `bytes` of no more. From any core. */
struct queue_future {
    uint64_t letters, bytes;
};
enum st queue_get_future(struct queue *q, uint64_t account, uint64_t most, struct queue_future *out) SUSPENDS MUST_USE;

/* ST_NOTFOUND; ST_BUSY: somebody is changing it right now; durable when ST_OK. */
enum st queue_hold(struct queue *q, uint64_t id, struct str reason) SUSPENDS MUST_USE;
/* One that is held is due when it would have been, or at once; one that is to leave later is due at once. */
enum st queue_release(struct queue *q, uint64_t id) SUSPENDS MUST_USE;
/* All who wait are due at once, whatever their last attempts came to. ST_DENIED: it is held, or to leave later. */
enum st queue_retry_now(struct queue *q, uint64_t id) SUSPENDS MUST_USE;
enum st queue_set_route(struct queue *q, uint64_t id, struct str route)
    SUSPENDS MUST_USE; /* empty: none of its own; due at once, unless it is held */
enum st queue_drop(struct queue *q, uint64_t id) SUSPENDS MUST_USE; /* without a word to anybody; the bytes go too */

/* --- carrying: on the core that owns the queue only --- */

/* When a letter is tried again: `first_us` behind the first attempt, then twice as long each time up to `most_us`, a tenth more or less by chance. Older than
 * `lifetime_us` it is given up. Behind `notice_us` its sender is told that it waits, once. */
struct queue_retry {
    uint64_t first_us, most_us, lifetime_us, notice_us; /* notice 0: never */
};
void queue_set_retry(struct queue *q, const struct queue_retry *retry); /* from the next outcome on */

/* Who is told, and how (RFC 3461, 3464, 3834). Most of them in an hour; strangers have not logged in. */
struct queue_notices {
    enum config_language language;
    enum config_strangers strangers;
    uint64_t full_max; /* a letter up to that comes back whole */
    uint32_t per_sender, per_hour;
};
void queue_set_notices(struct queue *q, const struct queue_notices *n); /* from the next outcome on */

/* What became of those that an outcome called for. */
enum queue_told {
    QUEUE_TOLD_NOBODY,   /* nobody wants to know */
    QUEUE_TOLD,          /* a notice goes to the sender */
    QUEUE_TOLD_NULL,     /* it failed, and has no sender: it was a notice itself */
    QUEUE_TOLD_CAPPED,   /* too many in this hour */
    QUEUE_TOLD_STRANGER, /* the sender has not logged in, and may be anybody: notice_strangers */
    QUEUE_TOLD_WAYS
};
/* Since the start, from any core; `out` has QUEUE_TOLD_WAYS. */
void queue_get_told(struct queue *q, uint64_t *out);

/* Entries that are due and that nobody has, at most `most` of them (1 to 1000), in order of their due times; waits until the deadline for one when there is none (*out_n is 0 then).
 * They are the caller's until they are settled or given back, in memory only: a box that starts anew has given nothing away. Texts live in the arena. Recipients that
 * are not due yet are among the entry's. */
enum st queue_claim(struct queue *q, size_t most, mono_ms deadline, struct arena *a, struct queue_entry **out,
                    size_t *out_n) SUSPENDS MUST_USE;
/* Entries that could not be read when they were due, once each. They are left alone until the queue is opened anew, behind a repair. */
bool queue_next_damaged(struct queue *q, uint64_t *out_id);
bool queue_is_claimed(const struct queue *q, uint64_t id);
void queue_give_back_all(struct queue *q); /* whoever carried is gone */

enum queue_fate {
    QUEUE_UNTRIED,
    QUEUE_DEFERRED,
    QUEUE_DELIVERED,
    QUEUE_RELAYED,
    QUEUE_FAILED,
    QUEUE_ARRIVED,
    QUEUE_PASSED,
    QUEUE_EXPANDED,
    QUEUE_LATE,   /* it waits on, behind the time that was asked for */
    QUEUE_EXPIRED /* it is not tried any more, since that time is over */
};                /* as in ipc/work.h; the last three: the box only */

struct queue_result {
    uint32_t rcpt; /* index into the entry's */
    enum queue_fate fate;
    bool is_remote;    /* `answer` is what `host` said, else our own words */
    struct str status; /* "5.1.1"; may be empty */
    struct str answer, host;
    struct str tls;         /* how the connection was protected; empty: not at all */
    uint64_t not_before_us; /* 0: as queue_retry says */
};

/* What became of recipients of a claimed entry. One commit holds the entry as it is then, or its end, and the notice to its sender if there is one to be given: no notice is lost or
 * given twice. `last`: the caller is done with the entry. One that this box has not given away is fine: the one before it has. ST_NOTFOUND: it is gone; ST_BUSY: it is being changed, ask again; ST_SYNTAX: no such recipient. Claimed still after other errors. `out_told` may be NULL. */
enum st queue_settle(struct queue *q, uint64_t id, const struct queue_result *results, size_t n, bool last,
                     enum queue_told *out_told) SUSPENDS MUST_USE;

/* The same for those recipients of a claimed entry who need no carrying, and for whom the time that was asked for (RFC 2852) is over: either they get it no more, or the sender
 * is told, once. It stays claimed when others wait still. *out_changed: the entry is another one now, or gone. As queue_settle. */
enum st queue_settle_done(struct queue *q, const struct queue_entry *e, bool *out_changed) SUSPENDS MUST_USE;

/* Somebody hears, on the core that owns the queue, what has become durable. He does not suspend. */
struct queue_watch {
    /* Recipients of `was` were settled; `is` is the entry as it stands then (due_us UINT64_MAX: it is gone), `notice` the letter that tells its sender (0: none). */
    void (*settled)(void *arg, const struct queue_entry *was, const struct queue_entry *is,
                    const struct queue_result *results, size_t n, uint64_t notice);
    void (*ordered)(void *arg, const struct queue_entry *e, const char *what,
                    struct str reason); /* by an administrator */
    void *arg;
};
void queue_set_watch(struct queue *q, const struct queue_watch *w); /* before the first call */

struct queue_counts {
    uint64_t entries, held, bytes;
};
void queue_get_counts(struct queue *q, struct queue_counts *out); /* from any core */
