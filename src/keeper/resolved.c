#include "keeper/resolved.h"

struct resolved_entry {
    struct list link;
    struct str text;
    struct directory_target targets[RESOLVED_TARGETS_MAX];
    size_t n;
    char bytes[]; /* the texts */
};

void resolved_init(struct resolved *r)
{
    *r = (struct resolved){0};
    list_init(&r->by_use);
}

static void drop(struct resolved *r, struct resolved_entry *e)
{
    list_del(&e->link);
    map_str_del(&r->by_text, e->text);
    mem_free(e);
}

void resolved_drop(struct resolved *r)
{
    r->generation++;
    LIST_EACH_SAFE(pos, tmp, &r->by_use)
        drop(r, LIST_ITEM(pos, struct resolved_entry, link));
}

void resolved_fini(struct resolved *r)
{
    resolved_drop(r);
    map_fini(&r->by_text);
}

bool resolved_find(struct resolved *r, struct arena *a, struct str text, struct directory_target **out, size_t *out_n)
{
    struct resolved_entry *e = map_str_get(&r->by_text, text);

    if (!e)
        return false;
    list_del(&e->link);
    list_add_tail(&r->by_use, &e->link);
    *out = ARENA_ARRAY(a, struct directory_target, e->n);
    *out_n = e->n;
    for (size_t i = 0; i < e->n; i++) { /* it may be dropped while the caller still reads */
        (*out)[i] = e->targets[i];
        (*out)[i].address = arena_str(a, e->targets[i].address);
    }
    return true;
}

static char *pack(char *at, struct str from, struct str *out)
{
    memcpy(at, from.p, from.n);
    *out = str_n(at, from.n);
    return at + from.n;
}

void resolved_add(struct resolved *r, uint64_t generation, struct str text, const struct directory_target *targets,
                  size_t n)
{
    struct resolved_entry *e;
    size_t bytes = text.n;
    char *at;

    if (generation != r->generation || n == 0 || n > RESOLVED_TARGETS_MAX || map_str_get(&r->by_text, text))
        return;
    if (r->by_text.n >= RESOLVED_MAX)
        drop(r, LIST_ITEM(r->by_use.next, struct resolved_entry, link));
    for (size_t i = 0; i < n; i++)
        bytes += targets[i].address.n;
    e = mem_new(sizeof(*e) + bytes);
    at = pack(e->bytes, text, &e->text);
    for (e->n = 0; e->n < n; e->n++) {
        e->targets[e->n] = targets[e->n];
        at = pack(at, targets[e->n].address, &e->targets[e->n].address);
    }
    list_add_tail(&r->by_use, &e->link);
    map_str_put(&r->by_text, e->text, e);
}
