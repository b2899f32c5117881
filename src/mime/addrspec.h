/* A mail address as SMTP paths and the directory write it (RFC 5321 4.1.2, RFC 6531): parsed
 * strictly and brought to one form. Address lists in letters are mime/address.h. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"

#define ADDR_LOCAL_MAX 64
#define ADDR_DOMAIN_MAX 255

struct addrspec {
    struct str whole; /* "local@domain" in one form: equal addresses have equal bytes, but for the case of `local` */
    struct str local; /* as in `whole`: case kept, quoted only where it must be */
    struct str local_raw;     /* without quotes and backslashes */
    struct str domain;        /* small letters, A-labels ("xn--..."), or a literal with its brackets */
    bool is_literal;          /* domain is [192.0.2.1] or [IPv6:2001:db8::1] */
    bool is_utf8;             /* the local part needs SMTPUTF8 */
    char raw[ADDR_LOCAL_MAX]; /* what the views point into: */
    char text[2 * ADDR_LOCAL_MAX + 2 + 1 + ADDR_DOMAIN_MAX + 1]; /* copy with addrspec_copy, not by assignment */
};

/* Parses "local@domain", without angle brackets. Domain: U-labels and A-labels give the same result
 * (UTS 46, not transitional). Local part: at most 64 bytes; a quoted string that needs no quotes
 * loses them; UTF-8 is brought to NFC (RFC 6532 3.1). The whole, so written, is at most LIMIT_ADDRESS bytes.
 * ST_SYNTAX with a text for people. */
enum st addrspec_parse(struct str text, struct addrspec *out) MUST_USE;

/* A domain name alone, no literal, in its one form. ST_SYNTAX. */
enum st domain_parse(struct arena *a, struct str text, struct str *out) MUST_USE;

/* For people: A-labels as U-labels where they are valid ones, else as they are. */
struct str domain_show(struct arena *a, struct str domain);

void addrspec_copy(struct addrspec *to, const struct addrspec *from);

/* What ICU loads on first use: call before a sandbox is sealed. */
void addrspec_preload(void);
