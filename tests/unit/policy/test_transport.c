/* Every combination of facts that the RFCs tell apart. */
#include "policy/transport.c"

#include "test.h"

enum {
    U = TRANSPORT_TLSA_UNASKED,
    A = TRANSPORT_TLSA_ABSENT,
    OK = TRANSPORT_TLSA_USABLE,
    BAD = TRANSPORT_TLSA_UNUSABLE
};
enum { BOGUS = TRANSPORT_TLSA_BOGUS, NOANSWER = TRANSPORT_TLSA_UNKNOWN };
enum { NO = 0, FINAL = -1, LATER = -2 };

struct row {
    bool is_mx_secure;
    int tlsa, sts;
    bool named;
    int rule; /* -1: none */
    bool needs_tls, ignores;
    int want; /* level, LATER or FINAL */
    const char *by, *status;
    bool qualified, looks;
    int result;
};

#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

static const struct row rows[] = {
    /* no policy at all */
    ROW(0, U, 0, 0, -1, 0, 0, TRANSPORT_MAY, "opportunistic", NULL, 0, 0, 0),
    ROW(1, A, 0, 0, -1, 0, 0, TRANSPORT_MAY, "opportunistic", NULL, 0, 0, 0),
    /* DANE: RFC 7672 sections 2.1.2, 2.2 */
    ROW(1, OK, 0, 0, -1, 0, 0, TRANSPORT_DANE, "dane", NULL, 1, 0, 0),
    ROW(1, BAD, 0, 0, -1, 0, 0, TRANSPORT_ENCRYPT, "dane", NULL, 0, 0, TLS_RESULT_TLSA_INVALID),
    ROW(1, BOGUS, 0, 0, -1, 0, 0, LATER, "dane", "4.7.0", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    ROW(1, NOANSWER, 0, 0, -1, 0, 0, LATER, "dane", "4.4.3", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    /* MTA-STS: RFC 8461 sections 4.1 and 5 */
    ROW(0, U, STS_ENFORCE, 1, -1, 0, 0, TRANSPORT_VERIFY, "sts", NULL, 1, 0, 0),
    ROW(0, U, STS_ENFORCE, 0, -1, 0, 0, LATER, "sts", "4.7.5", 0, 0, TLS_RESULT_VALIDATION),
    ROW(0, U, STS_TESTING, 1, -1, 0, 0, TRANSPORT_MAY, "sts", NULL, 0, 1, 0),
    ROW(0, U, STS_TESTING, 0, -1, 0, 0, TRANSPORT_MAY, "sts", "4.7.5", 0, 0, TLS_RESULT_VALIDATION),
    /* both: RFC 8461 section 2 */
    ROW(1, OK, STS_ENFORCE, 0, -1, 0, 0, TRANSPORT_DANE, "dane", NULL, 1, 0, 0),
    ROW(1, BOGUS, STS_ENFORCE, 1, -1, 0, 0, LATER, "dane", "4.7.0", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    ROW(1, A, STS_ENFORCE, 1, -1, 0, 0, TRANSPORT_VERIFY, "sts", NULL, 1, 0, 0),
    ROW(1, BAD, STS_ENFORCE, 1, -1, 0, 0, TRANSPORT_VERIFY, "sts", NULL, 1, 0, 0),
    ROW(1, BAD, STS_TESTING, 1, -1, 0, 0, TRANSPORT_ENCRYPT, "dane", NULL, 0, 0, TLS_RESULT_TLSA_INVALID),
    /* the administrator's rules, which go before what the domain says */
    ROW(1, OK, STS_ENFORCE, 0, TRANSPORT_NONE, 0, 0, TRANSPORT_NONE, "rule", NULL, 0, 0, 0),
    ROW(1, BOGUS, STS_ENFORCE, 0, TRANSPORT_MAY, 0, 0, TRANSPORT_MAY, "rule", NULL, 0, 0, 0),
    ROW(0, U, 0, 0, TRANSPORT_ENCRYPT, 0, 0, TRANSPORT_ENCRYPT, "rule", NULL, 0, 0, 0),
    ROW(0, U, 0, 0, TRANSPORT_VERIFY, 0, 0, TRANSPORT_VERIFY, "rule", NULL, 0, 0, 0),
    ROW(1, OK, 0, 0, TRANSPORT_VERIFY, 0, 0, TRANSPORT_VERIFY, "rule", NULL, 1, 0, 0),
    ROW(1, OK, 0, 0, TRANSPORT_DANE, 0, 0, TRANSPORT_DANE, "rule", NULL, 1, 0, 0),
    ROW(1, BAD, 0, 0, TRANSPORT_DANE, 0, 0, LATER, "rule", "4.7.5", 0, 0, TLS_RESULT_DANE_REQUIRED),
    ROW(1, BOGUS, 0, 0, TRANSPORT_DANE, 0, 0, LATER, "rule", "4.7.0", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    ROW(1, NOANSWER, 0, 0, TRANSPORT_DANE, 0, 0, LATER, "rule", "4.4.3", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    ROW(0, U, STS_ENFORCE, 1, TRANSPORT_DANE, 0, 0, LATER, "rule", "4.7.5", 0, 0, TLS_RESULT_DANE_REQUIRED),
    /* REQUIRETLS: RFC 8689 section 4.2.1 */
    ROW(1, OK, 0, 0, -1, 1, 0, TRANSPORT_DANE, "dane", NULL, 1, 0, 0),
    ROW(1, A, 0, 0, -1, 1, 0, TRANSPORT_VERIFY, "requiretls", NULL, 1, 0, 0),
    ROW(1, BAD, 0, 0, -1, 1, 0, TRANSPORT_VERIFY, "requiretls", NULL, 1, 0, 0),
    ROW(1, BOGUS, 0, 0, -1, 1, 0, LATER, "dane", "4.7.0", 0, 0, TLS_RESULT_DNSSEC_INVALID),
    ROW(0, U, 0, 0, -1, 1, 0, FINAL, "requiretls", "5.7.10", 0, 0, TLS_RESULT_VALIDATION),
    ROW(0, U, STS_ENFORCE, 1, -1, 1, 0, TRANSPORT_VERIFY, "sts", NULL, 1, 0, 0),
    ROW(0, U, STS_TESTING, 1, -1, 1, 0, TRANSPORT_VERIFY, "requiretls", NULL, 1, 0, 0),
    ROW(0, U, STS_TESTING, 0, -1, 1, 0, FINAL, "requiretls", "5.7.10", 0, 0, TLS_RESULT_VALIDATION),
    ROW(1, A, 0, 0, TRANSPORT_NONE, 1, 0, FINAL, "requiretls", "5.7.10", 0, 0, TLS_RESULT_VALIDATION),
    ROW(1, OK, 0, 0, TRANSPORT_ENCRYPT, 1, 0, FINAL, "requiretls", "5.7.10", 0, 0, TLS_RESULT_VALIDATION),
    ROW(0, U, 0, 0, TRANSPORT_VERIFY, 1, 0, FINAL, "requiretls", "5.7.10", 0, 0, TLS_RESULT_VALIDATION),
    ROW(1, A, 0, 0, TRANSPORT_VERIFY, 1, 0, TRANSPORT_VERIFY, "rule", NULL, 1, 0, 0),
    /* TLS-Required: No: section 4.2.2 */
    ROW(1, OK, 0, 0, -1, 0, 1, TRANSPORT_MAY, "tls-required: no", NULL, 0, 0, 0),
    ROW(1, BOGUS, 0, 0, -1, 0, 1, TRANSPORT_MAY, "tls-required: no", NULL, 0, 0, 0),
    ROW(0, U, STS_ENFORCE, 0, -1, 0, 1, TRANSPORT_MAY, "tls-required: no", NULL, 0, 0, 0),
    ROW(0, U, 0, 0, TRANSPORT_ENCRYPT, 0, 1, TRANSPORT_ENCRYPT, "rule", NULL, 0, 0, 0),
};

TEST(each_combination)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        struct transport_facts f = {.is_mx_secure = r->is_mx_secure,
                                    .tlsa = (enum transport_tlsa)r->tlsa,
                                    .sts = (enum sts_mode)r->sts,
                                    .sts_names_host = r->named,
                                    .has_rule = r->rule >= 0,
                                    .rule = r->rule >= 0 ? (enum transport_level)r->rule : TRANSPORT_NONE,
                                    .needs_tls = r->needs_tls,
                                    .ignores_policy = r->ignores};
        struct transport t;
        int got;

        transport_decide(&f, &t);
        got = t.may_use ? (int)t.level : t.is_final ? FINAL : LATER;
        if (got != r->want || strcmp(t.by, r->by) || t.is_qualified != r->qualified || t.looks_only != r->looks ||
            (int)t.result != r->result)
            printf("# row %zu: %d by %s, qualified %d, result %s\n", i, got, t.by, t.is_qualified,
                   tls_result_name(t.result));
        CHECK(got == r->want && !strcmp(t.by, r->by));
        CHECK(t.is_qualified == r->qualified && t.looks_only == r->looks && (int)t.result == r->result);
        CHECK_STR(str_z(t.status), str_z(r->status));
        CHECK(t.may_use || (t.text && t.status && t.result));
    }
}

/* Whatever the facts: REQUIRETLS never leads to less than a checked certificate of a certain server, a DANE host without a rule or a
 * wish of the sender never to less than DANE, and enforced MTA-STS never to less than a checked certificate. */
TEST(nothing_is_ever_weaker)
{
    unsigned n = 0;

    for (unsigned bits = 0; bits < 1u << 5; bits++)
        for (int tlsa = U; tlsa <= NOANSWER; tlsa++)
            for (int sts = 0; sts <= STS_ENFORCE; sts++)
                for (int rule = -1; rule < TRANSPORT_LEVELS; rule++) {
                    struct transport_facts f = {.is_mx_secure = bits & 1,
                                                .tlsa = (enum transport_tlsa)tlsa,
                                                .sts = (enum sts_mode)sts,
                                                .sts_names_host = bits & 2,
                                                .has_rule = rule >= 0,
                                                .rule = rule >= 0 ? (enum transport_level)rule : TRANSPORT_NONE,
                                                .needs_tls = bits & 4,
                                                .ignores_policy = bits & 8 && !(bits & 4)};
                    struct transport t;

                    transport_decide(&f, &t);
                    n++;
                    CHECK(!f.needs_tls || !t.may_use || (t.level >= TRANSPORT_VERIFY && t.is_qualified));
                    if (rule >= 0 || f.ignores_policy)
                        continue;
                    CHECK(tlsa != OK || (t.may_use ? t.level == TRANSPORT_DANE : t.is_final));
                    CHECK(tlsa != BAD || !t.may_use || t.level >= TRANSPORT_ENCRYPT);
                    CHECK((tlsa != BOGUS && tlsa != NOANSWER) || !t.may_use);
                    CHECK(sts != STS_ENFORCE || !t.may_use || t.level >= TRANSPORT_VERIFY);
                }
    CHECK(n > 1000);
}

TEST(names)
{
    enum transport_level level = TRANSPORT_MAY;

    CHECK_ST(transport_level_find(STR("DANE"), &level), ST_OK);
    CHECK(level == TRANSPORT_DANE && !strcmp(transport_level_name(level), "dane"));
    CHECK_ST(transport_level_find(STR("strict"), &level), ST_SYNTAX);
    CHECK_STR(str_z(tls_result_name(TLS_RESULT_NO_STARTTLS)), STR("starttls-not-supported"));
}
