/* What the courier asks of the queue: letters that are due, their bytes, and what became of them. On core 0, which owns the queue. Bytes that
 * do not fit a frame go in a file without a name. */
#include "base/limits.h"
#include "box/box.h"
#include "co/offload.h"
#include "ipc/beside.h"
#include "ipc/work.h"
#include "queue/queue.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define LETTERS_AT_ONCE 200
#define FRAME_ROOM 60000
#define LIST_MAX (64u << 20)
#define WAIT_MAX_MS 60000

/* --- bytes beside a message -------------------------------------------------------------------------------------- */

struct writing {
    int fd;
    struct str parts[2];
    enum st st;
    char text[ERR_TEXT_MAX];
};

static void write_parts(void *arg)
{
    struct writing *w = arg;

    for (size_t i = 0; i < ARRAY_LEN(w->parts) && w->st == ST_OK; i++)
        w->st = beside_write(w->fd, w->parts[i]);
    if (w->st != ST_OK)
        memcpy(w->text, err_get()->text, sizeof w->text);
}

static enum st in_a_file(struct box *b, struct str first, struct str second, int *out_fd) SUSPENDS
{
    struct writing w = {.fd = openat(b->spool_dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600),
                        .parts = {first, second}};
    enum st st;

    if (w.fd < 0)
        return FAIL_ERRNO("a file for the courier");
    st = co_offload(b->disk, write_parts, &w);
    if (st == ST_OK && w.st != ST_OK)
        st = FAIL(w.st, "%s", w.text);
    if (st != ST_OK) {
        close(w.fd);
        return st;
    }
    *out_fd = w.fd;
    return ST_OK;
}

/* --- letters that are due ---------------------------------------------------------------------------------------- */

static struct attribute *attrs_of(struct arena *a, const struct queue_attr *from, size_t n, size_t *out_n)
{
    struct attribute *to = ARENA_ARRAY(a, struct attribute, n);

    *out_n = 0;
    for (size_t i = 0; i < n; i++)
        if (from[i].name.n && from[i].name.p[0] != '.') /* those are the queue's own */
            to[(*out_n)++] = (struct attribute){from[i].name, from[i].value};
    return to;
}

/* What a notice may speak of: the one recipient, or for several their domain. Behind it stands what it is about, as in the letter's header. */
static struct str mark_of(struct arena *a, const struct mark_keys *keys, const struct queue_entry *e,
                          const struct queue_rcpt *r)
{
    bool is_one = e->n_rcpts == 1 && str_is_ascii(r->address);
    struct str about = is_one ? r->address : str_from(r->address, str_rfind(r->address, '@') + 1);
    struct str mark = mark_make(a, keys, e->id, e->account, about);

    return mark.n ? arena_printf(a, "%.*s %.*s", STR_ARGS(mark), STR_ARGS(about)) : mark;
}

/* Those whose own time has come; one that was released goes to all that wait. */
static void add_rcpts(struct arena *a, const struct mark_keys *keys, const struct queue_entry *e, struct work_letter *l,
                      uint64_t now_us)
{
    l->rcpts = ARENA_ARRAY(a, struct work_rcpt, e->n_rcpts);
    for (size_t i = 0; i < e->n_rcpts; i++) {
        const struct queue_rcpt *r = &e->rcpts[i];
        struct work_rcpt *w = &l->rcpts[l->n_rcpts];

        if (r->state != QUEUE_RCPT_WAITING || r->due_us > now_us || queue_rcpt_is_done(r))
            continue;
        *w = (struct work_rcpt){.index = (uint32_t)i, .attempts = r->attempts, .address = r->address};
        if (e->account)
            w->mark = mark_of(a, keys, e, r);
        w->via = queue_attr_get(r->attrs, r->n_attrs, STR(QUEUE_VIA));
        w->attrs = attrs_of(a, r->attrs, r->n_attrs, &w->n_attrs);
        l->n_rcpts++;
    }
}

static struct work_letter letter_of(struct arena *a, const struct mark_keys *keys, const struct queue_entry *e)
{
    struct work_letter l = {.id = e->id,
                            .size = e->prefix.n + e->size,
                            .account = e->account,
                            .credential = e->credential,
                            .began_us = queue_began_us(e),
                            .letter = queue_letter_id(e),
                            .attempts = e->attempts,
                            .priority = e->priority,
                            .is_notice = queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_NOTICE)).p != NULL,
                            .reverse_path = e->reverse_path,
                            .route = queue_attr_get(e->attrs, e->n_attrs, STR(QUEUE_ROUTE))};

    l.attrs = attrs_of(a, e->attrs, e->n_attrs, &l.n_attrs);
    add_rcpts(a, keys, e, &l, clock_wall_us());
    if (!l.n_rcpts)
        add_rcpts(a, keys, e, &l, UINT64_MAX);
    return l;
}

/* What is only to be told of is told before others are carried, and what is too late is not carried; where that fails the whole letter is due again at once. */
static enum st tell_of_done(struct box *b, struct arena *a, struct queue_entry *e) SUSPENDS
{
    bool is_changed;
    enum st st = queue_settle_done(b->queue, e, &is_changed);

    if (st == ST_OK && is_changed)
        st = queue_get(b->queue, e->id, a, e);
    if (st == ST_NOTFOUND) /* that was all of it */
        e->n_rcpts = 0;
    if (st == ST_OK || st == ST_NOTFOUND)
        return ST_OK;
    LOG(QUEUE_NOT_SETTLED, lf_hex("id", e->id), lf_z("status", st_name(st)), lf_err());
    IGNORE(queue_settle(b->queue, e->id, NULL, 0, true, NULL));
    return st;
}

struct claimed {
    struct queue_entry *entries;
    size_t n;
};

static enum st find_work(struct box *b, const struct msg_work_ask *m, struct arena *a, struct claimed *c,
                         struct buf *out) SUSPENDS
{
    struct work_letter *letters;
    uint64_t damaged;
    size_t some = 0;
    enum st st = ST_OK;
    size_t most = MIN(MAX(m->most, 1u), (uint32_t)LETTERS_AT_ONCE);

    TRY(queue_claim(b->queue, most, deadline_in(MIN(m->wait_ms, (uint32_t)WAIT_MAX_MS)), a, &c->entries, &c->n));
    while (queue_next_damaged(b->queue, &damaged))
        LOG(QUEUE_ENTRY_DAMAGED, lf_hex("id", damaged));
    letters = ARENA_ARRAY(a, struct work_letter, c->n);
    for (size_t i = 0; i < c->n; i++) {
        enum st told = tell_of_done(b, a, &c->entries[i]);

        if (told == ST_OK) {
            letters[some] = letter_of(a, &b->cores[0].mark_keys, &c->entries[i]);
            some += letters[some].n_rcpts != 0;
        } else {
            st = told;
            c->entries[i].id = 0; /* given back already */
        }
    }
    if (!some && st != ST_OK) /* the courier comes again after a while */
        return st;
    work_letters_put(out, letters, some);
    return buf_check(out);
}

/* The courier that asked may have died while it waited: what was found for it belongs to the next one, which has asked already. */
static void give_back(struct box *b, const struct claimed *c) SUSPENDS
{
    for (size_t i = 0; i < c->n; i++)
        if (c->entries[i].id)
            IGNORE(queue_settle(b->queue, c->entries[i].id, NULL, 0, true, NULL));
}

void box_work_ask(struct ipc_request *r)
{
    struct box *b = ((struct box_peer *)r->arg)->core->box;
    struct msg_work_answer answer = {0};
    struct claimed c = {0};
    struct buf list;
    int fd = -1;
    enum st st, sent;

    buf_init(&list, LIST_MAX);
    st = find_work(b, r->msg, r->arena, &c, &list);
    answer.size = list.n;
    if (st == ST_OK && list.n <= FRAME_ROOM)
        answer.letters = buf_str(&list);
    else if (st == ST_OK)
        st = in_a_file(b, buf_str(&list), STR_NONE, &fd);
    answer.status = (uint8_t)st;
    sent = ipc_answer(r, MSG_work_answer, &answer, fd);
    if (sent != ST_OK)
        LOG(COURIER_NOT_TOLD, lf_z("what", "letters"), lf_err());
    if (sent != ST_OK || st != ST_OK)
        give_back(b, &c);
    if (fd >= 0)
        close(fd);
    buf_fini(&list);
}

/* --- the bytes of one --------------------------------------------------------------------------------------------- */

static enum st answer_bytes(struct ipc_request *r, struct box *b, const struct queue_entry *e, struct str body,
                            struct msg_letter_answer *m, int *out_fd) SUSPENDS
{
    m->size = e->prefix.n + body.n;
    if (m->size > FRAME_ROOM)
        return in_a_file(b, e->prefix, body, out_fd);
    m->bytes = body;
    if (e->prefix.n) {
        char *whole = arena_alloc(r->arena, (size_t)m->size + 1);

        memcpy(whole, e->prefix.p, e->prefix.n);
        memcpy(whole + e->prefix.n, body.p, body.n);
        m->bytes = str_n(whole, (size_t)m->size);
    }
    return ST_OK;
}

void box_letter_ask(struct ipc_request *r)
{
    struct box *b = ((struct box_peer *)r->arg)->core->box;
    const struct msg_letter_ask *m = r->msg;
    struct msg_letter_answer answer = {0};
    struct queue_entry e;
    struct blob_view body;
    int fd = -1;
    enum st st = queue_get(b->queue, m->id, r->arena, &e);

    if (st == ST_OK)
        st = blob_open(b->store, e.blob, &body);
    if (st == ST_OK)
        st = answer_bytes(r, b, &e, body.bytes, &answer, &fd);
    else
        body = (struct blob_view){0};
    answer.status = (uint8_t)st;
    if (ipc_answer(r, MSG_letter_answer, &answer, fd) != ST_OK)
        LOG(COURIER_NOT_TOLD, lf_z("what", "a letter"), lf_err());
    if (body.hold)
        blob_close(&body);
    if (fd >= 0)
        close(fd);
}

/* --- what became of it -------------------------------------------------------------------------------------------- */

static enum st read_list(struct ipc_request *r, const struct msg_outcome_ask *m, struct str *out)
{
    *out = m->results;
    if (m->results.n || !m->size)
        return ST_OK;
    if (r->fd < 0 || m->size > LIST_MAX)
        return FAIL(ST_SYNTAX, "results that are nowhere");
    return beside_take(r->fd, 0, (size_t)m->size, r->arena, out);
}

static enum queue_fate fate_of(uint8_t state)
{
    static const enum queue_fate fates[] = {
        [WORK_UNTRIED] = QUEUE_UNTRIED, [WORK_DEFERRED] = QUEUE_DEFERRED, [WORK_DELIVERED] = QUEUE_DELIVERED,
        [WORK_RELAYED] = QUEUE_RELAYED, [WORK_FAILED] = QUEUE_FAILED,     [WORK_ARRIVED] = QUEUE_ARRIVED,
        [WORK_PASSED] = QUEUE_PASSED};

    return fates[state];
}

static void log_told(uint64_t id, enum queue_told how)
{
    static const char *const whys[] = {[QUEUE_TOLD_NULL] = "it has no sender: it was a notice itself",
                                       [QUEUE_TOLD_CAPPED] = "there were too many in this hour",
                                       [QUEUE_TOLD_STRANGER] =
                                           "whoever sent it had not logged in, and may be somebody else"};

    if (how > QUEUE_TOLD)
        LOG(QUEUE_NOBODY_TOLD, lf_hex("id", id), lf_z("why", whys[how]));
}

static enum st settle(struct ipc_request *r) SUSPENDS
{
    struct box *b = ((struct box_peer *)r->arg)->core->box;
    const struct msg_outcome_ask *m = r->msg;
    struct work_result *v;
    struct queue_result *results;
    enum queue_told told = QUEUE_TOLD_NOBODY;
    struct str bytes;
    size_t n = 0;

    TRY(read_list(r, m, &bytes));
    TRY(work_results_get(bytes, r->arena, &v, &n));
    results = ARENA_ARRAY(r->arena, struct queue_result, n);
    for (size_t i = 0; i < n; i++)
        results[i] = (struct queue_result){.rcpt = v[i].index,
                                           .fate = fate_of(v[i].state),
                                           .is_remote = v[i].is_remote,
                                           .status = v[i].status,
                                           .answer = v[i].answer,
                                           .host = v[i].host,
                                           .tls = v[i].tls,
                                           .not_before_us = v[i].not_before_us};
    TRY(queue_settle(b->queue, m->id, results, n, m->last, &told));
    log_told(m->id, told);
    return ST_OK;
}

void box_outcome_ask(struct ipc_request *r)
{
    struct msg_outcome_answer answer = {.status = (uint8_t)settle(r)};

    if (answer.status != ST_OK && answer.status != ST_NOTFOUND && answer.status != ST_BUSY)
        LOG(QUEUE_NOT_SETTLED, lf_hex("id", ((const struct msg_outcome_ask *)r->msg)->id),
            lf_z("status", st_name(answer.status)), lf_err());
    if (ipc_answer(r, MSG_outcome_answer, &answer, -1) != ST_OK)
        LOG(COURIER_NOT_TOLD, lf_z("what", "an outcome"), lf_err());
    if (r->fd >= 0)
        close(TAKE_FD(r->fd));
}
