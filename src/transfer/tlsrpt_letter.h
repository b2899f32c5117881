/* A report about TLS (RFC 8460) out of the letter that it comes in. What is in it is a stranger's: all is bounded. */
#pragma once

#include "policy/tlsrpt.h"

/* Texts live in the arena. ST_NOTFOUND: the letter holds no report; ST_SYNTAX, ST_LIMIT: it can't be read. */
enum st tlsrpt_letter_read(struct arena *a, struct str letter, struct tlsrpt *out) MUST_USE;
/* The JSON of a report. */
enum st tlsrpt_json_read(struct arena *a, struct str json, struct tlsrpt *out) MUST_USE;
