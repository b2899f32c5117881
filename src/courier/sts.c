#include "courier/sts.h"

#include "courier/fetch.h"

#define ENTRIES_MAX 10000
#define BYTES_MAX (16u << 20) /* of their policies together */
#define DNS_MS 10000
#define RECORD_LEAST_MS 1000 /* the record of a domain is looked at again after its TTL, within these bounds */
#define RECORD_MOST_MS 300000
#define NO_RECORD_MS 60000
#define FETCH_LEAST_MS 60000
#define OWN_FAULT_MS 10000 /* when we ourselves could not fetch */
#define REFRESH_ROUNDS 20  /* in mta_sts_refresh */
#define REFRESH_LEAST_MS 1000
#define REFRESH_MOST_MS 600000
#define REFRESH_AT_ONCE 8 /* so that a slow server holds up few others */
#define USED_DAYS 30      /* a policy that is not used for so long is not refreshed any more */
#define SECOND_US 1000000u
#define DAY_US (86400 * (uint64_t)SECOND_US)

/* What is known of a domain. */
struct entry {
    struct list lru; /* of struct sts, the newest at the end */
    struct str domain;
    unsigned refs;
    bool is_busy; /* being looked at: others wait in `free` */
    struct co_waitq free;
    bool is_loaded; /* the keeper has said what it has */
    bool has;
    struct arena arena; /* of `policy` */
    size_t bytes;
    struct sts_policy policy;
    uint64_t fetched_us, used_us;   /* used_us: as the keeper knows it */
    mono_ms good_until;             /* the record need not be looked at again */
    char failed_id[STS_ID_MAX + 1]; /* the fetch for this one has failed */
    mono_ms failed_until;           /* it is not tried again before */
    enum tls_result problem;        /* of that */
    char problem_text[ERR_TEXT_MAX];
};

struct sts {
    struct map entries;
    struct list lru;
    size_t bytes;
};

struct sts *sts_new(void)
{
    struct sts *s = MEM_NEW(struct sts);

    list_init(&s->lru);
    return s;
}

/* --- entries ------------------------------------------------------------------------------------------------------- */

static void entry_free(struct sts *s, struct entry *e)
{
    list_del(&e->lru);
    s->bytes -= e->bytes;
    map_str_del(&s->entries, e->domain);
    mem_free((char *)(uintptr_t)e->domain.p);
    arena_fini(&e->arena);
    mem_free(e);
}

static void make_room(struct sts *s)
{
    LIST_EACH_SAFE(pos, next, &s->lru) {
        struct entry *e = LIST_ITEM(pos, struct entry, lru);

        if (s->entries.n < ENTRIES_MAX && s->bytes < BYTES_MAX)
            return;
        if (!e->refs)
            entry_free(s, e);
    }
}

static struct entry *entry_ref(struct sts *s, struct str domain)
{
    struct entry *e = map_str_get(&s->entries, domain);
    char *name;

    if (!e) {
        make_room(s);
        e = MEM_NEW(struct entry);
        name = mem_new(domain.n + 1);
        memcpy(name, domain.p, domain.n);
        e->domain = str_n(name, domain.n);
        co_waitq_init(&e->free);
        list_init(&e->lru);
        map_str_put(&s->entries, e->domain, e);
    }
    list_del(&e->lru);
    list_add_tail(&s->lru, &e->lru);
    e->refs++;
    return e;
}

static enum st entry_take(struct entry *e, mono_ms deadline) SUSPENDS
{
    while (e->is_busy)
        TRY(co_waitq_wait(&e->free, deadline));
    e->is_busy = true;
    return ST_OK;
}

static void entry_give_back(struct entry *e)
{
    e->is_busy = false;
    co_waitq_wake_all(&e->free);
}

/* --- what is known ------------------------------------------------------------------------------------------------- */

static uint64_t expires_us(const struct entry *e)
{
    return e->fetched_us + (uint64_t)e->policy.max_age * SECOND_US;
}

static bool is_live(const struct entry *e)
{
    return e->has && clock_wall_us() < expires_us(e);
}

static uint64_t left_ms(const struct entry *e)
{
    uint64_t now = clock_wall_us(), end = expires_us(e);

    return end > now ? (end - now) / 1000 : 0;
}

static void copy_policy(struct arena *a, const struct sts_policy *from, struct sts_policy *to)
{
    *to = *from;
    to->id = arena_str(a, from->id);
    to->mx = ARENA_ARRAY(a, struct str, MAX(from->n_mx, 1));
    for (size_t i = 0; i < from->n_mx; i++)
        to->mx[i] = arena_str(a, from->mx[i]);
}

static void set_policy(struct sts *s, struct entry *e, const struct sts_kept *kept)
{
    arena_fini(&e->arena);
    arena_init(&e->arena);
    copy_policy(&e->arena, &kept->policy, &e->policy);
    s->bytes += e->arena.used - e->bytes;
    e->bytes = e->arena.used;
    e->fetched_us = kept->fetched_us;
    e->has = true;
}

static enum st load(struct courier *c, struct entry *e) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct sts_kept kept;
    enum st st = ST_OK;

    if (!e->is_loaded)
        st = sts_kept_get(c, e->domain, &a, &kept);
    if (!e->is_loaded && st == ST_OK)
        set_policy(c->sts, e, &kept);
    e->is_loaded = st == ST_OK || st == ST_NOTFOUND;
    arena_fini(&a);
    return e->is_loaded ? ST_OK : st;
}

/* --- fetching ------------------------------------------------------------------------------------------------------ */

/* RFC 8461 section 3.2: what a web server gives for a page that it makes up is rarely this. */
static bool is_plain_text(struct str type)
{
    return str_ieq(str_trim(str_sub(type, 0, str_find(type, ';'))), STR("text/plain"));
}

static enum st read_page(struct arena *a, const struct fetch_page *page, struct sts_policy *out,
                         enum tls_result *problem)
{
    *problem = TLS_RESULT_STS_FETCH;
    if (page->code != 200)
        return FAIL(ST_IO, "the server answers %u", page->code);
    *problem = TLS_RESULT_STS_INVALID;
    if (!is_plain_text(page->type))
        return FAIL(ST_SYNTAX, "the policy is not text/plain");
    return sts_policy_parse(a, page->body, out);
}

/* ST_BUSY, ST_CANCELED: our own fault. */
static enum st fetch_policy(struct courier *c, const struct entry *e, struct arena *a, struct sts_policy *out,
                            enum tls_result *problem) SUSPENDS
{
    struct str url = arena_printf(a, "https://mta-sts.%.*s/.well-known/mta-sts.txt", STR_ARGS(e->domain));
    struct fetch_page page;
    enum st st = courier_fetch(c, a, url, NULL, c->set->mta_sts_timeout, &page);

    *problem = st == ST_DENIED ? TLS_RESULT_STS_WEBPKI : TLS_RESULT_STS_FETCH;
    TRY(st);
    return read_page(a, &page, out, problem);
}

static void fetch_failed(struct courier *c, struct entry *e, struct str id, enum tls_result problem, enum st st)
{
    if (st == ST_BUSY || st == ST_CANCELED) {
        e->good_until = deadline_in(OWN_FAULT_MS);
    } else {
        memcpy(e->failed_id, id.p, id.n);
        e->failed_id[id.n] = '\0';
        e->failed_until = deadline_in(c->set->mta_sts_retry); /* section 3.3: five minutes, for one id */
        e->problem = problem;
        memcpy(e->problem_text, err_get()->text, sizeof e->problem_text);
    }
    if (st != ST_CANCELED &&
        !(e->has && e->policy.mode == STS_NONE)) /* a domain that is leaving MTA-STS: section 8.3 */
        LOG(COURIER_STS_FAILED, lf_str("domain", e->domain), lf_z("result", tls_result_name(problem)),
            lf_z("kept", is_live(e) ? "yes" : "no"), lf_err());
}

static enum st fetch(struct courier *c, struct entry *e, struct str id) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct sts_kept kept = {0};
    enum tls_result problem;
    enum st st = fetch_policy(c, e, &a, &kept.policy, &problem);

    if (st == ST_OK) {
        kept.policy.id = id;
        kept.fetched_us = clock_wall_us();
        set_policy(c->sts, e, &kept);
        e->problem = TLS_RESULT_SUCCESSFUL;
        LOG(COURIER_STS_FETCHED, lf_str("domain", e->domain), lf_z("mode", sts_mode_name(kept.policy.mode)),
            lf_str("id", id), lf_u64("max_age", kept.policy.max_age));
        sts_kept_put(c, e->domain, &kept, e->used_us);
    } else {
        fetch_failed(c, e, id, problem, st);
    }
    arena_fini(&a);
    return st;
}

/* --- the record ---------------------------------------------------------------------------------------------------- */

/* ST_OK with the id; else there is no record that counts, and how long that may be taken for true. */
static enum st find_record(struct courier *c, const struct entry *e, struct arena *a, struct str *out_id,
                           uint64_t *out_ms) SUSPENDS
{
    struct str *txt;
    struct dns d;
    size_t n;
    enum st st = dns_txt(courier_resolver(c), a, arena_printf(a, "_mta-sts.%.*s", STR_ARGS(e->domain)),
                         deadline_in(DNS_MS), &d, &txt, &n);

    *out_ms = NO_RECORD_MS;
    TRY(st);
    *out_ms = MIN(MAX((uint64_t)d.ttl * 1000, (uint64_t)RECORD_LEAST_MS), (uint64_t)RECORD_MOST_MS);
    return sts_record_parse(a, txt, n, out_id);
}

static bool has_failed(const struct entry *e, struct str id)
{
    return str_eq(id, str_z(e->failed_id)) && clock_mono_ms() < e->failed_until;
}

/* Section 5.1: a policy that is new, or another one, is fetched at once; the one that is known stays good whatever the DNS says. */
static enum st look(struct courier *c, struct entry *e) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str id = STR_NONE;
    uint64_t good_ms;
    enum st st = find_record(c, e, &a, &id, &good_ms);

    e->good_until = deadline_in(good_ms);
    if (st != ST_OK && !is_live(e))
        e->problem = TLS_RESULT_SUCCESSFUL; /* it announces none */
    if (st == ST_OK && is_live(e) && str_eq(id, e->policy.id) && !str_eq(id, str_z(e->failed_id)))
        e->problem = TLS_RESULT_SUCCESSFUL; /* the newest is the one that is there again */
    else if (st == ST_OK && !(is_live(e) && str_eq(id, e->policy.id)) && !has_failed(e, id))
        st = fetch(c, e, id);
    if (is_live(
            e)) /* the next one comes without a gap, but even a policy that ends at once is not fetched for each letter */
        e->good_until = MIN(e->good_until, deadline_in(MAX(left_ms(e), (uint64_t)FETCH_LEAST_MS)));
    arena_fini(&a);
    return st == ST_CANCELED ? st : ST_OK;
}

static void note_use(struct courier *c, struct entry *e) SUSPENDS
{
    uint64_t now = clock_wall_us();

    if (is_live(e) && now - e->used_us >= DAY_US) {
        e->used_us = now;
        sts_kept_note(c, e->domain, 0, now);
    }
}

static enum st check(struct courier *c, struct entry *e) SUSPENDS
{
    TRY(load(c, e));
    if (clock_mono_ms() >= e->good_until)
        TRY(look(c, e));
    note_use(c, e);
    return ST_OK;
}

/* --- for a letter -------------------------------------------------------------------------------------------------- */

static void give(const struct entry *e, struct arena *a, struct sts_found *out)
{
    if (is_live(e) && e->policy.mode == STS_NONE) /* section 6: nor are its failures of interest */
        return;
    if (is_live(e)) {
        out->has_policy = true;
        copy_policy(a, &e->policy, &out->policy);
    }
    out->problem = e->problem;
    if (e->problem != TLS_RESULT_SUCCESSFUL)
        out->problem_text = arena_str(a, str_z(e->problem_text));
}

/* The one before may take long, and then what it finds is taken; without it what was known before is. */
static enum st find(struct courier *c, struct entry *e) SUSPENDS
{
    enum st st = entry_take(e, deadline_in(c->set->mta_sts_timeout + COURIER_DNS_MS));

    if (st == ST_OK) {
        st = check(c, e);
        entry_give_back(e);
    }
    if (st == ST_TIMEOUT && e->is_loaded)
        st = ST_OK;
    return st == ST_OK || st == ST_CANCELED ? st : ST_TRYLATER;
}

enum st sts_find(struct courier *c, struct str domain, struct arena *a, struct sts_found *out)
{
    struct sts_found found = {0};
    struct str name;
    struct entry *e;
    enum st st;

    if (!c->set->mta_sts || !domain.n || domain.p[0] == '[' || dns_ascii_name(a, domain, &name) != ST_OK) {
        *out = found;
        return ST_OK;
    }
    e = entry_ref(c->sts, name);
    st = find(c, e);
    if (st == ST_OK) {
        give(e, a, &found);
        *out = found;
    }
    e->refs--;
    return st;
}

/* --- before they end ----------------------------------------------------------------------------------------------- */

/* Whatever the record says, or does not (section 10.2). */
static enum st refresh_now(struct courier *c, struct entry *e) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str id = STR_NONE;
    uint64_t ignored, now = clock_wall_us();
    enum st st = load(c, e);

    if (st == ST_OK && is_live(e)) {
        if (find_record(c, e, &a, &id, &ignored) != ST_OK)
            id = arena_str(&a, e->policy.id);
        st = co_is_canceled() ? ST_CANCELED : fetch(c, e, id);
        if (st != ST_OK && st != ST_CANCELED)
            sts_kept_note(c, e->domain, now, 0);
    }
    arena_fini(&a);
    return st;
}

static enum st refresh_one(struct courier *c, struct str domain) SUSPENDS
{
    struct entry *e = entry_ref(c->sts, domain);
    enum st st = entry_take(e, NEVER);

    if (st == ST_OK) {
        st = refresh_now(c, e);
        entry_give_back(e);
    }
    e->refs--;
    return st;
}

/* What is due, and those who work on it; the last one to leave takes it away. */
struct round {
    struct courier *c;
    struct arena arena;
    struct str *due;
    size_t n, at;
    unsigned workers;
    bool is_over;
    struct co_waitq ended;
};

static void round_leave(struct round *r)
{
    if (--r->workers) {
        co_waitq_wake_all(&r->ended);
        return;
    }
    arena_fini(&r->arena);
    mem_free(r);
}

static void refresh_some(void *arg) SUSPENDS
{
    struct round *r = arg;

    while (r->at < r->n && !r->is_over)
        if (refresh_one(r->c, r->due[r->at++]) == ST_CANCELED)
            r->is_over = true;
    round_leave(r);
}

static enum st refresh_round(struct courier *c) SUSPENDS
{
    uint64_t now = clock_wall_us(), age = c->set->mta_sts_refresh * 1000;
    struct round *r = MEM_NEW(struct round);
    enum st st;

    r->c = c;
    r->workers = 1; /* this one */
    co_waitq_init(&r->ended);
    st = sts_kept_due(c, &r->arena, now - age, now - USED_DAYS * DAY_US, &r->due, &r->n);
    for (size_t i = 0; st == ST_OK && i < MIN(r->n, (size_t)REFRESH_AT_ONCE); i++)
        if (co_spawn(refresh_some, r, "refreshing a policy") == ST_OK)
            r->workers++;
    while (st == ST_OK && r->workers > 1)
        st = co_waitq_wait(&r->ended, NEVER);
    r->is_over = true;
    round_leave(r);
    return st;
}

void sts_refresh(void *courier)
{
    struct courier *c = courier;

    for (;;) {
        uint64_t pause = c->set->mta_sts_refresh / REFRESH_ROUNDS;

        pause = MIN(MAX(pause, (uint64_t)REFRESH_LEAST_MS), (uint64_t)REFRESH_MOST_MS);
        if (co_sleep(deadline_in(pause)) != ST_OK || (c->set->mta_sts && refresh_round(c) == ST_CANCELED))
            return;
    }
}
