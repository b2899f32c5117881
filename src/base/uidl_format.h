/* How unique ids of POP3 (RFC 1939 section 7) are made of a message's numbers, in the notation that Dovecot has for it. Pure.
 *
 *   %u  the uid          %v  the uidvalidity          %g  the email's id, 16 hexadecimal digits
 *   %f  the file's name (of a Maildir; only where ids of another server are told again)
 *   %%  a percent sign
 * Between % and u or v: X for hexadecimal digits, in small letters, and in front of it or without it a width, with 0 before it. */
#pragma once

#include "base/buf.h"

#define UIDL_MAX 70        /* bytes of a unique id */
#define UIDL_FORMAT_MAX 64 /* bytes of a format */

struct uidl_parts {
    uint32_t uid, uidvalidity;
    uint64_t email;
    struct str file;
};

/* Every id that it makes must be one, whatever the numbers, and differ from message to message: %u, %g or %f stands in it.
 * `is_foreign`: %f may, and %g may not. ST_SYNTAX says what is wrong. */
enum st uidl_format_check(struct str format, bool is_foreign) MUST_USE;
/* Appends to `out`; the format has been checked. With %f what comes out has to be asked of uidl_is_valid. */
void uidl_format_make(struct str format, const struct uidl_parts *p, struct buf *out);
/* 1 to 70 bytes from 0x21 to 0x7e. */
bool uidl_is_valid(struct str id);
/* What other servers make: "dovecot", "courier", "cyrus", or a format, which stays as it is. */
struct str uidl_format_named(struct str name);
