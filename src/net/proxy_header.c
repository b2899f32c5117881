#include "net/proxy_header.h"

#include "base/err.h"

#define V1_MAX 107 /* section 2.1, with CR LF */
#define V2_FIXED 16
#define V2_SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define V2_SIGNATURE_N 12

enum { V2_LOCAL = 0x20, V2_PROXY = 0x21 };

/* --- version 1 ----------------------------------------------------------------------------------------------------- */

/* Of that family, and no brackets. */
static enum st v1_address(struct str word, bool is_six, struct addr *out)
{
    if ((str_find(word, ':') < word.n) != is_six || str_find(word, '[') < word.n)
        return FAIL(ST_SYNTAX, "an address of another family");
    return addr_parse(word, 0, out);
}

static enum st v1_port(struct str word, struct addr *out)
{
    uint32_t port;

    if ((word.n > 1 && word.p[0] == '0') || str_u32(word, 65535, &port) != ST_OK)
        return FAIL(ST_SYNTAX, "no port");
    out->port = (uint16_t)port;
    return ST_OK;
}

static enum st v1_words(struct str rest, struct proxy_header *out)
{
    struct proxy_header h = {0};
    struct str word[6];
    bool is_six;
    size_t n = 0;

    while (n < ARRAY_LEN(word) && str_split(&rest, ' ', &word[n]))
        n++;
    if (n >= 1 && str_eq(word[0], STR("UNKNOWN"))) { /* what is behind it is to be ignored */
        *out = (struct proxy_header){.is_own = true};
        return ST_OK;
    }
    if (n != 5 || (!str_eq(word[0], STR("TCP4")) && !str_eq(word[0], STR("TCP6"))))
        return FAIL(ST_SYNTAX, "PROXY TCP4 from to port port");
    is_six = word[0].p[3] == '6';
    TRY(v1_address(word[1], is_six, &h.from));
    TRY(v1_address(word[2], is_six, &h.to));
    TRY(v1_port(word[3], &h.from));
    TRY(v1_port(word[4], &h.to));
    *out = h;
    return ST_OK;
}

static enum st v1(struct str in, struct proxy_header *out, size_t *out_n)
{
    struct str line = str_sub(in, 0, V1_MAX);
    size_t lf = str_find(line, '\n'), cr = str_find(line, '\r');

    if (str_find(str_n(line.p, lf), '\0') < lf)
        return FAIL(ST_SYNTAX, "a NUL in it");
    if (lf < line.n && cr + 1 == lf) {
        *out_n = lf + 1;
        return v1_words(str_sub(line, 6, lf - 7), out);
    }
    if (lf < line.n || cr + 1 < line.n)
        return FAIL(ST_SYNTAX, "a bare line end");
    if (in.n >= V1_MAX)
        return FAIL(ST_LIMIT, "more than %d bytes", V1_MAX);
    *out_n = MAX(in.n + (cr < line.n ? 1 : 2), (size_t)PROXY_HEADER_LEAST);
    return ST_BUSY;
}

/* --- version 2 ----------------------------------------------------------------------------------------------------- */

static unsigned u16(const char *p)
{
    return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* Section 2.2: type, length, value; nobody here asks for any, but each has to fit. */
static bool are_tlvs(struct str s)
{
    while (s.n) {
        if (s.n < 3 || u16(s.p + 1) > s.n - 3)
            return false;
        s = str_from(s, 3 + u16(s.p + 1));
    }
    return true;
}

static enum st v2_addresses(struct str block, size_t width, struct proxy_header *h)
{
    if (block.n < 2 * width + 4 || !are_tlvs(str_from(block, 2 * width + 4)))
        return FAIL(ST_SYNTAX, "addresses that are cut");
    h->from = addr_from_bytes(str_sub(block, 0, width), (uint16_t)u16(block.p + 2 * width));
    h->to = addr_from_bytes(str_sub(block, width, width), (uint16_t)u16(block.p + 2 * width + 2));
    return ST_OK;
}

static enum st v2_block(unsigned command, unsigned family, struct str block, struct proxy_header *out)
{
    struct proxy_header h = {0};

    h.is_own = command == V2_LOCAL; /* its block is skipped whatever it holds */
    if (command != V2_LOCAL && command != V2_PROXY)
        return FAIL(ST_SYNTAX, "another version, or an unknown command");
    if (!h.is_own) {
        switch (family) {
        case 0x11: TRY(v2_addresses(block, 4, &h)); break;
        case 0x21: TRY(v2_addresses(block, 16, &h)); break;
        case 0x00:
        case 0x31: h.is_own = true; break; /* section 2.2: the connection's own addresses, then */
        default: return FAIL(ST_SYNTAX, "no address of a stream");
        }
    }
    *out = h;
    return ST_OK;
}

static enum st v2(struct str in, struct proxy_header *out, size_t *out_n)
{
    size_t whole;

    if (in.n < V2_FIXED) {
        *out_n = in.n < PROXY_HEADER_LEAST ? PROXY_HEADER_LEAST : V2_FIXED;
        return ST_BUSY;
    }
    whole = V2_FIXED + u16(in.p + 14);
    if (whole > PROXY_HEADER_MAX)
        return FAIL(ST_LIMIT, "more than %d bytes", PROXY_HEADER_MAX);
    *out_n = whole;
    if (in.n < whole)
        return ST_BUSY;
    return v2_block((unsigned char)in.p[12], (unsigned char)in.p[13], str_sub(in, V2_FIXED, whole - V2_FIXED), out);
}

enum st proxy_header_parse(struct str in, struct proxy_header *out, size_t *out_n)
{
    const struct str one = STR("PROXY "), two = str_n(V2_SIGNATURE, V2_SIGNATURE_N);

    if (str_starts(in, one) || str_starts(one, in)) /* of the empty beginning both would say the same */
        return v1(in, out, out_n);
    if (str_starts(two, str_sub(in, 0, V2_SIGNATURE_N)))
        return v2(in, out, out_n);
    return FAIL(ST_SYNTAX, "no header of the PROXY protocol");
}
