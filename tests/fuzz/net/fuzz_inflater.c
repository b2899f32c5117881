/* Any bytes as what a peer sends under COMPRESS: whole or a byte at a time, awake or put to sleep between all of them, with much room or
 * little, the same comes out before the same end. */
#include "base/buf.h"
#include "net/inflater.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OUT_MAX = 1 << 20 };

static enum st run(struct str in, size_t step, size_t room, bool sleeps, struct buf *out)
{
    struct inflater f;
    enum st st = ST_OK;
    char p[4096];

    inflater_init(&f);
    buf_init(out, OUT_MAX);
    while (st == ST_OK && !f.ended && !out->over && (in.n || inflater_is_full(&f))) {
        struct str piece = str_sub(in, 0, step), rest = piece;
        size_t n = 0;

        st = inflater_feed(&f, &rest, p, room, &n);
        if (n > room)
            abort();
        buf_add(out, str_n(p, n));
        in = str_from(in, piece.n - rest.n);
        if (sleeps)
            inflater_sleep(&f);
    }
    inflater_fini(&f);
    return st;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);
    struct buf whole, pieces;
    enum st a = run(in, size + 1, 4096, false, &whole), b = run(in, 1, 512, true, &pieces);

    if (!whole.over && !pieces.over && (a != b || !str_eq(buf_str(&whole), buf_str(&pieces))))
        abort();
    buf_fini(&whole);
    buf_fini(&pieces);
    return 0;
}
