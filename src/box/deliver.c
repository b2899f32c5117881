/* A letter from a gate: who may hand it in, to whom, and then one commit. The gate is not believed: each recipient carries a pass
 * of the keeper's, sending as a local account needs a live grant, the record's bounds are checked, a spool file is read, never
 * mapped. */
#include "base/envelope.h"
#include "base/metrics.h"
#include "box/bounce.h"
#include "box/brake.h"
#include "box/grants.h"
#include "box/poison.h"
#include "box/tracing.h"
#include "co/fault.h"
#include "ipc/beside.h"
#include "queue/queue.h"

#include <unistd.h>

#define PREFIX_MAX 1024
#define BOUNCE_TARGETS_MAX 10 /* a notice goes to the one who sent the letter, and where an alias leads him */

struct work {
    struct box_core *core;
    struct box_peer *peer;
    const struct msg_deliver_ask *m;
    struct ipc_request *r;
    struct arena *arena;
    struct str rcpt_bytes, record;
    struct rcpt_target *targets;
    size_t n_targets;
    struct delivery_rcpt *local;
    struct str *originals; /* of each: what RCPT gave */
    size_t n_local;
    struct queue_rcpt *queued; /* to be carried, and those here of whom the sender is to be told */
    size_t n_queued, n_remote;
    uint64_t credential;   /* of the grant */
    struct bounce *bounce; /* the letter may be a notice of what one of us has sent; NULL: it is not */
    struct str language;   /* of notices to whoever has it */
    uint64_t release_us;   /* nobody gets it before; 0: at once */
    struct str hold;       /* nobody gets it before an administrator lets it go, for that reason; p is NULL: it goes */
    bool *as_said;         /* of each target: mark_as_said */
    uint64_t message_id;   /* hash */
    uint64_t queue;        /* its number there; 0: it is not */
};

/* A letter that the box has died on twice is put off until somebody has looked. */
static enum st check_poison(const struct work *w, struct str envelope)
{
    const struct box *b = w->core->box;
    uint64_t letter = poison_letter(w->m->reverse_path, envelope);

    for (size_t i = 0; i < b->n_poisoned; i++)
        if (b->poisoned[i] == letter)
            return FAIL(ST_TRYLATER, "letter %016llx is in quarantine: the server failed on it twice",
                        (unsigned long long)letter);
    activity_letter(letter);
    must(!fault_hit(FAULT_box_poison) || !memmem(envelope.p, envelope.n, "(poison)", 8)); /* tests only */
    return ST_OK;
}

/* Body, record and recipients stand in the message or one behind the other in the descriptor. */
static enum st take_parts(struct work *w)
{
    const struct msg_deliver_ask *m = w->m;
    struct mime_record rec;

    if (m->body_size > LIMIT_MESSAGE || m->record_size > LIMIT_MIME_RECORD || m->rcpts_size > LIMIT_RCPT_LIST)
        return FAIL(ST_LIMIT, "a letter beyond all limits");
    if (w->r->fd < 0) {
        w->record = m->record;
        w->rcpt_bytes = m->rcpts;
        if (m->body.n != m->body_size || m->record.n != m->record_size || m->rcpts.n != m->rcpts_size)
            return FAIL(ST_SYNTAX, "sizes that do not fit the message");
    } else {
        TRY(beside_take(w->r->fd, m->body_size, (size_t)m->record_size, w->arena, &w->record));
        TRY(beside_take(w->r->fd, m->body_size + m->record_size, (size_t)m->rcpts_size, w->arena, &w->rcpt_bytes));
    }
    TRY(mime_record_open(w->record, &rec));
    if (rec.size != m->body_size)
        return FAIL(ST_SYNTAX, "a record of another letter");
    w->message_id = rec.message_id_hash;
    TRY(check_poison(w, rec.envelope));
    return rcpt_targets_get(w->rcpt_bytes, w->arena, &w->targets, &w->n_targets);
}

/* Return-Path replaces what the letter brought (RFC 5321 section 4.4); Delivered-To tells the reader which of his addresses it was. */
static struct str prefix_for(const struct work *w, const struct rcpt_target *t)
{
    struct str rp = w->m->reverse_path, says = STR("");
    struct bounce_match match;

    if (w->bounce) {
        bounce_match(w->core, w->bounce, t->account, &match);
        says = bounce_line(w->core, w->arena, w->bounce, &match);
    }
    return arena_printf(w->arena, "Return-Path: <%.*s>\r\nDelivered-To: %.*s\r\n%.*s", STR_ARGS(rp),
                        STR_ARGS(t->original), STR_ARGS(says));
}

static void add_local(struct work *w, const struct rcpt_target *t)
{
    w->originals[w->n_local] = t->original;
    w->local[w->n_local++] = (struct delivery_rcpt){
        .account = t->account, .mailbox = t->mailbox, .prefix = prefix_for(w, t), .limits = &t->limits};
}

/* --- what the queue gets (RFC 3461) ------------------------------------------------------------------------------- */

static struct str attr_value(const struct queue_attr *attrs, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_ieq(attrs[i].name, name))
            return attrs[i].value;
    return STR_NONE;
}

static bool wants_success(const struct queue_rcpt *r)
{
    struct str rest = attr_value(r->attrs, r->n_attrs, STR("NOTIFY")), word;

    while (str_split(&rest, ',', &word))
        if (str_ieq(word, STR("SUCCESS")))
            return true;
    return false;
}

/* Two more than came, for those of our own. */
static enum st read_params(struct work *w, const struct rcpt_target *t, struct queue_attr **out, size_t *out_n)
{
    struct attribute *at = NULL;
    struct queue_attr *attrs;
    size_t n = 0;

    if (t->params.n)
        TRY(attributes_get(t->params, w->arena, LIMIT_QUEUE_ATTRS - 2, &at, &n));
    attrs = ARENA_ARRAY(w->arena, struct queue_attr, n + 2);
    for (size_t i = 0; i < n; i++) {
        if (at[i].name.p[0] == '.')
            return FAIL(ST_SYNTAX, "a parameter of the queue's own from a gate");
        attrs[i] = (struct queue_attr){at[i].name, at[i].value};
    }
    *out = attrs;
    *out_n = n;
    return ST_OK;
}

/* The sender is told that it has reached the address that he wrote to; where that leads is not his to know. */
static void add_done(struct work *w, const struct rcpt_target *t, const struct queue_rcpt *from, struct str what)
{
    size_t n = from->n_attrs;
    struct queue_attr *attrs = ARENA_ARRAY(w->arena, struct queue_attr, n + 1);

    if (!w->m->reverse_path.n || !wants_success(from))
        return;
    if (n)
        memcpy(attrs, from->attrs, n * sizeof *attrs);
    attrs[n] = (struct queue_attr){STR(QUEUE_DONE), what};
    w->queued[w->n_queued++] = (struct queue_rcpt){.address = t->original, .attrs = attrs, .n_attrs = n + 1};
}

/* Section 5.2.7.3 (c): behind an address that leads to several nobody tells of success any more. */
static struct str without_success(struct arena *a, struct str notify)
{
    struct str word;
    struct buf b;
    struct str out;

    buf_init(&b, LIMIT_RCPT_PARAMS);
    while (str_split(&notify, ',', &word)) {
        if (str_ieq(word, STR("SUCCESS")))
            continue;
        if (b.n)
            buf_addc(&b, ',');
        buf_add(&b, word);
    }
    out = b.n ? arena_str(a, buf_str(&b)) : STR("NEVER");
    buf_fini(&b);
    return out;
}

/* Those that one RCPT leads to stand side by side. */
static bool is_one_of_several(const struct work *w, size_t i)
{
    struct str name = w->targets[i].original;

    return (i > 0 && str_eq(w->targets[i - 1].original, name)) ||
           (i + 1 < w->n_targets && str_eq(w->targets[i + 1].original, name));
}

/* A letter that leaves later, or is held, reaches nobody here before that either: an address with somebody here behind it waits as it was said, and is looked up when it leaves. */
static void mark_as_said(struct work *w)
{
    w->as_said = ARENA_ARRAY(w->arena, bool, w->n_targets);
    for (size_t i = 0, end; (w->release_us || w->hold.p) && i < w->n_targets; i = end) {
        bool is_local = false;

        for (end = i; end < w->n_targets && str_eq(w->targets[end].original, w->targets[i].original); end++)
            is_local = is_local || w->targets[end].kind == RCPT_LOCAL;
        for (size_t k = i; k < end; k++)
            w->as_said[k] = is_local;
    }
}

static enum st add_queued(struct work *w, size_t i)
{
    const struct rcpt_target *t = &w->targets[i];
    bool is_several = is_one_of_several(w, i), is_first = i == 0 || !str_eq(w->targets[i - 1].original, t->original);
    struct queue_rcpt r = {.address = t->address};
    struct queue_attr *attrs;

    TRY(read_params(w, t, &attrs, &r.n_attrs));
    r.attrs = attrs;
    if (w->as_said[i]) {
        r.address = t->original;
        if (is_first) {
            w->queued[w->n_queued++] = r;
            w->n_remote++;
        }
        return ST_OK;
    }
    if (is_several && is_first)
        add_done(w, t, &r, STR("expanded"));
    if (t->kind == RCPT_LOCAL) {
        if (!is_several)
            add_done(w, t, &r, STR("arrived"));
        return ST_OK;
    }
    for (size_t k = 0; is_several && k < r.n_attrs; k++)
        if (str_ieq(attrs[k].name, STR("NOTIFY")))
            attrs[k].value = without_success(w->arena, attrs[k].value);
    if (!w->m->account && !str_ieq(t->original, t->address))
        attrs[r.n_attrs++] = (struct queue_attr){STR(QUEUE_VIA), t->original};
    w->queued[w->n_queued++] = r;
    w->n_remote++;
    return ST_OK;
}

static enum st sort_targets(struct work *w)
{
    struct box_core *c = w->core;

    if (!c->has_pass_key)
        return FAIL(ST_TRYLATER, "the keeper has not been heard of yet");
    w->local = ARENA_ARRAY(w->arena, struct delivery_rcpt, w->n_targets);
    w->originals = ARENA_ARRAY(w->arena, struct str, w->n_targets);
    w->queued = ARENA_ARRAY(w->arena, struct queue_rcpt, 2 * w->n_targets);
    mark_as_said(w);
    for (size_t i = 0; i < w->n_targets; i++) {
        const struct rcpt_target *t = &w->targets[i];

        if (!pass_is_good(c->pass_key, w->peer->index, w->m->txn, w->m->account, t))
            return FAIL(ST_DENIED, "a recipient that the keeper did not resolve for this letter");
        if (t->kind == RCPT_LOCAL && !w->release_us && !w->hold.p)
            add_local(w, t);
        TRY(add_queued(w, i));
    }
    return w->n_targets ? ST_OK : FAIL(ST_SYNTAX, "a letter for nobody");
}

/* The envelope's text goes into header lines: what could break a line is not an address. */
static enum st check_envelope(struct work *w)
{
    struct str rp = w->m->reverse_path, why;
    struct grant *g;

    for (size_t i = 0; i < rp.n; i++)
        if ((unsigned char)rp.p[i] < 32)
            return FAIL(ST_SYNTAX, "a reverse path with control bytes");
    for (size_t k = 0; k < w->n_targets; k++)
        for (size_t i = 0; i < w->targets[k].original.n; i++)
            if ((unsigned char)w->targets[k].original.p[i] < 32)
                return FAIL(ST_SYNTAX, "a recipient with control bytes");
    if (w->m->account) {
        TRY(grant_submitting(w->core, w->m->token, w->m->account, w->peer->index, w->m->conn, &g));
        w->credential = g->credential;
        w->language = arena_str(w->arena, str_z(g->language));
        why = box_brake_why(w->core, w->m->account);
        if (why.p)
            w->hold = arena_str(w->arena, why);
    }
    return ST_OK;
}

/* What the envelope asks for beside its recipients. */
static enum st read_wishes(struct queue_entry *e)
{
    struct str priority = queue_attr_get(e->attrs, e->n_attrs, STR(ATTR_PRIORITY));
    struct str by = queue_attr_get(e->attrs, e->n_attrs, STR(ATTR_DELIVER_BY));
    struct deliver_by ignored;
    int level = 0;

    if (priority.p)
        TRY(priority_parse(priority, &level));
    if (by.p)
        TRY(deliver_by_get(by, &ignored));
    e->priority = level;
    return ST_OK;
}

/* An alias may lead out of the house for a stranger's letter too: the keeper's pass says so. */
static enum st make_entry(struct work *w, struct queue_entry *out)
{
    const struct msg_deliver_ask *m = w->m;
    struct queue_entry e = {.size = m->body_size,
                            .account = m->account,
                            .credential = w->credential,
                            .held = w->hold.p != NULL,
                            .hold_reason = w->hold,
                            .reverse_path = m->reverse_path,
                            .rcpts = w->queued,
                            .n_rcpts = w->n_queued};
    struct queue_attr *attrs;
    struct attribute *at;

    e.arrival_us = clock_wall_us();
    e.due_us = MAX(e.arrival_us, w->release_us);
    TRY(attributes_get(m->attributes, w->arena, LIMIT_QUEUE_ATTRS - 3, &at, &e.n_attrs));
    attrs = ARENA_ARRAY(w->arena, struct queue_attr, e.n_attrs + 3);
    for (size_t i = 0; i < e.n_attrs; i++)
        if (!at[i].name.n || at[i].name.p[0] == '.')
            return FAIL(ST_SYNTAX, "an attribute of the queue's own from a gate");
    for (size_t i = 0; i < e.n_attrs; i++)
        attrs[i] =
            (struct queue_attr){str_eq(at[i].name, STR(ATTR_RELEASE)) ? STR(QUEUE_RELEASE) : at[i].name, at[i].value};
    if (w->peer->index == PASS_COURIER && !m->reverse_path.n) /* the server's own words */
        attrs[e.n_attrs++] = (struct queue_attr){STR(QUEUE_NOTICE), STR("1")};
    attrs[e.n_attrs++] =
        (struct queue_attr){STR(QUEUE_LETTER), arena_printf(w->arena, "%016llx", (unsigned long long)m->txn)};
    if (w->language.n)
        attrs[e.n_attrs++] = (struct queue_attr){STR(QUEUE_LANGUAGE), w->language};
    e.attrs = attrs;
    TRY(read_wishes(&e));
    *out = e;
    return ST_OK;
}

/* Who has no room is named as the sender knows him. */
static enum st delivered(const struct work *w, const struct delivery *d, enum st st)
{
    if (st == ST_OVERQUOTA || st == ST_TOOBIG)
        return FAIL(st, "%.*s", STR_ARGS(str_sub(w->originals[d->refused], 0, ERR_TEXT_MAX - 1)));
    return st;
}

static enum st commit(struct work *w, uint64_t *out_id) SUSPENDS
{
    struct box_core *c = w->core;
    struct delivery d = {.rcpts = w->local, .n_rcpts = w->n_local, .blob_id = blob_new_id(c->box->store)};
    struct queue_entry entry;
    struct queue_extra extra = {c->box->queue, &entry};

    if (w->n_queued) {
        TRY(make_entry(w, &entry));
        d.extra = queue_extra;
        d.extra_arg = &extra;
    }
    d.mail.record = w->record;
    d.mail.bytes = w->m->body;
    if (w->r->fd >= 0) {
        d.mail.bytes = STR_NONE;
        TRY(blob_stage_fd(c->box->store, w->r->fd, w->m->body_size, &d.mail.stage));
    }
    *out_id = d.blob_id;
    TRY(delivered(w, &d, mail_deliver(c->mail, &d)));
    w->queue = w->n_queued ? entry.id : 0;
    return ST_OK;
}

/* From nobody, and not of our own queue, which knows what it says. */
static enum st look_for_bounce(struct work *w)
{
    struct str bytes = str_sub(w->m->body, 0, BOUNCE_BYTES_MAX);
    struct bounce b;

    if (w->m->reverse_path.n || w->m->account || w->peer->index == PASS_COURIER || w->n_targets > BOUNCE_TARGETS_MAX)
        return ST_OK;
    if (w->r->fd >= 0)
        TRY(beside_take(w->r->fd, 0, (size_t)MIN(w->m->body_size, (uint64_t)BOUNCE_BYTES_MAX), w->arena, &bytes));
    bounce_read(w->arena, bytes, &b);
    if (!b.n_marks && !b.is_report)
        return ST_OK;
    w->bounce = ARENA_NEW(w->arena, struct bounce);
    *w->bounce = b;
    return ST_OK;
}

static void note_bounce(const struct work *w)
{
    struct bounce_match match;

    for (size_t i = 0; w->bounce && i < w->n_local; i++) {
        bounce_match(w->core, w->bounce, w->local[i].account, &match);
        bounce_note(w->core, w->bounce, &match, w->local[i].account);
    }
}

/* RFC 4865: for those who have logged in. */
static enum st read_release(struct work *w)
{
    struct attribute *at;
    size_t n;

    if (!w->m->attributes.n)
        return ST_OK;
    TRY(attributes_get(w->m->attributes, w->arena, LIMIT_QUEUE_ATTRS - 3, &at, &n));
    for (size_t i = 0; i < n; i++) {
        if (!str_eq(at[i].name, STR(ATTR_RELEASE)))
            continue;
        if (w->release_us || !w->m->account || str_u64(at[i].value, INT64_MAX, &w->release_us) != ST_OK)
            return FAIL(ST_SYNTAX, "a time of release that is none");
    }
    return ST_OK;
}

static enum st deliver(struct work *w, uint64_t *out_id) SUSPENDS
{
    TRY(take_parts(w));
    TRY(look_for_bounce(w));
    TRY(check_envelope(w));
    TRY(read_release(w));
    TRY(sort_targets(w));
    return commit(w, out_id);
}

void box_deliver_ask(struct ipc_request *r)
{
    struct box_peer *peer = r->arg;
    struct work w = {.core = peer->core, .peer = peer, .m = r->msg, .r = r, .arena = r->arena};
    struct log_ctx ctx = {
        .sid = w.m->sid, .peer = w.m->peer, .letter = w.m->txn, .service = "deliver", .action = "storing a letter"};
    struct msg_deliver_answer a = {0};

    log_here = &ctx;
    activity_begin(w.m->account, "deliver");
    a.status = (uint8_t)deliver(&w, &a.id);
    if (a.status == ST_OK) {
        peer->core->delivered++;
        metric_add(METRIC_MESSAGES_DELIVERED, w.n_local);
        LOG(MAIL_DELIVERED, lf_hex("id", a.id), lf_hex("queue", w.queue), lf_str("from", w.m->reverse_path),
            lf_u64("local", w.n_local), lf_u64("remote", w.n_remote), lf_u64("size", w.m->body_size));
        tracing_accepted(peer->core->box, &(struct tracing_letter){.m = w.m,
                                                                   .targets = w.targets,
                                                                   .n_targets = w.n_targets,
                                                                   .message_id = w.message_id,
                                                                   .queue = w.queue,
                                                                   .is_later = w.release_us != 0});
        note_bounce(&w);
    } else {
        LOG(MAIL_NOT_DELIVERED, lf_str("from", w.m->reverse_path), lf_z("status", st_name(a.status)), lf_err());
        a.text = str_sub(str_z(err_get()->text), 0, 200);
    }
    if (r->fd >= 0)
        close(TAKE_FD(r->fd));
    IGNORE(ipc_answer(r, MSG_deliver_answer, &a,
                      -1)); /* a gate that is gone: the sender will try again (RFC 5321 section 4.1.1.4) */
    log_here = NULL;
}
