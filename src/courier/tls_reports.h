/* Reports about TLS (RFC 8460): how connections went is counted here, by day and domain, and handed to the keeper, which keeps it; each day the domains that ask for it
 * are told. */
#pragma once

#include "courier/courier.h"

struct tls_reports;

struct tls_reports *tls_reports_new(void);

#define TLS_SEEN_AT "at " /* a line of a "tlsa" policy: the name that the records stand at */

struct tls_seen {
    struct str domain;
    struct str type, policy; /* "sts", "tlsa" or "no-policy-found"; its lines, a line feed behind each */
    struct str mx;
    struct str address; /* of the server, and behind a space our own; the second or both may be missing */
    struct str
        result; /* a result type of section 4.3; empty: successful. With an STS policy and a result about policies: nothing of a session, that is counted besides */
    struct str info; /* what went wrong, in words */
};
/* One attempt. Of more kinds of them than a bound the rest is left out. */
void tls_reports_count(struct courier *c, const struct tls_seen *s);

/* The same of an attempt as it ended: tls_seen.c. */
struct secure;
struct secure_end;
void tls_seen_count(struct courier *c, const struct secure *x, const struct secure_end *end);

/* For as long as the process lives: hands over what was counted, and reports what days that are over have brought. */
void tls_reports_run(void *courier) SUSPENDS;
/* Hands over what was counted. ST_TRYLATER. */
enum st tls_reports_flush(struct courier *c) SUSPENDS MUST_USE;

struct tls_reports_sent {
    uint64_t reported, unasked, failed; /* domains: told; that ask for nothing; to be tried again */
};
/* Reports all days before `until` (days since 1970). */
void tls_reports_send(struct courier *c, uint64_t until, struct tls_reports_sent *out) SUSPENDS;

/* letter.c's sibling for what the server itself has to say: local.c. A letter from nobody to this address, here or elsewhere, by the queue. Errors of
 * the keeper and of the box. */
enum st courier_post(struct courier *c, struct str address, struct str letter) SUSPENDS MUST_USE;
