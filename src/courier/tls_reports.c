/* Counting, and handing over. */
#include "courier/tls_reports.h"

#include "base/random.h"
#include "courier/tls_report.h"
#include "ipc/lists.h"

#define ROWS_MAX 5000    /* in memory */
#define ROWS_AT_ONCE 200 /* in a message */
#define BYTES_AT_ONCE 50000
#define FLUSH_MS 60000
#define FIELD_MAX 4000 /* of a policy's lines */
#define INFO_MAX 200
#define DAY_US (86400 * UINT64_C(1000000))
#define FIRST_MS 3600000 /* behind the start at most */
#define SPREAD_US                                                                                                      \
    (4 * UINT64_C(3600000000)) /* behind midnight at most: not all servers at once (RFC 8460 section 4.1) */
#define AGAIN_US (UINT64_C(3600) * 1000000)
#define PAUSE_MS 200 /* between two domains */
#define COLUMNS 7

struct row {
    struct list of; /* of struct tls_reports */
    struct str key;
    uint64_t day, sessions;
    struct tls_seen seen;
    struct arena arena;
};

struct tls_reports {
    struct map rows; /* by key */
    struct list order;
    uint64_t lost;
};

struct tls_reports *tls_reports_new(void)
{
    struct tls_reports *t = MEM_NEW(struct tls_reports);

    list_init(&t->order);
    return t;
}

static uint64_t today(void)
{
    return clock_wall_us() / DAY_US;
}

/* --- counting ----------------------------------------------------------------------------------------------------- */

static struct str key_of(struct arena *a, uint64_t day, const struct tls_seen *s)
{
    return arena_printf(a, "%llu\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s\n%.*s", (unsigned long long)day,
                        STR_ARGS(s->domain), STR_ARGS(s->type), STR_ARGS(s->mx), STR_ARGS(s->address),
                        STR_ARGS(s->result), STR_ARGS(s->info), STR_ARGS(s->policy));
}

static struct row *row_new(struct tls_reports *t, struct str key, uint64_t day, const struct tls_seen *s)
{
    struct row *r = MEM_NEW(struct row);
    struct arena *a = &r->arena;

    r->key = arena_str(a, key);
    r->day = day;
    r->seen = (struct tls_seen){.domain = arena_str(a, s->domain),
                                .type = arena_str(a, s->type),
                                .policy = arena_str(a, s->policy),
                                .mx = arena_str(a, s->mx),
                                .address = arena_str(a, s->address),
                                .result = arena_str(a, s->result),
                                .info = arena_str(a, s->info)};
    map_str_put(&t->rows, r->key, r);
    list_add_tail(&t->order, &r->of);
    return r;
}

void tls_reports_count(struct courier *c, const struct tls_seen *s)
{
    struct tls_reports *t = c->tls_reports;
    struct tls_seen cut = *s;
    struct arena a = ARENA_INIT;
    uint64_t day = today();
    struct str key;
    struct row *r;

    cut.policy = s->policy.n > FIELD_MAX ? STR_NONE : s->policy; /* half a policy is none */
    cut.info = str_sub(s->info, 0, INFO_MAX);
    key = key_of(&a, day, &cut);
    r = map_str_get(&t->rows, key);
    if (!r && t->rows.n < ROWS_MAX)
        r = row_new(t, key, day, &cut);
    if (r)
        r->sessions++;
    else
        t->lost++;
    arena_fini(&a);
}

/* --- handing over ------------------------------------------------------------------------------------------------- */

static size_t put_row(struct arena *a, const struct row *r, struct str *w)
{
    const struct tls_seen *s = &r->seen;
    size_t bytes = 0;

    w[0] = s->type;
    w[1] = s->policy;
    w[2] = s->mx;
    w[3] = s->result;
    w[4] = s->address;
    w[5] = s->info;
    w[6] = arena_printf(a, "%llu", (unsigned long long)r->sessions);
    for (size_t i = 0; i < COLUMNS; i++)
        bytes += w[i].n + 4;
    return bytes;
}

/* Rows of the domain and day of the first one, as many as one message takes; taken out of the list into `taken`. */
static size_t take_some(struct tls_reports *t, struct arena *a, struct list *taken, struct str *words)
{
    const struct row *first = LIST_ITEM(t->order.next, struct row, of);
    size_t n = 0, bytes = 0;

    LIST_EACH_SAFE(pos, next, &t->order) {
        struct row *r = LIST_ITEM(pos, struct row, of);

        if (r->day != first->day || !str_eq(r->seen.domain, first->seen.domain))
            continue;
        bytes += put_row(a, r, words + n * COLUMNS);
        if (bytes > BYTES_AT_ONCE && n)
            break;
        map_str_del(&t->rows, r->key); /* what comes meanwhile is counted anew */
        list_del(&r->of);
        list_add_tail(taken, &r->of);
        if (++n == ROWS_AT_ONCE)
            break;
    }
    return n;
}

static enum st hand_over(struct courier *c, struct arena *a, const struct row *first, const struct str *words, size_t n)
    SUSPENDS
{
    struct msg_tls_note_ask ask = {.day = first->day, .domain = first->seen.domain};
    struct msg_tls_note_answer answer;
    struct buf list;
    enum st st;

    buf_init(&list, 60000);
    words_put(&list, words, n * COLUMNS);
    ask.rows = buf_str(&list);
    st = buf_check(&list);
    if (st == ST_OK)
        st = IPC_ASK(courier_keeper(c), tls_note_ask, &ask, tls_note_answer, a, &answer, deadline_in(COURIER_ASK_MS));
    buf_fini(&list);
    if (st != ST_OK)
        return st;
    return answer.status == ST_OK || answer.status == ST_LIMIT || answer.status == ST_SYNTAX
               ? ST_OK /* there is no more room for them, or they would never be taken */
               : FAIL(ST_TRYLATER, "the keeper could not write it down");
}

static void row_free(struct row *r)
{
    list_del(&r->of);
    arena_fini(&r->arena);
    mem_free(r);
}

/* To what has been counted anew meanwhile, where there is such. */
static void take_back(struct tls_reports *t, struct row *r)
{
    struct row *newer = map_str_get(&t->rows, r->key);

    if (!newer && t->rows.n < ROWS_MAX) {
        list_del(&r->of);
        list_add_tail(&t->order, &r->of);
        map_str_put(&t->rows, r->key, r);
        return;
    }
    if (newer)
        newer->sessions += r->sessions;
    else
        t->lost += r->sessions;
    row_free(r);
}

/* They come back to the list where the keeper has not taken them. */
static enum st flush_some(struct courier *c) SUSPENDS
{
    struct tls_reports *t = c->tls_reports;
    struct arena a = ARENA_INIT;
    struct str *words = ARENA_ARRAY(&a, struct str, (ROWS_AT_ONCE + 1) * COLUMNS);
    struct list taken;
    size_t n;
    enum st st;

    list_init(&taken);
    n = take_some(t, &a, &taken, words);
    st = hand_over(c, &a, LIST_ITEM(taken.next, struct row, of), words, n);
    LIST_EACH_SAFE(pos, next, &taken) {
        struct row *r = LIST_ITEM(pos, struct row, of);

        if (st == ST_OK)
            row_free(r);
        else
            take_back(t, r);
    }
    arena_fini(&a);
    return st;
}

enum st tls_reports_flush(struct courier *c)
{
    struct tls_reports *t = c->tls_reports;

    while (!list_is_empty(&t->order))
        TRY(flush_some(c));
    if (t->lost)
        LOG(COURIER_TLS_UNCOUNTED, lf_u64("connections", t->lost));
    t->lost = 0;
    return ST_OK;
}

/* --- reporting ------------------------------------------------------------------------------------------------------- */

struct day_of {
    uint64_t day;
    struct str domain;
};

static enum st next_report(struct courier *c, struct arena *a, uint64_t until, struct day_of *after,
                           struct tls_report *out) SUSPENDS
{
    struct msg_tls_report_ask ask = {.until = until, .after_day = after->day, .after = after->domain};
    struct msg_tls_report_answer m;
    struct str *w;
    size_t n;

    TRY(IPC_ASK(courier_keeper(c), tls_report_ask, &ask, tls_report_answer, a, &m, deadline_in(COURIER_ASK_MS)));
    if (m.status != ST_OK)
        return m.status == ST_NOTFOUND ? ST_NOTFOUND : FAIL(ST_TRYLATER, "the keeper can't say what was counted");
    TRY(words_get(m.rows, a, 60000, &w, &n));
    *out = (struct tls_report){.day = m.day, .domain = m.domain, .n = n / COLUMNS};
    out->rows = ARENA_ARRAY(a, struct tls_report_row, out->n);
    for (size_t i = 0; i < out->n; i++, w += COLUMNS) {
        out->rows[i] = (struct tls_report_row){.seen = {m.domain, w[0], w[1], w[2], w[4], w[3], w[5]}};
        TRY(str_u64(w[6], UINT64_MAX, &out->rows[i].sessions));
    }
    after->day = m.day;
    after->domain = m.domain;
    return ST_OK;
}

static void forget(struct courier *c, struct arena *a, const struct tls_report *t) SUSPENDS
{
    struct msg_tls_reported_ask ask = {.day = t->day, .domain = t->domain};
    struct msg_tls_reported_answer m;

    if (IPC_ASK(courier_keeper(c), tls_reported_ask, &ask, tls_reported_answer, a, &m, deadline_in(COURIER_ASK_MS)) !=
            ST_OK ||
        m.status != ST_OK)
        LOG(COURIER_TLS_REPORT_KEPT, lf_str("domain", t->domain), lf_err());
}

void tls_reports_send(struct courier *c, uint64_t until, struct tls_reports_sent *out)
{
    struct day_of after = {0};
    struct arena places = ARENA_INIT; /* of `after`, which goes on */

    *out = (struct tls_reports_sent){0};
    while (!c->is_stopping) {
        struct arena a = ARENA_INIT;
        struct tls_report t;
        enum st st = next_report(c, &a, until, &after, &t);

        if (st != ST_OK) {
            arena_fini(&a);
            break;
        }
        arena_reset(&places);
        after.domain = arena_str(&places, after.domain);
        st = tls_report_send(c, &a, &t);
        if (st == ST_OK || st == ST_NOTFOUND)
            forget(c, &a, &t);
        out->reported += st == ST_OK;
        out->unasked += st == ST_NOTFOUND;
        out->failed += st != ST_OK && st != ST_NOTFOUND;
        arena_fini(&a);
        if (co_sleep(deadline_in(PAUSE_MS)) != ST_OK)
            break;
    }
    arena_fini(&places);
}

static uint64_t in_the_morning(void)
{
    return (today() + 1) * DAY_US + random_u64() % SPREAD_US;
}

/* Those that could not be told are told an hour later, then two, and so on within the day (section 5.5). */
static uint64_t next_time(const struct tls_reports_sent *sent, uint64_t *pause_us)
{
    *pause_us = !sent->failed ? 0 : MIN(MAX(*pause_us * 2, AGAIN_US), DAY_US);
    return *pause_us ? MIN(clock_wall_us() + *pause_us, in_the_morning()) : in_the_morning();
}

void tls_reports_run(void *arg)
{
    struct courier *c = arg;
    uint64_t next_us = clock_wall_us() + random_u64() % FIRST_MS * 1000, pause_us = 0;
    struct tls_reports_sent sent;

    while (co_sleep(deadline_in(FLUSH_MS)) == ST_OK) {
        if (tls_reports_flush(c) == ST_CANCELED)
            return;
        if (clock_wall_us() < next_us)
            continue;
        tls_reports_send(c, today(), &sent);
        next_us = next_time(&sent, &pause_us);
    }
}
