#include "store/pack.c"

#include "base/must.h"
#include "base/arena.h"
#include "test.h"

#include <stdio.h>

static uint64_t seed = 1;

static unsigned some(unsigned below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % below);
}

static void check_piecewise(struct str packed, struct str raw, size_t step)
{
    char *got = mem_new(raw.n + 1);
    struct unpack u = {.to = got, .most = raw.n};

    for (size_t at = 0; at < packed.n; at += step)
        CHECK_ST(unpack_some(&u, str_sub(packed, at, step)), ST_OK);
    CHECK_ST(unpack_end(&u), ST_OK);
    CHECK(raw.n == u.n && memcmp(got, raw.p, raw.n) == 0);
    mem_free(got);
}

/* Whole, byte by byte, and its beginnings alone; cut off, it is noticed. */
static size_t check(struct str raw)
{
    char *to = mem_new(raw.n + PACK_HEAD), *got = mem_new(raw.n + 1);
    size_t n = pack(raw, to);

    CHECK(n <= raw.n + PACK_HEAD);
    check_piecewise(str_n(to, n), raw, n);
    check_piecewise(str_n(to, n), raw, 1);
    check_piecewise(str_n(to, n), raw, 57);
    for (size_t most = 0; most < raw.n; most += 1 + raw.n / 50) {
        struct unpack u = {.to = got, .most = most}, cut = {.to = got, .most = raw.n};

        CHECK_ST(unpack_some(&u, str_n(to, MIN(n, most + PACK_AHEAD))), ST_OK);
        CHECK(u.n == most && memcmp(got, raw.p, most) == 0);
        CHECK_ST(unpack_some(&cut, str_n(to, n * most / raw.n)), ST_OK);
        CHECK_ST(unpack_end(&cut), ST_CORRUPT);
    }
    mem_free(to);
    mem_free(got);
    return n;
}

static void add_lines(struct buf *b, unsigned n, unsigned chars, const char *end)
{
    for (unsigned i = 0; i < n; i++) {
        for (unsigned j = 0; j < chars; j++)
            buf_addc(b, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[some(64)]);
        buf_addz(b, end);
    }
}

TEST(base64_is_kept_as_what_it_encodes)
{
    struct buf b;

    buf_init(&b, 1u << 20);
    buf_addz(&b, "Subject: a\r\n\r\n");
    add_lines(&b, 100, 76, "\r\n");
    buf_addz(&b, "QQ==\r\n--end\r\n");
    CHECK_U64(pack_saves(buf_str(&b)), 100 * 21);
    CHECK_U64(check(buf_str(&b)), b.n - 100 * 21 + 2 * PACK_HEAD);
    add_lines(&b, 4, 64, "\n");
    add_lines(&b, 3, 64, "\r\n"); /* too few */
    add_lines(&b, 5, 1000, "\r\n");
    add_lines(&b, 5, 1004, "\r\n"); /* too long */
    add_lines(&b, 5, 77, "\r\n");   /* no multiple of four */
    add_lines(&b, 1, 76, "");       /* without an end */
    CHECK_U64(pack_saves(buf_str(&b)), 100 * 21 + 4 * 17 + 5 * 252);
    check(buf_str(&b));
    buf_fini(&b);
}

TEST(what_is_no_base64_stays)
{
    static const char *const texts[] = {"a", "\n", "\r\n\r\n", "no line end at all",
                                        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        CHECK_U64(pack_saves(str_z(texts[i])), 0);
        CHECK_U64(check(str_z(texts[i])), strlen(texts[i]) + PACK_HEAD);
    }
    CHECK_U64(pack_saves(STR_NONE), 0);
}

TEST(whatever_comes_comes_out_again)
{
    static const char *const ends[] = {"\r\n", "\n", "\r\r\n", " \n", "=\n", "-\n"};
    static const unsigned widths[] = {4, 40, 60, 64, 72, 73, 76, 76, 76, 1000, 1004};
    struct buf b;

    buf_init(&b, 1u << 20);
    for (int round = 0; round < 300; round++) {
        buf_clear(&b);
        for (unsigned i = some(8); i < 9; i++)
            add_lines(&b, some(12), widths[some(ARRAY_LEN(widths))], ends[some(3) ? 0 : some(ARRAY_LEN(ends))]);
        if (!b.n)
            continue;
        for (unsigned i = some(4); i > 1; i--)
            b.p[some((unsigned)b.n)] = (char)some(256);
        check(buf_str(&b));
    }
    buf_fini(&b);
}

TEST(damage_is_noticed_or_bounded)
{
    char got[300], packed[100];

    for (int round = 0; round < 20000; round++) {
        size_t n = some(sizeof packed);
        struct unpack u = {.to = got, .most = some(sizeof got)};

        for (size_t i = 0; i < n; i++)
            packed[i] = (char)(some(3) ? some(4) : some(256));
        if (unpack_some(&u, str_n(packed, n)) != ST_OK)
            CHECK_ST(err_get()->st, ST_CORRUPT);
        CHECK(u.n <= u.most);
    }
}
