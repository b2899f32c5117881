/* PLAIN (RFC 4616): authzid NUL authcid NUL passwd, in one response. */
#include "sasl/steps.h"

enum st sasl_plain_step(struct sasl *x, const struct str *response, struct sasl_todo *out)
{
    struct str rest, authzid, user, password;
    size_t first, second;

    if (!response) {
        *out = (struct sasl_todo){.kind = SASL_CHALLENGE, .challenge = STR("")};
        return ST_OK;
    }
    rest = arena_str(x->arena, *response);
    first = str_find(rest, '\0');
    if (first == rest.n)
        return FAIL(ST_SYNTAX, "PLAIN wants three texts with NUL between them");
    authzid = str_sub(rest, 0, first);
    rest = str_from(rest, first + 1);
    second = str_find(rest, '\0');
    if (second == rest.n)
        return FAIL(ST_SYNTAX, "PLAIN wants three texts with NUL between them");
    user = str_sub(rest, 0, second);
    password = str_from(rest, second + 1);
    if (str_find(password, '\0') != password.n)
        return FAIL(ST_SYNTAX, "PLAIN has a NUL too many");
    if (user.n == 0 || password.n == 0)
        return FAIL(ST_SYNTAX, "PLAIN without user name or password");
    if (!str_is_utf8(authzid) || !str_is_utf8(user) || !str_is_utf8(password))
        return FAIL(ST_SYNTAX, "PLAIN must be UTF-8");
    if (authzid.n > SASL_NAME_MAX || user.n > SASL_NAME_MAX || password.n > SASL_PASSWORD_MAX)
        return FAIL(ST_LIMIT, "user name or password is too long");
    *out =
        (struct sasl_todo){.kind = SASL_VERIFY, .credentials = {STR("PLAIN"), authzid, user, {password.p, password.n}}};
    return ST_OK;
}
