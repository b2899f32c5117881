#include "look.h"

#include "base/must.h"
#include "files.h"
#include "mail/check.h"
#include "mail/keep.h"
#include "mime/scan.h"
#include "queue/check.h"
#include "sim.h"
#include "store/format.h"
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
                     rows_check(r, &sim.result->w, why) &&
                     files_dictionaries_are_twice(r->store, &l->dictionaries, why) && (!l->twice || go_on(r, l, why));
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

/* --- the index made again ------------------------------------------------------------------------------------- */

static bool rebuild(const struct store_options *o, bool is_damaged, char why[200])
{
    struct store_rebuilt r = {0};
    enum st st = store_rebuild(o, NULL, &r);
    bool ok = st == ST_OK && (is_damaged || (!r.n_losses && !r.snapshot_gaps));

    if (st != ST_OK)
        world_say(why, "it can't be rebuilt: %.150s", err_get()->text);
    else if (!ok)
        world_say(why, "rebuilding finds %zu losses, %llu gaps", r.n_losses, (unsigned long long)r.snapshot_gaps);
    store_rebuilt_fini(&r);
    return ok;
}

static enum st repair_accounts(struct store *s) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct queue_repaired queue;
    struct mail_repaired r;
    uint64_t *ids;
    size_t n = 0;
    enum st st = store_unrepaired(s, &a, &ids, &n);

    for (size_t i = 0; st == ST_OK && i < n; i++)
        if (ids[i])
            st = mail_repair(s, ids[i], true, (struct check_bad){0}, &r);
    arena_fini(&a);
    if (st == ST_OK)
        st = queue_repair(s, NULL, 0, STR("crash.test"), &queue);
    if (st == ST_OK)
        st = store_repaired(s);
    return st == ST_OK ? store_snapshot(s) : st;
}

bool look_repair(const struct store_options *o, char why[200])
{
    struct store *s;
    enum st st;

    if (!rebuild(o, true, why))
        return false;
    if (store_open(o, &s) != ST_OK)
        return world_say(why, "the rebuilt store does not open: %.150s", err_get()->text);
    st = repair_accounts(s);
    if (st != ST_OK)
        world_say(why, "it can't be repaired: %.150s", err_get()->text);
    store_close(s);
    return st == ST_OK;
}

/* Of all rows of all accounts, and of the references of all bodies. */
static bool digest(const struct store_options *o, uint64_t *out, char why[200]) SUSPENDS
{
    struct store_view *v;
    struct str key, value;
    uint64_t account, id, sum = 0;
    struct store *s;
    uint32_t refs;
    enum st st;

    if (store_open(o, &s) != ST_OK)
        return world_say(why, "the store does not open once more: %.150s", err_get()->text);
    store_view_open(s, &v);
    store_view_begin(v, NULL);
    while (store_view_next(v, &account, &key, &value))
        sum = sum * 31 + account * 7 + bytes_hash(key) * 3 + bytes_hash(value);
    st = store_view_end(v);
    store_view_begin_bodies(v);
    while (st == ST_OK && store_view_next_body(v, &id, &refs))
        sum = sum * 31 + id * 7 + refs;
    if (st == ST_OK)
        st = store_view_end(v);
    store_view_close(v);
    store_close(s);
    *out = sum;
    return st == ST_OK || world_say(why, "the rows can't be read: %.150s", err_get()->text);
}

static bool rebuild_again(struct look *l, const struct store_options *o, char why[200]) SUSPENDS
{
    uint64_t before, after;

    if (!digest(o, &before, why) || !rebuild(o, false, why) || !digest(o, &after, why))
        return false;
    if (before != after)
        return world_say(why, "rebuilt again it is another one");
    l->more_n = 0;
    return rooms_run(o, look_again, l, true, why) && sim.result->ok;
}

/* --- all of it ------------------------------------------------------------------------------------------------------ */

static bool prepare(struct look *l, const struct store_options *o, char why[200]) SUSPENDS
{
    files_note_dictionaries(l->dir, &l->dictionaries);
    if (l->began && !files_format_is_present(l->dir, why))
        return false;
    if (!files_snapshots_are_whole(l->dir, why))
        return false;
    if (l->repairs)
        return look_repair(o, why);
    return !l->rebuilds || rebuild(o, false, why);
}

static void look(void *arg) SUSPENDS
{
    struct look *l = arg;
    char *why = sim.result->why;
    struct store_options o;

    disk_watch(NULL, NULL);
    crash_options(&o, l->dir);
    sim.result->ok = true;
    sim.result->ok = prepare(l, &o, why) && rooms_run(&o, look_at, l, true, why) && sim.result->ok;
    if (sim.result->ok && l->twice)
        sim.result->ok = rooms_run(&o, look_again, l, true, why) && sim.result->ok;
    if (sim.result->ok && l->again)
        sim.result->ok = rebuild_again(l, &o, why);
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
