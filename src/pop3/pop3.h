/* POP3 (RFC 1939, RFC 2449). As with IMAP a connection has two lives: pop3_login in a gate until somebody has logged in,
 * pop3_session in the box from the answer to the login on. See imap/imap.h: the shapes are the same. */
#pragma once

#include "base/secret.h"
#include "config/settings.h"
#include "net/stream.h"
#include "pop3/words.h"
#include "sasl/log_in.h"

/* --- before login: the gate --- */
/* What a login that is parked has to remember; zero at first. The caller's; pop3_login frees what it holds at the end. */
struct pop3_login_kept {
    struct arena arena; /* for the name given by USER: one at a time */
    struct str user;
    struct pop3_said said;
    unsigned errors, tries;
    bool greeted;
    bool crowded; /* as in imap/imap.h */
};
/* Of accounts that have a time of their own, as the keeper says: what CAPA has to tell everybody. */
struct pop3_offer {
    bool own_expire, own_delay;
    uint32_t expire_days, delay_s; /* the shortest, the longest */
};
struct pop3_login_options {
    struct stream *stream;
    struct pop3_login_kept *kept;
    enum st woke; /* ST_OK at first and when there is input; why a parked wait has ended otherwise */
    const struct settings *set;
    const struct login_ops *ops;
    void *arg;
    bool plaintext_auth;
    struct pop3_offer offer;
};
struct pop3_login_outcome {
    struct login_result who;
    const char *reason; /* how it ended without a login */
};
/* ST_OK: logged in, the answer has not been sent. ST_PARKED: to be called again when the stream wakes. Else over; the last
 * words have been sent. */
enum st pop3_login(const struct pop3_login_options *opt, struct pop3_login_outcome *out) SUSPENDS MUST_USE;
/* Instead of a greeting, to a connection over a limit (RFC 3206): a whole line. */
struct str pop3_no_room(void);
/* The same to one that is not let in, with the reason. */
#define POP3_TURNED_AWAY_MAX 300
struct str pop3_turned_away(char line[POP3_TURNED_AWAY_MAX], struct str why);
/* The box did not take the connection over: answers the login with -ERR. */
enum st pop3_login_refuse(const struct pop3_login_options *opt, enum st why) SUSPENDS MUST_USE;

/* --- after login: the box --- */
struct mail;
struct pop3_session;
/* What the directory says of the account, or the login of what it wants. */
struct pop3_own {
    struct str mailbox;     /* user+mailbox logged in; empty: as the setting says */
    struct str uidl_format; /* empty: as the setting says */
    uint32_t retention;     /* base/retention.h */
    uint32_t delay_s;       /* between two logins; POP3_DELAY_DEFAULT: as the setting says */
};
#define POP3_DELAY_DEFAULT UINT32_MAX
struct pop3_session_options {
    struct stream *stream; /* owned from now on */
    struct str unread;
    struct mail *mail;
    const struct settings *set;
    uint64_t account, sid;
    struct str login, peer;
    bool is_tls;
    struct pop3_said said;
    struct pop3_own own;
    unsigned mechanisms; /* that were announced before the login: enum sasl_flag */
    void (*ended)(void *arg, struct pop3_session *s);
    void *ended_arg;
};
enum st pop3_session_new(struct pop3_session_options *opt, struct pop3_session **out) MUST_USE;
/* At the next command, or at once when it waits for one; deletions marked so far are dropped (RFC 1939 section 6). */
void pop3_session_stop(struct pop3_session *s, bool now);

struct pop3_session_info {
    uint64_t account, sid;
    struct str login, peer;
    bool is_tls;
    const char *command;
    uint64_t bytes_in, bytes_out, commands;
};
void pop3_session_describe(const struct pop3_session *s, struct pop3_session_info *out);
