/* What the files of this room share of a session in the box. */
#pragma once

#include "base/log.h"
#include "base/must.h"
#include "base/uidl_format.h"
#include "mail/mail.h"
#include "mail/pop3.h"
#include "pop3/pop3.h"

#define POP3_SESSION_MAGIC 0x706f7033

struct pop3_session {
    uint32_t magic;
    struct pop3_session_options opt; /* its texts live in the arena */
    struct stream *stream;           /* NULL while it is being closed */
    struct co *co;                   /* while one serves */
    struct co_timer retry;
    const struct settings *set;
    struct log_ctx log;
    struct arena arena, cmd_arena;
    struct account *account;
    bool locked;
    struct view *view; /* the mailbox; its sequence numbers are the message numbers: it is never told of changes */
    struct pop3_said said;
    struct str uidl_format;
    uint32_t retention;
    struct mail_uidls uidls; /* of messages that came here with one */
    bool uidls_known;
    unsigned char *deleted; /* a bit a message */
    unsigned char *sent,
        *fetched;              /* by RETR, to its end; and the client has said something behind it. NULL: none was */
    uint32_t sent_lo, sent_hi; /* numbers whose bits differ lie between; 0: none do */
    bool asked;                /* it had read all that we had to say, or could have, before it said more */
    uint32_t count, n_deleted;
    uint64_t bytes, deleted_bytes; /* of all messages; of those marked */
    bool greeted, over, stopping;
    enum st end, woke;
    const char *end_reason, *command;
    unsigned errors;
    uint64_t commands, retrieved;
};

struct pop3_cmd {
    struct pop3_session *s;
    struct str args;
};

#define CMD(word, fn, least, most, syntax, ref) enum st fn(struct pop3_cmd *c) SUSPENDS MUST_USE;
#include "pop3/commands.def"
#undef CMD

uint32_t pop3_login_delay(const struct pop3_session *s); /* seconds between two logins that hold for the account */
void pop3_session_end(struct pop3_session *s, enum st st, const char *reason);
/* pop3_say in the session's language. */
#define POP3_SAY(s, ...) pop3_say((s)->stream, (s)->said.lang, __VA_ARGS__)
/* The same for a command that failed. */
#define POP3_REFUSE(s, ...) ((s)->errors++, POP3_SAY(s, __VA_ARGS__))

static inline bool pop3_bit(const unsigned char *bits, uint32_t number)
{
    return bits && bits[(number - 1) / 8] >> ((number - 1) % 8) & 1;
}

static inline void pop3_bit_set(unsigned char *bits, uint32_t number)
{
    bits[(number - 1) / 8] |= (unsigned char)(1u << ((number - 1) % 8));
}

/* The uids of the messages whose bits are set, as ranges in the arena. */
struct uid_set pop3_uids_of(const struct pop3_session *s, struct arena *ar, const unsigned char *bits);
/* The message that the next word of the arguments names. ST_DENIED: there is none, and that has been answered. */
enum st pop3_message_arg(struct pop3_cmd *c, uint32_t *out_number) SUSPENDS MUST_USE;
/* Before unique ids are asked for: those that messages came with are read. */
enum st pop3_uidls_begin(struct pop3_session *s) SUSPENDS MUST_USE;
/* Appends it: stable for the life of a message (RFC 1939 section 7). */
void pop3_uidl(const struct pop3_session *s, uint32_t number, struct buf *out);
/* A message was sent to its end; and: what was sent has arrived. */
void pop3_sent(struct pop3_session *s, uint32_t number);
void pop3_arrived(struct pop3_session *s);
