/* Notices to senders of what became of a letter (RFC 3464): the bytes of one. Pure. */
#pragma once

#include "base/buf.h"
#include "config/settings.h"
#include "queue/queue.h"

enum dsn_action {
    DSN_FAILED,
    DSN_DELAYED,
    DSN_LATE /* carried, behind the time that was asked for */,
    DSN_DELIVERED,
    DSN_RELAYED,
    DSN_EXPANDED,
    DSN_ACTIONS
};

struct dsn_rcpt {
    const struct queue_rcpt *rcpt;
    enum dsn_action action;
    bool is_remote;
    bool is_untried; /* now; some time before it may have been */
    struct str status, answer, host;
    uint64_t retry_until_us; /* of a delayed one */
};

struct dsn {
    struct str host_name; /* ours */
    const struct queue_entry *entry;
    enum config_language language;
    uint64_t full_max; /* a letter larger than that comes back as its header */
    uint64_t now_us;
    const struct dsn_rcpt *rcpts;
    size_t n_rcpts;
    struct str letter; /* the one that it is about, as it was sent */
};

/* The sender's: of his account, or as his letter in UTF-8 says (Content-Language), else the given one. */
enum config_language dsn_language(const struct queue_entry *e, struct str letter, enum config_language otherwise);

/* Nobody who has logged in or works on this machine: his address may be forged. */
bool dsn_is_stranger(const struct queue_entry *e, struct str host_name);

/* A whole letter, for entry->reverse_path. */
void dsn_build(const struct dsn *d, struct buf *out);

/* Text of a header field, in encoded words where it is not ASCII. */
void dsn_add_words(struct str text, struct buf *b);
