/* The arguments of XCLIENT and XFORWARD, as Postfix' XCLIENT_README and XFORWARD_README have them: NAME=value, the value as xtext (RFC 3461 section 4), or
 * [UNAVAILABLE] or [TEMPUNAVAIL] for what is not known. Pure. */
#pragma once

#include "base/arena.h"

#define SMTP_XATTRS_MAX 10
#define SMTP_XATTR_MAX 255 /* bytes of a value, decoded */

struct smtp_xattr {
    struct str name;  /* a view of the input */
    struct str value; /* printable, without blanks; in the arena. p NULL: not known */
};

/* At least one. ST_SYNTAX, ST_LIMIT; the error says which. */
enum st smtp_xattrs_parse(struct str args, struct arena *a, struct smtp_xattr out[SMTP_XATTRS_MAX], size_t *out_n)
    MUST_USE;
