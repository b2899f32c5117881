/* Accounts come, get letters, are renamed, move to another domain, are removed, purged by steps and forgotten: the directory's
 * file and the store change in turns, and the power fails between any two calls of either. Afterwards it is as before a step
 * or as after it; what was removed is purged to its end, by whoever opens it next, and nobody gets its number or its mail. */
#include "modes.h"

#include "base/must.h"
#include "directory/directory.h"
#include "image.h"
#include "look.h"
#include "loading.h"
#include "mail/keep.h"
#include "sim.h"

#include <fcntl.h>
#include <stdio.h>

enum { PEOPLE = 3, REMOVED_MOST = 10 };

struct person {
    uint64_t id;      /* 0: not yet */
    char address[40]; /* local@domain */
    enum { PERSON_LIVE, PERSON_REMOVED, PERSON_PURGED } state;
    unsigned letters;
};

struct state { /* after a step; in a DISK_MARK */
    char step[40];
    struct person p[PEOPLE];
};

/* --- the steps ------------------------------------------------------------------------------------------------ */

struct script {
    struct directory *d;
    struct rooms *r;
    struct state now;
    uint64_t number; /* of the next letter */
};

static void done(struct script *s, const char *step)
{
    snprintf(s->now.step, sizeof s->now.step, "%s", step);
    disk_mark(&s->now, sizeof s->now);
}

static struct directory_address address_of(const char *text)
{
    struct str all = str_z(text);
    size_t at = str_search(all, STR("@"));

    return (struct directory_address){str_sub(all, 0, at), str_from(all, at + 1)};
}

static void add(struct script *s, unsigned i, const char *address)
{
    struct directory_address a = address_of(address);
    struct person *p = &s->now.p[i];

    must(directory_account_add(s->d, &a, &(struct directory_change){0}, &p->id) == ST_OK);
    for (unsigned k = 0; k < i; k++)
        must(s->now.p[k].id != p->id);
    snprintf(p->address, sizeof p->address, "%s", address);
    done(s, "added");
}

static void move(struct script *s, unsigned i, const char *address)
{
    struct directory_address a = address_of(address);

    must(directory_account_rename(s->d, s->now.p[i].id, &a, false) == ST_OK);
    snprintf(s->now.p[i].address, sizeof s->now.p[i].address, "%s", address);
    done(s, "renamed");
}

static void deliver(struct script *s, unsigned mask) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct delivery_rcpt rcpts[PEOPLE];
    struct delivery d = {.rcpts = rcpts, .mail = load_letter(&a, s->number++)};

    for (unsigned i = 0; i < PEOPLE; i++)
        if (mask >> i & 1) {
            rcpts[d.n_rcpts++] = (struct delivery_rcpt){.account = s->now.p[i].id};
            s->now.p[i].letters++;
        }
    must(mail_deliver(s->r->mail, &d) == ST_OK);
    arena_fini(&a);
    done(s, "delivered");
}

struct erasing {
    struct mail *mail;
    uint64_t id, budget_ms;
    enum st st;
    bool done;
};

static void erase_once(void *arg) SUSPENDS
{
    struct erasing *e = arg;

    e->st = mail_erase(e->mail, e->id, e->budget_ms, &e->done);
}

static bool erase_step(struct rooms *r, uint64_t id, uint64_t budget_ms, bool *out_done) SUSPENDS
{
    struct erasing e = {r->mail, id, budget_ms, ST_OK, false};

    rooms_on(rooms_core(r, id), erase_once, &e);
    *out_done = e.done;
    return e.st == ST_OK;
}

static void take_away(struct script *s, unsigned i) SUSPENDS
{
    struct person *p = &s->now.p[i];
    bool all = false;

    must(directory_account_remove(s->d, p->id) == ST_OK);
    p->state = PERSON_REMOVED;
    done(s, "removed");
    while (!all) {
        must(erase_step(s->r, p->id, 1, &all));
        done(s, "erased a little");
    }
    must(directory_removed_purged(s->d, p->id) == ST_OK);
    p->state = PERSON_PURGED;
    done(s, "purged");
}

static void act(struct rooms *r, void *arg) SUSPENDS
{
    struct script *s = arg;

    s->r = r;
    done(s, "opened");
    add(s, 0, "a@one.test");
    for (unsigned i = 0; i < 12; i++)
        deliver(s, 1);
    move(s, 0, "b@one.test");
    deliver(s, 1);
    move(s, 0, "b@two.test");
    add(s, 1, "a@one.test");
    deliver(s, 3);
    deliver(s, 2);
    take_away(s, 0);
    add(s, 2, "b@two.test");
    deliver(s, 6);
    take_away(s, 1);
    deliver(s, 4);
}

static void paths(char dir[300], char file[400], const char *name)
{
    snprintf(dir, 300, "%s/%s", sim.dir, name);
    snprintf(file, 400, "%s/directory.db", dir);
}

static void work(void *arg)
{
    struct script *s = MEM_NEW(struct script);
    struct store_options o;
    char dir[300], file[400], why[200];

    s->number = *(uint64_t *)arg * 1000 + 1;
    paths(dir, file, "life");
    disk_watch(dir, sim.trace);
    must(directory_open(file, &s->d) == ST_OK);
    must(directory_domain_add(s->d, STR("one.test")) == ST_OK && directory_domain_add(s->d, STR("two.test")) == ST_OK);
    crash_options(&o, dir);
    sim.result->ok = rooms_run(&o, act, s, true, why);
    directory_close(s->d);
    mem_free(s);
}

/* --- afterwards --------------------------------------------------------------------------------------------------- */

struct seeing {
    const struct state *before, *after; /* either is right; after NULL: the end */
    struct directory *d;
    char *why;
    bool ok;
};

struct counting {
    struct rooms *r;
    uint64_t id;
    enum st st;
    uint64_t letters;
};

static void count(void *arg) SUSPENDS
{
    struct counting *c = arg;
    struct mail_usage u = {0};
    struct account *a;

    c->st = account_open(c->r->mail, c->id, &a);
    if (c->st != ST_OK)
        return;
    account_usage(a, &u);
    c->letters = u.messages;
    account_close(a);
}

static bool has_letters(struct rooms *r, const struct person *p, char why[200]) SUSPENDS
{
    struct counting c = {.r = r, .id = p->id};

    rooms_on(rooms_core(r, p->id), count, &c);
    return (c.st == ST_OK && c.letters == p->letters) ||
           world_say(why, "%s: %s, %llu letters, not %u", p->address, st_name(c.st), (unsigned long long)c.letters,
                     p->letters);
}

static bool is_removed(const struct seeing *x, uint64_t id)
{
    struct arena a = ARENA_INIT;
    uint64_t *ids;
    size_t n = 0;
    bool found = false;

    must(directory_removed_list(x->d, &a, REMOVED_MOST, &ids, &n) == ST_OK);
    for (size_t i = 0; i < n; i++)
        found = found || ids[i] == id;
    arena_fini(&a);
    return found;
}

static bool is_person(struct rooms *r, const struct seeing *x, const struct person *p, char why[200]) SUSPENDS
{
    struct directory_address address = address_of(p->address);
    struct directory_account account = {0};
    struct arena a = ARENA_INIT;
    enum st st;

    if (!p->id)
        return true;
    st = directory_account_find(x->d, &a, &address, &account);
    arena_fini(&a);
    if (p->state == PERSON_LIVE)
        return ((st == ST_OK && account.id == p->id) || world_say(why, "%s is not there", p->address)) &&
               has_letters(r, p, why);
    if (is_removed(x, p->id) != (p->state == PERSON_REMOVED))
        return world_say(why, "%s: its mark is %sthere", p->address, p->state == PERSON_REMOVED ? "not " : "");
    return st != ST_OK || account.id != p->id || world_say(why, "%s is there and was removed", p->address);
}

static bool is_state(struct rooms *r, const struct seeing *x, const struct state *s, char why[200]) SUSPENDS
{
    bool ok = true;

    for (unsigned i = 0; i < PEOPLE && ok; i++)
        ok = is_person(r, x, &s->p[i], why);
    return ok;
}

/* As the keeper does it when it has started (keeper/removals.c). */
static bool finish(struct rooms *r, const struct seeing *x, const struct person *p, char why[200]) SUSPENDS
{
    bool all = false, only_mark = false;

    while (!all)
        if (!erase_step(r, p->id, 1000, &all))
            return world_say(why, "%s can't be erased: %.100s", p->address, err_get()->text);
    if (directory_removed_purged(x->d, p->id) != ST_OK || is_removed(x, p->id))
        return world_say(why, "the mark of %s does not go", p->address);
    return (rows_only_mark(r->store, p->id, &only_mark) && only_mark) ||
           world_say(why, "something of %s is left", p->address);
}

static void see(struct rooms *r, void *arg) SUSPENDS
{
    struct seeing *x = arg;
    const struct state *is = x->before;
    char other[200] = "";

    x->ok = is_state(r, x, is, x->why);
    if (!x->ok && x->after) {
        is = x->after;
        x->ok = is_state(r, x, is, other);
    }
    for (unsigned i = 0; i < PEOPLE && x->ok; i++)
        if (is->p[i].id && is_removed(x, is->p[i].id))
            x->ok = finish(r, x, &is->p[i], x->why);
    for (unsigned i = 0; i < PEOPLE && x->ok; i++)
        if (is->p[i].id && is->p[i].state == PERSON_LIVE)
            x->ok = has_letters(r, &is->p[i], x->why);
}

static void look(void *arg)
{
    struct seeing *x = arg;
    struct store_options o;
    char dir[300], file[400];

    x->why = sim.result->why;
    disk_watch(NULL, NULL);
    paths(dir, file, "cut");
    crash_options(&o, dir);
    if (directory_open(file, &x->d) != ST_OK) {
        world_say(x->why, "the directory does not open: %.150s", err_get()->text);
        return;
    }
    sim.result->ok = rooms_run(&o, see, x, true, x->why) && x->ok;
    directory_close(x->d);
}

/* --- cutting ---------------------------------------------------------------------------------------------------------- */

static const struct state *next_state(uint64_t at)
{
    const struct disk_event *e;

    while ((e = disk_next(sim.trace, &at)))
        if (e->op == DISK_MARK)
            return (const void *)e->data;
    return NULL;
}

static void check(const struct image *im, const struct cut *c, const struct state *s, uint64_t at, uint64_t call)
{
    struct seeing x = {.before = s, .after = next_state(at)};
    char dir[300], text[100], why[200] = "";
    bool ok;

    sim_fresh(dir, "cut");
    image_write(im, c, dir);
    ok = sim_child(look, &x, why);
    if (ok && !sim.result->ok) {
        ok = false;
        snprintf(why, sizeof why, "%s", sim.result->why);
    }
    sim.passed += ok;
    sim.failed += !ok;
    if (ok || sim.quiet)
        return;
    cut_text(c, text, sizeof text);
    printf("not ok - accounts, call %llu, behind \"%s\" (%s): %s\n", (unsigned long long)call, s->step, text, why);
    fflush(stdout);
}

static bool matters(const struct disk_event *e)
{
    return e->op == DISK_SYNC || e->op == DISK_SYNCING || e->op == DISK_RENAME || e->op == DISK_UNLINK ||
           e->op == DISK_TRUNCATE;
}

static void cut_all(struct image *im, uint64_t seed)
{
    static const struct cut killed = {WRITES_KEPT, NAMES_KEPT, 100, 1};
    const struct state *s = NULL;
    const struct disk_event *e;
    uint64_t at = 0, i = 0;

    for (; (e = disk_next(sim.trace, &at)) && sim.failed < sim.failures_most; i++) {
        struct cut c = cut_by(sim_mix(seed, i));

        if (e->op == DISK_MARK) {
            s = (const void *)e->data;
            check(im, &killed, s, at, i); /* between every two steps */
            continue;
        }
        if (s && matters(e))
            check(im, &c, s, at, i);
        image_step(im, e);
    }
}

unsigned long long cut_accounts(uint64_t seed, unsigned cuts)
{
    unsigned long long before = sim.passed + sim.failed;
    char dir[300], why[200];
    struct image *im;

    (void)cuts;
    sim_fresh(dir, "life");
    im = image_new(dir);
    disk_trace_clear(sim.trace);
    if (!sim_child(work, &seed, why)) {
        printf("not ok - the work itself: %s\n", why);
        sim.failed++;
        sim.work_failed = true;
    } else {
        cut_all(im, seed);
    }
    image_free(im);
    return sim.passed + sim.failed - before;
}

void run_accounts(unsigned n, uint64_t seed)
{
    printf("# accounts: seed %llu\n", (unsigned long long)seed);
    for (unsigned i = 0; i < n && sim.failed < sim.failures_most; i++)
        cut_accounts(seed + i, 0);
    printf("# accounts added, renamed, moved, removed and purged %u times, cut between every two steps and at every "
           "sync\n",
           n);
}
