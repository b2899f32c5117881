/* What became of recipients, and what follows from it: when the letter is tried again, who is told, and its end. */
#include "queue/dsn.h"
#include "queue/inside.h"

#include "base/must.h"
#include "base/random.h"

#define NOTICE_MAX (8u << 20)  /* bytes of a notice without the letter that comes back */
#define ANSWERS_MAX (2u << 20) /* bytes of all servers' answers in one entry */
#define STRANGER_SHARE 10      /* to those who have not logged in: so many times less */
/* An attribute of our own: the sender knows that this recipient waits; "by": and that the time is over that he had asked for. */
#define TOLD_OF_DELAY ".told"

struct settling {
    struct queue *q;
    struct arena *a;
    uint64_t now_us;
    struct queue_entry was, is;
    struct queue_rcpt *rcpts; /* of `is` */
    struct dsn_rcpt *told;
    size_t n_told;
    enum queue_told how;
    bool is_counted; /* the notice, among those of this hour */
    uint64_t notice; /* its id as a letter; 0: there is none */
    struct deliver_by by;
};

/* --- when again ------------------------------------------------------------------------------------------------- */

/* A tenth more or less, so that what failed together does not come again together. */
static uint64_t with_jitter(uint64_t us)
{
    return us - us / 10 + random_u64() % (us / 5 + 1);
}

static uint64_t again_us(const struct queue_retry *r, uint32_t attempts)
{
    uint64_t wait = r->first_us;

    for (uint32_t i = 1; i < attempts && wait < r->most_us; i++)
        wait *= 2;
    return with_jitter(MIN(wait, r->most_us));
}

static uint64_t earliest(const struct queue_entry *e)
{
    uint64_t due = UINT64_MAX;

    for (size_t i = 0; i < e->n_rcpts; i++)
        if (e->rcpts[i].state == QUEUE_RCPT_WAITING)
            due = MIN(due, e->rcpts[i].due_us);
    return due;
}

/* --- who is told (RFC 3461 sections 4.1 and 5.2) ------------------------------------------------------------------ */

static bool wants(const struct queue_rcpt *r, enum dsn_action action)
{
    static const struct str words[] = {
        [DSN_FAILED] = STR("FAILURE"),    [DSN_DELAYED] = STR("DELAY"),   [DSN_LATE] = STR("DELAY"),
        [DSN_DELIVERED] = STR("SUCCESS"), [DSN_RELAYED] = STR("SUCCESS"), [DSN_EXPANDED] = STR("SUCCESS")};
    struct str rest = queue_attr_get(r->attrs, r->n_attrs, STR("NOTIFY")), word;

    if (!rest.p)
        return action == DSN_FAILED || action == DSN_DELAYED || action == DSN_LATE;
    while (str_split(&rest, ',', &word))
        if (str_ieq(word, words[action]))
            return true;
    return false;
}

/* His address may be forged, and he is told of what he asked for, or of what went wrong with a letter that somebody may well have written. */
static bool spares_stranger(const struct settling *s, const struct queue_result *res, enum dsn_action action)
{
    const struct queue_rcpt *r = &s->rcpts[res->rcpt];

    if (!dsn_is_stranger(&s->is, s->q->host_name) || s->q->notices.strangers == STRANGERS_ALWAYS)
        return false;
    if (s->q->notices.strangers == STRANGERS_NEVER)
        return true;
    if (action == DSN_DELAYED && !s->by.at_us)
        return !queue_attr_get(r->attrs, r->n_attrs, STR("NOTIFY")).p;
    return action == DSN_FAILED && (str_starts(res->status, STR("5.7.")) || str_starts(res->status, STR("5.6.")));
}

static void note(struct settling *s, enum queue_told how)
{
    s->how = MAX(s->how, how); /* QUEUE_TOLD comes of the others when it is built */
}

static void tell_if(struct settling *s, const struct queue_result *res, enum dsn_action action, bool is_wanted)
{
    const struct queue_rcpt *r = &s->rcpts[res->rcpt];

    if (!s->is.reverse_path.n && action == DSN_FAILED)
        note(s, QUEUE_TOLD_NULL);
    else if (s->is.reverse_path.n && is_wanted && spares_stranger(s, res, action))
        note(s, QUEUE_TOLD_STRANGER);
    else if (s->is.reverse_path.n && is_wanted)
        s->told[s->n_told++] = (struct dsn_rcpt){.rcpt = r,
                                                 .action = action,
                                                 .is_remote = res->is_remote,
                                                 .is_untried = res->fate == QUEUE_UNTRIED || res->fate >= QUEUE_LATE,
                                                 .status = res->status,
                                                 .answer = res->answer,
                                                 .host = res->host,
                                                 .retry_until_us = queue_began_us(&s->is) + s->q->retry.lifetime_us};
}

static void tell(struct settling *s, const struct queue_result *res, enum dsn_action action)
{
    tell_if(s, res, action, wants(&s->rcpts[res->rcpt], action));
}

/* False: there is no room for that, so he is not told either, or it would be again and again. */
static bool remember_delay(struct settling *s, struct queue_rcpt *r, struct str how)
{
    struct queue_attr *attrs = ARENA_ARRAY(s->a, struct queue_attr, r->n_attrs + 1);
    size_t n = 0;

    for (size_t i = 0; i < r->n_attrs; i++)
        if (!str_eq(r->attrs[i].name, STR(TOLD_OF_DELAY)))
            attrs[n++] = r->attrs[i];
    if (n == LIMIT_QUEUE_ATTRS)
        return false;
    attrs[n++] = (struct queue_attr){STR(TOLD_OF_DELAY), how};
    r->attrs = attrs;
    r->n_attrs = n;
    return true;
}

/* --- by when (RFC 2852) ------------------------------------------------------------------------------------------- */

static struct deliver_by by_of(const struct queue_entry *e)
{
    struct str text = queue_attr_get(e->attrs, e->n_attrs, STR(ATTR_DELIVER_BY));
    struct deliver_by by = {0};

    return text.p && deliver_by_get(text, &by) == ST_OK ? by : (struct deliver_by){0};
}

static bool is_told_of_time(const struct queue_rcpt *r)
{
    return str_eq(queue_attr_get(r->attrs, r->n_attrs, STR(TOLD_OF_DELAY)), STR("by"));
}

/* Mode N (section 4.1.3): its sender is told, once. One who hands in what is late already is told only when we can't carry it on at once: whoever had it when the time was over
 * has told him. */
static bool tell_late(struct settling *s, const struct queue_result *res, enum dsn_action action)
{
    struct queue_rcpt *r = &s->rcpts[res->rcpt];
    struct queue_result late = *res;

    if (!s->by.at_us || s->by.returns || s->now_us < s->by.at_us || is_told_of_time(r))
        return false;
    if ((action == DSN_LATE && s->is.arrival_us >= s->by.at_us) || !remember_delay(s, r, STR("by")))
        return false;
    late.status = STR("4.4.7");
    tell(s, &late, action);
    return true;
}

/* It is looked at again when the time is over. */
static uint64_t not_behind_time(const struct settling *s, uint64_t due_us)
{
    return s->by.at_us > s->now_us ? MIN(due_us, s->by.at_us) : due_us;
}

/* --- one outcome -------------------------------------------------------------------------------------------------- */

static void give_up(struct settling *s, const struct queue_result *res, struct str status)
{
    struct queue_result over = *res;

    over.status = status;
    s->rcpts[res->rcpt].state = QUEUE_RCPT_FAILED;
    tell(s, &over, DSN_FAILED);
}

static void wait_on(struct settling *s, const struct queue_result *res, uint64_t due_us)
{
    const struct queue_retry *retry = &s->q->retry;
    struct queue_rcpt *r = &s->rcpts[res->rcpt];
    uint64_t age = s->now_us > queue_began_us(&s->is) ? s->now_us - queue_began_us(&s->is) : 0;

    r->due_us = not_behind_time(s, due_us);
    if (s->by.returns && s->now_us >= s->by.at_us) { /* RFC 2852 section 4.1.3 */
        give_up(s, res, STR("5.4.7"));
        return;
    }
    if (age >= retry->lifetime_us) { /* RFC 3463: delivery time expired; the class stays that of what happened */
        give_up(s, res, STR("4.4.7"));
        return;
    }
    r->due_us = MIN(r->due_us, queue_began_us(&s->is) + retry->lifetime_us); /* one last time at its end */
    if (tell_late(s, res, DSN_DELAYED) || !retry->notice_us || age < retry->notice_us ||
        queue_attr_get(r->attrs, r->n_attrs, STR(TOLD_OF_DELAY)).p)
        return;
    if (remember_delay(s, r, STR("1")))
        tell(s, res, DSN_DELAYED);
}

static void defer(struct settling *s, const struct queue_result *res)
{
    struct queue_rcpt *r = &s->rcpts[res->rcpt];

    r->attempts++;
    wait_on(s, res, MAX(s->now_us + again_us(&s->q->retry, r->attempts), res->not_before_us));
}

/* With a reason: it was not tried, since others could not be sent. It waits like those, but no attempt is counted. */
static void put_back(struct settling *s, const struct queue_result *res)
{
    uint64_t due_us = MAX(res->not_before_us, s->now_us);

    if (res->answer.n)
        wait_on(s, res, due_us);
    else
        s->rcpts[res->rcpt].due_us = not_behind_time(s, due_us);
}

/* The sender hears of it once, and where there is something else to say of it not that it is late. */
static void reached(struct settling *s, const struct queue_result *res, enum dsn_action action)
{
    struct queue_rcpt *r = &s->rcpts[res->rcpt];
    bool passed =
        res->fate == QUEUE_PASSED && !str_ieq(queue_attr_get(r->attrs, r->n_attrs, STR("NOTIFY")), STR("NEVER"));
    size_t told = s->n_told;

    r->state = QUEUE_RCPT_DELIVERED;
    if (res->fate != QUEUE_DELIVERED) /* then the next server tells, since it knows DSN */
        tell_if(s, res, action, passed || wants(r, action));
    if (s->n_told == told)
        tell_late(s, res, DSN_LATE);
}

static enum st apply(struct settling *s, const struct queue_result *res)
{
    struct queue_rcpt *r;

    if (res->rcpt >= s->is.n_rcpts)
        return FAIL(ST_SYNTAX, "entry %016llx has no recipient %u", (unsigned long long)s->is.id, res->rcpt);
    r = &s->rcpts[res->rcpt];
    if (r->state != QUEUE_RCPT_WAITING)
        return ST_OK; /* settled already, by an outcome whose answer was lost */
    if (res->fate != QUEUE_LATE)
        r->answer = str_sub(res->answer, 0, LIMIT_QUEUE_ATTR);
    switch (res->fate) {
    case QUEUE_UNTRIED: put_back(s, res); break;
    case QUEUE_DEFERRED: defer(s, res); break;
    case QUEUE_DELIVERED:
    case QUEUE_PASSED:
    case QUEUE_RELAYED: reached(s, res, DSN_RELAYED); break;
    case QUEUE_ARRIVED: reached(s, res, DSN_DELIVERED); break;
    case QUEUE_EXPANDED: reached(s, res, DSN_EXPANDED); break;
    case QUEUE_FAILED:
        r->state = QUEUE_RCPT_FAILED;
        tell(s, res, DSN_FAILED);
        break;
    case QUEUE_LATE: tell_late(s, res, DSN_DELAYED); break;
    case QUEUE_EXPIRED: give_up(s, res, STR("5.4.7")); break;
    }
    return ST_OK;
}

/* Of ten thousand recipients with long answers neither the entry nor the notice would have room. */
static void shorten_answers(struct settling *s)
{
    size_t all = 0, each = ANSWERS_MAX / MAX(s->is.n_rcpts, 1u);

    for (size_t i = 0; i < s->is.n_rcpts; i++)
        all += s->rcpts[i].answer.n;
    for (size_t i = 0; i < s->is.n_rcpts && all > ANSWERS_MAX; i++)
        s->rcpts[i].answer = str_sub(s->rcpts[i].answer, 0, each);
    for (size_t i = 0; i < s->n_told && all > ANSWERS_MAX; i++)
        s->told[i].answer = str_sub(s->told[i].answer, 0, each);
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static enum st apply_all(struct settling *s, const struct queue_result *results, size_t n)
{
    bool tried = false;

    s->is = s->was;
    s->by = by_of(&s->was);
    s->rcpts = ARENA_ARRAY(s->a, struct queue_rcpt, s->was.n_rcpts);
    memcpy(s->rcpts, s->was.rcpts, s->was.n_rcpts * sizeof *s->rcpts);
    for (size_t i = 0; i < s->was.n_rcpts; i++)
        s->rcpts[i].due_us = s->rcpts[i].due_us ? s->rcpts[i].due_us : s->was.due_us;
    s->is.rcpts = s->rcpts;
    s->told = ARENA_ARRAY(s->a, struct dsn_rcpt, n);
    for (size_t i = 0; i < n; i++) {
        TRY(apply(s, &results[i]));
        tried = tried || (results[i].fate != QUEUE_UNTRIED && results[i].fate < QUEUE_LATE);
    }
    shorten_answers(s);
    s->is.attempts += tried;
    s->is.due_us = earliest(&s->is);
    return ST_OK;
}

/* The notice is a letter of the queue like any other, from nobody, in the same commit. */
static enum st build_notice(struct settling *s, struct str *out) SUSPENDS
{
    struct dsn d = {.host_name = s->q->host_name,
                    .full_max = s->q->notices.full_max,
                    .entry = &s->is,
                    .now_us = s->now_us,
                    .rcpts = s->told,
                    .n_rcpts = s->n_told};
    struct blob_view letter = {0};
    struct buf bytes;
    enum st st = blob_open(s->q->store, s->is.blob, &letter);

    if (st != ST_OK && st != ST_CORRUPT &&
        st != ST_NOTFOUND) /* one that can't be read any more must not go without a word */
        return st;
    d.letter = st == ST_OK ? letter.bytes : STR_NONE;
    d.language = dsn_language(&s->is, d.letter, s->q->notices.language);
    buf_init(&bytes, NOTICE_MAX + 2 * d.full_max); /* base64, and the longest lines of a report */
    dsn_build(&d, &bytes);
    if (st == ST_OK)
        blob_close(&letter);
    st = buf_check(&bytes);
    if (st == ST_OK)
        *out = arena_str(s->a, buf_str(&bytes));
    buf_fini(&bytes);
    return st;
}

/* Too many of them would be an attack on whoever has that address. */
static bool may_tell(struct settling *s)
{
    const struct queue_notices *n = &s->q->notices;
    struct caps *caps = &s->q->caps;
    struct str to = s->is.reverse_path;
    bool may;

    if (!s->n_told)
        return false;
    if (dsn_is_stranger(&s->is, s->q->host_name))
        may = caps_take_stranger(caps, s->now_us, to, MAX(n->per_sender / STRANGER_SHARE, 1u), n->per_hour);
    else
        may = caps_take(caps, s->now_us, to, n->per_sender, n->per_hour);
    s->how = may ? QUEUE_TOLD : QUEUE_TOLD_CAPPED;
    s->is_counted = may;
    return may;
}

/* What it tells of a letter is to be as safe as that letter was (RFC 8689 section 5). */
static struct queue_entry notice_entry(struct settling *s, const struct queue_rcpt *to, struct str bytes)
{
    struct queue_attr *attrs = ARENA_ARRAY(s->a, struct queue_attr, 5);
    size_t n = 0;

    s->notice = random_u64() | 1;
    attrs[n++] = (struct queue_attr){STR(QUEUE_NOTICE), STR("1")};
    attrs[n++] = (struct queue_attr){STR(QUEUE_LETTER), arena_printf(s->a, "%016llx", (unsigned long long)s->notice)};
    if (!str_is_ascii(to->address)) /* RFC 6531 section 3.4 */
        attrs[n++] = (struct queue_attr){STR("SMTPUTF8"), STR("")};
    if (queue_attr_get(s->is.attrs, s->is.n_attrs, STR("REQUIRETLS")).p)
        attrs[n++] = (struct queue_attr){STR("REQUIRETLS"), STR("")};
    if (s->is.priority)
        attrs[n++] = (struct queue_attr){STR(ATTR_PRIORITY), arena_printf(s->a, "%d", (int)s->is.priority)};
    return (struct queue_entry){.blob = blob_new_id(s->q->store),
                                .size = bytes.n,
                                .priority = s->is.priority, /* RFC 6710 section 4.6 */
                                .arrival_us = s->now_us,
                                .due_us = s->now_us,
                                .attrs = attrs,
                                .n_attrs = n,
                                .rcpts = to,
                                .n_rcpts = 1};
}

/* Nothing is changed after all; it may have been passed over meanwhile. */
static void unmark(struct settling *s, uint64_t id)
{
    map_del(&s->q->changing, id);
    if (s->was.id == id && !s->was.held)
        queue_claim_note(s->q, s->was.priority, (struct entry_place){s->was.due_us, id});
}

static enum st encode_both(struct settling *s, const struct queue_entry *notice, struct str *out_record,
                           struct str *out_notice)
{
    TRY(entry_encode(s->a, &s->is, out_record));
    return notice->blob ? entry_encode(s->a, notice, out_notice) : ST_OK;
}

static enum st write_down(struct settling *s, struct str notice) SUSPENDS
{
    struct queue_rcpt to = {.address = s->is.reverse_path};
    struct kv_deref deref = {.id = s->is.blob, .delta = -1};
    struct kv_blob blob = {.bytes = notice, .refs = 1};
    struct str record, notice_record = STR_NONE;
    struct queue_entry n = {0};
    struct queue_change *c;
    bool is_over = s->is.due_us == UINT64_MAX;
    enum st st;

    if (notice.n)
        n = notice_entry(s, &to, notice);
    st = encode_both(s, &n, &record, &notice_record);
    if (st == ST_OK)
        st = queue_check_open(s->q);
    if (st != ST_OK) {
        unmark(s, s->is.id);
        return st;
    }
    c = queue_change_new(s->q, s->is.id, ARENA_INIT);
    queue_change_remove(c, &s->was);
    if (!is_over)
        queue_change_put(c, &s->is, arena_str(&c->arena, record));
    if (notice.n) {
        n.id = c->part.expected_version + 1;
        blob.id = n.blob;
        queue_change_put(c, &n, arena_str(&c->arena, notice_record));
    }
    queue_change_seal(c);
    return queue_change_commit(c, &blob, notice.n != 0, is_over ? &deref : NULL);
}

/* The entry is marked from before it is read, so that what was read stays so; the change takes the mark over. */
static enum st settle(struct settling *s, uint64_t id, const struct queue_result *results, size_t n) SUSPENDS
{
    struct str notice = STR_NONE;
    enum st st;

    if (map_get(&s->q->changing, id))
        return FAIL(ST_BUSY, "entry %016llx of the queue is being changed", (unsigned long long)id);
    map_put(&s->q->changing, id, s->q);
    st = queue_get(s->q, id, s->a, &s->was);
    if (st == ST_OK)
        st = apply_all(s, results, n);
    if (st == ST_OK && may_tell(s))
        st = build_notice(s, &notice);
    if (st != ST_OK) {
        unmark(s, id);
        return st;
    }
    return write_down(s, notice);
}

enum st queue_settle(struct queue *q, uint64_t id, const struct queue_result *results, size_t n, bool last,
                     enum queue_told *out_told)
{
    struct arena a = ARENA_INIT;
    struct settling s;
    unsigned tries = 0;
    enum st st;

    must(core_here() == q->core);
    do {
        arena_reset(&a);
        s = (struct settling){.q = q, .a = &a, .now_us = clock_wall_us()};
        st = n ? settle(&s, id, results, n) : ST_OK;
        if (st != ST_OK && s.is_counted)
            caps_return(&q->caps, s.now_us, s.is.reverse_path);
    } while (queue_again(st, &tries));
    if (st == ST_OK && n)
        queue_claim_moved(q, id, s.is.due_us);
    if (st == ST_OK && n && q->watch.settled)
        q->watch.settled(q->watch.arg, &s.was, &s.is, results, n, s.notice);
    if (st == ST_OK)
        atomic_fetch_add(&q->told[s.how], 1);
    if (st == ST_OK && out_told)
        *out_told = s.how;
    if (st == ST_NOTFOUND || (st == ST_OK && last))
        queue_claim_end(q, id);
    arena_fini(&a);
    return st;
}

/* --- those who need no carrying ----------------------------------------------------------------------------------- */

bool queue_rcpt_is_done(const struct queue_rcpt *r)
{
    return queue_attr_get(r->attrs, r->n_attrs, STR(QUEUE_DONE)).p != NULL;
}

/* What is to be said of a recipient before anybody carries the letter to him. False: nothing. */
static bool is_settled_here(struct arena *a, const struct queue_entry *e, const struct deliver_by *by, size_t i,
                            struct queue_result *out)
{
    const struct queue_rcpt *r = &e->rcpts[i];
    bool is_expanded = str_eq(queue_attr_get(r->attrs, r->n_attrs, STR(QUEUE_DONE)), STR("expanded"));
    bool is_over = by->at_us && clock_wall_us() >= by->at_us;

    *out = (struct queue_result){.rcpt = (uint32_t)i};
    if (queue_rcpt_is_done(r)) {
        out->fate = is_expanded ? QUEUE_EXPANDED : QUEUE_ARRIVED;
        out->status = is_expanded ? STR("2.0.0") : STR("2.1.5");
    } else if (is_over && by->returns) {
        out->fate = QUEUE_EXPIRED;
        out->answer = arena_printf(a, "the time in which it was to be delivered is over%s%.*s",
                                   r->answer.n ? "; the last answer: " : "", STR_ARGS(r->answer));
    } else if (is_over && (r->attempts || e->arrival_us < by->at_us) && !is_told_of_time(r)) {
        out->fate = QUEUE_LATE;
        out->answer = r->answer;
    } else {
        return false;
    }
    return true;
}

enum st queue_settle_done(struct queue *q, const struct queue_entry *e, bool *out_changed)
{
    struct arena a = ARENA_INIT;
    struct queue_result *results = ARENA_ARRAY(&a, struct queue_result, e->n_rcpts);
    struct deliver_by by = by_of(e);
    bool others = false;
    size_t n = 0;
    enum st st;

    for (size_t i = 0; i < e->n_rcpts; i++) {
        if (e->rcpts[i].state != QUEUE_RCPT_WAITING)
            continue;
        n += is_settled_here(&a, e, &by, i, &results[n]);
        others = others || !n || results[n - 1].rcpt != i || results[n - 1].fate == QUEUE_LATE;
    }
    *out_changed = n != 0;
    st = n ? queue_settle(q, e->id, results, n, !others, NULL) : ST_OK;
    arena_fini(&a);
    return st;
}
