#include "look.h"

#include "base/must.h"
#include "mail/keep.h"
#include "mime/scan.h"
#include "sim.h"
#include "store/tools.h"

#include <stdio.h>

struct writing {
    struct rooms *r;
    struct op *op;
    enum st st;
    char *why;
};

static void append(void *arg) SUSPENDS
{
    struct writing *w = arg;
    struct arena a = ARENA_INIT;
    struct new_mail m = {.internal_date_us = 1, .bytes = letter_bytes(&a, w->op->number[0])};
    struct buf record;
    uint32_t validity, *uids;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(m.bytes, &record);
    m.record = buf_str(&record);
    w->st = mail_append(w->r->accounts[w->op->account], str_z(w->op->box), &m, 1, &a, &validity, &uids);
    if (w->st != ST_OK)
        snprintf(w->why, 200, "it takes no more letters: %.150s", err_get()->text);
    buf_fini(&record);
    arena_fini(&a);
}

bool look_write_more(struct rooms *r, struct op *op, char why[200])
{
    struct writing w = {.r = r, .op = op, .why = why};

    *op = (struct op){.kind = OP_APPEND, .n = 1, .number = {999999999}};
    snprintf(op->box, sizeof op->box, "Drafts");
    while (op->account < ACCOUNTS && !r->accounts[op->account])
        op->account++;
    if (op->account == ACCOUNTS)
        return world_say(why, "all accounts are being removed");
    rooms_on(rooms_core(r, account_id(r->accounts[op->account])), append, &w);
    return w.st == ST_OK;
}

struct erasing {
    struct rooms *r;
    uint64_t id;
    bool ok;
    char *why;
};

static void erase(void *arg) SUSPENDS
{
    struct erasing *e = arg;
    bool done = false;
    enum st st = ST_OK;

    while (st == ST_OK && !done)
        st = mail_erase(e->r->mail, e->id, 1000, &done);
    e->ok = st == ST_OK || world_say(e->why, "it can't be erased to its end: %.150s", err_get()->text);
}

/* An account that was being removed goes to the end of it. */
static bool erase_rest(struct rooms *r, struct look *l, char why[200]) SUSPENDS
{
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        const struct w_account *a = &sim.result->w.a[i];
        struct erasing e = {r, ACCOUNT_ID(i, a->generation), true, why};

        if (!a->removed)
            continue;
        rooms_on(rooms_core(r, e.id), erase, &e);
        if (!e.ok)
            return false;
        l->more[l->more_n++] = (struct op){.kind = OP_ERASE, .account = (uint8_t)i, .done = true};
    }
    return true;
}

static bool go_on(struct rooms *r, struct look *l, char why[200]) SUSPENDS
{
    return look_write_more(r, &l->more[l->more_n++], why) && erase_rest(r, l, why);
}

static void look_at(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;
    char *why = sim.result->why;

    sim.result->ok = world_read(r, &sim.result->w, why) &&
                     world_check(l->promised, l->under_way, l->n, &sim.result->w, why) &&
                     rows_check(r, &sim.result->w, why) && (!l->twice || go_on(r, l, why));
}

static void look_again(struct rooms *r, void *arg) SUSPENDS
{
    struct look *l = arg;
    struct world *was = MEM_NEW(struct world), *is = MEM_NEW(struct world);

    *was = sim.result->w;
    sim.result->ok = true;
    for (size_t i = 0; i < l->more_n; i++)
        sim.result->ok = sim.result->ok && world_apply(was, &l->more[i], sim.result->why);
    sim.result->ok = sim.result->ok && world_read(r, is, sim.result->why) &&
                     world_check(was, NULL, 0, is, sim.result->why) && rows_check(r, is, sim.result->why);
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
