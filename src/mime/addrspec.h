/* A mail address as SMTP paths and the directory write it (RFC 5321 4.1.2, RFC 6531): parsed
 * strictly and brought to one form. Address lists in letters are mime/address.h. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"

struct addrspec {
    char text[LIMIT_ADDRESS + 8]; /* what the views point into; copy with addrspec_copy, never by assignment */
    struct str whole;  /* "local@domain" in one form: equal addresses have equal bytes */
    struct str local;  /* as in `whole`: case kept, quoted only where it must be */
    struct str domain; /* small letters, A-labels ("xn--..."), or a literal with its brackets */
    struct str local_raw; /* without quotes and backslashes */
    char raw[72];
    bool is_literal;   /* domain is [1.2.3.4] or [IPv6:...] */
    bool is_utf8;      /* the local part needs SMTPUTF8 */
};

/* Parses "local@domain", without angle brackets. Domain: U-labels and A-labels give the same result (UTS 46).
 * Local part: at most 64 bytes, a quoted string that needs no quotes loses them; UTF-8 is normalised to NFC.
 * ST_SYNTAX with a text for people. */
enum st addrspec_parse(struct str text, struct addrspec *out) MUST_USE;

/* Parses a domain name alone (no literal) and gives its one form: small letters, A-labels, without a last dot. */
enum st domain_parse(struct arena *a, struct str text, struct str *out) MUST_USE;

/* For people: A-labels as U-labels where they are valid ones, else as they are. */
struct str domain_show(struct arena *a, struct str domain);

void addrspec_copy(struct addrspec *to, const struct addrspec *from);

/* What addrspec_parse and the others load lazily, loaded now: call before a sandbox is sealed. */
void addrspec_preload(void);
