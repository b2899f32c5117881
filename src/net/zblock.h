/* A state of zlib with its memory in one mapping of its own: 268 KiB to compress, 40 KiB to decompress. Of a heap they
 * would stay a part behind sessions that were busy once; a mapping goes back to the system when the state is put to
 * sleep. */
#pragma once

#include "base/base.h"

#include <zlib.h>

z_stream *zblock_deflate(void); /* raw (RFC 1951) */
z_stream *zblock_inflate(void); /* raw */
void zblock_free(z_stream *z);  /* NULL is fine */
