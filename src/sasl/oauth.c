#include "sasl/oauth.h"

#include "base/buf.h"
#include "base/json.h"
#include "sasl/scram.h"

#define TOKEN_MAX 8192

/* --- what a client sends -------------------------------------------------------------------------------------- */

/* "Bearer TOKEN" (RFC 6750 section 2.1): the scheme in any case, then b64token. */
static bool read_bearer(struct str value, struct str *out)
{
    struct str token;

    if (!str_istarts(value, STR("Bearer ")))
        return false;
    token = str_trim(str_from(value, 7));
    for (size_t i = 0; i < token.n; i++)
        if (!ascii_is_alnum(token.p[i]) && !strchr("-._~+/=", token.p[i]))
            return false;
    *out = token;
    return token.n > 0 && token.n <= TOKEN_MAX;
}

/* Pairs, each with \1 behind it, and another \1 at the end. Those that are not known are passed over. */
static bool is_port(struct str s)
{
    uint32_t n;

    return str_u32(s, 65535, &n) == ST_OK && n && s.p[0] != '0';
}

static enum st read_pairs(struct str rest, struct oauth_client *out)
{
    bool has = false;

    while (rest.n > 1 && rest.p[0] != 1) {
        size_t n = str_find(rest, 1), eq = str_find(rest, '=');

        if (n == rest.n || eq >= n || eq == 0)
            return FAIL(ST_SYNTAX, "no pairs of key and value");
        if (str_ieq(str_sub(rest, 0, eq), STR("auth"))) {
            if (has || !read_bearer(str_sub(rest, eq + 1, n - eq - 1), &out->token))
                return FAIL(ST_SYNTAX, "no bearer token");
            has = true;
        }
        if (str_eq(str_sub(rest, 0, eq), STR("host")))
            out->host = str_sub(rest, eq + 1, n - eq - 1);
        if (str_eq(str_sub(rest, 0, eq), STR("port")) && !is_port(str_sub(rest, eq + 1, n - eq - 1)))
            return FAIL(ST_SYNTAX, "no port");
        rest = str_from(rest, n + 1);
    }
    if (rest.n != 1 || rest.p[0] != 1 || !has)
        return FAIL(ST_SYNTAX, "no bearer token, or no end");
    return ST_OK;
}

enum st oauth_bearer_read(struct arena *a, struct str message, struct oauth_client *out)
{
    struct oauth_client c = {0};
    size_t n = str_find(message, 1);

    if (n == message.n || str_find(message, '\0') != message.n)
        return FAIL(ST_SYNTAX, "no message of OAUTHBEARER");
    if (scram_header_read(a, str_sub(message, 0, n), &c.user) != SCRAM_FINE)
        return FAIL(ST_SYNTAX, "no GS2 header without a channel binding");
    TRY(read_pairs(str_from(message, n + 1), &c));
    *out = c;
    return ST_OK;
}

enum st oauth_x_read(struct str message, struct oauth_client *out)
{
    struct oauth_client c = {0};
    size_t n = str_find(message, 1);

    if (n == message.n || !str_istarts(message, STR("user=")) || !str_is_utf8(message) ||
        str_find(message, '\0') != message.n)
        return FAIL(ST_SYNTAX, "no message of XOAUTH2");
    c.user = str_sub(message, 5, n - 5);
    TRY(read_pairs(str_from(message, n + 1), &c));
    if (!c.user.n)
        return FAIL(ST_SYNTAX, "XOAUTH2 without a user");
    *out = c;
    return ST_OK;
}

/* --- what it is told ------------------------------------------------------------------------------------------- */

static struct str done(struct arena *a, struct json *j, struct buf *b)
{
    struct str text;

    json_object_end(j);
    text = arena_str(a, buf_str(b));
    buf_fini(b);
    return text;
}

static void put(struct json *j, const char *key, struct str value)
{
    if (value.n)
        json_kv_str(j, key, value);
}

struct str oauth_refusal(struct arena *a, const char *status, struct str scope, struct str configuration)
{
    struct json j;
    struct buf b;

    buf_init(&b, 4096);
    json_init(&j, &b);
    json_object(&j);
    put(&j, "status", str_z(status));
    put(&j, "scope", scope);
    put(&j, "openid-configuration", configuration);
    return done(a, &j, &b);
}

struct str oauth_x_refusal(struct arena *a, struct str scope)
{
    struct json j;
    struct buf b;

    buf_init(&b, 4096);
    json_init(&j, &b);
    json_object(&j);
    put(&j, "status", STR("401"));
    put(&j, "schemes", STR("bearer"));
    put(&j, "scope", scope);
    return done(a, &j, &b);
}
