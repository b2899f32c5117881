/* A label, a line end, and any bytes in that character set: UTF-8 comes out, the same however the
 * bytes arrive; then folded. */
#include "base/must.h"
#include "mime/casefold.h"
#include "mime/charset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void convert(const struct charset *cs, struct str in, size_t step, struct buf *out)
{
    struct charset_conv c;

    charset_conv_init(&c, cs);
    for (size_t at = 0; at < in.n; at += step)
        charset_conv_feed(&c, str_sub(in, at, step), out);
    charset_conv_end(&c, out);
    charset_conv_fini(&c);
    must(!out->over && str_is_utf8(buf_str(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = str_n((const char *)data, size), label;
    struct buf whole, pieces, folded;
    const struct charset *cs;

    if (!str_split(&rest, '\n', &label) || !rest.p || rest.n > 65536)
        return 0;
    cs = charset_find(label);
    buf_init(&whole, rest.n * 16 + 64);
    buf_init(&pieces, rest.n * 16 + 64);
    buf_init(&folded, rest.n * 1024 + 64);
    convert(cs, rest, rest.n + 1, &whole);
    convert(cs, rest, 1 + size % 3, &pieces);
    must(str_eq(buf_str(&whole), buf_str(&pieces)));
    mime_casefold(buf_str(&whole), &folded);
    must(!folded.over && str_is_utf8(buf_str(&folded)));
    buf_fini(&whole);
    buf_fini(&pieces);
    buf_fini(&folded);
    return 0;
}
