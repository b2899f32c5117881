#include "doctor/wants.h"

#define TTL 3600
#define STRING_MAX 255 /* of one string of a TXT record */

static const struct {
    enum want_level level;
    enum dns_type type;
    const char *why;
} kinds[] = {
#define WANT(kind, level, type, why) {WANT_##level, DNS_##type, why},
#include "doctor/wants.def"
#undef WANT
};

enum want_level want_level(enum want_kind kind)
{
    return kinds[kind].level;
}

const char *want_level_name(enum want_level level)
{
    static const char *const names[] = {"must", "should", "may"};

    return names[level];
}

const char *want_why(enum want_kind kind)
{
    return kinds[kind].why;
}

struct list_of {
    struct arena *a;
    struct want *v;
    size_t n;
};

static void add_typed(struct list_of *l, enum want_kind kind, enum dns_type type, struct str name, struct str value)
{
    if (l->n < WANTS_MAX)
        l->v[l->n++] = (struct want){.kind = kind, .type = type, .name = name, .value = value};
}

static void add(struct list_of *l, enum want_kind kind, struct str name, struct str value)
{
    add_typed(l, kind, kinds[kind].type, name, value);
}

static struct str below(struct arena *a, const char *label, struct str domain)
{
    return arena_printf(a, "%s.%.*s", label, STR_ARGS(domain));
}

static struct str dotted(struct arena *a, struct str name)
{
    return arena_printf(a, "%.*s.", STR_ARGS(name));
}

static void address(struct list_of *l, struct str name, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    add_typed(l, WANT_KIND_HOST, addr->family == 4 ? DNS_A : DNS_AAAA, name, arena_str(l->a, addr_host(addr, text)));
}

/* The name in EHLO leads to where letters leave from. */
static void addresses(struct list_of *l, const struct facts *f)
{
    for (size_t i = 0; i < f->n_addresses; i++)
        address(l, f->host, &f->addresses[i]);
    if (str_ieq(f->ehlo, f->host))
        return;
    for (size_t i = 0; i < f->n_sources; i++)
        if (addr_is_public(&f->sources[i]))
            address(l, f->ehlo, &f->sources[i]);
    for (size_t i = 0; !f->n_sources && i < f->n_addresses; i++)
        address(l, f->ehlo, &f->addresses[i]);
}

/* Who sends through a smarthost has to name that one too; it says how itself. */
static struct str spf_text(struct arena *a, const struct facts *f, bool has_sources, const char *who, const char *all)
{
    struct str text = arena_printf(a, "v=spf1 %s", who);
    char address[ADDR_TEXT_MAX];

    for (size_t i = 0; has_sources && i < f->n_sources; i++)
        if (addr_is_public(&f->sources[i]))
            text = arena_printf(a, "%.*s ip%u:%.*s", STR_ARGS(text), f->sources[i].family,
                                STR_ARGS(addr_host(&f->sources[i], address)));
    return arena_printf(a, "%.*s %s", STR_ARGS(text), all);
}

static void senders(struct list_of *l, const struct facts *f)
{
    add(l, WANT_KIND_SPF, f->domain, spf_text(l->a, f, true, "mx", "~all"));
    if (!str_ieq(f->host, f->domain))
        add(l, WANT_KIND_HOST_SPF, f->host, spf_text(l->a, f, str_ieq(f->ehlo, f->host), "a", "-all"));
    if (!str_ieq(f->ehlo, f->host) && !str_ieq(f->ehlo, f->domain))
        add(l, WANT_KIND_HOST_SPF, f->ehlo, spf_text(l->a, f, true, "a", "-all"));
}

static void keys(struct list_of *l, const struct facts *f)
{
    for (size_t i = 0; i < f->n_keys; i++)
        add(l, WANT_KIND_DKIM, f->keys[i].name, f->keys[i].text);
}

static void transport(struct list_of *l, const struct facts *f)
{
    if (f->sts_record.n) {
        add(l, WANT_KIND_STS, below(l->a, "_mta-sts", f->domain), f->sts_record);
        add(l, WANT_KIND_STS_HOST, below(l->a, "mta-sts", f->domain), dotted(l->a, f->host));
    }
    if (f->reports_to.n)
        add(l, WANT_KIND_TLSRPT, below(l->a, "_smtp._tls", f->domain),
            arena_printf(l->a, "v=TLSRPTv1; rua=mailto:%.*s", STR_ARGS(f->reports_to)));
    if (f->spki.n)
        add(l, WANT_KIND_TLSA, below(l->a, "_25._tcp", f->host), arena_printf(l->a, "3 1 1 %.*s", STR_ARGS(f->spki)));
}

/* RFC 6186 section 3.4: "." says that there is no such service. */
static void services(struct list_of *l, const struct facts *f)
{
    static const struct {
        const char *label;
        enum config_protocol protocol;
        enum config_security security;
    } rows[] = {{"_submissions._tcp", PROTOCOL_SUBMISSION, SECURITY_TLS},
                {"_submission._tcp", PROTOCOL_SUBMISSION, SECURITY_STARTTLS},
                {"_imaps._tcp", PROTOCOL_IMAP, SECURITY_TLS},
                {"_imap._tcp", PROTOCOL_IMAP, SECURITY_STARTTLS},
                {"_pop3s._tcp", PROTOCOL_POP3, SECURITY_TLS},
                {"_pop3._tcp", PROTOCOL_POP3, SECURITY_STARTTLS}};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint16_t port = 0;
        bool is_on = facts_listens(f->set, rows[i].protocol, rows[i].security, &port);

        add(l, WANT_KIND_SRV, below(l->a, rows[i].label, f->domain),
            is_on ? arena_printf(l->a, "0 1 %u %.*s.", port, STR_ARGS(f->user_host)) : STR("0 0 0 ."));
    }
}

static struct list_of list_new(struct arena *a)
{
    return (struct list_of){.a = a, .v = ARENA_ARRAY(a, struct want, WANTS_MAX)};
}

struct want *wants_of(struct arena *a, const struct facts *f, size_t *out_n)
{
    struct list_of l = list_new(a);

    addresses(&l, f);
    add(&l, WANT_KIND_MX, f->domain, arena_printf(a, "10 %.*s.", STR_ARGS(f->host)));
    senders(&l, f);
    keys(&l, f);
    add(&l, WANT_KIND_DMARC, below(a, "_dmarc", f->domain), STR("v=DMARC1; p=quarantine"));
    transport(&l, f);
    services(&l, f);
    add(&l, WANT_KIND_AUTOCONFIG, below(a, "autoconfig", f->domain), dotted(a, f->user_host));
    add(&l, WANT_KIND_AUTOCONFIG, below(a, "autodiscover", f->domain), dotted(a, f->user_host));
    if (f->issuer.n)
        add(&l, WANT_KIND_CAA, f->domain, arena_printf(a, "0 issue \"%.*s\"", STR_ARGS(f->issuer)));
    *out_n = l.n;
    return l.v;
}

struct want *wants_of_keys(struct arena *a, const struct facts *f, size_t *out_n)
{
    struct list_of l = list_new(a);

    keys(&l, f);
    *out_n = l.n;
    return l.v;
}

/* --- as a zone file ------------------------------------------------------------------------------------------- */

static void put_strings(struct buf *out, struct str text)
{
    for (size_t at = 0; at == 0 || at < text.n; at += STRING_MAX) {
        struct str piece = str_sub(text, at, STRING_MAX);

        buf_addz(out, at ? " \"" : "\"");
        for (size_t i = 0; i < piece.n; i++) {
            if (piece.p[i] == '"' || piece.p[i] == '\\')
                buf_addc(out, '\\');
            buf_addc(out, piece.p[i]);
        }
        buf_addc(out, '"');
    }
}

void want_print(const struct want *w, struct buf *out)
{
    buf_addf(out, "%.*s. %u IN %s ", STR_ARGS(w->name), TTL, dns_type_name(w->type));
    if (w->type == DNS_TXT)
        put_strings(out, w->value);
    else
        buf_add(out, w->value);
}

static bool is_within(struct str name, struct str domain)
{
    return str_ieq(name, domain) ||
           (name.n > domain.n && str_iends(name, domain) && name.p[name.n - domain.n - 1] == '.');
}

static void put_name(struct arena *a, const struct addr *addr, struct str name, struct buf *out)
{
    struct str bytes = str_n((const char *)addr->bytes, addr->family == 4 ? 4 : 16);

    buf_addf(out, "; %.*s. %u IN PTR %.*s.\n", STR_ARGS(dns_reverse_name(a, bytes)), TTL, STR_ARGS(name));
}

static bool is_source(const struct facts *f, const struct addr *addr)
{
    for (size_t i = 0; i < f->n_sources; i++)
        if (addr_host_eq(&f->sources[i], addr))
            return true;
    return false;
}

static void put_reverse(const struct facts *f, struct buf *out)
{
    struct arena a = ARENA_INIT;

    buf_addz(out, "\n; The names of the addresses. They are set where the addresses come from, at the provider; "
                  "without them many servers take no mail.\n");
    for (size_t i = 0; i < f->n_addresses; i++)
        if (!is_source(f, &f->addresses[i]))
            put_name(&a, &f->addresses[i], f->n_sources ? f->host : f->ehlo, out);
    for (size_t i = 0; i < f->n_sources; i++)
        if (addr_is_public(&f->sources[i]))
            put_name(&a, &f->sources[i], f->ehlo, out);
    arena_fini(&a);
}

void wants_print(const struct facts *f, const struct want *w, size_t n, struct buf *out)
{
    buf_addf(out, "; What %.*s wants in the DNS.\n", STR_ARGS(f->domain));
    if (!f->n_addresses)
        buf_addf(
            out,
            "; This machine does not know its public addresses: add A and AAAA of %.*s, or name them with --address.\n",
            STR_ARGS(f->host));
    if (!f->reports_to.n)
        buf_addf(
            out,
            "; An address tls-reports@%.*s (restante alias add), and others report when TLS to this server fails.\n",
            STR_ARGS(f->domain));
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || w[i].kind != w[i - 1].kind)
            buf_addf(out, "\n; %s\n", want_why(w[i].kind));
        if (!is_within(w[i].name, f->domain))
            buf_addf(out, "; in the zone of %.*s: ", STR_ARGS(w[i].name));
        want_print(&w[i], out);
        buf_addc(out, '\n');
    }
    if (f->n_addresses || f->n_sources)
        put_reverse(f, out);
}
