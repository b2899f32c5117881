#include "box/mark.h"

#include "base/codec.h"
#include "base/must.h"
#include "base/secret.h"

#include <sodium.h>

#define HASH_BYTES 10
#define HASH_FULL 16 /* the least that the library makes */
#define ID_LETTERS 16
#define MARK_LETTERS (ID_LETTERS + 1 + 2 * HASH_BYTES)

bool mark_keys_take(struct mark_keys *k, struct str bytes)
{
    size_t n = bytes.n / MARK_KEY_BYTES;

    if (!n || n > MARK_KEYS_MAX || bytes.n % MARK_KEY_BYTES)
        return false;
    memcpy(k->key, bytes.p, bytes.n);
    k->n = n;
    return true;
}

static void hash(const unsigned char key[MARK_KEY_BYTES], uint64_t id, uint64_t account, struct str about,
                 unsigned char out[HASH_FULL])
{
    crypto_generichash_state h;
    unsigned char numbers[16];

    for (int i = 0; i < 8; i++) {
        numbers[i] = (unsigned char)(id >> (8 * i));
        numbers[8 + i] = (unsigned char)(account >> (8 * i));
    }
    must(crypto_generichash_init(&h, key, MARK_KEY_BYTES, HASH_FULL) == 0);
    must(crypto_generichash_update(&h, numbers, sizeof numbers) == 0);
    for (size_t i = 0; i < about.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(about.p[i]);

        must(crypto_generichash_update(&h, &c, 1) == 0);
    }
    must(crypto_generichash_final(&h, out, HASH_FULL) == 0);
    wipe(&h, sizeof h);
}

struct str mark_make(struct arena *a, const struct mark_keys *k, uint64_t id, uint64_t account, struct str about)
{
    unsigned char h[HASH_FULL];

    if (!k->n)
        return STR("");
    hash(k->key[0], id, account, about, h);
    return arena_printf(a, "%016llx-%.*s", (unsigned long long)id, STR_ARGS(hex_of(a, h, HASH_BYTES)));
}

/* The number at its front. */
static bool id_of(struct str mark, uint64_t *out)
{
    uint64_t id = 0;

    for (size_t i = 0; i < ID_LETTERS; i++) {
        char c = ascii_lower(mark.p[i]);

        if (!ascii_is_digit(c) && (c < 'a' || c > 'f'))
            return false;
        id = id * 16 + (uint64_t)(ascii_is_digit(c) ? c - '0' : c - 'a' + 10);
    }
    *out = id;
    return true;
}

bool mark_check(const struct mark_keys *k, struct str mark, uint64_t account, struct str about, uint64_t *out_id)
{
    struct arena a = ARENA_INIT;
    bool found = false;
    struct str said;
    uint64_t id;

    if (mark.n == MARK_LETTERS && mark.p[ID_LETTERS] == '-' && id_of(mark, &id) &&
        hex_decode(&a, str_from(mark, ID_LETTERS + 1), &said) == ST_OK && said.n == HASH_BYTES)
        for (size_t i = 0; i < k->n; i++) {
            unsigned char want[HASH_FULL];

            hash(k->key[i], id, account, about, want);
            found = bytes_eq_const(want, said.p, HASH_BYTES) || found;
        }
    arena_fini(&a);
    if (found)
        *out_id = id;
    return found;
}
