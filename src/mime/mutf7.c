/* Modified UTF-7: printable ASCII stands for itself, "&-" is "&", all else is UTF-16 in base64 with
 * "," for "/" and without padding, between "&" and "-". */
#include "mime/mutf7.h"
#include "base/buf.h"
#include "mime/utf8.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool is_direct(char c)
{
    return c >= ' ' && c <= '~';
}

static enum st bad(void)
{
    return FAIL(ST_SYNTAX, "a mailbox name that is no modified UTF-7");
}

/* The units of one shifted run; `run` stands between "&" and "-". */
static enum st decode_run(struct str run, struct buf *out)
{
    uint32_t bits = 0, lead = 0;
    unsigned n_bits = 0;

    for (size_t i = 0; i < run.n; i++) {
        const char *v = memchr(alphabet, run.p[i], 64);
        uint32_t u;

        if (!v)
            return bad();
        bits = bits << 6 | (uint32_t)(v - alphabet);
        n_bits += 6;
        if (n_bits < 16)
            continue;
        n_bits -= 16;
        u = bits >> n_bits & 0xffff;
        bits &= (1u << n_bits) - 1;
        if (lead && (u < 0xdc00 || u > 0xdfff))
            return bad();
        if (!lead && u >= 0xdc00 && u <= 0xdfff)
            return bad();
        if (!lead && u < 0x80 && is_direct((char)u))
            return bad(); /* has to stand for itself */
        if (!lead && u >= 0xd800 && u <= 0xdbff) {
            lead = u;
            continue;
        }
        if (u == 0)
            return bad();
        utf8_put(out, lead ? 0x10000 + ((lead - 0xd800) << 10) + (u - 0xdc00) : u);
        lead = 0;
    }
    return lead || bits || n_bits >= 6 ? bad() : ST_OK;
}

static enum st decode(struct str name, struct buf *out)
{
    for (size_t at = 0; at < name.n;) {
        size_t end;

        if (name.p[at] != '&') {
            if (!is_direct(name.p[at]))
                return bad();
            buf_addc(out, name.p[at++]);
            continue;
        }
        end = at + 1 + str_find(str_from(name, at + 1), '-');
        if (end >= name.n)
            return bad();
        if (end == at + 1)
            buf_addc(out, '&');
        else
            TRY(decode_run(str_sub(name, at + 1, end - at - 1), out));
        /* two runs in a row could be one: "&U,BTFw-&ZeVnLIqe-" (RFC 3501 5.1.3) */
        if (end > at + 1 && end + 2 < name.n && name.p[end + 1] == '&' && name.p[end + 2] != '-')
            return bad();
        at = end + 1;
    }
    return ST_OK;
}

enum st mutf7_decode(struct arena *a, struct str name, struct str *out_utf8)
{
    struct buf out;
    enum st st;

    buf_init(&out, name.n * 2 + 64);
    st = decode(name, &out);
    if (st == ST_OK)
        *out_utf8 = arena_str(a, buf_str(&out));
    buf_fini(&out);
    return st;
}

static void add_unit(struct buf *out, uint32_t u, uint32_t *bits, unsigned *n_bits)
{
    *bits = *bits << 16 | u;
    for (*n_bits += 16; *n_bits >= 6; *n_bits -= 6)
        buf_addc(out, alphabet[*bits >> (*n_bits - 6) & 63]);
    *bits &= (1u << *n_bits) - 1;
}

/* The run of characters at `at` that do not stand for themselves; gives the index behind it. */
static size_t encode_run(struct str s, size_t at, struct buf *out)
{
    uint32_t bits = 0;
    unsigned n_bits = 0;

    buf_addc(out, '&');
    while (at < s.n && !is_direct(s.p[at])) {
        size_t len = utf8_len(s, at);
        uint32_t u = utf8_get(s, at, len);

        if (u >= 0x10000) {
            add_unit(out, 0xd800 + ((u - 0x10000) >> 10), &bits, &n_bits);
            u = 0xdc00 + ((u - 0x10000) & 0x3ff);
        }
        add_unit(out, u, &bits, &n_bits);
        at += len;
    }
    if (n_bits)
        buf_addc(out, alphabet[bits << (6 - n_bits) & 63]);
    buf_addc(out, '-');
    return at;
}

enum st mutf7_encode(struct arena *a, struct str utf8, struct str *out_name)
{
    struct buf out;

    if (!str_is_utf8(utf8) || str_find(utf8, '\0') < utf8.n)
        return FAIL(ST_SYNTAX, "a mailbox name that is no UTF-8, or has a NUL");
    buf_init(&out, utf8.n * 5 + 64);
    for (size_t at = 0; at < utf8.n;) {
        if (is_direct(utf8.p[at])) {
            buf_addc(&out, utf8.p[at]);
            if (utf8.p[at++] == '&')
                buf_addc(&out, '-');
        } else {
            at = encode_run(utf8, at, &out);
        }
    }
    *out_name = arena_str(a, buf_str(&out));
    buf_fini(&out);
    return ST_OK;
}
