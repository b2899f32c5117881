/* How an attempt went, as reports tell it (RFC 8460 section 4.2): by the policy that was applied. */
#include "courier/secure.h"
#include "courier/tls_reports.h"
#include "dns/rdata.h"

#define TLSA_LINES_MAX 16

static struct str tlsa_lines(struct arena *a, const struct tls_peer *peer)
{
    struct str lines;
    struct buf b;

    buf_init(&b, 16384);
    for (size_t i = 0; i < peer->n_tlsa && i < TLSA_LINES_MAX; i++) {
        const struct tls_tlsa *t = &peer->tlsa[i];

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

void tls_seen_count(struct courier *c, const struct secure *x, const struct secure_end *end)
{
    struct arena a = ARENA_INIT;
    char address[ADDR_TEXT_MAX];
    bool is_good = end->result == TLS_RESULT_SUCCESSFUL;
    bool is_tlsa = x->t.level == TRANSPORT_DANE || x->peer.n_tlsa || end->result == TLS_RESULT_TLSA_INVALID ||
                   end->result == TLS_RESULT_DNSSEC_INVALID || end->result == TLS_RESULT_DANE_REQUIRED;
    struct tls_seen s = {.domain = x->domain->name, .mx = x->host->name, .type = STR("no-policy-found")};

    if (is_tlsa)
        s.type = STR("tlsa");
    else if (x->domain->sts.has_policy || end->result >= TLS_RESULT_STS_FETCH)
        s.type = STR("sts");
    if (is_tlsa)
        s.policy = tlsa_lines(&a, &x->peer);
    else if (x->domain->sts.has_policy)
        s.policy = sts_lines(&a, &x->domain->sts.policy);
    if (!is_good) {
        s.result = str_z(tls_result_name(end->result));
        s.address = addr_host(&x->host->addr, address);
        s.info = end->text;
    }
    tls_reports_count(c, &s);
    arena_fini(&a);
}
