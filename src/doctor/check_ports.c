/* Connections: to the server's own ports by the addresses that the world uses, and to servers of others. Made from this machine, so that a
 * firewall in front of it stays unseen; the texts say so. */
#include "doctor/check.h"

#include "admin/command.h"
#include "net/stream.h"
#include "net/tls_client.h"

#define CONNECT_MS 10000
#define IN_MAX 8192
#define LINES_MAX 60 /* of one answer */
#define LINE_MAX_BYTES 2048
#define PROBES_MAX 3

struct speech { /* how each protocol begins, as far as TLS */
    enum config_protocol protocol;
    const char *greeting;             /* begins with that */
    const char *hello, *hello_answer; /* before STARTTLS; "": nothing */
    const char *starttls, *agreement;
};

static const struct speech speeches[] = {
    {PROTOCOL_SMTP, "220", "EHLO doctor.invalid\r\n", "250", "STARTTLS\r\n", "220"},
    {PROTOCOL_SUBMISSION, "220", "EHLO doctor.invalid\r\n", "250", "STARTTLS\r\n", "220"},
    {PROTOCOL_IMAP, "* OK", "", "", "a STARTTLS\r\n", "a OK"},
    {PROTOCOL_POP3, "+OK", "", "", "STLS\r\n", "+OK"},
};

/* An answer whose lines all begin so; in SMTP "250-" says that more follow. */
static enum st expect(struct stream *s, const char *begin) SUSPENDS
{
    struct str line, want = str_z(begin);

    for (size_t i = 0; i < LINES_MAX; i++) {
        TRY(stream_line(s, LINE_MAX_BYTES, &line));
        if (!str_starts(line, want))
            return FAIL(ST_DENIED, "it says \"%.*s\"", STR_ARGS(str_sub(str_trim(line), 0, 200)));
        if (want.n != 3 || line.n <= 3 || line.p[3] != '-')
            return ST_OK;
    }
    return FAIL(ST_DENIED, "its answer has no end");
}

static enum st say(struct stream *s, const char *words, const char *answer) SUSPENDS
{
    if (!*words)
        return ST_OK;
    TRY(stream_write(s, str_z(words)));
    return expect(s, answer);
}

/* `tls` NULL: without it. */
static enum st speak(struct stream *s, const struct speech *p, enum config_security security, struct tls_client *tls,
                     struct str name) SUSPENDS
{
    mono_ms deadline = deadline_in(CONNECT_MS);

    if (security == SECURITY_TLS)
        TRY(stream_push_tls_client(s, tls, name, deadline));
    TRY(expect(s, p->greeting));
    if (security != SECURITY_STARTTLS)
        return ST_OK;
    TRY(say(s, p->hello, p->hello_answer));
    TRY(say(s, p->starttls, p->agreement));
    return stream_push_tls_client(s, tls, name, deadline);
}

static enum st open_to(const struct addr *to, struct stream **out) SUSPENDS
{
    const struct stream_options opt = {
        .in_max = IN_MAX, .out_high = IN_MAX, .read_timeout_ms = CONNECT_MS, .write_timeout_ms = CONNECT_MS};

    return stream_connect(to, &opt, deadline_in(CONNECT_MS), out);
}

static const struct speech *speech_of(enum config_protocol protocol)
{
    for (size_t i = 0; i < ARRAY_LEN(speeches); i++)
        if (speeches[i].protocol == protocol)
            return &speeches[i];
    return NULL;
}

/* Refused here and taken on loopback is a firewall, or an address that is not this machine's. */
static bool is_open_here(struct addr to) SUSPENDS
{
    struct stream *s;

    if (addr_parse(to.family == 4 ? STR("127.0.0.1") : STR("::1"), to.port, &to) != ST_OK || open_to(&to, &s) != ST_OK)
        return false;
    stream_free(s);
    return true;
}

static void try_port(struct checkup *k, const char *check, const struct config_listener *l, struct addr to,
                     struct tls_client *tls) SUSPENDS
{
    const struct speech *p = speech_of(l->protocol);
    struct str name = l->protocol == PROTOCOL_SMTP ? k->facts.host : k->facts.user_host, what;
    char text[ADDR_TEXT_MAX];
    struct stream *s;
    enum st st;

    if (!p)
        return;
    what = arena_printf(k->a, "%s %.*s", config_protocol_name(l->protocol), STR_ARGS(addr_text(&to, text)));
    if (open_to(&to, &s) != ST_OK) {
        if (is_open_here(to))
            report_add(k->report, FINDING_WRONG, check, what,
                       "can't be reached at that address, though the server listens: look at the firewall and the port "
                       "forwarding");
        else
            report_add(k->report, FINDING_WRONG, check, what, "nobody listens: does the server run?");
        return;
    }
    st = speak(s, p, l->security, tls, name);
    if (st == ST_OK)
        report_add(k->report, FINDING_OK, check, what, "answers%s",
                   l->security == SECURITY_NONE ? ", without TLS" : ", with a certificate that programs trust");
    else if (st == ST_DENIED)
        report_add(k->report, FINDING_WRONG, check, what, "as %.*s: %s", STR_ARGS(name), err_get()->text);
    else
        report_add(k->report, FINDING_WRONG, check, what, "does not answer as it should: %s", err_get()->text);
    stream_free(s);
}

enum st check_ports(struct checkup *k, const char *check)
{
    const struct settings *set = k->d->set;
    struct tls_client *tls;

    if (!k->n_outside) {
        report_add(k->report, FINDING_UNKNOWN, check, k->facts.host, "has no known address: name one with --address");
        return ST_OK;
    }
    TRY(tls_client_new(&(struct tls_client_options){0}, &tls));
    for (size_t i = 0; i < k->n_outside; i++)
        for (size_t j = 0; j < set->listener_count; j++) {
            struct addr to = k->outside[i];
            const struct config_addr *at = &set->listeners[j].address.v[0];

            to.port = ntohs(at->sa.sa_family == AF_INET6 ? at->in6.sin6_port : at->in.sin_port);
            try_port(k, check, &set->listeners[j], to, tls);
        }
    tls_client_free(tls);
    return ST_OK;
}

/* --- outward -------------------------------------------------------------------------------------------------------- */

/* ST_NOTFOUND: the domain names no server with an address. */
static enum st server_of(struct checkup *k, struct str domain, struct str *out_host, struct addr *out)
{
    const struct seen *mx = checkup_look(k, domain, DNS_MX), *a;
    struct str host;

    if (mx->status != SEEN_FOUND)
        return FAIL(ST_NOTFOUND, "its mail servers can't be found in the DNS");
    host = str_from(mx->records[0], str_find(mx->records[0], ' ') + 1);
    host = str_sub(host, 0, host.n - (host.n != 0));
    a = checkup_look(k, host, DNS_A);
    if (a->status != SEEN_FOUND)
        return FAIL(ST_NOTFOUND, "%.*s has no address", STR_ARGS(host));
    *out_host = host;
    return addr_parse(a->records[0], (uint16_t)k->d->set->courier_port, out);
}

static bool try_outward(struct checkup *k, const char *check, struct str domain) SUSPENDS
{
    struct str host = domain;
    struct stream *s = NULL;
    struct addr to;
    enum st st = server_of(k, domain, &host, &to);
    bool is_dns = st != ST_OK;

    if (st == ST_OK)
        st = open_to(&to, &s);
    if (st == ST_OK)
        st = expect(s, "220");
    if (s)
        stream_free(s);
    if (st == ST_OK)
        report_add(k->report, FINDING_OK, check, host, "takes a connection from here");
    else
        report_add(
            k->report, is_dns ? FINDING_UNKNOWN : FINDING_WRONG, check, host, "%s%s", err_get()->text,
            is_dns ? "" : ": many providers close port 25 outward until they are asked. A relay_host does without it");
    return st == ST_OK;
}

enum st check_outward(struct checkup *k, const char *check)
{
    static const char *const large[PROBES_MAX] = {"gmail.com", "outlook.com", "icloud.com"};
    struct str named;

    if (admin_value(k->d->args, "probe", &named)) {
        try_outward(k, check, named);
        return ST_OK;
    }
    if (k->d->set->relay_host.n) {
        report_add(k->report, FINDING_OK, check, k->d->set->relay_host,
                   "takes all letters, port 25 outward is not needed");
        return ST_OK;
    }
    for (size_t i = 0; i < PROBES_MAX; i++)
        if (try_outward(k, check, str_z(large[i])))
            break;
    return ST_OK;
}
