#include "look.h"

#include "base/must.h"
#include "mime/scan.h"
#include "sim.h"
#include "store/tools.h"

#include <stdio.h>

bool look_write_more(struct rooms *r, struct op *op, char why[200]) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct new_mail m = {.internal_date_us = 1};
    struct buf record;
    uint32_t validity, *uids;
    enum st st;

    *op = (struct op){.kind = OP_APPEND, .n = 1, .number = {999999999}};
    snprintf(op->box, sizeof op->box, "Drafts");
    m.bytes = letter_bytes(&a, op->number[0]);
    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(m.bytes, &record);
    m.record = buf_str(&record);
    st = mail_append(r->accounts[0], STR("Drafts"), &m, 1, &a, &validity, &uids);
    buf_fini(&record);
    arena_fini(&a);
    if (st != ST_OK)
        snprintf(why, 200, "it takes no more letters: %.150s", err_get()->text);
    return st == ST_OK;
}

static void look_at(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;

    sim.result->ok = world_read(r, &sim.result->w, sim.result->why) &&
                     world_check(l->promised, l->under_way, l->n, &sim.result->w, sim.result->why) &&
                     rows_check(r, sim.result->why) && (!l->twice || look_write_more(r, &l->more, sim.result->why));
}

static void look_again(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;
    struct world *was = MEM_NEW(struct world), *is = MEM_NEW(struct world);

    *was = sim.result->w;
    sim.result->ok = world_apply(was, &l->more, sim.result->why) && world_read(r, is, sim.result->why) &&
                     world_check(was, NULL, 0, is, sim.result->why) && rows_check(r, sim.result->why);
    mem_free(was);
    mem_free(is);
}

static bool rebuild(const struct store_options *o, char why[200])
{
    struct store_rebuilt r = {0};
    enum st st = store_rebuild(o, NULL, &r);
    bool ok = st == ST_OK && !r.n_losses && !r.snapshot_gaps;

    if (st != ST_OK)
        snprintf(why, 200, "it can't be rebuilt: %.150s", err_get()->text);
    else if (!ok)
        snprintf(why, 200, "rebuilding finds %zu losses, %llu gaps", r.n_losses, (unsigned long long)r.snapshot_gaps);
    store_rebuilt_fini(&r);
    return ok;
}

static void look(void *arg)
{
    struct look *l = arg;
    struct store_options o;

    disk_watch(NULL, NULL);
    crash_options(&o, l->dir);
    if ((l->rebuilds && !rebuild(&o, sim.result->why)) || !rooms_run(&o, look_at, l, true, sim.result->why))
        sim.result->ok = false;
    if (sim.result->ok && l->twice && !rooms_run(&o, look_again, l, true, sim.result->why))
        sim.result->ok = false;
    sim.result->ended = true;
}

bool look_in_child(struct look *l, char why[200])
{
    bool well = sim_child(look, l, why);

    if (well && sim.result->ok)
        return true;
    if (well)
        snprintf(why, 200, "%s", sim.result->why);
    return false;
}
