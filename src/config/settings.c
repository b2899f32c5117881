/* The life of a snapshot: everything it points to is in its own arena. */
#include "config/settings.h"

#include "base/must.h"
#include "config/snapshot.h"

#define SETTINGS_MAGIC 0x5e771465u

struct settings *settings_new(void)
{
    struct settings *set = MEM_NEW(struct settings);

    set->magic = SETTINGS_MAGIC;
    atomic_init(&set->refs, 1);
    arena_init(&set->arena);
    return set;
}

/* The count is the one member that changes in a shared snapshot. */
static struct settings *counted(const struct settings *set)
{
    must_obj(set, SETTINGS_MAGIC);
    return (struct settings *)(uintptr_t)set;
}

const struct settings *config_ref(const struct settings *set)
{
    atomic_fetch_add_explicit(&counted(set)->refs, 1, memory_order_relaxed);
    return set;
}

void config_unref(const struct settings *set)
{
    struct settings *s;

    if (!set)
        return;
    s = counted(set);
    if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
        return;
    s->magic = 0;
    arena_fini(&s->arena);
    mem_free(s);
}
