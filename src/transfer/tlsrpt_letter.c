#include "transfer/tlsrpt_letter.h"

#include "base/limits.h"
#include "mime/date.h"
#include "mime/decode.h"
#include "mime/header.h"
#include "mime/scan.h"

#include <jansson.h>
#include <zlib.h>

#define TYPE "application/tlsrpt+"
#define GZIP 16
#define LINES_MAX 200
#define SESSIONS_MAX (UINT64_C(1) << 53)
#define TEXT_MAX 1000

/* --- JSON ----------------------------------------------------------------------------------------------------------- */

static struct str text_of(struct arena *a, const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_string(v) ? arena_str(a, str_sub(str_n(json_string_value(v), json_string_length(v)), 0, TEXT_MAX))
                             : STR_NONE;
}

static uint64_t number_of(const json_t *o, const char *key)
{
    json_int_t n = json_integer_value(json_object_get(o, key));

    return n < 0 ? 0 : MIN((uint64_t)n, SESSIONS_MAX);
}

static const struct str *texts_of(struct arena *a, const json_t *o, const char *key, size_t *out_n)
{
    const json_t *list = json_object_get(o, key), *v;
    size_t most = MIN(json_array_size(list), (size_t)LINES_MAX), i;
    struct str *texts = ARENA_ARRAY(a, struct str, most);

    *out_n = 0;
    json_array_foreach(list, i, v) if (json_is_string(v) && *out_n < most) texts[(*out_n)++] =
        arena_str(a, str_sub(str_n(json_string_value(v), json_string_length(v)), 0, TEXT_MAX));
    return texts;
}

static void read_failures(struct arena *a, const json_t *list, struct tlsrpt_policy *p)
{
    size_t most = MIN(json_array_size(list), (size_t)TLSRPT_FAILURES_MAX), i;
    struct tlsrpt_failure *v = ARENA_ARRAY(a, struct tlsrpt_failure, most);
    const json_t *f;

    json_array_foreach(list, i, f)
    {
        if (p->n_failures == most)
            break;
        v[p->n_failures++] = (struct tlsrpt_failure){.result = text_of(a, f, "result-type"),
                                                     .sending_ip = text_of(a, f, "sending-mta-ip"),
                                                     .mx = text_of(a, f, "receiving-mx-hostname"),
                                                     .helo = text_of(a, f, "receiving-mx-helo"),
                                                     .receiving_ip = text_of(a, f, "receiving-ip"),
                                                     .info = text_of(a, f, "additional-information"),
                                                     .code = text_of(a, f, "failure-reason-code"),
                                                     .sessions = number_of(f, "failed-session-count")};
    }
    p->failures = v;
}

static void read_policies(struct arena *a, const json_t *list, struct tlsrpt *out)
{
    size_t most = MIN(json_array_size(list), (size_t)TLSRPT_POLICIES_MAX), i;
    struct tlsrpt_policy *v = ARENA_ARRAY(a, struct tlsrpt_policy, most);
    const json_t *item;

    json_array_foreach(list, i, item)
    {
        const json_t *policy = json_object_get(item, "policy"), *summary = json_object_get(item, "summary");
        struct tlsrpt_policy *p = &v[out->n_policies];

        if (out->n_policies == most)
            break;
        *p = (struct tlsrpt_policy){.type = text_of(a, policy, "policy-type"),
                                    .domain = text_of(a, policy, "policy-domain"),
                                    .good = number_of(summary, "total-successful-session-count"),
                                    .bad = number_of(summary, "total-failure-session-count")};
        p->lines = texts_of(a, policy, "policy-string", &p->n_lines);
        p->mx = texts_of(a, policy, "mx-host", &p->n_mx);
        read_failures(a, json_object_get(item, "failure-details"), p);
        out->n_policies++;
    }
    out->policies = v;
}

/* "2016-04-01T00:00:00Z"; another zone's hours count for nothing here. */
static uint64_t seconds_of(struct arena *a, const json_t *o, const char *key)
{
    static const unsigned before[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    struct str s = text_of(a, o, key);
    uint32_t v[6], days;
    static const size_t at[] = {0, 5, 8, 11, 14, 17}, len[] = {4, 2, 2, 2, 2, 2};

    for (size_t i = 0; i < ARRAY_LEN(v); i++)
        if (s.n < 19 || str_u32(str_sub(s, at[i], len[i]), 9999, &v[i]) != ST_OK)
            return 0;
    if (v[0] < 1970 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 || v[3] > 23 || v[4] > 59 || v[5] > 60)
        return 0;
    days = (v[0] - 1970) * 365 + (v[0] - 1969) / 4 - (v[0] - 1901) / 100 + (v[0] - 1601) / 400 + before[v[1] - 1] +
           v[2] - 1;
    if (v[1] > 2 && ((v[0] % 4 == 0 && v[0] % 100 != 0) || v[0] % 400 == 0))
        days++;
    return (uint64_t)days * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
}

enum st tlsrpt_json_read(struct arena *a, struct str json, struct tlsrpt *out)
{
    json_t *o = json_loadb(json.n ? json.p : "", json.n, JSON_REJECT_DUPLICATES, NULL);
    const json_t *range = json_object_get(o, "date-range"), *policies = json_object_get(o, "policies");

    if (!json_is_array(policies)) {
        json_decref(o);
        return FAIL(ST_SYNTAX, "the report is no JSON with policies");
    }
    *out = (struct tlsrpt){.organization = text_of(a, o, "organization-name"),
                           .contact = text_of(a, o, "contact-info"),
                           .id = text_of(a, o, "report-id"),
                           .begin_s = seconds_of(a, range, "start-datetime"),
                           .end_s = seconds_of(a, range, "end-datetime")};
    read_policies(a, policies, out);
    json_decref(o);
    return ST_OK;
}

/* --- the letter ------------------------------------------------------------------------------------------------------ */

static enum st unpack(struct str in, struct buf *out)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)in.p, .avail_in = (uInt)in.n};
    int e = Z_OK;

    if (inflateInit2(&z, MAX_WBITS + GZIP) != Z_OK)
        return FAIL(ST_INTERNAL, "zlib can't begin");
    while (e == Z_OK) {
        size_t room = MIN((size_t)65536, out->max - out->n);
        char *to = room ? buf_space(out, room) : NULL;

        if (!to)
            break;
        z.next_out = (Bytef *)to;
        z.avail_out = (uInt)room;
        e = inflate(&z, Z_NO_FLUSH);
        buf_added(out, room - z.avail_out);
    }
    inflateEnd(&z);
    if (e == Z_OK)
        return FAIL(ST_LIMIT, "the report is larger than %u bytes", TLSRPT_BYTES_MAX);
    return e == Z_STREAM_END ? ST_OK : FAIL(ST_SYNTAX, "the report can't be unpacked");
}

static enum st read_part(struct arena *a, struct str letter, struct mime_part p, bool is_packed, struct tlsrpt *out)
{
    struct mime_decoder d;
    struct buf bytes, json;
    enum st st;

    buf_init(&bytes, TLSRPT_BYTES_MAX);
    buf_init(&json, TLSRPT_BYTES_MAX);
    mime_decoder_init(&d, p.encoding);
    mime_decode_feed(&d, str_sub(letter, p.body_start, mime_part_size(p)), &bytes);
    mime_decode_end(&d, &bytes);
    st = buf_check(&bytes);
    if (st == ST_OK && is_packed)
        st = unpack(buf_str(&bytes), &json);
    if (st == ST_OK)
        st = tlsrpt_json_read(a, buf_str(is_packed ? &json : &bytes), out);
    buf_fini(&bytes);
    buf_fini(&json);
    return st;
}

/* What stands behind "application/tlsrpt+": gzip, json. */
static bool is_report(struct arena *a, struct str letter, struct mime_part p, bool *out_packed)
{
    struct str header = str_sub(letter, p.header_start, p.body_start - p.header_start), value;
    struct mime_field f;

    if (mime_header_find(header, STR("content-type"), &f) != ST_OK)
        return false;
    value = str_trim(mime_unfold(a, f.value));
    *out_packed = str_istarts(value, STR(TYPE "gzip"));
    return *out_packed || str_istarts(value, STR(TYPE "json"));
}

enum st tlsrpt_letter_read(struct arena *a, struct str letter, struct tlsrpt *out)
{
    struct mime_record rec;
    struct buf record;
    enum st st;
    bool packed;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(letter, &record);
    st = buf_check(&record);
    if (st == ST_OK)
        st = mime_record_open(buf_str(&record), &rec);
    for (size_t i = 0; st == ST_OK; i++) {
        if (i == rec.n_parts) {
            st = FAIL(ST_NOTFOUND, "the letter holds no report");
        } else if (is_report(a, letter, mime_record_part(&rec, i), &packed)) {
            st = read_part(a, letter, mime_record_part(&rec, i), packed, out);
            break;
        }
    }
    buf_fini(&record);
    return st;
}
