#include "store/squeeze.c"

#include "fixture.h"
#include "test.h"

TEST(what_compresses_comes_back_and_what_does_not_is_left)
{
    struct squeeze z;
    struct arena a = ARENA_INIT;
    char *plain = make_bytes(1, 5000, true), *noise = make_bytes(2, 5000, false), *got = mem_new(5000);
    struct str out;

    squeeze_init(&z);
    CHECK(squeeze_small(&z, &a, str_n(plain, 5000), 1, &out));
    CHECK(squeeze_pays(5000, out.n));
    CHECK_ST(squeeze_undo(&z, out, CODEC_ZSTD, got, 5000), ST_OK);
    CHECK(memcmp(got, plain, 5000) == 0);
    CHECK_ST(squeeze_undo(&z, out, CODEC_ZSTD, got, 4999), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, str_n(out.p, out.n - 1), CODEC_ZSTD, got, 5000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, STR("no zstd"), CODEC_ZSTD, got, 5000), ST_CORRUPT);
    CHECK(!squeeze_small(&z, &a, str_n(noise, 5000), 1, &out));
    CHECK(!squeeze_small(&z, &a, str_n(plain, SQUEEZE_LEAST - 1), 1, &out));
    CHECK_ST(squeeze_undo(&z, str_n(noise, 5000), CODEC_RAW, got, 5000), ST_OK);
    CHECK(memcmp(got, noise, 5000) == 0);
    CHECK_ST(squeeze_undo(&z, str_n(noise, 5000), CODEC_RAW, got, 4000), ST_CORRUPT);
    CHECK_ST(squeeze_undo(&z, STR_NONE, CODEC_RAW, got, 0), ST_OK);
    squeeze_fini(&z);
    arena_fini(&a);
    mem_free(plain);
    mem_free(noise);
    mem_free(got);
}
