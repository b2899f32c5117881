#include "base/map.h"
#include "base/arena.h"
#include "base/must.h"
#include "base/random.h"

#include <pthread.h>

struct map_slot {
    uint64_t hash; /* of text, or the number itself */
    char *text;    /* owned copy; NULL for numbers */
    size_t n;
    void *value; /* NULL: empty, DEAD: deleted */
};

static char dead_mark;
#define DEAD ((void *)&dead_mark)

static uint64_t sip_key[2];
static pthread_once_t sip_once = PTHREAD_ONCE_INIT;

static void make_sip_key(void)
{
    random_bytes(sip_key, sizeof sip_key);
}

static inline uint64_t rotl(uint64_t x, int b)
{
    return x << b | x >> (64 - b);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotl(v[1], 13) ^ v[0];
    v[0] = rotl(v[0], 32);
    v[2] += v[3];
    v[3] = rotl(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotl(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotl(v[1], 17) ^ v[2];
    v[2] = rotl(v[2], 32);
}

uint64_t hash_bytes(struct str s)
{
    uint64_t v[4], last = (uint64_t)s.n << 56;

    pthread_once(&sip_once, make_sip_key);
    v[0] = 0x736f6d6570736575 ^ sip_key[0];
    v[1] = 0x646f72616e646f6d ^ sip_key[1];
    v[2] = 0x6c7967656e657261 ^ sip_key[0];
    v[3] = 0x7465646279746573 ^ sip_key[1];
    for (; s.n >= 8; s = str_n(s.p + 8, s.n - 8)) {
        uint64_t m;

        memcpy(&m, s.p, 8);
        v[3] ^= m;
        sip_round(v);
        v[0] ^= m;
    }
    for (size_t i = 0; i < s.n; i++)
        last |= (uint64_t)(unsigned char)s.p[i] << (8 * i);
    v[3] ^= last;
    sip_round(v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static size_t place_of(uint64_t hash, size_t cap)
{
    return (size_t)(hash * 0x9e3779b97f4a7c15u >> 20) & (cap - 1);
}

static bool same(const struct map_slot *s, uint64_t hash, const struct str *text)
{
    if (s->hash != hash || s->value == DEAD)
        return false;
    return text ? s->n == text->n && memcmp(s->text, text->p, s->n) == 0 : true;
}

static struct map_slot *find(const struct map *m, uint64_t hash, const struct str *text)
{
    if (!m->cap)
        return NULL;
    for (size_t i = place_of(hash, m->cap);; i = (i + 1) & (m->cap - 1)) {
        struct map_slot *s = &m->slots[i];

        if (!s->value)
            return NULL;
        if (same(s, hash, text))
            return s;
    }
}

static void grow(struct map *m)
{
    struct map old = *m;

    m->cap = MAX((size_t)16, (old.n + 1) * 4);
    while (m->cap & (m->cap - 1))
        m->cap &= m->cap - 1; /* down to a power of two, still at least twice the count */
    m->slots = mem_new(m->cap * sizeof *m->slots);
    m->dead = 0;
    for (size_t i = 0; i < old.cap; i++) {
        struct map_slot *s = &old.slots[i];
        size_t at;

        if (!s->value || s->value == DEAD)
            continue;
        for (at = place_of(s->hash, m->cap); m->slots[at].value; at = (at + 1) & (m->cap - 1))
            ;
        m->slots[at] = *s;
    }
    mem_free(old.slots);
}

static void *put(struct map *m, uint64_t hash, const struct str *text, void *value)
{
    struct map_slot *s = find(m, hash, text);
    size_t at;

    must(value != NULL);
    if (s) {
        void *old = s->value;

        s->value = value;
        return old;
    }
    if ((m->n + m->dead + 1) * 4 > m->cap * 3)
        grow(m);
    for (at = place_of(hash, m->cap); m->slots[at].value && m->slots[at].value != DEAD; at = (at + 1) & (m->cap - 1))
        ;
    if (m->slots[at].value == DEAD)
        m->dead--;
    m->slots[at] = (struct map_slot){.hash = hash, .value = value};
    if (text) {
        m->slots[at].text = mem_new(text->n + 1);
        m->slots[at].n = text->n;
        if (text->n)
            memcpy(m->slots[at].text, text->p, text->n);
    }
    m->n++;
    return NULL;
}

static void *del(struct map *m, uint64_t hash, const struct str *text)
{
    struct map_slot *s = find(m, hash, text);
    void *old;

    if (!s)
        return NULL;
    old = s->value;
    mem_free(s->text);
    *s = (struct map_slot){.value = DEAD};
    m->n--;
    m->dead++;
    return old;
}

void map_fini(struct map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        mem_free(m->slots[i].text);
    mem_free(m->slots);
    *m = MAP_INIT;
}

void *map_get(const struct map *m, uint64_t key)
{
    struct map_slot *s = find(m, key, NULL);

    return s ? s->value : NULL;
}

void *map_put(struct map *m, uint64_t key, void *value)
{
    return put(m, key, NULL, value);
}

void *map_del(struct map *m, uint64_t key)
{
    return del(m, key, NULL);
}

void *map_str_get(const struct map *m, struct str key)
{
    struct map_slot *s = find(m, hash_bytes(key), &key);

    return s ? s->value : NULL;
}

void *map_str_put(struct map *m, struct str key, void *value)
{
    return put(m, hash_bytes(key), &key, value);
}

void *map_str_del(struct map *m, struct str key)
{
    return del(m, hash_bytes(key), &key);
}

bool map_next(const struct map *m, size_t *pos, void **out_value)
{
    while (*pos < m->cap) {
        void *v = m->slots[(*pos)++].value;

        if (v && v != DEAD) {
            *out_value = v;
            return true;
        }
    }
    return false;
}
