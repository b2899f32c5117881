/* Strangers on port 25: what is known of one, and what is held against him. Only sessions that have is_stranger have this. */
#pragma once

#include "policy/stranger.h"
#include "smtp/session.h"

struct smtp_stranger {
    bool waited;        /* for the greeting */
    bool has_looked;    /* in the DNS */
    bool is_told;       /* what is held against him, in the log */
    unsigned traits;    /* STRANGER_HAS */
    int score;          /* of lists of the DNS */
    char lists[300];    /* that he is on */
    bool is_over_limit; /* his network has sent too much; he is told at the next letter */
    char limit_text[256];
};

/* Before the greeting. ST_PARKED: he is waited for, and has not talked. ST_OK: greet him, unless the session is over now. */
enum st stranger_wait(struct smtp_session *s, enum st why) SUSPENDS MUST_USE;

/* Something has gone wrong, or well. Ends the session with 421 when his network does too much of it. */
enum st stranger_count(struct smtp_session *s, enum smtp_count what) SUSPENDS MUST_USE;
/* At MAIL: ends the session when his network has sent enough. */
enum st stranger_may_send(struct smtp_session *s) SUSPENDS MUST_USE;

/* At RCPT, for a recipient whom there is. ST_DENIED: that has been answered. */
enum st stranger_check(struct smtp_session *s, struct str rcpt) SUSPENDS MUST_USE;
void stranger_look_up(struct smtp_session *s) SUSPENDS; /* what the DNS says, once, within one deadline */
struct str stranger_marks(const struct smtp_session *s, char out[STRANGER_WORDS_MAX]); /* for the letter's header */
/* Before a command of one who is known to be bad: lets him wait (tarpit), as long as not too many do. */
enum st stranger_hold(struct smtp_session *s) SUSPENDS MUST_USE;

/* Commands behind one that has to be the last of its group (RFC 2920 section 3.1): ends the session. */
enum st stranger_pipelined(struct smtp_session *s, const struct smtp_verb *v) SUSPENDS MUST_USE;
