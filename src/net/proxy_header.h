/* The header that a proxy puts in front of a connection to say whose it is: the PROXY protocol, version 1 (a line) and 2 (binary), as haproxy's
 * proxy-protocol.txt has it. Strict: what is not quite a header is none. Pure. */
#pragma once

#include "net/addr.h"

#define PROXY_HEADER_MAX 4096 /* with everything that version 2 may append; 216 bytes of addresses are the most */
#define PROXY_HEADER_LEAST 15 /* no header is shorter */

struct proxy_header {
    bool
        is_own; /* the connection is the proxy's own (LOCAL), or he does not know whose (UNKNOWN, AF_UNSPEC, a local socket): its own addresses hold */
    struct addr from, to;
};

/* What stands at the front of `in`. ST_OK: a header of *out_n bytes. ST_BUSY: the beginning of one, which has *out_n bytes or more: who reads up to so many takes nothing
 * of what is behind it. ST_SYNTAX, ST_LIMIT: none. */
enum st proxy_header_parse(struct str in, struct proxy_header *out, size_t *out_n) MUST_USE;
