/* POP3 after login, in the box: one function with one long wait, where an idle session is parked. */
#include "pop3/session.h"
#include "base/activity.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "base/retention.h"
#include "config/config.h"

#define RETRY_MS 50
#define TURN_COMMANDS 100 /* of a client that pipelines; then others have the core */

struct row {
    struct str word;
    enum st (*fn)(struct pop3_cmd *c) SUSPENDS;
    size_t least, most;
    const char *syntax;
};

static const struct row rows[] = {
#define CMD(word, fn, least, most, syntax, ref) {STR(#word), fn, least, most, syntax},
#include "pop3/commands.def"
#undef CMD
};

void pop3_session_end(struct pop3_session *s, enum st st, const char *reason)
{
    if (s->over)
        return;
    s->over = true;
    s->end = st;
    s->end_reason = reason;
}

/* The first that says what: the login, the setting. */
static struct str mailbox_name(const struct pop3_session *s)
{
    return s->opt.own.mailbox.n ? s->opt.own.mailbox : s->set->pop3_mailbox;
}

uint32_t pop3_login_delay(const struct pop3_session *s)
{
    return s->opt.own.delay_s == POP3_DELAY_DEFAULT ? (uint32_t)(s->set->pop3_login_delay / 1000) : s->opt.own.delay_s;
}

/* Opens the mailbox and takes the lock; what is in it now is what this session sees (RFC 1939 section 5). */
static enum st open_mailbox(struct pop3_session *s) SUSPENDS
{
    struct mail_msg m;

    TRY(account_open(s->opt.mail, s->opt.account, &s->account));
    TRY(view_open(s->account, mailbox_name(s), false, &s->view));
    if (view_info(s->view)->owner)
        return FAIL(ST_NOTFOUND, "mailboxes of others are not for POP3");
    if (s->set->pop3_lock == POP3_LOCK) {
        TRY(view_pop3_lock(s->view));
        s->locked = true;
    }
    s->count = view_count(s->view);
    s->deleted = mem_new(s->count / 8 + 1);
    for (uint32_t i = 1; i <= s->count; i++) {
        view_msg(s->view, i, &m);
        s->bytes += m.size;
    }
    return ST_OK;
}

static enum st say_not_opened(struct pop3_session *s, enum st st) SUSPENDS
{
    pop3_session_end(s, st, "the mailbox can't be opened");
    if (st == ST_BUSY)
        return POP3_SAY(s, POP3_TEXT_IN_USE);
    if (st == ST_NOTFOUND || st == ST_DENIED)
        return POP3_SAY(s, POP3_TEXT_NO_MAILBOX);
    LOG(POP3_MAILBOX_FAILED, lf_z("status", st_name(st)), lf_err());
    return POP3_SAY(s, POP3_TEXT_MAILBOX_FAILED);
}

static enum st greet(struct pop3_session *s) SUSPENDS
{
    uint32_t wait_s;
    enum st st;

    s->greeted = true;
    wait_s = mail_pop3_wait_s(s->opt.mail, s->opt.account, pop3_login_delay(s));
    if (wait_s) {
        pop3_session_end(s, ST_BUSY, "logged in a moment ago");
        return POP3_SAY(s, POP3_TEXT_LOGIN_DELAY, wait_s);
    }
    st = open_mailbox(s);
    if (st != ST_OK)
        return say_not_opened(s, st);
    mail_pop3_login(s->opt.mail, s->opt.account, pop3_login_delay(s));
    LOG(POP3_SESSION_OPENED, lf_u64("messages", s->count));
    return POP3_SAY(s, POP3_TEXT_MAILBOX, s->count, (unsigned long long)s->bytes);
}

static enum st run(struct pop3_session *s, const struct pop3_line *line) SUSPENDS
{
    struct pop3_cmd c = {s, str_trim(line->args)};

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];

        if (!str_ieq(line->word, r->word))
            continue;
        s->command = s->log.action = r->word.p;
        s->commands++;
        metric_add(METRIC_COMMANDS_POP3, 1);
        activity_begin(s->opt.account, r->word.p);
        if (line->n_args >= r->least && line->n_args <= r->most)
            return r->fn(&c);
        return POP3_REFUSE(s, POP3_TEXT_SYNTAX, r->syntax);
    }
    return POP3_REFUSE(s, pop3_unknown(line->word, true));
}

static enum st one_command(struct pop3_session *s) SUSPENDS
{
    unsigned errors = s->errors;
    struct pop3_line line;
    enum st st = pop3_read_line(s->stream, LIMIT_POP3_LINE, &line);

    if (st == ST_SYNTAX || st == ST_LIMIT) {
        pop3_session_end(s, st, "malformed command line");
        return POP3_SAY(s, st == ST_LIMIT ? POP3_TEXT_LINE_TOO_LONG : POP3_TEXT_BAD_LINE_END);
    }
    TRY(st);
    if (s->asked)
        pop3_arrived(s);
    s->asked = false;
    TRY(run(s, &line));
    arena_reset(&s->cmd_arena);
    if (s->errors == errors)
        s->errors = 0; /* in a row */
    if (s->errors >= s->set->pop3_max_errors && !s->over) {
        pop3_session_end(s, ST_DENIED, "too many errors");
        return POP3_SAY(s, POP3_TEXT_TOO_MANY_ERRORS);
    }
    return ST_OK;
}

static void run_session(void *arg);

static void start_again(void *arg)
{
    struct pop3_session *s = arg;

    if (co_spawn(run_session, s, "pop3") != ST_OK) /* no stack: try again when one may be free */
        co_timer_set(&s->retry, deadline_in(RETRY_MS), start_again, s);
}

static void wake(void *arg, enum st why)
{
    struct pop3_session *s = arg;

    s->woke = why;
    start_again(s);
}

/* The one long wait: ST_PARKED, or ST_OK when there is input to read. */
static enum st wait_for_command(struct pop3_session *s) SUSPENDS
{
    if (stream_input(s->stream).n) {
        if (s->commands % TURN_COMMANDS == 0)
            co_yield ();
        return ST_OK;
    }
    TRY(stream_flush(s->stream));
    s->asked = true;
    s->log.action = "waiting for a command";
    return stream_park(s->stream, deadline_in(s->set->pop3_idle_timeout), wake, s) ? ST_PARKED : ST_OK;
}

static enum st serve(struct pop3_session *s) SUSPENDS
{
    if (s->woke != ST_OK)
        return s->woke;
    if (!s->greeted)
        TRY(greet(s));
    while (!s->over) {
        if (s->stopping)
            return ST_CANCELED;
        TRY(wait_for_command(s));
        TRY(one_command(s));
    }
    return stream_flush(s->stream);
}

static void session_free(struct pop3_session *s)
{
    if (s->locked)
        view_pop3_unlock(s->view);
    if (s->view)
        view_close(s->view);
    if (s->account)
        account_close(s->account);
    mem_free(s->deleted);
    mem_free(s->sent);
    mem_free(s->fetched);
    stream_free(s->stream);
    config_unref(s->set);
    arena_fini(&s->cmd_arena);
    arena_fini(&s->arena);
    s->magic = 0;
    mem_free(s);
}

/* For retention, once for the whole session: the first time that each message was fetched. What is not noted stays longer. */
static void note_fetched(struct pop3_session *s) SUSPENDS
{
    struct arena ar = ARENA_INIT;
    enum st st = s->fetched ? view_note_fetched(s->view, pop3_uids_of(s, &ar, s->fetched)) : ST_OK;

    if (st != ST_OK)
        LOG(POP3_NOTE_FAILED, lf_z("status", st_name(st)), lf_err());
    arena_fini(&ar);
}

static void finish(struct pop3_session *s, enum st st) SUSPENDS
{
    if (!s->over)
        pop3_session_end(s, st, st == ST_EOF ? "the client hung up" : st_text(st));
    LOG(POP3_SESSION_CLOSED, lf_z("reason", s->end_reason), lf_u64("messages", s->count),
        lf_u64("retrieved", s->retrieved), lf_u64("deleted", s->n_deleted),
        lf_u64("bytes_in", stream_bytes_in(s->stream)), lf_u64("bytes_out", stream_bytes_out(s->stream)));
    stream_close(TAKE(s->stream));
    note_fetched(s);
    s->opt.ended(s->opt.ended_arg, s);
    session_free(s);
}

static void run_session(void *arg)
{
    struct pop3_session *s = arg;
    enum st st;

    must_obj(s, POP3_SESSION_MAGIC);
    log_here = &s->log;
    s->co = co_here();
    st = serve(s);
    s->co = NULL;
    if (st != ST_PARKED)
        finish(s, st);
    log_here = NULL;
}

enum st pop3_session_new(struct pop3_session_options *opt, struct pop3_session **out)
{
    struct pop3_session *s = MEM_NEW(struct pop3_session);
    enum st st;

    s->magic = POP3_SESSION_MAGIC;
    s->opt = *opt;
    s->stream = opt->stream;
    s->set = config_ref(opt->set);
    s->opt.login = arena_str(&s->arena, opt->login);
    s->opt.peer = arena_str(&s->arena, opt->peer);
    s->opt.own.mailbox = arena_str(&s->arena, opt->own.mailbox);
    s->opt.own.uidl_format = arena_str(&s->arena, opt->own.uidl_format);
    s->uidl_format = s->opt.own.uidl_format.n ? s->opt.own.uidl_format : s->set->pop3_uidl_format;
    s->retention = pop3_retention(s->set, opt->own.retention);
    s->said = opt->said;
    s->opt.unread = STR_NONE;
    s->command = "";
    s->log = (struct log_ctx){
        .sid = opt->sid, .peer = s->opt.peer, .user = s->opt.login, .service = "pop3", .action = "opening the mailbox"};
    stream_set_timeouts(s->stream, (uint32_t)s->set->pop3_idle_timeout, (uint32_t)s->set->net_write_timeout);
    st = stream_unread(s->stream, opt->unread);
    if (st == ST_OK)
        st = co_spawn(run_session, s, "pop3");
    if (st != ST_OK) {
        session_free(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void pop3_session_stop(struct pop3_session *s, bool now)
{
    must_obj(s, POP3_SESSION_MAGIC);
    s->stopping = true;
    if (!s->stream) /* it is closing already */
        return;
    if (stream_is_parked(s->stream)) {
        stream_unpark(s->stream);
        wake(s, ST_CANCELED);
    } else if (now && s->co) { /* a letter on its way to a slow reader */
        co_cancel(s->co);
    }
}

void pop3_session_describe(const struct pop3_session *s, struct pop3_session_info *out)
{
    *out = (struct pop3_session_info){.account = s->opt.account,
                                      .sid = s->opt.sid,
                                      .login = s->opt.login,
                                      .peer = s->opt.peer,
                                      .is_tls = s->opt.is_tls,
                                      .command = s->command,
                                      .bytes_in = s->stream ? stream_bytes_in(s->stream) : 0, /* it is closing */
                                      .bytes_out = s->stream ? stream_bytes_out(s->stream) : 0,
                                      .commands = s->commands};
}
