#include "queue/caps.h"

#include "base/arena.h"

#define HOUR_US ((uint64_t)3600000000)

struct count {
    uint32_t n;
    size_t length;
    char address[];
};

void caps_fini(struct caps *c)
{
    size_t pos = 0;
    void *v;

    while (map_next(&c->by_address, &pos, &v))
        mem_free(v);
    map_fini(&c->by_address);
    *c = (struct caps){0};
}

static struct count *count_of(struct caps *c, struct str address, size_t most)
{
    char low[1024];
    struct str key = str_sub(address, 0, sizeof low);
    struct count *n;

    for (size_t i = 0; i < key.n; i++)
        low[i] = ascii_lower(key.p[i]);
    key.p = low;
    n = map_str_get(&c->by_address, key);
    if (n || c->by_address.n >= most)
        return n;
    n = mem_new(sizeof *n + key.n);
    n->n = 0;
    n->length = key.n;
    memcpy(n->address, low, key.n);
    map_str_put(&c->by_address, str_n(n->address, n->length), n);
    return n;
}

static bool take(struct caps *c, uint64_t now_us, struct str address, uint32_t most_to_one, uint32_t most,
                 size_t senders)
{
    struct count *n;

    if (now_us / HOUR_US != c->hour) {
        caps_fini(c);
        c->hour = now_us / HOUR_US;
    }
    n = c->all < most ? count_of(c, address, senders) : NULL;
    if (!n || n->n >= most_to_one)
        return false;
    n->n++;
    c->all++;
    return true;
}

void caps_return(struct caps *c, uint64_t now_us, struct str address)
{
    struct count *n = now_us / HOUR_US == c->hour ? count_of(c, address, 0) : NULL;

    if (!n || !n->n)
        return;
    n->n--;
    c->all--;
}

bool caps_take(struct caps *c, uint64_t now_us, struct str address, uint32_t most_to_one, uint32_t most)
{
    return take(c, now_us, address, most_to_one, most, CAPS_SENDERS_MAX);
}

bool caps_take_stranger(struct caps *c, uint64_t now_us, struct str address, uint32_t most_to_one, uint32_t most)
{
    return take(c, now_us, address, most_to_one, most - most / 2, CAPS_SENDERS_MAX / 2);
}
