#include "keeper/dkim.h"

#include "base/codec.h"
#include "base/log.h"
#include "base/secret.h"
#include "ipc/lists.h"
#include "keeper/keeper.h"
#include "mime/addrspec.h"
#include "policy/dkim_sign.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define RSA_BITS 2048
#define DER_MAX 16384

/* --- keys --------------------------------------------------------------------------------------------------------- */

void dkim_kept_free(struct dkim_kept *k)
{
    for (size_t i = 0; i < DKIM_KEYS_KEPT; i++)
        EVP_PKEY_free(k->list[i].key);
    *k = (struct dkim_kept){0};
}

static struct str text_of(struct arena *a, const unsigned char *p, size_t n)
{
    struct str text;
    struct buf b;

    buf_init(&b, DER_MAX * 2);
    base64_encode(&b, str_n((const char *)p, n));
    text = arena_str(a, buf_str(&b));
    wipe(b.p, b.n);
    buf_fini(&b);
    return text;
}

static enum st write_key(struct arena *a, EVP_PKEY *key, bool is_rsa, struct str *out_private, struct str *out_public)
{
    unsigned char *private = NULL, *public = NULL, raw[64];
    int n = i2d_PrivateKey(key, &private), m = is_rsa ? i2d_PUBKEY(key, &public) : 0;
    size_t raw_n = sizeof raw;
    bool ok = n > 0 && (is_rsa ? m > 0 : EVP_PKEY_get_raw_public_key(key, raw, &raw_n) == 1);

    if (ok) {
        *out_private = text_of(a, private, (size_t)n);
        *out_public = is_rsa ? text_of(a, public, (size_t)m) : text_of(a, raw, raw_n); /* RFC 8463 section 4 */
    }
    if (private)
        wipe(private, (size_t)MAX(n, 0));
    OPENSSL_free(private);
    OPENSSL_free(public);
    return ok ? ST_OK : FAIL(ST_INTERNAL, "a key that can't be written");
}

enum st dkim_key_make(struct arena *a, struct str algorithm, struct str *out_private, struct str *out_public)
{
    bool is_rsa = str_eq(algorithm, DKIM_RSA);
    EVP_PKEY *key =
        is_rsa ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    enum st st;

    if (key)
        st = write_key(a, key, is_rsa, out_private, out_public);
    else
        st = FAIL(ST_INTERNAL, "no key could be made");
    EVP_PKEY_free(key);
    ERR_clear_error();
    return st;
}

static enum st key_read(struct str text, EVP_PKEY **out)
{
    struct arena a = ARENA_INIT;
    const unsigned char *p;
    struct str der;
    EVP_PKEY *key = NULL;

    if (base64_decode(&a, text, &der) == ST_OK) {
        p = (const unsigned char *)der.p;
        key = d2i_AutoPrivateKey(NULL, &p, (long)der.n);
        wipe((char *)(uintptr_t)der.p, der.n);
    }
    arena_fini(&a);
    ERR_clear_error();
    if (!key)
        return FAIL(ST_CORRUPT, "a private key in the directory can't be read");
    *out = key;
    return ST_OK;
}

static bool sign_rsa(EVP_PKEY *key, struct str hash, unsigned char *out, size_t *n)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(key, NULL);
    bool ok = ctx && EVP_PKEY_sign_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
              EVP_PKEY_sign(ctx, out, n, (const unsigned char *)hash.p, hash.n) == 1;

    EVP_PKEY_CTX_free(ctx);
    return ok;
}

/* PureEdDSA of the hash (RFC 8463 section 3). */
static bool sign_ed25519(EVP_PKEY *key, struct str hash, unsigned char *out, size_t *n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestSign(ctx, out, n, (const unsigned char *)hash.p, hash.n) == 1;

    EVP_MD_CTX_free(ctx);
    return ok;
}

enum st dkim_key_sign(EVP_PKEY *key, struct str hash, unsigned char *out, size_t *out_n)
{
    size_t n = DKIM_SIGNATURE_MAX;
    bool ok;

    if (hash.n != DKIM_HASH)
        return FAIL(ST_SYNTAX, "that is no hash");
    ok = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? sign_rsa(key, hash, out, &n) : sign_ed25519(key, hash, out, &n);
    ERR_clear_error();
    if (!ok)
        return FAIL(ST_INTERNAL, "that can't be signed with this key");
    *out_n = n;
    return ST_OK;
}

/* --- the courier's questions ------------------------------------------------------------------------------------- */

struct dkim_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    uint64_t account, key;
    struct str text, hash; /* the address as it came */
    struct str domain;
    struct directory_dkim_key *keys;
    size_t n;
    unsigned char signature[DKIM_SIGNATURE_MAX];
    size_t signature_n;
};

/* A notice of this server: for the domain that its name is of, or is below (RFC 6376 section 3.10 lets a parent sign). */
static enum st may_sign_notice(struct dkim_job *j)
{
    struct str host = j->set->host_name;
    bool ours = false;

    if (!str_ieq(j->text, arena_printf(j->a, "MAILER-DAEMON@%.*s", STR_ARGS(host))))
        return FAIL(ST_DENIED, "nobody of here has sent it");
    TRY(domain_parse(j->a, host, &host));
    while (!ours && host.n) {
        TRY(directory_is_ours(j->k->directory, host, &ours));
        j->domain = host;
        host = str_from(host, str_find(host, '.') + 1);
    }
    return ours ? ST_OK : FAIL(ST_FOREIGN, "%.*s is not in a domain of this server", STR_ARGS(j->set->host_name));
}

/* Only who may send as the address has it signed. */
static enum st may_sign(struct dkim_job *j)
{
    struct directory_address address;
    struct directory_ways ways;
    bool ours;

    if (!j->account)
        return may_sign_notice(j);
    TRY(keeper_address(j->k->directory, j->a, j->text, false, &address));
    TRY(directory_is_ours(j->k->directory, address.domain, &ours));
    if (!ours)
        return FAIL(ST_FOREIGN, "%.*s is not a domain of this server", STR_ARGS(address.domain));
    j->domain = address.domain;
    ways = keeper_ways(j->set, j->a);
    return directory_may_send_as(j->k->directory, j->account, &address, &ways);
}

static enum st find_keys(void *arg)
{
    struct dkim_job *j = arg;

    TRY(may_sign(j));
    TRY(directory_dkim_list(j->k->directory, j->a, j->domain, &j->keys, &j->n));
    return j->n ? ST_OK : FAIL(ST_NOTFOUND, "%.*s has no DKIM keys", STR_ARGS(j->domain));
}

/* A key that was retired is not in the directory any more, and then nobody asks for what is kept of it. */
static enum st ready_key(struct dkim_job *j, EVP_PKEY **out)
{
    struct dkim_kept *kept = &j->k->dkim_kept;
    size_t i = j->key % DKIM_KEYS_KEPT;
    struct str algorithm, text;
    enum st st = ST_OK;

    TRY(directory_dkim_private(j->k->directory, j->a, j->domain, j->key, &algorithm, &text));
    if (kept->list[i].id != j->key || !kept->list[i].key) {
        EVP_PKEY *key;

        st = key_read(text, &key);
        if (st == ST_OK) {
            EVP_PKEY_free(kept->list[i].key);
            kept->list[i].id = j->key;
            kept->list[i].key = key;
        }
    }
    wipe((char *)(uintptr_t)text.p, text.n);
    if (st == ST_OK)
        *out = kept->list[i].key;
    return st;
}

static enum st sign(void *arg)
{
    struct dkim_job *j = arg;
    EVP_PKEY *key;

    TRY(may_sign(j));
    TRY(ready_key(j, &key));
    return dkim_key_sign(key, j->hash, j->signature, &j->signature_n);
}

static struct str text_for(struct arena *a, enum st st, const char *what)
{
    if (st == ST_OK)
        return STR_NONE;
    if (st != ST_NOTFOUND && st != ST_DENIED && st != ST_FOREIGN && st != ST_SYNTAX)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", what), lf_err());
    return str_sub(arena_str(a, str_z(err_get()->text)), 0, 200);
}

static void put_keys(const struct dkim_job *j, struct buf *out)
{
    struct dkim_key *list = ARENA_ARRAY(j->a, struct dkim_key, j->n);

    for (size_t i = 0; i < j->n; i++)
        list[i] = (struct dkim_key){j->keys[i].id, j->keys[i].selector, j->keys[i].algorithm, j->keys[i].public_key};
    dkim_keys_put(out, list, j->n);
}

void keeper_dkim_keys(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_dkim_keys_ask *ask = r->msg;
    struct dkim_job j = {
        .k = k, .set = config_ref(k->set), .a = r->arena, .account = ask->account, .text = ask->address};
    struct msg_dkim_keys_answer answer = {0};
    struct buf keys;
    enum st st = keeper_sql(k, find_keys, &j);

    buf_init(&keys, 60000);
    if (st == ST_OK) {
        put_keys(&j, &keys);
        st = buf_check(&keys);
    }
    answer.text = text_for(r->arena, st, "DKIM keys");
    answer.status = st;
    if (st == ST_OK) {
        answer.domain = j.domain;
        answer.keys = buf_str(&keys);
    }
    if (ipc_answer(r, MSG_dkim_keys_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "DKIM keys"), lf_err());
    buf_fini(&keys);
    config_unref(j.set);
}

void keeper_dkim_sign(struct ipc_request *r)
{
    struct keeper *k = ((struct keeper_gate *)r->arg)->keeper;
    const struct msg_dkim_sign_ask *ask = r->msg;
    struct dkim_job *j = ARENA_NEW(r->arena, struct dkim_job);
    struct msg_dkim_sign_answer answer = {0};

    *j = (struct dkim_job){.k = k,
                           .set = config_ref(k->set),
                           .a = r->arena,
                           .account = ask->account,
                           .key = ask->key,
                           .text = ask->address,
                           .hash = ask->hash};
    answer.status = keeper_sql(k, sign, j);
    answer.text = text_for(r->arena, answer.status, "DKIM signature");
    if (answer.status == ST_OK)
        answer.signature = str_n((const char *)j->signature, j->signature_n);
    if (ipc_answer(r, MSG_dkim_sign_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "DKIM signature"), lf_err());
    config_unref(j->set);
}
