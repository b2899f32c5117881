#include "base/memo.h"

#include "base/arena.h"

#include <string.h>

struct memo_entry {
    struct list link;
    mono_ms until;
    struct str key, value;
    char bytes[];
};

void memo_init(struct memo *m, size_t most, size_t bytes_most)
{
    *m = (struct memo){.most = most, .bytes_most = bytes_most};
    list_init(&m->by_use);
}

static void forget(struct memo *m, struct memo_entry *e)
{
    list_del(&e->link);
    m->bytes -= e->key.n + e->value.n;
    map_str_del(&m->by_key, e->key);
    mem_free(e);
}

void memo_drop(struct memo *m)
{
    m->generation++;
    LIST_EACH_SAFE(pos, next, &m->by_use)
        forget(m, LIST_ITEM(pos, struct memo_entry, link));
}

void memo_fini(struct memo *m)
{
    memo_drop(m);
    map_fini(&m->by_key);
}

bool memo_get(struct memo *m, struct str key, mono_ms now, struct str *out)
{
    struct memo_entry *e = map_str_get(&m->by_key, key);

    if (!e)
        return false;
    if (now >= e->until) {
        forget(m, e);
        return false;
    }
    list_del(&e->link);
    list_add_tail(&m->by_use, &e->link);
    *out = e->value;
    return true;
}

void memo_forget(struct memo *m, struct str key)
{
    struct memo_entry *e = map_str_get(&m->by_key, key);

    if (e)
        forget(m, e);
}

static struct memo_entry *entry_new(struct str key, struct str value, mono_ms until)
{
    struct memo_entry *e = mem_new(sizeof *e + key.n + value.n);

    e->until = until;
    if (key.n)
        memcpy(e->bytes, key.p, key.n);
    if (value.n)
        memcpy(e->bytes + key.n, value.p, value.n);
    e->key = str_n(e->bytes, key.n);
    e->value = str_n(e->bytes + key.n, value.n);
    return e;
}

void memo_put(struct memo *m, uint64_t generation, struct str key, struct str value, mono_ms until)
{
    struct memo_entry *e = map_str_get(&m->by_key, key);
    size_t n = key.n + value.n;

    if (generation != m->generation || !m->most || n > m->bytes_most / MEMO_ONE_OF)
        return;
    if (e)
        forget(m, e);
    while (m->by_key.n >= m->most || m->bytes + n > m->bytes_most)
        forget(m, LIST_ITEM(m->by_use.next, struct memo_entry, link));
    e = entry_new(key, value, until);
    m->bytes += n;
    list_add_tail(&m->by_use, &e->link);
    map_str_put(&m->by_key, e->key, e);
}
