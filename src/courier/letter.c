/* Letters in hand, their bytes and their outcomes. */
#include "courier/routes.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "ipc/beside.h"
#include "mime/lines.h"

#include <stdio.h>
#include <unistd.h>

#define OUTCOME_WAIT_MS 1000 /* before the box is told once more */
#define OUTCOME_WAIT_MOST_MS 30000
#define DAMAGED_TRIES 20 /* so often it is told of a letter that can't be read in the queue: a repair may mend that */
#define BYTES_MAX (256u << 20) /* of all letters in memory */
#define ROOM_MS 600000         /* a letter waits so long for room in it */
#define PASSED_MS 30000        /* so long others that fit go before the first that waits */
#define FRAME_ROOM 60000

static void drop_bytes(struct letter *l)
{
    l->c->bytes -= l->room;
    l->room = 0;
    mem_free(TAKE(l->bytes));
    list_del(&l->spare);
}

static void letter_free(struct letter *l)
{
    struct courier *c = l->c;

    map_del(&c->letters, l->work.id);
    drop_bytes(l);
    arena_fini(&l->arena);
    mem_free(l);
    co_waitq_wake_all(&c->room);
}

/* --- the envelope ------------------------------------------------------------------------------------------------- */

static struct attribute *copy_attrs(struct arena *a, const struct attribute *from, size_t n)
{
    struct attribute *to = ARENA_ARRAY(a, struct attribute, n);

    for (size_t i = 0; i < n; i++)
        to[i] = (struct attribute){arena_str(a, from[i].name), arena_str(a, from[i].value)};
    return to;
}

static void copy_work(struct letter *l, const struct work_letter *from)
{
    struct work_letter *to = &l->work;

    *to = *from;
    to->reverse_path = arena_str(&l->arena, from->reverse_path);
    to->route = arena_str(&l->arena, from->route);
    to->attrs = copy_attrs(&l->arena, from->attrs, from->n_attrs);
    to->rcpts = ARENA_ARRAY(&l->arena, struct work_rcpt, from->n_rcpts);
    for (size_t i = 0; i < from->n_rcpts; i++) {
        to->rcpts[i] = from->rcpts[i];
        to->rcpts[i].address = arena_str(&l->arena, from->rcpts[i].address);
        to->rcpts[i].via = arena_str(&l->arena, from->rcpts[i].via);
        to->rcpts[i].mark = arena_str(&l->arena, from->rcpts[i].mark);
        to->rcpts[i].attrs = copy_attrs(&l->arena, from->rcpts[i].attrs, from->rcpts[i].n_attrs);
    }
}

static void take_wishes(struct letter *l)
{
    for (size_t i = 0; i < l->work.n_attrs; i++)
        if (str_ieq(l->work.attrs[i].name, STR(ATTR_DELIVER_BY)) &&
            deliver_by_get(l->work.attrs[i].value, &l->by) != ST_OK)
            l->by = (struct deliver_by){0};
}

static struct str domain_of(struct str address)
{
    return str_from(address, str_rfind(address, '@') + 1);
}

static struct job *job_new(struct letter *l)
{
    struct job *j = ARENA_NEW(&l->arena, struct job);

    j->letter = l;
    j->rcpts = ARENA_ARRAY(&l->arena, struct work_rcpt *, l->work.n_rcpts);
    j->results = ARENA_ARRAY(&l->arena, struct work_result, l->work.n_rcpts);
    order_item_init(&j->turn);
    j->turn.priority = l->work.priority;
    l->jobs++;
    return j;
}

struct job *job_split(struct job *j)
{
    struct job *other = job_new(j->letter);
    size_t kept = 0;

    other->is_relayed = j->is_relayed;
    other->sender = j->sender;
    for (size_t i = 0; i < j->n; i++) {
        struct job *to = j->results[i].is_moved ? other : j;
        size_t at = to == other ? other->n++ : kept++;

        to->rcpts[at] = j->rcpts[i];
        to->results[at] = j->results[i];
    }
    j->n = kept;
    return other;
}

/* Which recipients go together. */
static struct str job_key(struct arena *a, const struct work_rcpt *r)
{
    struct str key = r->via.n
                         ? arena_printf(a, "%.*s>%.*s", STR_ARGS(domain_of(r->address)), STR_ARGS(domain_of(r->via)))
                         : arena_str(a, domain_of(r->address));
    char *p = (char *)(uintptr_t)key.p;

    for (size_t i = 0; i < key.n; i++)
        p[i] = ascii_lower(p[i]);
    return key;
}

/* A job for each such group; found again by its first recipient, in a map, since there may be thousands. */
static size_t make_jobs(struct letter *l, struct job **jobs)
{
    struct map by_domain = MAP_INIT;
    size_t n = 0;

    for (size_t i = 0; i < l->work.n_rcpts; i++) {
        struct work_rcpt *r = &l->work.rcpts[i];
        struct str key = job_key(&l->arena, r);
        struct job *j = map_str_get(&by_domain, key);

        if (!j) {
            j = jobs[n++] = job_new(l);
            map_str_put(&by_domain, key, j);
        }
        j->rcpts[j->n] = r;
        j->results[j->n++].index = r->index;
    }
    map_fini(&by_domain);
    return n;
}

void letter_begin(struct courier *c, const struct work_letter *work)
{
    struct letter *l = MEM_NEW(struct letter);
    struct identity id = identity_default(c->set);
    char room[ROUTES_NAME_MAX];
    struct job **jobs;
    size_t n;

    l->c = c;
    co_waitq_init(&l->loaded);
    co_waitq_init(&l->told);
    list_init(&l->spare);
    copy_work(l, work);
    take_wishes(l);
    map_put(&c->letters, work->id, l);
    jobs = ARENA_ARRAY(&l->arena, struct job *, work->n_rcpts);
    n = make_jobs(l, jobs);
    for (size_t i = 0; i < n; i++) /* that of most; the session that takes it looks */
        dest_add(c, routes_dest(l, jobs[i], room), &id, jobs[i]);
}

/* --- its bytes ---------------------------------------------------------------------------------------------------- */

/* Bytes that no session works with just now give way: they can be read once more. So nobody waits for a letter that waits itself. */
static bool has_room(struct courier *c, uint64_t size)
{
    while (c->bytes && c->bytes + size > BYTES_MAX && !list_is_empty(&c->spare))
        drop_bytes(LIST_ITEM(c->spare.next, struct letter, spare));
    return !c->bytes || c->bytes + size <= BYTES_MAX;
}

static void wake_waiting(struct courier *c)
{
    if (!list_is_empty(&c->line))
        co_waitq_wake_all(&c->room);
}

struct in_line {
    struct list of; /* of the courier's */
    mono_ms since;
};

/* A large one is passed by for a while only. */
static bool is_my_turn(const struct courier *c, const struct in_line *me)
{
    const struct in_line *first = LIST_ITEM(c->line.next, struct in_line, of);

    return first == me || clock_mono_ms() < first->since + PASSED_MS;
}

static enum st take_room(struct letter *l) SUSPENDS
{
    struct courier *c = l->c;
    struct in_line me = {.since = clock_mono_ms()};
    mono_ms end = deadline_in(ROOM_MS);
    enum st st = ST_OK;

    list_add_tail(&c->line, &me.of);
    while (st == ST_OK && !(is_my_turn(c, &me) && has_room(c, l->work.size)))
        st = co_waitq_wait(&c->room, end);
    list_del(&me.of);
    wake_waiting(c);
    if (st == ST_TIMEOUT)
        return FAIL(ST_TRYLATER, "there is no room in memory for the letter just now");
    TRY(st);
    l->room = l->work.size;
    c->bytes += l->room;
    return ST_OK;
}

/* BODY=BINARYMIME (RFC 3030 section 3). What its bytes are is looked at all the same: no bare line end leaves by DATA, however it came here. */
static bool says_binary(const struct letter *l)
{
    for (size_t i = 0; i < l->work.n_attrs; i++)
        if (str_ieq(l->work.attrs[i].name, STR("BODY")))
            return str_ieq(l->work.attrs[i].value, STR("BINARYMIME"));
    return false;
}

static enum st take_bytes(struct letter *l, const struct msg_letter_answer *m, int fd)
{
    char *bytes;
    enum st st = ST_OK;

    if (m->size > 2 * LIMIT_MESSAGE || (fd < 0 && m->bytes.n != m->size))
        return FAIL(ST_TRYLATER, "a letter of %llu bytes that is not there", (unsigned long long)m->size);
    bytes = mem_new(MAX(m->size, 1));
    if (fd >= 0)
        st = beside_read(fd, 0, (size_t)m->size, bytes);
    else if (m->bytes.n)
        memcpy(bytes, m->bytes.p, m->bytes.n);
    if (st != ST_OK) {
        mem_free(bytes);
        return st;
    }
    l->bytes = bytes;
    l->size = (size_t)m->size;
    l->is_8bit = !str_is_ascii(str_n(bytes, l->size));
    l->is_binary = says_binary(l) || mime_lines_of(str_n(bytes, l->size), LIMIT_TEXT_LINE).has_bare;
    l->c->bytes += l->size - l->room;
    l->room = l->size;
    return ST_OK;
}

static enum st load(struct letter *l) SUSPENDS
{
    struct msg_letter_ask ask = {.id = l->work.id};
    struct msg_letter_answer m;
    struct arena a = ARENA_INIT;
    int fd = -1;
    enum st st = take_room(l);

    if (st == ST_OK)
        st = ipc_ask(courier_box(l->c), MSG_letter_ask, &ask, -1, MSG_letter_answer, &a, &m, &fd,
                     deadline_in(COURIER_ASK_MS));
    if (st == ST_OK && m.status != ST_OK)
        st = FAIL(m.status == ST_NOTFOUND || m.status == ST_CORRUPT ? (enum st)m.status : ST_TRYLATER,
                  "the letter can't be read just now");
    if (st == ST_OK)
        st = take_bytes(l, &m, fd);
    if (fd >= 0)
        close(fd);
    arena_fini(&a);
    if (st != ST_OK) {
        drop_bytes(l);
        wake_waiting(l->c);
    }
    return st;
}

enum st job_bytes(struct job *j, struct str *out)
{
    struct letter *l = j->letter;
    enum st st = ST_OK;

    while (l->is_loading)
        TRY(co_waitq_wait(&l->loaded, NEVER));
    if (!l->bytes) {
        l->is_loading = true;
        st = load(l);
        l->is_loading = false;
        co_waitq_wake_all(&l->loaded);
    }
    TRY(st);
    l->users += !j->has_bytes;
    j->has_bytes = true;
    list_del(&l->spare);
    *out = str_n(l->bytes, l->size);
    return ST_OK;
}

void job_done_with_bytes(struct job *j)
{
    struct letter *l = j->letter;

    if (!j->has_bytes)
        return;
    j->has_bytes = false;
    if (--l->users)
        return;
    list_add_tail(&l->c->spare, &l->spare);
    wake_waiting(l->c);
}

/* --- outcomes ------------------------------------------------------------------------------------------------------ */

void job_settle(struct job *j, uint8_t state, struct str status, struct str text)
{
    struct arena *a = &j->letter->arena;

    for (size_t i = 0; i < j->n; i++) {
        struct work_result *r = &j->results[i];

        if (r->state != WORK_UNTRIED || r->answer.n)
            continue;
        r->state = state;
        r->status = arena_str(a, status);
        r->answer = arena_str(a, text);
    }
}

static const enum metric counters[WORK_STATES] = {
    [WORK_UNTRIED] = METRIC_NONE,
    [WORK_DEFERRED] = METRIC_SENT_DEFERRED,
    [WORK_DELIVERED] = METRIC_SENT_DELIVERED,
    [WORK_RELAYED] = METRIC_SENT_RELAYED,
    [WORK_FAILED] = METRIC_SENT_FAILED,
    [WORK_ARRIVED] = METRIC_SENT_DELIVERED,
    [WORK_PASSED] = METRIC_SENT_RELAYED,
};

static void log_results(const struct job *j)
{
    static const char *const states[] = {"untried", "deferred", "delivered", "relayed", "failed", "arrived", "passed"};

    for (size_t i = 0; i < j->n; i++) {
        const struct work_result *r = &j->results[i];

        if (j->is_quiet && r->state == WORK_UNTRIED)
            continue;
        metric_add(counters[r->state], 1);
        LOG(COURIER_OUTCOME, lf_letter(j->letter->work.letter), lf_hex("id", j->letter->work.id),
            lf_str("from", j->letter->work.reverse_path), lf_str("to", j->rcpts[i]->address),
            lf_z("state", states[r->state]), lf_str("host", r->host), lf_str("tls", r->tls),
            lf_str("status", r->status), lf_str("answer", r->answer));
    }
}

static enum st tell(struct courier *c, uint64_t id, struct str list, bool last) SUSPENDS
{
    struct msg_outcome_ask ask = {.id = id, .last = last, .size = list.n, .results = list};
    struct msg_outcome_answer answer;
    struct arena a = ARENA_INIT;
    enum st st = ipc_ask(courier_box(c), MSG_outcome_ask, &ask, -1, MSG_outcome_answer, &a, &answer, NULL,
                         deadline_in(COURIER_ASK_MS));

    arena_fini(&a);
    TRY(st);
    switch (answer.status) {
    case ST_OK:
    case ST_NOTFOUND: return ST_OK;
    case ST_SYNTAX:
    case ST_LIMIT: return FAIL(ST_SYNTAX, "the queue has no room for what became of it");
    case ST_CORRUPT: return FAIL(ST_CORRUPT, "its entry in the queue is damaged");
    default: return FAIL(ST_TRYLATER, "the box could not write it down");
    }
}

/* Until it is heard, or can't ever be. The box gives the letter to nobody else as long as it lives, so that none goes twice meanwhile. */
static void repeat(struct courier *c, uint64_t id, struct str list, bool last) SUSPENDS
{
    uint64_t wait_ms = OUTCOME_WAIT_MS;
    enum st st;

    for (unsigned damaged = 0; (st = tell(c, id, list, last)) != ST_OK;) {
        damaged += st == ST_CORRUPT;
        if (st == ST_SYNTAX || damaged == DAMAGED_TRIES) {
            LOG(COURIER_UNHEARD_FOR_EVER, lf_hex("id", id), lf_err());
            return;
        }
        LOG(COURIER_UNHEARD, lf_hex("id", id), lf_err());
        if (co_sleep(deadline_in(wait_ms)) != ST_OK)
            return;
        wait_ms = MIN(2 * wait_ms, (uint64_t)OUTCOME_WAIT_MOST_MS);
    }
}

/* Told in pieces that fit a frame; the box that comes after one that died is told again. As long as this process lives: nobody else knows that the
 * letter has gone. */
static void tell_until_heard(struct courier *c, uint64_t id, const struct work_result *results, size_t n, bool last)
    SUSPENDS
{
    struct buf list;

    buf_init(&list, FRAME_ROOM);
    work_results_put(&list, results, n);
    if (list.over && n > 1) {
        buf_fini(&list);
        tell_until_heard(c, id, results, n / 2, false);
        tell_until_heard(c, id, results + n / 2, n - n / 2, last);
        return;
    }
    repeat(c, id, buf_str(&list), last);
    buf_fini(&list);
}

static void end_letter(struct letter *l) SUSPENDS
{
    struct courier *c = l->c;
    uint64_t id = l->work.id;
    bool is_given_again = l->is_given_again;

    letter_free(l); /* before it is given back, since it may come at once */
    if (is_given_again)
        tell_until_heard(c, id, NULL, 0, true);
}

void job_end(struct job *j)
{
    struct letter *l = j->letter;

    job_done_with_bytes(j);
    log_results(j);
    job_tell_suppressed(j);
    while (l->is_telling)
        if (co_waitq_wait(&l->told, NEVER) != ST_OK)
            break;
    l->is_telling = true;
    tell_until_heard(l->c, l->work.id, j->results, j->n, l->jobs == 1);
    l->is_telling = false;
    co_waitq_wake_one(&l->told);
    if (--l->jobs == 0)
        end_letter(l);
}
