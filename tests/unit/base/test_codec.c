#include "base/codec.c"
#include "base/clock.h"
#include "base/json.h"
#include "base/rec.h"

#include "test.h"

TEST(base64_round_trip_and_strictness)
{
    static const struct {
        struct str raw, text;
    } cases[] = {{STR(""), STR("")},
                 {STR("f"), STR("Zg==")},
                 {STR("fo"), STR("Zm8=")},
                 {STR("foo"), STR("Zm9v")},
                 {STR("foobar"), STR("Zm9vYmFy")}};
    struct arena a = ARENA_INIT;
    struct buf b;
    struct str raw = STR("untouched");

    buf_init(&b, 100);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got;

        buf_clear(&b);
        base64_encode(&b, cases[i].raw);
        CHECK_STR(buf_str(&b), cases[i].text);
        CHECK_ST(base64_decode(&a, cases[i].text, &got), ST_OK);
        CHECK_STR(got, cases[i].raw);
    }
    CHECK_ST(base64_decode(&a, STR("Zg="), &raw), ST_SYNTAX);
    CHECK_ST(base64_decode(&a, STR("Zh=="), &raw), ST_SYNTAX);
    CHECK_ST(base64_decode(&a, STR("Z==="), &raw), ST_SYNTAX);
    CHECK_ST(base64_decode(&a, STR("Zg==Zg=="), &raw), ST_SYNTAX);
    CHECK_ST(base64_decode(&a, STR("Zm 9"), &raw), ST_SYNTAX);
    CHECK_STR(raw, STR("untouched"));
    buf_fini(&b);
    arena_fini(&a);
}

TEST(hex_round_trip)
{
    struct arena a = ARENA_INIT;
    struct str raw;

    CHECK_STR(hex_of(&a, "\x00\xff\x1a", 3), STR("00ff1a"));
    CHECK_ST(hex_decode(&a, STR("00FF1a"), &raw), ST_OK);
    CHECK_STR(raw, str_n("\x00\xff\x1a", 3));
    CHECK_ST(hex_decode(&a, STR("0"), &raw), ST_SYNTAX);
    arena_fini(&a);
}

TEST(a_record_reader_goes_bad_and_stays_so)
{
    struct buf b;
    struct rec r;

    buf_init(&b, 100);
    rec_put_u16(&b, 513);
    rec_put_str(&b, STR("hello"));
    rec_put_u64_be(&b, 1);
    r = rec_of(buf_str(&b));
    CHECK_U64(rec_u16(&r), 513);
    CHECK_STR(rec_str(&r, 5), STR("hello"));
    CHECK_U64(rec_u64_be(&r), 1);
    CHECK_ST(rec_end(&r, "test"), ST_OK);
    CHECK_U64(rec_u8(&r), 0);
    CHECK_ST(rec_end(&r, "test"), ST_CORRUPT);
    r = rec_of(buf_str(&b));
    rec_u16(&r);
    CHECK_U64(rec_str(&r, 4).n, 0);
    CHECK_ST(rec_end(&r, "test"), ST_CORRUPT);
    buf_fini(&b);
}

TEST(a_full_buffer_says_so_once_asked)
{
    struct buf b;

    buf_init(&b, 10);
    buf_addz(&b, "12345");
    buf_addz(&b, "678901");
    buf_addz(&b, "x");
    CHECK_STR(buf_str(&b), STR("12345"));
    CHECK_ST(buf_check(&b), ST_LIMIT);
    buf_clear(&b);
    CHECK_ST(buf_check(&b), ST_OK);
    buf_fini(&b);
}

TEST(dates_are_written_as_the_formats_say)
{
    struct arena a = ARENA_INIT;

    CHECK_STR(time_rfc5322(&a, 0), STR("Thu, 1 Jan 1970 00:00:00 +0000"));
    CHECK_STR(time_rfc5322(&a, 951782400000000), STR("Tue, 29 Feb 2000 00:00:00 +0000"));
    CHECK_STR(time_rfc3339(&a, 1795416020000000), STR("2026-11-23T06:40:20Z"));
    arena_fini(&a);
}

TEST(json_escapes_and_separates)
{
    struct buf b;
    struct json j;

    buf_init(&b, 200);
    json_init(&j, &b);
    json_object(&j);
    json_kv_str(&j, "a", STR("x\"\n\xff\xc3\xbc"));
    json_key(&j, "l");
    json_array(&j);
    json_u64(&j, 1);
    json_bool(&j, false);
    json_null(&j);
    json_array_end(&j);
    json_object_end(&j);
    CHECK_STR(buf_str(&b), STR("{\"a\":\"x\\\"\\u000a\xef\xbf\xbd\xc3\xbc\",\"l\":[1,false,null]}"));
    buf_fini(&b);
}
