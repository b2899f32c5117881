/* Any bytes as a mailbox name, both ways: what is taken comes back as it was. */
#include "base/must.h"
#include "mime/mutf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size), one, two;
    struct arena a = ARENA_INIT;

    if (mutf7_decode(&a, text, &one) == ST_OK) {
        must(str_is_utf8(one) && mutf7_encode(&a, one, &two) == ST_OK);
        must(str_eq(text, two));
    }
    if (mutf7_encode(&a, text, &one) == ST_OK) {
        must(str_is_ascii(one) && mutf7_decode(&a, one, &two) == ST_OK);
        must(str_eq(text, two));
    }
    arena_fini(&a);
    return 0;
}
