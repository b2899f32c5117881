/* The client's side of IMAP (RFC 3501), as far as copying mail needs it: the other end is our own box, over a pair, or
 * another server. One command at a time; its answers are read one by one. Answers are taken apart leniently. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/stream.h"

#define CLIENT_LITERALS_MAX 64 /* in one answer */

struct client {
    struct stream *stream;
    struct buf line, literals;
    size_t literal_at[CLIENT_LITERALS_MAX + 1]; /* in `literals`; the last one is its end */
    size_t n_literals;
    unsigned tag;
};

/* `s` is owned from now on. */
void client_init(struct client *c, struct stream *s);
void client_fini(struct client *c);

/* "t7 " and a line end are added. One command, or a part of it (client_put) that client_send ends. */
enum st client_send(struct client *c, const char *fmt, ...) SUSPENDS PRINTF_LIKE(2, 3) MUST_USE;
enum st client_begin(struct client *c, struct str text) SUSPENDS MUST_USE; /* the tag and the first part */
enum st client_put(struct client *c, struct str bytes) SUSPENDS MUST_USE;

struct answer {
    bool is_tagged;
    enum st st;      /* of a tagged one: ST_OK; NO is ST_DENIED, ST_OVERQUOTA or ST_NOTFOUND, BAD ST_SYNTAX */
    struct str text; /* behind the tag or "* "; a literal stands as "{n}" in it */
};
/* The next one; what it points to lives until the next call. A continuation is passed over. ST_EOF, ST_TIMEOUT, ST_LIMIT,
 * ST_SYNTAX: the connection is of no use any more. */
enum st client_read(struct client *c, struct answer *out) SUSPENDS MUST_USE;
/* Reads up to the tagged one. What the server said against it becomes the error. */
enum st client_finish(struct client *c) SUSPENDS MUST_USE;
enum st client_failed(const struct answer *tagged) MUST_USE;
/* Both together. */
#define CLIENT_RUN(c, ...)                                                                                             \
    __extension__({                                                                                                    \
        enum st run_st_ = client_send((c), __VA_ARGS__);                                                               \
        run_st_ == ST_OK ? client_finish(c) : run_st_;                                                                 \
    })

/* --- the words of an answer --- */
enum word_kind { WORD_END, WORD_ATOM, WORD_STRING, WORD_OPEN, WORD_CLOSE };

struct words {
    const struct client *client;
    struct arena *arena; /* for strings with escapes in them */
    struct str text;
    size_t at, literal;
};

struct words words_of(const struct client *c, struct arena *a, const struct answer *answer);
enum word_kind word_next(struct words *w, struct str *out);
void word_skip(struct words *w, enum word_kind kind); /* the list that has just been opened, if so */

/* A mailbox name (UTF-8) as a quoted string. ST_SYNTAX: it is no UTF-8. */
enum st client_mailbox(struct arena *a, struct str name, struct str *out) MUST_USE;
