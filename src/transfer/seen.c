#include "transfer/seen.h"

#include "base/arena.h"
#include "base/must.h"

#include <sodium.h>

struct seen_slot {
    unsigned char hash[SEEN_HASH];
    uint32_t here; /* so many of it, and one more: 0 is a free slot */
};

void seen_init(struct seen *s)
{
    *s = (struct seen){0};
}

void seen_fini(struct seen *s)
{
    mem_free(s->slots);
    *s = (struct seen){0};
}

void seen_clear(struct seen *s)
{
    seen_fini(s);
}

void seen_hash(struct str bytes, unsigned char out[SEEN_HASH])
{
    must(crypto_generichash(out, SEEN_HASH, (const unsigned char *)bytes.p, bytes.n, NULL, 0) == 0);
}

/* Its slot, or the free one where it would be; there always is one. */
static struct seen_slot *find(const struct seen *s, const unsigned char hash[SEEN_HASH])
{
    uint64_t at;

    memcpy(&at, hash, sizeof at);
    for (;; at++) {
        struct seen_slot *slot = &s->slots[at & (s->cap - 1)];

        if (!slot->here || memcmp(slot->hash, hash, SEEN_HASH) == 0)
            return slot;
    }
}

static void grow(struct seen *s)
{
    struct seen old = *s;

    s->cap = old.cap ? 2 * old.cap : 1024;
    s->slots = mem_new(s->cap * sizeof *s->slots);
    for (size_t i = 0; i < old.cap; i++)
        if (old.slots[i].here)
            *find(s, old.slots[i].hash) = old.slots[i];
    mem_free(old.slots);
}

void seen_add(struct seen *s, const unsigned char hash[SEEN_HASH])
{
    struct seen_slot *slot;

    if (4 * (s->n + 1) > 3 * s->cap)
        grow(s);
    slot = find(s, hash);
    if (!slot->here) {
        memcpy(slot->hash, hash, SEEN_HASH);
        slot->here = 1;
        s->n++;
    }
    slot->here++;
}

bool seen_take(struct seen *s, const unsigned char hash[SEEN_HASH])
{
    struct seen_slot *slot = s->cap ? find(s, hash) : NULL;

    if (!slot || slot->here <= 1)
        return false;
    slot->here--;
    return true;
}
