#include "keeper/own_keys.h"

#include "base/codec.h"
#include "base/random.h"
#include "base/secret.h"

#define DAY_US ((uint64_t)86400000000)
#define NEW_AFTER_US (30 * DAY_US)
#define TAKEN_US ((SRS_DAYS + 2) * DAY_US) /* from when another one signs */
#define LOOK_US (DAY_US / 24)

static enum st make(struct directory *d, struct str use, uint64_t now_us)
{
    unsigned char raw[SRS_KEY_BYTES];
    struct arena a = ARENA_INIT;
    struct str hex;
    enum st st;

    random_bytes(raw, sizeof raw);
    hex = hex_of(&a, raw, sizeof raw);
    st = directory_secret_add(d, use, hex, now_us);
    wipe(raw, sizeof raw);
    wipe((char *)(uintptr_t)hex.p, hex.n);
    arena_fini(&a);
    return st;
}

static enum st take(struct arena *a, struct str hex, unsigned char out[SRS_KEY_BYTES])
{
    struct str raw;

    TRY(hex_decode(a, hex, &raw));
    if (raw.n != SRS_KEY_BYTES)
        return FAIL(ST_CORRUPT, "a key of the directory that is none");
    memcpy(out, raw.p, SRS_KEY_BYTES);
    wipe((char *)(uintptr_t)raw.p, raw.n);
    wipe((char *)(uintptr_t)hex.p, hex.n);
    return ST_OK;
}

/* Those that nothing good is signed with any more go. */
static enum st drop_old(struct directory *d, const struct directory_secret *v, size_t *n, uint64_t now_us)
{
    for (size_t i = 1; i < *n; i++) {
        if (v[i - 1].created_us + TAKEN_US >= now_us)
            continue;
        for (size_t k = i; k < *n; k++)
            TRY(directory_secret_remove(d, v[k].id));
        *n = i;
    }
    return ST_OK;
}

static enum st renew(struct own_keys *k, struct directory *d, struct arena *a, struct str use, uint64_t now_us)
{
    struct directory_secret v[SRS_KEYS_MAX];
    struct srs_keys keys = {0};
    size_t n;

    TRY(directory_secret_list(d, a, use, v, ARRAY_LEN(v), &n));
    if (!n || v[0].created_us + NEW_AFTER_US < now_us) {
        TRY(make(d, use, now_us));
        TRY(directory_secret_list(d, a, use, v, ARRAY_LEN(v), &n));
    }
    TRY(drop_old(d, v, &n, now_us));
    for (keys.n = 0; keys.n < n; keys.n++)
        TRY(take(a, v[keys.n].value, keys.key[keys.n]));
    k->keys = keys;
    k->look_us = now_us + LOOK_US;
    wipe(&keys, sizeof keys);
    return ST_OK;
}

enum st own_keys_ready(struct own_keys *k, struct directory *d, struct str use, uint64_t now_us)
{
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    if (!k->keys.n || now_us >= k->look_us || now_us + LOOK_US < k->look_us) /* or the clock went back */
        st = renew(k, d, &a, use, now_us);
    arena_fini(&a);
    return st;
}
