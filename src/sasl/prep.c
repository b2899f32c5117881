/* SASLprep through ICU's stringprep profile. Printable US-ASCII maps to itself and never reaches ICU. The profile is
 * opened per use: ICU caches it, and passwords beyond ASCII are rare. */
#include "sasl/prep.h"

#include "base/secret.h"
#include "sasl/sasl.h"

#include <unicode/usprep.h>
#include <unicode/ustring.h>

#define PREP_MAX SASL_PASSWORD_MAX /* bytes of input, so UTF-16 units at most */
#define PREP_OUT (PREP_MAX * 4)    /* compatibility forms grow; more than this is refused */

static bool is_plain_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || (unsigned char)s.p[i] > 0x7e)
            return false;
    return true;
}

static bool prepare(UChar *from, UChar *to, char *text, struct str in, bool stored, int32_t *out_n)
{
    UErrorCode err = U_ZERO_ERROR;
    UStringPrepProfile *profile;
    int32_t n, m;

    u_strFromUTF8(from, PREP_MAX, &n, in.p, (int32_t)in.n, &err);
    profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &err);
    if (U_FAILURE(err))
        return false;
    m = usprep_prepare(profile, from, n, to, PREP_OUT, stored ? USPREP_DEFAULT : USPREP_ALLOW_UNASSIGNED, NULL, &err);
    usprep_close(profile);
    u_strToUTF8(text, PREP_OUT, out_n, to, m, &err);
    return U_SUCCESS(err);
}

enum st sasl_prep(struct arena *a, struct str text, bool stored, struct str *out)
{
    struct scratch {
        UChar from[PREP_MAX], to[PREP_OUT];
        char text[PREP_OUT];
    } * s;
    int32_t n = 0;
    bool ok;

    if (text.n == 0 || text.n > PREP_MAX || !str_is_utf8(text))
        return FAIL(ST_SYNTAX, "it is empty, too long or no UTF-8");
    if (is_plain_ascii(text)) {
        *out = arena_str(a, text);
        return ST_OK;
    }
    s = mem_new(sizeof(*s));
    ok = prepare(s->from, s->to, s->text, text, stored, &n);
    if (ok && n > 0)
        *out = arena_str(a, str_n(s->text, (size_t)n));
    wipe(s, sizeof(*s));
    mem_free(s);
    if (!ok || n == 0)
        return FAIL(ST_SYNTAX, "it has characters that SASLprep (RFC 4013) prohibits");
    return ST_OK;
}

void sasl_prep_preload(void)
{
    UErrorCode err = U_ZERO_ERROR;
    UStringPrepProfile *profile = usprep_openByType(USPREP_RFC4013_SASLPREP, &err);

    if (U_SUCCESS(err))
        usprep_close(profile);
}
