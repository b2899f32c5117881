/* The server that takes all our mail for others, where there is one (relay_host). Its certificate is checked against its name, unlike those of servers
 * that the DNS names; without TLS nothing is said to it where TLS is asked for, and a password never. */
#include "courier/courier.h"

#include "base/secret.h"
#include "net/tls_client.h"

#define CA_MAX (4u << 20)
#define PASSWORD_MAX 1024

/* Whom certificates may be from; shared. */
struct relay_tls {
    unsigned refs;
    struct tls_client *client;
};

struct relay {
    unsigned refs;
    struct arena arena;
    struct str host, user;
    char password[PASSWORD_MAX + 1];
    size_t n_password;
    uint16_t port;
    enum config_security security;
    bool is_lmtp;
    struct relay_tls *tls;
};

void relay_tls_unref(struct relay_tls *t)
{
    if (!t || --t->refs)
        return;
    tls_client_free(t->client);
    mem_free(t);
}

/* --- what main handed over ---------------------------------------------------------------------------------------- */

/* The first line: an editor leaves a line end behind it. */
static enum st read_password(const struct role *r, struct relay *y)
{
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE, line;
    enum st st = role_file_read(r, "relay/password", PASSWORD_MAX, &a, &text);

    if (st == ST_OK) {
        line = str_sub(text, 0, str_find(text, '\n'));
        if (str_ends(line, STR("\r")))
            line.n--;
        memcpy(y->password, line.p, line.n);
        y->n_password = line.n;
        wipe((char *)(uintptr_t)text.p, text.n);
    }
    arena_fini(&a);
    TRY(st);
    return y->n_password ? ST_OK : FAIL(ST_SYNTAX, "there is no password in relay_password_file");
}

static enum st make_tls(const struct role *r, bool keep_session, struct relay_tls **out)
{
    struct arena a = ARENA_INIT;
    struct tls_client_options opt = {.keep_session = keep_session};
    struct tls_client *client;
    enum st st = role_file_read(r, "relay/ca", CA_MAX, &a, &opt.ca_pem);

    if (st == ST_OK)
        st = tls_client_new(&opt, &client);
    arena_fini(&a);
    TRY(st);
    *out = MEM_NEW(struct relay_tls);
    **out = (struct relay_tls){1, client};
    return ST_OK;
}

enum st relay_new(const struct role *r, const struct settings *set, struct relay **out)
{
    struct relay *y;
    enum st st = ST_OK;

    *out = NULL;
    if (!set->relay_host.n)
        return ST_OK;
    y = MEM_NEW(struct relay);
    y->refs = 1;
    y->host = arena_str(&y->arena, set->relay_host);
    y->user = arena_str(&y->arena, set->relay_user);
    y->port = (uint16_t)set->relay_port;
    y->security = set->relay_security;
    if (y->security != SECURITY_NONE)
        st = make_tls(r, true, &y->tls);
    if (st == ST_OK && y->user.n)
        st = read_password(r, y);
    if (st != ST_OK)
        relay_unref(y);
    else
        *out = y;
    return st;
}

void relay_unref(struct relay *y)
{
    if (!y || --y->refs)
        return;
    relay_tls_unref(y->tls);
    wipe(y->password, sizeof y->password);
    arena_fini(&y->arena);
    mem_free(y);
}

struct relay *relay_ref(struct relay *y)
{
    if (y)
        y->refs++;
    return y;
}

enum st relay_for_host(struct courier *c, struct str host, uint16_t port, enum config_security security, bool is_lmtp,
                       const struct relay_login *login, struct relay **out)
{
    struct relay *y;

    if (security != SECURITY_NONE && !c->ca && make_tls(c->role, false, &c->ca) != ST_OK)
        return FAIL(ST_TRYLATER, "there are no certificates to check its own with (setting relay_ca)");
    if (login && login->password.n > PASSWORD_MAX)
        return FAIL(ST_TRYLATER, "a password that is too long");
    y = MEM_NEW(struct relay);
    y->refs = 1;
    y->host = arena_str(&y->arena, host);
    y->port = port;
    y->security = security;
    y->is_lmtp = is_lmtp;
    if (login && login->user.n) {
        y->user = arena_str(&y->arena, login->user);
        memcpy(y->password, login->password.p, login->password.n);
        y->n_password = login->password.n;
    }
    if (security != SECURITY_NONE) {
        y->tls = c->ca;
        y->tls->refs++;
    }
    *out = y;
    return ST_OK;
}

/* --- a connection ------------------------------------------------------------------------------------------------- */

struct str relay_host(const struct relay *y, uint16_t *out_port)
{
    *out_port = y->port;
    return y->host;
}

static enum st say_hello(const struct relay *y, struct smtp_client *client, struct stream *stream, struct str helo,
                         struct smtp_answer *answer) SUSPENDS
{
    enum st st = ST_OK;

    if (y->security == SECURITY_TLS)
        st = stream_push_tls_client(stream, y->tls->client, y->host, deadline_in(RELAY_TLS_MS));
    if (st != ST_OK) {
        *client = (struct smtp_client){.stream = stream, .is_over = true};
        return st;
    }
    TRY((y->is_lmtp ? smtp_client_open_lmtp : smtp_client_open)(client, stream, helo, answer));
    if (y->security != SECURITY_STARTTLS)
        return ST_OK;
    *answer = (struct smtp_answer){0};
    return smtp_client_starttls(client, y->tls->client, y->host);
}

enum st relay_greet(const struct relay *y, struct smtp_client *client, struct stream *stream, struct str helo,
                    struct smtp_answer *answer, const char **out_status)
{
    *out_status = "4.7.5";
    TRY(say_hello(y, client, stream, helo, answer));
    if (!y->user.n)
        return ST_OK;
    *out_status = "4.7.8";
    *answer = (struct smtp_answer){0};
    return smtp_client_auth(client, y->user, str_n(y->password, y->n_password), answer);
}
