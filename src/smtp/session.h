/* What the files of this room share of a session. Two lifetimes: `arena` lives with the connection, `txn_arena` with a mail
 * transaction. */
#pragma once

#include "base/envelope.h"
#include "base/log.h"
#include "smtp/letter.h"
#include "smtp/path.h"
#include "smtp/reply.h"
#include "smtp/smtp.h"

#include "base/must.h"
#include "base/secret.h"

#define SMTP_SESSION_MAGIC 0x736d7470

struct smtp_chunks;

/* One RCPT of LMTP, for the answer that is his behind the letter. */
struct smtp_rcpt {
    uint32_t *targets; /* among those of the transaction */
    size_t n;
};

struct smtp_txn {
    bool open;
    uint64_t id;
    struct str reverse_path;
    struct attribute attributes[SMTP_PARAMS_MAX];
    size_t n_attributes;
    struct rcpt_target *targets; /* grows in the arena */
    size_t n_targets, cap_targets;
    uint32_t n_rcpts;        /* RCPT commands that were accepted */
    struct smtp_rcpt *rcpts; /* of each of them, in LMTP only */
    struct str only_rcpt;    /* for the Received line, when there is just one */
    struct str asked;        /* the recipient that RCPT is about; empty: no such command is under way */
    bool utf8;
    uint64_t size;               /* as MAIL says; 0: it does not */
    bool is_stranger;            /* he is in a trusted network, and it is not his account that sends this */
    int priority, said_priority; /* the latter is what MAIL had */
    bool has_priority;
    struct deliver_by by;
    uint64_t release_us;        /* not before; 0: at once */
    bool is_tight;              /* a recipient may not have room: no others beside him */
    bool is_binary;             /* BODY=BINARYMIME */
    bool bdat_failed;           /* what has come by BDAT is lost, and all that follows until RSET */
    struct smtp_chunks *chunks; /* of BDAT so far (cmd_bdat.c); owned; NULL: none */
    mono_ms deadline;           /* for all of them; 0: none yet */
    uint64_t swallowed;         /* octets of BDAT that were read away */
    uint64_t most_bytes;        /* as smtp_rcpt_result says; 0: as the settings say */
    uint32_t most_rcpts;
    bool has_asked, accepted; /* for a recipient of an account's letter; the letter is stored */
};

struct smtp_origins;

struct smtp_session {
    uint32_t magic;
    struct smtp_setup setup;
    struct stream *stream;
    const struct settings *set;
    struct log_ctx log;
    struct arena arena, txn_arena;
    bool submission, greeted, said_helo, extended /* EHLO, not HELO */, over;
    enum st end; /* how it ended, once `over` */
    const char *end_reason;
    struct str helo; /* in helo_bytes */
    char helo_bytes[256];
    struct smtp_auth_result user; /* account 0: nobody */
    bool by_network;              /* authenticated, but without a password: he may still log in */
    bool authenticated, revoked, crowded, reading_text;
    bool tried_auth; /* what follows may be a secret, whatever became of AUTH */
    unsigned errors, auth_tries;
    uint32_t unknown_rcpts, letters, mails /* transactions that were begun */;
    mono_ms line_until;             /* for a command of which there is a part; 0: there is none */
    struct smtp_stranger *stranger; /* in the arena; NULL: he is none */
    bool lmtp;                      /* RFC 2033 */
    uint32_t repeat;                /* a reply is said so many times: to each recipient, in LMTP; 0: once */
    struct smtp_origins *origins;   /* of XCLIENT and XFORWARD (cmd_xclient.c); NULL: none */
    struct smtp_txn txn;
};

struct smtp_cmd {
    struct smtp_session *s;
    const struct smtp_verb *verb;
    struct str args; /* a view that lasts until the next read */
};

enum {
    IN_ANY_TLS_F = 1,
    NEED_HELO_F = 2,
    NEED_AUTH_F = 4,
    NO_ARGS_F = 8,
    QUIET_F = 16,
    LAST_F = 32,
    FRAMES_F = 64 /* what follows the line belongs to it: the command sees to the rules itself, behind that */,
    HIDDEN_F = 128, /* not in HELP's list */
    WAITS_F = 256,  /* its answer has to be waited for, by strangers at least */
    SMTP_ONLY_F = 512,
    LMTP_ONLY_F = 1024,
    XCLIENT_F = 2048, /* only who may say that */
    XFORWARD_F = 4096
};

struct smtp_verb {
    struct str word;
    enum st (*fn)(struct smtp_cmd *c) SUSPENDS;
    unsigned flags;
    const char *syntax;
};

#define VERB(word, fn, flags, syntax, ref) enum st fn(struct smtp_cmd *c) SUSPENDS MUST_USE;
#include "smtp/verbs.def"
#undef VERB

extern const struct smtp_verb smtp_verbs[];
extern const size_t smtp_n_verbs;

/* Ends the session after what has been answered is sent: `reason` is a phrase for the log. */
void smtp_session_end(struct smtp_session *s, enum st st, const char *reason);

/* The rules of the verb's row that are broken: the reply, or SMTP_REPLY_COUNT. */
enum smtp_reply smtp_objection(const struct smtp_session *s, const struct smtp_verb *v, struct str args);

/* What BDAT has brought is given up; whatever comes in this transaction now is refused. */
void smtp_bdat_fail(struct smtp_session *s);
void smtp_chunks_free(struct smtp_chunks *k); /* NULL is fine */

/* The error is why an address takes no mail: the reply to RCPT or VRFY. */
enum st smtp_refuse_disabled(struct smtp_session *s, struct str address) SUSPENDS MUST_USE;

/* What XFORWARD has said holds for a transaction (XFORWARD_README). */
void smtp_origins_forget(struct smtp_session *s);
void smtp_origins_free(struct smtp_origins *o); /* NULL is fine */
/* For the log: where XFORWARD says that the letter came from; empty: nothing is said. */
struct str smtp_origin_text(const struct smtp_session *s);
/* Greets. */
enum st smtp_session_greet(struct smtp_session *s) SUSPENDS MUST_USE;

/* Forgets the transaction (RSET, EHLO, the end of a letter). */
void smtp_txn_reset(struct smtp_session *s);
/* Everything that the client said is forgotten, as after STARTTLS (RFC 3207 section 4.2). */
void smtp_session_forget(struct smtp_session *s);

uint64_t smtp_most_bytes(const struct smtp_session *s); /* of this letter */
uint64_t smtp_submitter(const struct smtp_session *s);  /* whose letter it is; 0: nobody's of here */
bool smtp_may_auth(const struct smtp_session *s);       /* AUTH can be used here and now */
bool smtp_offers_starttls(const struct smtp_session *s);
