/* A header made ASCII: what was UTF-8 is ASCII then, nothing grows without bound, and what is made stays as it is when it is made once more. */
#include "base/must.h"
#include "pop3/ascii_header.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str header = str_n((const char *)data, size);
    struct buf once, twice;

    buf_init(&once, 64 * size + 1000);
    buf_init(&twice, 64 * size + 1000);
    ascii_header_make(header, &once);
    must(!once.over);
    if (str_is_utf8(header))
        must(str_is_ascii(buf_str(&once)));
    ascii_header_make(buf_str(&once), &twice);
    must(str_eq(buf_str(&once), buf_str(&twice)) || !str_is_utf8(header));
    buf_fini(&once);
    buf_fini(&twice);
    return 0;
}
