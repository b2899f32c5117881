/* Any bytes as the data of a record of each type: a value whose texts are host names, or refused. */
#include "dns/rdata.h"

#include <stdlib.h>

static void check_name(struct str s)
{
    if (s.n > DNS_NAME_MAX)
        abort();
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alnum(s.p[i]) && s.p[i] != '-' && s.p[i] != '_' && s.p[i] != '.')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rdata = str_n((const char *)data, size), text;
    struct arena a = ARENA_INIT;
    struct dns_tlsa tlsa;
    struct dns_mx mx;

    if (dns_read_name(&a, rdata, &text) == ST_OK)
        check_name(text);
    if (dns_ascii_name(&a, rdata, &text) == ST_OK)
        check_name(text);
    if (dns_read_mx(&a, rdata, &mx) == ST_OK)
        check_name(mx.host);
    if (dns_read_txt(&a, rdata, &text) == ST_OK && text.n >= size)
        abort();
    if (dns_read_tlsa(rdata, &tlsa) == ST_OK && tlsa.data.n + 3 != size)
        abort();
    arena_fini(&a);
    return 0;
}
