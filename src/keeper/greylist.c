#include "keeper/greylist.h"

#include <sodium.h>

struct grey {
    struct list use, changed;
    struct greylist_row row;
};

static struct str key_str(const unsigned char *key)
{
    return str_n((const char *)key, GREYLIST_KEY_BYTES);
}

void greylist_init(struct greylist *g)
{
    g->by_key = MAP_INIT;
    list_init(&g->by_use);
    list_init(&g->changed);
}

static void drop(struct greylist *g, struct grey *e)
{
    list_del(&e->use);
    list_del(&e->changed);
    map_str_del(&g->by_key, key_str(e->row.key));
    mem_free(e);
}

void greylist_fini(struct greylist *g)
{
    LIST_EACH_SAFE(pos, tmp, &g->by_use)
        drop(g, LIST_ITEM(pos, struct grey, use));
    map_fini(&g->by_key);
}

/* Each text with its length in front, so that no two lists of them are the same bytes. */
static void make_key(const struct str *texts, size_t n, unsigned char out[GREYLIST_KEY_BYTES])
{
    crypto_generichash_state state;

    crypto_generichash_init(&state, NULL, 0, GREYLIST_KEY_BYTES);
    for (size_t i = 0; i < n; i++) {
        uint64_t len = texts[i].n;

        crypto_generichash_update(&state, (const unsigned char *)&len, sizeof len);
        crypto_generichash_update(&state, (const unsigned char *)texts[i].p, texts[i].n);
    }
    crypto_generichash_final(&state, out, GREYLIST_KEY_BYTES);
}

static struct grey *find(struct greylist *g, const unsigned char *key)
{
    return map_str_get(&g->by_key, key_str(key));
}

static struct grey *make(struct greylist *g, const unsigned char *key)
{
    struct grey *e;

    if (g->by_key.n >= GREYLIST_MAX)
        drop(g, LIST_ITEM(g->by_use.next, struct grey, use));
    e = MEM_NEW(struct grey);
    memcpy(e->row.key, key, sizeof e->row.key);
    list_init(&e->changed);
    list_add_tail(&g->by_use, &e->use);
    map_str_put(&g->by_key, key_str(key), e);
    return e;
}

static void heard(struct greylist *g, struct grey *e, uint64_t now_us)
{
    e->row.last_us = now_us;
    list_del(&e->use);
    list_add_tail(&g->by_use, &e->use);
    list_del(&e->changed);
    list_add_tail(&g->changed, &e->changed);
}

static bool is_known(const struct grey *e, const struct greylist_rule *rule, uint32_t passes, uint64_t now_us)
{
    return e && passes && e->row.passes >= passes && now_us - e->row.last_us < rule->keep_us;
}

static void pass(struct greylist *g, struct grey *e, uint64_t now_us)
{
    e->row.passes += e->row.passes < UINT32_MAX;
    heard(g, e, now_us);
}

uint64_t greylist_ask(struct greylist *g, const struct greylist_rule *rule, struct str network, struct str sender,
                      struct str rcpt, uint64_t now_us)
{
    const struct str all[] = {network, sender, rcpt};
    unsigned char of_network[GREYLIST_KEY_BYTES], of_all[GREYLIST_KEY_BYTES];
    struct grey *net, *e;
    uint64_t age;

    make_key(all, 1, of_network);
    make_key(all, ARRAY_LEN(all), of_all);
    net = find(g, of_network);
    if (is_known(net, rule, rule->passes, now_us)) {
        heard(g, net, now_us);
        return 0;
    }
    e = find(g, of_all);
    if (is_known(e, rule, 1, now_us)) {
        heard(g, e, now_us);
        return 0;
    }
    age = e ? now_us - MIN(now_us, e->row.first_us) : 0;
    if (!e || e->row.passes || age > rule->window_us) { /* new, or so long ago that it is */
        if (!e)
            e = make(g, of_all);
        e->row.first_us = now_us;
        e->row.passes = 0;
        heard(g, e, now_us);
        return rule->delay_us;
    }
    if (age < rule->delay_us)
        return rule->delay_us - age;
    pass(g, e, now_us);
    net = find(g, of_network);
    if (!net) {
        net = make(g, of_network);
        net->row.first_us = now_us;
    }
    pass(g, net, now_us);
    return 0;
}

void greylist_add(struct greylist *g, const struct greylist_row *row)
{
    if (!find(g, row->key))
        make(g, row->key)->row = *row;
}

struct greylist_row *greylist_take(struct greylist *g, struct arena *a, size_t most, size_t *out_n)
{
    struct greylist_row *v = ARENA_ARRAY(a, struct greylist_row, most);
    size_t n = 0;

    while (n < most && !list_is_empty(&g->changed)) {
        struct grey *e = LIST_ITEM(g->changed.next, struct grey, changed);

        list_del(&e->changed);
        v[n++] = e->row;
    }
    *out_n = n;
    return v;
}
