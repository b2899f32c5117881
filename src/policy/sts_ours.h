/* What we publish of MTA-STS (RFC 8461) for a domain of ours: the one place that knows which hosts take its mail, for the policy file, for its
 * record and for the DNS help. Pure. */
#pragma once

#include "policy/mta_sts.h"

#define STS_OURS_MAX_AGE 604800 /* a week: RFC 8461 section 3.2's example; a day for `none`, which is on its way out */

/* The MX host of all our domains is this server. The id is made of the policy: it changes when the policy does, and then only. */
void sts_ours(struct arena *a, enum sts_mode mode, struct str host_name, struct sts_policy *out);
