#include "policy/transport.h"

static const char *const level_names[] = {
#define LEVEL(id, name, text) name,
#include "policy/transport_levels.def"
#undef LEVEL
};

static const char *const result_names[] = {
#define RESULT(id, name, text) name,
#include "policy/tls_results.def"
#undef RESULT
};

const char *transport_level_name(enum transport_level level)
{
    return level_names[level];
}

enum st transport_level_find(struct str name, enum transport_level *out)
{
    for (enum transport_level i = 0; i < TRANSPORT_LEVELS; i++)
        if (str_ieq(name, str_z(level_names[i]))) {
            *out = i;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "\"%.*s\" is none of none, may, encrypt, verify, dane", STR_ARGS(name));
}

const char *tls_result_name(enum tls_result r)
{
    return result_names[r];
}

/* --- verdicts ---------------------------------------------------------------------------------------------------- */

static struct transport use(enum transport_level level, const char *by)
{
    return (struct transport){.may_use = true, .level = level, .by = by};
}

static struct transport leave(const char *by, enum tls_result result, const char *status, const char *text)
{
    return (struct transport){.by = by, .result = result, .status = status, .text = text};
}

/* RFC 7672 section 2.1.2: who makes look-ups fail must not make DANE go away. */
static bool is_unanswered(const struct transport_facts *f, const char *by, struct transport *out)
{
    if (f->tlsa == TRANSPORT_TLSA_BOGUS)
        *out = leave(by, TLS_RESULT_DNSSEC_INVALID, "4.7.0",
                     ": the DNS answer about its TLSA records fails DNSSEC, so that it may not be used now");
    else if (f->tlsa == TRANSPORT_TLSA_UNKNOWN)
        *out = leave(by, TLS_RESULT_DNSSEC_INVALID, "4.4.3",
                     ": its TLSA records can't be found out, so that it may not be used now");
    return f->tlsa == TRANSPORT_TLSA_BOGUS || f->tlsa == TRANSPORT_TLSA_UNKNOWN;
}

static struct transport by_rule(const struct transport_facts *f)
{
    struct transport t;

    if (f->rule != TRANSPORT_DANE || f->tlsa == TRANSPORT_TLSA_USABLE)
        return use(f->rule, "rule");
    if (is_unanswered(f, "rule", &t))
        return t;
    return leave("rule", TLS_RESULT_DANE_REQUIRED, "4.7.5",
                 " has no TLSA records that can be used, and a rule of this server asks for DANE there");
}

/* RFC 8461 sections 4.1 and 5 */
static struct transport by_sts(const struct transport_facts *f)
{
    struct transport t;

    if (f->sts_names_host) {
        t = use(f->sts == STS_ENFORCE ? TRANSPORT_VERIFY : TRANSPORT_MAY, "sts");
        t.looks_only = f->sts == STS_TESTING;
        return t;
    }
    t = leave("sts", TLS_RESULT_VALIDATION, "4.7.5",
              " is not one of the servers that the MTA-STS policy of the domain lists");
    t.may_use = f->sts == STS_TESTING;
    t.level = TRANSPORT_MAY;
    return t;
}

/* What the domain has published; DANE goes before MTA-STS (RFC 8461 section 2). */
static struct transport by_policy(const struct transport_facts *f)
{
    struct transport t;

    if (f->tlsa == TRANSPORT_TLSA_USABLE)
        return use(TRANSPORT_DANE, "dane");
    if (is_unanswered(f, "dane", &t))
        return t;
    if (f->sts == STS_ENFORCE)
        return by_sts(f);
    if (f->tlsa == TRANSPORT_TLSA_UNUSABLE) { /* RFC 7672 section 2.2: TLS, although nothing can be checked */
        t = use(TRANSPORT_ENCRYPT, "dane");
        t.result = TLS_RESULT_TLSA_INVALID;
        return t;
    }
    return f->sts == STS_TESTING ? by_sts(f) : use(TRANSPORT_MAY, "opportunistic");
}

/* The name of the server has to be certain too, not its certificate only (RFC 8689 sections 2 and 4.2.1). */
static bool is_name_certain(const struct transport_facts *f)
{
    return f->is_mx_secure || (f->sts != STS_NONE && f->sts_names_host);
}

/* RFC 8689 section 4.2.1 */
static void raise(const struct transport_facts *f, struct transport *t)
{
    if (!is_name_certain(f)) {
        *t = leave("requiretls", TLS_RESULT_VALIDATION, "5.7.10",
                   ": neither DNSSEC nor an MTA-STS policy says that it is a server of the domain, and the letter "
                   "requires TLS (REQUIRETLS)");
        t->is_final = true;
    } else if (f->has_rule && f->rule < TRANSPORT_VERIFY) {
        *t = leave(
            "requiretls", TLS_RESULT_VALIDATION, "5.7.10",
            ": a rule of this server lets its certificate go unchecked, and the letter requires TLS (REQUIRETLS)");
        t->is_final = true;
    } else if (t->level < TRANSPORT_VERIFY) {
        *t = use(TRANSPORT_VERIFY, "requiretls");
    }
}

void transport_decide(const struct transport_facts *f, struct transport *out)
{
    struct transport t;

    if (f->has_rule)
        t = by_rule(f);
    else if (f->ignores_policy) /* RFC 8689 section 4.2.2 */
        t = use(TRANSPORT_MAY, "tls-required: no");
    else
        t = by_policy(f);
    if (f->needs_tls && t.may_use)
        raise(f, &t);
    t.is_qualified = t.may_use && t.level >= TRANSPORT_VERIFY && is_name_certain(f);
    *out = t;
}
