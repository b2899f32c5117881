#include "courier/rank.h"

#include "courier/courier.h"

#define BAD_MS 300000

static size_t place_of(const struct rank *k, const struct addr *addr)
{
    size_t i = 0;

    while (i < RANK_BAD_MAX && !(k->bad[i].until && addr_eq(&k->bad[i].addr, addr)))
        i++;
    return i;
}

static bool is_bad(const struct rank *k, const struct addr *addr, mono_ms now)
{
    size_t i = place_of(k, addr);

    return i < RANK_BAD_MAX && now < k->bad[i].until;
}

void rank_failed(struct rank *k, const struct addr *addr, mono_ms now)
{
    size_t i = place_of(k, addr);

    if (i == RANK_BAD_MAX) {
        i = k->next;
        k->next = (k->next + 1) % RANK_BAD_MAX;
    }
    k->bad[i].addr = *addr;
    k->bad[i].until = now + BAD_MS;
}

void rank_worked(struct rank *k, const struct addr *addr)
{
    size_t i = place_of(k, addr);

    if (i < RANK_BAD_MAX)
        k->bad[i].until = 0;
}

void rank_order(const struct rank *k, const struct route *r, mono_ms now, uint8_t *out)
{
    bool bad[ROUTE_HOSTS_MAX];

    for (size_t i = 0; i < r->n; i++) {
        size_t at = i;

        bad[i] = is_bad(k, &r->hosts[i].addr, now);
        while (at > 0 &&
               (r->hosts[out[at - 1]].preference > r->hosts[i].preference ||
                (r->hosts[out[at - 1]].preference == r->hosts[i].preference && bad[out[at - 1]] && !bad[i]))) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = (uint8_t)i;
    }
}
