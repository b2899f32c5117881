#include "box/tracing.h"

#include "mail/trace.h"
#include "queue/queue.h"

#define FIELDS_MAX 20        /* that a gate may say */
#define NOTES_A_MINUTE 6000u /* refusals that are taken, of all gates */

static struct str hex(struct arena *a, uint64_t v)
{
    return arena_printf(a, "%016llx", (unsigned long long)v);
}

static struct trace_event *event(struct arena *a, enum trace_kind kind, uint64_t letter)
{
    struct trace_event *e = ARENA_NEW(a, struct trace_event);

    e->kind = kind;
    e->letter = letter;
    e->at_us = clock_wall_us();
    return e;
}

/* What a gate says of the session; who has sent what to whom is said by the box. */
static void add_origin(struct trace_event *e, struct arena *a, struct str bytes, bool is_refused)
{
    struct attribute *v;
    enum trace_field field;
    size_t n;

    if (!bytes.n || attributes_get(bytes, a, FIELDS_MAX, &v, &n) != ST_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (trace_field_of(v[i].name, &field) && (is_refused ? field != TRACE_F_PEER : field < TRACE_F_ACCOUNT) &&
            (is_refused || field != TRACE_F_FROM) && !trace_field_begins(field))
            trace_event_add(e, field, v[i].value);
    for (size_t i = 0; i < n && is_refused; i++)
        if (str_eq(v[i].name, STR("rcpt")))
            trace_event_add(e, TRACE_F_RCPT, v[i].value);
}

static struct str sender(struct str reverse_path)
{
    return reverse_path.n ? reverse_path : STR("<>");
}

static void add_rcpt(struct trace_event *e, struct arena *a, const struct tracing_letter *l,
                     const struct rcpt_target *t)
{
    bool is_here = t->kind == RCPT_LOCAL && !l->is_later;

    trace_event_add(e, TRACE_F_RCPT, t->original);
    if (!str_ieq(t->original, t->address))
        trace_event_add(e, TRACE_F_TO, t->address);
    if (t->kind == RCPT_LOCAL)
        trace_event_add(e, TRACE_F_OWNER, hex(a, t->account));
    if (is_here)
        trace_event_add(e, TRACE_F_MAILBOX, t->mailbox.n ? t->mailbox : STR("INBOX"));
    trace_event_add(e, TRACE_F_STATE, is_here ? STR("delivered") : STR("queued"));
}

void tracing_accepted(struct box *b, const struct tracing_letter *l)
{
    struct arena a = ARENA_INIT;
    struct trace_event *e = event(&a, TRACE_ACCEPTED, l->m->txn);

    e->message_id = l->message_id;
    trace_event_add(e, TRACE_F_FROM, sender(l->m->reverse_path));
    trace_event_add(e, TRACE_F_PEER, l->m->peer);
    add_origin(e, &a, l->m->origin, false);
    if (l->m->account)
        trace_event_add(e, TRACE_F_ACCOUNT, hex(&a, l->m->account));
    trace_event_add(e, TRACE_F_SIZE, arena_printf(&a, "%llu", (unsigned long long)l->m->body_size));
    if (l->queue)
        trace_event_add(e, TRACE_F_QUEUE, hex(&a, l->queue));
    if (l->n_targets > TRACE_RCPTS_MAX)
        trace_event_add(e, TRACE_F_MORE, arena_printf(&a, "%zu", l->n_targets - TRACE_RCPTS_MAX));
    for (size_t i = 0; i < l->n_targets && i < TRACE_RCPTS_MAX; i++)
        add_rcpt(e, &a, l, &l->targets[i]);
    trace_add(b->trace, e);
    arena_fini(&a);
}

void box_trace_note(struct ipc_request *r)
{
    const struct box_core *core = ((struct box_peer *)r->arg)->core;
    struct box *b = core->box;
    const struct msg_trace_note *m = r->msg;
    struct trace_event *e;
    mono_ms now = clock_mono_ms();

    if (core->index) /* no gate of ours sends it there */
        return;
    if (now - b->notes_since > 60000) {
        b->notes_since = now;
        b->notes = 0;
    }
    if (b->notes++ >= NOTES_A_MINUTE)
        return;
    e = event(r->arena, TRACE_REFUSED, m->letter);
    trace_event_add(e, TRACE_F_PEER, m->peer);
    if (m->account)
        trace_event_add(e, TRACE_F_ACCOUNT, hex(r->arena, m->account));
    add_origin(e, r->arena, m->fields, true);
    trace_add(b->trace, e);
}

/* --- the queue ------------------------------------------------------------------------------------------------------ */

static const char *state_of(const struct queue_entry *is, const struct queue_result *res)
{
    static const char *const names[] = {
        [QUEUE_UNTRIED] = "put off",   [QUEUE_DEFERRED] = "deferred", [QUEUE_DELIVERED] = "delivered",
        [QUEUE_RELAYED] = "delivered", [QUEUE_FAILED] = "failed",     [QUEUE_ARRIVED] = "delivered",
        [QUEUE_PASSED] = "delivered",  [QUEUE_EXPANDED] = "expanded", [QUEUE_LATE] = "late",
        [QUEUE_EXPIRED] = "expired"};

    if (res->rcpt < is->n_rcpts && is->rcpts[res->rcpt].state == QUEUE_RCPT_FAILED && res->fate != QUEUE_FAILED)
        return "expired";
    return names[res->fate];
}

static void add_result(struct trace_event *e, struct arena *a, const struct queue_entry *is,
                       const struct queue_result *res)
{
    const struct queue_rcpt *r = &is->rcpts[res->rcpt];

    trace_event_add(e, TRACE_F_RCPT, r->address);
    trace_event_add(e, TRACE_F_STATE, str_z(state_of(is, res)));
    trace_event_add(e, TRACE_F_HOST, res->host);
    trace_event_add(e, TRACE_F_TLS, res->tls);
    trace_event_add(e, TRACE_F_STATUS, res->status);
    trace_event_add(e, TRACE_F_ANSWER, res->answer);
    if (r->state == QUEUE_RCPT_WAITING)
        trace_event_add(e, TRACE_F_NEXT, time_rfc3339(a, r->due_us));
}

static void notice(struct box *b, struct arena *a, const struct queue_entry *was, uint64_t id)
{
    struct trace_event *e = event(a, TRACE_NOTICE, id);

    trace_event_add(e, TRACE_F_FROM, STR("<>"));
    trace_event_add(e, TRACE_F_ABOUT, hex(a, queue_letter_id(was)));
    trace_event_add(e, TRACE_F_RCPT, was->reverse_path);
    trace_event_add(e, TRACE_F_STATE, STR("queued"));
    trace_add(b->trace, e);
}

static void settled(void *arg, const struct queue_entry *was, const struct queue_entry *is,
                    const struct queue_result *results, size_t n, uint64_t notice_id)
{
    struct box *b = arg;
    struct arena a = ARENA_INIT;
    struct trace_event *e = event(&a, TRACE_CARRIED, queue_letter_id(was));
    size_t told = 0;

    trace_event_add(e, TRACE_F_QUEUE, hex(&a, was->id));
    if (notice_id)
        trace_event_add(e, TRACE_F_NOTICE, hex(&a, notice_id));
    if (n > TRACE_RCPTS_MAX)
        trace_event_add(e, TRACE_F_MORE, arena_printf(&a, "%zu", n - TRACE_RCPTS_MAX));
    for (size_t i = 0; i < n && told < TRACE_RCPTS_MAX; i++) {
        if (results[i].rcpt >= is->n_rcpts || was->rcpts[results[i].rcpt].state != QUEUE_RCPT_WAITING ||
            (results[i].fate == QUEUE_UNTRIED && !results[i].answer.n))
            continue; /* settled before, or nothing has been tried or said */
        add_result(e, &a, is, &results[i]);
        told++;
    }
    if (told)
        trace_add(b->trace, e);
    if (notice_id)
        notice(b, &a, was, notice_id);
    arena_fini(&a);
}

static void ordered(void *arg, const struct queue_entry *entry, const char *what, struct str reason)
{
    struct box *b = arg;
    struct arena a = ARENA_INIT;
    struct trace_event *e = event(&a, TRACE_ORDERED, queue_letter_id(entry));

    trace_event_add(e, TRACE_F_QUEUE, hex(&a, entry->id));
    trace_event_add(e, TRACE_F_STATE, str_z(what));
    trace_event_add(e, TRACE_F_REASON, reason);
    trace_add(b->trace, e);
    arena_fini(&a);
}

void tracing_watch(struct box *b)
{
    queue_set_watch(b->queue, &(struct queue_watch){.settled = settled, .ordered = ordered, .arg = b});
}

/* --- its writer -------------------------------------------------------------------------------------------------- */

static void failed(void *arg, uint64_t events)
{
    (void)arg;
    LOG(TRACE_NOT_WRITTEN, lf_u64("events", events), lf_err());
}

void tracing_set(struct box *b, const struct settings *set)
{
    trace_set_bounds(b->trace, &(struct trace_bounds){.bytes = set->trace_size, .us = set->trace_time * 1000});
}

void tracing_start(void *arg)
{
    struct box *b = arg;

    b->trace_writer = MEM_NEW(struct trace_writer);
    *b->trace_writer = (struct trace_writer){.t = b->trace, .failed = failed, .arg = b};
    if (co_spawn(trace_write, b->trace_writer, "trace") != ST_OK)
        LOG(TRACE_NOT_WRITTEN, lf_u64("events", 0), lf_err());
}

void tracing_end(struct box *b, mono_ms deadline)
{
    if (trace_flush(b->trace, deadline) != ST_OK)
        LOG(TRACE_NOT_WRITTEN, lf_u64("events", 0), lf_err());
}
