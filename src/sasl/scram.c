#include "sasl/scram.h"

#include "base/codec.h"
#include "base/secret.h"

struct str scram_error_text(struct arena *a, enum scram_error e)
{
    static const char *const texts[] = {
#define SCRAM_ERROR(id, text) [SCRAM_##id] = text,
#include "sasl/scram_errors.def"
#undef SCRAM_ERROR
    };

    return arena_printf(a, "e=%s", texts[e]);
}

/* --- reading ------------------------------------------------------------------------------------------ */

/* "x=value" up to a comma, or to the end. */
static bool take(struct str *rest, char name, struct str *out)
{
    size_t n;

    if (rest->n < 2 || rest->p[0] != name || rest->p[1] != '=')
        return false;
    n = str_find(*rest, ',');
    *out = str_sub(*rest, 2, n - 2);
    *rest = str_from(*rest, n);
    return true;
}

static bool take_comma(struct str *rest)
{
    if (!rest->n || rest->p[0] != ',')
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

static int hex_escape(struct str s, size_t at)
{
    struct str code = str_sub(s, at, 3);

    return str_ieq(code, STR("=2C")) ? ',' : str_ieq(code, STR("=3D")) ? '=' : -1;
}

/* saslname: '=' stands for nothing but =2C and =3D. */
static bool decode_name(struct arena *a, struct str given, struct str *out)
{
    char *p = arena_alloc(a, given.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < given.n; i++) {
        int c = given.p[i] == '=' ? hex_escape(given, i) : 0;

        if (c < 0)
            return false;
        p[n++] = c ? (char)c : given.p[i];
        i += c ? 2 : 0;
    }
    *out = str_n(p, n);
    return n > 0;
}

static bool is_nonce(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < 0x21 || s.p[i] > 0x7e || s.p[i] == ',')
            return false;
    return s.n > 0;
}

/* Optional extensions are passed over, when they have their form: one letter, "=", something. */
static bool are_extensions(struct str rest)
{
    struct str one;

    while (rest.n) {
        if (!take_comma(&rest) || !rest.n || !ascii_is_alpha(rest.p[0]) || !take(&rest, rest.p[0], &one) || !one.n)
            return false;
    }
    return true;
}

static bool is_binding_name(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!ascii_is_alpha(s.p[i]) && !ascii_is_digit(s.p[i]) && s.p[i] != '.' && s.p[i] != '-')
            return false;
    return s.n > 0;
}

/* gs2-header: flag "," [authzid] "," */
static enum scram_error read_header(struct arena *a, struct str *rest, struct scram_first *out)
{
    struct str authzid, whole = *rest;

    if (!rest->n)
        return SCRAM_INVALID_ENCODING;
    out->flag = rest->p[0];
    if (out->flag == 'p') {
        if (!take(rest, 'p', &out->binding) || !is_binding_name(out->binding))
            return SCRAM_INVALID_ENCODING;
    } else {
        if (out->flag != 'n' && out->flag != 'y')
            return SCRAM_INVALID_ENCODING;
        *rest = str_from(*rest, 1);
    }
    if (!take_comma(rest))
        return SCRAM_INVALID_ENCODING;
    if (take(rest, 'a', &authzid) && !decode_name(a, authzid, &out->authzid))
        return SCRAM_INVALID_USERNAME;
    if (!take_comma(rest))
        return SCRAM_INVALID_ENCODING;
    out->gs2 = str_sub(whole, 0, whole.n - rest->n);
    return SCRAM_FINE;
}

enum scram_error scram_header_read(struct arena *a, struct str header, struct str *out_authzid)
{
    struct scram_first first = {0};
    struct str rest = arena_str(a, header);
    enum scram_error e = str_is_utf8(header) ? read_header(a, &rest, &first) : SCRAM_INVALID_ENCODING;

    if (e != SCRAM_FINE)
        return e;
    if (rest.n || first.flag == 'p')
        return SCRAM_INVALID_ENCODING;
    *out_authzid = first.authzid;
    return SCRAM_FINE;
}

enum scram_error scram_first_read(struct arena *a, struct str message, struct scram_first *out)
{
    struct str rest, user;
    enum scram_error e;

    *out = (struct scram_first){0};
    if (message.n > SCRAM_MESSAGE_MAX || !str_is_utf8(message) || str_find(message, '\0') != message.n)
        return SCRAM_INVALID_ENCODING;
    rest = message = arena_str(a, message);
    e = read_header(a, &rest, out);
    if (e != SCRAM_FINE)
        return e;
    out->bare = rest;
    if (str_starts(rest, STR("m="))) /* section 5.1: whatever it is, it makes the exchange fail */
        return SCRAM_EXTENSIONS;
    if (!take(&rest, 'n', &user))
        return SCRAM_INVALID_ENCODING;
    if (!decode_name(a, user, &out->user))
        return SCRAM_INVALID_USERNAME;
    if (!take_comma(&rest) || !take(&rest, 'r', &out->nonce) || !is_nonce(out->nonce) ||
        out->nonce.n > SCRAM_NONCE_MAX || !are_extensions(rest))
        return SCRAM_INVALID_ENCODING;
    return SCRAM_FINE;
}

enum scram_error scram_final_read(struct arena *a, struct str message, struct scram_final *out)
{
    struct str rest, bound, proof;
    size_t at;

    *out = (struct scram_final){0};
    if (message.n > SCRAM_MESSAGE_MAX || !str_is_utf8(message) || str_find(message, '\0') != message.n)
        return SCRAM_INVALID_ENCODING;
    rest = message = arena_str(a, message);
    if (!take(&rest, 'c', &bound) || !take_comma(&rest) || !take(&rest, 'r', &out->nonce) || !is_nonce(out->nonce))
        return SCRAM_INVALID_ENCODING;
    at = str_rfind(rest, ',');
    if (at >= rest.n || !are_extensions(str_sub(rest, 0, at)))
        return SCRAM_INVALID_ENCODING;
    out->without_proof = str_sub(message, 0, message.n - rest.n + at);
    rest = str_from(rest, at + 1);
    if (!take(&rest, 'p', &proof) || rest.n || !bound.n || base64_decode(a, bound, &out->bound) != ST_OK ||
        base64_decode(a, proof, &out->proof) != ST_OK)
        return SCRAM_INVALID_ENCODING;
    return SCRAM_FINE;
}

/* --- answering ---------------------------------------------------------------------------------------- */

struct str scram_first_answer(struct arena *a, struct str nonce, struct str salt_text, uint32_t iterations)
{
    return arena_printf(a, "r=%.*s,s=%.*s,i=%u", STR_ARGS(nonce), STR_ARGS(salt_text), iterations);
}

struct str scram_auth_message(struct arena *a, struct str first_bare, struct str first_answer, struct str without_proof)
{
    return arena_printf(a, "%.*s,%.*s,%.*s", STR_ARGS(first_bare), STR_ARGS(first_answer), STR_ARGS(without_proof));
}

bool scram_proof_fits(enum scram_hash h, const struct scram_pair *keys, struct str auth_message, struct str proof)
{
    unsigned char client[SCRAM_DIGEST_MAX], stored[SCRAM_DIGEST_MAX];
    size_t n = scram_digest_bytes(h);
    bool fits;

    if (proof.n != n)
        return false;
    scram_hmac(h, str_n((const char *)keys->stored, n), auth_message, client);
    for (size_t i = 0; i < n; i++)
        client[i] ^= (unsigned char)proof.p[i];
    scram_digest(h, str_n((const char *)client, n), stored);
    fits = bytes_eq_const((const char *)stored, (const char *)keys->stored, n);
    wipe(client, sizeof(client));
    wipe(stored, sizeof(stored));
    return fits;
}

struct str scram_verifier(struct arena *a, enum scram_hash h, const struct scram_pair *keys, struct str auth_message)
{
    unsigned char signature[SCRAM_DIGEST_MAX];
    size_t n = scram_digest_bytes(h);
    struct str text;
    struct buf b;

    scram_hmac(h, str_n((const char *)keys->server, n), auth_message, signature);
    buf_init(&b, 128);
    buf_addz(&b, "v=");
    base64_encode(&b, str_n((const char *)signature, n));
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}
