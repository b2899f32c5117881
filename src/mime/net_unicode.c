#include "mime/net_unicode.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

/* What normalizing makes of a text has at most three times its UTF-16 units (Unicode Standard Annex 15, section 9). */
#define GROWS 3

static enum st bad(void)
{
    return FAIL(ST_SYNTAX, "no UTF-8 that can be normalized");
}

static enum st normalize(struct arena *a, const UNormalizer2 *nfc, const UChar *wide, int32_t n, struct str *out)
{
    int32_t most = n * GROWS, len = 0;
    UChar *normal = ARENA_ARRAY(a, UChar, (size_t)most);
    char *utf8 = arena_alloc(a, (size_t)most * 3);
    UErrorCode e = U_ZERO_ERROR;

    n = unorm2_normalize(nfc, wide, n, normal, most, &e);
    u_strToUTF8(utf8, most * 3, &len, normal, n, &e);
    if (U_FAILURE(e))
        return bad();
    *out = str_n(utf8, (size_t)len);
    return ST_OK;
}

enum st mime_net_unicode(struct arena *a, struct str utf8, struct str *out)
{
    UErrorCode e = U_ZERO_ERROR;
    const UNormalizer2 *nfc;
    int32_t n = 0;
    UChar *wide;

    if (str_is_ascii(utf8)) {
        *out = utf8;
        return ST_OK;
    }
    if (!str_is_utf8(utf8) || utf8.n > INT32_MAX / 16)
        return bad();
    wide = ARENA_ARRAY(a, UChar, utf8.n);
    nfc = unorm2_getNFCInstance(&e);
    u_strFromUTF8(wide, (int32_t)utf8.n, &n, utf8.p, (int32_t)utf8.n, &e);
    if (U_FAILURE(e))
        return bad();
    if (unorm2_isNormalized(nfc, wide, n, &e) && U_SUCCESS(e)) {
        *out = utf8;
        return ST_OK;
    }
    return normalize(a, nfc, wide, n, out);
}

void net_unicode_preload(void)
{
    struct arena a = ARENA_INIT;
    struct str out;

    IGNORE(mime_net_unicode(&a, STR("e\xcc\x81"), &out));
    arena_fini(&a);
}
