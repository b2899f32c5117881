/* Messages that are told of without being asked for, by items that were named before: UPDATE (RFC 5267, 5465) and NOTIFY. */
#include "imap/fetch.h"

static struct fetch_section keep_section(const struct fetch_section *s, struct arena *a)
{
    struct fetch_section copy = *s;

    copy.label = arena_str(a, s->label);
    copy.path = ARENA_ARRAY(a, uint32_t, s->depth);
    if (s->depth)
        memcpy(copy.path, s->path, s->depth * sizeof *s->path);
    copy.names = ARENA_ARRAY(a, struct str, s->n_names);
    for (size_t i = 0; i < s->n_names; i++)
        copy.names[i] = arena_str(a, s->names[i]);
    return copy;
}

const struct fetch *fetch_keep(const struct fetch *f, struct arena *a)
{
    struct fetch *copy = ARENA_NEW(a, struct fetch);

    *copy = *f;
    copy->items = ARENA_ARRAY(a, struct fetch_item, f->n);
    for (size_t i = 0; i < f->n; i++) {
        copy->items[i] = f->items[i];
        copy->items[i].section = keep_section(&f->items[i].section, a);
    }
    return copy;
}

static bool has_item(const struct fetch *f, const struct fetch_item *it)
{
    for (size_t i = 0; i < f->n; i++)
        if (f->items[i].write == it->write && str_eq(f->items[i].section.label, it->section.label) &&
            f->items[i].section.most == it->section.most)
            return true;
    return false;
}

static void join(struct fetch *all, const struct fetch *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!has_item(all, &f->items[i]))
            all->items[all->n++] = f->items[i];
    all->flags |= f->flags;
    all->has_uid |= f->has_uid;
    all->has_flags |= f->has_flags;
    all->has_modseq |= f->has_modseq;
}

/* RFC 7162 section 3.2.4 */
static void add_uid_and_modseq(struct fetch *all, bool by_uid)
{
    if (!all->has_uid && !by_uid)
        all->items[all->n++] = (struct fetch_item){.write = fetch_uid};
    if (!all->has_modseq)
        all->items[all->n++] = (struct fetch_item){.write = fetch_modseq};
    all->has_uid = all->has_modseq = true;
}

enum st fetch_put_unasked(struct imap_session *s, uint32_t seq, const struct fetch *const *items, size_t n)
{
    struct arena a = ARENA_INIT;
    struct fetch all = {0};
    size_t most = 0;
    enum st st;

    for (size_t i = 0; i < n; i++)
        most += items[i]->n;
    all.items = ARENA_ARRAY(&a, struct fetch_item, most + 2);
    for (size_t i = 0; i < n; i++)
        join(&all, items[i]);
    if (imap_is_enabled(s, FEATURE_CONDSTORE))
        add_uid_and_modseq(&all, imap_is_enabled(s, FEATURE_UIDONLY));
    st = fetch_put_one(s, seq, &all);
    arena_fini(&a);
    return st;
}
