/* AUTH (RFC 4954): carries a SASL exchange in lines, asks the keeper at its end. */
#include "sasl/sasl.h"
#include "smtp/session.h"

bool smtp_may_auth(const struct smtp_session *s)
{
    return s->submission && (!s->authenticated || s->by_network) &&
           (stream_is_tls(s->stream) || s->setup.listener->plaintext_auth);
}

struct auth {
    struct smtp_session *s;
    struct arena *arena;
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

/* The exchange up to the credentials. ST_CANCELED, ST_SYNTAX, ST_LIMIT: to be told; else the connection's end. */
static enum st exchange(struct smtp_session *s, struct arena *a, struct sasl *x, struct str initial,
                        struct sasl_credentials *out) SUSPENDS
{
    struct auth auth = {s, a};
    struct str raw;

    if (initial.p)
        TRY(sasl_decode(a, initial, true, &raw));
    return sasl_exchange(x, initial.p ? &raw : NULL, ask, &auth, out);
}

static enum st say_failed(struct smtp_session *s, enum st st) SUSPENDS
{
    switch (st) {
    case ST_CANCELED: return smtp_reply(s, SMTP_AUTH_CANCELED);
    case ST_SYNTAX: return smtp_refuse(s, SMTP_AUTH_BAD_BASE64, STR(""));
    case ST_LIMIT: smtp_session_end(s, ST_LIMIT, "AUTH line too long"); return smtp_reply(s, SMTP_AUTH_TOO_LONG);
    case ST_DENIED:
    case ST_NOTFOUND:
        if (++s->auth_tries >= s->set->auth_max_tries)
            smtp_session_end(s, ST_DENIED, "too many wrong passwords");
        return smtp_reply(s, SMTP_AUTH_FAILED);
    case ST_TRYLATER:
    case ST_TIMEOUT:
    case ST_BUSY: return smtp_refuse(s, SMTP_AUTH_LATER, STR(""));
    default: return st;
    }
}

static enum st log_in(struct smtp_session *s, struct arena *a, struct str mechanism, struct str initial) SUSPENDS
{
    struct sasl_credentials who = {0};
    struct smtp_auth_try try;
    struct sasl x;
    enum st st = sasl_begin(&x, a, mechanism);

    if (st != ST_OK)
        return smtp_refuse(s, SMTP_AUTH_UNKNOWN_MECHANISM, STR(""));
    st = exchange(s, a, &x, initial, &who);
    if (st == ST_OK) {
        try = (struct smtp_auth_try){x.mechanism->name, who.authzid, who.user, str_n(who.password.p, who.password.n)};
        st = s->setup.ops->authenticate(s->setup.arg, &try, &s->arena, &s->user);
    }
    sasl_wipe(&who);
    if (st != ST_OK) {
        LOG(SMTP_AUTH_FAILED, lf_str("login", who.user), lf_z("mechanism", x.mechanism->name),
            lf_z("status", st_name(st)));
        return say_failed(s, st);
    }
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
