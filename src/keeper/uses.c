#include "keeper/uses.h"

void uses_fini(struct uses *u)
{
    struct arena a = ARENA_INIT;
    size_t n;

    (void)uses_take(u, &a, &n);
    arena_fini(&a);
    map_fini(&u->by_credential);
}

void uses_note(struct uses *u, uint64_t credential, uint64_t now_us, struct str from)
{
    struct use *v = map_get(&u->by_credential, credential);

    if (!v && u->by_credential.n >= USES_MAX)
        return;
    if (!v) {
        v = MEM_NEW(struct use);
        v->credential = credential;
        map_put(&u->by_credential, credential, v);
    }
    v->at_us = now_us;
    v->n = MIN(from.n, sizeof(v->from));
    if (v->n)
        memcpy(v->from, from.p, v->n);
}

struct use *uses_take(struct uses *u, struct arena *a, size_t *out_n)
{
    struct use *v = ARENA_ARRAY(a, struct use, MAX(u->by_credential.n, (size_t)1));
    size_t n = 0, pos = 0;
    void *one;

    while (map_next(&u->by_credential, &pos, &one)) {
        v[n++] = *(struct use *)one;
        mem_free(map_del(&u->by_credential, v[n - 1].credential));
    }
    *out_n = n;
    return v;
}
