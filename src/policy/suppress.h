/* Which failures say that nobody is at an address, so that letters to it are better not sent (RFC 3463 section 3.2). Pure. */
#pragma once

#include "base/str.h"

/* 5.1.1 no such mailbox, 5.1.2 no such system, 5.1.6 moved away, 5.1.10 a domain that takes no mail (RFC 7505). Not those that are said of rates, quotas,
 * policy or blocks too, 5.2.1 of Gmail among them: an address that is refused by mistake is worse than another notice. */
bool suppress_is_hard(struct str status);
