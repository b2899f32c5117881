/* The first byte chooses a transfer encoding, the rest is decoded whole and in pieces, with the same result. */
#include "base/must.h"
#include "mime/decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(enum mime_encoding e, struct str in, size_t step, struct buf *out)
{
    struct mime_decoder d;

    mime_decoder_init(&d, e);
    for (size_t at = 0; at < in.n; at += step)
        mime_decode_feed(&d, str_sub(in, at, step), out);
    mime_decode_end(&d, out);
    must(!out->over && out->n <= in.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data + 1, size - 1);
    struct buf whole, pieces;
    enum mime_encoding e;

    if (size == 0)
        return 0;
    e = data[0] & 1 ? MIME_BASE64 : MIME_QP;
    buf_init(&whole, in.n + 64);
    buf_init(&pieces, in.n + 64);
    decode(e, in, in.n + 1, &whole);
    decode(e, in, 1 + size % 5, &pieces);
    must(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_fini(&whole);
    buf_fini(&pieces);
    return 0;
}
