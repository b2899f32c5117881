#include "store/squeeze.c"

#include "fixture.h"
#include "test.h"

TEST(what_compresses_comes_back_and_what_does_not_is_left)
{
    struct squeeze z;
    struct arena a = ARENA_INIT;
    char *plain = make_bytes(1, 5000, true), *noise = make_bytes(2, 5000, false), *got = mem_new(5000);
    struct squeezed out;

    squeeze_init(&z);
    CHECK(squeeze_small(&z, &a, str_n(plain, 5000), 0, 1, &out));
    CHECK(squeeze_pays(5000, out.bytes.n));
    CHECK_ST(squeeze_undo(&z, out.bytes, CODEC_ZSTD, 0, got, 5000), ST_OK);
    CHECK(memcmp(got, plain, 5000) == 0);
    CHECK_ST(squeeze_undo(&z, out.bytes, CODEC_ZSTD, 0, got, 4999), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, str_n(out.bytes.p, out.bytes.n - 1), CODEC_ZSTD, 0, got, 5000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, STR("no zstd"), CODEC_ZSTD, 0, got, 5000), ST_CORRUPT);
    CHECK(!squeeze_small(&z, &a, str_n(noise, 5000), 0, 1, &out));
    CHECK(!squeeze_small(&z, &a, str_n(plain, SQUEEZE_LEAST - 1), 0, 1, &out));
    CHECK_ST(squeeze_undo(&z, str_n(noise, 5000), CODEC_RAW, 0, got, 5000), ST_OK);
    CHECK(memcmp(got, noise, 5000) == 0);
    CHECK_ST(squeeze_undo(&z, str_n(noise, 5000), CODEC_RAW, 0, got, 4000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, STR_NONE, CODEC_RAW, 0, got, 0), ST_OK);
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(plain);
    mem_free(noise);
    mem_free(got);
}

TEST(bodies_name_their_dictionary)
{
    struct squeeze z;
    struct arena a = ARENA_INIT;
    char *plain = make_bytes(1, 30000, false), *got = mem_new(30000);
    struct squeezed out;

    squeeze_init(&z);
    CHECK_ST(squeeze_add(&z, 1, 0, 0, str_n(plain, 20000)), ST_OK); /* any bytes will do, their end counts */
    CHECK_ST(squeeze_add(&z, 1, 0, 0, str_n(plain, 20000)), ST_EXISTS);
    CHECK_ST(squeeze_add(&z, 0, 0, 0, str_n(plain, 20000)), ST_CORRUPT);
    CHECK_ST(squeeze_add(&z, DICTIONARIES_MAX + 1, 0, 0, str_n(plain, 20000)), ST_CORRUPT);
    CHECK(!squeeze_small(&z, &a, str_n(plain + 15000, 5000), 0, 1, &out));
    squeeze_use(&z, 1);
    CHECK(squeeze_small(&z, &a, str_n(plain + 15000, 5000), 0, 1, &out));
    CHECK(out.codec == CODEC_ZSTD_DICTIONARY && out.dictionary == 1 && out.bytes.n < 100);
    CHECK_ST(squeeze_undo(&z, out.bytes, out.codec, 1, got, 5000), ST_OK);
    CHECK(memcmp(got, plain + 15000, 5000) == 0);
    CHECK_ST(squeeze_undo(&z, out.bytes, out.codec, 1, got, 4999), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, out.bytes, out.codec, 2, got, 5000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, out.bytes, out.codec, 65535, got, 5000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, out.bytes, CODEC_ZSTD, 0, got, 5000), ST_CORRUPT);
    CHECK(squeeze_small(&z, &a, str_n(plain, 19000), 0, 1, &out) && out.dictionary == 1); /* the faster level */
    CHECK_ST(squeeze_undo(&z, out.bytes, out.codec, 1, got, 19000), ST_OK);
    CHECK(memcmp(got, plain, 19000) == 0);
    squeeze_use(&z, 0);
    CHECK(!squeeze_small(&z, &a, str_n(plain + 15000, 5000), 0, 1, &out));
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(plain);
    mem_free(got);
}

static void check_heads(struct squeeze *z, const struct squeezed *q, struct str raw)
{
    char *got = mem_new(raw.n + 1);

    for (size_t n = 0; n <= raw.n; n += 1 + raw.n / 37) {
        memset(got, 0, raw.n + 1);
        CHECK_ST(squeeze_undo_head(z, q->bytes, q->codec, q->dictionary, got, n), ST_OK);
        CHECK(!memcmp(got, raw.p, n) && !got[n]);
    }
    CHECK_ST(squeeze_undo_head(z, q->bytes, q->codec, q->dictionary, got, raw.n + 1), ST_CORRUPT);
    CHECK_ST(squeeze_undo_head(z, str_n(q->bytes.p, 8), q->codec, q->dictionary, got, raw.n), ST_CORRUPT);
    CHECK_ST(squeeze_undo(z, q->bytes, q->codec, q->dictionary, got, raw.n), ST_OK); /* and nothing is left of it */
    CHECK(!memcmp(got, raw.p, raw.n));
    mem_free(got);
}

TEST(a_head_comes_back_by_itself)
{
    static const size_t sizes[] = {600, 5000, 60000, 400000}, heads[] = {0, 1, 500, 3000, 60000, 399000};
    char *plain = make_bytes(1, 400000, true), got[500];
    struct arena a = ARENA_INIT;
    struct squeezed out;
    struct squeeze z;

    squeeze_init(&z);
    CHECK_ST(squeeze_add(&z, 1, 0, 0, str_n(plain, 20000)), ST_OK);
    for (unsigned dictionary = 0; dictionary < 2; dictionary++) {
        squeeze_use(&z, (uint16_t)dictionary);
        for (size_t i = 0; i < ARRAY_LEN(sizes) * ARRAY_LEN(heads); i++) {
            struct str raw = str_n(plain, sizes[i % ARRAY_LEN(sizes)]);

            CHECK(squeeze_small(&z, &a, raw, heads[i / ARRAY_LEN(sizes)], 1, &out));
            check_heads(&z, &out, raw);
        }
    }
    squeeze_use(&z, 0);
    CHECK(squeeze_small(&z, &a, str_n(plain, 100000), 500, 1, &out));
    CHECK_ST(squeeze_undo_head(&z, str_n(out.bytes.p, 1024), out.codec, 0, got, 500), ST_OK); /* no more was needed */
    CHECK(!memcmp(got, plain, 500));
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(plain);
}

TEST(attachments_are_packed)
{
    char *bytes = make_bytes(3, 200000, false);
    struct str raw = str_n(bytes, 200000);
    struct arena a = ARENA_INIT;
    struct squeezed out;
    struct squeeze z;

    write_base64(bytes + 2500, raw.n - 2500);
    for (size_t i = 0; i < 2500; i++)
        bytes[i] = "a header \n"[i % 10];
    squeeze_init(&z);
    CHECK(squeeze_small(&z, &a, raw, 2400, 3, &out));
    CHECK(out.codec == CODEC_PACKED && !out.dictionary &&
          out.bytes.n < raw.n * 735 / 1000); /* 75 % less the line ends */
    check_heads(&z, &out, raw);
    CHECK(squeeze_small(&z, &a, raw, 2600, 3, &out)); /* a header that is packed itself */
    check_heads(&z, &out, raw);
    CHECK_ST(squeeze_add(&z, 1, 0, 0, str_n(bytes, 20000)), ST_OK);
    squeeze_use(&z, 1);
    raw.n = 30000;
    CHECK(squeeze_small(&z, &a, raw, 2400, 3, &out));
    CHECK(out.codec == CODEC_PACKED_DICTIONARY && out.dictionary == 1);
    check_heads(&z, &out, raw);
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(bytes);
}

TEST(what_does_not_pay_is_left_with_a_head_too)
{
    char *noise = make_bytes(2, 50000, false);
    struct arena a = ARENA_INIT;
    struct squeezed out;
    struct squeeze z;

    squeeze_init(&z);
    CHECK(!squeeze_small(&z, &a, str_n(noise, 50000), 1000, 1, &out));
    CHECK(!squeeze_small(&z, &a, str_n(noise, 50000), 47000, 1, &out));
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(noise);
}
