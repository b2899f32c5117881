#include "policy/tlsrpt.h"

#include "base/codec.h"
#include "base/json.h"

#include <time.h>

#define VERSION "TLSRPTv1"

/* --- the record ----------------------------------------------------------------------------------------------------- */

/* The version begins it, and a semicolon follows; what does not begin so is not counted (section 3). */
static bool is_ours(struct str txt)
{
    size_t end = str_find(txt, ';');

    return end < txt.n && str_starts(txt, STR("v=" VERSION)) &&
           !str_trim(str_sub(txt, sizeof "v=" VERSION - 1, end + 1 - sizeof "v=" VERSION)).n;
}

/* Where an exclamation mark is meant, it is encoded (section 3). */
static bool is_uri(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= 0x20 || (unsigned char)s.p[i] >= 0x7f || s.p[i] == '!')
            return false;
    return str_istarts(s, STR("mailto:")) || str_istarts(s, STR("https://"));
}

static size_t take_uris(struct str list, struct str *out)
{
    struct str uri;
    size_t n = 0;

    while (n < TLSRPT_RUA_MAX && str_split(&list, ',', &uri))
        if (is_uri(str_trim(uri)))
            out[n++] = str_trim(uri);
    return n;
}

enum st tlsrpt_record_parse(const struct str *txt, size_t n, struct str *out_rua, size_t *out_n)
{
    struct str record = STR_NONE, field;
    size_t found = 0, uris = 0;

    for (size_t i = 0; i < n; i++)
        if (is_ours(txt[i])) {
            record = txt[i];
            found++;
        }
    if (!found)
        return FAIL(ST_NOTFOUND, "the domain asks for no reports");
    if (found > 1)
        return FAIL(ST_SYNTAX, "%zu records ask for reports, which is none (RFC 8460 section 3)", found);
    while (str_split(&record, ';', &field)) {
        struct str f = str_trim(field);

        if (!uris && str_starts(f, STR("rua=")))
            uris = take_uris(str_from(f, 4), out_rua);
    }
    if (!uris)
        return FAIL(ST_SYNTAX, "the record names no address for reports");
    *out_n = uris;
    return ST_OK;
}

enum st tlsrpt_mail_address(struct arena *a, struct str rua, struct str *out)
{
    struct str to;
    char *p;
    size_t n = 0, at = 0;

    if (!str_istarts(rua, STR("mailto:")))
        return FAIL(ST_SYNTAX, "%.*s is no mailto:", STR_ARGS(rua));
    to = str_from(rua, 7);
    to = str_sub(to, 0, str_find(to, '?')); /* header fields that it would like */
    p = arena_alloc(a, MAX(to.n, 1));
    while (at < to.n) {
        bool is_code = to.p[at] == '%';
        struct str c = str_sub(to, at, 1);

        if (is_code)
            TRY(hex_decode(a, str_sub(to, at + 1, 2), &c));
        if (c.n != 1 || *c.p <= 0x20 || *c.p >= 0x7f || memchr(",<>", *c.p, 3))
            return FAIL(ST_SYNTAX, "%.*s is not the mailto: of one address", STR_ARGS(rua));
        p[n++] = *c.p;
        at += is_code ? 3 : 1;
    }
    *out = str_n(p, n);
    return ST_OK;
}

/* --- a report ------------------------------------------------------------------------------------------------------- */

static void date(struct json *j, const char *key, uint64_t s)
{
    time_t t = (time_t)s;
    struct tm tm;
    char text[32];

    gmtime_r(&t, &tm);
    json_kv_str(j, key, str_n(text, strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

static void texts(struct json *j, const char *key, const struct str *v, size_t n)
{
    json_key(j, key);
    json_array(j);
    for (size_t i = 0; i < n; i++)
        json_str(j, v[i]);
    json_array_end(j);
}

static void text_if(struct json *j, const char *key, struct str s)
{
    if (s.n)
        json_kv_str(j, key, s);
}

static void failure(struct json *j, const struct tlsrpt_failure *f)
{
    json_object(j);
    json_kv_str(j, "result-type", f->result);
    text_if(j, "sending-mta-ip", f->sending_ip);
    text_if(j, "receiving-mx-hostname", f->mx);
    text_if(j, "receiving-mx-helo", f->helo);
    text_if(j, "receiving-ip", f->receiving_ip);
    json_kv_u64(j, "failed-session-count", f->sessions);
    text_if(j, "additional-information", f->info);
    text_if(j, "failure-reason-code", f->code);
    json_object_end(j);
}

static void policy(struct json *j, const struct tlsrpt_policy *p)
{
    json_object(j);
    json_key(j, "policy");
    json_object(j);
    json_kv_str(j, "policy-type", p->type);
    if (p->n_lines)
        texts(j, "policy-string", p->lines, p->n_lines);
    json_kv_str(j, "policy-domain", p->domain);
    if (p->n_mx)
        texts(j, "mx-host", p->mx, p->n_mx);
    json_object_end(j);
    json_key(j, "summary");
    json_object(j);
    json_kv_u64(j, "total-successful-session-count", p->good);
    json_kv_u64(j, "total-failure-session-count", p->bad);
    json_object_end(j);
    if (p->n_failures) {
        json_key(j, "failure-details");
        json_array(j);
        for (size_t i = 0; i < p->n_failures; i++)
            failure(j, &p->failures[i]);
        json_array_end(j);
    }
    json_object_end(j);
}

void tlsrpt_write(const struct tlsrpt *t, struct buf *out)
{
    struct json j;

    json_init(&j, out);
    json_object(&j);
    json_kv_str(&j, "organization-name", t->organization);
    json_key(&j, "date-range");
    json_object(&j);
    date(&j, "start-datetime", t->begin_s);
    date(&j, "end-datetime", t->end_s);
    json_object_end(&j);
    json_kv_str(&j, "contact-info", t->contact);
    json_kv_str(&j, "report-id", t->id);
    json_key(&j, "policies");
    json_array(&j);
    for (size_t i = 0; i < t->n_policies; i++)
        policy(&j, &t->policies[i]);
    json_array_end(&j);
    json_object_end(&j);
}

struct str tlsrpt_file_name(struct arena *a, struct str sender, struct str domain, const struct tlsrpt *t)
{
    return arena_printf(a, "%.*s!%.*s!%llu!%llu!%.*s.json.gz", STR_ARGS(sender), STR_ARGS(domain),
                        (unsigned long long)t->begin_s, (unsigned long long)t->end_s,
                        STR_ARGS(str_sub(t->id, 0, str_find(t->id, '@'))));
}
