/* The record of a DKIM key in the DNS (RFC 6376 section 3.6.1, RFC 8463 section 4): as it is published, and as it is found. Pure. */
#pragma once

#include "base/arena.h"

/* "selector._domainkey.domain". */
struct str dkim_record_name(struct arena *a, struct str selector, struct str domain);
/* "v=DKIM1; k=...; p=...". `algorithm` as in a signature. */
struct str dkim_record_text(struct arena *a, struct str algorithm, struct str public_key);
/* The same as a line of a zone file, in strings of at most 255 bytes. */
struct str dkim_record_line(struct arena *a, struct str name, struct str text);
/* Does this record hold that key? White space in it counts for nothing. */
bool dkim_record_has(struct str text, struct str public_key);
