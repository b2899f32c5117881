/* MTA-STS policies of the domains that letters go to (RFC 8461): which one is in force, found, fetched, kept and refreshed.
 *
 * What is known is in memory for the domains of the last while, and with the keeper for good: a policy that was once seen holds for its max_age, whatever
 * becomes of the record and of the web server meanwhile (section 3.3). */
#pragma once

#include "courier/courier.h"
#include "policy/mta_sts.h"
#include "policy/transport.h"

struct sts_found {
    bool has_policy;          /* one in force; never of mode none */
    struct sts_policy policy; /* in the arena */
    /* TLS_RESULT_SUCCESSFUL, or why there is none although the domain announces one, or why the newest is not used (section 6; one of TLS_RESULT_STS_*). */
    enum tls_result problem;
    struct str problem_text;
};

struct sts *sts_new(void);
/* Asks the DNS, and fetches what is new: so it may take mta_sts_timeout. One at a time for each domain, others wait for it. ST_TRYLATER: it can't be found
 * out whether a policy is known; ST_CANCELED. */
enum st sts_find(struct courier *c, struct str domain, struct arena *a, struct sts_found *out) SUSPENDS MUST_USE;
/* A coroutine: fetches policies that are in use once more every mta_sts_refresh, long before they end (section 10.2). */
void sts_refresh(void *courier) SUSPENDS;

/* --- what the keeper keeps: sts_kept.c --- */
struct sts_kept {
    struct sts_policy policy; /* with its id; in the arena */
    uint64_t fetched_us;
};

#define STS_DUE_MAX 100

/* ST_NOTFOUND; ST_TRYLATER. */
enum st sts_kept_get(struct courier *c, struct str domain, struct arena *a, struct sts_kept *out) SUSPENDS MUST_USE;
/* What fails is logged: the next fetch tries again. */
void sts_kept_put(struct courier *c, struct str domain, const struct sts_kept *kept, uint64_t used_us) SUSPENDS;
void sts_kept_note(struct courier *c, struct str domain, uint64_t tried_us, uint64_t used_us) SUSPENDS; /* 0: not */
void sts_kept_forget(struct courier *c, struct str domain) SUSPENDS;
/* As directory_sts_due. */
enum st sts_kept_due(struct courier *c, struct arena *a, uint64_t tried_us, uint64_t used_us, struct str **out,
                     size_t *out_n) SUSPENDS MUST_USE;
