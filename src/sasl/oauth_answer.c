/* What an endpoint says of a token (RFC 7662), held to what the settings want of one. */
#include "sasl/oauth.h"

#include <jansson.h>

static struct str text_of(const json_t *v)
{
    return json_is_string(v) ? str_n(json_string_value(v), json_string_length(v)) : STR_NONE;
}

/* One of the words of a text, or of a list of texts. */
static bool has(const json_t *v, struct str wanted)
{
    struct str rest = text_of(v), word;
    const json_t *one;
    size_t i;

    if (!wanted.n)
        return true;
    while (rest.n && str_split(&rest, ' ', &word))
        if (str_eq(word, wanted))
            return true;
    json_array_foreach(v, i, one) if (str_eq(text_of(one), wanted)) return true;
    return false;
}

static enum st judge(struct arena *a, const json_t *o, const struct oauth_wanted *want, uint64_t now_s, struct str *out,
                     uint64_t *out_expires_s)
{
    json_int_t expires = json_integer_value(json_object_get(o, "exp")),
               begins = json_integer_value(json_object_get(o, "nbf"));
    struct str whose = text_of(json_object_get(o, arena_cstr(a, want->claim)));

    if (!json_is_boolean(json_object_get(o, "active")))
        return FAIL(ST_SYNTAX, "the endpoint's answer is none of RFC 7662");
    if (!json_is_true(json_object_get(o, "active")))
        return FAIL(ST_DENIED, "the token is not active");
    if ((expires && (expires < 0 || (uint64_t)expires <= now_s)) || (begins > 0 && (uint64_t)begins > now_s + 60))
        return FAIL(ST_DENIED, "the token has run out, or is not good yet");
    if (!has(json_object_get(o, "scope"), want->scope))
        return FAIL(ST_DENIED, "the token is not of the scope %.*s", STR_ARGS(want->scope));
    if (!has(json_object_get(o, "aud"), want->audience))
        return FAIL(ST_DENIED, "the token is not for %.*s", STR_ARGS(want->audience));
    if (!whose.n || str_find(whose, '\0') != whose.n)
        return FAIL(ST_DENIED, "the token does not say %.*s", STR_ARGS(want->claim));
    *out = arena_str(a, whose);
    *out_expires_s = (uint64_t)MAX(expires, 0);
    return ST_OK;
}

enum st oauth_answer_read(struct arena *a, struct str json, const struct oauth_wanted *want, uint64_t now_s,
                          struct str *out, uint64_t *out_expires_s)
{
    json_t *o = json_loadb(json.p ? json.p : "", json.n, JSON_REJECT_DUPLICATES, NULL);
    enum st st;

    if (json_is_object(o))
        st = judge(a, o, want, now_s, out, out_expires_s);
    else
        st = FAIL(ST_SYNTAX, "the endpoint's answer is no JSON");

    json_decref(o);
    return st;
}
