#include "net/zblock.h"
#include "base/must.h"

#include <sys/mman.h>

#define LEVEL 3  /* the best of zlib's quick ones; answers of IMAP are a third of their size with it */
#define MEMORY 8 /* zlib's default */
#define ROUNDED(n) (((n) + 63) & ~(size_t)63)

enum { DEFLATE_BYTES = 320 * 1024, INFLATE_BYTES = 64 * 1024 };

/* At the head of the mapping. Pages that nobody touches cost nothing, so there is room to spare. */
struct zblock {
    z_stream z;
    size_t used, size;
};

static void *take(void *arg, uInt items, uInt each)
{
    struct zblock *b = arg;
    size_t n = ROUNDED((size_t)items * each);
    char *p = (char *)b + b->used;

    must(n <= b->size - b->used);
    b->used += n;
    return p;
}

static void give_back(UNUSED void *arg, UNUSED void *p)
{
}

static struct zblock *block_new(size_t size)
{
    struct zblock *b = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    must(b != MAP_FAILED); /* memory is exhausted */
    b->used = ROUNDED(sizeof *b);
    b->size = size;
    b->z.zalloc = take;
    b->z.zfree = give_back;
    b->z.opaque = b;
    return b;
}

z_stream *zblock_deflate(void)
{
    struct zblock *b = block_new(DEFLATE_BYTES);

    must(deflateInit2(&b->z, LEVEL, Z_DEFLATED, -MAX_WBITS, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK);
    return &b->z;
}

z_stream *zblock_inflate(void)
{
    struct zblock *b = block_new(INFLATE_BYTES);

    must(inflateInit2(&b->z, -MAX_WBITS) == Z_OK);
    return &b->z;
}

void zblock_free(z_stream *z)
{
    if (z)
        munmap(z->opaque, ((struct zblock *)z->opaque)->size);
}
