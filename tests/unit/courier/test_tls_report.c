/* From an attempt to what a domain is told of it (RFC 8460). */
#include "courier/tls_seen.c"

#include "courier/tls_report.c"

#include "config/config.h"
#include "test.h"

static struct courier courier;
static struct arena arena;
static struct tls_report_row rows[8];
static size_t n_rows;
static const char *rua;
static enum st can_sign;
static struct str posted; /* the address */

void tls_reports_count(struct courier *c, const struct tls_seen *s)
{
    struct tls_seen *to = &rows[n_rows].seen;

    CHECK(c == &courier && n_rows < ARRAY_LEN(rows));
    *to = *s;
    to->policy = arena_str(&arena, s->policy);
    to->address = arena_str(&arena, s->address);
    rows[n_rows++].sessions = 1;
}

struct ipc *courier_resolver(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st dns_txt(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                struct str **out_txt, size_t *out_n)
{
    (void)resolver;
    (void)deadline;
    CHECK_STR(name, STR("_smtp._tls.a.test"));
    *out = (struct dns){.ttl = 60};
    *out_txt = ARENA_NEW(a, struct str);
    **out_txt = arena_printf(a, "v=TLSRPTv1; rua=%s", rua);
    *out_n = 1;
    return ST_OK;
}

enum st courier_fetch(struct courier *c, struct arena *a, struct str url, const struct fetch_body *post,
                      uint64_t timeout_ms, struct fetch_page *out)
{
    (void)c;
    (void)a;
    (void)timeout_ms;
    CHECK(post && !post->encoding.n && str_starts(url, STR("https://")));
    CHECK_STR(post->type, STR("application/tlsrpt+gzip"));
    CHECK(str_starts(post->bytes, STR("\x1f\x8b")));
    *out = (struct fetch_page){.code = str_ends(url, STR("/down")) ? 503 : 201};
    return ST_OK;
}

enum st courier_can_sign(struct courier *c, struct arena *a, struct str author)
{
    (void)c;
    (void)a;
    CHECK_STR(author, STR("MAILER-DAEMON@us.test"));
    return can_sign == ST_OK ? ST_OK : FAIL(can_sign, "no key");
}

enum st courier_post(struct courier *c, struct str address, struct str letter)
{
    (void)c;
    posted = arena_str(&arena, address);
    CHECK(str_search(letter, STR("\r\nSubject: Report Domain: a.test\r\n Submitter: us.test\r\n Report-ID: <")) <
          letter.n);
    CHECK(str_search(letter, STR("\r\nTLS-Report-Domain: a.test\r\nTLS-Report-Submitter: us.test\r\n")) < letter.n);
    CHECK(str_search(letter, STR("Content-Type: multipart/report; report-type=\"tlsrpt\";")) < letter.n);
    CHECK(str_search(letter, STR("\r\nTLS-Required: No\r\n")) < letter.n);
    CHECK(str_search(letter, STR(".json.gz\"\r\n")) < letter.n);
    return ST_OK;
}

static struct secure_domain domain;
static struct route_host host;
static struct secure x;
static struct secure_end end;

static void begin(void)
{
    static struct config_errors errors;

    if (!courier.set)
        CHECK_ST(config_parse(STR("host_name us.test\n"), "test", &courier.set, &errors), ST_OK);
    arena_reset(&arena);
    memset(rows, 0, sizeof rows);
    n_rows = 0;
    can_sign = ST_OK;
    posted = STR_NONE;
    domain = (struct secure_domain){.name = STR("a.test")};
    host = (struct route_host){.name = STR("mx.a.test")};
    CHECK_ST(addr_parse(STR("192.0.2.1"), 25, &host.addr), ST_OK);
    x = (struct secure){.c = &courier, .domain = &domain, .host = &host};
    end = (struct secure_end){.text = STR("it went wrong")};
    CHECK_ST(addr_parse(STR("198.51.100.7"), 40000, &end.from), ST_OK);
}

static const struct tlsrpt *made(void)
{
    static struct tlsrpt report;
    struct tls_report t = {.day = 20000, .domain = STR("a.test"), .rows = rows, .n = n_rows};

    tls_report_make(&courier, &arena, &t, &report);
    return &report;
}

TEST(a_failure_says_between_whom_and_why)
{
    const struct tlsrpt_failure *f;

    begin();
    end.result = TLS_RESULT_VALIDATION;
    tls_seen_count(&courier, &x, &end);
    f = made()->policies[0].failures;
    CHECK_STR(made()->policies[0].type, STR("no-policy-found"));
    CHECK_STR(f->result, STR("validation-failure"));
    CHECK_STR(f->mx, STR("mx.a.test"));
    CHECK_STR(f->receiving_ip, STR("192.0.2.1"));
    CHECK_STR(f->sending_ip, STR("198.51.100.7"));
    CHECK_STR(f->code, STR("it went wrong")); /* "additional-information" is for a URI: section 4.4 */
    CHECK(!f->info.n);
    end.from = (struct addr){0}; /* there was no connection */
    n_rows = 0;
    tls_seen_count(&courier, &x, &end);
    f = made()->policies[0].failures;
    CHECK_STR(f->receiving_ip, STR("192.0.2.1"));
    CHECK(!f->sending_ip.n);
}

TEST(a_policy_of_dane_is_of_the_name_that_its_records_stand_at)
{
    const struct tls_tlsa records[] = {{3, 1, 1, STR("\x01\xab")}, {0, 0, 1, STR("\x02")}};
    const struct tlsrpt_policy *p;

    begin();
    x.t.level = TRANSPORT_DANE;
    x.tlsa_base = STR("real.a.test");
    x.tlsa = records;
    x.n_tlsa = 2;
    tls_seen_count(&courier, &x, &end);
    p = made()->policies;
    CHECK_STR(p->type, STR("tlsa"));
    CHECK_STR(p->domain, STR("real.a.test")); /* section 1.1 */
    CHECK(p->n_lines == 2 && p->good == 1 && p->bad == 0);
    CHECK_STR(p->lines[0], STR("3 1 1 01ab"));
    CHECK_STR(p->lines[1], STR("0 0 1 02")); /* each of the RRset, also what is of no use: section 4 */
}

TEST(reports_themselves_are_not_counted)
{
    begin();
    domain.wish.ignores_policy = true; /* TLS-Required: No */
    tls_seen_count(&courier, &x, &end);
    CHECK_U64(n_rows, 0);
}

TEST(a_policy_that_can_not_be_renewed_is_told_beside_the_session)
{
    struct str mx = STR("mx.a.test");
    const struct tlsrpt_policy *p;

    begin();
    domain.sts = (struct sts_found){.has_policy = true,
                                    .policy = {.mode = STS_ENFORCE, .mx = &mx, .n_mx = 1, .max_age = 86400},
                                    .problem = TLS_RESULT_STS_FETCH,
                                    .problem_text = STR("404")};
    x.t.level = TRANSPORT_VERIFY;
    tls_seen_count(&courier, &x, &end);
    CHECK_U64(n_rows, 2);
    p = made()->policies;
    CHECK_STR(p->type, STR("sts"));
    CHECK_STR(p->domain, STR("a.test"));
    CHECK(p->good == 1 && p->bad == 0 && p->n_failures == 1 && p->n_mx == 1);
    CHECK_STR(p->failures[0].result, STR("sts-policy-fetch-error"));
    CHECK_STR(p->failures[0].code, STR("404"));

    n_rows = 0; /* and without any policy the session is what has failed */
    domain.sts.has_policy = false;
    end.result = TLS_RESULT_STS_FETCH;
    tls_seen_count(&courier, &x, &end);
    CHECK_U64(n_rows, 1);
    p = made()->policies;
    CHECK_STR(p->type, STR("sts"));
    CHECK(p->good == 0 && p->bad == 1);
    CHECK_STR(p->failures[0].code, STR("404"));
}

static enum st sent_to(const char *where)
{
    struct tls_report t = {.day = 20000, .domain = STR("a.test"), .rows = rows, .n = n_rows};

    rua = where;
    return tls_report_send(&courier, &arena, &t);
}

TEST(reports_by_mail_are_signed_or_not_sent)
{
    begin();
    tls_seen_count(&courier, &x, &end);
    CHECK_ST(sent_to("mailto:tls%2Breports@a.test?subject=x"), ST_OK);
    CHECK_STR(posted, STR("tls+reports@a.test"));
    posted = STR_NONE;
    can_sign = ST_NOTFOUND; /* section 3 */
    CHECK_ST(sent_to("mailto:tls@a.test"), ST_TRYLATER);
    CHECK(!posted.n);
    CHECK_ST(sent_to("mailto:tls@a.test,https://a.test/tls"), ST_OK); /* one is enough */
    CHECK_ST(sent_to("https://a.test/down"), ST_TRYLATER);
    CHECK_ST(sent_to("ftp://a.test/"), ST_NOTFOUND);
}

TEST(a_report_that_comes_again_has_its_id_again)
{
    struct str id;

    begin();
    tls_seen_count(&courier, &x, &end);
    id = made()->id;
    CHECK(str_ends(id, STR("@us.test")));
    CHECK_STR(made()->id, id);
    rows[0].sessions++; /* of the same day, another one */
    CHECK(!str_eq(made()->id, id));
}
