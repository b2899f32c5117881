/* How local parts compare, and the bounds of addresses. ASCII is the rule; the rest goes through ICU. */
#include "directory/sql.h"

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#define UNITS (DIRECTORY_LOCAL_MAX * 4) /* folding makes three letters of one at most */

static struct str key_ascii(struct arena *a, struct str local)
{
    struct str key = arena_str(a, local);
    char *p = (char *)(uintptr_t)key.p;

    for (size_t i = 0; i < key.n; i++)
        p[i] = ascii_lower(p[i]);
    return key;
}

struct str directory_key(struct arena *a, struct str local)
{
    UChar from[UNITS], folded[UNITS], normal[UNITS];
    char text[UNITS * 3];
    UErrorCode err = U_ZERO_ERROR;
    int32_t n, m, k, t;

    if (str_is_ascii(local) || local.n > DIRECTORY_LOCAL_MAX)
        return key_ascii(a, local);
    u_strFromUTF8(from, UNITS, &n, local.p, (int32_t)local.n, &err);
    m = U_SUCCESS(err) ? u_strFoldCase(folded, UNITS, from, n, U_FOLD_CASE_DEFAULT, &err) : 0;
    k = U_SUCCESS(err) ? unorm2_normalize(unorm2_getNFCInstance(&err), folded, m, normal, UNITS, &err) : 0;
    if (U_SUCCESS(err))
        u_strToUTF8(text, sizeof(text), &t, normal, k, &err);
    return U_SUCCESS(err) ? arena_str(a, str_n(text, (size_t)t)) : key_ascii(a, local);
}

enum st directory_address_check(const struct directory_address *address)
{
    if (address->local.n > DIRECTORY_LOCAL_MAX || address->domain.n > DIRECTORY_DOMAIN_MAX || address->domain.n == 0)
        return FAIL(ST_LIMIT, "an address of ours has at most %d bytes before the @ and %d behind it",
                    DIRECTORY_LOCAL_MAX, DIRECTORY_DOMAIN_MAX);
    if (!str_is_utf8(address->local) || str_find(address->local, '\0') != address->local.n)
        return FAIL(ST_SYNTAX, "an address must be UTF-8");
    return ST_OK;
}

struct str directory_address_text(struct arena *a, struct str local, struct str domain)
{
    return arena_printf(a, "%.*s@%.*s", STR_ARGS(local), STR_ARGS(domain));
}

struct str directory_local_key(struct arena *a, struct str local)
{
    return directory_key(a, local);
}
