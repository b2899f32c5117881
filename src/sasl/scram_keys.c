#include "sasl/scram_keys.h"

#include "base/codec.h"
#include "base/must.h"
#include "sasl/prep.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SALT_MAX 64

static const EVP_MD *md_of(enum scram_hash h)
{
    return h == SCRAM_SHA_1 ? EVP_sha1() : EVP_sha256();
}

size_t scram_digest_bytes(enum scram_hash h)
{
    return h == SCRAM_SHA_1 ? 20 : 32;
}

void scram_hmac(enum scram_hash h, struct str key, struct str text, unsigned char out[SCRAM_DIGEST_MAX])
{
    unsigned n = 0;

    if (!HMAC(md_of(h), key.p, (int)key.n, (const unsigned char *)text.p, text.n, out, &n) ||
        n != scram_digest_bytes(h))
        never("HMAC fails");
}

void scram_digest(enum scram_hash h, struct str text, unsigned char out[SCRAM_DIGEST_MAX])
{
    unsigned n = 0;

    if (EVP_Digest(text.p, text.n, out, &n, md_of(h), NULL) != 1 || n != scram_digest_bytes(h))
        never("a digest fails");
}

/* RFC 5802 section 3: SaltedPassword, ClientKey, StoredKey, ServerKey. */
static enum st make_pair(enum scram_hash h, struct str password, struct str salt, uint32_t iterations,
                         struct scram_pair *out)
{
    unsigned char salted[SCRAM_DIGEST_MAX], client[SCRAM_DIGEST_MAX];
    size_t n = scram_digest_bytes(h);
    struct str key = {(const char *)salted, n};

    if (PKCS5_PBKDF2_HMAC(password.p, (int)password.n, (const unsigned char *)salt.p, (int)salt.n, (int)iterations,
                          md_of(h), (int)n, salted) != 1)
        return FAIL(ST_INTERNAL, "PBKDF2 fails");
    scram_hmac(h, key, STR("Client Key"), client);
    scram_digest(h, str_n((const char *)client, n), out->stored);
    scram_hmac(h, key, STR("Server Key"), out->server);
    wipe(salted, sizeof(salted));
    wipe(client, sizeof(client));
    return ST_OK;
}

enum st scram_keys_make(struct secret password, struct str salt_text, uint32_t iterations, struct scram_keys *out)
{
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE, salt;
    struct scram_keys keys = {0};
    enum st st = base64_decode(&a, salt_text, &salt);

    if (st != ST_OK || salt.n == 0 || salt.n > SALT_MAX || iterations == 0 || iterations > 10000000)
        st = FAIL(ST_SYNTAX, "that is no salt, or no number of iterations");
    if (st == ST_OK)
        st = sasl_prep(&a, str_n(password.p, password.n), false, &text);
    for (enum scram_hash h = SCRAM_SHA_1; st == ST_OK && h <= SCRAM_SHA_256; h++)
        st = make_pair(h, text, salt, iterations, &keys.of[h]);
    if (text.n)
        wipe((void *)(uintptr_t)text.p, text.n);
    arena_fini(&a);
    if (st == ST_OK)
        *out = keys;
    wipe(&keys, sizeof(keys));
    return st;
}

struct str scram_keys_text(struct arena *a, const struct scram_keys *k)
{
    struct str text;
    struct buf b;

    buf_init(&b, 256);
    base64_encode(&b, str_n((const char *)k, sizeof(*k)));
    text = arena_str(a, buf_str(&b));
    wipe(b.p, b.n);
    buf_fini(&b);
    return text;
}

enum st scram_keys_read(struct str text, struct scram_keys *out)
{
    struct arena a = ARENA_INIT;
    struct str raw = STR_NONE;
    enum st st = base64_decode(&a, text, &raw);

    if (st == ST_OK && raw.n == sizeof(*out))
        memcpy(out, raw.p, sizeof(*out));
    else
        st = FAIL(ST_CORRUPT, "keys of SCRAM that are none");
    if (raw.n)
        wipe((void *)(uintptr_t)raw.p, raw.n);
    arena_fini(&a);
    return st;
}
