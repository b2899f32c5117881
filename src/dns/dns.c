/* One question, one answer; each type reads its own records. */
#include "dns/dns.h"

#include "ipc/lists.h"

#define RDATA_MOST 4096 /* records in an answer of the resolver */
#define AGAIN_MOST_MS                                                                                                  \
    60000 /* so long an answer is given again, within its TTL, where the link remembers (ipc_ask_again) */

struct raw {
    struct str *rdata;
    size_t n;
};

static uint64_t good_ms(const void *answer)
{
    const struct msg_dns_answer *m = answer;
    bool is_known = m->status == ST_OK || m->status == ST_NOTFOUND;

    return is_known ? MIN((uint64_t)m->ttl * 1000, (uint64_t)AGAIN_MOST_MS) : 0;
}

static uint32_t ttl_left(uint32_t ttl, uint64_t age_ms)
{
    uint64_t age = (age_ms + 999) / 1000;

    return age < ttl ? (uint32_t)(ttl - age) : 0;
}

static enum st ask(struct ipc *resolver, struct arena *a, struct str name, enum dns_type type, mono_ms deadline,
                   struct dns *out, struct raw *raw) SUSPENDS
{
    struct msg_dns_ask q = {.type = (uint32_t)type};
    struct msg_dns_answer m;
    uint64_t age_ms = 0;
    enum st st;

    *out = (struct dns){0};
    TRY(dns_ascii_name(a, name, &q.name));
    st = ipc_ask_again(resolver, MSG_dns_ask, &q, MSG_dns_answer, a, &m, &age_ms, deadline, good_ms);
    if (st == ST_CANCELED)
        return st;
    if (st != ST_OK)
        return FAIL(ST_TRYLATER, "no answer from the resolver about %.*s", STR_ARGS(name));
    *out = (struct dns){.secure = m.secure, .ttl = ttl_left(m.ttl, age_ms), .canonical = m.canonical};
    switch (m.status) {
    case ST_OK: return words_get(m.rdata, a, RDATA_MOST, &raw->rdata, &raw->n);
    case ST_NOTFOUND: return FAIL(ST_NOTFOUND, "%.*s has no such record", STR_ARGS(name));
    case ST_CORRUPT: return FAIL(ST_CORRUPT, "the answer about %.*s fails DNSSEC", STR_ARGS(name));
    case ST_SYNTAX: return FAIL(ST_SYNTAX, "%.*s is no name", STR_ARGS(name));
    default: return FAIL(ST_TRYLATER, "the name servers of %.*s give no answer", STR_ARGS(name));
    }
}

/* Reads each record by `value` into an array of elements of `size` bytes; malformed ones are left out, unless all are. */
static enum st read_all(struct arena *a, const struct raw *raw, size_t size,
                        enum st (*value)(struct arena *a, struct str rdata, void *out), void *out_list, size_t *out_n)
{
    size_t n = 0, most = MIN(raw->n, (size_t)DNS_RECORDS_MAX);
    char *list = arena_alloc(a, MAX(most, 1) * size);

    for (size_t i = 0; i < raw->n && n < most; i++)
        n += value(a, raw->rdata[i], list + n * size) == ST_OK;
    if (!n)
        return FAIL(ST_SYNTAX, "none of the %zu records can be read", raw->n);
    *(void **)out_list = list;
    *out_n = n;
    return ST_OK;
}

static enum st read_mx(struct arena *a, struct str rdata, void *out)
{
    return dns_read_mx(a, rdata, out);
}

static enum st read_txt(struct arena *a, struct str rdata, void *out)
{
    return dns_read_txt(a, rdata, out);
}

static enum st read_tlsa(struct arena *a, struct str rdata, void *out)
{
    (void)a;
    return dns_read_tlsa(rdata, out);
}

static enum st read_name(struct arena *a, struct str rdata, void *out)
{
    return dns_read_name(a, rdata, out);
}

static enum st read_addr4(struct arena *a, struct str rdata, void *out)
{
    (void)a;
    ((struct dns_addr *)out)->bytes = rdata;
    return rdata.n == 4 ? ST_OK : ST_SYNTAX;
}

static enum st read_addr6(struct arena *a, struct str rdata, void *out)
{
    (void)a;
    ((struct dns_addr *)out)->bytes = rdata;
    return rdata.n == 16 ? ST_OK : ST_SYNTAX;
}

enum st dns_mx(struct ipc *resolver, struct arena *a, struct str domain, mono_ms deadline, struct dns *out,
               struct dns_mx **out_mx, size_t *out_n)
{
    struct raw raw;

    TRY(ask(resolver, a, domain, DNS_MX, deadline, out, &raw));
    return read_all(a, &raw, sizeof **out_mx, read_mx, out_mx, out_n);
}

enum st dns_addrs(struct ipc *resolver, struct arena *a, struct str host, enum dns_type a_or_aaaa, mono_ms deadline,
                  struct dns *out, struct dns_addr **out_addrs, size_t *out_n)
{
    struct raw raw;

    TRY(ask(resolver, a, host, a_or_aaaa, deadline, out, &raw));
    return read_all(a, &raw, sizeof **out_addrs, a_or_aaaa == DNS_A ? read_addr4 : read_addr6, out_addrs, out_n);
}

enum st dns_txt(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                struct str **out_txt, size_t *out_n)
{
    struct raw raw;

    TRY(ask(resolver, a, name, DNS_TXT, deadline, out, &raw));
    return read_all(a, &raw, sizeof **out_txt, read_txt, out_txt, out_n);
}

enum st dns_tlsa(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                 struct dns_tlsa **out_tlsa, size_t *out_n)
{
    struct raw raw;

    TRY(ask(resolver, a, name, DNS_TLSA, deadline, out, &raw));
    return read_all(a, &raw, sizeof **out_tlsa, read_tlsa, out_tlsa, out_n);
}

enum st dns_cname(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                  struct str *out_target)
{
    struct str *targets;
    struct raw raw;
    size_t n;

    TRY(ask(resolver, a, name, DNS_CNAME, deadline, out, &raw));
    TRY(read_all(a, &raw, sizeof *targets, read_name, &targets, &n));
    *out_target = targets[0];
    return ST_OK;
}

enum st dns_ptr(struct ipc *resolver, struct arena *a, struct str bytes, mono_ms deadline, struct dns *out,
                struct str **out_names, size_t *out_n)
{
    struct raw raw;

    TRY(ask(resolver, a, dns_reverse_name(a, bytes), DNS_PTR, deadline, out, &raw));
    return read_all(a, &raw, sizeof **out_names, read_name, out_names, out_n);
}
