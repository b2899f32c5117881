/* One line per event: `event=name level=... sid=... key=value ...`, names and levels from
 * log_events.def, values escaped here and nowhere else. Each line is one non-blocking write to the
 * log descriptor; lines that do not fit are counted and told later.
 *
 *   LOG(SMTP_SESSION_CLOSED, lf_str("reason", why), lf_u64("bytes_in", n));
 *
 * What the running session adds to each line (sid, peer, user, action) stands in its log_ctx;
 * the scheduler switches log_here with the coroutine. struct secret has no field macro. */
#pragma once

#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_event {
#define LOG_EVENT(name, level, fields, text) LOG_EV_##name,
#include "base/log_events.def"
#undef LOG_EVENT
    LOG_EV_COUNT
};

struct log_field {
    const char *key;
    enum { LF_END, LF_STR, LF_U64, LF_I64, LF_HEX, LF_LETTER } kind;
    struct str s;
    uint64_t u;
};

static inline struct log_field lf_str(const char *key, struct str s)
{
    return (struct log_field){.key = key, .kind = LF_STR, .s = s};
}
static inline struct log_field lf_z(const char *key, const char *z)
{
    return lf_str(key, str_z(z));
}
static inline struct log_field lf_u64(const char *key, uint64_t u)
{
    return (struct log_field){.key = key, .kind = LF_U64, .u = u};
}
static inline struct log_field lf_i64(const char *key, int64_t i)
{
    return (struct log_field){.key = key, .kind = LF_I64, .u = (uint64_t)i};
}
static inline struct log_field lf_hex(const char *key, uint64_t u)
{
    return (struct log_field){.key = key, .kind = LF_HEX, .u = u};
}
/* A letter by its id, all sixteen digits of it, as its Received line and the answer to its sender have it: people look for that. */
static inline struct log_field lf_letter(uint64_t id)
{
    return (struct log_field){.key = "letter", .kind = LF_LETTER, .u = id};
}
/* The error record of the running coroutine: its text. */
struct log_field lf_err(void);

struct log_ctx {
    uint64_t sid;        /* 0: none */
    uint64_t letter;     /* that it is about, by the id in its Received line; 0: none */
    struct str peer;     /* "203.0.113.9:4711"; borrowed */
    struct str user;     /* borrowed */
    const char *service; /* "smtp", "imap", ... */
    const char *action;  /* what it is doing, a phrase: "reading DATA"; in warnings and errors */
};

extern _Thread_local const struct log_ctx *log_here; /* may be NULL */

#define LOG(ev, ...) log_event(LOG_EV_##ev, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){.kind = LF_END}})

void log_event(enum log_event ev, const struct log_field *fields);

/* Where lines go (default: descriptor 1), what role they are of, and the least level written. */
void log_set_fd(int fd);
void log_set_role(const char *role); /* borrowed */
void log_set_level(enum log_level least);

/* Lines lost since start: writing them would have meant to wait. The first line that finds room is followed by one that
 * tells how many are missing. */
uint64_t log_dropped(void);

const char *log_event_name(enum log_event ev); /* "smtp_session_closed" */
