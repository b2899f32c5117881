#include "test.h"

#include "mail/change.h"
#include "mail/pack.c"
#include "store/image.h"

static void fini(struct messages *m)
{
    mem_free(m->uid);
    mem_free(m->size);
    mem_free(m->flags);
    mem_free(m->keywords);
    mem_free(m->modseq);
    mem_free(m->internal_date);
    mem_free(m->save_date);
    mem_free(m->email);
    mem_free(m->blob);
    *m = (struct messages){0};
}

/* Values of every width, and columns of one value. */
static struct hot made(size_t i, unsigned shift)
{
    return (struct hot){
        .uid = (uint32_t)(i + 1) << (shift % 16),
        .size = (uint32_t)(i * 77777u) >> (shift % 32),
        .flags = (uint8_t)(i * 3 >> (shift % 8)),
        .keywords = shift % 3 ? 0 : 1ull << i % 64,
        .modseq = 1000 + (i * 0x9e3779b97f4a7c15u >> shift),
        .internal_date_us = 1800000000000000u,
        .save_date_us = UINT64_MAX - (i << shift % 40),
        .email = i << 20 | shift,
        .blob = i % 2 ? UINT64_MAX : 0,
    };
}

static void make(struct messages *m, size_t n, unsigned shift)
{
    *m = (struct messages){0};
    messages_room(m, n);
    for (size_t i = 0; i < n; i++) {
        struct hot h = made(i, shift);

        messages_put(m, &h);
    }
}

static bool is_same_hot(const struct hot *x, const struct hot *y)
{
    return x->uid == y->uid && x->size == y->size && x->flags == y->flags && x->keywords == y->keywords &&
           x->modseq == y->modseq && x->internal_date_us == y->internal_date_us && x->save_date_us == y->save_date_us &&
           x->email == y->email && x->blob == y->blob;
}

static bool is_same(const struct messages *a, const struct messages *b)
{
    bool same = a->n == b->n;

    for (size_t i = 0; same && i < a->n; i++) {
        struct hot x = messages_hot(a, i), y = messages_hot(b, i);

        same = is_same_hot(&x, &y);
    }
    return same;
}

TEST(what_is_packed_comes_back)
{
    static const size_t sizes[] = {1, 2, 3, 8, 100, 1000};
    struct messages m, back = {0};
    struct buf b;

    for (unsigned shift = 0; shift < 64; shift++)
        for (size_t k = 0; k < ARRAY_LEN(sizes); k++) {
            make(&m, sizes[k], shift);
            buf_init(&b, 1u << 20);
            messages_pack(&m, 0, sizes[k], &b);
            CHECK_ST(messages_unpack(&back, buf_str(&b)), ST_OK);
            CHECK(is_same(&m, &back));
            fini(&back);
            fini(&m);
            buf_fini(&b);
        }
}

TEST(a_part_behind_a_part)
{
    struct messages m, back = {0};
    struct buf b;

    make(&m, 300, 11);
    buf_init(&b, 1u << 20);
    for (size_t from = 0; from < 300; from += 100) {
        buf_clear(&b);
        messages_pack(&m, from, 100, &b);
        CHECK_ST(messages_unpack(&back, buf_str(&b)), ST_OK);
    }
    CHECK(is_same(&m, &back));
    CHECK_ST(messages_unpack(&back, buf_str(&b)), ST_CORRUPT); /* uids don't go back */
    CHECK(is_same(&m, &back));
    fini(&m);
    fini(&back);
    buf_fini(&b);
}

TEST(the_largest_part_fits_into_a_chunk)
{
    struct messages m;
    struct buf b;

    make(&m, PACK_MOST, 0);
    buf_init(&b, IMAGE_CHUNK_MAX);
    messages_pack(&m, 0, PACK_MOST, &b);
    CHECK_ST(buf_check(&b), ST_OK);
    fini(&m);
    buf_fini(&b);
}

TEST(cut_anywhere_it_is_refused_and_flipped_it_does_no_harm)
{
    struct messages m, back = {0};
    struct buf b;
    char *p;

    make(&m, 20, 5);
    buf_init(&b, 1u << 20);
    messages_pack(&m, 0, 20, &b);
    for (size_t n = 0; n < b.n; n++) {
        p = mem_new(n + 1); /* so that reading beyond shows */
        memcpy(p, b.p, n);
        CHECK_ST(messages_unpack(&back, str_n(p, n)), ST_CORRUPT);
        CHECK_U64(back.n, 0);
        mem_free(p);
    }
    p = mem_new(b.n);
    memcpy(p, b.p, b.n);
    for (size_t i = 0; i < 8 * b.n; i++) {
        p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
        back.n = 0;
        enum st st = messages_unpack(&back, str_n(p, b.n));

        CHECK(st == ST_OK || st == ST_CORRUPT); /* the checksum stands around it */
        CHECK(back.n == (st == ST_OK ? 20 : 0));
        p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
    }
    mem_free(p);
    fini(&m);
    fini(&back);
    buf_fini(&b);
}
