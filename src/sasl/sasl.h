/* The server side of SASL (RFC 4422), driven by challenge and response, without input or output of its own: SMTP, IMAP
 * and POP3 carry the same exchange, each in its own lines.
 *
 *   TRY(sasl_begin(&x, arena, STR("PLAIN"), taken));   NOTFOUND: no such mechanism
 *   TRY(sasl_run(&x, initial_or_NULL, &driver));
 *
 * A mechanism that shows the password (PLAIN, LOGIN) is taken apart here, up to the credentials that the keeper is asked
 * about. One that proves it (SCRAM) or that brings something else (a token) is run by the keeper itself, which has the
 * secrets: its messages go there and back as they are. The state is one struct with nothing outside it and the arena; it
 * lasts as long as the arena. Nothing here suspends but the driver's calls. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"

#define SASL_NAME_MAX 320      /* of a user, bytes; RFC 4616 asks for 255 */
#define SASL_PASSWORD_MAX 1024 /* RFC 4616 asks for 255 */
#define SASL_STEPS_MAX 8       /* of one exchange */
#define SASL_MESSAGE_MAX 9216  /* what fits a line (LIMIT_SASL_LINE) in base64 */

/* What a mechanism needs, and what a connection has. */
enum sasl_flag {
    SASL_CLEAR = 1,        /* nobody listens */
    SASL_SCRAM = 2,        /* there are keys for it */
    SASL_BOUND = 4,        /* TLS that it can be bound to */
    SASL_TOKEN = 8,        /* somebody to ask about tokens */
    SASL_CERTIFICATE = 16, /* the client has shown one */
};

struct sasl;
struct sasl_todo;

struct sasl_mechanism {
    const char *name;
    enum st (*step)(struct sasl *x, const struct str *response, struct sasl_todo *out); /* NULL: the keeper runs it */
    unsigned flags;
};

struct sasl_credentials {
    struct str mechanism; /* its name */
    struct str authzid;   /* whom to act as; empty: the user himself */
    struct str user;
    struct secret password;
};

struct sasl {
    const struct sasl_mechanism *mechanism;
    struct arena *arena;
    unsigned steps;
    struct str user; /* LOGIN: what came first */
};

struct sasl_todo {
    enum { SASL_CHALLENGE, SASL_VERIFY } kind;
    struct str challenge; /* raw; may be empty */
    struct sasl_credentials credentials;
};

const struct sasl_mechanism *sasl_find(struct str name); /* whatever its case; NULL: none */

/* Names, each with a blank before it, of those that need no more than `have`: " PLAIN LOGIN". */
void sasl_offer(struct buf *out, unsigned have);

/* NOTFOUND: there is none of that name, or it needs what `have` has not. */
enum st sasl_begin(struct sasl *x, struct arena *a, struct str name, unsigned have) MUST_USE;

/* `response` is raw (decoded), NULL when there is no initial response. Views of the credentials point into the arena
 * or the response: wipe the arena's copy with sasl_wipe when done. ST_SYNTAX, ST_LIMIT. */
enum st sasl_step(struct sasl *x, const struct str *response, struct sasl_todo *out) MUST_USE;

/* A challenge as the protocol has it: sends it (sasl_put_challenge), reads a line, decodes it (sasl_decode) into the arena. */
typedef enum st sasl_ask_fn(void *arg, struct str challenge, struct str *out_raw) SUSPENDS;

/* A message for the keeper, and what it says. */
struct sasl_message {
    struct str mechanism;
    bool is_first;
    bool is_gone; /* the client answers no more: the exchange is to be forgotten; nothing else stands here */
    struct str response;
};
struct sasl_reply {
    bool more;            /* the exchange goes on */
    struct str challenge; /* in the exchange's arena; behind the last message of a client it may be empty */
    struct str user;      /* whom it is about, for logs; likewise */
};

struct sasl_driver {
    sasl_ask_fn *ask;
    /* What the protocol makes of credentials; ST_OK: somebody is logged in. */
    enum st (*show)(void *arg, const struct sasl_credentials *c) SUSPENDS;
    /* The keeper's step, or the end of one that it waits with. A failure with a challenge: the client is told that first. ST_OK without `more`: logged in. */
    enum st (*pass)(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out) SUSPENDS;
    void *arg;
    struct str user; /* the last that was heard of */
    /* The failure is what show or pass said: of a login, not of the exchange. */
    bool was_refused;
    bool was_granted; /* pass has logged somebody in, whatever the client made of it then */
};

/* The whole exchange, `initial` as for sasl_step. What sasl_step or the driver failed with. */
enum st sasl_run(struct sasl *x, const struct str *initial, struct sasl_driver *d) SUSPENDS MUST_USE;

/* "334 " or "+ ", the challenge in base64, CR LF. */
void sasl_put_challenge(struct buf *out, const char *prefix, struct str challenge);

/* A line of the exchange to raw bytes in the arena: base64, or "=" for an empty initial response (RFC 4954 section 4).
 * ST_CANCELED for "*", ST_SYNTAX, ST_LIMIT. */
enum st sasl_decode(struct arena *a, struct str line, bool is_initial, struct str *out_raw) MUST_USE;

/* Overwrites the password's bytes where they stand. */
void sasl_wipe(struct sasl_credentials *c);
