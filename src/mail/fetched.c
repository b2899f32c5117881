/* What was fetched over POP3, and since when: rows of ranges of uids, by day. A session writes what it was the first to
 * fetch when it ends, in one commit; a mailbox that is fetched from daily gets a row a day. A row goes when none of its messages is there
 * any more. Retention reads the oldest rows and deletes what they name: first the messages, then the row, so that a crash between the two
 * leaves a row to be looked at again. Nothing that no row names is ever deleted so. */
#include "mail/fetched.h"
#include "mail/edit.h"
#include "mail/pop3.h"

#include "base/must.h"
#include "base/retention.h"

#include <stdlib.h>

#define DAY_S 86400u
#define TURN_MS 60000
#define DEAD_MOST 200 /* rows that go in one commit */
#define PAGE 16       /* rows that are looked at between two reads */
#define STEP 500      /* messages in one commit */

static uint32_t today(void)
{
    return (uint32_t)(clock_wall_s() / DAY_S);
}

/* --- what there is ---------------------------------------------------------------------------------------- */

struct row {
    uint32_t day, part;
    size_t from, n; /* its ranges */
};

/* Of one mailbox. Filled on another thread. */
struct known {
    uint32_t mailbox;
    struct arena arena;
    struct uid_range *r;
    struct row *rows;
    size_t n, cap, n_rows, cap_rows;
};

static void *room(struct arena *a, void *old, size_t n, size_t more, size_t *cap, size_t size)
{
    void *p = old;

    if (n + more > *cap) {
        *cap = MAX(*cap * 2, n + more + 16);
        p = arena_array(a, size, *cap);
        if (n)
            memcpy(p, old, n * size);
    }
    return p;
}

static enum st take_row(void *arg, struct str key, struct str value)
{
    struct known *k = arg;
    struct fetched_rec rec;

    TRY(fetched_rec_get(key, value, &rec));
    if (rec.mailbox != k->mailbox)
        return ST_OK;
    k->r = room(&k->arena, k->r, k->n, rec.n, &k->cap, sizeof *k->r);
    k->rows = room(&k->arena, k->rows, k->n_rows, 1, &k->cap_rows, sizeof *k->rows);
    k->rows[k->n_rows++] = (struct row){rec.day, rec.part, k->n, rec.n};
    memcpy(k->r + k->n, rec.r, rec.n * sizeof *rec.r);
    k->n += rec.n;
    return ST_OK;
}

static int by_lo(const void *a, const void *b)
{
    uint32_t x = ((const struct uid_range *)a)->lo, y = ((const struct uid_range *)b)->lo;

    return x < y ? -1 : x > y;
}

static bool is_there(const struct messages *m, const struct uid_range *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = messages_from(m, r[i].lo);

        if (at < m->n && m->uid[at] <= r[i].hi)
            return true;
    }
    return false;
}

/* --- noting ------------------------------------------------------------------------------------------------- */

struct noting {
    struct mailbox *mb;
    struct known known;
    struct uid_range *fresh; /* of what was fetched, what no row has */
    size_t n_fresh, cap_fresh;
};

static void add_fresh(struct noting *g, uint32_t lo, uint32_t hi)
{
    struct arena *a = &g->known.arena;

    if (lo > hi)
        return;
    g->fresh = room(a, g->fresh, g->n_fresh, 1, &g->cap_fresh, sizeof *g->fresh);
    g->fresh[g->n_fresh++] = (struct uid_range){lo, hi};
}

/* Both ascend; what is known may overlap, since a row can have been written twice over by a repair. */
static void find_fresh(struct noting *g, struct uid_set uids)
{
    const struct known *k = &g->known;
    struct uid_range *sorted = ARENA_ARRAY(&g->known.arena, struct uid_range, k->n);
    size_t at = 0;

    if (k->n) {
        memcpy(sorted, k->r, k->n * sizeof *sorted);
        qsort(sorted, k->n, sizeof *sorted, by_lo);
    }
    for (size_t i = 0; i < uids.n; i++) {
        uint32_t lo = uids.r[i].lo, hi = uids.r[i].hi;

        while (at < k->n && sorted[at].hi < lo)
            at++;
        for (size_t j = at; j < k->n && sorted[j].lo <= hi && lo <= hi; j++) {
            if (sorted[j].lo > lo)
                add_fresh(g, lo, sorted[j].lo - 1);
            lo = MAX(lo, sorted[j].hi + 1);
        }
        add_fresh(g, lo, hi);
    }
}

static void put_part(struct change *c, const struct noting *g, uint32_t day, uint32_t part, const struct uid_range *r,
                     size_t n)
{
    struct fetched_rec *rec = ARENA_NEW(&c->arena, struct fetched_rec);

    memcpy(rec->r, r, n * sizeof *r);
    rec->n = n;
    change_kv(c, KV_PUT, key_fetched(&c->arena, day, g->mb->id, part), fetched_rec_put(&c->arena, rec));
}

/* Ascending, with neighbours put together: how many are left. */
static size_t join(struct uid_range *r, size_t n)
{
    size_t out = 0;

    qsort(r, n, sizeof *r, by_lo);
    for (size_t i = 0; i < n; i++) {
        if (out && r[out - 1].hi + 1 == r[i].lo)
            r[out - 1].hi = r[i].hi;
        else
            r[out++] = r[i];
    }
    return out;
}

/* Today's last row goes on while there is room in it. */
static void put_fresh(struct change *c, struct noting *g)
{
    const struct row *last = g->known.n_rows ? &g->known.rows[g->known.n_rows - 1] : NULL;
    uint32_t day = today(), part = 0;
    size_t n = 0;
    struct uid_range *all;

    if (last && last->day >= day) { /* later: the clock was put back */
        day = last->day;
        part = last->part + (last->n == FETCHED_RANGES);
        n = last->n == FETCHED_RANGES ? 0 : last->n;
    }
    all = ARENA_ARRAY(&c->arena, struct uid_range, n + g->n_fresh);
    if (n)
        memcpy(all, g->known.r + last->from, n * sizeof *all);
    memcpy(all + n, g->fresh, g->n_fresh * sizeof *all);
    n = join(all, n + g->n_fresh);
    for (size_t at = 0; at < n; at += FETCHED_RANGES)
        put_part(c, g, day, part++, all + at, MIN(n - at, (size_t)FETCHED_RANGES));
}

/* But for the row that put_fresh may write. */
static void drop_dead(struct change *c, const struct noting *g)
{
    const struct known *k = &g->known;
    size_t dropped = 0;

    for (size_t i = 0; i + 1 < k->n_rows && dropped < DEAD_MOST; i++) {
        if (is_there(g->mb->messages, k->r + k->rows[i].from, k->rows[i].n))
            continue;
        change_kv(c, KV_DEL, key_fetched(&c->arena, k->rows[i].day, g->mb->id, k->rows[i].part), STR_NONE);
        dropped++;
    }
}

static enum st write_fresh(struct noting *g) SUSPENDS
{
    struct account *a = g->mb->a;
    struct change *c;

    TRY(account_check(a));
    if (!g->mb->pending.exists)
        return ST_OK;
    c = change_begin(a);
    put_fresh(c, g);
    drop_dead(c, g);
    if (!a->rec.has_fetched) {
        a->rec.has_fetched = true;
        c->rec_changed = true;
    }
    return change_commit(c, NULL, 0);
}

static enum st note(struct noting *g, struct uid_set uids) SUSPENDS
{
    struct account *a = g->mb->a;
    struct arena *ar = &g->known.arena;
    unsigned tries = 0;
    enum st st;

    if (a->rec.has_fetched)
        TRY(kv_walk(account_store(a), a->id, key_letter(ar, KEY_FETCHED), key_letter(ar, KEY_FETCHED + 1), take_row,
                    &g->known));
    find_fresh(g, uids);
    if (!g->n_fresh)
        return ST_OK;
    do
        st = write_fresh(g);
    while (change_again(st, &tries));
    return st;
}

enum st view_note_fetched(struct view *v, struct uid_set uids)
{
    struct noting g = {.mb = v->mb, .known = {.mailbox = v->mb->id}};
    struct account *a = v->mb->a;
    mono_ms deadline = deadline_in(TURN_MS);
    enum st st;

    must(!v->replica);
    if (!uids.n)
        return ST_OK;
    while (a->fetched_busy)
        TRY(co_waitq_wait(&a->fetched_wait, deadline));
    a->fetched_busy = true;
    st = note(&g, uids);
    a->fetched_busy = false;
    co_waitq_wake_one(&a->fetched_wait);
    arena_fini(&g.known.arena);
    return st;
}

/* --- retention ------------------------------------------------------------------------------------------------ */

/* Rows of earlier days are due, up to here; none are when it is 0. A message that was fetched in the first minute of a day stays for a
 * day more than one of the last: never less than what was said. */
static uint32_t due_before(uint32_t retention)
{
    uint32_t days = retention_expire_days(retention), now = today();

    return retention_is_on(retention) && now > days ? now - days : 0;
}

/* What the store says, without opening the account. */
static enum st is_due(struct mail_core *core, uint64_t id, uint32_t *out_retention, bool *out) SUSPENDS
{
    struct store *s = core->m->opt.store;
    struct arena ar = ARENA_INIT;
    struct account_rec rec;
    struct kv_range *range;
    struct str key, value;
    enum st st = kv_get(s, &ar, id, key_account(), &value);

    *out = false;
    if (st == ST_OK)
        st = account_rec_get(value, &rec);
    if (st == ST_OK && !rec.removed && rec.has_fetched) {
        *out_retention = rec.retention == RETAIN_DEFAULT ? core->rules.retention : rec.retention;
        st = kv_range_open(s, &ar, id, key_letter(&ar, KEY_FETCHED), key_fetched(&ar, due_before(*out_retention), 0, 0),
                           &range);
        if (st == ST_OK) {
            *out = kv_range_next(range, &key, &value);
            st = kv_range_close(range);
        }
    }
    arena_fini(&ar);
    return st == ST_NOTFOUND ? ST_OK : st;
}

struct expiring {
    struct account *a;
    struct mail_round *round;
    uint32_t retention, before;
    struct arena page, tmp;
    struct fetched_rec *rows;
    size_t n;
    struct str after; /* key of the last row that was looked at; in `keys` */
    char key[16];
};

static enum st read_page(struct expiring *x) SUSPENDS
{
    struct kv_range *range;
    struct str key, value;
    enum st st = ST_OK, ended;

    arena_reset(&x->page);
    x->rows = ARENA_ARRAY(&x->page, struct fetched_rec, PAGE);
    x->n = 0;
    TRY(kv_range_open(account_store(x->a), &x->page, x->a->id, x->after, key_fetched(&x->page, x->before, 0, 0),
                      &range));
    while (st == ST_OK && x->n < PAGE && kv_range_next(range, &key, &value)) {
        st = fetched_rec_get(key, value, &x->rows[x->n++]);
        must(key.n < sizeof x->key);
        memcpy(x->key, key.p, key.n);
        x->key[key.n] = 0; /* the key behind it */
        x->after = str_n(x->key, key.n + 1);
    }
    ended = kv_range_close(range);
    return st == ST_OK ? ended : st;
}

/* Uids from here on stay. */
static enum st first_that_stays(const struct expiring *x, struct mailbox *mb, uint32_t *out) SUSPENDS
{
    size_t newest = x->retention & ~RETAIN_NEWEST;

    *out = UINT32_MAX;
    if (!retention_is_newest(x->retention))
        return ST_OK;
    TRY(messages_load(mb));
    *out = mb->messages->n > newest ? mb->messages->uid[mb->messages->n - newest] : 0;
    return ST_OK;
}

/* The row's ranges, below that. */
static struct uid_set below(struct fetched_rec *row, uint32_t stays)
{
    size_t n = 0;

    while (n < row->n && row->r[n].lo < stays)
        n++;
    if (n && row->r[n - 1].hi >= stays)
        row->r[n - 1].hi = stays - 1;
    return (struct uid_set){row->r, n};
}

static enum st remove_some(struct expiring *x, struct mailbox *mb, struct uid_set uids, size_t *out_n) SUSPENDS
{
    struct pick p;

    TRY(pick_uids(mb, uids, STEP, &x->tmp, &p));
    *out_n = p.n;
    return p.n && mb->pending.exists ? edit_remove(mb, &p, 0) : ST_OK;
}

static enum st remove_all(struct expiring *x, struct mailbox *mb, struct uid_set uids) SUSPENDS
{
    unsigned tries = 0;
    size_t n = STEP;
    enum st st = ST_OK;

    while (st == ST_OK && n == STEP) {
        do
            st = remove_some(x, mb, uids, &n);
        while (change_again(st, &tries));
        if (st == ST_OK) {
            x->round->expired += n;
            st = upkeep_pause(x->a->core, n);
        }
    }
    return st;
}

/* *out_over: nothing of what it names is there any more. */
static enum st expire_row(struct expiring *x, struct fetched_rec *row, bool *out_over) SUSPENDS
{
    struct mailbox *mb = account_mailbox_of(x->a, row->mailbox);
    uint32_t stays, last = row->r[row->n - 1].hi;
    enum st st;

    *out_over = true;
    if (!mb || !mb->pending.exists)
        return ST_OK;
    mailbox_hold(mb);
    st = first_that_stays(x, mb, &stays);
    if (st == ST_OK && stays)
        st = remove_all(x, mb, below(row, stays));
    mailbox_release(mb);
    *out_over = st == ST_OK && last < stays;
    return st;
}

static enum st expire_page(struct expiring *x) SUSPENDS
{
    struct str over[PAGE];
    struct change *c;
    size_t n = 0;

    for (size_t i = 0; i < x->n; i++) {
        struct fetched_rec *row = &x->rows[i];
        bool is_over;

        TRY(expire_row(x, row, &is_over));
        if (is_over)
            over[n++] = key_fetched(&x->page, row->day, row->mailbox, row->part);
    }
    if (!n)
        return ST_OK;
    TRY(account_check(x->a));
    c = change_begin(x->a);
    for (size_t i = 0; i < n; i++)
        change_kv(c, KV_DEL, over[i], STR_NONE);
    return change_commit(c, NULL, 0);
}

static enum st expire(struct expiring *x) SUSPENDS
{
    enum st st = ST_OK;

    refs_hold(x->a);
    do {
        st = read_page(x);
        if (st == ST_OK)
            st = expire_page(x);
        if (st == ST_CANCELED &&
            !co_is_canceled()) /* somebody else's commit failed: the next round has these rows still */
            st = ST_OK;
    } while (st == ST_OK && x->n == PAGE);
    refs_release(x->a);
    return st;
}

enum st fetched_expire(struct mail_core *core, uint64_t id, struct mail_round *round)
{
    struct expiring x = {.round = round, .after = STR("D")};
    bool due = false;
    enum st st;

    must(x.after.p[0] == KEY_FETCHED);
    TRY(is_due(core, id, &x.retention, &due));
    if (!due)
        return ST_OK;
    x.before = due_before(x.retention);
    TRY(account_open_any(core->m, id, &x.a));
    st = x.a->removed ? ST_OK : expire(&x);
    account_release(x.a);
    arena_fini(&x.page);
    arena_fini(&x.tmp);
    return st;
}
