/* The MTA-STS policy of each domain that announces one: fetched as other servers do it (RFC 8461 section 3.3), and held to what it should say. */
#include "doctor/check.h"

#include "net/stream.h"
#include "net/tls_client.h"
#include "policy/mta_sts.h"

#include <jansson.h>

#define FETCH_MS 10000
#define PAGE_MAX 65536

/* ST_NOTFOUND: the DNS has no address of that name. */
static enum st address_of(struct checkup *k, struct str name, struct addr *out)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};

    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        const struct seen *s = checkup_look(k, name, types[t]);

        if (s->n)
            return addr_parse(s->records[0], (uint16_t)k->d->set->errand_port, out);
    }
    return FAIL(ST_NOTFOUND, "the DNS has no address of %.*s", STR_ARGS(name));
}

static enum st exchange(struct stream *s, struct str name, struct tls_client *tls, struct arena *a,
                        struct str *out_page) SUSPENDS
{
    mono_ms deadline = deadline_in(FETCH_MS);
    enum st st = ST_OK;

    stream_set_deadline(s, deadline);
    TRY(stream_push_tls_client(s, tls, name, deadline));
    /* in 1.0, since a web server in front might send pieces otherwise */
    TRY(stream_writef(s, "GET /.well-known/mta-sts.txt HTTP/1.0\r\nHost: %.*s\r\n\r\n", STR_ARGS(name)));
    while (st == ST_OK)
        st = stream_more(s);
    if (st != ST_EOF)
        return st;
    *out_page = arena_str(a, stream_input(s));
    return ST_OK;
}

static enum st fetch(struct checkup *k, struct str name, struct tls_client *tls, struct str *out_page) SUSPENDS
{
    const struct stream_options opt = {
        .in_max = PAGE_MAX, .out_high = 4096, .read_timeout_ms = FETCH_MS, .write_timeout_ms = FETCH_MS};
    struct stream *s;
    struct addr to;
    enum st st;

    TRY(address_of(k, name, &to));
    if (stream_connect(&to, &opt, deadline_in(FETCH_MS), &s) != ST_OK)
        return FAIL(ST_IO,
                    "nobody answers at port %u of %.*s: is there a listener https, and does the firewall let "
                    "others through?",
                    to.port, STR_ARGS(name));
    st = exchange(s, name, tls, k->a, out_page);
    stream_free(s);
    return st;
}

static enum st judge(struct checkup *k, struct str page)
{
    struct sts_policy policy;
    size_t end = str_search(page, STR("\r\n\r\n"));

    if (!str_starts(page, STR("HTTP/1.1 200 ")) && !str_starts(page, STR("HTTP/1.0 200 ")))
        return FAIL(ST_NOTFOUND, "the server there answers \"%.*s\"", STR_ARGS(str_sub(page, 0, str_find(page, '\r'))));
    TRY(sts_policy_parse(k->a, str_from(page, end + 4), &policy));
    if (policy.mode != STS_NONE && !sts_policy_allows(&policy, k->facts.host))
        return FAIL(ST_DENIED, "the policy there does not name %.*s", STR_ARGS(k->facts.host));
    return ST_OK;
}

static void look_at(struct checkup *k, const char *check, struct str domain, struct tls_client *tls) SUSPENDS
{
    struct str name = arena_printf(k->a, "mta-sts.%.*s", STR_ARGS(domain)), page;
    const struct seen *announced = checkup_look(k, arena_printf(k->a, "_%.*s", STR_ARGS(name)), DNS_TXT);
    enum st st;

    if (!announced->n)
        return; /* nobody looks for a policy then */
    st = fetch(k, name, tls, &page);
    if (st == ST_OK)
        st = judge(k, page);
    if (st == ST_OK)
        report_add(k->report, FINDING_OK, check, name, "its policy can be fetched");
    else
        report_add(k->report, FINDING_WRONG, check, name, "other servers can't use its policy: %s", err_get()->text);
}

enum st check_policies(struct checkup *k, const char *check)
{
    struct str words[] = {STR("domain"), STR("list")}, json;
    struct tls_client *tls;
    json_t *o, *domain;
    size_t i;

    TRY(k->d->ask(k->d->arg, words, ARRAY_LEN(words), &json));
    TRY(tls_client_new(&(struct tls_client_options){0}, &tls));
    o = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    json_array_foreach(json_object_get(o, "domains"), i, domain)
    {
        world_init(&k->world, k->a);
        look_at(k, check, arena_str(k->a, str_z(json_string_value(json_object_get(domain, "domain")))), tls);
    }
    json_decref(o);
    tls_client_free(tls);
    return ST_OK;
}
