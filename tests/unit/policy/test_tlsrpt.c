#include "policy/tlsrpt.c"

#include "test.h"

static enum st read_one(const char *txt, struct str *rua, size_t *n)
{
    struct str v[] = {STR("v=spf1 -all"), str_z(txt)};

    return tlsrpt_record_parse(v, 2, rua, n);
}

TEST(the_record_of_a_domain_that_asks)
{
    struct str rua[TLSRPT_RUA_MAX], two[] = {STR("v=TLSRPTv1; rua=mailto:a@b.c"), STR("v=TLSRPTv1;rua=mailto:d@b.c")};
    size_t n = 0;

    CHECK_ST(read_one("v=TLSRPTv1; rua=mailto:reports@example.com", rua, &n), ST_OK);
    CHECK(n == 1 && str_eq(rua[0], STR("mailto:reports@example.com")));
    CHECK_ST(read_one("v=TLSRPTv1;rua=https://r.example.com/v1/tlsrpt , mailto:x@y.z;", rua, &n), ST_OK);
    CHECK(n == 2 && str_eq(rua[0], STR("https://r.example.com/v1/tlsrpt")) && str_eq(rua[1], STR("mailto:x@y.z")));
    CHECK_ST(read_one("v=TLSRPTv1; x=y; rua=ftp://a,mailto:x@y.z", rua, &n), ST_OK);
    CHECK(n == 1 && str_eq(rua[0], STR("mailto:x@y.z")));
    CHECK_ST(read_one("v=TLSRPTv2; rua=mailto:a@b.c", rua, &n), ST_NOTFOUND);
    CHECK_ST(read_one("rua=mailto:a@b.c; v=TLSRPTv1", rua, &n), ST_NOTFOUND);
    CHECK_ST(read_one("v=TLSRPTv1", rua, &n), ST_NOTFOUND);
    CHECK_ST(read_one(" v=TLSRPTv1; rua=mailto:a@b.c", rua, &n), ST_NOTFOUND);
    CHECK_ST(read_one("v=TLSRPTv12; rua=mailto:a@b.c", rua, &n), ST_NOTFOUND);
    CHECK_ST(read_one("v=TLSRPTv1 ; rua=mailto:a@b.c,mailto:a@b.c!10m;rua=mailto:d@b.c", rua, &n), ST_OK);
    CHECK(n == 1 && str_eq(rua[0], STR("mailto:a@b.c")));
    CHECK_ST(read_one("v=TLSRPTv1; RUA=mailto:a@b.c", rua, &n), ST_SYNTAX);
    CHECK_ST(read_one("v=TLSRPTv1;", rua, &n), ST_SYNTAX);
    CHECK_ST(read_one("v=TLSRPTv1; rua=mailto:a\r\nb@c", rua, &n), ST_SYNTAX);
    CHECK_ST(tlsrpt_record_parse(two, 2, rua, &n), ST_SYNTAX);
    CHECK_ST(tlsrpt_record_parse(two, 0, rua, &n), ST_NOTFOUND);
}

TEST(a_record_that_only_begins_alike_is_passed_over)
{
    struct str v[] = {STR("v=TLSRPTv1"), STR("v=TLSRPTv1; rua=mailto:a@b.c")}, rua[TLSRPT_RUA_MAX];
    size_t n = 0;

    CHECK_ST(tlsrpt_record_parse(v, 2, rua, &n), ST_OK);
    CHECK(n == 1);
}

TEST(addresses_of_mailto)
{
    static const struct {
        const char *rua, *want; /* NULL: it is none */
    } cases[] = {{"mailto:a@b.c", "a@b.c"},
                 {"MailTo:tls%2Breports%21@b.c?subject=x", "tls+reports!@b.c"},
                 {"mailto:a%2@b.c", NULL},
                 {"mailto:a@b.c%", NULL},
                 {"mailto:a@b.c%0d%0aBcc:x@y.z", NULL},
                 {"mailto:a@b.c%2Cd@b.c", NULL},
                 {"mailto:a@b.c%3e%3Cd@b.c", NULL},
                 {"mailto:%00a@b.c", NULL},
                 {"mailto:%c3%bc@b.c", NULL},
                 {"https://a@b.c", NULL}};
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str got = STR_NONE;

        CHECK_ST(tlsrpt_mail_address(&a, str_z(cases[i].rua), &got), cases[i].want ? ST_OK : ST_SYNTAX);
        CHECK_STR(got, str_z(cases[i].want));
    }
    arena_fini(&a);
}

TEST(a_record_cut_at_each_place_is_never_half_read)
{
    struct str whole = STR("v=TLSRPTv1; rua=mailto:a@b.c,https://d.e/f"), rua[TLSRPT_RUA_MAX];
    size_t n;

    for (size_t i = 0; i <= whole.n; i++) {
        struct str txt = str_sub(whole, 0, i);

        if (tlsrpt_record_parse(&txt, 1, rua, &n) == ST_OK)
            for (size_t k = 0; k < n; k++)
                CHECK(str_search(whole, rua[k]) < whole.n);
    }
}

TEST(a_report_as_json)
{
    static const struct str lines[] = {STR("version: STSv1"), STR("mode: testing")},
                            mx[] = {STR("*.mail.company-y.example")};
    static const struct tlsrpt_failure failures[] = {{.result = STR("certificate-expired"),
                                                      .mx = STR("mx1.mail.company-y.example"),
                                                      .receiving_ip = STR("2001:db8::1"),
                                                      .info = STR("it \"ended\""),
                                                      .sessions = 100}};
    static const struct tlsrpt_policy policies[] = {
        {.type = STR("sts"),
         .domain = STR("company-y.example"),
         .lines = lines,
         .n_lines = 2,
         .mx = mx,
         .n_mx = 1,
         .good = 5326,
         .bad = 100,
         .failures = failures,
         .n_failures = 1},
        {.type = STR("no-policy-found"), .domain = STR("x.example"), .good = 1}};
    static const struct tlsrpt t = {.organization = STR("Company-X"),
                                    .contact = STR("sts-reporting@company-x.example"),
                                    .id = STR("5065427c@company-x.example"),
                                    .begin_s = 1459468800,
                                    .end_s = 1459555199,
                                    .policies = policies,
                                    .n_policies = 2};
    struct arena a = ARENA_INIT;
    struct buf b;

    buf_init(&b, 65536);
    tlsrpt_write(&t, &b);
    CHECK_STR(buf_str(&b), STR("{\"organization-name\":\"Company-X\",\"date-range\":{\"start-datetime\":\"2016-04-"
                               "01T00:00:00Z\",\"end-datetime\":"
                               "\"2016-04-01T23:59:59Z\"},\"contact-info\":\"sts-reporting@company-x.example\","
                               "\"report-id\":\"5065427c@company-x.example\","
                               "\"policies\":[{\"policy\":{\"policy-type\":\"sts\",\"policy-string\":[\"version: "
                               "STSv1\",\"mode: testing\"],\"policy-domain\":"
                               "\"company-y.example\",\"mx-host\":[\"*.mail.company-y.example\"]},\"summary\":{\"total-"
                               "successful-session-count\":5326,"
                               "\"total-failure-session-count\":100},\"failure-details\":[{\"result-type\":"
                               "\"certificate-expired\",\"receiving-mx-hostname\":"
                               "\"mx1.mail.company-y.example\",\"receiving-ip\":\"2001:db8::1\",\"failed-session-"
                               "count\":100,\"additional-information\":"
                               "\"it "
                               "\\\"ended\\\"\"}]},{\"policy\":{\"policy-type\":\"no-policy-found\",\"policy-domain\":"
                               "\"x.example\"},\"summary\":"
                               "{\"total-successful-session-count\":1,\"total-failure-session-count\":0}}]}"));
    CHECK_STR(tlsrpt_file_name(&a, STR("mail.company-x.example"), STR("company-y.example"), &t),
              STR("mail.company-x.example!company-y.example!1459468800!1459555199!5065427c.json.gz"));
    arena_fini(&a);
    buf_fini(&b);
}
