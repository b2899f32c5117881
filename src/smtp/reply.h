/* Replies by name, from the rows of replies.def. Nobody writes a code by hand. */
#pragma once

#include "base/str.h"

struct smtp_session;

enum smtp_reply {
#define REPLY(name, code, enhanced, text) SMTP_##name,
#include "smtp/replies.def"
#undef REPLY
    SMTP_REPLY_COUNT
};

/* The row's text, with `arg` for its %s (cut at 400 bytes; control bytes become '?'). */
enum st smtp_reply(struct smtp_session *s, enum smtp_reply r) SUSPENDS MUST_USE;
enum st smtp_reply_arg(struct smtp_session *s, enum smtp_reply r, struct str arg) SUSPENDS MUST_USE;
/* The same, counted as a mistake of the client. */
enum st smtp_refuse(struct smtp_session *s, enum smtp_reply r, struct str arg) SUSPENDS MUST_USE;
