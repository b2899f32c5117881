/* How many messages of an account refer to an email. One, unless the message carries HOT_SHARED: then an R
 * record counts, and while changes are in flight the pending count stands in account.refs. Entries are
 * forgotten when nothing is in flight and nobody is about to use them, or when a chain fails. */
#include "mail/change.h"

#include "base/must.h"

/* In the map: known not to be there, since a change on its way takes it away, or it was looked for. */
#define NONE ((void *)UINTPTR_MAX)
#define FIND_AT_ONCE 500u

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
    void *n = map_get(&a->refs, email);

    return n == NONE ? 0 : n ? (uint32_t)(uintptr_t)n : 1;
}

void refs_put(struct change *c, uint64_t email, uint32_t refs)
{
    struct account *a = c->a;

    map_put(&a->refs, email, refs ? (void *)(uintptr_t)refs : NONE);
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

/* Whether it is there is what its own record says; the count alone says nothing of the last one. */
static enum st take_found(struct account *a, struct refs_wanted *w, struct str email, struct str count)
{
    struct email e;

    if (refs_known(a, w->email))
        return ST_OK;
    if (!email.p) {
        map_put(&a->refs, w->email, NONE);
        return ST_OK;
    }
    TRY(email_rec_get(w->email, email, &e));
    w->is_other = e.blob != w->blob;
    return take(a, w->email, count);
}

static enum st find_some(struct account *a, struct refs_wanted *w, size_t n, struct arena *ar) SUSPENDS
{
    struct str *keys = ARENA_ARRAY(ar, struct str, 2 * n), *values = ARENA_ARRAY(ar, struct str, 2 * n);
    uint64_t generation = a->refs_generation;
    enum st st = ST_OK;

    for (size_t i = 0; i < n; i++) {
        keys[2 * i] = key_email(ar, w[i].email);
        keys[2 * i + 1] = key_refs(ar, w[i].email);
    }
    TRY(kv_multiget(account_store(a), ar, a->id, keys, 2 * n, values));
    for (size_t i = 0; st == ST_OK && generation == a->refs_generation && i < n; i++)
        st = take_found(a, &w[i], values[2 * i], values[2 * i + 1]);
    return st;
}

enum st refs_find(struct account *a, struct refs_wanted *w, size_t n, bool *out_waited)
{
    struct arena ar = ARENA_INIT;
    enum st st = ST_OK;

    must(a->refs_users > 0);
    *out_waited = false;
    for (size_t i = 0, k; st == ST_OK && i < n; i = MAX(k, i + 1)) {
        for (k = i; k < n && k - i < FIND_AT_ONCE && !refs_known(a, w[k].email);)
            k++;
        if (k == i)
            continue;
        *out_waited = true;
        arena_reset(&ar);
        st = find_some(a, w + i, k - i, &ar);
    }
    arena_fini(&ar);
    return st;
}

void refs_new(struct account *a, uint64_t email)
{
    must(refs_get(a, email) == 0);
    map_put(&a->refs, email, (void *)(uintptr_t)1);
}
