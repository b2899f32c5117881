#include "keeper/dkim.c"

#include "rig.h"

/* Signed and verified with what stands in the record. */
static void round_trip(struct str algorithm)
{
    struct arena a = ARENA_INIT;
    struct str private, public, der, hash = STR("0123456789abcdef0123456789abcdef");
    unsigned char signature[DKIM_SIGNATURE_MAX];
    EVP_PKEY *key, *reader;
    EVP_PKEY_CTX *ctx;
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    const unsigned char *p;
    size_t n = 0;

    CHECK_ST(dkim_key_make(&a, algorithm, &private, &public), ST_OK);
    CHECK_ST(key_read(private, &key), ST_OK);
    CHECK_ST(dkim_key_sign(key, hash, signature, &n), ST_OK);
    CHECK_ST(dkim_key_sign(key, str_sub(hash, 0, 31), signature, &n), ST_SYNTAX);
    CHECK_ST(base64_decode(&a, public, &der), ST_OK);
    p = (const unsigned char *)der.p;
    if (str_eq(algorithm, DKIM_RSA)) {
        reader = d2i_PUBKEY(NULL, &p, (long)der.n);
        CHECK_U64((unsigned)EVP_PKEY_get_bits(reader), 2048);
        ctx = EVP_PKEY_CTX_new(reader, NULL);
        CHECK(EVP_PKEY_verify_init(ctx) == 1 && EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1);
        CHECK(EVP_PKEY_verify(ctx, signature, n, (const unsigned char *)hash.p, hash.n) == 1);
        EVP_PKEY_CTX_free(ctx);
    } else {
        CHECK_U64(der.n, 32);
        reader = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, p, der.n);
        CHECK(EVP_DigestVerifyInit(md, NULL, NULL, NULL, reader) == 1);
        CHECK(EVP_DigestVerify(md, signature, n, (const unsigned char *)hash.p, hash.n) == 1);
    }
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(reader);
    EVP_PKEY_free(key);
    arena_fini(&a);
}

TEST(keys_sign)
{
    EVP_PKEY *key;

    round_trip(DKIM_RSA);
    round_trip(DKIM_ED25519);
    CHECK_ST(key_read(STR("not base64"), &key), ST_CORRUPT);
    CHECK_ST(key_read(STR("AAAA"), &key), ST_CORRUPT);
}

static const struct ipc_handler courier_side[] = {{MSG_dkim_keys_ask, keeper_dkim_keys, false},
                                                  {MSG_dkim_sign_ask, keeper_dkim_sign, false}};

static enum st ask_keys(struct ipc *keeper, struct arena *a, uint64_t account, const char *address,
                        struct dkim_key **out, size_t *out_n)
{
    struct msg_dkim_keys_ask ask = {.account = account, .address = str_z(address)};
    struct msg_dkim_keys_answer answer;

    TRY(IPC_ASK(keeper, dkim_keys_ask, &ask, dkim_keys_answer, a, &answer, deadline_in(10000)));
    if (answer.status == ST_OK)
        TRY(dkim_keys_get(answer.keys, a, out, out_n));
    return (enum st)answer.status;
}

static enum st ask_signature(struct ipc *keeper, struct arena *a, uint64_t account, const char *address, uint64_t key)
{
    struct msg_dkim_sign_ask ask = {
        .account = account, .address = str_z(address), .key = key, .hash = STR("0123456789abcdef0123456789abcdef")};
    struct msg_dkim_sign_answer answer;

    TRY(IPC_ASK(keeper, dkim_sign_ask, &ask, dkim_sign_answer, a, &answer, deadline_in(10000)));
    CHECK((answer.status == ST_OK) == (answer.signature.n == 64));
    return (enum st)answer.status;
}

static void who_may(void)
{
    struct arena a = ARENA_INIT;
    struct ipc *near, *far;
    uint64_t alice = rig_account("alice", "secret");
    struct directory_dkim_key key = {
        .domain = STR("example.test"), .selector = STR("s"), .algorithm = STR("ed25519-sha256")};
    struct dkim_key *keys;
    struct str private;
    size_t n;

    rig_pair(courier_side, ARRAY_LEN(courier_side), &rig.keeper->courier, &near, NULL, 0, NULL, &far);
    CHECK_ST(ask_keys(far, &a, alice, "alice@example.test", &keys, &n), ST_NOTFOUND);
    CHECK_ST(dkim_key_make(&a, key.algorithm, &private, &key.public_key), ST_OK);
    CHECK_ST(directory_dkim_add(rig.directory, &key, private), ST_OK);
    CHECK_ST(ask_keys(far, &a, alice, "alice@example.test", &keys, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(keys[0].selector, STR("s"));
    CHECK_STR(keys[0].public_key, key.public_key);
    CHECK_ST(ask_keys(far, &a, alice, "bob@example.test", &keys, &n), ST_DENIED);
    CHECK_ST(ask_keys(far, &a, 0, "alice@example.test", &keys, &n), ST_DENIED);
    CHECK_ST(ask_keys(far, &a, alice, "alice@elsewhere.test", &keys, &n), ST_FOREIGN);
    CHECK_ST(ask_keys(far, &a, alice, "nonsense", &keys, &n), ST_SYNTAX);
    CHECK_ST(ask_signature(far, &a, alice, "alice@example.test", keys[0].id), ST_OK);
    CHECK_ST(ask_signature(far, &a, alice, "alice@example.test", keys[0].id), ST_OK);
    CHECK_ST(ask_signature(far, &a, alice, "alice@example.test", 99), ST_NOTFOUND);
    CHECK_ST(ask_signature(far, &a, alice, "bob@example.test", keys[0].id), ST_DENIED);
    CHECK_ST(ask_signature(far, &a, 0, "alice@example.test", keys[0].id), ST_DENIED);
    CHECK_ST(directory_dkim_remove(rig.directory, STR("example.test"), STR("s")), ST_OK);
    CHECK_ST(ask_signature(far, &a, alice, "alice@example.test", keys[0].id), ST_NOTFOUND);
    ipc_free(far);
    ipc_free(near);
    arena_fini(&a);
}

TEST(only_for_who_may_send_as_the_address)
{
    rig_run(who_may);
}
