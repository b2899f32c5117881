/* Reports as they come: packed or not, whole or cut, and what strangers may put into them. */
#include "transfer/tlsrpt_letter.c"

#include "test.h"

#include "mime/narrow.h"

#define JSON                                                                                                           \
    "{\"organization-name\":\"X\",\"date-range\":{\"start-datetime\":\"2016-04-01T00:00:00Z\",\"end-datetime\":"       \
    "\"2016-04-01T23:59:59Z\"},\"contact-info\":\"c@x\",\"report-id\":\"1@x\",\"policies\":[{\"policy\":{"             \
    "\"policy-type\":\"sts\",\"policy-string\":[\"version: STSv1\",7],\"policy-domain\":\"y.example\"},\"summary\":{"  \
    "\"total-successful-session-count\":5,\"total-failure-session-count\":-3},\"failure-details\":[{\"result-type\":"  \
    "\"certificate-expired\",\"receiving-mx-hostname\":\"mx\",\"failed-session-count\":9e30}]}]}"

static struct str letter_with(struct arena *a, const char *type, struct str bytes)
{
    struct buf b;
    struct str letter;

    buf_init(&b, 1 << 20);
    buf_addf(&b,
             "Subject: r\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; "
             "boundary=B\r\n\r\n--B\r\n\r\nhello\r\n--B\r\n"
             "Content-Type:\r\n %s; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n",
             type);
    mime_encode_base64(bytes, &b);
    buf_addz(&b, "\r\n--B--\r\n");
    letter = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return letter;
}

static struct str gz(struct arena *a, struct str in)
{
    char *to = arena_alloc(a, in.n + 200);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};

    CHECK(deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, 0) == Z_OK);
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)in.n + 200;
    CHECK(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return str_n(to, z.total_out);
}

TEST(a_report_packed_or_plain)
{
    struct arena a = ARENA_INIT;
    struct str letters[] = {letter_with(&a, "application/tlsrpt+gzip", gz(&a, STR(JSON))),
                            letter_with(&a, "Application/TLSRPT+json", STR(JSON))};

    for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
        struct tlsrpt r;

        CHECK_ST(tlsrpt_letter_read(&a, letters[i], &r), ST_OK);
        CHECK_STR(r.organization, STR("X"));
        CHECK(r.begin_s == 1459468800 && r.end_s == 1459555199);
        CHECK(r.n_policies == 1 && r.policies[0].good == 5 && r.policies[0].bad == 0 && r.policies[0].n_lines == 1);
        CHECK_STR(r.policies[0].domain, STR("y.example"));
        CHECK(r.policies[0].n_failures == 1 && str_eq(r.policies[0].failures[0].result, STR("certificate-expired")));
        CHECK_U64(r.policies[0].failures[0].sessions, 0); /* no whole number */
    }
    arena_fini(&a);
}

TEST(what_is_no_report_or_broken)
{
    struct arena a = ARENA_INIT;
    struct str packed = gz(&a, STR(JSON));
    struct tlsrpt r;

    CHECK_ST(tlsrpt_letter_read(&a, STR("Subject: x\r\n\r\nhello\r\n"), &r), ST_NOTFOUND);
    CHECK_ST(tlsrpt_letter_read(&a, letter_with(&a, "application/json", STR(JSON)), &r), ST_NOTFOUND);
    CHECK_ST(tlsrpt_letter_read(&a, letter_with(&a, "application/tlsrpt+gzip", STR("no gzip")), &r), ST_SYNTAX);
    CHECK_ST(tlsrpt_letter_read(&a, letter_with(&a, "application/tlsrpt+json", STR("{}")), &r), ST_SYNTAX);
    for (size_t n = 0; n < packed.n; n += 7)
        CHECK(tlsrpt_letter_read(&a, letter_with(&a, "application/tlsrpt+gzip", str_sub(packed, 0, n)), &r) != ST_OK);
    arena_fini(&a);
}

TEST(a_bomb_is_not_unpacked)
{
    struct arena a = ARENA_INIT;
    size_t n = TLSRPT_BYTES_MAX + 1000;
    char *zeros = mem_new(n);
    struct tlsrpt r;

    CHECK_ST(tlsrpt_letter_read(&a, letter_with(&a, "application/tlsrpt+gzip", gz(&a, str_n(zeros, n))), &r), ST_LIMIT);
    mem_free(zeros);
    arena_fini(&a);
}
