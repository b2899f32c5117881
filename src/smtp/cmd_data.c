#include "smtp/dot.h"
#include "smtp/finish.h"
#include "smtp/origin.h"
#include "smtp/stranger.h"
#include "smtp/trace.h"

/* Reads the text to its end into the letter. ST_OK: it ended as it should. */
static enum st read_text(struct smtp_session *s, struct letter *l, enum dot_event *out_ev) SUSPENDS
{
    struct dot_reader d;

    dot_init(&d, LIMIT_TEXT_LINE);
    for (;;) {
        struct str in = stream_input(s->stream), rest = in, span;
        enum dot_event ev;

        while ((ev = dot_read(&d, &rest, &span)) == DOT_SPAN)
            letter_add(l, span);
        stream_eat(s->stream, in.n - rest.n);
        if (ev != DOT_MORE) {
            *out_ev = ev;
            return ST_OK;
        }
        TRY(stream_more(s->stream));
    }
}

/* Full since RCPT. Of several recipients the others shall get the letter when it comes again: then this one is refused alone. */
static enum st answer_full(struct smtp_session *s, enum st st, struct str rcpt) SUSPENDS
{
    if (s->txn.n_rcpts > 1)
        return smtp_reply_arg(s, SMTP_MAILBOX_FULL, rcpt);
    if (st == ST_TOOBIG)
        return smtp_reply_arg(s, SMTP_MAILBOX_TOO_SMALL, rcpt);
    return smtp_reply_arg(s, s->set->quota_full == FULL_PERMANENT ? SMTP_MAILBOX_FULL_NOW_BOUNCE : SMTP_MAILBOX_FULL,
                          rcpt);
}

struct str smtp_size_text(struct smtp_session *s)
{
    return arena_printf(&s->txn_arena, "%llu", (unsigned long long)smtp_most_bytes(s));
}

enum st smtp_letter_failed(struct smtp_session *s, enum st st)
{
    switch (st) {
    case ST_LIMIT: return smtp_reply_arg(s, SMTP_TOO_LARGE, smtp_size_text(s));
    case ST_NOSPACE: return smtp_reply(s, SMTP_NO_SPACE);
    case ST_OVERQUOTA:
    case ST_TOOBIG: return answer_full(s, st, arena_str(&s->txn_arena, str_z(err_get()->text)));
    case ST_DENIED: /* the login holds no more, since it was revoked or the mail store has started anew: only another one helps */
        smtp_session_end(s, ST_DENIED, "the right to send is gone");
        return smtp_reply_arg(s, SMTP_SHUTDOWN, s->set->host_name);
    default: return smtp_reply(s, SMTP_LOCAL_ERROR);
    }
}

static enum st refuse_author(struct smtp_session *s, enum smtp_reply reply, struct str arg) SUSPENDS
{
    LOG(SMTP_AUTHOR_REJECTED, lf_str("author", arg));
    TRY(smtp_refuse(s, reply, arg));
    return ST_DENIED;
}

static struct str number(struct smtp_session *s, unsigned v)
{
    return arena_printf(&s->txn_arena, "%u", v);
}

/* RFC 6409 section 6.1 for one address; ST_DENIED when that has been answered. */
static enum st check_author(struct smtp_session *s, struct str author) SUSPENDS
{
    enum st st;

    if (str_eq(author, s->txn.reverse_path)) /* which has been asked about */
        return ST_OK;
    st = s->setup.ops->may_send_as(s->setup.arg, s->user.account, author);
    if (st == ST_OK || (st == ST_FOREIGN && s->set->smtp_check_from == AUTHOR_OURS))
        return ST_OK;
    if (st == ST_DENIED || st == ST_FOREIGN)
        return refuse_author(s, SMTP_AUTHOR_NOT_YOURS, author);
    TRY(smtp_reply(s, SMTP_LOCAL_ERROR));
    return ST_DENIED;
}

/* As MAIL does for the sender. ST_DENIED: that has been answered, and the letter is not taken. */
static enum st check_authors(struct smtp_session *s, const struct letter *l) SUSPENDS
{
    const struct authors *w = &l->authors;

    if (!s->submission && !smtp_submitter(s))
        return ST_OK;
    if (l->header_cut) /* nor has anybody looked what it lacks */
        return refuse_author(s, SMTP_HEADER_TOO_LARGE, number(s, LIMIT_HEADER));
    if (s->set->smtp_check_from == AUTHOR_ANY)
        return ST_OK;
    if (w->too_many)
        return refuse_author(s, SMTP_TOO_MANY_AUTHORS, number(s, LIMIT_SMTP_AUTHORS));
    if (w->is_unreadable && s->set->smtp_check_from == AUTHOR_ALL)
        return refuse_author(s, SMTP_AUTHOR_UNREADABLE, w->unreadable);
    for (size_t i = 0; i < w->n; i++)
        TRY(check_author(s, w->list[i]));
    return ST_OK;
}

/* --- an answer to each recipient: LMTP (RFC 2033 section 4.2) ------------------------------------------------------ */

/* Takes the targets of him who has no room out of the letter; `why` is noted for each. False: he is none of them. */
static bool leave_out(const struct smtp_session *s, struct smtp_letter *out, struct rcpt_target *left, enum st *why,
                      enum st st)
{
    struct str who = str_z(err_get()->text);
    bool any = false;
    size_t n = 0;

    for (size_t i = 0; i < s->txn.n_targets; i++) {
        const struct rcpt_target *t = &s->txn.targets[i];

        if (why[i] == ST_OK && str_eq(str_sub(t->original, 0, ERR_TEXT_MAX - 1), who)) {
            why[i] = st;
            any = true;
        }
        if (why[i] == ST_OK)
            left[n++] = *t;
    }
    out->targets = left;
    out->n_targets = n;
    return any;
}

/* Who has no room is refused, and the others get it. Each round leaves somebody out. */
static enum st deliver_to_each(struct smtp_session *s, struct smtp_letter *out, enum st *why, uint64_t *out_id) SUSPENDS
{
    struct rcpt_target *left = ARENA_ARRAY(&s->txn_arena, struct rcpt_target, s->txn.n_targets);
    enum st st;

    do
        st = s->setup.ops->deliver(s->setup.arg, out, out_id);
    while ((st == ST_OVERQUOTA || st == ST_TOOBIG) && leave_out(s, out, left, why, st) && out->n_targets);
    return st;
}

static enum st say_full(struct smtp_session *s, enum st st, struct str rcpt) SUSPENDS
{
    if (st == ST_TOOBIG)
        return smtp_reply_arg(s, SMTP_MAILBOX_TOO_SMALL, rcpt);
    return smtp_reply_arg(s, s->set->quota_full == FULL_PERMANENT ? SMTP_MAILBOX_FULL_NOW_BOUNCE : SMTP_MAILBOX_FULL,
                          rcpt);
}

static enum st say_to_each(struct smtp_session *s, enum st st, const enum st *why, struct str id) SUSPENDS
{
    s->repeat = 0;
    for (size_t i = 0; i < s->txn.n_rcpts; i++) {
        const struct smtp_rcpt *r = &s->txn.rcpts[i];
        size_t k = 0;

        while (k < r->n && why[r->targets[k]] == ST_OK)
            k++;
        if (k < r->n)
            TRY(say_full(s, why[r->targets[k]], s->txn.targets[r->targets[k]].original));
        else if (st != ST_OK)
            TRY(smtp_letter_failed(s, st));
        else
            TRY(smtp_reply_arg(s, SMTP_ACCEPTED, id));
    }
    return ST_OK;
}

static enum st say_delivered(struct smtp_session *s, enum st st, const enum st *why, uint64_t id) SUSPENDS
{
    struct str text = arena_printf(&s->txn_arena, "%016llx", (unsigned long long)id);

    if (s->lmtp && st != ST_LIMIT)
        return say_to_each(s, st, why, text);
    if (st == ST_OK)
        return smtp_reply_arg(s, SMTP_ACCEPTED, text);
    return st == ST_LIMIT ? smtp_reply(s, SMTP_TOO_LARGE_AT_ONCE) : smtp_letter_failed(s, st);
}

static enum st store(struct smtp_session *s, struct letter *l, struct str record, enum st *why, uint64_t *out_id)
    SUSPENDS
{
    struct smtp_letter out = {.txn = s->txn.id,
                              .reverse_path = s->txn.reverse_path,
                              .attributes = s->txn.attributes,
                              .n_attributes = s->txn.n_attributes,
                              .targets = s->txn.targets,
                              .n_targets = s->txn.n_targets,
                              .body = buf_str(&l->body),
                              .record = record,
                              .spool = l->spool,
                              .body_size = l->size,
                              .account = smtp_submitter(s),
                              .token = smtp_submitter(s) && s->user.has_token ? s->user.token : NULL};
    struct attribute origin[SMTP_ORIGIN_MAX];
    enum st st;

    out.origin = origin;
    out.n_origin = smtp_origin(s, &s->txn_arena, origin);
    s->log.action = "storing a letter";
    st = s->lmtp ? deliver_to_each(s, &out, why, out_id) : s->setup.ops->deliver(s->setup.arg, &out, out_id);
    if (st != ST_OK) {
        LOG(SMTP_LETTER_DEFERRED, lf_str("from", s->txn.reverse_path), lf_u64("rcpts", s->txn.n_rcpts),
            lf_u64("size", l->size), lf_z("status", st_name(st)), lf_err());
        return st;
    }
    s->letters++;
    s->txn.accepted = true;
    LOG(SMTP_LETTER_ACCEPTED, lf_hex("id", *out_id), lf_str("from", s->txn.reverse_path),
        lf_u64("rcpts", s->txn.n_rcpts), lf_u64("size", l->size), lf_i64("priority", s->txn.priority),
        lf_str("origin", smtp_origin_text(s)));
    return stranger_count(s, SMTP_COUNT_LETTER);
}

static enum st deliver(struct smtp_session *s, struct letter *l, struct str record) SUSPENDS
{
    enum st *why = s->lmtp ? ARENA_ARRAY(&s->txn_arena, enum st, s->txn.n_targets) : NULL;
    uint64_t id = 0;
    enum st st = store(s, l, record, why, &id);

    return say_delivered(s, st, why, s->txn.id);
}

static enum st check_and_deliver(struct smtp_session *s, struct letter *l, struct str record) SUSPENDS
{
    enum st st = check_authors(s, l);

    if (st == ST_OK && s->txn.by.returns && deliver_by_left_s(&s->txn.by, clock_wall_us()) <= 0)
        return smtp_reply(s, SMTP_DELIVER_BY_OVER); /* while it was read */
    if (st == ST_OK)
        return deliver(s, l, record);
    return st == ST_DENIED ? ST_OK : st;
}

enum st smtp_letter_finish(struct smtp_session *s, struct letter *l)
{
    struct buf record;
    enum st st;

    s->repeat = s->lmtp ? s->txn.n_rcpts : 0;
    buf_init(&record, LIMIT_MIME_RECORD);
    st = letter_end(l, &record);
    if (st != ST_OK)
        st = smtp_letter_failed(s, st);
    else if (l->hops > s->set->smtp_max_hops)
        st = smtp_reply(s, SMTP_LOOP); /* RFC 5321 section 6.3 */
    else
        st = check_and_deliver(s, l, buf_str(&record));
    buf_fini(&record);
    return st;
}

static enum st receive(struct smtp_session *s, struct letter *l) SUSPENDS
{
    enum dot_event ev;
    enum st st;

    letter_init(l, s);
    letter_prepend(l, trace_received(s, &s->txn_arena));
    s->reading_text = true;
    st = read_text(s, l, &ev);
    s->reading_text = false;
    TRY(st);
    s->repeat = s->lmtp ? s->txn.n_rcpts : 0;
    switch (ev) {
    case DOT_BAD:
        smtp_session_end(s, ST_SYNTAX, "bare CR, LF or NUL in a letter");
        return smtp_reply(s, SMTP_BAD_LINE_ENDS);
    case DOT_LONG:
        smtp_session_end(s, ST_LIMIT, "line too long in a letter");
        return smtp_reply(s, SMTP_TEXT_LINE_TOO_LONG);
    default: return smtp_letter_finish(s, l);
    }
}

/* RFC 3030 section 2: the transaction is over with that, up to RSET. */
static enum st refuse_mixed(struct smtp_session *s) SUSPENDS
{
    bool is_begun = s->txn.chunks || s->txn.bdat_failed;

    smtp_bdat_fail(s);
    return smtp_refuse(s, is_begun ? SMTP_BDAT_BEGUN : SMTP_BINARY_BY_DATA, STR(""));
}

enum st smtp_cmd_data(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    struct letter *l;
    enum st st;

    if (!s->txn.open)
        return smtp_refuse(s, SMTP_NEED_MAIL, STR(""));
    if (s->txn.n_rcpts == 0)
        return smtp_refuse(s, SMTP_NEED_RCPT, STR(""));
    if (s->txn.chunks || s->txn.bdat_failed || s->txn.is_binary)
        return refuse_mixed(s);
    TRY(smtp_reply(s, SMTP_DATA_GO));
    s->log.action = "reading DATA";
    stream_set_timeouts(s->stream, (uint32_t)s->set->smtp_data_timeout, (uint32_t)s->set->net_write_timeout);
    stream_set_deadline(s->stream, deadline_in(s->set->smtp_letter_timeout));
    l = MEM_NEW(struct letter);
    st = receive(s, l);
    letter_fini(l);
    mem_free(l);
    stream_set_deadline(s->stream, NEVER);
    smtp_txn_reset(s);
    smtp_origins_forget(s);
    return st;
}
