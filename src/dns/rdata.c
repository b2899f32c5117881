/* Readers of record data, and the names that are asked for. */
#include "dns/rdata.h"

#include "base/buf.h"
#include "base/rec.h"

#include <unicode/uidna.h>

#define LABEL_MAX 63

static bool is_host_byte(char c)
{
    return ascii_is_alnum(c) || c == '-' || c == '_';
}

/* Eats one name of the wire form. */
static enum st take_name(struct arena *a, struct rec *r, struct str *out)
{
    char text[DNS_NAME_MAX + 1];
    size_t n = 0;
    uint8_t length;

    while ((length = rec_u8(r)) != 0) {
        struct str label;

        if (length > LABEL_MAX) /* a pointer, or an extended label: not in what the resolver gives */
            return FAIL(ST_SYNTAX, "a name with a label of type %u", length >> 6);
        label = rec_bytes(r, length);
        if (r->bad || n + (n != 0) + label.n + 2 > DNS_NAME_MAX) /* its wire form is two bytes longer */
            return FAIL(ST_SYNTAX, "a name that is cut off or too long");
        if (n)
            text[n++] = '.';
        for (size_t i = 0; i < label.n; i++) {
            if (!is_host_byte(label.p[i]))
                return FAIL(ST_SYNTAX, "a name with the byte 0x%02x", (unsigned char)label.p[i]);
            text[n++] = ascii_lower(label.p[i]);
        }
    }
    if (r->bad)
        return FAIL(ST_SYNTAX, "a name that is cut off");
    *out = arena_str(a, str_n(text, n));
    return ST_OK;
}

static enum st end(const struct rec *r, const char *what)
{
    return r->bad || rec_left(r) ? FAIL(ST_SYNTAX, "a record of type %s of the wrong length", what) : ST_OK;
}

enum st dns_read_name(struct arena *a, struct str rdata, struct str *out)
{
    struct rec r = rec_of(rdata);
    struct str name;

    TRY(take_name(a, &r, &name));
    TRY(end(&r, "name"));
    *out = name;
    return ST_OK;
}

enum st dns_read_mx(struct arena *a, struct str rdata, struct dns_mx *out)
{
    struct rec r = rec_of(rdata);
    unsigned high = rec_u8(&r), low = rec_u8(&r);
    struct dns_mx mx = {.preference = (uint16_t)(high << 8 | low)};

    TRY(take_name(a, &r, &mx.host));
    TRY(end(&r, "MX"));
    *out = mx;
    return ST_OK;
}

enum st dns_read_txt(struct arena *a, struct str rdata, struct str *out)
{
    struct rec r = rec_of(rdata);
    char *text = arena_alloc(a, MAX(rdata.n, 1));
    size_t n = 0;

    if (!rdata.n)
        return FAIL(ST_SYNTAX, "a TXT record without a string");
    while (!r.bad && rec_left(&r)) {
        struct str part = rec_bytes(&r, rec_u8(&r));

        if (part.n)
            memcpy(text + n, part.p, part.n);
        n += part.n;
    }
    TRY(end(&r, "TXT"));
    *out = str_n(text, n);
    return ST_OK;
}

enum st dns_read_tlsa(struct str rdata, struct dns_tlsa *out)
{
    struct rec r = rec_of(rdata);
    struct dns_tlsa t = {.usage = rec_u8(&r), .selector = rec_u8(&r), .matching = rec_u8(&r)};

    t.data = rec_bytes(&r, rec_left(&r));
    if (r.bad || !t.data.n)
        return FAIL(ST_SYNTAX, "a TLSA record without data");
    *out = t;
    return ST_OK;
}

enum st dns_read_srv(struct arena *a, struct str rdata, struct dns_srv *out)
{
    struct rec r = rec_of(rdata);
    struct dns_srv v;
    unsigned n[3];

    for (size_t i = 0; i < ARRAY_LEN(n); i++) {
        unsigned high = rec_u8(&r);

        n[i] = high << 8 | rec_u8(&r);
    }
    v = (struct dns_srv){.priority = (uint16_t)n[0], .weight = (uint16_t)n[1], .port = (uint16_t)n[2]};
    TRY(take_name(a, &r, &v.target));
    TRY(end(&r, "SRV"));
    *out = v;
    return ST_OK;
}

/* --- names that are asked for --------------------------------------------------------------------------------- */

/* What UTS 46 leaves to us: labels that exist in the DNS, with the underscores of service names. */
static bool is_name(struct str s)
{
    struct str rest = s, label;

    if (!s.n || s.n > DNS_NAME_MAX - 2)
        return false;
    while (str_split(&rest, '.', &label)) {
        if (!label.n || label.n > LABEL_MAX)
            return false;
        for (size_t i = 0; i < label.n; i++)
            if (!is_host_byte(label.p[i]))
                return false;
    }
    return true;
}

static enum st to_a_labels(struct arena *a, struct str domain, struct str *out)
{
    UErrorCode error = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UIDNA *idna = uidna_openUTS46(UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, &error);
    char text[DNS_NAME_MAX + 1];
    int32_t n = U_SUCCESS(error)
                    ? uidna_nameToASCII_UTF8(idna, domain.p, (int32_t)domain.n, text, sizeof text, &info, &error)
                    : 0;

    uidna_close(idna);
    if (U_FAILURE(error) || info.errors)
        return FAIL(ST_SYNTAX, "no domain name: errors 0x%x of UTS 46", (unsigned)info.errors);
    *out = arena_str(a, str_n(text, (size_t)n));
    return ST_OK;
}

enum st dns_ascii_name(struct arena *a, struct str domain, struct str *out)
{
    struct str name;
    char *text;

    if (domain.n > 4 * DNS_NAME_MAX || !str_is_utf8(domain))
        return FAIL(ST_SYNTAX, "no domain name");
    if (domain.n && domain.p[domain.n - 1] == '.')
        domain.n--;
    if (str_is_ascii(domain)) {
        text = arena_alloc(a, domain.n + 1);
        for (size_t i = 0; i < domain.n; i++)
            text[i] = ascii_lower(domain.p[i]);
        name = str_n(text, domain.n);
    } else {
        TRY(to_a_labels(a, domain, &name));
    }
    if (!is_name(name))
        return FAIL(ST_SYNTAX, "no domain name");
    *out = name;
    return ST_OK;
}

struct str dns_reverse_name(struct arena *a, struct str bytes)
{
    struct buf b;
    struct str name;

    buf_init(&b, DNS_NAME_MAX);
    for (size_t i = bytes.n; i-- > 0;) {
        unsigned v = (unsigned char)bytes.p[i];

        if (bytes.n == 4)
            buf_addf(&b, "%u.", v);
        else
            buf_addf(&b, "%x.%x.", v & 15, v >> 4);
    }
    buf_addz(&b, bytes.n == 4 ? "in-addr.arpa" : "ip6.arpa");
    name = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return name;
}
