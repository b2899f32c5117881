#include "../co/help.h"
#include "chat.h"

#include "imap/login.c"

struct scene {
    struct chat chat;
    struct stream *server;
    struct imap_login_options opt;
    struct imap_login_outcome out;
    struct imap_login_kept kept;
    struct co_event over;
    enum st st, answer; /* what imap_login, and what authenticate, answered */
    char seen[200];     /* what authenticate was asked */
    void (*body)(struct scene *s);
    bool plaintext, tls;
    const char *settings;
    unsigned parked; /* how often it gave up its coroutine */
};

static enum st fake_authenticate(void *arg, const struct login_try *t, struct login_result *out)
{
    struct scene *s = arg;

    snprintf(s->seen, sizeof s->seen, "%.*s|%.*s|%.*s|%.*s", STR_ARGS(t->mechanism), STR_ARGS(t->authzid),
             STR_ARGS(t->user), (int)t->password.n, t->password.p);
    if (s->answer != ST_OK)
        return FAIL(s->answer, "no");
    *out = (struct login_result){.account = 7, .login = STR("alice"), .token = STR("token")};
    return ST_OK;
}

static enum st fake_starttls(void *arg)
{
    (void)arg;
    return FAIL(ST_IO, "no handshake in this test");
}

static void serve(void *arg);

static void woken(void *arg, enum st why)
{
    struct scene *s = arg;

    s->opt.woke = why;
    CHECK_ST(co_spawn(serve, s, "login"), ST_OK);
}

static bool fake_park(void *arg)
{
    struct scene *s = arg;
    bool parks = stream_park(s->server, NEVER, woken, s);

    s->parked += parks;
    return parks;
}

static void serve(void *arg)
{
    struct scene *s = arg;
    struct login_ops ops = {fake_authenticate, s->tls ? fake_starttls : NULL, fake_park};

    s->opt.stream = s->server;
    s->opt.kept = &s->kept;
    s->opt.ops = &ops;
    s->opt.arg = s;
    s->opt.plaintext_auth = s->plaintext;
    s->st = imap_login(&s->opt, &s->out);
    if (s->st == ST_PARKED)
        return;
    if (s->st != ST_OK)
        stream_close(TAKE(s->server));
    co_event_set(&s->over);
}

static void scene_main(void *arg)
{
    struct scene *s = arg;

    s->opt.set = settings_with(str_z(s->settings));
    chat_open(&s->chat, &s->server);
    CHECK_ST(co_spawn(serve, s, "login"), ST_OK);
    s->body(s);
    if (s->server)
        stream_free(s->server);
    chat_close(&s->chat);
    config_unref(s->opt.set);
}

static void play(bool plaintext, bool tls, void (*body)(struct scene *s))
{
    struct scene s = {.plaintext = plaintext, .tls = tls, .body = body};

    on_core(scene_main, &s);
}

static void finish(struct scene *s, enum st want)
{
    CHECK_ST(co_event_wait(&s->over, NEVER), ST_OK);
    CHECK_ST(s->st, want);
}

static void body_greeting(struct scene *s)
{
    struct chat *c = &s->chat;

    CHECK_STR(chat_read(c, "* OK"), STR("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR UTF8=ACCEPT LANGUAGE ID "
                                        "ENABLE IDLE AUTH=PLAIN AUTH=LOGIN] "
                                        "Restante ready\n"));
    SAYS(c, "a CAPABILITY",
         "* CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR UTF8=ACCEPT LANGUAGE ID ENABLE IDLE AUTH=PLAIN "
         "AUTH=LOGIN\na OK "
         "Done");
    SAYS(c, "b NOOP", "b OK Done");
    SAYS(c, "c ID NIL", "* ID (\"name\" \"Restante\")\nc OK Done");
    SAYS(c, "d SELECT INBOX", "d BAD Unknown command, or not before login");
    SAYS(c, "e STARTTLS", "e BAD No TLS here");
    SAYS(c, "f LOGOUT", "* BYE Logging out\nf OK Done");
    finish(s, ST_EOF);
    CHECK(strcmp(s->out.reason, "logout") == 0);
}
TEST(greeting_and_what_anybody_may_ask)
{
    play(true, false, body_greeting);
}

static void body_privacy(struct scene *s)
{
    struct chat *c = &s->chat;

    CHECK_STR(chat_read(c, "* OK"),
              STR("* OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR UTF8=ACCEPT LANGUAGE ID ENABLE IDLE STARTTLS "
                  "LOGINDISABLED] Restante ready\n"));
    SAYS(c, "a LOGIN alice secret", "a NO [PRIVACYREQUIRED] Passwords are taken under TLS only");
    SAYS(c, "b AUTHENTICATE PLAIN", "b NO [PRIVACYREQUIRED] Passwords are taken under TLS only");
    SAYS(c, "c LOGIN {5+}\r\nalice {6+}\r\nsecret", "c NO [PRIVACYREQUIRED] Passwords are taken under TLS only");
    CHECK_U64(s->seen[0], 0);
    SAYS(c, "d STARTTLS\r\ne LOGIN alice secret", "d BAD Nothing may follow STARTTLS before TLS is active");
    finish(s, ST_EOF);
    CHECK_U64(s->seen[0], 0);
}
TEST(no_password_without_tls_and_nothing_behind_starttls)
{
    play(false, true, body_privacy);
}

static void body_login(struct scene *s)
{
    struct chat *c = &s->chat;

    chat_read(c, "* OK");
    s->answer = ST_DENIED;
    SAYS(c, "a LOGIN alice wrong", "a NO [AUTHENTICATIONFAILED] Wrong user name or password");
    s->answer = ST_TRYLATER;
    SAYS(c, "b LOGIN alice wrong", "b NO [UNAVAILABLE] Not possible just now; try again later");
    s->answer = ST_OK;
    chat_send(c, "c LOGIN {5}\r\n");
    CHECK_STR(chat_read(c, "+"), STR("+ OK\n"));
    chat_send(c, "alice \"sec \\\"ret\"\r\nd SELECT INBOX\r\n");
    finish(s, ST_OK);
    CHECK_STR(str_z(s->seen), STR("||alice|sec \"ret"));
    CHECK_STR(s->out.tag_str, STR("c"));
    CHECK_U64(s->out.who.account, 7);
    CHECK_STR(stream_input(s->server), STR("d SELECT INBOX\r\n")); /* is the session's */
    CHECK_ST(imap_login_refuse(&s->opt, STR("c"), ST_BUSY), ST_OK);
    CHECK_STR(chat_read(c, "c"), STR("c NO [LIMIT] Too many sessions of this account\n"));
}
TEST(login)
{
    play(true, false, body_login);
}

static void body_sasl_login(struct scene *s)
{
    struct chat *c = &s->chat;

    chat_read(c, "* OK");
    chat_send(c, "a authenticate login\r\n");
    CHECK(str_starts(chat_read(c, "+"), STR("+ ")));
    chat_send(c, "YWxpY2U=\r\n");
    CHECK(str_starts(chat_read(c, "+"), STR("+ ")));
    chat_send(c, "c2VjcmV0\r\n");
    finish(s, ST_OK);
    CHECK_STR(str_z(s->seen), STR("LOGIN||alice|secret"));
}

static void body_sasl_plain(struct scene *s)
{
    struct chat *c = &s->chat;

    chat_read(c, "* OK");
    s->answer = ST_DENIED;
    SAYS(c, "a AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA==", "a NO [AUTHENTICATIONFAILED] Wrong user name or password");
    CHECK_STR(str_z(s->seen), STR("PLAIN||alice|secret"));
    SAYS(c, "b AUTHENTICATE UNHEARD", "b NO [CANNOT] No such mechanism");
    SAYS(c, "c AUTHENTICATE PLAIN !!!", "c BAD The initial response is not base64");
    chat_send(c, "d AUTHENTICATE PLAIN\r\n");
    CHECK_STR(chat_read(c, "+"), STR("+ \n"));
    chat_send(c, "*\r\n");
    CHECK_STR(chat_read(c, "d"), STR("d BAD Authentication canceled\n"));
    s->answer = ST_OK;
    chat_send(c, "e AUTHENTICATE PLAIN\r\n");
    CHECK_STR(chat_read(c, "+"), STR("+ \n"));
    chat_send(c, "Ym9iAGFsaWNlAHNlY3JldA==\r\n");
    finish(s, ST_OK);
    CHECK_STR(str_z(s->seen), STR("PLAIN|bob|alice|secret"));
}
TEST(sasl_plain)
{
    play(true, false, body_sasl_plain);
}
TEST(sasl_login)
{
    play(true, false, body_sasl_login);
}

static void body_tries(struct scene *s)
{
    struct chat *c = &s->chat;

    chat_read(c, "* OK");
    s->answer = ST_DENIED;
    chat_send(c, "a LOGIN a b\r\nb LOGIN a b\r\nc LOGIN a b\r\nd LOGIN a b\r\n");
    CHECK_STR(chat_read(c, ""), STR("a NO [AUTHENTICATIONFAILED] Wrong user name or password\n"
                                    "b NO [AUTHENTICATIONFAILED] Wrong user name or password\n"
                                    "c NO [AUTHENTICATIONFAILED] Wrong user name or password\n"
                                    "* BYE Too many failed logins\n"));
    finish(s, ST_EOF);
}
TEST(wrong_passwords_end_the_connection)
{
    play(true, false, body_tries);
}

static void body_errors(struct scene *s)
{
    struct chat *c = &s->chat;
    struct str all;

    chat_read(c, "* OK");
    for (int i = 0; i < 30; i++)
        chat_send(c, "nonsense\r\n");
    all = chat_read(c, "");
    CHECK(str_ends(all, STR("* BYE Too many errors\n")));
    finish(s, ST_EOF);
}
TEST(bad_commands_end_the_connection)
{
    play(true, false, body_errors);
}

static void body_timeout(struct scene *s)
{
    chat_read(&s->chat, "* OK");
    CHECK_STR(chat_read(&s->chat, ""), STR("* BYE Too long without a login\n"));
    finish(s, ST_TIMEOUT);
    CHECK(strcmp(s->out.reason, "timeout") == 0);
    CHECK(s->parked > 0); /* who says nothing holds no stack */
}
TEST(silence_ends_the_connection)
{
    play(true, false, body_timeout);
}

static void body_limits(struct scene *s)
{
    struct chat *c = &s->chat;
    char *line = arena_alloc(&c->arena, 50000);

    chat_read(c, "* OK");
    memset(line, 'x', 49990);
    memcpy(line, "a ", 2);
    strcpy(line + 49990, "\r\n");
    chat_send(c, line);
    CHECK_STR(chat_read(c, "* BAD"), STR("* BAD Line too long\n"));
    SAYS(c, "b LOGIN {3000}", "b BAD Literal too long");
    SAYS(c, "c NOOP", "c OK Done");
    chat_send(c, "e LOGIN {30000000+}\r\n");
    CHECK_STR(chat_read(c, ""), STR("e BAD Literal too long\n* BYE That literal is too large to be read to its end\n"));
    finish(s, ST_EOF);
}
TEST(what_is_too_long_is_not_kept)
{
    play(true, false, body_limits);
}

static void body_bytes(struct scene *s)
{
    struct chat *c = &s->chat;
    const char *text = "a NOOP\r\nb ID (\"x\" {3+}\r\na\r\n)\r\nc LOGIN alice {6+}\r\nsecret\r\n";

    chat_read(c, "* OK");
    for (; *text; text++) {
        chat_send(c, (char[]){*text, 0});
        co_yield ();
    }
    finish(s, ST_OK);
    CHECK_STR(str_z(s->seen), STR("||alice|secret"));
}
TEST(a_byte_at_a_time)
{
    play(true, false, body_bytes);
}

static void body_withheld(struct scene *s)
{
    struct chat *c = &s->chat;

    CHECK_STR(chat_read(c, "* OK"),
              STR("* OK [CAPABILITY IMAP4rev1 LITERAL- UTF8=ACCEPT LANGUAGE ID ENABLE IDLE AUTH=PLAIN "
                  "AUTH=LOGIN] Restante ready\n"));
    SAYS(c, "a AUTHENTICATE PLAIN AGEAYg==", "a BAD Unexpected argument");
    SAYS(c, "b LOGIN {1+}\r\na b", "b NO [AUTHENTICATIONFAILED] Wrong user name or password");
    SAYS(c, "c ID (\"name\" \"Other\")", "* ID (\"name\" \"Restante\")\nc OK Done");
    SAYS(c, "d ID (\"name\" \"SomeMail\")",
         "* ID (\"name\" \"Restante\")\n* CAPABILITY IMAP4rev1 UTF8=ACCEPT LANGUAGE ENABLE IDLE AUTH=PLAIN "
         "AUTH=LOGIN\nd OK "
         "Done");
    SAYS(c, "e ID NIL", "e BAD Unknown command, or not before login");
    SAYS(c, "f LOGIN {1+}\r\na b", "f BAD Such a literal has to wait for the server");
    SAYS(c, "g LOGOUT", "* BYE Logging out\ng OK Done");
    finish(s, ST_EOF);
}
TEST(what_is_withheld_is_not_there)
{
    struct scene s = {.plaintext = true,
                      .settings = "imap_withhold_clients \"name=some*: ID LITERAL-\"\n",
                      .opt.withhold = STR("SASL-IR LITERAL+"),
                      .answer = ST_DENIED,
                      .body = body_withheld};

    on_core(scene_main, &s);
}
