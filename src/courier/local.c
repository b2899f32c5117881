/* Letters of the queue for our own domains: notices to senders who are here. They take the way of a letter that comes in: the keeper
 * resolves the address, the box delivers to just that. */
#include "courier/courier.h"
#include "courier/tls_reports.h"

#include "base/limits.h"
#include "base/random.h"
#include "ipc/beside.h"
#include "mime/scan.h"

#include <unistd.h>

#define FRAME_ROOM 56000 /* of a message: body, record and recipients together */

static enum st resolve(struct courier *c, struct arena *a, uint64_t txn, struct str address,
                       struct msg_rcpt_answer *out) SUSPENDS
{
    struct msg_rcpt_ask ask = {.txn = txn, .address = address};

    TRY(IPC_ASK(courier_keeper(c), rcpt_ask, &ask, rcpt_answer, a, out, deadline_in(COURIER_ASK_MS)));
    return ST_OK;
}

static uint64_t ours_good_ms(const void *answer)
{
    return courier_again_ms(((const struct msg_ours_answer *)answer)->status);
}

bool courier_is_foreign(struct courier *c, struct arena *a, struct str address) SUSPENDS
{
    struct msg_ours_ask ask = {.domain = str_from(address, str_rfind(address, '@') + 1)};
    struct msg_ours_answer answer;

    return ask.domain.n &&
           IPC_ASK_AGAIN(courier_keeper(c), ours_ask, &ask, ours_answer, a, &answer, deadline_in(COURIER_ASK_MS),
                         ours_good_ms) == ST_OK &&
           answer.status == ST_FOREIGN;
}

static enum st spooled(struct courier *c, struct arena *a, struct str body, struct str record, struct str rcpts,
                       int *out_fd) SUSPENDS
{
    struct msg_spool_ask ask = {0};
    struct msg_spool_answer answer;

    TRY(ipc_ask(courier_box(c), MSG_spool_ask, &ask, -1, MSG_spool_answer, a, &answer, out_fd,
                deadline_in(COURIER_ASK_MS)));
    if (answer.status != ST_OK || *out_fd < 0)
        return FAIL(ST_NOSPACE, "no spool file");
    TRY(beside_write(*out_fd, body));
    TRY(beside_write(*out_fd, record));
    return beside_write(*out_fd, rcpts);
}

static enum st hand_in(struct courier *c, struct arena *a, uint64_t txn, const struct work_letter *w, struct str body,
                       struct str rcpts) SUSPENDS
{
    struct msg_deliver_ask ask = {
        .txn = txn, .peer = STR("queue"), .reverse_path = w->reverse_path, .body_size = body.n, .rcpts_size = rcpts.n};
    struct msg_deliver_answer answer;
    struct buf record, attributes;
    int fd = -1;
    enum st st;

    buf_init(&attributes, 4096); /* an alias may lead out of the house again */
    attributes_put(&attributes, w->attrs, w->n_attrs);
    ask.attributes = buf_str(&attributes);
    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(body, &record);
    st = buf_check(&record);
    if (st == ST_OK)
        st = buf_check(&attributes);
    ask.record_size = record.n;
    if (st == ST_OK && body.n + record.n + rcpts.n <= FRAME_ROOM) {
        ask.body = body;
        ask.record = buf_str(&record);
        ask.rcpts = rcpts;
    } else if (st == ST_OK) {
        st = spooled(c, a, body, buf_str(&record), rcpts, &fd);
    }
    if (st == ST_OK)
        st = ipc_ask(courier_box(c), MSG_deliver_ask, &ask, fd, MSG_deliver_answer, a, &answer, NULL,
                     deadline_in(COURIER_ASK_MS));
    if (st == ST_OK && answer.status != ST_OK)
        st = FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    if (fd >= 0)
        close(fd);
    buf_fini(&record);
    buf_fini(&attributes);
    return st;
}

/* Whoever an alias leads to outside tells of failures as the sender wants it; of success he hears by what becomes of this letter. */
static enum st with_notify(const struct work_rcpt *w, struct arena *a, struct str targets, struct str *out)
{
    struct attribute notify = {STR("NOTIFY"), STR_NONE};
    struct rcpt_target *t;
    struct str word, rest = STR_NONE;
    struct buf b;
    size_t n;
    enum st st;

    *out = targets;
    for (size_t i = 0; i < w->n_attrs; i++)
        if (str_ieq(w->attrs[i].name, notify.name))
            rest = w->attrs[i].value;
    if (!rest.n)
        return ST_OK;
    while (str_split(&rest, ',', &word))
        if (!str_ieq(word, STR("SUCCESS")))
            notify.value = notify.value.n ? arena_printf(a, "%.*s,%.*s", STR_ARGS(notify.value), STR_ARGS(word)) : word;
    if (!notify.value.n)
        notify.value = STR("NEVER");
    TRY(rcpt_targets_get(targets, a, &t, &n));
    buf_init(&b, LIMIT_RCPT_PARAMS);
    attributes_put(&b, &notify, 1);
    for (size_t i = 0; i < n; i++)
        t[i].params = arena_str(a, buf_str(&b));
    buf_fini(&b);
    buf_init(&b, LIMIT_RCPT_LIST);
    rcpt_targets_put(&b, t, n);
    st = buf_check(&b);
    if (st == ST_OK)
        *out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return st;
}

static enum st deliver_to(struct job *j, size_t i, struct arena *a, struct str body) SUSPENDS
{
    struct courier *c = j->letter->c;
    uint64_t txn = j->letter->work.letter;
    struct msg_rcpt_answer answer;
    struct str targets;

    TRY(resolve(c, a, txn, j->rcpts[i]->address, &answer));
    j->is_relayed = answer.status == ST_FOREIGN && answer.is_relayed;
    if (answer.status != ST_OK)
        return FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    TRY(with_notify(j->rcpts[i], a, answer.targets, &targets));
    return hand_in(c, a, txn, &j->letter->work, body, targets);
}

enum st courier_post(struct courier *c, struct str address, struct str letter)
{
    struct work_letter nobody = {.reverse_path = STR("")};
    struct arena a = ARENA_INIT;
    uint64_t txn = random_u64();
    struct msg_rcpt_ask ask = {.txn = txn, .address = address, .is_report = 1};
    struct msg_rcpt_answer answer;
    enum st st = IPC_ASK(courier_keeper(c), rcpt_ask, &ask, rcpt_answer, &a, &answer, deadline_in(COURIER_ASK_MS));

    if (st == ST_OK && answer.status != ST_OK)
        st = FAIL(answer.status < ST_COUNT ? (enum st)answer.status : ST_INTERNAL, "%.*s", STR_ARGS(answer.text));
    if (st == ST_OK)
        st = hand_in(c, &a, txn, &nobody, letter, answer.targets);
    arena_fini(&a);
    return st;
}

static void settle(struct job *j, size_t i, enum st st)
{
    struct work_result *r = &j->results[i];
    bool is_final =
        st == ST_NOTFOUND || st == ST_DENIED || st == ST_SYNTAX || st == ST_TOOBIG || st == ST_LIMIT || st == ST_LOOP;

    r->state = st == ST_OK ? WORK_ARRIVED : is_final ? WORK_FAILED : WORK_DEFERRED;
    r->status = st == ST_OK          ? STR("2.1.5")
                : st == ST_NOTFOUND  ? STR("5.1.1")
                : st == ST_OVERQUOTA ? STR("4.2.2")
                : st == ST_LIMIT     ? STR("5.3.4")
                : st == ST_LOOP      ? STR("5.4.6")
                : is_final           ? STR("5.2.0")
                                     : STR("4.3.0");
    r->answer = st == ST_OK ? STR("delivered here") : arena_str(&j->letter->arena, str_z(err_get()->text));
    if (st == ST_DENIED && !r->answer.n)
        r->answer = STR("that address is disabled");
}

/* That says nothing of the recipient. */
static void settle_unreadable(struct job *j, size_t i, enum st st)
{
    struct work_result *r = &j->results[i];

    r->state = st == ST_NOTFOUND ? WORK_FAILED : WORK_DEFERRED;
    r->status = st == ST_NOTFOUND ? STR("5.3.0") : STR("4.3.0");
    r->answer = arena_str(&j->letter->arena, str_z(err_get()->text));
}

enum st local_deliver(struct job *j)
{
    struct arena a = ARENA_INIT;
    struct str body;
    enum st st = ST_OK;

    if (courier_is_foreign(j->letter->c, &a,
                           j->rcpts[0]->address)) { /* all are of one domain: no question about each */
        j->is_relayed = false;
        st = ST_FOREIGN;
    }
    for (size_t i = 0; i < j->n && st != ST_FOREIGN; i++) {
        st = job_bytes(j, &body);
        if (st != ST_OK) {
            settle_unreadable(j, i, st);
            continue;
        }
        st = deliver_to(j, i, &a, body);
        if (st != ST_FOREIGN)
            settle(j, i, st);
        arena_reset(&a);
    }
    arena_fini(&a);
    return st == ST_FOREIGN ? ST_FOREIGN : ST_OK;
}
