/* Letters that are carried to other servers, as box and courier tell each other of them: lists inside a message's bytes, or in its
 * descriptor when they are long. Both sides treat what they read as hostile. */
#pragma once

#include "ipc/lists.h"

struct work_rcpt {
    uint32_t index;    /* its place among all recipients of the letter */
    uint32_t attempts; /* so far */
    struct str address;
    struct str mark;         /* of the letter, for his domain (box/mark.h); empty: none */
    struct str via;          /* the alias of ours that has sent a stranger's letter on to him; empty: none */
    struct attribute *attrs; /* "NOTIFY", "ORCPT", ... */
    size_t n_attrs;
};

/* A letter that is due, with those of its recipients that are. */
struct work_letter {
    uint64_t id, size, account, credential, began_us; /* the latter: since when it could leave */
    uint64_t letter;                                  /* its id as a letter; `id` is its number in the queue */
    uint32_t attempts;
    int32_t priority;        /* from -PRIORITY_MOST to PRIORITY_MOST (base/envelope.h) */
    bool is_notice;          /* of ours, about another letter */
    struct str reverse_path; /* "": the null path */
    struct str route;        /* by which it goes, whatever is said elsewhere: "host:port security"; empty: none */
    struct attribute *attrs; /* "BODY", "SMTPUTF8", "RET", ... */
    size_t n_attrs;
    struct work_rcpt *rcpts;
    size_t n_rcpts;
};

enum work_state {
    WORK_UNTRIED,  /* given back: it is due again at not_before_us, and no attempt is counted */
    WORK_DEFERRED, /* not now: the box says when again */
    WORK_DELIVERED, /* a server has taken it that answers for notices (RFC 3461 section 5.2.2), or that is the last one */
    WORK_RELAYED,   /* a server has taken it that knows no DSN (RFC 3461 section 5.2.1) */
    WORK_FAILED,    /* for good */
    WORK_ARRIVED,   /* it is in a mailbox of this server */
    WORK_PASSED, /* a server has taken it, of which the sender is told unless he never wants to be (RFC 2852 section 4.1.4) */
    WORK_STATES
};

/* Another server answers for it now. */
static inline bool work_is_taken(uint8_t state)
{
    return state == WORK_DELIVERED || state == WORK_RELAYED || state == WORK_PASSED;
}

#define WORK_TEXT_MAX 2048 /* of an answer; longer ones are cut */

struct work_result {
    uint32_t index; /* as in work_rcpt */
    uint8_t state;
    bool is_moved;          /* between destinations of the courier only */
    bool is_unreached;      /* likewise: no server of the destination could be spoken to */
    bool is_put_off;        /* likewise: it came from a destination that had not refused it */
    bool is_remote;         /* `answer` is what a server said; else our own words */
    struct str status;      /* enhanced status code, "5.1.1"; may be empty */
    struct str answer;      /* with its code, lines joined by " " */
    struct str host;        /* who said it; may be empty */
    struct str tls;         /* how the connection was protected: "TLSv1.3 dane"; empty: not at all */
    uint64_t not_before_us; /* no attempt before; 0: as the box thinks */
};

void work_letters_put(struct buf *b, const struct work_letter *l, size_t n);
enum st work_letters_get(struct str bytes, struct arena *a, struct work_letter **out, size_t *out_n) MUST_USE;
void work_results_put(struct buf *b, const struct work_result *v, size_t n);
enum st work_results_get(struct str bytes, struct arena *a, struct work_result **out, size_t *out_n) MUST_USE;
