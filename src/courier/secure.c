#include "courier/secure.h"
#include "courier/tls_reports.h"

#include "mime/header.h"

#define TLSA_MAX 64 /* records of one server; further ones are left out */

/* --- what a letter wants --------------------------------------------------------------------------------------------- */

static bool has_attr(const struct letter *l, struct str name)
{
    for (size_t i = 0; i < l->work.n_attrs; i++)
        if (str_ieq(l->work.attrs[i].name, name))
            return true;
    return false;
}

/* RFC 8689 section 3: the field stands once, or says nothing. */
static bool says_no(struct str bytes)
{
    struct mime_field f;
    size_t pos = 0, n = 0;
    bool is_no = false;

    while (mime_header_next(bytes, &pos, &f))
        if (str_ieq(f.name, STR("TLS-Required"))) {
            is_no = str_ieq(str_trim(f.value), STR("No"));
            n++;
        }
    return n == 1 && is_no;
}

void secure_wish(const struct letter *l, struct str bytes, struct secure_wish *out)
{
    bool is_required = has_attr(l, STR("REQUIRETLS"));

    out->needs_tls = is_required && l->work.reverse_path.n; /* section 5: a notice is not lost for it */
    out->ignores_policy = !is_required && says_no(bytes);
}

/* --- what holds for a domain ----------------------------------------------------------------------------------------- */

static uint64_t rule_good_ms(const void *answer)
{
    return courier_again_ms(((const struct msg_transport_answer *)answer)->status);
}

static enum st ask_rule(struct courier *c, struct arena *a, struct secure_domain *d) SUSPENDS
{
    struct msg_transport_ask ask = {.domain = d->name};
    struct msg_transport_answer answer;

    enum st st = IPC_ASK_AGAIN(courier_keeper(c), transport_ask, &ask, transport_answer, a, &answer,
                               deadline_in(COURIER_ASK_MS), rule_good_ms);

    if (st == ST_OK && answer.status == ST_NOTFOUND)
        return ST_OK;
    if (st != ST_OK || answer.status != ST_OK)
        return FAIL(ST_TRYLATER, "the rules for %.*s can't be looked up", STR_ARGS(d->name));
    TRY(transport_level_find(answer.tls, &d->rule));
    d->has_rule = true;
    return ST_OK;
}

enum st secure_domain(struct courier *c, struct arena *a, struct str domain, const struct secure_wish *wish,
                      struct secure_domain *out)
{
    struct addr addr;

    *out = (struct secure_domain){.wish = *wish};
    if (addr_parse(domain, 0, &addr) == ST_OK ||
        dns_ascii_name(a, domain, &out->name) != ST_OK) { /* an address: there are neither rules nor policies for it */
        out->name = domain;
        return ST_OK;
    }
    TRY(ask_rule(c, a, out));
    if ((out->has_rule && !wish->needs_tls) || wish->ignores_policy)
        return ST_OK;
    return sts_find(c, out->name, a, &out->sts);
}

/* --- TLSA records ----------------------------------------------------------------------------------------------------- */

struct host_tlsa {
    enum transport_tlsa state;
    struct str base;          /* where they stand */
    struct tls_tlsa *records; /* as they are */
    size_t n;
};

static enum transport_tlsa take_records(struct courier *c, struct arena *keep, const struct dns_tlsa *v, size_t n,
                                        struct host_tlsa *out)
{
    out->n = MIN(n, (size_t)TLSA_MAX);
    out->records = ARENA_ARRAY(keep, struct tls_tlsa, MAX(out->n, 1));
    for (size_t i = 0; i < out->n; i++)
        out->records[i] = (struct tls_tlsa){v[i].usage, v[i].selector, v[i].matching, arena_str(keep, v[i].data)};
    return tls_client_usable(c->tls, out->records, out->n) ? TRANSPORT_TLSA_USABLE : TRANSPORT_TLSA_UNUSABLE;
}

static enum transport_tlsa ask_tlsa(struct courier *c, struct arena *keep, struct str base, uint16_t port,
                                    struct host_tlsa *out) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str name = arena_printf(&a, "_%u._tcp.%.*s", port, STR_ARGS(base));
    struct dns_tlsa *records = NULL;
    enum transport_tlsa state;
    struct dns d;
    size_t n = 0;
    enum st st = dns_tlsa(courier_resolver(c), &a, name, deadline_in(COURIER_DNS_MS), &d, &records, &n);

    if (st == ST_CORRUPT)
        state = TRANSPORT_TLSA_BOGUS;
    else if (st == ST_NOTFOUND || ((st == ST_OK || st == ST_SYNTAX) && !d.secure))
        state = TRANSPORT_TLSA_ABSENT;
    else if (st == ST_OK || st == ST_SYNTAX) /* SYNTAX: none can be read */
        state = take_records(c, keep, records, st == ST_OK ? n : 0, out);
    else
        state = TRANSPORT_TLSA_UNKNOWN;
    out->base = arena_str(keep, base);
    arena_fini(&a);
    return state;
}

/* Behind an alias that leads out of what is secured, the records may still stand at the alias, if that is secured (RFC 7672 section 2.2.3). */
static enum transport_tlsa ask_at_alias(struct courier *c, struct arena *keep, const struct route_host *h,
                                        struct str name, struct host_tlsa *out) SUSPENDS
{
    struct arena a = ARENA_INIT;
    enum transport_tlsa state = TRANSPORT_TLSA_UNASKED;
    struct str target;
    struct dns d;
    enum st st = dns_cname(courier_resolver(c), &a, name, deadline_in(COURIER_DNS_MS), &d, &target);

    if (st == ST_CORRUPT)
        state = TRANSPORT_TLSA_BOGUS;
    else if (st == ST_OK && d.secure)
        state = ask_tlsa(c, keep, name, h->addr.port, out);
    else if (st != ST_OK && st != ST_NOTFOUND && st != ST_SYNTAX)
        state = TRANSPORT_TLSA_UNKNOWN;
    arena_fini(&a);
    return state;
}

/* Where they may stand, in order: at the end of the aliases, if all of them are secured, and at the server's own name. */
static enum transport_tlsa look_for_tlsa(struct courier *c, struct arena *keep, const struct route_host *h,
                                         struct host_tlsa *out) SUSPENDS
{
    bool is_alias = h->canonical.n != 0;
    enum transport_tlsa state = TRANSPORT_TLSA_ABSENT;
    struct str name;

    if (dns_ascii_name(keep, h->name, &name) != ST_OK)
        return TRANSPORT_TLSA_UNASKED;
    if (!h->is_secure)
        return is_alias ? ask_at_alias(c, keep, h, name, out) : TRANSPORT_TLSA_UNASKED;
    if (is_alias)
        state = ask_tlsa(c, keep, h->canonical, h->addr.port, out);
    return state == TRANSPORT_TLSA_ABSENT ? ask_tlsa(c, keep, name, h->addr.port, out) : state;
}

/* The resolver remembers what it has found, so that nothing is kept here. */
static const struct host_tlsa *find_tlsa(struct courier *c, struct arena *a, const struct route *r,
                                         struct route_host *h) SUSPENDS
{
    struct host_tlsa *t = ARENA_NEW(a, struct host_tlsa);

    if (r->is_secure)
        t->state = look_for_tlsa(c, a, h, t);
    return t;
}

/* --- one server ------------------------------------------------------------------------------------------------------- */

static void add_name(struct tls_peer *p, struct str name)
{
    if (!name.n || str_ieq(name, p->name) || p->n_names == TLS_NAMES_MAX)
        return;
    p->names[p->n_names++] = name;
}

static void set_peer(struct arena *a, const struct route *r, const struct host_tlsa *tlsa, struct secure *x)
{
    struct tls_peer *p = &x->peer;
    struct str name = STR_NONE;

    *p = (struct tls_peer){.trust = x->t.looks_only ? TLS_TRUST_NOTE : TLS_TRUST_ANY,
                           .takes_weak = x->t.level == TRANSPORT_MAY};
    if (dns_ascii_name(a, x->host->name, &name) == ST_OK)
        p->name = name;
    if (x->t.level == TRANSPORT_VERIFY)
        p->trust = TLS_TRUST_PKIX;
    if (x->t.level != TRANSPORT_DANE)
        return;
    *p = (struct tls_peer){.trust = TLS_TRUST_DANE, .name = tlsa->base, .tlsa = tlsa->records, .n_tlsa = tlsa->n};
    add_name(p, name); /* RFC 7672 section 3.2.2 */
    add_name(p, x->domain->name);
    add_name(p, r->canonical);
}

enum st secure_host(struct courier *c, struct arena *a, const struct secure_domain *d, const struct route *r,
                    struct route_host *host, struct secure *out, struct secure_end *end)
{
    bool needs_tlsa = d->has_rule ? d->rule == TRANSPORT_DANE : !d->wish.ignores_policy;
    const struct host_tlsa *tlsa = needs_tlsa ? find_tlsa(c, a, r, host) : ARENA_NEW(a, struct host_tlsa);
    struct transport_facts f = {.is_mx_secure = r->is_secure,
                                .tlsa = tlsa->state,
                                .sts = d->sts.has_policy ? d->sts.policy.mode : STS_NONE,
                                .sts_names_host = d->sts.has_policy && sts_policy_allows(&d->sts.policy, host->name),
                                .has_rule = d->has_rule,
                                .rule = d->rule,
                                .needs_tls = d->wish.needs_tls,
                                .ignores_policy = d->wish.ignores_policy};

    *out = (struct secure){
        .c = c, .domain = d, .host = host, .tlsa_base = tlsa->base, .tlsa = tlsa->records, .n_tlsa = tlsa->n};
    transport_decide(&f, &out->t);
    if (out->t.may_use && out->t.level == TRANSPORT_MAY && out->t.result == TLS_RESULT_SUCCESSFUL && !d->sts.has_policy)
        out->t.result =
            d->sts.problem; /* a policy that could not be had is what went wrong (RFC 8460 section 4.3.2.2) */
    if (out->t.may_use) {
        set_peer(a, r, tlsa, out);
        return ST_OK;
    }
    *end = (struct secure_end){.result = out->t.result,
                               .is_final = out->t.is_final,
                               .status = out->t.status,
                               .text = arena_printf(a, "%.*s%s", STR_ARGS(host->name), out->t.text)};
    return FAIL(ST_DENIED, "%.*s", STR_ARGS(end->text));
}

/* --- STARTTLS --------------------------------------------------------------------------------------------------------- */

static const char *who_asks(const struct secure *x)
{
    if (x->domain->wish.needs_tls)
        return "the letter requires it (REQUIRETLS)";
    if (x->domain->has_rule)
        return "a rule of this server asks for it";
    return x->t.level == TRANSPORT_VERIFY ? "the MTA-STS policy of the domain asks for it"
                                          : "its TLSA records (DANE) ask for it";
}

static struct str certificate_text(const struct secure *x, struct arena *a, enum tls_verdict verdict, struct str why)
{
    struct str host = x->host->name;
    bool is_dane = x->t.level == TRANSPORT_DANE;

    switch (verdict) {
    case TLS_CERT_NOT_NAMED:
        return arena_printf(a, "the certificate of %.*s does not match its TLSA records", STR_ARGS(host));
    case TLS_CERT_NAME: return arena_printf(a, "the certificate of %.*s is not for that name", STR_ARGS(host));
    case TLS_CERT_EXPIRED:
        return arena_printf(a, "the certificate of %.*s has expired, or is not valid yet", STR_ARGS(host));
    case TLS_CERT_UNTRUSTED:
        return arena_printf(a, "the certificate of %.*s is from nobody who is trusted%s: %.*s", STR_ARGS(host),
                            is_dane ? " by its TLSA records" : "", STR_ARGS(why));
    default: return arena_printf(a, "TLS with %.*s could not be begun: %.*s", STR_ARGS(host), STR_ARGS(why));
    }
}

static enum tls_result result_of(enum tls_verdict verdict)
{
    switch (verdict) {
    case TLS_CERT_NAME:
    case TLS_CERT_NOT_NAMED:
        return TLS_RESULT_HOST_MISMATCH; /* RFC 8460 section 4.3: of the constraints of a DANE policy too */
    case TLS_CERT_EXPIRED: return TLS_RESULT_EXPIRED;
    case TLS_CERT_UNTRUSTED: return TLS_RESULT_NOT_TRUSTED;
    default: return TLS_RESULT_VALIDATION;
    }
}

static enum st refuse(const struct secure *x, struct secure_end *end, enum tls_result result, const char *status,
                      struct str text)
{
    bool is_final = x->domain->wish.needs_tls; /* RFC 8689 section 4.2.1: it comes back at once */

    *end = (struct secure_end){
        .result = result, .is_final = is_final, .status = is_final ? "5.7.10" : status, .text = text};
    return FAIL(ST_DENIED, "%.*s", STR_ARGS(text));
}

static enum st without_starttls(const struct secure *x, struct arena *a, struct secure_end *end)
{
    end->result = TLS_RESULT_NO_STARTTLS;
    if (x->t.level <= TRANSPORT_MAY)
        return ST_OK;
    return refuse(x, end, TLS_RESULT_NO_STARTTLS, "4.7.10",
                  arena_printf(a, "%.*s does not offer STARTTLS, and %s", STR_ARGS(x->host->name), who_asks(x)));
}

static enum st after_handshake(const struct secure *x, const struct smtp_client *client, struct arena *a,
                               struct secure_end *end)
{
    enum tls_verdict verdict = x->t.looks_only ? stream_tls_verdict(client->stream) : TLS_CERT_GOOD;

    end->result = x->t.result;
    if (x->t.text) /* of a policy that is being tested */
        end->text = arena_printf(a, "%.*s%s", STR_ARGS(x->host->name), x->t.text);
    if (verdict != TLS_CERT_GOOD) { /* noted only */
        end->result = result_of(verdict);
        end->text = certificate_text(x, a, verdict, STR("it was looked at for a policy that is being tested"));
    }
    if (x->domain->wish.needs_tls && !client->has[SMTP_HAS_REQUIRETLS]) {
        *end = (struct secure_end){.result = x->t.result,
                                   .is_final = true,
                                   .status = "5.7.30",
                                   .text = arena_printf(a, "%.*s does not know REQUIRETLS, and the letter asks for it",
                                                        STR_ARGS(x->host->name))};
        return FAIL(ST_DENIED, "%.*s", STR_ARGS(end->text));
    }
    return ST_OK;
}

enum st secure_starttls(const struct secure *x, struct tls_client *tls, struct smtp_client *client, struct arena *a,
                        struct secure_end *end)
{
    enum tls_verdict verdict;
    struct str why;
    enum st st;

    *end = (struct secure_end){.result = x->t.result};
    if (x->t.level == TRANSPORT_NONE)
        return ST_OK;
    if (!client->has[SMTP_HAS_STARTTLS])
        return without_starttls(x, a, end);
    st = smtp_client_starttls_peer(client, tls, &x->peer);
    if (st == ST_OK)
        return after_handshake(x, client, a, end);
    if (st == ST_CANCELED)
        return st;
    why = arena_str(a, str_z(err_get()->text));
    verdict = x->t.level >= TRANSPORT_VERIFY ? stream_tls_verdict(client->stream) : TLS_CERT_GOOD;
    return refuse(x, end, stream_is_tls(client->stream) ? result_of(verdict) : TLS_RESULT_NO_STARTTLS, "4.7.5",
                  certificate_text(x, a, verdict, why));
}

static const char *level_words(const struct transport *t)
{
    bool is_rule = !strcmp(t->by, "rule");

    switch (t->level) {
    case TRANSPORT_DANE: return is_rule ? "dane (rule)" : "dane";
    case TRANSPORT_VERIFY: return is_rule ? "verified (rule)" : !strcmp(t->by, "sts") ? "sts" : "verified (requiretls)";
    case TRANSPORT_ENCRYPT: return is_rule ? "encrypted (rule)" : "encrypted (unusable TLSA records)";
    default: return is_rule ? "opportunistic (rule)" : "opportunistic";
    }
}

struct str secure_words(struct arena *a, const struct secure *x, const struct smtp_client *client)
{
    struct stream_tls_info info;

    if (!stream_tls_info(client->stream, &info))
        return STR_NONE;
    return arena_printf(a, "%s %s %s", info.version, info.cipher, level_words(&x->t));
}

void tls_note(struct courier *c, const struct secure *x, const struct secure_end *end)
{
    bool is_said = end->result == TLS_RESULT_SUCCESSFUL || end->result >= TLS_RESULT_STS_FETCH ||
                   (end->result == TLS_RESULT_NO_STARTTLS && x->t.level <= TRANSPORT_MAY);

    tls_seen_count(c, x, end);
    if (is_said) /* by the outcome of the letter, or when the policy was fetched */
        return;
    LOG(COURIER_TLS_FAILED, lf_str("domain", x->domain->name), lf_str("host", x->host->name), lf_z("by", x->t.by),
        lf_z("level", transport_level_name(x->t.level)), lf_z("result", tls_result_name(end->result)),
        lf_str("text", end->text));
}
