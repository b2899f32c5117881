/* Compressed bytes for tests. */
#pragma once

#include "base/buf.h"
#include "test.h"

#include <zlib.h>

/* Each text flushed as `how` says; the last one with Z_FINISH where `ends`. */
static struct buf deflated(const struct str *texts, size_t n, int level, int how, bool ends)
{
    struct buf b;
    z_stream z = {0};

    buf_init(&b, 64 << 20);
    CHECK(deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    for (size_t i = 0; i < n; i++) {
        size_t room = texts[i].n + texts[i].n / 8 + 1000;

        z.next_in = (Bytef *)(uintptr_t)texts[i].p;
        z.avail_in = (uInt)texts[i].n;
        z.next_out = (Bytef *)buf_space(&b, room);
        z.avail_out = (uInt)room;
        CHECK(deflate(&z, ends && i + 1 == n ? Z_FINISH : how) >= 0 && z.avail_in == 0);
        buf_added(&b, room - z.avail_out);
    }
    deflateEnd(&z);
    return b;
}
