/* Arguments of XCLIENT and XFORWARD: what is taken gets into headers and logs, so it is text without blanks or line ends. */
#include "smtp/xattr.h"

#include "base/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_xattr list[SMTP_XATTRS_MAX];
    struct arena a = ARENA_INIT;
    size_t n;

    if (size <= 4096 && smtp_xattrs_parse(str_n((const char *)data, size), &a, list, &n) == ST_OK) {
        must(n && n <= SMTP_XATTRS_MAX);
        for (size_t i = 0; i < n; i++) {
            must(list[i].name.n && list[i].value.n <= SMTP_XATTR_MAX && str_is_utf8(list[i].value));
            for (size_t k = 0; k < list[i].value.n; k++)
                must((unsigned char)list[i].value.p[k] > 32 && list[i].value.p[k] != 127);
        }
    }
    arena_fini(&a);
    return 0;
}
