/* The facts about a server, with a DNS and a keeper that answer what the test says: where TLSA records are looked for, what failing look-ups mean. */
#include "courier/secure.c"

#include "test.h"

static struct courier courier;
static struct arena arena;
static char asked[400]; /* names that TLSA records were asked for, in order */

struct answer {
    const char *name;
    enum st st;
    bool is_secure;
};
static struct answer tlsa_answers[4], cname_answer;
static char digest[32];

struct ipc *courier_resolver(const struct courier *c)
{
    (void)c;
    return NULL;
}

struct ipc *courier_keeper(const struct courier *c)
{
    (void)c;
    return NULL;
}

/* What is counted for reports is tested where that is done. */
void tls_seen_count(struct courier *c, const struct secure *x, const struct secure_end *end)
{
    (void)c;
    (void)x;
    (void)end;
}

/* Policies are given to secure_host by the tests. */
enum st sts_find(struct courier *c, struct str domain, struct arena *a, struct sts_found *out)
{
    (void)c;
    (void)domain;
    (void)a;
    *out = (struct sts_found){0};
    return ST_OK;
}

enum st dns_tlsa(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                 struct dns_tlsa **out_tlsa, size_t *out_n)
{
    (void)resolver;
    (void)deadline;
    snprintf(asked + strlen(asked), sizeof asked - strlen(asked), "%.*s ", STR_ARGS(name));
    *out = (struct dns){0};
    for (size_t i = 0; i < ARRAY_LEN(tlsa_answers); i++)
        if (tlsa_answers[i].name && str_eq(name, str_z(tlsa_answers[i].name))) {
            out->secure = tlsa_answers[i].is_secure;
            if (tlsa_answers[i].st != ST_OK)
                return FAIL(tlsa_answers[i].st, "as the test says");
            *out_tlsa = ARENA_NEW(a, struct dns_tlsa);
            **out_tlsa = (struct dns_tlsa){3, 1, 1, str_n(digest, sizeof digest)};
            *out_n = 1;
            return ST_OK;
        }
    return FAIL(ST_NOTFOUND, "none");
}

enum st dns_cname(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                  struct str *out_target)
{
    (void)resolver;
    (void)a;
    (void)name;
    (void)deadline;
    *out = (struct dns){.secure = cname_answer.is_secure};
    *out_target = STR("elsewhere.test");
    return cname_answer.st == ST_OK ? ST_OK : FAIL(cname_answer.st, "as the test says");
}

static void begin(void)
{
    struct tls_client_options opt = {.dane = true, .no_ca = true};

    if (!courier.tls)
        CHECK_ST(tls_client_new(&opt, &courier.tls), ST_OK);
    memset(tlsa_answers, 0, sizeof tlsa_answers);
    cname_answer = (struct answer){.st = ST_NOTFOUND};
    asked[0] = '\0';
    arena_reset(&arena);
}

/* "may", "dane at NAME", or in parentheses why not. */
static struct str verdict(bool is_mx_secure, bool is_host_secure, const char *canonical, struct secure_wish wish)
{
    struct route r = {.is_secure = is_mx_secure};
    struct route_host h = {
        .name = STR("mx.a.test"), .addr = {.port = 25}, .is_secure = is_host_secure, .canonical = str_z(canonical)};
    struct secure_domain d = {.name = STR("a.test"), .wish = wish};
    struct secure_end end = {0};
    struct secure x;
    enum st st = secure_host(&courier, &arena, &d, &r, &h, &x, &end);

    if (st != ST_OK)
        return arena_printf(&arena, "(%s %s%s)", tls_result_name(end.result), end.status, end.is_final ? " final" : "");
    CHECK((x.peer.trust == TLS_TRUST_DANE) == (x.t.level == TRANSPORT_DANE));
    return x.t.level == TRANSPORT_DANE ? arena_printf(&arena, "dane at %.*s", STR_ARGS(x.peer.name))
                                       : str_z(transport_level_name(x.t.level));
}

static const struct secure_wish ordinary, required = {.needs_tls = true}, lax = {.ignores_policy = true};

TEST(records_are_asked_for_only_behind_secured_answers)
{
    begin();
    tlsa_answers[0] = (struct answer){"_25._tcp.mx.a.test", ST_OK, true};
    CHECK_STR(verdict(true, true, NULL, ordinary), STR("dane at mx.a.test"));
    asked[0] = '\0';
    CHECK_STR(verdict(false, true, NULL, ordinary), STR("may"));
    CHECK_STR(verdict(true, false, NULL, ordinary), STR("may"));
    CHECK_STR(verdict(true, true, NULL, lax), STR("may"));
    CHECK_STR(str_z(asked), STR(""));
    tlsa_answers[0].is_secure = false;
    CHECK_STR(verdict(true, true, NULL, ordinary), STR("may"));
}

TEST(failing_look_ups_are_no_way_round)
{
    static const struct {
        enum st st;
        bool is_secure;
        const char *want;
    } cases[] = {{ST_CORRUPT, false, "(dnssec-invalid 4.7.0)"},
                 {ST_TRYLATER, false, "(dnssec-invalid 4.4.3)"},
                 {ST_SYNTAX, true, "encrypt"},
                 {ST_SYNTAX, false, "may"},
                 {ST_NOTFOUND, true, "may"},
                 {ST_NOTFOUND, false, "may"}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        begin();
        tlsa_answers[0] = (struct answer){"_25._tcp.mx.a.test", cases[i].st, cases[i].is_secure};
        CHECK_STR(verdict(true, true, NULL, ordinary), str_z(cases[i].want));
    }
}

TEST(behind_aliases)
{
    begin();
    tlsa_answers[0] = (struct answer){"_25._tcp.real.test", ST_OK, true};
    CHECK_STR(verdict(true, true, "real.test", ordinary), STR("dane at real.test"));
    CHECK_STR(str_z(asked), STR("_25._tcp.real.test "));
    begin();
    tlsa_answers[0] = (struct answer){"_25._tcp.mx.a.test", ST_OK, true};
    CHECK_STR(verdict(true, true, "real.test", ordinary), STR("dane at mx.a.test"));
    CHECK_STR(str_z(asked), STR("_25._tcp.real.test _25._tcp.mx.a.test "));
    tlsa_answers[1] = (struct answer){"_25._tcp.real.test", ST_TRYLATER, false}; /* nobody knows what stands there */
    CHECK_STR(verdict(true, true, "real.test", ordinary), STR("(dnssec-invalid 4.4.3)"));
    CHECK_STR(verdict(true, false, "real.test", ordinary), STR("may")); /* the alias is not secured */
    cname_answer = (struct answer){.st = ST_OK, .is_secure = true};
    CHECK_STR(verdict(true, false, "real.test", ordinary), STR("dane at mx.a.test"));
    cname_answer = (struct answer){.st = ST_OK};
    CHECK_STR(verdict(true, false, "real.test", ordinary), STR("may"));
    cname_answer = (struct answer){.st = ST_CORRUPT};
    CHECK_STR(verdict(true, false, "real.test", ordinary), STR("(dnssec-invalid 4.7.0)"));
}

TEST(letters_that_require_tls)
{
    begin();
    CHECK_STR(verdict(true, true, NULL, required), STR("verify"));
    CHECK_STR(verdict(false, false, NULL, required), STR("(validation-failure 5.7.10 final)"));
}

static struct secure_wish wish_of(const char *attr, const char *path, const char *head)
{
    struct attribute at = {.name = str_z(attr), .value = STR("")};
    struct letter l = {.work = {.attrs = &at, .n_attrs = attr != NULL, .reverse_path = str_z(path)}};
    struct secure_wish w;

    secure_wish(&l, str_z(head), &w);
    return w;
}

TEST(what_a_letter_asks_for)
{
    CHECK(wish_of("REQUIRETLS", "a@b.test", "\r\n").needs_tls);
    CHECK(wish_of("requiretls", "a@b.test", "TLS-Required: No\r\n\r\n").needs_tls);
    CHECK(!wish_of("REQUIRETLS", "a@b.test", "TLS-Required: No\r\n\r\n").ignores_policy);
    CHECK(!wish_of("REQUIRETLS", "", "TLS-Required: No\r\n\r\n").needs_tls);
    CHECK(!wish_of("REQUIRETLS", "", "TLS-Required: No\r\n\r\n").ignores_policy);
    CHECK(!wish_of(NULL, "a@b.test", "\r\n").needs_tls && !wish_of("RET", "a@b.test", "\r\n").needs_tls);
    CHECK(wish_of(NULL, "a@b.test", "A: b\r\ntls-required:\r\n\tNO \r\n\r\n").ignores_policy);
    CHECK(!wish_of(NULL, "a@b.test", "TLS-Required: Yes\r\n\r\n").ignores_policy);
    CHECK(!wish_of(NULL, "a@b.test", "TLS-Required: No\r\nTLS-Required: No\r\n\r\n").ignores_policy);
    CHECK(!wish_of(NULL, "a@b.test", "A: b\r\n\r\nTLS-Required: No\r\n").ignores_policy);
    CHECK(!wish_of(NULL, "a@b.test", "").ignores_policy);
}
