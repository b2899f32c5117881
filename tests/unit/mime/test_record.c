#include "mime/record.c"

#include "test.h"

/* A letter of 100 bytes: a multipart of a text and an embedded letter with a text of its own. */
static void make(struct buf *b)
{
    static const uint32_t parts[4][8] = {
        {0 | 4u << 16, MIME_PART_MULTIPART, 0, 20, 100, 9, 18, 2},
        {0 | 2u << 16, MIME_PART_TEXT, 30, 40, 50, 1, 4, 2},
        {0 | 4u << 16, MIME_PART_MESSAGE, 60, 70, 90, 3, 16, 1},
        {2 | 4u << 16, MIME_PART_TEXT, 70, 80, 90, 1, 12, 2},
    };

    rec_put_u8(b, 1);
    rec_put_u8(b, MIME_RECORD_HAS_DATE);
    rec_put_u16(b, 4);
    rec_put_u16(b, 2);
    rec_put_u16(b, 1);
    rec_put_u32(b, 100);
    rec_put_u64(b, (uint64_t)-5);
    rec_put_u16(b, (uint16_t)-60);
    rec_put_u16(b, 1);
    buf_add(b, str_n("\1\1\0\0", 4));
    rec_put_u64(b, 7);
    rec_put_u64(b, 8);
    rec_put_u32(b, 2);
    rec_put_u32(b, 21);
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < 8; k++)
            rec_put_u32(b, parts[i][k]);
    rec_put_u16(b, mime_name_hash(STR("from")));
    rec_put_u16(b, 10);
    rec_put_u16(b, mime_name_hash(STR("TO")));
    rec_put_u16(b, 8);
    rec_put_u64(b, 99);
    buf_addz(b, "SFT");
    buf_addz(b, "()");
    buf_addz(b, "((1 xx)(2(3 yyy)z)mm)");
}

TEST(a_record_opens_and_gives_its_views)
{
    struct buf b, body;
    struct mime_record r;
    struct mime_field_pos pos = {0};

    buf_init(&b, 1000);
    buf_init(&body, 1000);
    make(&b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    CHECK(r.sent_us == -5 && r.zone == -60);
    CHECK_U64(r.header_size, 20);
    CHECK_U64(r.body_lines, 9);
    CHECK_STR(r.base_subject, STR("S"));
    CHECK_STR(r.from, STR("F"));
    CHECK_STR(r.cc, STR(""));
    CHECK_U64(mime_record_ref(&r, 0), 99);
    CHECK(mime_record_field(&r, &pos) && pos.hash == mime_name_hash(STR("From")) && pos.at == 0 && pos.n == 10);
    CHECK(mime_record_field(&r, &pos) && pos.hash == mime_name_hash(STR("to")) && pos.at == 10 && pos.n == 8);
    CHECK(!mime_record_field(&r, &pos));
    mime_record_add_body(&r, &body);
    CHECK_STR(buf_str(&body), STR("((1 )(2(3 y)))"));
    buf_fini(&b);
    buf_fini(&body);
}

TEST(sections_are_offset_work)
{
    static const struct {
        uint32_t path[4];
        size_t depth;
        enum mime_section what;
        int64_t at, n;
    } cases[] = {
        {{0}, 0, MIME_SECTION_ALL, 0, 100},      {{0}, 0, MIME_SECTION_HEADER, 0, 20},
        {{0}, 0, MIME_SECTION_TEXT, 20, 80},     {{1}, 1, MIME_SECTION_ALL, 40, 10},
        {{1}, 1, MIME_SECTION_MIME, 30, 10},     {{1}, 1, MIME_SECTION_HEADER, -1, 0},
        {{1, 1}, 2, MIME_SECTION_ALL, -1, 0},    {{2}, 1, MIME_SECTION_ALL, 70, 20},
        {{2}, 1, MIME_SECTION_HEADER, 70, 10},   {{2}, 1, MIME_SECTION_TEXT, 80, 10},
        {{2, 1}, 2, MIME_SECTION_ALL, 80, 10},   {{2, 1}, 2, MIME_SECTION_MIME, 70, 10},
        {{2, 1, 1}, 3, MIME_SECTION_ALL, -1, 0}, {{2, 2}, 2, MIME_SECTION_ALL, -1, 0},
        {{3}, 1, MIME_SECTION_ALL, -1, 0},       {{0}, 1, MIME_SECTION_ALL, -1, 0},
        {{2}, 1, MIME_SECTION_MIME, 60, 10},
    };
    struct buf b;
    struct mime_record r;

    buf_init(&b, 1000);
    make(&b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mime_span got = {0, 0};
        enum st st = mime_record_section(&r, cases[i].path, cases[i].depth, cases[i].what, &got, NULL);

        CHECK_U64(st, cases[i].at < 0 ? ST_NOTFOUND : ST_OK);
        CHECK_U64(got.at, MAX(cases[i].at, 0));
        CHECK_U64(got.n, cases[i].n);
    }
    buf_fini(&b);
}

TEST(a_prefix_moves_all_offsets)
{
    struct buf b, moved;
    struct mime_record r, m;
    struct mime_field_pos pos = {0};
    struct mime_part p;

    buf_init(&b, 1000);
    buf_init(&moved, 1000);
    make(&b);
    CHECK_ST(mime_record_open(buf_str(&b), &r), ST_OK);
    CHECK_ST(mime_record_prefix(&r, STR("A: 1\r\n 2\r\nB: x\r\n"), &moved), ST_OK);
    CHECK_ST(mime_record_open(buf_str(&moved), &m), ST_OK);
    CHECK_U64(m.size, 116);
    CHECK_U64(m.header_size, 36);
    p = mime_record_part(&m, 3);
    CHECK(p.header_start == 86 && p.body_start == 96 && p.body_end == 106 && p.lines == 1);
    CHECK(mime_record_field(&m, &pos) && pos.hash == mime_name_hash(STR("a")) && pos.at == 0 && pos.n == 10);
    CHECK(mime_record_field(&m, &pos) && pos.hash == mime_name_hash(STR("b")) && pos.at == 10 && pos.n == 6);
    CHECK(mime_record_field(&m, &pos) && pos.at == 16 && pos.n == 10);
    CHECK_STR(m.bodystructure, r.bodystructure);
    CHECK_U64(m.message_id_hash, 7);
    buf_fini(&b);
    buf_fini(&moved);
}

TEST(damaged_records_are_refused_or_harmless)
{
    struct buf b, out;
    struct mime_record r;

    buf_init(&b, 1000);
    buf_init(&out, 100000);
    make(&b);
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(mime_record_open(str_n(b.p, i), &r), ST_CORRUPT);
    for (size_t i = 0; i < b.n; i++)
        for (unsigned v = 0; v < 256; v++) {
            char old = b.p[i];
            struct mime_span span;

            b.p[i] = (char)v;
            if (mime_record_open(buf_str(&b), &r) == ST_OK) {
                buf_clear(&out);
                mime_record_add_body(&r, &out);
                CHECK(out.n <= r.bodystructure.n);
                if (mime_record_section(&r, (const uint32_t[]){2, 1}, 2, MIME_SECTION_ALL, &span, NULL) == ST_OK)
                    CHECK(span.at <= r.size && span.n <= r.size - span.at);
            }
            b.p[i] = old;
        }
    buf_fini(&b);
    buf_fini(&out);
}

TEST(hashes_ignore_the_case_of_names)
{
    CHECK_U64(mime_name_hash(STR("Message-ID")), mime_name_hash(STR("message-id")));
    CHECK(mime_name_hash(STR("From")) != mime_name_hash(STR("To")));
    CHECK(mime_id_hash(STR("a@b")) != mime_id_hash(STR("a@B")));
}
