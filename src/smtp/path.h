/* MAIL FROM and RCPT TO arguments: a path and its parameters (RFC 5321 section 4.1.2). Pure. */
#pragma once

#include "base/arena.h"
#include "mime/addrspec.h"

#define SMTP_PARAMS_MAX 20

struct smtp_param {
    struct str name, value; /* value.p NULL: none given */
};

struct smtp_path {
    bool is_null;       /* <> */
    bool is_postmaster; /* <Postmaster> without a domain (RFC 5321 section 4.1.1.3) */
    struct str text;    /* as given, without brackets and source route */
    struct addrspec addr;
    struct smtp_param params[SMTP_PARAMS_MAX];
    size_t n_params;
};

/* `args` is what stands behind MAIL or RCPT, `word` "FROM:" or "TO:". A source route is read and ignored (appendix F.2).
 * Spaces behind the colon are forgiven: many programs send them. ST_SYNTAX: not of that form; ST_LIMIT: too many
 * parameters; ST_DENIED: of that form, but the address is bad. */
enum st smtp_path_parse(struct str args, struct str word, struct smtp_path *out) MUST_USE;
