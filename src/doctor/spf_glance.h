/* Does an SPF record name this server, as far as can be told without further questions? Not an evaluation (RFC 7208), which follows what is included.
 * Pure. */
#pragma once

#include "net/addr.h"

enum spf_glance { SPF_GLANCE_NO, SPF_GLANCE_YES, SPF_GLANCE_PERHAPS, SPF_GLANCE_ANYBODY };

struct spf_glance_facts {
    struct str name, host; /* where the record stands; the server's name */
    const struct addr *addresses;
    size_t n_addresses;
    bool mx_is_host; /* the server is among the MX of `name` */
};

enum spf_glance spf_glance(struct str record, const struct spf_glance_facts *f);
