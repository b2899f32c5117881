#include "net/deflated.h"

#include "net/inflater.c"

static const struct str commands[] = {STR("a1 SELECT INBOX\r\n"), STR("a2 UID FETCH 1:* (FLAGS)\r\n"),
                                      STR("a3 UID FETCH 17:* (FLAGS)\r\n"), STR("a4 IDLE\r\n"), STR("DONE\r\n")};

static struct buf all_commands(void)
{
    struct buf b;

    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        buf_add(&b, commands[i]);
    return b;
}

/* What comes out of `in` in pieces of `step`, cut at `cut` besides, with a sleep before each piece. */
static struct buf inflated(struct str in, size_t step, size_t cut, size_t room, bool sleeps)
{
    struct inflater f;
    struct buf out;
    char p[65536];
    size_t n;

    inflater_init(&f);
    buf_init(&out, 64 << 20);
    for (size_t at = 0; at < in.n || inflater_is_full(&f);) {
        size_t end = MIN(in.n, at + step);
        struct str piece, rest;

        if (at < cut && cut < end)
            end = cut;
        piece = rest = str_sub(in, at, end - at);
        if (f.ended)
            break;
        CHECK_ST(inflater_feed(&f, &rest, p, room, &n), ST_OK);
        buf_add(&out, str_n(p, n));
        at += piece.n - rest.n;
        if (sleeps)
            inflater_sleep(&f);
    }
    inflater_fini(&f);
    return out;
}

TEST(what_was_sent_comes_out_however_it_arrives)
{
    static const int ways[] = {Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_PARTIAL_FLUSH, Z_BLOCK};
    struct buf want = all_commands();

    for (size_t way = 0; way < ARRAY_LEN(ways); way++) {
        for (int level = 0; level < 10; level += 3) {
            struct buf in = deflated(commands, ARRAY_LEN(commands), level, ways[way], way % 2 || ways[way] == Z_BLOCK);

            for (size_t cut = 0; cut <= in.n; cut++) {
                for (int sleeps = 0; sleeps < 2; sleeps++) {
                    struct buf out = inflated(buf_str(&in), cut ? in.n : 1, cut, 60000, sleeps);

                    if (ways[way] == Z_PARTIAL_FLUSH) /* its last bits are not sent yet */
                        CHECK(out.n + 2 >= want.n && memcmp(out.p, want.p, out.n) == 0);
                    else
                        CHECK_STR(buf_str(&out), buf_str(&want));
                    buf_fini(&out);
                }
            }
            buf_fini(&in);
        }
    }
    buf_fini(&want);
}

/* More than the window, asleep again and again: what lies 32 KiB back is still referred to. */
TEST(the_window_survives_sleep)
{
    struct str texts[40];
    struct buf noise, in, want, out;
    uint32_t x = 1;

    buf_init(&noise, 100000);
    for (size_t i = 0; i < 32000; i++, x = x * 1103515245 + 12345)
        buf_addc(&noise, (char)(x >> 16));
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        texts[i] = str_sub(buf_str(&noise), (i * 997) % 24000, 8000);
    buf_init(&want, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        buf_add(&want, texts[i]);
    in = deflated(texts, ARRAY_LEN(texts), 9, Z_SYNC_FLUSH, false);
    out = inflated(buf_str(&in), 1000, 0, 3000, true);
    CHECK_STR(buf_str(&out), buf_str(&want));
    buf_fini(&noise);
    buf_fini(&in);
    buf_fini(&out);
    buf_fini(&want);
}

TEST(asleep_little_is_left)
{
    struct buf in = deflated(commands, ARRAY_LEN(commands), 6, Z_SYNC_FLUSH, false);
    struct str rest = buf_str(&in);
    struct inflater f;
    char p[1000];
    size_t n;

    inflater_init(&f);
    while (rest.n)
        CHECK_ST(inflater_feed(&f, &rest, p, sizeof p, &n), ST_OK);
    CHECK(f.z);
    inflater_sleep(&f);
    CHECK(!f.z && f.window_n == 85 && f.packed_n <= 85);
    inflater_sleep(&f);
    inflater_fini(&f);
    buf_fini(&in);
}

TEST(it_stops_where_the_peer_has_flushed)
{
    static const struct str one[] = {STR("a UNAUTHENTICATE\r\n"), STR("")};
    static const bool ends[] = {false, true, true};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct buf in = deflated(one, i == 2 ? 2 : 1, 6, Z_SYNC_FLUSH, ends[i]);
        struct inflater f;
        struct str rest;
        char p[100];
        size_t n;

        buf_add(&in, STR("b CAPABILITY\r\n"));
        inflater_init(&f);
        CHECK(f.at_flush);
        rest = buf_str(&in);
        CHECK_ST(inflater_feed(&f, &rest, p, sizeof p, &n), ST_OK);
        CHECK_STR(str_n(p, n), one[0]);
        CHECK(i == 2 || f.ended == ends[i]);
        CHECK(f.ended || f.at_flush);
        if (i == 2) { /* flushed, and ended behind that */
            CHECK_ST(inflater_feed(&f, &rest, p, sizeof p, &n), ST_OK);
            CHECK(n == 0 && f.ended);
        }
        CHECK_STR(rest, STR("b CAPABILITY\r\n"));
        inflater_fini(&f);
        buf_fini(&in);
    }
}

TEST(a_bomb_is_given_in_pieces)
{
    struct buf zeros, in;
    struct str one[1], rest;
    struct inflater f;
    uint64_t total = 0;
    char p[4096];
    size_t n;

    buf_init(&zeros, 32 << 20);
    memset(buf_space(&zeros, 32 << 20), 0, 32 << 20);
    buf_added(&zeros, 32 << 20);
    one[0] = buf_str(&zeros);
    in = deflated(one, 1, 9, Z_SYNC_FLUSH, false);
    CHECK(in.n < 40000);
    inflater_init(&f);
    rest = buf_str(&in);
    while (rest.n || inflater_is_full(&f)) {
        CHECK_ST(inflater_feed(&f, &rest, p, sizeof p, &n), ST_OK);
        total += n;
    }
    CHECK_U64(total, 32 << 20);
    inflater_fini(&f);
    buf_fini(&zeros);
    buf_fini(&in);
}

static enum st feed_all(struct str in, size_t *out_total)
{
    struct inflater f;
    enum st st = ST_OK;
    char p[4096];
    size_t n;

    *out_total = 0;
    inflater_init(&f);
    while (st == ST_OK && (in.n || inflater_is_full(&f)) && !f.ended) {
        n = 0;
        st = inflater_feed(&f, &in, p, sizeof p, &n);
        *out_total += n;
    }
    inflater_fini(&f);
    return st;
}

TEST(what_is_not_deflate_is_an_error)
{
    struct buf empty, in = deflated(commands, ARRAY_LEN(commands), 6, Z_SYNC_FLUSH, false);
    size_t n;

    CHECK_ST(feed_all(STR("a NOOP\r\n"), &n), ST_SYNTAX);
    buf_add(&in, STR("a NOOP\r\n")); /* what came before is given first */
    CHECK_ST(feed_all(buf_str(&in), &n), ST_SYNTAX);
    CHECK_U64(n, 85);
    buf_fini(&in);
    buf_init(&empty, 1 << 20);
    while (empty.n < 200000)
        buf_add(&empty, str_n("\0\0\0\377\377", 5));
    CHECK_ST(feed_all(buf_str(&empty), &n), ST_SYNTAX);
    CHECK_U64(n, 0);
    buf_fini(&empty);
}
