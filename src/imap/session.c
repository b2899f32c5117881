/* A session from login to its end: one function with one long wait (session_wait). There no local variable is
 * alive: when nothing is to be done the coroutine ends and only the struct stays, until input, a change in the mailbox
 * (IDLE), the clock or a stop starts the same function again. */
#include "imap/session.h"
#include "base/must.h"
#include "co/co.h"
#include "imap/metadata.h"
#include "imap/notify.h"
#include "imap/result.h"

#include <unistd.h>

enum {
    COMMANDS_A_TURN = 32,            /* of a client that has sent many at once; then others have a turn */
    COMMAND_READ_MS = 5 * 60 * 1000, /* for more of a command that has begun */
    LAST_WORDS_MS = 1000,
    RETRY_MS = 50,
};

enum wait { WAIT_LINE, WAIT_CHANGE, WAIT_QUIET, WAIT_END, WAIT_PARKED };

static void session_main(void *arg) SUSPENDS;

/* --- going on ------------------------------------------------------------------------------------ */

static void start_again(void *arg)
{
    struct imap_session *s = arg;

    if (co_spawn(session_main, s, "imap") != ST_OK)
        co_timer_set(&s->retry, deadline_in(RETRY_MS), start_again, s);
}

/* To what is to be told while it is parked; fn NULL: no more. */
static void hear_changes(struct imap_session *s, void (*fn)(void *arg))
{
    if (s->view && (!fn || imap_notify_tells(s)))
        view_on_change(s->view, fn, s);
    if (s->notify && s->notify->watch)
        account_watch_on_change(s->notify->watch, fn, s);
    if (s->notify && s->notify->far)
        far_watch_on_change(s->notify->far, fn, s);
    if (s->notes && (!fn || imap_notify_tells_notes(s)))
        note_watch_on_change(s->notes, fn, s);
}

static void wake(struct imap_session *s, int why)
{
    must_obj(s, IMAP_SESSION_MAGIC);
    must(s->phase == SESSION_PARKED);
    hear_changes(s, NULL);
    s->phase = SESSION_STARTING;
    s->wake = why;
    start_again(s);
}

static void on_stream(void *arg, enum st why)
{
    wake(arg, why == ST_TIMEOUT ? WAKE_QUIET : WAKE_INPUT);
}

static void on_change(void *arg)
{
    struct imap_session *s = arg;

    if (s->phase != SESSION_PARKED)
        return;
    stream_unpark(s->conn.stream);
    wake(s, WAKE_CHANGE);
}

void imap_session_stop(struct imap_session *s, const char *text, bool now)
{
    must_obj(s, IMAP_SESSION_MAGIC);
    s->stop_text = text;
    if (s->phase == SESSION_PARKED) {
        stream_unpark(s->conn.stream);
        wake(s, WAKE_STOP);
    } else if (s->co && (now || s->phase == SESSION_READING)) {
        co_cancel(s->co);
    }
}

/* --- the wait ------------------------------------------------------------------------------------- */

static mono_ms quiet_at(const struct imap_session *s)
{
    mono_ms end = s->active_at + s->set->imap_idle_timeout;

    return s->in_idle ? MIN(end, deadline_in(s->set->imap_keepalive)) : end;
}

static bool park(struct imap_session *s)
{
    arena_fini(&s->cmd_arena);
    buf_free_memory(&s->conn.out);
    s->phase = SESSION_PARKED;
    if (!stream_park(s->conn.stream, quiet_at(s), on_stream, s)) {
        s->phase = SESSION_RUNNING;
        return false;
    }
    hear_changes(s, on_change);
    return true;
}

/* What is next. Everything written is flushed when this really waits. */
static enum wait session_wait(struct imap_session *s) SUSPENDS
{
    int why = s->wake;

    s->wake = WAKE_NONE;
    if (s->reason || s->stop_text)
        return WAIT_END;
    if (why == WAKE_INPUT || stream_input(s->conn.stream).n > 0)
        return WAIT_LINE;
    if (why == WAKE_CHANGE)
        return WAIT_CHANGE;
    if (why == WAKE_QUIET)
        return WAIT_QUIET;
    if (imap_conn_flush(&s->conn) != ST_OK || s->stop_text)
        return WAIT_END;
    if (imap_notify_has(s))
        return WAIT_CHANGE;
    return park(s) ? WAIT_PARKED : WAIT_LINE;
}

/* --- what is done between waits -------------------------------------------------------------------- */

static enum st greet(struct imap_session *s) SUSPENDS
{
    struct str tag = s->login_tag;
    enum st st = account_open(s->mail, s->account_id, &s->account);

    if (st != ST_OK) {
        LOG(IMAP_COMMAND_FAILED, lf_z("command", "login"), lf_err());
        s->reason = "account can't be opened";
        imap_put_status(&s->conn, tag, "NO", STR("UNAVAILABLE"), STR("Not possible just now; try again later"));
        return imap_conn_flush(&s->conn);
    }
    LOG(IMAP_SESSION_OPENED, lf_u64("tls", s->is_tls));
    imap_put(&s->conn, tag);
    imap_put(&s->conn, STR(" OK [CAPABILITY"));
    imap_put_session_capabilities(s);
    imap_put(&s->conn, STR("] Logged in\r\n"));
    return imap_conn_check(&s->conn);
}

static enum st serve_line(struct imap_session *s) SUSPENDS
{
    enum st st;

    arena_reset(&s->cmd_arena);
    s->phase = SESSION_READING;
    s->log.action = "reading a command";
    st = s->in_idle ? imap_idle_line(s) : imap_command(s);
    s->phase = SESSION_RUNNING;
    s->log.action = "waiting";
    s->active_at = deadline_in(0);
    if (s->commands % COMMANDS_A_TURN == 0)
        co_yield ();
    return st;
}

static enum st serve_quiet(struct imap_session *s) SUSPENDS
{
    if (deadline_in(0) >= s->active_at + s->set->imap_idle_timeout)
        return FAIL(ST_TIMEOUT, "the client was silent for too long");
    imap_put(&s->conn, STR("* OK Still here\r\n"));
    return imap_conn_check(&s->conn);
}

/* RFC 3501 section 3, after login. ST_PARKED: it goes on another time. */
static enum st session(struct imap_session *s) SUSPENDS
{
    if (!s->account) {
        TRY(greet(s));
    }
    for (;;) {
        switch (session_wait(s)) {
        case WAIT_LINE: TRY(serve_line(s)); break;
        case WAIT_CHANGE: TRY(imap_notify_send(s)); break;
        case WAIT_QUIET: TRY(serve_quiet(s)); break;
        case WAIT_PARKED: return ST_PARKED;
        case WAIT_END: return imap_conn_check(&s->conn);
        }
    }
}

/* --- the end --------------------------------------------------------------------------------------- */

static void say_bye(struct imap_session *s, enum st st) SUSPENDS
{
    const char *text = s->stop_text;

    if (!text && st == ST_TIMEOUT)
        text = "Silent for too long";
    if (!text || (s->reason && strcmp(s->reason, "logout") == 0))
        return;
    s->conn.dead = ST_OK; /* reading has failed; the last words may still get through */
    stream_set_deadline(s->conn.stream, deadline_in(LAST_WORDS_MS));
    imap_put(&s->conn, STR("* BYE "));
    imap_putz(&s->conn, text);
    imap_put(&s->conn, STR("\r\n"));
}

static const char *reason_of(const struct imap_session *s, enum st st)
{
    if (s->reason)
        return s->reason;
    if (s->stop_text)
        return "stopped";
    return st == ST_EOF ? "eof" : st == ST_TIMEOUT ? "timeout" : st == ST_CANCELED ? "stopped" : "connection lost";
}

static void session_free(struct imap_session *s)
{
    s->magic = 0;
    imap_conn_fini(&s->conn);
    arena_fini(&s->cmd_arena);
    arena_fini(&s->arena);
    mem_free(s->idle_tag);
    imap_forget_result(s);
    config_unref(s->set);
    mem_free(s);
}

/* From the connection. Who is given it back reads on where we have stopped. */
static void part(struct imap_session *s) SUSPENDS
{
    struct str unread;
    int fd;

    if (!s->goes_back || s->stop_text || s->conn.dead != ST_OK ||
        stream_detach(s->conn.stream, &s->arena, &fd, &unread) != ST_OK) {
        (void)stream_close(TAKE(s->conn.stream));
        return;
    }
    s->conn.stream = NULL;
    if (unread.n <= IMAP_UNREAD_MAX)
        s->give_back(s->ended_arg, fd, unread);
    close(fd);
}

static void finish(struct imap_session *s, enum st st) SUSPENDS
{
    uint64_t in, out;

    say_bye(s, st);
    imap_conn_last_words(&s->conn);
    imap_leave_mailbox(s);
    imap_watch_metadata(s, false);
    imap_notify_free(TAKE(s->notify));
    if (s->account)
        account_close(TAKE(s->account));
    in = stream_bytes_in(s->conn.stream);
    out = stream_bytes_out(s->conn.stream);
    part(s);
    LOG(IMAP_SESSION_CLOSED, lf_z("reason", reason_of(s, st)), lf_u64("commands", s->commands), lf_u64("bytes_in", in),
        lf_u64("bytes_out", out));
    log_here = NULL;
    s->co = NULL;
    if (s->ended)
        s->ended(s->ended_arg, s);
    session_free(s);
}

static void session_main(void *arg)
{
    struct imap_session *s = arg;
    enum st st;

    must_obj(s, IMAP_SESSION_MAGIC);
    s->co = co_here();
    if (s->notify && s->notify->watch)
        account_watch_except(s->notify->watch, s->co);
    s->phase = SESSION_RUNNING;
    log_here = &s->log;
    st = session(s);
    if (st == ST_PARKED) {
        s->co = NULL;
        if (s->notify && s->notify->watch)
            account_watch_except(s->notify->watch, NULL);
        log_here = NULL;
        return;
    }
    finish(s, st);
}

enum st imap_session_new(struct imap_session_options *opt, struct imap_session **out)
{
    struct imap_session *s = MEM_NEW(struct imap_session);
    enum st st;

    must(opt->tag.n <= IMAP_TAG_MAX);
    s->magic = IMAP_SESSION_MAGIC;
    arena_init(&s->arena);
    arena_init(&s->cmd_arena);
    imap_conn_init(&s->conn, opt->stream);
    s->src = imap_source_of(&s->conn);
    s->src.skip_max = LIMIT_MESSAGE + LIMIT_IMAP_COMMAND;
    for (size_t i = 0; i < ARRAY_LEN(opt->withhold); i++)
        imap_withhold(&s->withheld, opt->withhold[i]);
    imap_source_withhold(&s->src, &s->withheld);
    s->mail = opt->mail;
    s->set = config_ref(opt->set);
    s->account_id = opt->account;
    s->sid = opt->sid;
    s->login = arena_str(&s->arena, opt->login);
    s->peer = arena_str(&s->arena, opt->peer);
    s->login_tag = arena_str(&s->arena, opt->tag);
    s->is_tls = opt->is_tls;
    s->is_tool = opt->is_tool;
    s->give_back = opt->give_back;
    s->ended = opt->ended;
    s->ended_arg = opt->ended_arg;
    s->last_command = "";
    s->active_at = deadline_in(0);
    s->log =
        (struct log_ctx){.sid = s->sid, .peer = s->peer, .user = s->login, .service = "imap", .action = "starting"};
    stream_set_in_max(opt->stream, LIMIT_IMAP_LINE);
    stream_set_timeouts(opt->stream, (uint32_t)MIN(s->set->imap_idle_timeout, (uint64_t)COMMAND_READ_MS),
                        (uint32_t)s->set->net_write_timeout);
    stream_set_deadline(opt->stream, NEVER);
    st = opt->unread.n ? stream_unread(opt->stream, opt->unread) : ST_OK;
    if (st == ST_OK)
        st = co_spawn(session_main, s, "imap");
    if (st != ST_OK) {
        stream_free(TAKE(s->conn.stream));
        session_free(s);
        return st;
    }
    *out = s;
    return ST_OK;
}

void imap_session_describe(const struct imap_session *s, struct imap_session_info *out)
{
    must_obj(s, IMAP_SESSION_MAGIC);
    *out = (struct imap_session_info){
        .account = s->account_id,
        .sid = s->sid,
        .login = s->login,
        .peer = s->peer,
        .mailbox = s->view ? view_info(s->view)->name : STR_NONE,
        .command = s->last_command,
        .is_tls = s->is_tls,
        .is_idle = s->in_idle,
        .bytes_in = s->conn.stream ? stream_bytes_in(s->conn.stream) : 0, /* it is closing */
        .bytes_out = s->conn.stream ? stream_bytes_out(s->conn.stream) : 0,
        .commands = s->commands,
    };
}
