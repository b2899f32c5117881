/* How long a message that was fetched over POP3 stays: a word of a setting, of the command line and of the directory, and one
 * number that travels and is stored. Pure. */
#pragma once

#include "base/str.h"

#define RETAIN_DEFAULT 0u /* of an account: as the setting says */
#define RETAIN_KEEP 1u    /* for ever */
#define RETAIN_FETCHED 2u /* it goes when it was fetched; this and so many days more: it goes behind these */
#define RETAIN_DAYS_MOST 36500u
#define RETAIN_NEWEST 0x80000000u /* with a number of messages: the newest stay, of what was fetched */
#define RETAIN_NEWEST_MOST 0x7fffffffu
#define RETAIN_NEVER_EXPIRES UINT32_MAX /* of retention_expire_days */

/* "keep", "fetched", "30d", "newest:500"; with `may_default` also "default". ST_SYNTAX says what may be written. */
enum st retention_parse(struct str text, bool may_default, uint32_t *out) MUST_USE;
void retention_print(uint32_t retention, char out[24]);
/* What EXPIRE tells (RFC 2449 section 6.7): days that a message stays at least. */
uint32_t retention_expire_days(uint32_t retention);

static inline bool retention_is_newest(uint32_t retention)
{
    return retention >= RETAIN_NEWEST;
}

/* Does anything ever go? */
static inline bool retention_is_on(uint32_t retention)
{
    return retention >= RETAIN_FETCHED;
}
