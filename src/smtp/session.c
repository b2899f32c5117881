/* The session: greet, then read a command, check its rules, run it. Replies gather in the stream and leave when a read
 * would wait, so that pipelined groups are answered in one packet (RFC 2920 section 3.2). */
#include "smtp/stranger.h"

#define WORD_SHOWN 20 /* of an unknown command, in the log */

const struct smtp_verb smtp_verbs[] = {
#define VERB(word, fn, flags, syntax, ref) {STR(#word), fn, flags, syntax},
#include "smtp/verbs.def"
#undef VERB
};
const size_t smtp_n_verbs = ARRAY_LEN(smtp_verbs);

struct smtp_session *smtp_session_new(const struct smtp_setup *setup)
{
    struct smtp_session *s = MEM_NEW(struct smtp_session);

    s->magic = SMTP_SESSION_MAGIC;
    s->setup = *setup;
    s->stream = setup->stream;
    s->set = setup->set;
    s->submission = setup->listener->protocol == PROTOCOL_SUBMISSION;
    s->lmtp = setup->listener->protocol == PROTOCOL_LMTP;
    if (setup->user) {
        s->user = *setup->user;
        s->authenticated = true;
        s->by_network = !setup->local_user.n;
    }
    if (setup->is_stranger)
        s->stranger = ARENA_NEW(&s->arena, struct smtp_stranger);
    s->log = (struct log_ctx){.sid = setup->sid,
                              .peer = setup->peer_text,
                              .user = s->user.login,
                              .service = s->submission ? "submission"
                                         : s->lmtp     ? "lmtp"
                                                       : "smtp",
                              .action = "greeting"};
    return s;
}

void smtp_session_free(struct smtp_session *s)
{
    if (!s)
        return;
    must_obj(s, SMTP_SESSION_MAGIC);
    smtp_txn_reset(s);
    smtp_origins_free(s->origins);
    arena_fini(&s->txn_arena);
    arena_fini(&s->arena);
    wipe(&s->user, sizeof s->user);
    s->magic = 0;
    mem_free(s);
}

void smtp_session_end(struct smtp_session *s, enum st st, const char *reason)
{
    if (s->over)
        return;
    s->over = true;
    s->end = st;
    s->end_reason = reason;
}

void smtp_txn_reset(struct smtp_session *s)
{
    if (s->txn.chunks)
        s->reading_text = false;
    smtp_chunks_free(s->txn.chunks);
    if (s->txn.has_asked && s->setup.ops->txn_over)
        s->setup.ops->txn_over(s->setup.arg, s->txn.id, s->txn.accepted);
    s->repeat = 0;
    s->txn = (struct smtp_txn){0};
    s->log.letter = 0;
    arena_reset(&s->txn_arena);
}

void smtp_session_forget(struct smtp_session *s)
{
    smtp_txn_reset(s);
    s->said_helo = s->extended = false;
    s->helo = STR_NONE;
}

uint64_t smtp_most_bytes(const struct smtp_session *s)
{
    return s->txn.most_bytes ? MIN(s->txn.most_bytes, s->set->smtp_max_message_size) : s->set->smtp_max_message_size;
}

uint64_t smtp_submitter(const struct smtp_session *s)
{
    return s->txn.is_stranger ? 0 : s->user.account;
}

bool smtp_offers_starttls(const struct smtp_session *s)
{
    return s->setup.listener->security == SECURITY_STARTTLS && s->setup.tls_available && !stream_is_tls(s->stream);
}

static const struct smtp_verb *verb_of(struct str word)
{
    for (size_t i = 0; i < smtp_n_verbs; i++)
        if (str_ieq(word, smtp_verbs[i].word))
            return &smtp_verbs[i];
    return NULL;
}

/* LMTP has a hello of its own, and SMTP has not (RFC 2033 section 4.1); what only some may say is no command to others. */
static const struct smtp_verb *verb_here(const struct smtp_session *s, struct str word)
{
    const struct smtp_verb *v = verb_of(word);

    if (!v || ((v->flags & SMTP_ONLY_F) && s->lmtp) || ((v->flags & LMTP_ONLY_F) && !s->lmtp) ||
        ((v->flags & XCLIENT_F) && !s->setup.may_xclient) || ((v->flags & XFORWARD_F) && !s->setup.may_xforward))
        return NULL;
    return v;
}

enum smtp_reply smtp_objection(const struct smtp_session *s, const struct smtp_verb *v, struct str args)
{
    if ((v->flags & NO_ARGS_F) && str_trim(args).n)
        return SMTP_NO_PARAMETERS;
    if ((v->flags & NEED_HELO_F) && !s->said_helo)
        return SMTP_NEED_HELO;
    if ((v->flags & NEED_AUTH_F) && s->submission && !s->authenticated)
        return smtp_may_auth(s) || !smtp_offers_starttls(s) ? SMTP_AUTH_REQUIRED : SMTP_TLS_REQUIRED;
    return SMTP_REPLY_COUNT;
}

/* What may stand in the log of a line that is no command: it may be a password that a client sent although AUTH was refused, or
 * a letter's text. */
static struct str letters_of(struct str line)
{
    size_t n = 0;

    while (n < line.n && n < WORD_SHOWN && ascii_is_alpha(line.p[n]))
        n++;
    return str_n(line.p, n);
}

static enum st run_command(struct smtp_session *s, struct str line) SUSPENDS
{
    size_t space = str_find(line, ' ');
    const struct smtp_verb *v = verb_here(s, str_n(line.p, space));
    struct smtp_cmd c = {s, v, str_from(line, space)};
    enum smtp_reply no;

    if (!v) {
        LOG(SMTP_COMMAND_UNKNOWN, lf_str("line", s->tried_auth ? STR("(behind AUTH: not shown)") : letters_of(line)));
        return smtp_refuse(s, SMTP_UNKNOWN_COMMAND, STR(""));
    }
    no = v->flags & FRAMES_F ? SMTP_REPLY_COUNT : smtp_objection(s, v, c.args);
    if (no != SMTP_REPLY_COUNT)
        return smtp_refuse(s, no, v->word);
    s->log.action = v->word.p;
    if (s->stranger && (v->flags & WAITS_F) && stream_input(s->stream).n) {
        TRY(stranger_pipelined(s, v));
        if (s->over)
            return ST_OK;
    }
    return v->fn(&c);
}

/* A line that is one: ends in CR LF and holds neither NUL nor a CR elsewhere. */
static bool take_line_end(struct str *line)
{
    if (!str_ends(*line, STR("\r\n")))
        return false;
    line->n -= 2;
    return str_find(*line, '\r') == line->n && str_find(*line, '\0') == line->n;
}

static enum st one_command(struct smtp_session *s) SUSPENDS
{
    unsigned errors = s->errors;
    struct str line;
    enum st st;

    /* for the whole line, however its bytes drip */
    mono_ms end = s->line_until ? s->line_until : deadline_in(s->set->smtp_command_timeout);

    s->line_until = 0;

    stream_set_deadline(s->stream, s->txn.deadline ? MIN(end, s->txn.deadline) : end);
    st = stream_line(s->stream, LIMIT_SMTP_LINE, &line);
    stream_set_deadline(s->stream, NEVER);
    if (st == ST_LIMIT) {
        smtp_session_end(s, ST_LIMIT, "command line too long");
        return smtp_reply(s, SMTP_LINE_TOO_LONG);
    }
    if (st != ST_OK)
        return st;
    if (!take_line_end(&line)) {
        smtp_session_end(s, ST_SYNTAX, "bare CR, LF or NUL in a command");
        return smtp_reply(s, SMTP_BARE_LINE_END);
    }
    if (s->stranger)
        TRY(stranger_hold(s)); /* nothing is read meanwhile: the line stays */
    TRY(run_command(s, line));
    if (s->errors > errors)
        TRY(stranger_count(s, SMTP_COUNT_ERROR));
    if (s->errors >= s->set->smtp_max_errors && !s->over) {
        smtp_session_end(s, ST_DENIED, "too many errors");
        return smtp_reply(s, SMTP_TOO_MANY_ERRORS);
    }
    return ST_OK;
}

enum st smtp_session_greet(struct smtp_session *s)
{
    s->greeted = true;
    LOG(SMTP_SESSION_OPENED);
    return stream_writef(s->stream, "220 %.*s %s Restante\r\n", STR_ARGS(s->set->host_name),
                         s->lmtp ? "LMTP" : "ESMTP");
}

static bool has_line(const struct smtp_session *s)
{
    struct str in = stream_input(s->stream);

    return str_find(in, '\n') < in.n;
}

/* The one long wait, also for the rest of a command whose bytes drip: those hold no stack. ST_PARKED, or ST_OK when there is input to read. */
static enum st wait_for_command(struct smtp_session *s) SUSPENDS
{
    mono_ms until = deadline_in(s->set->smtp_command_timeout);

    if (has_line(s) ||
        s->txn.chunks) /* who has begun a letter keeps his stack, as within DATA: crowd.c of the gate sees to those */
        return ST_OK;
    TRY(stream_flush(s->stream));
    s->log.action = "waiting for a command";
    if (stream_input(s->stream).n && !s->line_until)
        s->line_until = until;
    return s->setup.ops->park(s->setup.arg, s->stream, s->line_until ? s->line_until : until) ? ST_PARKED : ST_OK;
}

static enum st say_revoked(struct smtp_session *s) SUSPENDS
{
    smtp_session_end(s, ST_DENIED, "access withdrawn");
    TRY(smtp_reply(s, SMTP_ACCESS_WITHDRAWN));
    return stream_flush(s->stream);
}

static enum st serve(struct smtp_session *s, enum st why) SUSPENDS
{
    stream_set_timeouts(s->stream, (uint32_t)s->set->smtp_command_timeout, (uint32_t)s->set->net_write_timeout);
    if (!s->greeted && s->setup.greet_delay && s->stranger && why != ST_CANCELED)
        TRY(stranger_wait(s, why));
    else if (why == ST_TIMEOUT || why == ST_CANCELED)
        return why;
    if (!s->greeted)
        TRY(smtp_session_greet(s));
    while (!s->over) {
        if (s->revoked)
            return say_revoked(s);
        TRY(wait_for_command(s));
        if (s->revoked)
            continue;
        TRY(one_command(s));
        stream_set_timeouts(s->stream, (uint32_t)s->set->smtp_command_timeout, (uint32_t)s->set->net_write_timeout);
    }
    return stream_flush(s->stream);
}

/* Last words, where the protocol has some for the case (RFC 5321 section 3.8). */
static void say_goodbye(struct smtp_session *s, enum st st) SUSPENDS
{
    enum st ignored = ST_OK;

    if (st == ST_TIMEOUT)
        ignored = smtp_reply_arg(s, SMTP_IDLE_TOO_LONG, s->set->host_name);
    else if (st == ST_CANCELED && s->revoked)
        ignored = smtp_reply(s, SMTP_ACCESS_WITHDRAWN);
    else if (st == ST_CANCELED && s->crowded)
        ignored = smtp_reply(s, SMTP_TOO_MANY_CONNECTIONS);
    else if (st == ST_CANCELED)
        ignored = smtp_reply_arg(s, SMTP_SHUTDOWN, s->set->host_name);
    if (ignored == ST_OK)
        ignored = stream_flush(s->stream);
    (void)ignored; /* the peer may be gone: there is nobody left to tell */
}

static const char *how_it_ended(const struct smtp_session *s, enum st st)
{
    if (st == ST_EOF)
        return "the client hung up";
    return st == ST_CANCELED && s->crowded ? "too many connections" : st_text(st);
}

enum st smtp_session_run(struct smtp_session *s, enum st why)
{
    const struct log_ctx *outer = log_here;
    enum st st;

    must_obj(s, SMTP_SESSION_MAGIC);
    log_here = &s->log;
    st = serve(s, why);
    if (st != ST_PARKED) {
        if (!s->over)
            smtp_session_end(s, st, how_it_ended(s, st));
        say_goodbye(s, st);
        LOG(SMTP_SESSION_CLOSED, lf_z("reason", s->end_reason), lf_u64("letters", s->letters),
            lf_u64("bytes_in", stream_bytes_in(s->stream)), lf_u64("bytes_out", stream_bytes_out(s->stream)));
        st = s->end;
    }
    log_here = outer;
    return st;
}

bool smtp_session_revoke(struct smtp_session *s)
{
    s->authenticated = false;
    s->user = (struct smtp_auth_result){0};
    s->log.user = STR_NONE;
    s->revoked = true;
    return s->reading_text;
}

bool smtp_session_reads_text(const struct smtp_session *s)
{
    return s->reading_text;
}

void smtp_session_crowd(struct smtp_session *s)
{
    s->crowded = true;
}
