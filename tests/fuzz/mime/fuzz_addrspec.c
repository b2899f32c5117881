/* Any bytes as an address: refused, or its form is its own form and within the limit. */
#include "base/must.h"
#include "mime/addrspec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size), domain;
    struct addrspec one, two;
    struct arena a = ARENA_INIT;

    if (addrspec_parse(text, &one) == ST_OK) {
        must(one.whole.n <= LIMIT_ADDRESS);
        must(addrspec_parse(one.whole, &two) == ST_OK);
        must(str_eq(one.whole, two.whole) && str_eq(one.local_raw, two.local_raw));
        must(str_is_utf8(domain_show(&a, one.domain)));
    }
    if (domain_parse(&a, text, &domain) == ST_OK)
        must(str_is_ascii(domain) && domain.n < ADDR_DOMAIN_MAX);
    arena_fini(&a);
    return 0;
}
