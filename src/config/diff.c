/* Snapshots as text, and compared: two values are equal when they print alike. */
#include "config/field.h"

#include "base/must.h"

#define VALUE_MAX 65536 /* bytes of one value as text */

static bool differs(const struct field *f, const void *a, const void *b)
{
    struct buf x, y;
    bool differ;

    buf_init(&x, VALUE_MAX);
    buf_init(&y, VALUE_MAX);
    field_print(f, a, &x);
    field_print(f, b, &y);
    differ = !str_eq(buf_str(&x), buf_str(&y));
    buf_fini(&x);
    buf_fini(&y);
    return differ;
}

struct changes {
    struct config_change *list;
    size_t n, max;
};

static void add(struct changes *c, const char *kind, struct str name, bool needs_restart)
{
    if (c->n < c->max)
        c->list[c->n] = (struct config_change){kind, name, needs_restart};
    c->n++;
}

/* One entry a block, which needs a restart when one of its changed rows does. */
static void diff_block(struct changes *c, const struct field_table *t, struct str name, const void *a, const void *b)
{
    bool any = false, restart = false;

    for (size_t i = 0; i < t->n; i++) {
        if (differs(&t->list[i], a, b)) {
            any = true;
            restart |= !t->list[i].reload;
        }
    }
    if (any)
        add(c, t->name, name, restart);
}

static const struct config_listener *listener_named(const struct settings *set, struct str name)
{
    for (size_t i = 0; i < set->listener_count; i++)
        if (str_eq(set->listeners[i].name, name))
            return &set->listeners[i];
    return NULL;
}

static const struct config_zone *zone_named(const struct settings *set, struct str name)
{
    for (size_t i = 0; i < set->zone_count; i++)
        if (str_ieq(set->zones[i].name, name))
            return &set->zones[i];
    return NULL;
}

static void diff_listeners(struct changes *c, const struct settings *old, const struct settings *new)
{
    for (size_t i = 0; i < old->listener_count; i++) {
        const struct config_listener *l = &old->listeners[i], *other = listener_named(new, l->name);

        if (other)
            diff_block(c, &fields_listener, l->name, l, other);
        else
            add(c, "listener", l->name, true);
    }
    for (size_t i = 0; i < new->listener_count; i++)
        if (!listener_named(old, new->listeners[i].name))
            add(c, "listener", new->listeners[i].name, true);
}

static void diff_zones(struct changes *c, const struct settings *old, const struct settings *new)
{
    for (size_t i = 0; i < old->zone_count; i++) {
        const struct config_zone *z = &old->zones[i], *other = zone_named(new, z->name);

        if (other)
            diff_block(c, &fields_zone, z->name, z, other);
        else
            add(c, "dns_zone", z->name, true);
    }
    for (size_t i = 0; i < new->zone_count; i++)
        if (!zone_named(old, new->zones[i].name))
            add(c, "dns_zone", new->zones[i].name, true);
}

static const struct config_trusted *trusted_named(const struct settings *set, struct str name)
{
    for (size_t i = 0; i < set->trusted_count; i++)
        if (str_eq(set->trusted[i].name, name))
            return &set->trusted[i];
    return NULL;
}

static void diff_trusted(struct changes *c, const struct settings *old, const struct settings *new)
{
    for (size_t i = 0; i < old->trusted_count; i++) {
        const struct config_trusted *t = &old->trusted[i], *other = trusted_named(new, t->name);

        if (other)
            diff_block(c, &fields_trusted, t->name, t, other);
        else
            add(c, "trusted_network", t->name, false);
    }
    for (size_t i = 0; i < new->trusted_count; i++)
        if (!trusted_named(old, new->trusted[i].name))
            add(c, "trusted_network", new->trusted[i].name, false);
}

/* The set of certificates is one thing: their order says which is the default. */
static void diff_tls(struct changes *c, const struct settings *old, const struct settings *new)
{
    struct changes any = {0};

    for (size_t i = 0; i < MIN(old->tls_count, new->tls_count); i++)
        diff_block(&any, &fields_tls, STR("tls"), &old->tls[i], &new->tls[i]);
    if (any.n || old->tls_count != new->tls_count)
        add(c, "tls", STR("tls"), false);
}

size_t config_diff(const struct settings *old, const struct settings *new, struct config_change *out, size_t max)
{
    struct changes c = {out, 0, max};

    for (size_t i = 0; i < fields_top.n; i++)
        if (differs(&fields_top.list[i], old, new))
            add(&c, "setting", str_z(fields_top.list[i].name), !fields_top.list[i].reload);
    diff_listeners(&c, old, new);
    diff_tls(&c, old, new);
    diff_zones(&c, old, new);
    diff_trusted(&c, old, new);
    return c.n;
}

static void print_block(const struct field_table *t, struct str name, const void *base, struct buf *out)
{
    buf_addz(out, t->name);
    if (name.n) {
        buf_addc(out, ' ');
        text_print(name, out);
    }
    buf_addz(out, " {\n");
    for (size_t i = 0; i < t->n; i++) {
        buf_addf(out, "    %s ", t->list[i].name);
        field_print(&t->list[i], base, out);
        buf_addc(out, '\n');
    }
    buf_addz(out, "}\n");
}

void config_print(const struct settings *set, bool all, struct buf *out)
{
    for (size_t i = 0; i < fields_top.n; i++) {
        if (!all && set->places[i].line == 0)
            continue;
        buf_addf(out, "%s ", fields_top.list[i].name);
        field_print(&fields_top.list[i], set, out);
        buf_addc(out, '\n');
    }
    for (size_t i = 0; i < set->listener_count; i++)
        if (all || set->listeners[i].at.line)
            print_block(&fields_listener, set->listeners[i].name, &set->listeners[i], out);
    for (size_t i = 0; i < set->tls_count; i++)
        print_block(&fields_tls, STR_NONE, &set->tls[i], out);
    for (size_t i = 0; i < set->zone_count; i++)
        print_block(&fields_zone, set->zones[i].name, &set->zones[i], out);
    for (size_t i = 0; i < set->trusted_count; i++)
        print_block(&fields_trusted, set->trusted[i].name, &set->trusted[i], out);
}
