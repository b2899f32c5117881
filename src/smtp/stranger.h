/* Strangers on port 25: what is known of one, and what is held against him. Only sessions that have is_stranger have this. */
#pragma once

#include "smtp/session.h"

struct smtp_stranger {
    bool waited;        /* for the greeting */
    bool is_over_limit; /* his network has sent too much; he is told at the next letter */
    char limit_text[256];
};

/* Before the greeting. ST_PARKED: he is waited for, and has not talked. ST_OK: greet him, unless the session is over now. */
enum st stranger_wait(struct smtp_session *s, enum st why) SUSPENDS MUST_USE;

/* Something has gone wrong, or well. Ends the session with 421 when his network does too much of it. */
enum st stranger_count(struct smtp_session *s, enum smtp_count what) SUSPENDS MUST_USE;
/* At MAIL: ends the session when his network has sent enough. */
enum st stranger_may_send(struct smtp_session *s) SUSPENDS MUST_USE;

/* Commands behind one that has to be the last of its group (RFC 2920 section 3.1): ends the session. */
enum st stranger_pipelined(struct smtp_session *s, const struct smtp_verb *v) SUSPENDS MUST_USE;
