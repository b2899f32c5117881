/* How an attempt went, as reports tell it (RFC 8460 section 4.2): by the policy that was applied. */
#include "courier/secure.h"
#include "courier/tls_reports.h"
#include "dns/rdata.h"

#define TLSA_LINES_MAX 16

/* The name that they stand at goes first: it is the domain of the policy (section 1.1). */
static struct str tlsa_lines(struct arena *a, const struct secure *x)
{
    struct str lines;
    struct buf b;

    buf_init(&b, 16384);
    if (x->tlsa_base.n)
        buf_addf(&b, TLS_SEEN_AT "%.*s\n", STR_ARGS(x->tlsa_base));
    for (size_t i = 0; i < x->n_tlsa && i < TLSA_LINES_MAX; i++) {
        const struct tls_tlsa *t = &x->tlsa[i];

        buf_addf(&b, "%u %u %u ", t->usage, t->selector, t->matching);
        for (size_t k = 0; k < t->data.n; k++)
            buf_addf(&b, "%02x", (unsigned char)t->data.p[k]);
        buf_addc(&b, '\n');
    }
    lines = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return lines;
}

/* Its lines end with CRLF. */
static struct str sts_lines(struct arena *a, const struct sts_policy *policy)
{
    struct str text = sts_policy_text(a, policy);
    char *p = arena_cstr(a, text);
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++)
        if (p[i] != '\r')
            p[n++] = p[i];
    return str_n(p, n);
}

/* "TO", or "TO FROM". */
static struct str addresses(struct arena *a, const struct secure *x, const struct secure_end *end)
{
    char to[ADDR_TEXT_MAX], from[ADDR_TEXT_MAX];

    if (!end->from.family)
        return arena_str(a, addr_host(&x->host->addr, to));
    return arena_printf(a, "%.*s %.*s", STR_ARGS(addr_host(&x->host->addr, to)), STR_ARGS(addr_host(&end->from, from)));
}

/* That the newest policy could not be had while an older one is followed is told beside how the session went (RFC 8461 section 6). */
static void count_problem(struct courier *c, const struct secure *x, struct tls_seen s)
{
    const struct sts_found *sts = &x->domain->sts;

    if (!sts->has_policy || sts->problem == TLS_RESULT_SUCCESSFUL)
        return;
    s.result = str_z(tls_result_name(sts->problem));
    s.address = STR_NONE;
    s.info = sts->problem_text;
    tls_reports_count(c, &s);
}

void tls_seen_count(struct courier *c, const struct secure *x, const struct secure_end *end)
{
    struct arena a = ARENA_INIT;
    bool is_good = end->result == TLS_RESULT_SUCCESSFUL, is_sts;
    bool is_tlsa = x->t.level == TRANSPORT_DANE || x->peer.n_tlsa || end->result == TLS_RESULT_TLSA_INVALID ||
                   end->result == TLS_RESULT_DNSSEC_INVALID || end->result == TLS_RESULT_DANE_REQUIRED;
    struct tls_seen s = {.domain = x->domain->name, .mx = x->host->name, .type = STR("no-policy-found")};

    if (x->domain->wish.ignores_policy) /* no policy was looked for; so go reports, which don't count (section 3) */
        return;
    if (is_tlsa)
        s.type = STR("tlsa");
    else if (x->domain->sts.has_policy || end->result >= TLS_RESULT_STS_FETCH)
        s.type = STR("sts");
    is_sts = !is_tlsa && x->domain->sts.has_policy;
    if (is_tlsa)
        s.policy = tlsa_lines(&a, x);
    else if (is_sts)
        s.policy = sts_lines(&a, &x->domain->sts.policy);
    if (is_sts)
        count_problem(c, x, s);
    if (!is_good) {
        s.result = str_z(tls_result_name(end->result));
        s.address = addresses(&a, x, end);
        s.info = end->result >= TLS_RESULT_STS_FETCH ? x->domain->sts.problem_text : end->text;
    }
    tls_reports_count(c, &s);
    arena_fini(&a);
}
