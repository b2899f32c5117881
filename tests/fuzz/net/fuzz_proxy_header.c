/* However the bytes arrive, the answer is the same; who reads only what is asked for takes nothing of what is behind the header. */
#include "net/proxy_header.h"

#include "base/must.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);
    struct proxy_header whole, h;
    size_t n_whole = 0, n = 0, have = 0;
    enum st all = proxy_header_parse(in, &whole, &n_whole), st;

    while ((st = proxy_header_parse(str_sub(in, 0, have), &h, &n)) == ST_BUSY && have < in.n) {
        must(n > have && n <= PROXY_HEADER_MAX);
        have = MIN(n, in.n);
    }
    must((st == ST_OK) == (all == ST_OK));
    if (st == ST_OK) {
        must(n == n_whole && n == have && h.is_own == whole.is_own);
        must(h.is_own || (addr_eq(&h.from, &whole.from) && addr_eq(&h.to, &whole.to) && h.from.family));
    }
    return 0;
}
