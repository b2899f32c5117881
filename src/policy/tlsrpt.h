/* Reports about TLS (RFC 8460): the record by which a domain asks for them, a report as it is written, and as it is read. Pure. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

#define TLSRPT_RUA_MAX 10      /* addresses of one domain that are heeded */
#define TLSRPT_POLICIES_MAX 64 /* of one report */
#define TLSRPT_FAILURES_MAX 1000
#define TLSRPT_BYTES_MAX (16u << 20) /* of a report, unpacked */

/* Where a domain wants its reports: "mailto:...", "https://..." (section 3). ST_NOTFOUND: it asks for none; ST_SYNTAX: several records, or one that
 * can't be read. Views of `txt`. */
enum st tlsrpt_record_parse(const struct str *txt, size_t n, struct str *out_rua, size_t *out_n) MUST_USE;

/* The address of a "mailto:" (RFC 6068: what is encoded in it, decoded); ST_SYNTAX: it is none, or several. */
enum st tlsrpt_mail_address(struct arena *a, struct str rua, struct str *out) MUST_USE;

/* Times in seconds since 1970. */
struct tlsrpt_failure {
    struct str result; /* "certificate-expired": a result type of section 4.3 */
    struct str mx, receiving_ip, sending_ip, helo;
    struct str info; /* a URI, where more can be read */
    struct str code; /* "failure-reason-code": what went wrong, as text */
    uint64_t sessions;
};

struct tlsrpt_policy {
    struct str type; /* "sts", "tlsa", "no-policy-found" */
    struct str domain;
    const struct str *lines; /* the policy as it was */
    size_t n_lines;
    const struct str *mx; /* of an STS policy */
    size_t n_mx;
    uint64_t good, bad; /* sessions */
    const struct tlsrpt_failure *failures;
    size_t n_failures;
};

struct tlsrpt {
    struct str organization, contact, id;
    uint64_t begin_s, end_s; /* the last second too */
    const struct tlsrpt_policy *policies;
    size_t n_policies;
};

/* As JSON (section 4). */
void tlsrpt_write(const struct tlsrpt *t, struct buf *out);
/* "org!example.net!1792000000!1792086399!001.json.gz" (section 5.1). */
struct str tlsrpt_file_name(struct arena *a, struct str sender, struct str domain, const struct tlsrpt *t);
