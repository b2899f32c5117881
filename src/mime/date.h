/* Dates in letters (RFC 5322 3.3 and 4.3) and in IMAP (RFC 3501 section 9). Pure. */
#pragma once

#include "base/arena.h"

struct mime_date {
    int64_t wall_us; /* since 1970, UTC; before it negative */
    int16_t zone;    /* minutes east of UTC, as written */
};

/* A Date: value, with comments, obsolete years and zones; what follows the zone is ignored, a
 * missing zone is UTC. ST_SYNTAX. */
enum st mime_date_parse(struct str text, struct mime_date *out) MUST_USE;

/* IMAP date-time without its quotes, " 1-Jan-2026 10:00:00 +0100"; some clients leave the first space out. ST_SYNTAX. */
enum st imap_datetime_parse(struct str text, struct mime_date *out) MUST_USE;
struct str imap_datetime_print(struct arena *a, int64_t wall_us, int16_t zone); /* without quotes, 26 characters */

/* IMAP date, "1-Jan-2026", without quotes: the day's number since 1970-01-01. ST_SYNTAX. */
enum st imap_date_parse(struct str text, int64_t *out_day) MUST_USE;

/* The day that a date was written in, time and zone disregarded (SEARCH SENTON and others). */
int64_t mime_date_day(int64_t wall_us, int16_t zone);
