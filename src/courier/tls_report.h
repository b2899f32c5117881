/* One domain's report of one day (RFC 8460 sections 4 and 5). */
#pragma once

#include "courier/tls_reports.h"
#include "policy/tlsrpt.h"

struct tls_report_row {
    struct tls_seen seen;
    uint64_t sessions;
};

struct tls_report {
    uint64_t day;
    struct str domain;
    struct tls_report_row *rows; /* those of one policy side by side */
    size_t n;
};

/* To all addresses that the domain's record names; ST_OK when one has taken it. ST_NOTFOUND: it asks for none, or its record is none; ST_TRYLATER. */
enum st tls_report_send(struct courier *c, struct arena *a, const struct tls_report *t) SUSPENDS MUST_USE;
/* As a value. */
void tls_report_make(const struct courier *c, struct arena *a, const struct tls_report *t, struct tlsrpt *out);
