#include "doctor/facts.h"

#include "admin/command.h"

#include "base/buf.h"
#include "dns/rdata.h"
#include "policy/sts_ours.h"

#include <ifaddrs.h>
#include <jansson.h>
#include <net/if.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#define REPORTS "tls-reports" /* the local part of who gets reports about TLS */

/* --- from the directory ---------------------------------------------------------------------------------------- */

static enum st ask(const struct admin_doctor *d, struct str noun, struct str verb, struct str domain, json_t **out)
{
    struct str words[] = {noun, verb, domain}, json;

    TRY(d->ask(d->arg, words, ARRAY_LEN(words), &json));
    *out = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    return *out ? ST_OK : FAIL(ST_INTERNAL, "the server's answer is no JSON");
}

/* The text of a line of a zone file: its strings without their quotes. Ours have none inside. */
static struct str text_of_line(struct arena *a, struct str line)
{
    struct str text;
    struct buf b;

    buf_init(&b, 8192);
    line = str_from(line, str_find(line, '"'));
    while (line.n > 1) {
        line = str_from(line, 1);
        buf_add(&b, str_sub(line, 0, str_find(line, '"')));
        line = str_from(line, str_find(line, '"') + 1);
        line = str_from(line, str_find(line, '"'));
    }
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}

static void take_keys(struct arena *a, const json_t *o, struct facts *f)
{
    const json_t *key;
    size_t i;

    json_array_foreach(json_object_get(o, "keys"), i, key)
    {
        struct str line = str_z(json_string_value(json_object_get(key, "record")));
        struct str name = str_sub(line, 0, str_find(line, ' '));

        if (!name.n || f->n_keys == FACTS_KEYS_MAX)
            continue;
        f->keys[f->n_keys++] = (struct facts_key){arena_str(a, str_sub(name, 0, name.n - 1)), text_of_line(a, line)};
    }
}

/* An alias or an account of that name takes the reports. */
static enum st find_reports(const struct admin_doctor *d, struct arena *a, struct str domain, struct str noun,
                            const char *list, const char *member, struct facts *f)
{
    struct str want = arena_printf(a, REPORTS "@%.*s", STR_ARGS(f->domain));
    const json_t *row;
    json_t *o;
    size_t i;

    TRY(ask(d, noun, STR("list"), domain, &o));
    json_array_foreach(json_object_get(o, list), i,
                       row) if (str_ieq(str_z(json_string_value(json_object_get(row, member))), want)) f->reports_to =
        want;
    json_decref(o);
    return ST_OK;
}

/* In place of the one of that family. */
static void set_source(struct facts *f, const struct addr *addr)
{
    size_t i = 0;

    while (i < f->n_sources && f->sources[i].family != addr->family)
        i++;
    if (i == ARRAY_LEN(f->sources))
        return;
    f->sources[i] = *addr;
    f->n_sources = MAX(f->n_sources, i + 1);
}

static void identity_of_server(const struct settings *set, struct facts *f)
{
    for (size_t i = 0; i < set->courier_source.n; i++) {
        struct addr addr = addr_from_sockaddr(&set->courier_source.v[i].sa, set->courier_source.v[i].len);

        set_source(f, &addr);
    }
    f->ehlo = set->courier_ehlo.n ? set->courier_ehlo : f->host;
}

bool facts_identity(struct arena *a, const struct json_t *o, struct facts *f)
{
    const char *ehlo = json_string_value(json_object_get(o, "ehlo"));
    const json_t *text;
    struct addr addr;
    size_t i;

    json_array_foreach(json_object_get(o, "source"), i, text)
    {
        if (json_is_string(text) && addr_parse(str_z(json_string_value(text)), 0, &addr) == ST_OK)
            set_source(f, &addr);
    }
    if (ehlo && *ehlo)
        f->ehlo = arena_str(a, str_z(ehlo));
    return json_array_size(json_object_get(o, "source")) || (ehlo && *ehlo);
}

static enum st from_directory(const struct admin_doctor *d, struct arena *a, struct str domain, struct facts *f)
{
    struct sts_policy policy;
    enum sts_mode mode;
    json_t *o;

    TRY(dns_ascii_name(a, domain, &f->domain));
    TRY(ask(d, STR("domain"), STR("show"), domain, &o));
    if (sts_mode_parse(str_z(json_string_value(json_object_get(o, "mta_sts"))), &mode) == ST_OK && mode != STS_NONE) {
        sts_ours(a, mode, d->set->host_name, &policy);
        f->sts_record = sts_record_text(a, policy.id);
    }
    facts_identity(a, o, f);
    json_decref(o);
    TRY(ask(d, STR("dkim"), STR("show"), domain, &o));
    take_keys(a, o, f);
    json_decref(o);
    TRY(find_reports(d, a, domain, STR("alias"), "aliases", "alias", f));
    return f->reports_to.n ? ST_OK : find_reports(d, a, domain, STR("account"), "accounts", "address", f);
}

/* --- addresses -------------------------------------------------------------------------------------------------- */

static void add_address(struct facts *f, const struct addr *addr)
{
    for (size_t i = 0; i < f->n_addresses; i++)
        if (addr_host_eq(&f->addresses[i], addr))
            return;
    if (f->n_addresses < FACTS_ADDRESSES_MAX)
        f->addresses[f->n_addresses++] = *addr;
}

static void from_interfaces(struct facts *f)
{
    struct ifaddrs *list, *i;

    if (getifaddrs(&list) != 0)
        return;
    for (i = list; i; i = i->ifa_next) {
        size_t n = !i->ifa_addr                         ? 0
                   : i->ifa_addr->sa_family == AF_INET  ? sizeof(struct sockaddr_in)
                   : i->ifa_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                        : 0;
        struct addr addr = n ? addr_from_sockaddr(i->ifa_addr, n) : (struct addr){0};

        addr.port = 0;
        if ((i->ifa_flags & IFF_UP) && addr_is_public(&addr))
            add_address(f, &addr);
    }
    freeifaddrs(list);
}

static enum st find_addresses(const struct admin_args *args, struct facts *f)
{
    for (size_t i = 0; i < args->n_options; i++) {
        struct addr addr;

        if (!str_eq(args->options[i].name, STR("address")))
            continue;
        TRY(addr_parse(args->options[i].value, 0, &addr));
        add_address(f, &addr);
    }
    if (!f->n_addresses)
        from_interfaces(f);
    return ST_OK;
}

/* --- the certificate ---------------------------------------------------------------------------------------------- */

static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    X509 *x = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;

    if (file)
        fclose(file);
    ERR_clear_error();
    return x;
}

static void take_certificate(struct arena *a, X509 *x, struct facts *f)
{
    static const struct {
        const char *organisation, *word;
    } authorities[] = {
#define AUTHORITY(organisation, word) {organisation, word},
#include "doctor/authorities.def"
#undef AUTHORITY
    };
    unsigned char digest[32], *der = NULL;
    char issuer[256] = "";
    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
    struct buf b;

    buf_init(&b, 128);
    if (n > 0 && EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1)
        for (size_t i = 0; i < sizeof digest; i++)
            buf_addf(&b, "%02x", digest[i]);
    f->spki = arena_str(a, buf_str(&b));
    buf_fini(&b);
    OPENSSL_free(der);
    X509_NAME_get_text_by_NID(X509_get_issuer_name(x), NID_organizationName, issuer, sizeof issuer);
    for (size_t i = 0; i < ARRAY_LEN(authorities); i++)
        if (strcmp(issuer, authorities[i].organisation) == 0)
            f->issuer = str_z(authorities[i].word);
}

/* The one that others are shown when they come for the server's name; else the first. */
static void find_certificate(struct arena *a, struct facts *f)
{
    X509 *best = NULL;

    for (size_t i = 0; i < f->set->tls_count; i++) {
        X509 *x = read_certificate(f->set->tls[i].certificate.p);
        bool fits = x && X509_check_host(x, f->host.p, f->host.n, 0, NULL) == 1;

        if (!x || (best && !fits)) {
            X509_free(x);
            continue;
        }
        X509_free(best);
        best = x;
        if (fits)
            break;
    }
    if (best)
        take_certificate(a, best, f);
    X509_free(best);
    ERR_clear_error();
}

enum st facts_certificate(const char *path, struct facts_certificate *out)
{
    X509 *x = read_certificate(path);
    int days = 0, seconds = 0;

    if (!x)
        return FAIL(ST_IO, "%s can't be read", path);
    ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x));
    *out = (struct facts_certificate){.days = seconds < 0 && days == 0 ? -1 : days,
                                      .is_self_signed =
                                          X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0};
    X509_free(x);
    ERR_clear_error();
    return ST_OK;
}

/* --- all together --------------------------------------------------------------------------------------------------- */

bool facts_listens(const struct settings *set, enum config_protocol protocol, enum config_security security,
                   uint16_t *out_port)
{
    for (size_t i = 0; i < set->listener_count; i++) {
        const struct config_listener *l = &set->listeners[i];

        if (l->protocol != protocol || l->security != security)
            continue;
        *out_port = ntohs(l->address.v[0].sa.sa_family == AF_INET6 ? l->address.v[0].in6.sin6_port
                                                                   : l->address.v[0].in.sin_port);
        return true;
    }
    return false;
}

enum st facts_of_server(const struct admin_doctor *d, struct arena *a, struct facts *out)
{
    struct facts f = {.set = d->set};

    TRY(dns_ascii_name(a, d->set->host_name, &f.host));
    f.user_host = f.host;
    if (d->set->host_for_users.n)
        TRY(dns_ascii_name(a, d->set->host_for_users, &f.user_host));
    identity_of_server(d->set, &f);
    TRY(find_addresses(d->args, &f));
    find_certificate(a, &f);
    *out = f;
    return ST_OK;
}

enum st facts_gather(const struct admin_doctor *d, struct arena *a, struct str domain, struct facts *out)
{
    struct facts f;

    TRY(facts_of_server(d, a, &f));
    TRY(from_directory(d, a, domain, &f));
    *out = f;
    return ST_OK;
}
