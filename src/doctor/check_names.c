/* The server's name and addresses, as the DNS has them. */
#include "doctor/check.h"

static struct str text_of(struct checkup *k, const struct addr *addr)
{
    char text[ADDR_TEXT_MAX];

    return arena_str(k->a, addr_host(addr, text));
}

static struct str bytes_of(const struct addr *addr)
{
    return str_n((const char *)addr->bytes, addr->family == 4 ? 4 : 16);
}

/* RFC 5321 section 2.3.5: the name of a server is one that the DNS knows. */
enum st check_name(struct checkup *k, const char *check)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};
    struct str host = k->facts.host;
    bool any = false, is_silent = false;

    if (str_find(host, '.') == host.n) {
        report_add(
            k->report, FINDING_WRONG, check, host,
            "host_name must be a whole name, such as mail.example.org: other servers refuse to talk to a bare one");
        return ST_OK;
    }
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        const struct seen *s = checkup_look(k, host, types[t]);

        is_silent = is_silent || s->status == SEEN_NO_ANSWER;
        for (size_t i = 0; i < s->n; i++) {
            any = true;
            report_add(k->report, FINDING_OK, check, host, "has the address %.*s", STR_ARGS(s->records[i]));
        }
    }
    if (!any && is_silent)
        report_add(k->report, FINDING_UNKNOWN, check, host, "no name server answers");
    else if (!any)
        report_add(k->report, FINDING_WRONG, check, host,
                   "has no address in the DNS: `restante dns DOMAIN` shows what to add");
    return ST_OK;
}

static bool leads_back(struct checkup *k, struct str name, const struct addr *addr)
{
    return world_has(checkup_look(k, name, addr->family == 4 ? DNS_A : DNS_AAAA), text_of(k, addr));
}

void checkup_reverse(struct checkup *k, const char *check, const struct addr *addr, struct str host)
{
    const struct seen *s = checkup_look(k, dns_reverse_name(k->a, bytes_of(addr)), DNS_PTR);
    struct str what = text_of(k, addr), confirmed = STR_NONE;

    for (size_t i = 0; i < s->n; i++) {
        struct str name = str_sub(s->records[i], 0, s->records[i].n - 1);

        if (!leads_back(k, name, addr))
            continue;
        if (str_ieq(name, host)) {
            report_add(k->report, FINDING_OK, check, what, "is %.*s, and back", STR_ARGS(name));
            return;
        }
        confirmed = name;
    }
    if (confirmed.n)
        report_add(k->report, FINDING_NOTE, check, what,
                   "is %.*s, which leads back, but the server calls itself %.*s: have the provider set that name",
                   STR_ARGS(confirmed), STR_ARGS(host));
    else if (s->status == SEEN_NO_ANSWER)
        report_add(k->report, FINDING_UNKNOWN, check, what, "no name server answers");
    else if (s->n)
        report_add(k->report, FINDING_WRONG, check, what,
                   "its name %.*s does not lead back to it: many servers refuse its mail. Have the provider set %.*s",
                   STR_ARGS(s->records[0]), STR_ARGS(host));
    else
        report_add(k->report, FINDING_WRONG, check, what,
                   "has no name: many servers refuse its mail. Have the provider of the address set %.*s",
                   STR_ARGS(host));
}

enum st check_reverse(struct checkup *k, const char *check)
{
    for (size_t i = 0; i < k->n_outside; i++)
        checkup_reverse(k, check, &k->outside[i], k->facts.host);
    return ST_OK;
}

/* --- lists ------------------------------------------------------------------------------------------------------- */

static void look_in_list(struct checkup *k, const char *check, const struct addr *addr, const char *zone,
                         const char *page)
{
    struct str reverse = dns_reverse_name(k->a, bytes_of(addr)), what;
    size_t tail = addr->family == 4 ? sizeof "in-addr.arpa" - 1 : sizeof "ip6.arpa" - 1;
    const struct seen *s;

    what = arena_printf(k->a, "%.*s in %s", STR_ARGS(text_of(k, addr)), zone);
    s = checkup_look(k, arena_printf(k->a, "%.*s%s", STR_ARGS(str_sub(reverse, 0, reverse.n - tail)), zone), DNS_A);
    if (s->status == SEEN_NONE)
        report_add(k->report, FINDING_OK, check, what, "not listed");
    else if (s->status != SEEN_FOUND ||
             str_starts(s->records[0], STR("127.255.255."))) /* it won't say to this resolver */
        report_add(k->report, FINDING_UNKNOWN, check, what, "the list does not answer this server's resolver");
    else
        report_add(k->report, FINDING_WRONG, check, what,
                   "listed (%.*s), and servers that ask it refuse mail from here: %s", STR_ARGS(s->records[0]), page);
}

void checkup_lists(struct checkup *k, const char *check, const struct addr *addr)
{
    static const struct {
        const char *zone, *page;
    } lists[] = {
#define BLOCKLIST(zone, page) {zone, page},
#include "doctor/lists.def"
#undef BLOCKLIST
    };

    for (size_t j = 0; j < ARRAY_LEN(lists); j++)
        look_in_list(k, check, addr, lists[j].zone, lists[j].page);
}

enum st check_lists(struct checkup *k, const char *check)
{
    for (size_t i = 0; i < k->n_outside; i++)
        checkup_lists(k, check, &k->outside[i]);
    return ST_OK;
}

/* --- domains ------------------------------------------------------------------------------------------------------ */

/* A name that is signed rightly, and one that is signed wrongly on purpose. */
enum st check_dnssec(struct checkup *k, const char *check)
{
    const struct seen *good, *bad;

    if (!k->d->set->resolver_trust_anchor.n) {
        report_add(k->report, FINDING_NOTE, check, STR("resolver"),
                   "DNSSEC is off (resolver_trust_anchor is empty): letters can't be delivered by DANE");
        return ST_OK;
    }
    good = checkup_look(k, STR("org"), DNS_DNSKEY);
    bad = checkup_look(k, STR("dnssec-failed.org"), DNS_A);
    if (good->status == SEEN_NO_ANSWER)
        report_add(k->report, FINDING_UNKNOWN, check, STR("resolver"), "the DNS of the world does not answer");
    else if (good->status != SEEN_FOUND || !good->is_secure)
        report_add(k->report, FINDING_WRONG, check, STR("resolver"),
                   "signed answers don't arrive as such: the resolvers of resolver_forward take the signatures out, or "
                   "resolver_trust_anchor is too old");
    else if (bad->status != SEEN_BOGUS && bad->status != SEEN_NO_ANSWER)
        report_add(k->report, FINDING_WRONG, check, STR("resolver"), "an answer with a wrong signature is taken");
    else
        report_add(k->report, FINDING_OK, check, STR("resolver"), "answers are validated");
    return ST_OK;
}
