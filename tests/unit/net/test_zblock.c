#include "test.h"

#include "net/zblock.c"

TEST(a_state_fits_its_mapping)
{
    char text[4096], small[8192], back[4096];
    z_stream *d = zblock_deflate(), *i = zblock_inflate();

    memset(text, 'x', sizeof text);
    d->next_in = (Bytef *)text;
    d->avail_in = sizeof text;
    d->next_out = (Bytef *)small;
    d->avail_out = sizeof small;
    CHECK(deflate(d, Z_SYNC_FLUSH) == Z_OK && d->avail_in == 0);
    i->next_in = (Bytef *)small;
    i->avail_in = (uInt)sizeof small - d->avail_out;
    i->next_out = (Bytef *)back;
    i->avail_out = sizeof back;
    CHECK(inflate(i, Z_SYNC_FLUSH) == Z_OK && i->avail_out == 0);
    CHECK(memcmp(text, back, sizeof text) == 0);
    /* What the header says of the memory: 268 KiB and 40. */
    CHECK(((struct zblock *)d->opaque)->used < 280 * 1024);
    CHECK(((struct zblock *)i->opaque)->used < 48 * 1024);
    zblock_free(d);
    zblock_free(i);
    zblock_free(NULL);
}
