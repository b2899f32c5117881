/* AUTH (RFC 4954): carries a SASL exchange in lines, asks the keeper at its end. */
#include "sasl/log_in.h"
#include "smtp/session.h"

bool smtp_may_auth(const struct smtp_session *s)
{
    return s->submission && (!s->authenticated || s->by_network) &&
           (stream_is_tls(s->stream) || s->setup.listener->plaintext_auth);
}

struct auth {
    struct smtp_session *s;
    struct arena *arena;
    struct smtp_auth_result user; /* who it is; the session's only when the exchange has ended well */
};

/* A challenge and its answer, in lines of SMTP. */
static enum st ask(void *arg, struct str challenge, struct str *out_raw) SUSPENDS
{
    struct auth *auth = arg;
    struct smtp_session *s = auth->s;
    struct str line;
    struct buf b;
    enum st st;

    buf_init(&b, LIMIT_SASL_LINE);
    sasl_put_challenge(&b, "334 ", challenge);
    st = stream_write(s->stream, buf_str(&b));
    buf_fini(&b);
    TRY(st);
    stream_set_deadline(s->stream, deadline_in(s->set->smtp_command_timeout));
    st = stream_line(s->stream, LIMIT_SASL_LINE, &line);
    stream_set_deadline(s->stream, NEVER);
    if (st != ST_OK)
        return st == ST_LIMIT ? ST_LIMIT : FAIL(ST_EOF, "the connection ended in an AUTH exchange");
    return sasl_decode(auth->arena, str_trim(line), false, out_raw);
}

/* What the mechanism has come to: SMTP's own question to the keeper. */
static enum st show(void *arg, const struct sasl_credentials *c) SUSPENDS
{
    struct auth *auth = arg;
    struct smtp_session *s = auth->s;
    struct smtp_auth_try try = {c->mechanism.p, c->authzid, c->user, str_n(c->password.p, c->password.n)};

    return s->setup.ops->authenticate(s->setup.arg, &try, &s->arena, &auth->user);
}

static enum st pass(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out) SUSPENDS
{
    struct auth *auth = arg;

    return auth->s->setup.ops->sasl_step(auth->s->setup.arg, a, m, out, &auth->user);
}

static enum st say_failed(struct smtp_session *s, enum st st) SUSPENDS
{
    if (login_is_refusal(st) && ++s->auth_tries >= s->set->auth_max_tries)
        smtp_session_end(s, ST_DENIED, "too many wrong passwords");
    switch (st) {
    case ST_CANCELED: return smtp_reply(s, SMTP_AUTH_CANCELED);
    case ST_SYNTAX: return smtp_refuse(s, SMTP_AUTH_BAD_BASE64, STR(""));
    case ST_LIMIT: smtp_session_end(s, ST_LIMIT, "AUTH line too long"); return smtp_reply(s, SMTP_AUTH_TOO_LONG);
    case ST_DENIED:
    case ST_NOTFOUND: return smtp_reply(s, SMTP_AUTH_FAILED);
    case ST_NOTSELF: return smtp_reply(s, SMTP_AUTH_NOT_SELF);
    case ST_EXPIRED: return smtp_reply(s, SMTP_AUTH_EXPIRED);
    case ST_DISABLED: return smtp_reply(s, SMTP_AUTH_DISABLED);
    case ST_TRYLATER:
    case ST_TIMEOUT:
    case ST_BUSY: return smtp_refuse(s, SMTP_AUTH_LATER, STR(""));
    default: return st;
    }
}

static unsigned taken_here(const struct smtp_session *s)
{
    unsigned announced, taken = 0;

    if (s->setup.ops->mechanisms)
        s->setup.ops->mechanisms(s->setup.arg, &announced, &taken);
    return taken | (unsigned)SASL_CLEAR; /* smtp_may_auth has seen to that */
}

static enum st log_in(struct smtp_session *s, struct arena *a, struct str mechanism, struct str initial) SUSPENDS
{
    struct auth auth = {.s = s, .arena = a};
    struct sasl_driver driver = {.ask = ask, .show = show, .pass = pass, .arg = &auth};
    struct str raw;
    struct sasl x;
    enum st st = sasl_begin(&x, a, mechanism, taken_here(s));

    if (st != ST_OK)
        return smtp_refuse(s, SMTP_AUTH_UNKNOWN_MECHANISM, STR(""));
    if (initial.p)
        st = sasl_decode(a, initial, true, &raw);
    if (st == ST_OK)
        st = sasl_run(&x, initial.p ? &raw : NULL, &driver);
    if (st != ST_OK) {
        LOG(SMTP_AUTH_FAILED, lf_str("login", driver.user), lf_z("mechanism", x.mechanism->name),
            lf_z("status", st_name(st)));
        wipe(&auth.user, sizeof(auth.user));
        if (driver.was_granted) /* it has given up behind its success: what it may do now is not what it was told */
            smtp_session_end(s, ST_CANCELED, "AUTH given up");
        return say_failed(s, st);
    }
    s->user = auth.user;
    wipe(&auth.user, sizeof(auth.user));
    s->authenticated = true;
    s->by_network = false;
    s->log.user = s->user.login;
    LOG(SMTP_AUTH_SUCCEEDED, lf_z("mechanism", x.mechanism->name));
    return smtp_reply(s, SMTP_AUTH_OK);
}

/* The reply to an AUTH that cannot be tried, or SMTP_REPLY_COUNT. */
static enum smtp_reply objection(const struct smtp_session *s)
{
    if (!s->submission)
        return SMTP_AUTH_NOT_HERE;
    if (s->authenticated && !s->by_network)
        return SMTP_AUTH_ALREADY;
    if (s->txn.open)
        return SMTP_AUTH_IN_MAIL;
    return smtp_may_auth(s) ? SMTP_REPLY_COUNT : SMTP_AUTH_NEEDS_TLS;
}

enum st smtp_cmd_auth(struct smtp_cmd *c)
{
    struct smtp_session *s = c->s;
    enum smtp_reply no = objection(s);
    struct str rest = str_trim(c->args), mechanism, initial = STR_NONE;
    struct arena a = ARENA_INIT;
    enum st st;

    s->tried_auth = true;
    if (no != SMTP_REPLY_COUNT)
        return smtp_refuse(s, no, STR(""));
    if (rest.n == 0)
        return smtp_refuse(s, SMTP_BAD_SYNTAX, str_z(c->verb->syntax));
    str_split(&rest, ' ', &mechanism);
    if (rest.p)
        initial = arena_str(&a, str_trim(rest));
    s->log.action = "authenticating";
    st = log_in(s, &a, arena_str(&a, mechanism), initial);
    arena_fini(&a);
    return st;
}
