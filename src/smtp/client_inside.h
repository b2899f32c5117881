/* What the files of the client share. */
#pragma once

#include "smtp/client.h"

/* Waits, in ms, of RFC 5321 section 4.5.3.2. */
enum smtp_wait {
    SMTP_WAIT_GREETING = 300000,
    SMTP_WAIT_COMMAND = 300000, /* MAIL, RCPT */
    SMTP_WAIT_DATA = 120000,    /* for 354 */
    SMTP_WAIT_BLOCK = 180000,   /* of the letter to go */
    SMTP_WAIT_TAKEN = 600000,   /* behind the final dot */
    SMTP_WAIT_QUIT = 5000
};

/* One answer, with all its lines; text in the arena. 421 and all failures set is_over. ST_OK for any code. */
enum st smtp_client_answer(struct smtp_client *c, struct arena *a, uint32_t wait_ms, struct smtp_answer *out)
    SUSPENDS MUST_USE;
enum st smtp_client_say(struct smtp_client *c, const char *fmt, ...) SUSPENDS PRINTF_LIKE(2, 3) MUST_USE;
/* The failure as an error that quotes the server. */
enum st smtp_client_refused(enum st st, const struct smtp_answer *answer) MUST_USE;
