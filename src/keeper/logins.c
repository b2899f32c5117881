#include "keeper/logins.h"

#include "base/arena.h"
#include "base/random.h"

#include <errno.h>
#include <sodium.h>

#define DIGEST_BYTES 32

struct login {
    struct list link;
    unsigned char digest[DIGEST_BYTES];
    uint64_t account, credential;
    mono_ms expires;
};

void logins_init(struct logins *l, size_t max, uint64_t life_ms)
{
    *l = (struct logins){.max = max, .life_ms = life_ms};
    random_bytes(l->key, sizeof(l->key));
    if (sodium_mlock(l->key, sizeof(l->key)) != 0)
        errno = 0; /* without the right to lock memory it still works */
    list_init(&l->by_age);
}

static void drop(struct logins *l, struct login *g)
{
    list_del(&g->link);
    map_str_del(&l->by_digest, str_n((const char *)g->digest, DIGEST_BYTES));
    wipe(g, sizeof(*g));
    mem_free(g);
}

static void shrink(struct logins *l, size_t max)
{
    mono_ms now = clock_mono_ms();

    LIST_EACH_SAFE(pos, tmp, &l->by_age) {
        struct login *g = LIST_ITEM(pos, struct login, link);

        if (g->expires > now && l->by_digest.n <= max)
            return;
        drop(l, g);
    }
}

void logins_fini(struct logins *l)
{
    shrink(l, 0);
    map_fini(&l->by_digest);
    sodium_munlock(l->key, sizeof(l->key)); /* wipes as well */
}

void logins_set(struct logins *l, size_t max, uint64_t life_ms)
{
    l->max = max;
    l->life_ms = life_ms;
    shrink(l, life_ms ? max : 0);
}

static void digest_of(const struct logins *l, uint64_t account, uint64_t version, struct secret password,
                      unsigned char out[DIGEST_BYTES])
{
    crypto_generichash_state state;
    const uint64_t head[2] = {account, version};

    crypto_generichash_init(&state, l->key, sizeof(l->key), DIGEST_BYTES);
    crypto_generichash_update(&state, (const unsigned char *)head, sizeof(head));
    crypto_generichash_update(&state, (const unsigned char *)password.p, password.n);
    crypto_generichash_final(&state, out, DIGEST_BYTES);
    wipe(&state, sizeof(state));
}

uint64_t logins_find(struct logins *l, uint64_t account, uint64_t version, struct secret password)
{
    unsigned char digest[DIGEST_BYTES];
    struct login *g;

    shrink(l, l->life_ms ? l->max : 0);
    digest_of(l, account, version, password, digest);
    g = map_str_get(&l->by_digest, str_n((const char *)digest, DIGEST_BYTES));
    return g ? g->credential : 0;
}

void logins_add(struct logins *l, uint64_t account, uint64_t version, struct secret password, uint64_t credential)
{
    unsigned char digest[DIGEST_BYTES];
    struct str key = str_n((const char *)digest, DIGEST_BYTES);
    struct login *g;

    if (l->life_ms == 0 || l->max == 0)
        return;
    digest_of(l, account, version, password, digest);
    if (map_str_get(&l->by_digest, key))
        return; /* keeps its age: a password is hashed again once a life */
    shrink(l, l->max - 1);
    g = MEM_NEW(struct login);
    memcpy(g->digest, digest, DIGEST_BYTES);
    g->account = account;
    g->credential = credential;
    g->expires = deadline_in(l->life_ms);
    list_add_tail(&l->by_age, &g->link);
    map_str_put(&l->by_digest, key, g);
}

void logins_drop(struct logins *l, uint64_t account)
{
    LIST_EACH_SAFE(pos, tmp, &l->by_age) {
        struct login *g = LIST_ITEM(pos, struct login, link);

        if (g->account == account)
            drop(l, g);
    }
}
