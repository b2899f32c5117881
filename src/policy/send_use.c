#include "policy/send_use.h"

#include "base/arena.h"
#include "base/rec.h"

#define FIVE_S 300u
#define HOUR_S 3600u
#define DAY_S 86400u
#define VERSION 1

void send_use_fini(struct send_use *u)
{
    mem_free(u->known);
    *u = (struct send_use){0};
}

/* Empties the steps between the newest one and `now`. A clock that was far ahead and is right again does not keep anybody waiting. */
static void move_steps(struct send_step *steps, uint64_t n, uint64_t *newest, uint64_t now)
{
    if (*newest > now + n)
        *newest = now;
    for (uint64_t k = 0; k < n && *newest + k < now; k++)
        steps[(now - k) % n] = (struct send_step){0};
    *newest = MAX(*newest, now);
}

static void move_days(struct send_use *u, uint64_t now)
{
    if (u->day > now + 1)
        u->day = now;
    for (uint64_t k = 0; k < SEND_DAYS && u->day + k < now; k++)
        u->busiest[(now - k) % SEND_DAYS] = 0;
    u->day = MAX(u->day, now);
}

void send_use_move(struct send_use *u, uint64_t now_s)
{
    uint64_t hour = now_s / HOUR_S;

    if (!u->first_s)
        u->first_s = MAX(now_s, 1u);
    if (hour > u->hour) { /* that one is over */
        uint32_t *busiest = &u->busiest[u->day % SEND_DAYS];

        *busiest = MAX(*busiest, u->hours[u->hour % SEND_HOURS].rcpts);
    }
    move_steps(u->fives, SEND_FIVES, &u->five, now_s / FIVE_S);
    move_steps(u->hours, SEND_HOURS, &u->hour, hour);
    move_days(u, now_s / DAY_S);
}

static struct send_step sum(const struct send_step *steps, size_t n)
{
    struct send_step all = {0};

    for (size_t i = 0; i < n; i++) {
        all.letters += steps[i].letters;
        all.rcpts += steps[i].rcpts;
        all.fresh += steps[i].fresh;
        all.failed += steps[i].failed;
    }
    return all;
}

struct send_step send_use_of_hour(const struct send_use *u)
{
    return sum(u->fives, SEND_FIVES);
}

struct send_step send_use_of_day(const struct send_use *u)
{
    return sum(u->hours, SEND_HOURS);
}

uint32_t send_use_usual(const struct send_use *u)
{
    uint32_t most = 0;

    for (size_t i = 0; i < SEND_DAYS; i++)
        most = MAX(most, u->busiest[i]);
    return most;
}

/* --- limits ------------------------------------------------------------------------------------------------------ */

struct window {
    const struct send_step *steps;
    uint64_t n, newest, step_s;
    bool of_rcpts;
};

static struct window window_of(const struct send_use *u, enum send_limit which)
{
    bool is_hour = which == SEND_LETTERS_HOUR || which == SEND_RCPTS_HOUR;
    bool of_rcpts = which == SEND_RCPTS_HOUR || which == SEND_RCPTS_DAY;

    return is_hour ? (struct window){u->fives, SEND_FIVES, u->five, FIVE_S, of_rcpts}
                   : (struct window){u->hours, SEND_HOURS, u->hour, HOUR_S, of_rcpts};
}

static uint64_t count_at(const struct window *w, uint64_t number)
{
    const struct send_step *s = &w->steps[number % w->n];

    return w->of_rcpts ? s->rcpts : s->letters;
}

/* 0: there is room now. Else until the steps that are in the way have left the window. */
static uint64_t wait_s(const struct window *w, uint64_t limit, uint64_t more, uint64_t now_s)
{
    uint64_t all = more, number = w->newest + 1 - MIN(w->n, w->newest + 1);

    for (uint64_t i = number; i <= w->newest; i++)
        all += count_at(w, i);
    if (all <= limit)
        return 0;
    for (; number <= w->newest && all > limit; number++)
        all -= count_at(w, number);
    number = (number - 1 + w->n) * w->step_s;
    return number > now_s ? number - now_s : 1;
}

bool send_use_may(const struct send_use *u, const struct send_limits *limits, uint32_t letters, uint32_t rcpts,
                  uint64_t now_s, enum send_limit *out_which, uint64_t *out_wait_s)
{
    uint64_t longest = 0;

    for (enum send_limit i = 0; i < SEND_COUNTED; i++) {
        struct window w = window_of(u, i);
        uint64_t wait = limits->of[i] ? wait_s(&w, limits->of[i], w.of_rcpts ? rcpts : letters, now_s) : 0;

        if (wait <= longest)
            continue;
        longest = wait;
        *out_which = i;
    }
    *out_wait_s = longest;
    return longest == 0;
}

static void add(struct send_step *to, const struct send_step *more)
{
    to->letters += more->letters;
    to->rcpts += more->rcpts;
    to->fresh += more->fresh;
    to->failed += more->failed;
}

void send_use_add(struct send_use *u, const struct send_step *more)
{
    add(&u->fives[u->five % SEND_FIVES], more);
    add(&u->hours[u->hour % SEND_HOURS], more);
}

static void take(struct send_step *from, const struct send_step *less)
{
    from->letters -= MIN(from->letters, less->letters);
    from->rcpts -= MIN(from->rcpts, less->rcpts);
    from->fresh -= MIN(from->fresh, less->fresh);
    from->failed -= MIN(from->failed, less->failed);
}

void send_use_take_back(struct send_use *u, const struct send_step *less, uint64_t then_s)
{
    if (then_s / FIVE_S + SEND_FIVES > u->five)
        take(&u->fives[then_s / FIVE_S % SEND_FIVES], less);
    if (then_s / HOUR_S + SEND_HOURS > u->hour)
        take(&u->hours[then_s / HOUR_S % SEND_HOURS], less);
}

/* --- what is usual ----------------------------------------------------------------------------------------------- */

/* FNV-1a: the same in each process, since it is kept. */
static uint32_t digest(struct str address)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (size_t i = 0; i < address.n; i++)
        h = (h ^ (unsigned char)ascii_lower(address.p[i])) * 0x100000001b3u;
    return (uint32_t)(h ^ h >> 32);
}

static void grow(struct send_use *u)
{
    uint32_t cap = MIN(MAX(u->cap_known * 2, 32u), (uint32_t)SEND_KNOWN_MAX);
    uint32_t *more = mem_new(cap * sizeof *more);

    if (u->n_known)
        memcpy(more, u->known, u->n_known * sizeof *more);
    mem_free(u->known);
    u->known = more;
    u->cap_known = cap;
}

bool send_use_writes_to(struct send_use *u, struct str address)
{
    uint32_t d = digest(address);

    for (uint32_t i = 0; i < u->n_known; i++)
        if (u->known[i] == d)
            return false;
    if (u->n_known == u->cap_known && u->cap_known < SEND_KNOWN_MAX)
        grow(u);
    u->known[u->next_known] = d;
    u->next_known = (u->next_known + 1) % SEND_KNOWN_MAX;
    u->n_known = MIN(u->n_known + 1, (uint32_t)SEND_KNOWN_MAX);
    return true;
}

/* Its own, or one that is free, or the one that was used longest ago. */
static struct send_network *network_of(struct send_use *u, uint64_t network, uint64_t now_s)
{
    struct send_network *place = &u->networks[0];

    for (size_t i = 0; i < SEND_NETWORKS; i++) {
        struct send_network *n = &u->networks[i];

        if (n->network == network)
            return n;
        if (place->network && (!n->network || n->last_s < place->last_s))
            place = n;
    }
    *place = (struct send_network){network, now_s, now_s};
    return place;
}

bool send_use_from(struct send_use *u, uint64_t network, uint64_t now_s)
{
    struct send_network *here = network_of(u, network, now_s);
    bool has_older = false;

    here->last_s = MAX(here->last_s, now_s);
    for (size_t i = 0; i < SEND_NETWORKS; i++)
        has_older = has_older || (u->networks[i].network && u->networks[i].first_s + DAY_S <= now_s);
    return here->first_s + DAY_S > now_s && has_older;
}

void send_use_forgive(struct send_use *u)
{
    uint32_t *today = &u->busiest[u->day % SEND_DAYS];

    *today = MAX(*today, send_use_of_hour(u).rcpts);
    for (size_t i = 0; i < SEND_FIVES; i++)
        u->fives[i].fresh = u->fives[i].failed = 0;
    for (size_t i = 0; i < SEND_HOURS; i++)
        u->hours[i].fresh = u->hours[i].failed = 0;
    for (size_t i = 0; i < SEND_NETWORKS; i++)
        u->networks[i].first_s -= MIN(u->networks[i].first_s, (uint64_t)DAY_S);
}

/* --- as it is kept ----------------------------------------------------------------------------------------------- */

static void put_steps(struct buf *out, const struct send_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        rec_put_u32(out, steps[i].letters);
        rec_put_u32(out, steps[i].rcpts);
        rec_put_u32(out, steps[i].fresh);
        rec_put_u32(out, steps[i].failed);
    }
}

void send_use_encode(const struct send_use *u, struct buf *out)
{
    rec_put_u8(out, VERSION);
    rec_put_u64(out, u->five);
    rec_put_u64(out, u->hour);
    rec_put_u64(out, u->day);
    rec_put_u64(out, u->first_s);
    put_steps(out, u->fives, SEND_FIVES);
    put_steps(out, u->hours, SEND_HOURS);
    for (size_t i = 0; i < SEND_DAYS; i++)
        rec_put_u32(out, u->busiest[i]);
    for (size_t i = 0; i < SEND_NETWORKS; i++) {
        rec_put_u64(out, u->networks[i].network);
        rec_put_u64(out, u->networks[i].first_s);
        rec_put_u64(out, u->networks[i].last_s);
    }
    rec_put_u32(out, u->next_known);
    rec_put_u32(out, u->n_known);
    for (size_t i = 0; i < u->n_known; i++)
        rec_put_u32(out, u->known[i]);
}

static void get_steps(struct rec *r, struct send_step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        steps[i].letters = rec_u32(r);
        steps[i].rcpts = rec_u32(r);
        steps[i].fresh = rec_u32(r);
        steps[i].failed = rec_u32(r);
    }
}

static void get_known(struct rec *r, struct send_use *u)
{
    uint32_t next = rec_u32(r), n = rec_u32(r);

    rec_need(r, n <= SEND_KNOWN_MAX && next < SEND_KNOWN_MAX && rec_left(r) == (size_t)n * 4 &&
                    (n == SEND_KNOWN_MAX || next == n));
    if (r->bad)
        return;
    u->next_known = next;
    while (u->cap_known < n)
        grow(u);
    for (u->n_known = 0; u->n_known < n; u->n_known++)
        u->known[u->n_known] = rec_u32(r);
}

enum st send_use_decode(struct str bytes, struct send_use *out)
{
    struct rec r = rec_of(bytes);
    struct send_use u = {0};
    enum st st;

    rec_need(&r, rec_u8(&r) == VERSION);
    u.five = rec_u64(&r);
    u.hour = rec_u64(&r);
    u.day = rec_u64(&r);
    u.first_s = rec_u64(&r);
    get_steps(&r, u.fives, SEND_FIVES);
    get_steps(&r, u.hours, SEND_HOURS);
    for (size_t i = 0; i < SEND_DAYS; i++)
        u.busiest[i] = rec_u32(&r);
    for (size_t i = 0; i < SEND_NETWORKS; i++) {
        u.networks[i].network = rec_u64(&r);
        u.networks[i].first_s = rec_u64(&r);
        u.networks[i].last_s = rec_u64(&r);
    }
    get_known(&r, &u);
    st = rec_end(&r, "what was sent");
    if (st == ST_OK)
        *out = u;
    else
        send_use_fini(&u);
    return st;
}
