/* The client's side of SMTP (RFC 5321): a connection to another server, over which one letter after the other is carried. Its
 * answers are taken leniently, but bounded; a server that says what is no answer is not talked to any more.
 *
 * LMTP (RFC 2033) is the same but for two things: LHLO is said, and behind the letter comes an answer for each recipient. */
#pragma once

#include "base/envelope.h"
#include "net/stream.h"

enum smtp_feature {
#define FEATURE(id, keyword, ref) SMTP_HAS_##id,
#include "smtp/client.def"
#undef FEATURE
    SMTP_FEATURES
};

struct smtp_answer {
    unsigned code;     /* 0: none came */
    struct str status; /* enhanced (RFC 3463), "5.1.1"; empty where the server gives none */
    struct str text;   /* whole, with its code, lines joined by LF; printable */
};

struct smtp_client {
    struct stream *stream;
    struct arena arena; /* for what the server has said of itself */
    struct str helo;    /* our name */
    bool is_lmtp;
    struct str peer_name; /* the server's, of its last answer to EHLO: under TLS where there is some */
    bool has[SMTP_FEATURES];
    uint64_t size_max; /* of SIZE; 0: it does not say */
    /* of LIMITS: recipients of a transaction, transactions; 0: it does not say. RCPTDOMAINMAX holds by itself: a job of the courier has one domain */
    uint32_t rcpt_max, mail_max;
    uint64_t by_min_s; /* of DELIVERBY: least time with mode R */
    struct str auth;   /* mechanisms, as announced */
    struct smtp_answer greeting;
    bool is_over;     /* it has said 421, or what is no answer, or nothing: only smtp_client_close is left */
    bool is_dirty;    /* a transaction stands open there: RSET comes before the next one */
    unsigned letters; /* carried so far */
    unsigned mails;   /* transactions begun */
};

/* `stream` is owned from now on; `helo` is copied. Waits for the greeting and says EHLO (HELO where that is not known). ST_DENIED: the server does not want us
 * (out->greeting or the answer in the error says why); else the stream's errors, ST_SYNTAX, ST_TIMEOUT. The client must be closed whatever comes. */
enum st smtp_client_open(struct smtp_client *c, struct stream *stream, struct str helo, struct smtp_answer *out)
    SUSPENDS MUST_USE;
/* The same with a server of LMTP. */
enum st smtp_client_open_lmtp(struct smtp_client *c, struct stream *stream, struct str helo, struct smtp_answer *out)
    SUSPENDS MUST_USE;
/* STARTTLS and EHLO again. ST_NOTFOUND: not offered. ST_DENIED: refused, or the certificate does not hold: the connection is over then. `host` as in
 * stream_push_tls_client. */
enum st smtp_client_starttls(struct smtp_client *c, struct tls_client *tls, struct str host) SUSPENDS MUST_USE;
/* The same for a server of which more is known (net/tls_client.h). */
enum st smtp_client_starttls_peer(struct smtp_client *c, struct tls_client *tls, const struct tls_peer *peer)
    SUSPENDS MUST_USE;
/* AUTH PLAIN, or LOGIN where only that is offered. ST_NOTFOUND: neither; ST_DENIED: refused (`out` says how). Never without TLS: ST_INTERNAL. */
enum st smtp_client_auth(struct smtp_client *c, struct str user, struct str password, struct smtp_answer *out)
    SUSPENDS MUST_USE;
/* Is it ourselves, by the name that it answers EHLO with? (RFC 5321 section 4.1.1.1) Not by the greeting, which comes before TLS. */
bool smtp_client_is(const struct smtp_client *c, struct str name);
/* Would it take a letter for this address, from the null path? ST_OK: it has answered RCPT, which `out` holds; ST_TRYLATER: it did not come to that. ST_SYNTAX: the
 * address can't stand in a command. Else the connection broke. */
enum st smtp_client_ask(struct smtp_client *c, struct arena *a, struct str address, struct smtp_answer *out)
    SUSPENDS MUST_USE;
/* QUIT, whose answer is waited for briefly, then the end. NULL stream is fine. */
void smtp_client_close(struct smtp_client *c) SUSPENDS;

struct smtp_attr {
    struct str name, value; /* as in the envelope; value empty: the name alone */
};

enum smtp_fate {
    SMTP_OPEN,     /* nothing has been said: the connection broke, or the letter did not come so far */
    SMTP_TAKEN,    /* the server answers for it now */
    SMTP_DEFERRED, /* not now */
    SMTP_REFUSED,  /* never */
    SMTP_NEXT_TIME /* not in this transaction: the server takes so many recipients at a time (RFC 5321 section 4.5.3.1.10) */
};

struct smtp_carry_rcpt {
    struct str address;
    const struct smtp_attr *attrs;
    size_t n_attrs;
    enum smtp_fate fate;       /* filled */
    struct smtp_answer answer; /* filled; in the arena */
};

struct smtp_carry {
    struct str reverse_path;
    const struct smtp_attr *attrs;
    size_t n_attrs;
    struct deliver_by by;
    bool is_8bit;      /* the letter has bytes above 127: BODY=8BITMIME. The server must have that feature */
    bool is_binary;    /* any bytes: BODY=BINARYMIME. The server must have that feature and CHUNKING */
    struct str head;   /* header fields that come in front of it, with their line ends; may be empty */
    struct str letter; /* lines end with CRLF, unless it is binary */
    struct smtp_carry_rcpt *rcpts;
    size_t n_rcpts; /* at most SMTP_CARRY_RCPTS */
    bool
        is_uncertain; /* filled: the connection broke when all had been sent and before the answer: it may have arrived, for those that are SMTP_OPEN */
};

#define SMTP_CARRY_RCPTS 100 /* what every server takes (RFC 5321 section 4.5.3.1.8) */

/* May there be another transaction? Not when the server has said 421, or takes no more over one connection (RFC 9422). */
bool smtp_client_may_carry(const struct smtp_client *c);
/* How many recipients a transaction may have, at most SMTP_CARRY_RCPTS. */
size_t smtp_client_rcpts_max(const struct smtp_client *c);

/* One transaction. ST_OK: every recipient has its fate. Else the connection broke (is_over): recipients that are SMTP_OPEN may be tried elsewhere. ST_SYNTAX
 * with the connection in order: an address that can't stand in a command; nothing was said. */
enum st smtp_client_carry(struct smtp_client *c, struct arena *a, struct smtp_carry *t) SUSPENDS MUST_USE;
