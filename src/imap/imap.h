/* IMAP4rev1 (RFC 3501) and IMAP4rev2 (RFC 9051). A connection has two lives in two processes, hence two entry points:
 *
 *   imap_login     runs in a gate, from the greeting until somebody has logged in. Knows no mail.
 *   imap_session   runs in the box on the core that owns the account, from the answer to the login on.
 *
 * In between the glue hands over: the account, the tag of the command that logged in (its tagged OK is
 * the session's first line), and input that was read but belongs to the session. */
#pragma once

#include "base/secret.h"
#include "config/settings.h"
#include "net/stream.h"
#include "imap/withhold.h"
#include "sasl/log_in.h"

#define IMAP_TAG_MAX 255      /* longest tag that is taken; ipc carries 256 */
#define IMAP_UNREAD_MAX 32768 /* see give_back */

/* --- before login: the gate ----------------------------------------------------------------------- */
/* What a login that is parked has to remember; zero at first. The caller's. */
struct imap_login_kept {
    bool greeted;
    bool crowded;                  /* its place is needed for others: when its coroutine is cancelled it says so */
    unsigned errors;               /* BAD answers in a row */
    unsigned tries;                /* wrong passwords */
    struct imap_withheld withheld; /* by the listener, and for what the client has said by ID */
};

struct imap_login_options {
    struct stream *stream; /* borrowed; imap_login sets its timeouts and line limit */
    struct imap_login_kept *kept;
    enum st woke; /* ST_OK at first and when there is input; why a parked wait has ended otherwise */
    const struct settings *set;
    const struct login_ops *ops; /* with `arg` */
    void *arg;
    struct str withhold; /* names of capabilities that the listener does not offer */
    bool plaintext_auth; /* passwords are taken without TLS (the listener says so, or it is loopback) */
    bool stopping;       /* the gate is going down: greet with BYE */
};

struct imap_login_outcome {
    char tag[IMAP_TAG_MAX + 1]; /* of the command that logged in; its answer has not been sent */
    struct str tag_str;         /* a view of it */
    struct login_result who;
    const char *reason; /* how it ended otherwise: "logout", "eof", "timeout", "errors", "denied", ... */
};

/* Greets and serves until login. ST_OK: logged in, *out filled, everything written has been flushed; unread
 * input is in the stream (and stays there: stream_detach hands it out). ST_PARKED: to be called again when the stream
 * wakes. Any other status: over, *out has the reason; the last words have been sent; the caller closes the stream either
 * way. The whole takes at most imap_login_timeout. */
enum st imap_login(const struct imap_login_options *opt, struct imap_login_outcome *out) SUSPENDS MUST_USE;

/* Instead of a greeting, to a connection over a limit (RFC 3501 section 7.1.5, RFC 5530): a whole line. */
struct str imap_no_room(void);
/* The same to one that is not let in, with the reason. */
#define IMAP_TURNED_AWAY_MAX 300
struct str imap_turned_away(char line[IMAP_TURNED_AWAY_MAX], struct str why);

/* The box did not take the connection over: answers the login command with NO and this status
 * (TRYLATER: [UNAVAILABLE]; BUSY, LIMIT: [LIMIT]; DENIED: [AUTHENTICATIONFAILED]). Flushes. */
enum st imap_login_refuse(const struct imap_login_options *opt, struct str tag, enum st why) SUSPENDS MUST_USE;

/* --- after login: the box ---------------------------------------------------------------------------- */
struct mail;
struct imap_session;

struct imap_session_options {
    struct stream *stream; /* owned by the session from now on, also when imap_session_new fails */
    struct str unread;     /* plaintext that the gate had read already; is put in front of the stream's input */
    struct mail *mail;
    const struct settings *set; /* a reference is taken */
    uint64_t account;
    uint64_t sid;     /* of the connection, in all logs */
    struct str login; /* name of the user; copied, like the other texts */
    struct str tag;   /* of the login command */
    struct str peer;
    struct str withhold[2]; /* capabilities that are not offered: by the gate, by the account */
    bool is_tls;
    bool is_tool; /* of the command line: may give uids to APPEND */
    /* UNAUTHENTICATE (RFC 8437): the connection is wanted back where the login was, with input that nobody has read (at most
     * IMAP_UNREAD_MAX); `fd` stays the caller's. NULL: there is no such place, and no such command. */
    void (*give_back)(void *arg, int fd, struct str unread);
    /* Called once, on the loop or a coroutine of the session's core, when the session has ended; it is
     * freed right behind. The argument of both: */
    void (*ended)(void *arg, struct imap_session *s);
    void *ended_arg;
};

/* Makes the session and starts it on the running core, which must be the account's (mail_core_of).
 * ST_LIMIT: no coroutine left. Nothing was said to the client when this fails. */
enum st imap_session_new(struct imap_session_options *opt, struct imap_session **out) MUST_USE;

/* Ends it with "* BYE text" at the next boundary of commands, at once when it is idle (server stop). `now`:
 * a running command is cut short as well (revoked, disabled). Same core only; `text` is a literal. */
void imap_session_stop(struct imap_session *s, const char *text, bool now);

/* For `restante sessions`. */
struct imap_session_info {
    uint64_t account, sid;
    struct str login, peer; /* views into the session */
    struct str mailbox;     /* selected, UTF-8; empty: none */
    const char *command;    /* last one, of commands.def; "" before the first */
    bool is_tls, is_idle;   /* in IDLE */
    uint64_t bytes_in, bytes_out, commands;
};
void imap_session_describe(const struct imap_session *s, struct imap_session_info *out);
