#include "doctor/compare.h"

#include "doctor/spf_glance.h"
#include "policy/dkim_record.h"

struct work {
    struct arena *a;
    const struct want *w;
    const struct facts *f;
    const struct world *all;
    const struct seen *seen; /* what stands at the record's own name */
};

const char *finding_name(enum finding_state state)
{
    static const char *const names[] = {"ok", "note", "missing", "wrong", "unknown"};

    return names[state];
}

static struct finding ok(const struct work *k)
{
    return (struct finding){.state = FINDING_OK, .seen = k->seen};
}

static struct finding found(const struct work *k, enum finding_state state, struct str cure)
{
    return (struct finding){.state = state, .seen = k->seen, .cure = cure};
}

#define SAY(k, state, ...) found((k), (state), arena_printf((k)->a, __VA_ARGS__))

static struct finding missing(const struct work *k)
{
    struct str line;
    struct buf b;

    buf_init(&b, 65536);
    want_print(k->w, &b);
    line = arena_printf(k->a, "add: %.*s", STR_ARGS(buf_str(&b)));
    buf_fini(&b);
    return found(k, FINDING_MISSING, line);
}

/* The records that begin with `tag`, which only one may do; the first one in *out. */
static size_t with_tag(const struct seen *s, struct str tag, struct str *out)
{
    size_t n = 0;

    for (size_t i = s->n; i-- > 0;)
        if (str_istarts(s->records[i], tag)) {
            *out = s->records[i];
            n++;
        }
    return n;
}

static struct str host_of_mx(struct str record)
{
    struct str host = str_from(record, str_find(record, ' ') + 1);

    return str_sub(host, 0, host.n - (host.n != 0));
}

/* --- addresses ------------------------------------------------------------------------------------------------- */

static bool is_known(const struct facts *f, struct str text)
{
    struct addr addr;

    if (addr_parse(text, 0, &addr) != ST_OK)
        return false;
    for (size_t i = 0; i < f->n_addresses; i++)
        if (addr_host_eq(&f->addresses[i], &addr))
            return true;
    for (size_t i = 0; i < f->n_sources; i++)
        if (addr_host_eq(&f->sources[i], &addr))
            return true;
    return false;
}

static struct finding host(const struct work *k)
{
    if (!world_has(k->seen, k->w->value))
        return missing(k);
    for (size_t i = 0; i < k->seen->n; i++)
        if (!is_known(k->f, k->seen->records[i]))
            return SAY(k, FINDING_NOTE, "%.*s has the address %.*s too, which is not this machine's as far as it knows",
                       STR_ARGS(k->w->name), STR_ARGS(k->seen->records[i]));
    return ok(k);
}

/* Another name that is to lead here, by whatever kind of record. */
static struct finding leads_here(const struct work *k)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};
    struct str target = str_sub(k->w->value, 0, k->w->value.n - 1);
    bool any = false;

    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        const struct seen *s = world_get(k->all, k->w->name, types[t]), *is = world_get(k->all, target, types[t]);

        for (size_t i = 0; i < s->n; i++) {
            any = true;
            if (!world_has(is, s->records[i]) && !is_known(k->f, s->records[i]))
                return SAY(k, FINDING_WRONG, "it leads to %.*s, which is not %.*s: set it to CNAME %.*s",
                           STR_ARGS(s->records[i]), STR_ARGS(target), STR_ARGS(k->w->value));
        }
    }
    return any ? ok(k) : missing(k);
}

/* --- MX -------------------------------------------------------------------------------------------------------------- */

static struct finding mx(const struct work *k)
{
    uint32_t ours = UINT32_MAX, best = UINT32_MAX, n;
    struct str other = STR_NONE;

    for (size_t i = 0; i < k->seen->n; i++) {
        struct str r = k->seen->records[i];

        if (str_u32(str_sub(r, 0, str_find(r, ' ')), 65535, &n) != ST_OK)
            continue;
        if (str_ieq(host_of_mx(r), k->f->host)) {
            ours = MIN(ours, n);
        } else if (n < best) {
            best = n;
            other = host_of_mx(r);
        }
    }
    if (ours == UINT32_MAX && !other.n)
        return missing(k);
    if (ours == UINT32_MAX)
        return SAY(k, FINDING_WRONG, "mail for %.*s goes to %.*s and not to this server: replace it by MX %.*s",
                   STR_ARGS(k->f->domain), STR_ARGS(other), STR_ARGS(k->w->value));
    if (best < ours)
        return SAY(k, FINDING_NOTE, "other servers try %.*s before this one", STR_ARGS(other));
    return ok(k);
}

/* --- who sends --------------------------------------------------------------------------------------------------- */

static bool mx_leads_here(const struct work *k)
{
    const struct seen *s = world_get(k->all, k->f->domain, DNS_MX);

    for (size_t i = 0; i < s->n; i++)
        if (str_ieq(host_of_mx(s->records[i]), k->f->host))
            return true;
    return false;
}

/* What "mx" and "a" of the server stand for is what the DNS has, not what the machine has. */
static bool is_of_host(const struct work *k, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    return world_has(world_get(k->all, k->f->host, addr->family == 4 ? DNS_A : DNS_AAAA), addr_host(addr, text));
}

/* The first address that letters leave from and that the record does not name; NULL: none. The name that they leave with has an
 * address record of its own, which is looked at for itself. */
static const struct addr *unnamed_source(const struct work *k, struct str record)
{
    bool is_ehlo = k->w->kind == WANT_KIND_HOST_SPF && str_ieq(k->w->name, k->f->ehlo);

    for (size_t i = 0; i < k->f->n_sources && (is_ehlo || k->w->kind == WANT_KIND_SPF); i++) {
        const struct addr *source = &k->f->sources[i];
        bool is_here = is_of_host(k, source);
        struct spf_glance_facts facts = {.name = k->w->name,
                                         .host = is_here                                       ? k->f->host
                                                 : is_ehlo && !str_ieq(k->w->name, k->f->host) ? k->w->name
                                                                                               : STR(""),
                                         .addresses = source,
                                         .n_addresses = 1,
                                         .mx_is_host = is_here && mx_leads_here(k)};

        if (addr_is_public(source) && spf_glance(record, &facts) == SPF_GLANCE_NO)
            return source;
    }
    return NULL;
}

static struct finding spf_of_sources(const struct work *k, struct str record)
{
    const struct addr *source = unnamed_source(k, record);
    char text[ADDR_TEXT_MAX];

    if (!source)
        return ok(k);
    return SAY(k, FINDING_WRONG,
               "letters leave from %.*s, which it does not name, and are suspect then: put ip%u:%.*s in front of its "
               "last word",
               STR_ARGS(addr_host(source, text)), source->family, STR_ARGS(addr_host(source, text)));
}

/* Where letters may leave from: that which is said, and for a family of which nothing is said what the machine has. */
static size_t senders(const struct facts *f, struct addr *out)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_sources; i++)
        out[n++] = f->sources[i];
    for (size_t i = 0; i < f->n_addresses; i++) {
        bool is_said = false;

        for (size_t k = 0; k < f->n_sources; k++)
            is_said = is_said || f->sources[k].family == f->addresses[i].family;
        if (!is_said)
            out[n++] = f->addresses[i];
    }
    return n;
}

static struct finding spf(const struct work *k)
{
    struct str record;
    size_t n = with_tag(k->seen, STR("v=spf1"), &record);
    struct addr from[FACTS_ADDRESSES_MAX + ARRAY_LEN(k->f->sources)];
    struct spf_glance_facts facts = {.name = k->w->name,
                                     .host = k->w->kind == WANT_KIND_HOST_SPF ? k->w->name : k->f->host,
                                     .addresses = from,
                                     .n_addresses = senders(k->f, from),
                                     .mx_is_host = mx_leads_here(k)};

    if (!n)
        return missing(k);
    if (n > 1)
        return SAY(k, FINDING_WRONG, "there are %zu SPF records, and none counts then (RFC 7208 4.5): leave one", n);
    switch (spf_glance(record, &facts)) {
    case SPF_GLANCE_YES: return spf_of_sources(k, record);
    case SPF_GLANCE_ANYBODY:
        return SAY(k, FINDING_WRONG, "it lets everybody send in this name: end it with ~all or -all");
    case SPF_GLANCE_PERHAPS:
        return SAY(k, FINDING_NOTE, "this server is allowed only if what the record includes names it");
    default:
        return SAY(k, FINDING_WRONG,
                   "it does not name this server, whose letters are suspect then: put %s in front of its last word",
                   k->w->kind == WANT_KIND_SPF ? "mx" : "a");
    }
}

static struct finding dkim(const struct work *k)
{
    struct str key = str_from(k->w->value, str_search(k->w->value, STR("p=")) + 2);

    if (!k->seen->n)
        return missing(k);
    for (size_t i = 0; i < k->seen->n; i++)
        if (dkim_record_has(k->seen->records[i], key))
            return k->seen->n == 1
                       ? ok(k)
                       : SAY(k, FINDING_WRONG, "there are several records at this name: leave the right one");
    return SAY(k, FINDING_WRONG, "it is another key, and letters are not signed with this one: replace it by \"%.*s\"",
               STR_ARGS(k->w->value));
}

/* The value of a tag in "v=DMARC1; p=none; ...". */
static struct str tag_of(struct str record, struct str tag)
{
    struct str part;

    while (str_split(&record, ';', &part)) {
        size_t at = str_find(part, '=');

        if (str_ieq(str_trim(str_sub(part, 0, at)), tag))
            return str_trim(str_from(part, at + 1));
    }
    return STR_NONE;
}

static struct finding dmarc(const struct work *k)
{
    struct str record, policy;
    size_t n = with_tag(k->seen, STR("v=DMARC1"), &record);

    if (!n)
        return missing(k);
    if (n > 1)
        return SAY(k, FINDING_WRONG, "there are %zu DMARC records, and none counts then: leave one", n);
    policy = tag_of(record, STR("p"));
    if (str_ieq(policy, STR("none")))
        return SAY(k, FINDING_NOTE,
                   "p=none: others take forged letters of the domain. When all its mail is signed, set p=quarantine or "
                   "p=reject");
    if (!str_ieq(policy, STR("quarantine")) && !str_ieq(policy, STR("reject")))
        return SAY(k, FINDING_WRONG, "it has no policy: p=none, p=quarantine or p=reject");
    return ok(k);
}

/* --- transport ------------------------------------------------------------------------------------------------------ */

static struct finding sts(const struct work *k)
{
    struct str record;
    size_t n = with_tag(k->seen, STR("v=STSv1"), &record);

    if (!n)
        return missing(k);
    if (n > 1)
        return SAY(k, FINDING_WRONG, "there are %zu records, and none counts then (RFC 8461 3.1): leave one", n);
    if (!str_eq(tag_of(record, STR("id")), tag_of(k->w->value, STR("id"))))
        return SAY(k, FINDING_WRONG,
                   "its id is that of another policy, so that others keep that one: set it to \"%.*s\"",
                   STR_ARGS(k->w->value));
    return ok(k);
}

static struct finding tlsrpt(const struct work *k)
{
    struct str record;
    size_t n = with_tag(k->seen, STR("v=TLSRPTv1"), &record);

    if (!n)
        return missing(k);
    if (n > 1 || !tag_of(record, STR("rua")).n)
        return SAY(k, FINDING_WRONG, "it must be one record, with rua=: \"%.*s\"", STR_ARGS(k->w->value));
    return ok(k);
}

static struct finding tlsa(const struct work *k)
{
    bool is_signed =
        world_get(k->all, k->f->host, DNS_A)->is_secure || world_get(k->all, k->f->host, DNS_AAAA)->is_secure;

    if (!k->seen->n && !is_signed)
        return SAY(k, FINDING_NOTE,
                   "%.*s is in no zone with DNSSEC, so TLSA records would not count: there is none, and none is needed",
                   STR_ARGS(k->f->host));
    if (!k->seen->n)
        return missing(k);
    if (world_has(k->seen, k->w->value))
        return ok(k);
    return SAY(k, is_signed ? FINDING_WRONG : FINDING_NOTE,
               "no 3 1 1 record is that of the certificate's key: unless another one fits, servers that use DANE "
               "deliver nothing. Add \"%.*s\" and take away what does not fit",
               STR_ARGS(k->w->value));
}

static struct finding caa(const struct work *k)
{
    bool restricts = false;

    for (size_t i = 0; i < k->seen->n; i++)
        restricts = restricts || str_search(k->seen->records[i], STR(" issue ")) < k->seen->records[i].n;
    if (!restricts)
        return missing(k);
    for (size_t i = 0; i < k->seen->n; i++)
        if (str_search(k->seen->records[i], k->f->issuer) < k->seen->records[i].n)
            return ok(k);
    return SAY(k, FINDING_WRONG, "the certificate is from %.*s, which may not make the next one: add CAA %.*s",
               STR_ARGS(k->f->issuer), STR_ARGS(k->w->value));
}

static struct finding srv(const struct work *k)
{
    struct str want = k->w->value, port_and_host = str_from(want, 4); /* behind "0 1 " */

    if (!k->seen->n)
        return missing(k);
    for (size_t i = 0; i < k->seen->n; i++)
        if (str_iends(k->seen->records[i], arena_printf(k->a, " %.*s", STR_ARGS(port_and_host))))
            return ok(k);
    return SAY(k, FINDING_WRONG, "mail programs are led to %.*s: set it to \"%.*s\"", STR_ARGS(k->seen->records[0]),
               STR_ARGS(want));
}

/* ----------------------------------------------------------------------------------------------------------------- */

void compare_wants(const struct want *w, const struct facts *f, struct world *s)
{
    world_want(s, w->name, w->type);
    if (w->type == DNS_CNAME) {
        world_want(s, w->name, DNS_A);
        world_want(s, w->name, DNS_AAAA);
    }
    world_want(s, f->host, DNS_A);
    world_want(s, f->host, DNS_AAAA);
    world_want(s, f->user_host, DNS_A);
    world_want(s, f->user_host, DNS_AAAA);
    world_want(s, f->domain, DNS_MX);
}

struct finding compare(struct arena *a, const struct want *w, const struct facts *f, const struct world *s)
{
    static struct finding (*const by_kind[WANT_KINDS])(const struct work *k) = {
        [WANT_KIND_HOST] = host,     [WANT_KIND_MX] = mx,
        [WANT_KIND_SPF] = spf,       [WANT_KIND_HOST_SPF] = spf,
        [WANT_KIND_DKIM] = dkim,     [WANT_KIND_DMARC] = dmarc,
        [WANT_KIND_STS] = sts,       [WANT_KIND_STS_HOST] = leads_here,
        [WANT_KIND_TLSRPT] = tlsrpt, [WANT_KIND_TLSA] = tlsa,
        [WANT_KIND_SRV] = srv,       [WANT_KIND_AUTOCONFIG] = leads_here,
        [WANT_KIND_CAA] = caa};
    struct work k = {.a = a, .w = w, .f = f, .all = s, .seen = world_get(s, w->name, w->type)};

    if (k.seen->status == SEEN_BOGUS)
        return SAY(&k, FINDING_WRONG,
                   "the answer fails DNSSEC: whoever checks that sees nothing of this name. Look at the zone's "
                   "signatures and the DS record");
    if (k.seen->status == SEEN_NO_ANSWER && w->type != DNS_CNAME)
        return SAY(&k, FINDING_UNKNOWN, "no name server answers just now");
    return by_kind[w->kind](&k);
}
