#include "courier/tls_report.h"

#include "base/random.h"
#include "courier/fetch.h"
#include "mime/narrow.h"

#include <time.h>
#include <xxhash.h>
#include <zlib.h>

#define DAY_S 86400
#define POST_MS 60000
#define LETTER_MAX (32u << 20)
#define TYPE "application/tlsrpt+gzip"
#define SENDER "MAILER-DAEMON" /* whom the keeper signs for */
#define GZIP 16                /* of zlib's windowBits: gzip's frame */

/* --- from rows to a report ------------------------------------------------------------------------------------------ */

static bool same_policy(const struct tls_seen *a, const struct tls_seen *b)
{
    return str_eq(a->type, b->type) && str_eq(a->policy, b->policy);
}

static void take_lines(struct arena *a, struct str policy, struct tlsrpt_policy *p)
{
    struct str *lines = ARENA_ARRAY(a, struct str, policy.n / 2 + 1),
               *mx = ARENA_ARRAY(a, struct str, policy.n / 2 + 1);
    struct str line;

    while (str_split(&policy, '\n', &line)) {
        if (str_eq(p->type, STR("tlsa")) && str_starts(line, STR(TLS_SEEN_AT)))
            p->domain = str_from(line, sizeof TLS_SEEN_AT - 1); /* section 1.1 */
        if (!line.n || str_starts(line, STR(TLS_SEEN_AT)))
            continue;
        if (str_eq(p->type, STR("sts")) && str_starts(line, STR("mx: ")))
            mx[p->n_mx++] = str_from(line, 4);
        lines[p->n_lines++] = line;
    }
    p->lines = lines;
    p->mx = mx;
}

static struct tlsrpt_failure failure_of(const struct tls_report_row *r)
{
    size_t space = str_find(r->seen.address, ' ');

    return (struct tlsrpt_failure){.result = r->seen.result,
                                   .mx = r->seen.mx,
                                   .receiving_ip = str_sub(r->seen.address, 0, space),
                                   .sending_ip = str_from(r->seen.address, space + 1),
                                   .code = r->seen.info,
                                   .sessions = r->sessions};
}

/* Of a policy that is followed although a newer one could not be had: the sessions are counted by how they themselves went. */
static bool is_aside(const struct tls_report_row *r, const struct tlsrpt_policy *p)
{
    return p->n_lines && str_starts(r->seen.result, STR("sts-"));
}

/* The rows from `at` on that have the same policy; how many they are. */
static size_t take_policy(struct arena *a, const struct tls_report *t, size_t at, struct tlsrpt_policy *p)
{
    const struct tls_seen *first = &t->rows[at].seen;
    struct tlsrpt_failure *failures = ARENA_ARRAY(a, struct tlsrpt_failure, t->n - at);
    size_t n = 0;

    *p = (struct tlsrpt_policy){.type = first->type, .domain = t->domain, .failures = failures};
    take_lines(a, first->policy, p);
    for (; at + n < t->n && same_policy(first, &t->rows[at + n].seen); n++) {
        const struct tls_report_row *r = &t->rows[at + n];

        if (!r->seen.result.n) {
            p->good += r->sessions;
            continue;
        }
        p->bad += is_aside(r, p) ? 0 : r->sessions;
        failures[p->n_failures++] = failure_of(r);
    }
    return n;
}

/* The same for the same contents, so that one that was taken though nobody heard so is known when it comes again (section 5.3), and another one for the
 * rest of a day. */
static uint64_t fingerprint(const struct tls_report *t)
{
    uint64_t h = XXH3_64bits_withSeed(t->domain.p, t->domain.n, t->day);

    for (size_t i = 0; i < t->n; i++) {
        const struct tls_seen *s = &t->rows[i].seen;
        const struct str all[] = {s->type, s->policy, s->mx, s->address, s->result, s->info};

        for (size_t k = 0; k < ARRAY_LEN(all); k++)
            h = XXH3_64bits_withSeed(all[k].n ? all[k].p : "", all[k].n, h);
        h = XXH3_64bits_withSeed(&t->rows[i].sessions, sizeof t->rows[i].sessions, h);
    }
    return h;
}

void tls_report_make(const struct courier *c, struct arena *a, const struct tls_report *t, struct tlsrpt *out)
{
    struct tlsrpt_policy *p = ARENA_ARRAY(a, struct tlsrpt_policy, TLSRPT_POLICIES_MAX);
    struct str host = c->set->host_name;
    size_t n = 0;

    for (size_t at = 0; at < t->n && n < TLSRPT_POLICIES_MAX;)
        at += take_policy(a, t, at, &p[n++]);
    *out = (struct tlsrpt){.organization = host,
                           .contact = arena_printf(a, "postmaster@%.*s", STR_ARGS(host)),
                           .id = arena_printf(a, "%016llx@%.*s", (unsigned long long)fingerprint(t), STR_ARGS(host)),
                           .begin_s = t->day * DAY_S,
                           .end_s = (t->day + 1) * DAY_S - 1,
                           .policies = p,
                           .n_policies = n};
}

/* --- as bytes --------------------------------------------------------------------------------------------------------- */

static enum st gzip(struct arena *a, struct str in, struct str *out)
{
    z_stream z = {0};
    char *to;
    size_t most;
    int e;

    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return FAIL(ST_INTERNAL, "zlib can't begin");
    most = deflateBound(&z, in.n);
    to = arena_alloc(a, most);
    z.next_in = (Bytef *)(uintptr_t)in.p;
    z.avail_in = (uInt)in.n;
    z.next_out = (Bytef *)to;
    z.avail_out = (uInt)most;
    e = deflate(&z, Z_FINISH);
    *out = str_n(to, z.total_out);
    deflateEnd(&z);
    return e == Z_STREAM_END ? ST_OK : FAIL(ST_INTERNAL, "zlib: %d", e);
}

static enum st packed(struct arena *a, const struct tlsrpt *r, struct str *out)
{
    struct buf json;
    enum st st;

    buf_init(&json, TLSRPT_BYTES_MAX);
    tlsrpt_write(r, &json);
    st = buf_check(&json);
    if (st == ST_OK)
        st = gzip(a, buf_str(&json), out);
    buf_fini(&json);
    return st;
}

static void add_date(struct buf *b)
{
    time_t now = (time_t)clock_wall_s();
    struct tm tm;
    char text[64];

    gmtime_r(&now, &tm);
    strftime(text, sizeof text, "Date: %a, %d %b %Y %H:%M:%S +0000\r\n", &tm);
    buf_addz(b, text);
}

/* Section 5.3. What fails about TLS must not keep the news of it from arriving (RFC 8689 section 3). */
static void add_header(const struct courier *c, const struct tlsrpt *r, struct str domain, struct str to,
                       struct str boundary, struct buf *b)
{
    struct str host = c->set->host_name;

    add_date(b);
    buf_addf(b, "From: TLS reports <" SENDER "@%.*s>\r\nTo: <%.*s>\r\n", STR_ARGS(host), STR_ARGS(to));
    buf_addf(b, "Subject: Report Domain: %.*s\r\n Submitter: %.*s\r\n Report-ID: <%.*s>\r\n", STR_ARGS(domain),
             STR_ARGS(host), STR_ARGS(r->id));
    buf_addf(b, "Message-ID: <%.*s>\r\nTLS-Report-Domain: %.*s\r\nTLS-Report-Submitter: %.*s\r\n", STR_ARGS(r->id),
             STR_ARGS(domain), STR_ARGS(host));
    buf_addf(b,
             "TLS-Required: No\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
             "Content-Type: multipart/report; report-type=\"tlsrpt\";\r\n boundary=\"%.*s\"\r\n\r\n",
             STR_ARGS(boundary));
}

static enum st build_letter(const struct courier *c, struct arena *a, const struct tlsrpt *r, struct str domain,
                            struct str bytes, struct str to, struct buf *b)
{
    struct str boundary = arena_printf(a, "=_%016llx", (unsigned long long)random_u64());
    struct str name = tlsrpt_file_name(a, c->set->host_name, domain, r);

    add_header(c, r, domain, to, boundary, b);
    buf_addf(b,
             "--%.*s\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n"
             "How connections of %.*s to mail servers of %.*s\r\nwere protected (RFC 8460) is told in the file.\r\n",
             STR_ARGS(boundary), STR_ARGS(c->set->host_name), STR_ARGS(domain));
    buf_addf(b,
             "--%.*s\r\nContent-Type: " TYPE "\r\nContent-Transfer-Encoding: base64\r\n"
             "Content-Disposition: attachment;\r\n filename=\"%.*s\"\r\n\r\n",
             STR_ARGS(boundary), STR_ARGS(name));
    mime_encode_base64(bytes, b);
    buf_addf(b, "\r\n--%.*s--\r\n", STR_ARGS(boundary));
    return buf_check(b);
}

/* --- on its way ------------------------------------------------------------------------------------------------------- */

static enum st by_mail(struct courier *c, struct arena *a, const struct tlsrpt *r, struct str domain, struct str bytes,
                       struct str rua) SUSPENDS
{
    struct buf letter;
    struct str to;
    enum st st;

    TRY(tlsrpt_mail_address(a, rua, &to));
    if (courier_can_sign(c, a, arena_printf(a, SENDER "@%.*s", STR_ARGS(c->set->host_name))) != ST_OK)
        return err_context(ST_TRYLATER, "a report by mail has to be signed (RFC 8460 section 3): ");
    buf_init(&letter, LETTER_MAX);
    st = build_letter(c, a, r, domain, bytes, to, &letter);
    if (st == ST_OK)
        st = courier_post(c, to, buf_str(&letter));
    buf_fini(&letter);
    return st;
}

static enum st by_web(struct courier *c, struct arena *a, struct str bytes, struct str url) SUSPENDS
{
    struct fetch_body body = {.type = STR(TYPE), .bytes = bytes};
    struct fetch_page page;

    TRY(courier_fetch(c, a, url, &body, POST_MS, &page));
    return page.code / 100 == 2 ? ST_OK : FAIL(ST_DENIED, "%.*s answers %u", STR_ARGS(url), page.code);
}

enum st tls_report_send(struct courier *c, struct arena *a, const struct tls_report *t)
{
    struct str *txt = NULL, rua[TLSRPT_RUA_MAX], bytes;
    struct tlsrpt report;
    struct dns d;
    size_t n = 0, n_rua = 0, taken = 0;
    enum st st = dns_txt(courier_resolver(c), a, arena_printf(a, "_smtp._tls.%.*s", STR_ARGS(t->domain)),
                         deadline_in(COURIER_DNS_MS), &d, &txt, &n);

    if (st == ST_OK)
        st = tlsrpt_record_parse(txt, n, rua, &n_rua);
    if (st != ST_OK)
        return st == ST_NOTFOUND || st == ST_SYNTAX ? ST_NOTFOUND : st;
    tls_report_make(c, a, t, &report);
    TRY(packed(a, &report, &bytes));
    for (size_t i = 0; i < n_rua; i++) {
        bool is_mail = str_istarts(rua[i], STR("mailto:"));

        st = is_mail ? by_mail(c, a, &report, t->domain, bytes, rua[i]) : by_web(c, a, bytes, rua[i]);
        taken += st == ST_OK;
        if (st == ST_OK)
            LOG(COURIER_TLS_REPORTED, lf_str("domain", t->domain), lf_str("to", rua[i]), lf_u64("day", t->day));
        else
            LOG(COURIER_TLS_UNREPORTED, lf_str("domain", t->domain), lf_str("to", rua[i]), lf_err());
    }
    return taken ? ST_OK : FAIL(ST_TRYLATER, "nobody takes the report for %.*s", STR_ARGS(t->domain));
}
