/* IMAP before login (RFC 3501 sections 3.1, 6.1, 6.2). Runs in the gate, for strangers, and knows nothing of mail:
 * it greets, answers what may be asked without a name, and carries one login to the keeper. Its limits are tighter
 * than the session's. */
#include "base/must.h"
#include "imap/id.h"
#include "imap/imap.h"
#include "imap/language.h"
#include "imap/resp.h"
#include "imap/source.h"
#include "imap/states.h"
#include "sasl/sasl.h"

#include <stdio.h>

enum {
    LOGIN_LITERAL_MAX = 2048, /* a user name or password */
    LOGIN_COMMAND_MAX = 32768,
    LOGIN_LINE_MAX = LIMIT_SASL_LINE + 1024,
    LAST_WORDS_MS = 1000,
};

struct login {
    const struct imap_login_options *opt;
    struct imap_login_outcome *out;
    struct imap_conn conn;
    struct imap_source src;
    struct arena arena; /* reset at each command */
    struct imap_login_kept *kept;
    bool logged_in;
};

struct login_cmd {
    struct login *l;
    struct imap_lexer lx;
    struct str tag;
    const char *code, *text; /* of the tagged answer; NULL: the usual one */
};

#define CMD(...)
#define LOGIN_CMD(name, handler, capability, reference) static enum st handler(struct login_cmd *c) SUSPENDS;
#include "imap/commands.def"
#undef LOGIN_CMD

static const struct login_row {
    struct str name;
    enum st (*run)(struct login_cmd *c) SUSPENDS;
    struct str capability, reference;
} login_rows[] = {
#define LOGIN_CMD(name, handler, capability, reference)                                                                \
    {{name, sizeof(name) - 1}, handler, {capability, sizeof(capability) - 1}, {reference, sizeof(reference) - 1}},
#include "imap/commands.def"
#undef LOGIN_CMD
#undef CMD
};

static bool may_send_password(const struct login *l)
{
    return l->opt->plaintext_auth || stream_is_tls(l->opt->stream);
}

static bool may_starttls(const struct login *l)
{
    return l->opt->ops->starttls && !stream_is_tls(l->opt->stream);
}

static void put_capabilities(struct login *l) SUSPENDS
{
    struct buf names;

    imap_put_capabilities(&l->conn, IN_NONE, &l->kept->withheld);
    if (may_starttls(l))
        imap_put(&l->conn, STR(" STARTTLS"));
    if (!may_send_password(l))
        imap_put(&l->conn, STR(" LOGINDISABLED"));
    buf_init(&names, 1024);
    sasl_offer(&names, login_announced(l->opt->ops, l->opt->arg, may_send_password(l)));
    for (struct str rest = str_from(buf_str(&names), 1), name; str_split(&rest, ' ', &name);) {
        imap_put(&l->conn, STR(" AUTH="));
        imap_put(&l->conn, name);
    }
    buf_fini(&names);
}

static enum st login_capability(struct login_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_put(&c->l->conn, STR("* CAPABILITY"));
    put_capabilities(c->l);
    imap_put(&c->l->conn, STR("\r\n"));
    return ST_OK;
}

static enum st login_noop(struct login_cmd *c)
{
    return imap_lex_end(&c->lx);
}

static enum st login_logout(struct login_cmd *c)
{
    TRY(imap_lex_end(&c->lx));
    imap_put(&c->l->conn, STR("* BYE Logging out\r\n"));
    c->l->out->reason = "logout";
    return ST_OK;
}

static enum st login_id(struct login_cmd *c)
{
    struct login *l = c->l;
    struct imap_withheld before = l->kept->withheld;

    TRY(imap_id_parse(&c->lx, l->opt->set->imap_withhold_clients, &l->kept->withheld));
    imap_source_withhold(&l->src, &l->kept->withheld);
    imap_id_put(&l->conn);
    if (memcmp(&before, &l->kept->withheld, sizeof before) == 0)
        return ST_OK;
    imap_put(&l->conn, STR("* CAPABILITY"));
    put_capabilities(l);
    imap_put(&l->conn, STR("\r\n"));
    return ST_OK;
}

static enum st login_language(struct login_cmd *c)
{
    return imap_language(&c->lx, &c->l->conn);
}

/* RFC 3501 6.2.1, RFC 8314. What came behind the command in clear text must not be taken for something said under
 * TLS: there may be nothing. */
static enum st login_starttls(struct login_cmd *c)
{
    struct login *l = c->l;

    TRY(imap_lex_end(&c->lx));
    if (stream_is_tls(l->opt->stream))
        return FAIL(ST_SYNTAX, "TLS is active already");
    if (!may_starttls(l))
        return FAIL(ST_SYNTAX, "No TLS here");
    if (stream_input(l->opt->stream).n > 0) {
        l->out->reason = "input behind STARTTLS";
        return FAIL(ST_SYNTAX, "Nothing may follow STARTTLS before TLS is active");
    }
    imap_put_status(&l->conn, c->tag, "OK", STR_NONE, STR("Begin TLS negotiation now"));
    TRY(imap_conn_flush(&l->conn));
    c->tag = STR_NONE;
    if (l->opt->ops->starttls(l->opt->arg) != ST_OK) {
        l->out->reason = "tls handshake failed";
        l->conn.dead = ST_IO;
    }
    return ST_OK;
}

/* How a failed login is told (RFC 5530 section 3). */
static void tell_refusal(struct imap_conn *conn, struct str tag, enum st why) SUSPENDS
{
    switch (why) {
    case ST_DENIED:
    case ST_NOTFOUND:
        imap_put_status(conn, tag, "NO", STR("AUTHENTICATIONFAILED"), STR("Wrong user name or password"));
        break;
    case ST_NOTSELF:
        imap_put_status(conn, tag, "NO", STR("AUTHORIZATIONFAILED"), STR("Nobody may act as somebody else"));
        break;
    case ST_EXPIRED: imap_put_status(conn, tag, "NO", STR("EXPIRED"), STR("The certificate has expired")); break;
    case ST_DISABLED: imap_put_status(conn, tag, "NO", STR("CONTACTADMIN"), STR("This account is disabled")); break;
    case ST_BUSY:
    case ST_LIMIT: imap_put_status(conn, tag, "NO", STR("LIMIT"), STR("Too many sessions of this account")); break;
    default: imap_put_status(conn, tag, "NO", STR("UNAVAILABLE"), STR("Not possible just now; try again later")); break;
    }
}

/* Logged in, or told why not. */
static void conclude(struct login_cmd *c, enum st st) SUSPENDS
{
    struct login *l = c->l;

    if (st == ST_OK) {
        must(c->tag.n <= IMAP_TAG_MAX);
        memcpy(l->out->tag, c->tag.p, c->tag.n);
        l->out->tag[c->tag.n] = '\0';
        l->out->tag_str = str_n(l->out->tag, c->tag.n);
        l->logged_in = true;
    } else {
        tell_refusal(&l->conn, c->tag, st);
        if (login_is_refusal(st) && ++l->kept->tries >= l->opt->set->auth_max_tries)
            l->out->reason = "denied";
    }
    c->tag = STR_NONE; /* answered, or the session will */
}

static enum st try_login(struct login_cmd *c, const struct login_try *t) SUSPENDS
{
    struct login *l = c->l;

    TRY(imap_conn_push(&l->conn));
    conclude(c, l->opt->ops->authenticate(l->opt->arg, t, &l->out->who));
    return ST_OK;
}

static enum st need_privacy(struct login_cmd *c)
{
    if (may_send_password(c->l))
        return ST_OK;
    c->code = "PRIVACYREQUIRED";
    return FAIL(ST_DENIED, "Passwords are taken under TLS only");
}

static enum st login_login(struct login_cmd *c)
{
    struct str user, password;
    enum st st;

    TRY(need_privacy(c));
    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_astring(&c->lx, &user));
    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_astring(&c->lx, &password));
    st = imap_lex_end(&c->lx);
    if (st == ST_OK && (user.n > SASL_NAME_MAX || password.n > SASL_PASSWORD_MAX))
        st = FAIL(ST_SYNTAX, "User name or password is too long");
    if (st == ST_OK)
        st = try_login(c, &(struct login_try){.user = user, .password = secret_of(password)});
    wipe((char *)(uintptr_t)password.p, password.n);
    return st;
}

/* One answer of the client to a challenge, to raw bytes. */
static enum st sasl_answer(void *arg, struct str challenge, struct str *out) SUSPENDS
{
    struct login *l = ((struct login_cmd *)arg)->l;
    struct buf b;
    struct str line;
    enum st st;

    buf_init(&b, LIMIT_SASL_LINE);
    sasl_put_challenge(&b, "+ ", challenge);
    imap_put(&l->conn, buf_str(&b));
    buf_fini(&b);
    st = imap_conn_line(&l->conn, LIMIT_SASL_LINE, &line);
    if (st == ST_LIMIT) {
        TRY(imap_conn_skip_line(&l->conn));
        return FAIL(ST_SYNTAX, "Line too long");
    }
    TRY(st);
    st = sasl_decode(&l->arena, line, false, out);
    if (st == ST_CANCELED)
        return FAIL(ST_SYNTAX, "Authentication canceled");
    return st == ST_LIMIT ? ST_SYNTAX : st;
}

static enum st sasl_show(void *arg, const struct sasl_credentials *who) SUSPENDS
{
    struct login *l = ((struct login_cmd *)arg)->l;
    struct login_try t = {
        .mechanism = who->mechanism, .authzid = who->authzid, .user = who->user, .password = who->password};

    TRY(imap_conn_push(&l->conn));
    return l->opt->ops->authenticate(l->opt->arg, &t, &l->out->who);
}

static enum st sasl_pass(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out) SUSPENDS
{
    struct login *l = ((struct login_cmd *)arg)->l;

    return l->opt->ops->step(l->opt->arg, a, m, out, &l->out->who);
}

static enum st authenticate(struct login_cmd *c, struct sasl *x, const struct str *initial) SUSPENDS
{
    struct sasl_driver driver = {.ask = sasl_answer, .show = sasl_show, .pass = sasl_pass, .arg = c};
    enum st st = sasl_run(x, initial, &driver);

    if (st != ST_OK && !driver.was_refused)
        return st;
    conclude(c, st);
    return ST_OK;
}

static enum st login_authenticate(struct login_cmd *c)
{
    struct str name, initial = STR_NONE;
    bool has_initial = false;
    struct sasl x;

    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_atom(&c->lx, &name));
    if (imap_lex_may(&c->lx, "SASL-IR") && imap_lex_take(&c->lx, ' ')) { /* RFC 4959 */
        TRY(sasl_decode(&c->l->arena, str_trim(str_from(c->lx.line, c->lx.at)), true, &initial) == ST_OK
                ? ST_OK
                : FAIL(ST_SYNTAX, "The initial response is not base64"));
        has_initial = true;
    } else {
        TRY(imap_lex_end(&c->lx));
    }
    const struct sasl_mechanism *m = sasl_find(name);

    if (m && (m->flags & SASL_CLEAR))
        TRY(need_privacy(c));
    if (sasl_begin(&x, &c->l->arena, name, login_taken(c->l->opt->ops, c->l->opt->arg, may_send_password(c->l))) !=
        ST_OK)
        return FAIL(ST_DENIED, "No such mechanism");
    return authenticate(c, &x, has_initial ? &initial : NULL);
}

/* Ends a command that was not answered yet. */
static void answer(struct login_cmd *c, enum st st) SUSPENDS
{
    struct login *l = c->l;
    const char *text = err_get()->text;

    if (st == ST_SYNTAX || st == ST_LIMIT) {
        imap_put_status(&l->conn, c->tag.n ? c->tag : STR("*"), "BAD", STR_NONE, str_z(text));
        if (++l->kept->errors >= l->opt->set->imap_max_errors && !l->out->reason)
            l->out->reason = "errors";
        return;
    }
    l->kept->errors = 0;
    if (c->tag.n == 0)
        return;
    if (st == ST_OK)
        imap_put_status(&l->conn, c->tag, "OK", str_z(c->code), str_z(c->text ? c->text : "Done"));
    else
        imap_put_status(&l->conn, c->tag, "NO", str_z(c->code ? c->code : "CANNOT"), str_z(text));
}

static enum st run_command(struct login_cmd *c)
{
    struct str word;

    TRY(imap_lex_tag(&c->lx, &c->tag));
    if (c->tag.n > IMAP_TAG_MAX) {
        c->tag = STR_NONE;
        return FAIL(ST_SYNTAX, "Tag too long");
    }
    TRY(imap_lex_sp(&c->lx));
    TRY(imap_lex_word(&c->lx, &word));
    for (size_t i = 0; i < ARRAY_LEN(login_rows); i++)
        if (str_eq(word, login_rows[i].name) &&
            !imap_command_is_withheld(&c->l->kept->withheld, login_rows[i].capability, login_rows[i].reference))
            return login_rows[i].run(c);
    return FAIL(ST_SYNTAX, "Unknown command, or not before login");
}

static enum st one_command(struct login *l) SUSPENDS
{
    struct login_cmd c = {.l = l};
    enum st st, skipped = ST_OK;

    arena_reset(&l->arena);
    st = imap_lex_begin(&c.lx, &l->src, &l->arena);
    if (st == ST_OK)
        st = run_command(&c);
    TRY(imap_conn_check(&l->conn));
    if (l->logged_in)
        return ST_OK;
    answer(&c, st);
    if (st != ST_OK && !l->out->reason)
        skipped = imap_lex_skip(&c.lx);
    TRY(imap_conn_check(&l->conn));
    if (skipped == ST_EOF)
        l->out->reason = "refused literal";
    return ST_OK;
}

static const char *why_over(const struct login *l, enum st st)
{
    if (st == ST_CANCELED && l->kept->crowded)
        return "too many connections";
    switch (st) {
    case ST_EOF: return "eof";
    case ST_TIMEOUT: return "timeout";
    case ST_CANCELED: return "stopped";
    default: return "connection lost";
    }
}

/* Why we close, for the client; NULL: it has been told, or has asked for it. */
static const char *bye_of(const char *reason)
{
    static const struct {
        const char *reason, *bye;
    } rows[] = {
        {"logout", NULL},
        {"stopped", NULL},
        {"input behind STARTTLS", "Nothing may follow STARTTLS in the same packet, closing connection"},
        {"denied", "Too many failed logins"},
        {"refused literal", "That literal is too large to be read to its end"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(reason, rows[i].reason) == 0)
            return rows[i].bye;
    return "Too many errors";
}

/* The last words may still go out, though reading has failed. */
static void say_bye(struct login *l, enum st st) SUSPENDS
{
    const char *bye = st == ST_OK ? bye_of(l->out->reason) : NULL;

    if (st != ST_TIMEOUT && st != ST_CANCELED && st != ST_OK)
        return;
    l->conn.dead = ST_OK;
    stream_set_deadline(l->opt->stream, deadline_in(LAST_WORDS_MS));
    if (st == ST_TIMEOUT)
        imap_put(&l->conn, STR("* BYE Too long without a login\r\n"));
    else if (st == ST_CANCELED && l->kept->crowded)
        imap_put(&l->conn, imap_no_room());
    else if (st == ST_CANCELED)
        imap_put(&l->conn, STR("* BYE The server is going down\r\n"));
    else if (bye) {
        imap_put(&l->conn, STR("* BYE "));
        imap_putz(&l->conn, bye);
        imap_put(&l->conn, STR("\r\n"));
    }
    imap_conn_last_words(&l->conn);
}

static void greet(struct login *l) SUSPENDS
{
    if (l->opt->stopping) {
        imap_put(&l->conn, STR("* BYE The server is going down; try again later\r\n"));
        l->out->reason = "stopped";
        return;
    }
    imap_put(&l->conn, STR("* OK [CAPABILITY"));
    put_capabilities(l);
    imap_put(&l->conn, STR("] Restante ready\r\n"));
}

/* The one long wait: a stranger that says nothing holds no stack. */
static enum st wait_for_command(struct login *l) SUSPENDS
{
    if (!l->opt->ops->park || stream_input(l->opt->stream).n)
        return ST_OK;
    TRY(imap_conn_flush(&l->conn));
    return l->opt->ops->park(l->opt->arg) ? ST_PARKED : ST_OK;
}

static enum st converse(struct login *l) SUSPENDS
{
    if (l->opt->woke != ST_OK)
        return l->opt->woke;
    if (!l->kept->greeted)
        greet(l);
    l->kept->greeted = true;
    while (!l->logged_in && !l->out->reason) {
        TRY(wait_for_command(l));
        TRY(one_command(l));
    }
    return imap_conn_flush(&l->conn);
}

enum st imap_login(const struct imap_login_options *opt, struct imap_login_outcome *out)
{
    struct login l = {.opt = opt, .out = out, .kept = opt->kept};
    enum st st;

    *out = (struct imap_login_outcome){0};
    imap_conn_init(&l.conn, opt->stream);
    arena_init(&l.arena);
    l.src = imap_source_of(&l.conn);
    l.src.literal_max = LOGIN_LITERAL_MAX;
    l.src.command_max = LOGIN_COMMAND_MAX;
    stream_set_in_max(opt->stream, LOGIN_LINE_MAX);
    stream_set_timeouts(opt->stream, (uint32_t)opt->set->imap_login_timeout, (uint32_t)opt->set->net_write_timeout);
    if (!l.kept->greeted)
        imap_withhold(&l.kept->withheld, opt->withhold);
    imap_source_withhold(&l.src, &l.kept->withheld);
    if (!l.kept->greeted)
        stream_set_deadline(opt->stream, deadline_in(opt->set->imap_login_timeout));

    st = converse(&l);
    if (st == ST_OK && l.logged_in) {
        stream_set_deadline(opt->stream, NEVER);
    } else if (st != ST_PARKED) {
        say_bye(&l, st);
        if (!out->reason)
            out->reason = why_over(&l, st);
        if (st == ST_OK)
            st = FAIL(ST_EOF, "no login: %s", out->reason);
    }
    imap_conn_fini(&l.conn);
    arena_fini(&l.arena);
    return st;
}

struct str imap_no_room(void)
{
    return STR("* BYE [UNAVAILABLE] Too many connections; try again later\r\n");
}

struct str imap_turned_away(char line[IMAP_TURNED_AWAY_MAX], struct str why)
{
    int n = snprintf(line, IMAP_TURNED_AWAY_MAX, "* BYE [UNAVAILABLE] %.*s\r\n",
                     (int)MIN(why.n, IMAP_TURNED_AWAY_MAX - 40), why.p);

    return str_n(line, (size_t)n);
}

enum st imap_login_refuse(const struct imap_login_options *opt, struct str tag, enum st why)
{
    struct imap_conn conn;
    enum st st;

    imap_conn_init(&conn, opt->stream);
    tell_refusal(&conn, tag, why);
    st = imap_conn_flush(&conn);
    imap_conn_fini(&conn);
    return st;
}
