/* Records as people read them in zone files. */
#include "dns/rdata.h"

#include "base/buf.h"
#include "base/rec.h"

#include <arpa/inet.h>

#define TEXT_MAX (1u << 18) /* a record has at most 64 KiB, four letters a byte */

static const struct {
    enum dns_type type;
    const char *name;
} types[] = {
#define TYPE(id, number, name) {DNS_##id, name},
#include "dns/types.def"
#undef TYPE
};

enum st dns_type_parse(struct str name, enum dns_type *out)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_ieq(name, str_z(types[i].name))) {
            *out = types[i].type;
            return ST_OK;
        }
    return FAIL(ST_SYNTAX, "no type of records: %.*s", STR_ARGS(str_sub(name, 0, 40)));
}

const char *dns_type_name(enum dns_type type)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (types[i].type == type)
            return types[i].name;
    return "?";
}

static void put_hex(struct buf *b, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++)
        buf_addf(b, "%02x", (unsigned char)bytes.p[i]);
}

static void put_text(struct buf *b, struct str s, bool is_quoted)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];

        if (c < 0x20 || c > 0x7e)
            buf_addf(b, "\\%03u", c);
        else if (is_quoted && (c == '"' || c == '\\'))
            buf_addf(b, "\\%c", c);
        else
            buf_addc(b, (char)c);
    }
}

static enum st address(struct buf *b, int family, struct str rdata)
{
    char text[INET6_ADDRSTRLEN];

    if (rdata.n != (family == AF_INET ? 4 : 16) || !inet_ntop(family, rdata.p, text, sizeof text))
        return FAIL(ST_SYNTAX, "an address of the wrong length");
    buf_addz(b, text);
    return ST_OK;
}

static enum st caa(struct buf *b, struct str rdata) /* RFC 8659 section 4.1 */
{
    struct rec r = rec_of(rdata);
    unsigned flags = rec_u8(&r);
    struct str tag = rec_bytes(&r, rec_u8(&r)), value = rec_bytes(&r, rec_left(&r));

    if (r.bad || !tag.n)
        return FAIL(ST_SYNTAX, "a CAA record that is cut off");
    buf_addf(b, "%u ", flags);
    put_text(b, tag, false);
    buf_addz(b, " \"");
    put_text(b, value, true);
    buf_addc(b, '"');
    return ST_OK;
}

static enum st readable(struct arena *a, struct buf *b, enum dns_type type, struct str rdata)
{
    struct str text;
    struct dns_mx mx;
    struct dns_srv srv;
    struct dns_tlsa tlsa;

    switch (type) {
    case DNS_A: return address(b, AF_INET, rdata);
    case DNS_AAAA: return address(b, AF_INET6, rdata);
    case DNS_CAA: return caa(b, rdata);
    case DNS_NS:
    case DNS_CNAME:
    case DNS_PTR:
        TRY(dns_read_name(a, rdata, &text));
        buf_addf(b, "%.*s.", STR_ARGS(text));
        return ST_OK;
    case DNS_MX:
        TRY(dns_read_mx(a, rdata, &mx));
        buf_addf(b, "%u %.*s.", mx.preference, STR_ARGS(mx.host));
        return ST_OK;
    case DNS_SRV:
        TRY(dns_read_srv(a, rdata, &srv));
        buf_addf(b, "%u %u %u %.*s.", srv.priority, srv.weight, srv.port, STR_ARGS(srv.target));
        return ST_OK;
    case DNS_TXT:
        TRY(dns_read_txt(a, rdata, &text));
        put_text(b, text, false);
        return ST_OK;
    case DNS_TLSA:
        TRY(dns_read_tlsa(rdata, &tlsa));
        buf_addf(b, "%u %u %u ", tlsa.usage, tlsa.selector, tlsa.matching);
        put_hex(b, tlsa.data);
        return ST_OK;
    default: return FAIL(ST_SYNTAX, "not taken apart");
    }
}

struct str dns_rdata_text(struct arena *a, enum dns_type type, struct str rdata)
{
    struct str text;
    struct buf b;

    buf_init(&b, TEXT_MAX);
    if (readable(a, &b, type, rdata) != ST_OK) {
        buf_clear(&b);
        buf_addf(&b, "\\# %zu%s", rdata.n, rdata.n ? " " : "");
        put_hex(&b, rdata);
    }
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}
