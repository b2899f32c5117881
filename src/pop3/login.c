/* POP3 before login (RFC 1939 section 4), in a gate: knows no mail. */
#include "base/limits.h"
#include "base/log.h"
#include "base/must.h"
#include "base/retention.h"
#include "pop3/pop3.h"
#include "pop3/words.h"
#include "sasl/sasl.h"

#include <stdio.h>

struct login {
    const struct pop3_login_options *opt;
    struct pop3_login_outcome *out;
    struct stream *stream;
    struct pop3_login_kept *kept;
    bool over, done;
    enum st end;
};

struct login_row {
    struct str word;
    enum st (*fn)(struct login *l, struct str args) SUSPENDS;
    size_t least, most;
    const char *syntax;
};

static bool is_clear(const struct login *l)
{
    return stream_is_tls(l->stream) || l->opt->plaintext_auth;
}

static bool has_stls(const struct login *l)
{
    return l->opt->ops->starttls && !stream_is_tls(l->stream);
}

static void end(struct login *l, enum st st, const char *reason)
{
    l->over = true;
    l->end = st;
    l->out->reason = reason;
}

static enum st say(struct login *l, enum pop3_text text) SUSPENDS
{
    return pop3_say(l->stream, l->kept->said.lang, text);
}

static enum st refuse(struct login *l, enum pop3_text text) SUSPENDS
{
    l->kept->errors++;
    return say(l, text);
}

/* RFC 3206: AUTH when it is the credentials' fault, SYS/TEMP when trying again helps, SYS/PERM when somebody has to do something about it. */
static enum st say_refused(struct login *l, enum st st) SUSPENDS
{
    if (login_is_refusal(st) && ++l->kept->tries >= l->opt->set->auth_max_tries)
        end(l, ST_DENIED, "too many wrong passwords");
    switch (st) {
    case ST_DENIED:
    case ST_NOTFOUND: return say(l, POP3_TEXT_WRONG_PASSWORD);
    case ST_NOTSELF: return say(l, POP3_TEXT_NOT_SELF);
    case ST_EXPIRED: return say(l, POP3_TEXT_CERTIFICATE_EXPIRED);
    case ST_DISABLED: return say(l, POP3_TEXT_ACCOUNT_DISABLED);
    case ST_BUSY: return say(l, POP3_TEXT_IN_USE);
    case ST_LIMIT: return say(l, POP3_TEXT_TOO_MANY_SESSIONS);
    default: return say(l, POP3_TEXT_TEMPORARY);
    }
}

/* Logged in, or told why not. */
static enum st conclude(struct login *l, struct str user, enum st st) SUSPENDS
{
    if (st != ST_OK) {
        LOG(POP3_LOGIN_FAILED, lf_str("login", user), lf_z("status", st_name(st)));
        return say_refused(l, st);
    }
    l->done = true;
    return ST_OK;
}

static enum st log_in(struct login *l, const struct login_try *t) SUSPENDS
{
    return conclude(l, t->user, l->opt->ops->authenticate(l->opt->arg, t, &l->out->who));
}

static enum st login_cmd_user(struct login *l, struct str args) SUSPENDS
{
    if (!is_clear(l))
        return refuse(l, POP3_TEXT_STLS_FIRST);
    if (args.n > SASL_NAME_MAX)
        return refuse(l, POP3_TEXT_NAME_TOO_LONG);
    if (!str_is_utf8(args)) /* RFC 6856 section 2.2 */
        return refuse(l, POP3_TEXT_NO_UTF8_NAME);
    arena_reset(&l->kept->arena);
    l->kept->user = arena_str(&l->kept->arena, args);
    return say(l, POP3_TEXT_PASSWORD_NEXT);
}

static enum st login_cmd_pass(struct login *l, struct str args) SUSPENDS
{
    struct login_try t = {.user = l->kept->user, .password = secret_of(args)};
    enum st st;

    if (!is_clear(l))
        return refuse(l, POP3_TEXT_STLS_FIRST);
    if (!l->kept->user.n)
        return refuse(l, POP3_TEXT_USER_FIRST);
    if (!str_is_utf8(args))
        return refuse(l, POP3_TEXT_NO_UTF8_NAME);
    st = log_in(l, &t);
    l->kept->user = STR_NONE;
    return st;
}

struct auth {
    struct login *l;
    struct arena *arena;
};

/* A challenge and its answer, in lines of POP3 (RFC 5034 section 4). */
static enum st ask(void *arg, struct str challenge, struct str *out_raw) SUSPENDS
{
    struct auth *auth = arg;
    struct str line;
    struct buf b;
    enum st st;

    buf_init(&b, LIMIT_SASL_LINE);
    sasl_put_challenge(&b, "+ ", challenge);
    st = stream_write(auth->l->stream, buf_str(&b));
    buf_fini(&b);
    TRY(st);
    TRY(stream_line(auth->l->stream, LIMIT_SASL_LINE, &line));
    return sasl_decode(auth->arena, str_trim(line), false, out_raw);
}

static enum st show(void *arg, const struct sasl_credentials *c) SUSPENDS
{
    struct login *l = ((struct auth *)arg)->l;
    struct login_try t = {.mechanism = c->mechanism, .authzid = c->authzid, .user = c->user, .password = c->password};

    return l->opt->ops->authenticate(l->opt->arg, &t, &l->out->who);
}

static enum st pass(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out) SUSPENDS
{
    struct login *l = ((struct auth *)arg)->l;

    return l->opt->ops->step(l->opt->arg, a, m, out, &l->out->who);
}

static enum st auth_with(struct login *l, struct arena *a, struct str mechanism, struct str initial) SUSPENDS
{
    struct auth auth = {l, a};
    struct sasl_driver driver = {.ask = ask, .show = show, .pass = pass, .arg = &auth};
    struct str raw;
    struct sasl x;
    enum st st = ST_OK;

    if (sasl_begin(&x, a, mechanism, login_taken(l->opt->ops, l->opt->arg, true)) != ST_OK)
        return refuse(l, POP3_TEXT_NO_MECHANISM);
    if (initial.n)
        st = sasl_decode(a, initial, true, &raw);
    if (st == ST_OK)
        st = sasl_run(&x, initial.n ? &raw : NULL, &driver);
    if (st == ST_OK || driver.was_refused)
        return conclude(l, driver.user, st);
    if (st == ST_CANCELED && !co_is_canceled())
        return refuse(l, POP3_TEXT_AUTH_CANCELED);
    if (st == ST_SYNTAX)
        return refuse(l, POP3_TEXT_BAD_BASE64);
    if (st == ST_LIMIT) {
        end(l, ST_LIMIT, "AUTH line too long");
        return say(l, POP3_TEXT_AUTH_TOO_LONG);
    }
    return st;
}

static enum st list_mechanisms(struct login *l) SUSPENDS
{
    struct buf names;
    struct str rest, name;
    enum st st = say(l, POP3_TEXT_MECHANISMS);

    buf_init(&names, 500);
    sasl_offer(&names, login_announced(l->opt->ops, l->opt->arg, is_clear(l)));
    rest = str_trim(buf_str(&names));
    while (st == ST_OK && rest.n && str_split(&rest, ' ', &name))
        st = stream_writef(l->stream, "%.*s\r\n", STR_ARGS(name));
    buf_fini(&names);
    return st == ST_OK ? stream_write(l->stream, STR(".\r\n")) : st;
}

static enum st login_cmd_auth(struct login *l, struct str args) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str mechanism = pop3_word(&args);
    enum st st;

    if (!mechanism.n) /* the list that old clients ask for (RFC 1734 had none; many servers answer it) */
        return list_mechanisms(l);
    if (!is_clear(l))
        return refuse(l, POP3_TEXT_STLS_FIRST);
    st = auth_with(l, &a, arena_str(&a, mechanism), arena_str(&a, pop3_word(&args)));
    arena_fini(&a);
    return st;
}

static enum st login_cmd_stls(struct login *l, struct str args) SUSPENDS
{
    enum st st;

    (void)args;
    if (stream_is_tls(l->stream))
        return refuse(l, POP3_TEXT_TLS_IS_ACTIVE);
    if (l->kept->said.utf8)
        return refuse(l, POP3_TEXT_STLS_BEHIND_UTF8);
    if (!l->opt->ops->starttls)
        return refuse(l, POP3_TEXT_NO_TLS);
    if (stream_input(l->stream).n) {
        end(l, ST_DENIED, "commands behind STLS");
        return say(l, POP3_TEXT_BEHIND_STLS);
    }
    TRY(say(l, POP3_TEXT_BEGIN_TLS));
    TRY(stream_flush(l->stream));
    l->kept->user = STR_NONE;
    st = l->opt->ops->starttls(l->opt->arg);
    if (st != ST_OK)
        end(l, st, "TLS handshake failed");
    return st;
}

static enum st login_cmd_capa(struct login *l, struct str args) SUSPENDS
{
    const struct settings *set = l->opt->set;
    const struct pop3_offer *offer = &l->opt->offer;
    struct pop3_capa capa = {.have = (is_clear(l) ? CAPA_CLEAR : 0u) | (has_stls(l) ? CAPA_STLS : 0u),
                             .mechanisms = login_announced(l->opt->ops, l->opt->arg, is_clear(l)),
                             .own_expire = offer->own_expire,
                             .own_delay = offer->own_delay};

    (void)args;
    /* what may hold for anybody: the longest delay, the shortest time (RFC 2449 sections 6.5, 6.7) */
    capa.delay_s = MAX((uint32_t)(set->pop3_login_delay / 1000), offer->own_delay ? offer->delay_s : 0);
    capa.expire_days = retention_expire_days(pop3_retention(set, RETAIN_DEFAULT));
    if (offer->own_expire)
        capa.expire_days = MIN(capa.expire_days, offer->expire_days);
    return pop3_write_capa(l->stream, l->kept->said.lang, &capa);
}

static enum st login_cmd_utf8(struct login *l, struct str args) SUSPENDS
{
    (void)args;
    l->kept->said.utf8 = true;
    return say(l, POP3_TEXT_UTF8_ON);
}

static enum st login_cmd_lang(struct login *l, struct str args) SUSPENDS
{
    bool failed;

    TRY(pop3_run_lang(l->stream, pop3_word(&args), pop3_preferred(l->opt->set), &l->kept->said, &failed));
    l->kept->errors += failed;
    return ST_OK;
}

static enum st login_cmd_noop(struct login *l, struct str args) SUSPENDS
{
    (void)args;
    return say(l, POP3_TEXT_DONE);
}

static enum st login_cmd_quit(struct login *l, struct str args) SUSPENDS
{
    (void)args;
    end(l, ST_OK, "quit");
    return say(l, POP3_TEXT_BYE);
}

static const struct login_row rows[] = {
#define CMD(word, fn, least, most, syntax, ref) {STR(#word), fn, least, most, syntax},
#include "pop3/login_commands.def"
#undef CMD
};

static enum st run(struct login *l, const struct pop3_line *line) SUSPENDS
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct login_row *r = &rows[i];

        if (!str_ieq(line->word, r->word))
            continue;
        if (line->n_args < r->least || line->n_args > r->most) {
            l->kept->errors++;
            return pop3_say(l->stream, l->kept->said.lang, POP3_TEXT_SYNTAX, r->syntax);
        }
        return r->fn(l, line->args);
    }
    return refuse(l, pop3_unknown(line->word, false));
}

static enum st one_command(struct login *l) SUSPENDS
{
    struct pop3_line line;
    enum st st = pop3_read_line(l->stream, LIMIT_POP3_LINE, &line);

    if (st == ST_SYNTAX || st == ST_LIMIT) {
        end(l, st, "malformed command line");
        return say(l, st == ST_LIMIT ? POP3_TEXT_LINE_TOO_LONG : POP3_TEXT_BAD_LINE_END);
    }
    TRY(st);
    TRY(run(l, &line));
    if (l->kept->errors >= l->opt->set->pop3_max_errors && !l->over) {
        end(l, ST_DENIED, "too many errors");
        return say(l, POP3_TEXT_TOO_MANY_ERRORS);
    }
    return ST_OK;
}

/* The one long wait: a stranger that says nothing holds no stack. */
static enum st wait_for_command(struct login *l) SUSPENDS
{
    if (!l->opt->ops->park || stream_input(l->stream).n)
        return ST_OK;
    TRY(stream_flush(l->stream));
    return l->opt->ops->park(l->opt->arg) ? ST_PARKED : ST_OK;
}

static enum st serve(struct login *l) SUSPENDS
{
    if (l->opt->woke != ST_OK)
        return l->opt->woke;
    if (!l->kept->greeted)
        TRY(say(l, POP3_TEXT_READY));
    l->kept->greeted = true;
    while (!l->over && !l->done) {
        TRY(wait_for_command(l));
        TRY(one_command(l));
    }
    return stream_flush(l->stream);
}

static void say_crowded(struct login *l) SUSPENDS
{
    end(l, ST_CANCELED, "too many connections");
    if (stream_write(l->stream, pop3_no_room()) == ST_OK)
        IGNORE(stream_flush(l->stream)); /* it ends whether or not the peer hears why */
}

enum st pop3_login(const struct pop3_login_options *opt, struct pop3_login_outcome *out)
{
    struct login l = {.opt = opt, .out = out, .stream = opt->stream, .kept = opt->kept};
    enum st st;

    *out = (struct pop3_login_outcome){0};
    stream_set_timeouts(l.stream, (uint32_t)opt->set->pop3_login_timeout, (uint32_t)opt->set->net_write_timeout);
    if (!l.kept->greeted)
        stream_set_deadline(l.stream, deadline_in(opt->set->pop3_login_timeout));
    st = serve(&l);
    if (st == ST_PARKED)
        return st;
    if (st == ST_CANCELED && l.kept->crowded)
        say_crowded(&l);
    stream_set_deadline(l.stream, NEVER);
    arena_fini(&l.kept->arena);
    if (l.done && st == ST_OK)
        return ST_OK;
    if (!l.over)
        end(&l, st, st == ST_EOF ? "the client hung up" : st_text(st));
    return l.end == ST_OK ? ST_EOF : l.end;
}

struct str pop3_no_room(void)
{
    return STR("-ERR [SYS/TEMP] Too many connections, try again later\r\n");
}

struct str pop3_turned_away(char line[POP3_TURNED_AWAY_MAX], struct str why)
{
    int n = snprintf(line, POP3_TURNED_AWAY_MAX, "-ERR [SYS/TEMP] %.*s\r\n", (int)MIN(why.n, POP3_TURNED_AWAY_MAX - 40),
                     why.p);

    return str_n(line, (size_t)n);
}

enum st pop3_login_refuse(const struct pop3_login_options *opt, enum st why)
{
    struct pop3_login_outcome out = {0};
    struct pop3_login_kept kept = {.said = opt->kept->said};
    struct login l = {.opt = opt, .out = &out, .stream = opt->stream, .kept = &kept};

    TRY(say_refused(&l, why));
    return stream_flush(l.stream);
}
