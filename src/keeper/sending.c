#include "keeper/keeper.h"

#include "base/log.h"
#include "net/addr.h"

#define WRITE_MS 5000
#define WRITE_AT_ONCE 100
#define EVICT_LOOK 200 /* records looked at for one that need not be written first */

/* --- records ----------------------------------------------------------------------------------------------------- */

static struct map *map_of(struct senders *s, bool is_domain)
{
    return is_domain ? &s->domains : &s->accounts;
}

static void drop(struct senders *all, struct sender *s)
{
    list_del(&s->link);
    list_del(&s->dirty);
    map_del(map_of(all, s->is_domain), s->of);
    send_use_fini(&s->use);
    mem_free(s);
}

void senders_init(struct senders *s)
{
    *s = (struct senders){0};
    list_init(&s->by_use);
    list_init(&s->dirty);
}

void senders_fini(struct senders *all)
{
    LIST_EACH_SAFE(pos, tmp, &all->by_use)
        drop(all, LIST_ITEM(pos, struct sender, link));
    map_fini(&all->accounts);
    map_fini(&all->domains);
}

static void make_room(struct senders *all)
{
    unsigned looked = 0;

    if (all->accounts.n + all->domains.n < SENDERS_MAX)
        return;
    LIST_EACH_SAFE(pos, tmp, &all->by_use) {
        struct sender *s = LIST_ITEM(pos, struct sender, link);

        if (list_is_empty(&s->dirty)) {
            drop(all, s);
            return;
        }
        if (++looked == EVICT_LOOK)
            return;
    }
}

/* --- reading them ------------------------------------------------------------------------------------------------ */

struct load_job {
    struct keeper *k;
    struct arena *a;
    bool is_domain, has_use;
    uint64_t of, domain;
    struct str address;
    struct send_limits own, of_domain;
    struct str use;
};

static enum st load(void *arg)
{
    struct load_job *j = arg;
    struct directory *d = j->k->directory;
    struct directory_account account;
    enum st st = ST_NOTFOUND;

    if (!j->is_domain) {
        TRY(directory_account_by_id(d, j->a, j->of, &account));
        j->domain = account.domain;
        j->address = account.address;
        TRY(directory_send_limits(d, true, j->domain, &j->of_domain));
    } else {
        TRY(directory_domain_name(d, j->a, j->of, &j->address));
    }
    TRY(directory_send_limits(d, j->is_domain, j->of, &j->own));
    if (!j->has_use)
        st = directory_send_use_get(d, j->a, j->is_domain, j->of, &j->use);
    return st == ST_NOTFOUND ? ST_OK : st;
}

static uint64_t setting(const struct settings *set, bool is_domain, enum send_limit which)
{
    const uint64_t of[2][SEND_LIMITS] = {{set->send_letters_hour, set->send_letters_day, set->send_recipients_hour,
                                          set->send_recipients_day, 0, 0, set->brake},
                                         {set->send_domain_letters_hour, set->send_domain_letters_day,
                                          set->send_domain_recipients_hour, set->send_domain_recipients_day}};

    return of[is_domain][which];
}

static void take_limits(struct sender *s, const struct settings *set, const struct load_job *j)
{
    for (enum send_limit i = 0; i < SEND_LIMITS; i++) {
        uint64_t v = j->own.of[i];

        if (v == SEND_UNSET && !j->is_domain && i >= SEND_COUNTED)
            v = j->of_domain.of[i];
        s->limits.of[i] = v == SEND_UNSET ? setting(set, j->is_domain, i) : v;
    }
    s->domain = j->domain;
    snprintf(s->address, sizeof s->address, "%.*s", (int)MIN(j->address.n, sizeof s->address - 1), j->address.p);
}

static struct sender *insert(struct keeper *k, const struct load_job *j)
{
    struct senders *all = &k->senders;
    struct sender *s = map_get(map_of(all, j->is_domain), j->of);

    if (s)
        return s; /* somebody else was faster */
    make_room(all);
    if (all->accounts.n + all->domains.n >= 2 * SENDERS_MAX)
        return NULL;
    s = MEM_NEW(struct sender);
    s->is_domain = j->is_domain;
    s->of = j->of;
    list_init(&s->dirty);
    list_add_tail(&all->by_use, &s->link);
    if (j->use.n && send_use_decode(j->use, &s->use) != ST_OK)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "what was sent"), lf_err()); /* it begins anew */
    map_put(map_of(all, j->is_domain), j->of, s);
    return s;
}

static struct sender *find(struct keeper *k, bool is_domain, uint64_t of)
{
    struct sender *s = map_get(map_of(&k->senders, is_domain), of);

    if (!s || s->generation != k->resolved.generation)
        return NULL;
    list_del(&s->link);
    list_add_tail(&k->senders.by_use, &s->link);
    return s;
}

/* It is there, as the directory has it, until the next wait. NOTFOUND: no such account. */
static enum st make_ready(struct keeper *k, bool is_domain, uint64_t of) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct load_job j = {.k = k, .a = &a, .is_domain = is_domain, .of = of};
    uint64_t generation = k->resolved.generation;
    struct sender *s;
    enum st st;

    if (find(k, is_domain, of))
        return ST_OK;
    j.has_use = map_get(map_of(&k->senders, is_domain), of) != NULL;
    st = keeper_sql(k, load, &j);
    s = st == ST_OK ? insert(k, &j) : NULL;
    if (st == ST_OK && !s)
        st = FAIL(ST_TRYLATER, "too many accounts are sending at a time");
    if (s) {
        take_limits(s, k->set, &j);
        s->generation = generation;
    }
    arena_fini(&a);
    return st;
}

/* Both at once: between the two questions the first may have been overtaken. */
static enum st find_both(struct keeper *k, uint64_t account, struct sender **out_account, struct sender **out_domain)
    SUSPENDS
{
    for (unsigned tries = 0; tries < 3; tries++) {
        struct sender *s, *d;

        TRY(make_ready(k, false, account));
        s = map_get(&k->senders.accounts, account);
        TRY(make_ready(k, true, s->domain));
        s = find(k, false, account);
        d = s ? find(k, true, s->domain) : NULL;
        if (s && d) {
            uint64_t now_s = clock_wall_s();

            send_use_move(&s->use, now_s);
            send_use_move(&d->use, now_s);
            *out_account = s;
            *out_domain = d;
            return ST_OK;
        }
    }
    return FAIL(ST_TRYLATER, "the directory keeps changing");
}

static void is_dirty(struct keeper *k, struct sender *s)
{
    if (list_is_empty(&s->dirty))
        list_add_tail(&k->senders.dirty, &s->dirty);
}

/* --- transactions ------------------------------------------------------------------------------------------------ */

void sending_txns_init(struct sending_txns *t)
{
    *t = (struct sending_txns){0};
    list_init(&t->by_age);
}

static void forget(struct sending_txns *all, struct sending_txn *t)
{
    list_del(&t->link);
    map_del(&all->by_txn, t->txn);
    mem_free(t);
}

void sending_txns_drop(struct sending_txns *all)
{
    LIST_EACH_SAFE(pos, tmp, &all->by_age)
        forget(all, LIST_ITEM(pos, struct sending_txn, link));
    map_fini(&all->by_txn);
    all->by_txn = MAP_INIT;
}

static struct sending_txn *begin_txn(struct sending_txns *all, uint64_t txn, const struct sender *s)
{
    struct sending_txn *t = MEM_NEW(struct sending_txn);

    if (all->by_txn.n >= SENDING_TXNS_MAX)
        forget(all, LIST_ITEM(all->by_age.next, struct sending_txn, link));
    t->txn = txn;
    t->account = s->of;
    t->domain = s->domain;
    t->then_s = clock_wall_s();
    list_add_tail(&all->by_age, &t->link);
    map_put(&all->by_txn, txn, t);
    return t;
}

static void take_back(struct keeper *k, bool is_domain, uint64_t of, const struct sending_txn *t)
{
    struct sender *s = map_get(map_of(&k->senders, is_domain), of);

    if (!s) /* it has been written, and has had no room since */
        return;
    send_use_take_back(&s->use, &t->counted, t->then_s);
    is_dirty(k, s);
}

void keeper_txn_note(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    const struct msg_txn_note *m = r->msg;
    struct sending_txn *t = map_get(&g->txns.by_txn, m->txn);

    if (!t)
        return;
    if (!m->accepted) {
        take_back(g->keeper, false, t->account, t);
        take_back(g->keeper, true, t->domain, t);
    }
    forget(&g->txns, t);
}

/* --- at RCPT ----------------------------------------------------------------------------------------------------- */

static struct str in_words(struct arena *a, uint64_t seconds)
{
    uint64_t minutes = (seconds + 59) / 60, hours = (seconds + 3599) / 3600;

    if (minutes <= 1)
        return STR("a minute");
    if (minutes < 120)
        return arena_printf(a, "%llu minutes", (unsigned long long)minutes);
    return arena_printf(a, "%llu hours", (unsigned long long)hours);
}

static enum st check(struct sender *s, struct arena *a, uint32_t letters, uint64_t now_s)
{
    static const char *const words[] = {
#define SEND_LIMIT(id, option, key, what) [SEND_##id] = what,
#include "base/send_limits.def"
#undef SEND_LIMIT
    };
    enum send_limit which = 0;
    uint64_t wait_s;

    if (send_use_may(&s->use, &s->limits, letters, 1, now_s, &which, &wait_s))
        return ST_OK;
    if (s->quiet_until <= now_s) {
        s->quiet_until = now_s + wait_s;
        LOG(KEEPER_SENDING_LIMITED, lf_z("sender", s->address), lf_u64("limit", s->limits.of[which]),
            lf_z("what", words[which]), lf_u64("again_s", wait_s));
    }
    return FAIL(ST_OVERRATE, "%llu %s of your %s; again in %.*s", (unsigned long long)s->limits.of[which], words[which],
                s->is_domain ? "domain" : "account", STR_ARGS(in_words(a, wait_s)));
}

static void count(struct keeper *k, struct sender *s, const struct send_step *more)
{
    send_use_add(&s->use, more);
    is_dirty(k, s);
}

/* --- the brake --------------------------------------------------------------------------------------------------- */

#define NEW_S (14 * 86400u) /* so long an account is new */

/* Its network as a number; 0: one that says nothing, of this machine or a private one. */
static uint64_t network_of_peer(struct str peer)
{
    struct addr addr;

    if (!peer.n || addr_parse(peer, 0, &addr) != ST_OK || !addr_is_public(&addr))
        return 0;
    if (addr.family == 4)
        return (uint64_t)4 << 56 | (uint64_t)addr.bytes[0] << 8 | addr.bytes[1];
    return (uint64_t)6 << 56 | (uint64_t)addr.bytes[0] << 24 | (uint64_t)addr.bytes[1] << 16 |
           (uint64_t)addr.bytes[2] << 8 | addr.bytes[3];
}

static void look(struct keeper *k, const struct sender *s, bool from_afar, struct str peer)
{
    const struct settings *set = k->set;
    struct brake_rule rule = {set->brake_recipients, set->brake_factor, set->brake_new_recipients, set->brake_bounces};
    struct send_step hour = send_use_of_hour(&s->use), day = send_use_of_day(&s->use);
    struct brake_facts facts = {.rcpts_hour = hour.rcpts,
                                .rcpts_day = day.rcpts,
                                .usual = send_use_usual(&s->use),
                                .fresh_day = day.fresh,
                                .failed_day = day.failed,
                                .from_afar = from_afar,
                                .is_new = s->use.first_s + NEW_S > clock_wall_s()};
    enum brake_sign sign;
    uint64_t value = 0;

    if (!s->limits.of[SEND_BRAKE] || keeper_is_braked(k, s->of))
        return;
    sign = brake_look(&facts, &rule, &value);
    if (sign != BRAKE_NONE)
        keeper_brake_pull(k, s->of, str_z(s->address), sign, value, from_afar ? peer : STR(""));
}

void keeper_sending_failed(struct keeper *k, uint64_t account)
{
    struct sender *s, *d;

    if (find_both(k, account, &s, &d) != ST_OK)
        return; /* of an account that is gone */
    count(k, s, &(struct send_step){.failed = 1});
    look(k, s, false, STR(""));
}

void keeper_sending_forgive(struct keeper *k, uint64_t account)
{
    struct sender *s = map_get(&k->senders.accounts, account);

    if (!s)
        return;
    send_use_forgive(&s->use);
    is_dirty(k, s);
}

enum st keeper_sending_rcpt(struct keeper_gate *g, struct arena *a, const struct msg_rcpt_ask *ask,
                            struct msg_rcpt_answer *answer)
{
    struct keeper *k = g->keeper;
    struct send_step more = {.rcpts = 1};
    struct sender *s, *d;
    struct sending_txn *t;
    uint64_t now_s, network;

    TRY(find_both(k, ask->account, &s, &d));
    now_s = clock_wall_s();
    t = map_get(&g->txns.by_txn, ask->txn);
    if (t && t->account != ask->account) { /* their numbers are random: another one's that was never ended */
        forget(&g->txns, t);
        t = NULL;
    }
    more.letters = !t;
    answer->most_bytes = s->limits.of[SEND_LETTER_BYTES];
    answer->most_rcpts = (uint32_t)MIN(s->limits.of[SEND_LETTER_RCPTS], UINT32_MAX);
    TRY(check(s, a, more.letters, now_s));
    TRY(check(d, a, more.letters, now_s));
    more.fresh = send_use_writes_to(&s->use, ask->address);
    count(k, s, &more);
    count(k, d, &more);
    t = t ? t : begin_txn(&g->txns, ask->txn, s);
    t->counted.letters += more.letters;
    t->counted.rcpts += more.rcpts;
    t->counted.fresh += more.fresh;
    network = network_of_peer(ask->peer);
    look(k, s, network && send_use_from(&s->use, network, now_s), ask->peer);
    return ST_OK;
}

/* --- what is shown ----------------------------------------------------------------------------------------------- */

enum st keeper_sending_show(struct keeper *k, bool is_domain, uint64_t of, struct sending_shown *out)
{
    struct sender *s;

    TRY(make_ready(k, is_domain, of));
    s = map_get(map_of(&k->senders, is_domain), of);
    send_use_move(&s->use, clock_wall_s());
    *out = (struct sending_shown){s->limits, send_use_of_hour(&s->use), send_use_of_day(&s->use)};
    return ST_OK;
}

/* --- writing them ------------------------------------------------------------------------------------------------ */

struct written {
    bool is_domain;
    uint64_t of;
    struct str use;
};

struct write_job {
    struct directory *directory;
    struct written list[WRITE_AT_ONCE];
    size_t n;
};

static enum st write_all(void *arg)
{
    const struct write_job *j = arg;
    enum st st = directory_begin(j->directory);

    TRY(st);
    for (size_t i = 0; i < j->n && st == ST_OK; i++)
        st = directory_send_use_put(j->directory, j->list[i].is_domain, j->list[i].of, j->list[i].use);
    if (st == ST_OK)
        return directory_commit(j->directory);
    directory_abort(j->directory);
    return st;
}

static struct str encoded(struct arena *a, const struct send_use *u)
{
    struct str out;
    struct buf b;

    buf_init(&b, SEND_USE_BYTES_MAX);
    send_use_encode(u, &b);
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static void gather(struct keeper *k, struct arena *a, struct write_job *j)
{
    while (j->n < WRITE_AT_ONCE && !list_is_empty(&k->senders.dirty)) {
        struct sender *s = LIST_ITEM(k->senders.dirty.next, struct sender, dirty);

        list_del(&s->dirty);
        list_init(&s->dirty);
        j->list[j->n++] = (struct written){s->is_domain, s->of, encoded(a, &s->use)};
    }
}

/* What could not be written is written with what comes next. */
static void again(struct keeper *k, const struct write_job *j)
{
    for (size_t i = 0; i < j->n; i++) {
        struct sender *s = map_get(map_of(&k->senders, j->list[i].is_domain), j->list[i].of);

        if (s)
            is_dirty(k, s);
    }
}

void keeper_write_sending(struct keeper *k)
{
    struct write_job *j = MEM_NEW(struct write_job);
    struct arena a = ARENA_INIT;
    enum st st = ST_OK;

    j->directory = k->directory;
    while (st == ST_OK && !list_is_empty(&k->senders.dirty)) {
        j->n = 0;
        gather(k, &a, j);
        st = keeper_sql(k, write_all, j);
        if (st != ST_OK) {
            LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "what was sent"), lf_err());
            again(k, j);
        }
        arena_reset(&a);
    }
    arena_fini(&a);
    mem_free(j);
}

void keeper_sending(void *arg)
{
    struct keeper *k = arg;

    while (co_sleep(deadline_in(WRITE_MS)) == ST_OK)
        keeper_write_sending(k);
}
