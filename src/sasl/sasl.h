/* The server side of SASL (RFC 4422), driven by challenge and response, without input or output of its own: SMTP, IMAP
 * and POP3 carry the same exchange, each in its own lines.
 *
 *   TRY(sasl_begin(&x, arena, STR("PLAIN")));       NOTFOUND: no such mechanism
 *   TRY(sasl_exchange(&x, initial_or_NULL, ask, arg, &credentials));
 *   then ask the keeper about the credentials, and sasl_wipe them
 *
 * A mechanism that proves instead of showing (SCRAM) is a row and a file: its step gives further challenges, and its
 * last credentials carry the proof. The state is one struct with nothing outside it and the arena; it lasts as long as
 * the arena. Nothing here suspends but what sasl_exchange is given to ask with. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/secret.h"

#define SASL_NAME_MAX 320      /* of a user, bytes; RFC 4616 asks for 255 */
#define SASL_PASSWORD_MAX 1024 /* RFC 4616 asks for 255 */
#define SASL_STEPS_MAX 8       /* of one exchange */

enum sasl_flag { SASL_CLEAR = 1 };

struct sasl;
struct sasl_todo;

struct sasl_mechanism {
    const char *name;
    enum st (*step)(struct sasl *x, const struct str *response, struct sasl_todo *out);
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

/* Names, each with a blank before it, of those that may be offered: " PLAIN LOGIN". */
void sasl_offer(struct buf *out, bool clear_allowed);

enum st sasl_begin(struct sasl *x, struct arena *a, struct str name) MUST_USE;

/* `response` is raw (decoded), NULL when there is no initial response. Views of the credentials point into the arena
 * or the response: wipe the arena's copy with sasl_wipe when done. ST_SYNTAX, ST_LIMIT. */
enum st sasl_step(struct sasl *x, const struct str *response, struct sasl_todo *out) MUST_USE;

/* A challenge as the protocol has it: sends it (sasl_put_challenge), reads a line, decodes it (sasl_decode) into the arena. */
typedef enum st sasl_ask_fn(void *arg, struct str challenge, struct str *out_raw) SUSPENDS;

/* All steps up to the credentials, `initial` as for sasl_step. What sasl_step or `ask` failed with. */
enum st sasl_exchange(struct sasl *x, const struct str *initial, sasl_ask_fn *ask, void *arg,
                      struct sasl_credentials *out) SUSPENDS MUST_USE;

/* "334 " or "+ ", the challenge in base64, CR LF. */
void sasl_put_challenge(struct buf *out, const char *prefix, struct str challenge);

/* A line of the exchange to raw bytes in the arena: base64, or "=" for an empty initial response (RFC 4954 section 4).
 * ST_CANCELED for "*", ST_SYNTAX, ST_LIMIT. */
enum st sasl_decode(struct arena *a, struct str line, bool is_initial, struct str *out_raw) MUST_USE;

/* Overwrites the password's bytes where they stand. */
void sasl_wipe(struct sasl_credentials *c);
