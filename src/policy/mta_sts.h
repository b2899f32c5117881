/* MTA-STS (RFC 8461): the TXT record that announces a policy, the policy file, and which hosts a policy allows. Pure: text in, values out;
 * everything that is handed out lives in the arena and is lower case where names are concerned.
 *
 * As lenient as the RFC: fields in any order, unknown ones left alone, the first of a field that stands twice counts, lines end in
 * CRLF or LF. Anything else that is not well-formed makes the whole thing void, so that no half of a policy is ever applied. */
#pragma once

#include "base/arena.h"

#define STS_POLICY_BYTES 65536 /* of a policy file, as section 3.3 suggests */
#define STS_MAX_AGE 31557600u  /* seconds, section 3.2 */
#define STS_MX_MAX 500         /* patterns of one policy */
#define STS_ID_MAX 32          /* bytes of an id, section 3.1 */

enum sts_mode { STS_NONE, STS_TESTING, STS_ENFORCE };

struct sts_policy {
    enum sts_mode mode;
    struct str *mx; /* patterns: a host name, or "*." and a domain */
    size_t n_mx;
    uint32_t max_age; /* seconds from the fetch on; more than STS_MAX_AGE is taken for that */
    struct str id;    /* of the TXT record that it was fetched for; "" from sts_policy_parse */
};

const char *sts_mode_name(enum sts_mode mode); /* "enforce" */
enum st sts_mode_parse(struct str name, enum sts_mode *out) MUST_USE;

/* The id that the TXT records at "_mta-sts.DOMAIN" announce. ST_NOTFOUND: none of them is about MTA-STS; ST_SYNTAX: several are, or
 * the one is malformed, which is the same to a sender (section 3.1). */
enum st sts_record_parse(struct arena *a, const struct str *txt, size_t n, struct str *out_id) MUST_USE;
/* "v=STSv1; id=...;" */
struct str sts_record_text(struct arena *a, struct str id);

/* A policy file. ST_SYNTAX with what is wrong; ST_LIMIT: too long, or too many patterns. */
enum st sts_policy_parse(struct arena *a, struct str text, struct sts_policy *out) MUST_USE;
/* The same the other way: lines that end in CRLF. Reads back as the same policy. */
struct str sts_policy_text(struct arena *a, const struct sts_policy *p);

/* Does one of the patterns match the host's name (section 4.1)? A "*" stands for exactly one label. The mode is not looked at. */
bool sts_policy_allows(const struct sts_policy *p, struct str host);
