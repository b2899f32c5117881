/* How many messages of an account refer to an email. One, unless the message carries HOT_SHARED: then an R
 * record counts, and while changes are in flight the pending count stands in account.refs. Entries are
 * forgotten when nothing is in flight and nobody is about to use them, or when a chain fails. */
#include "mail/change.h"

#include "base/must.h"

void refs_hold(struct account *a)
{
    a->refs_users++;
}

void refs_release(struct account *a)
{
    must(a->refs_users > 0);
    if (--a->refs_users == 0 && a->in_flight == 0)
        refs_forget(a);
}

void refs_forget(struct account *a)
{
    map_fini(&a->refs);
    a->refs = MAP_INIT;
    a->refs_generation++;
}

bool refs_known(const struct account *a, uint64_t email)
{
    return map_get(&a->refs, email) != NULL;
}

uint32_t refs_get(const struct account *a, uint64_t email)
{
    uintptr_t n = (uintptr_t)map_get(&a->refs, email);

    return n ? (uint32_t)n : 1;
}

void refs_put(struct change *c, uint64_t email, uint32_t refs)
{
    struct account *a = c->a;

    if (refs == 0)
        map_del(&a->refs, email);
    else
        map_put(&a->refs, email, (void *)(uintptr_t)refs);
    if (refs > 1)
        change_kv(c, KV_PUT, key_refs(&c->arena, email), refs_rec_put(&c->arena, refs));
    else
        change_kv(c, KV_DEL, key_refs(&c->arena, email), STR_NONE);
}

static enum st take(struct account *a, uint64_t email, struct str value)
{
    uint32_t refs = 1;

    if (value.p)
        TRY(refs_rec_get(value, &refs));
    if (!refs_known(a, email))
        map_put(&a->refs, email, (void *)(uintptr_t)refs);
    return ST_OK;
}

/* Between refs_hold and refs_release. What a change has put meanwhile is newer and stays; what was read before a chain
 * failed is old and is not taken: the caller asks again for what it still misses. */
enum st refs_load(struct account *a, const uint64_t *emails, size_t n)
{
    uint64_t generation = a->refs_generation;
    struct arena arena = ARENA_INIT;
    struct str *keys = ARENA_ARRAY(&arena, struct str, n), *values = ARENA_ARRAY(&arena, struct str, n);
    enum st st;

    must(a->refs_users > 0);
    for (size_t i = 0; i < n; i++)
        keys[i] = key_refs(&arena, emails[i]);
    st = kv_multiget(account_store(a), &arena, a->id, keys, n, values);
    for (size_t i = 0; st == ST_OK && generation == a->refs_generation && i < n; i++)
        st = take(a, emails[i], values[i]);
    arena_fini(&arena);
    return st;
}
