/* What the files of this room share of a session in the box. */
#pragma once

#include "base/log.h"
#include "base/must.h"
#include "mail/mail.h"
#include "pop3/pop3.h"
#include "pop3/words.h"

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
    struct view *view;      /* INBOX; its sequence numbers are the message numbers: it is never told of changes */
    unsigned char *deleted; /* a bit a message */
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

void pop3_session_end(struct pop3_session *s, enum st st, const char *reason);
enum st pop3_refuse(struct pop3_session *s, const char *line) SUSPENDS MUST_USE;

static inline bool pop3_is_deleted(const struct pop3_session *s, uint32_t number)
{
    return s->deleted[(number - 1) / 8] >> ((number - 1) % 8) & 1;
}

/* The message that the next word of the arguments names. ST_DENIED: there is none, and that has been answered. */
enum st pop3_message_arg(struct pop3_cmd *c, uint32_t *out_number) SUSPENDS MUST_USE;
/* The unique id: stable for the life of a message (RFC 1939 section 7), at most 70 printable characters. */
struct str pop3_uid(const struct pop3_session *s, uint32_t number, char text[24]);
