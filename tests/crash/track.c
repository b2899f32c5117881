#include "track.h"

#include "base/must.h"
#include "disk.h"

#include <stdio.h>

static void drop_op(struct track *t, uint32_t id)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->under_way[i].id == id)
            t->under_way[i] = t->under_way[--t->n];
}

/* A step that failed half-way is tried again. */
static void drop_erasing(struct track *t, unsigned account)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->under_way[i].kind == OP_ERASE && t->under_way[i].account == account)
            t->under_way[i--] = t->under_way[--t->n];
}

void track_note(struct track *t, const struct disk_event *e)
{
    const struct note *n = (const void *)e->data;
    const struct world *w = (const void *)(e->data + sizeof *n);
    char why[200];

    if (n->what == MARK_READY) {
        if (!world_check(&t->w, t->under_way, t->n, w, why)) /* under way: in a process that was killed before */
            snprintf(t->why, sizeof t->why, "at the beginning of the next life: %.150s", why);
        t->w = *w;
        t->n = 0;
        t->began = true;
    } else if (n->what == MARK_BEGIN) {
        if (n->op.kind == OP_ERASE)
            drop_erasing(t, n->op.account);
        must(t->n < UNDER_WAY);
        t->under_way[t->n++] = n->op;
    } else if (n->what == MARK_DONE) {
        drop_op(t, n->op.id);
        if (!world_apply(&t->w, &n->op, why))
            snprintf(t->why, sizeof t->why, "%s", why);
    } else if (!n->op.maybe && (n->op.kind != OP_ERASE || n->op.broken)) { /* it sets its mark by a commit of its own */
        drop_op(t, n->op.id);
    }
}
