/* LOGIN (draft-murchison-sasl-login-00): user name and password, each on its own challenge. Old Outlooks know nothing
 * else, and some clients want exactly these two challenges (section 2.2). */
#include "sasl/steps.h"

enum st sasl_login_step(struct sasl *x, const struct str *response, struct sasl_todo *out)
{
    struct str text;

    if (!response) {
        if (x->steps > 1)
            return FAIL(ST_SYNTAX, "LOGIN wants an answer");
        *out = (struct sasl_todo){.kind = SASL_CHALLENGE, .challenge = STR("Username:")};
        return ST_OK;
    }
    text = arena_str(x->arena, *response);
    if (text.n == 0 || str_find(text, '\0') != text.n || !str_is_utf8(text))
        return FAIL(ST_SYNTAX, "LOGIN wants text in UTF-8");
    if (x->user.n == 0) {
        if (text.n > SASL_NAME_MAX)
            return FAIL(ST_LIMIT, "the user name is too long");
        x->user = text;
        *out = (struct sasl_todo){.kind = SASL_CHALLENGE, .challenge = STR("Password:")};
        return ST_OK;
    }
    if (text.n > SASL_PASSWORD_MAX)
        return FAIL(ST_LIMIT, "the password is too long");
    *out = (struct sasl_todo){.kind = SASL_VERIFY, .credentials = {STR("LOGIN"), STR_NONE, x->user, {text.p, text.n}}};
    return ST_OK;
}
