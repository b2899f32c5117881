/* Reading. Single keys that are in memory are read on the core itself; when that does not suffice the same is done once more on
 * the pool, from the disk. Ranges are read on the pool (index.c says why). */
#include "base/must.h"
#include "store/inside.h"

#define PAGE_FIRST 16 /* entries; most ranges are short */
#define PAGE_MORE 512
#define PAGE_BYTES (64u << 10)
#define AHEAD_WAIT_MS 10000   /* then a page is read by who wants it */
#define WALK_FIRST 256        /* entries that are kept in memory */
#define WALK_MORE (64u << 10) /* at a time: some ten milliseconds, during which old tables can't go */

static enum tier first_tier(const struct store *s)
{
    return s->opt.disk && core_here() ? TIER_MEMORY : TIER_DISK;
}

static struct str whole_key(struct arena *a, uint64_t account, struct str key)
{
    char *p = arena_alloc(a, 8 + key.n);

    account_prefix(account, p);
    if (key.n)
        memcpy(p + 8, key.p, key.n);
    return str_n(p, 8 + key.n);
}

enum st store_block(struct store *s, void (*job)(void *arg), void *arg)
{
    if (s->opt.disk && core_here())
        return co_offload(s->opt.disk, job, arg);
    job(arg);
    return ST_OK;
}

/* --- single keys ------------------------------------------------------------------------------------- */

struct get_job {
    struct index *index;
    struct arena *a;
    const struct str *keys;
    struct str *values;
    size_t n, at; /* at: the one that was not in memory */
    enum tier tier;
    enum st st;
    struct err why; /* of the thread it ran on */
};

static void run_get(void *arg)
{
    struct get_job *j = arg;

    for (j->st = ST_OK; j->at < j->n; j->at++) {
        j->st = index_get(j->index, j->tier, j->a, j->keys[j->at], &j->values[j->at]);
        if (j->st == ST_NOTFOUND)
            j->values[j->at] = STR_NONE;
        else if (j->st != ST_OK)
            break;
    }
    if (j->at == j->n)
        j->st = ST_OK;
    else
        j->why = *err_get();
}

/* Absent ones come back with NULL. */
static enum st get_all(struct store *s, struct arena *a, const struct str *keys, size_t n, struct str *out_values)
    SUSPENDS
{
    struct get_job j = {.index = &s->index, .a = a, .keys = keys, .values = out_values, .n = n, .tier = first_tier(s)};

    run_get(&j);
    if (j.st == ST_TRYLATER && j.tier == TIER_MEMORY) {
        j.tier = TIER_DISK;
        TRY(store_block(s, run_get, &j));
    }
    return j.st == ST_OK ? ST_OK : FAIL(j.st, "%s", j.why.text);
}

enum st store_get_row(struct store *s, struct arena *a, char row, uint64_t number, struct str *out)
{
    struct row_key k = row_key(row, number);
    struct str key = {k.p, sizeof k.p}, value;

    TRY(get_all(s, a, &key, 1, &value));
    if (!value.p)
        return ST_NOTFOUND;
    *out = value;
    return ST_OK;
}

enum st kv_get(struct store *s, struct arena *a, uint64_t account, struct str key, struct str *out_value)
{
    struct str whole = whole_key(a, account, key), value;

    TRY(get_all(s, a, &whole, 1, &value));
    if (!value.p)
        return FAIL(ST_NOTFOUND, "no such key");
    *out_value = value;
    return ST_OK;
}

enum st kv_multiget(struct store *s, struct arena *a, uint64_t account, const struct str *keys, size_t n,
                    struct str *out_values)
{
    struct str *whole = ARENA_ARRAY(a, struct str, n), *values = ARENA_ARRAY(a, struct str, n);

    for (size_t i = 0; i < n; i++)
        whole[i] = whole_key(a, account, keys[i]);
    TRY(get_all(s, a, whole, n, values));
    if (n)
        memcpy(out_values, values, n * sizeof *values);
    return ST_OK;
}

enum st kv_version(struct store *s, uint64_t account, uint64_t *out_version)
{
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = store_get_row(s, &a, ROW_VERSION, account, &value);

    st = version_row_found(st, value, out_version);
    arena_fini(&a);
    return st;
}

/* --- ranges: read in pages, each with an iterator of its own, so that nothing is held while waiting --- */

struct page {
    struct store *s;
    struct buf from, to;
    size_t ask;
    struct arena arena;
    struct index_entry *entries;
    size_t n;
    bool more;
    enum st st;
    struct err why;
};

/* A page that is read while the one before it is looked at. Whoever comes last of reader and range frees it. */
struct next {
    struct page page;
    bool is_there, is_abandoned;
    struct co_waitq over;
};

struct kv_range {
    struct page page;
    size_t at;
    bool reads_ahead;
    struct next *next;
};

static void page_init(struct page *p, struct store *s, struct str from, struct str to, size_t ask)
{
    *p = (struct page){.s = s, .ask = ask, .more = str_cmp(from, to) < 0};
    buf_init(&p->from, UINT32_MAX);
    buf_init(&p->to, UINT32_MAX);
    buf_add(&p->from, from);
    buf_add(&p->to, to);
}

static void page_fini(struct page *p)
{
    arena_fini(&p->arena);
    buf_fini(&p->from);
    buf_fini(&p->to);
}

static void run_page(void *arg)
{
    struct page *p = arg;

    arena_reset(&p->arena);
    p->st = index_page(&p->s->index, TIER_DISK, &p->arena, buf_str(&p->from), buf_str(&p->to), p->ask, PAGE_BYTES,
                       &p->entries, &p->n, &p->more);
    if (p->st != ST_OK)
        p->why = *err_get();
}

static enum st page_read(struct page *p) SUSPENDS
{
    enum st st;

    p->n = 0;
    st = store_block(p->s, run_page, p);
    if (st != ST_OK)
        p->st = st;
    if (p->st != ST_OK)
        return p->st;
    if (p->n) { /* the smallest key behind the last one */
        buf_clear(&p->from);
        buf_add(&p->from, p->entries[p->n - 1].key);
        buf_addc(&p->from, 0);
    }
    p->ask = PAGE_MORE;
    return ST_OK;
}

enum st kv_range_open(struct store *s, struct arena *a, uint64_t account, struct str from, struct str to,
                      struct kv_range **out)
{
    struct kv_range *r = ARENA_NEW(a, struct kv_range);

    must(account != ACCOUNT_STORE);
    page_init(&r->page, s, whole_key(a, account, from),
              to.n ? whole_key(a, account, to) : whole_key(a, account + 1, STR_NONE), PAGE_FIRST);
    *out = r;
    return ST_OK;
}

void kv_range_read_ahead(struct kv_range *r)
{
    r->reads_ahead = true;
}

static void next_free(struct next *n)
{
    page_fini(&n->page);
    mem_free(n);
}

/* A failure is told to the one who waits for the page. */
static void read_next(void *arg)
{
    struct next *n = arg;

    IGNORE(page_read(&n->page));
    n->is_there = true;
    if (n->is_abandoned)
        next_free(n);
    else
        co_waitq_wake_all(&n->over);
}

/* Where that can't be begun it is read when it is wanted. */
static void begin_next(struct kv_range *r)
{
    struct next *n = MEM_NEW(struct next);

    page_init(&n->page, r->page.s, buf_str(&r->page.from), buf_str(&r->page.to), PAGE_MORE);
    co_waitq_init(&n->over);
    if (co_spawn(read_next, n, "read ahead") == ST_OK)
        r->next = n;
    else
        next_free(n);
}

static void abandon_next(struct kv_range *r)
{
    struct next *n = TAKE(r->next);

    if (!n)
        return;
    n->is_abandoned = true;
    if (n->is_there)
        next_free(n);
}

static enum st take_next(struct kv_range *r) SUSPENDS
{
    mono_ms end = deadline_in(AHEAD_WAIT_MS);
    struct page was = r->page;
    enum st st = ST_OK;

    while (st == ST_OK && !r->next->is_there)
        st = co_waitq_wait(&r->next->over, end);
    if (st == ST_OK) {
        r->page = r->next->page;
        r->next->page = was;
    }
    abandon_next(r);
    if (st == ST_TIMEOUT) /* read it ourselves */
        return page_read(&r->page);
    return st == ST_OK ? r->page.st : (r->page.st = st);
}

static enum st next_page(struct kv_range *r) SUSPENDS
{
    bool is_first = r->page.ask == PAGE_FIRST;

    r->at = r->page.n = 0;
    if (r->next)
        TRY(take_next(r));
    else
        TRY(page_read(&r->page));
    if (r->reads_ahead && !is_first && r->page.more && r->page.n && r->page.s->opt.disk && core_here())
        begin_next(r);
    return ST_OK;
}

bool kv_range_next(struct kv_range *r, struct str *out_key, struct str *out_value)
{
    if (r->page.st != ST_OK)
        return false;
    if (r->at == r->page.n && (!r->page.more || next_page(r) != ST_OK || !r->page.n))
        return false;
    *out_key = str_from(r->page.entries[r->at].key, 8);
    *out_value = r->page.entries[r->at].value;
    r->at++;
    return true;
}

enum st kv_range_close(struct kv_range *r)
{
    enum st st = r->page.st;

    abandon_next(r);
    page_fini(&r->page);
    if (st == ST_OK)
        return ST_OK;
    return r->page.why.st ? FAIL(st, "%s", r->page.why.text) : st;
}

/* --- a range at once ----------------------------------------------------------------------------------- */

struct walk_job {
    struct store *s;
    struct buf next;
    struct str to;
    enum st (*each)(void *arg, struct str key, struct str value);
    void *arg;
    enum tier tier;
    size_t most;
    bool more;
    enum st st;
    struct err why;
};

/* The owner's keys have no account in front. */
static enum st walk_each(void *arg, struct str key, struct str value)
{
    const struct walk_job *j = arg;

    return j->each(j->arg, str_from(key, 8), value);
}

static void run_walk(void *arg)
{
    struct walk_job *j = arg;

    j->st = index_walk(&j->s->index, j->tier, &j->next, j->to, j->most, walk_each, j, &j->more);
    if (j->st != ST_OK)
        j->why = *err_get();
}

static enum st walk(struct walk_job *j) SUSPENDS
{
    while (j->more) {
        TRY(store_block(j->s, run_walk, j));
        if (j->st != ST_OK)
            return j->why.st ? FAIL(j->st, "%s", j->why.text) : j->st;
        j->tier = TIER_SCAN;
        j->most = WALK_MORE;
    }
    return ST_OK;
}

enum st kv_walk(struct store *s, uint64_t account, struct str from, struct str to,
                enum st (*each)(void *arg, struct str key, struct str value), void *arg)
{
    struct walk_job j = {.s = s, .each = each, .arg = arg, .tier = TIER_DISK, .most = WALK_FIRST, .more = true};
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    must(account != ACCOUNT_STORE);
    buf_init(&j.next, UINT32_MAX);
    buf_add(&j.next, whole_key(&a, account, from));
    j.to = to.n ? whole_key(&a, account, to) : whole_key(&a, account + 1, STR_NONE);
    if (str_cmp(buf_str(&j.next), j.to) < 0)
        st = walk(&j);
    buf_fini(&j.next);
    arena_fini(&a);
    return st;
}

/* --- all accounts: each has a row with its version --------------------------------------------------------- */

struct accounts_job {
    struct index *index;
    struct arena *a;
    struct row_key from, to;
    struct index_entry *entries;
    size_t most, n;
    enum st st;
    struct err why;
};

static void run_accounts(void *arg)
{
    struct accounts_job *j = arg;
    bool more;

    j->st = index_page(j->index, TIER_DISK, j->a, str_n(j->from.p, sizeof j->from.p), str_n(j->to.p, sizeof j->to.p),
                       j->most, SIZE_MAX, &j->entries, &j->n, &more);
    if (j->st != ST_OK)
        j->why = *err_get();
}

static enum st account_of(const struct index_entry *e, uint64_t *out)
{
    struct rec r = rec_of(str_from(e->key, 9));

    *out = rec_u64_be(&r);
    return rec_end(&r, "the key of a version");
}

enum st kv_accounts(struct store *s, uint64_t after, uint64_t *out, size_t most, size_t *out_n)
{
    struct arena a = ARENA_INIT;
    struct accounts_job j = {.index = &s->index,
                             .a = &a,
                             .from = row_key(ROW_VERSION, after + 1),
                             .to = row_key(ROW_VERSION + 1, 0),
                             .most = most};
    enum st st = ST_OK;

    if (after < ACCOUNT_STORE - 1)
        st = store_block(s, run_accounts, &j);
    if (st == ST_OK && j.st != ST_OK)
        st = FAIL(j.st, "%s", j.why.text);
    for (size_t i = 0; st == ST_OK && i < j.n; i++)
        st = account_of(&j.entries[i], &out[i]);
    if (st == ST_OK)
        *out_n = j.n;
    arena_fini(&a);
    return st;
}
