/* Mail addresses in one form. A domain of plain letters is checked here; ICU (UTS 46) is asked for
 * one that has U-labels or A-labels. */
#include "mime/addrspec.h"
#include "base/must.h"
#include "mime/utf8.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <unicode/uidna.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* One for the process, immutable once opened (ICU says so). */
static const UIDNA *idna_open(void)
{
    static const UIDNA *idna;
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    UErrorCode e = U_ZERO_ERROR;

    pthread_mutex_lock(&lock);
    if (!idna)
        idna = uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                   UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_NONTRANSITIONAL_TO_UNICODE,
                               &e);
    pthread_mutex_unlock(&lock);
    return U_SUCCESS(e) ? idna : NULL;
}

/* --- domains --- */

/* RFC 5321 4.1.2, RFC 1035: labels of letters, digits and inner hyphens; not all digits at the end. */
static bool is_ldh_domain(struct str d)
{
    struct str rest = d, label = STR_NONE;
    bool digits = true;

    if (d.n == 0 || d.n > ADDR_DOMAIN_MAX - 2)
        return false;
    while (str_split(&rest, '.', &label)) {
        if (label.n == 0 || label.n > 63 || label.p[0] == '-' || label.p[label.n - 1] == '-')
            return false;
        digits = true;
        for (size_t i = 0; i < label.n; i++) {
            if (!ascii_is_alnum(label.p[i]) && label.p[i] != '-' && label.p[i] != '_')
                return false;
            digits = digits && ascii_is_digit(label.p[i]);
        }
    }
    return !digits;
}

static bool has_a_label(struct str d)
{
    struct str rest = d, label;

    while (str_split(&rest, '.', &label))
        if (str_istarts(label, STR("xn--")))
            return true;
    return false;
}

/* Writes the one form of `text` to `to` (ADDR_DOMAIN_MAX bytes). */
static enum st domain_write(struct str text, char *to, size_t *out_n)
{
    size_t n = MIN(text.n, ADDR_DOMAIN_MAX + 1);

    if (str_is_ascii(text) && !has_a_label(text)) {
        if (!is_ldh_domain(text))
            return FAIL(ST_SYNTAX, "\"%.*s\" is not a domain", (int)n, text.p);
        for (size_t i = 0; i < text.n; i++)
            to[i] = ascii_lower(text.p[i]);
        *out_n = text.n;
    } else {
        UIDNAInfo info = UIDNA_INFO_INITIALIZER;
        UErrorCode e = U_ZERO_ERROR;
        const UIDNA *idna = idna_open();
        int32_t len;

        if (!idna || text.n > ADDR_DOMAIN_MAX * 4 || !str_is_utf8(text))
            return FAIL(ST_SYNTAX, "a domain that is no UTF-8, or too long");
        len = uidna_nameToASCII_UTF8(idna, text.p, (int32_t)text.n, to, ADDR_DOMAIN_MAX, &info, &e);
        if (U_FAILURE(e) || info.errors || len <= 0 || !is_ldh_domain(str_n(to, (size_t)len)))
            return FAIL(ST_SYNTAX, "\"%.*s\" is not a domain (internationalised names: UTS 46)", (int)n, text.p);
        *out_n = (size_t)len;
    }
    return ST_OK;
}

enum st domain_parse(struct arena *a, struct str text, struct str *out)
{
    char to[ADDR_DOMAIN_MAX];
    size_t n;

    TRY(domain_write(text, to, &n));
    *out = arena_str(a, str_n(to, n));
    return ST_OK;
}

struct str domain_show(struct arena *a, struct str domain)
{
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode e = U_ZERO_ERROR;
    const UIDNA *idna = has_a_label(domain) ? idna_open() : NULL;
    char to[ADDR_DOMAIN_MAX * 4];
    int32_t n;

    if (!idna || domain.n > ADDR_DOMAIN_MAX)
        return domain;
    n = uidna_nameToUnicodeUTF8(idna, domain.p, (int32_t)domain.n, to, sizeof to, &info, &e);
    return U_FAILURE(e) || info.errors || n <= 0 || (size_t)n > sizeof to ? domain : arena_str(a, str_n(to, (size_t)n));
}

/* RFC 5321 4.1.3. Of the literals only these two are in use. The address is written anew, so that it has one form. */
static enum st literal_write(struct str text, char *to, size_t *out_n)
{
    unsigned char addr[16];
    char inside[INET6_ADDRSTRLEN + 8];
    bool six = str_istarts(text, STR("[IPv6:"));
    size_t skip = six ? 6 : 1;

    if (text.n < skip + 3 || text.n - skip - 1 >= sizeof inside || text.p[text.n - 1] != ']')
        return FAIL(ST_SYNTAX, "an address literal is [192.0.2.1] or [IPv6:2001:db8::1]");
    memcpy(inside, text.p + skip, text.n - skip - 1);
    inside[text.n - skip - 1] = '\0';
    if (strlen(inside) != text.n - skip - 1 || inet_pton(six ? AF_INET6 : AF_INET, inside, addr) != 1)
        return FAIL(ST_SYNTAX, "an address literal is [192.0.2.1] or [IPv6:2001:db8::1]");
    memcpy(to, "[IPv6:", 6);
    must(inet_ntop(six ? AF_INET6 : AF_INET, addr, to + skip, ADDR_DOMAIN_MAX - 8));
    *out_n = strlen(to + skip) + skip;
    to[(*out_n)++] = ']';
    return ST_OK;
}

/* --- local parts --- */

/* RFC 5322 3.2.3, and all that is not ASCII (RFC 6531 3.3) */
static bool is_atext(char c)
{
    return ascii_is_alnum(c) || (c & 0x80) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

static bool is_dot_atom(struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool dot = s.p[i] == '.';

        if (dot ? i == 0 || i + 1 == s.n || s.p[i - 1] == '.' : !is_atext(s.p[i]))
            return false;
    }
    return s.n > 0;
}

/* The end of the local part, and what it means without quotes. */
static enum st local_read(struct str text, char *raw, size_t *out_n, size_t *out_end)
{
    size_t n = 0, at = 0;

    if (text.n == 0 || text.p[0] != '"') {
        at = str_rfind(text, '@');
        if (at == text.n || !is_dot_atom(str_n(text.p, at)))
            return FAIL(ST_SYNTAX, "an address looks like name@domain");
        if (at > ADDR_LOCAL_MAX)
            return FAIL(ST_SYNTAX, "what stands before the @ is longer than %d bytes", ADDR_LOCAL_MAX);
        memcpy(raw, text.p, at);
        *out_n = *out_end = at;
        return ST_OK;
    }
    for (at = 1; at < text.n && text.p[at] != '"'; at++) {
        if (text.p[at] == '\\' && at + 1 < text.n)
            at++;
        if ((unsigned char)text.p[at] < ' ' || text.p[at] == 127)
            return FAIL(ST_SYNTAX, "a control character in an address");
        if (n == ADDR_LOCAL_MAX)
            return FAIL(ST_SYNTAX, "what stands before the @ is longer than %d bytes", ADDR_LOCAL_MAX);
        raw[n++] = text.p[at];
    }
    if (at + 1 >= text.n || text.p[at + 1] != '@')
        return FAIL(ST_SYNTAX, "an address looks like \"name\"@domain");
    *out_n = n;
    *out_end = at + 1;
    return ST_OK;
}

/* UTF-8 in NFC; *n is what stands in raw, and changes. */
static enum st local_normalise(char *raw, size_t *n)
{
    UErrorCode e = U_ZERO_ERROR;
    const UNormalizer2 *nfc = unorm2_getNFCInstance(&e);
    UChar wide[ADDR_LOCAL_MAX], normal[ADDR_LOCAL_MAX * 3];
    char again[ADDR_LOCAL_MAX];
    int32_t len = 0, out = 0;

    u_strFromUTF8(wide, (int32_t)ARRAY_LEN(wide), &len, raw, (int32_t)*n, &e);
    len = U_SUCCESS(e) ? unorm2_normalize(nfc, wide, len, normal, (int32_t)ARRAY_LEN(normal), &e) : 0;
    u_strToUTF8(again, (int32_t)sizeof again, &out, normal, len, &e);
    if (U_FAILURE(e) || out > (int32_t)sizeof again)
        return FAIL(ST_SYNTAX, "what stands before the @ is no UTF-8, or longer than %d bytes", ADDR_LOCAL_MAX);
    memcpy(raw, again, (size_t)out);
    *n = (size_t)out;
    return ST_OK;
}

static size_t local_write(struct str raw, char *to)
{
    size_t n = 0;
    bool plain = is_dot_atom(raw);

    if (!plain)
        to[n++] = '"';
    for (size_t i = 0; i < raw.n; i++) {
        if (raw.p[i] == '"' || raw.p[i] == '\\')
            to[n++] = '\\';
        to[n++] = raw.p[i];
    }
    if (!plain)
        to[n++] = '"';
    return n;
}

/* Points the views of *a into itself. */
static void set_views(struct addrspec *a, size_t raw_n, size_t local_n, size_t domain_n)
{
    a->local_raw = str_n(a->raw, raw_n);
    a->local = str_n(a->text, local_n);
    a->domain = str_n(a->text + local_n + 1, domain_n);
    a->whole = str_n(a->text, local_n + 1 + domain_n);
}

enum st addrspec_parse(struct str text, struct addrspec *out)
{
    struct addrspec a = {0};
    size_t raw_n, local_n, domain_n, end;
    struct str domain;

    if (text.n > LIMIT_ADDRESS * 4)
        return FAIL(ST_SYNTAX, "an address longer than %d bytes", LIMIT_ADDRESS);
    TRY(local_read(text, a.raw, &raw_n, &end));
    a.is_utf8 = !str_is_ascii(str_n(a.raw, raw_n));
    if (a.is_utf8)
        TRY(local_normalise(a.raw, &raw_n));
    local_n = local_write(str_n(a.raw, raw_n), a.text);
    a.text[local_n] = '@';
    domain = str_from(text, end + 1);
    a.is_literal = domain.n && domain.p[0] == '[';
    if (a.is_literal)
        TRY(literal_write(domain, a.text + local_n + 1, &domain_n));
    else
        TRY(domain_write(domain, a.text + local_n + 1, &domain_n));
    if (local_n + 1 + domain_n > LIMIT_ADDRESS)
        return FAIL(ST_SYNTAX, "an address longer than %d bytes", LIMIT_ADDRESS);
    *out = a;
    set_views(out, raw_n, local_n, domain_n);
    return ST_OK;
}

void addrspec_copy(struct addrspec *to, const struct addrspec *from)
{
    if (to == from)
        return;
    *to = *from;
    set_views(to, from->local_raw.n, from->local.n, from->domain.n);
}

void addrspec_preload(void)
{
    struct arena a = ARENA_INIT;
    struct addrspec addr;
    struct str domain;

    must(addrspec_parse(STR("\xc3\xbc@b\xc3\xbc"
                            "cher.example"),
                        &addr) == ST_OK);
    domain = domain_show(&a, addr.domain);
    must(domain.n);
    arena_fini(&a);
}
