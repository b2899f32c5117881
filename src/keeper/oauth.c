/* OAUTHBEARER (RFC 7628) and XOAUTH2: whose a token is, and whether it is good, says the endpoint of the settings (RFC 7662), which the errand
 * asks for us. What it said is remembered for a short time, under a hash of the token. */
#include "keeper/login_job.h"

#include "base/codec.h"
#include "base/limits.h"
#include "base/log.h"
#include "keeper/sasl_run.h"
#include "sasl/oauth.h"

#include <sodium.h>

#define ASK_MS 15000
#define OPENED_MS (7ull * 24 * 3600 * 1000)
#define OF_TOKEN                                                                                                       \
    (1ull                                                                                                              \
     << 63) /* what stands for a token where sessions know their credential; those of the directory are small numbers */

struct oauth_job {
    struct login_job *login;
    struct arena *a;
    bool is_x;
    struct oauth_client client;
    struct str whose;
    struct str server_name;
    uint64_t credential;
};

/* application/x-www-form-urlencoded */
static void put_form(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (ascii_is_alnum(s.p[i]) || strchr("-._*", s.p[i]))
            buf_addc(b, s.p[i]);
        else
            buf_addf(b, "%%%02X", (unsigned char)s.p[i]);
}

static void wipe_str(struct str s)
{
    if (s.n)
        wipe((void *)(uintptr_t)s.p, s.n);
}

static struct str body_of(const struct oauth_job *j)
{
    struct str text;
    struct buf b;

    buf_init(&b, 4 * LIMIT_SASL_LINE);
    buf_addz(&b, "token=");
    put_form(&b, j->client.token);
    buf_addz(&b, "&token_type_hint=access_token");
    text = arena_str(j->a, buf_str(&b));
    wipe(b.p, b.n);
    buf_fini(&b);
    return text;
}

/* RFC 6749 section 2.3.1: both encoded as in a form, then as Basic. */
static struct str authorization_of(const struct oauth_job *j)
{
    const struct keeper *k = j->login->k;
    struct str text;
    struct buf b, pair;

    if (!j->login->set->auth_oauth_client.n)
        return STR_NONE;
    buf_init(&pair, 2048);
    put_form(&pair, j->login->set->auth_oauth_client);
    buf_addc(&pair, ':');
    put_form(&pair, str_n(k->oauth_secret, k->n_oauth_secret));
    buf_init(&b, 4096);
    buf_addz(&b, "Basic ");
    base64_encode(&b, buf_str(&pair));
    text = arena_str(j->a, buf_str(&b));
    wipe(pair.p, pair.n);
    wipe(b.p, b.n);
    buf_fini(&pair);
    buf_fini(&b);
    return text;
}

static enum st fetch(struct oauth_job *j, struct msg_fetch_answer *out) SUSPENDS
{
    struct keeper *k = j->login->k;
    struct msg_fetch_ask ask = {.url = j->login->set->auth_oauth_introspection,
                                .is_post = 1,
                                .type = STR("application/x-www-form-urlencoded"),
                                .authorization = authorization_of(j),
                                .most = LIMIT_FETCH_BODY,
                                .deadline_ms = ASK_MS,
                                .body = body_of(j)};
    enum st st = FAIL(ST_TRYLATER, "there is nobody to ask about tokens");

    ask.body_size = ask.body.n;
    if (k->errand)
        st = turns_take(&k->introspecting, j->login->network, deadline_in(KEEPER_LOGIN_MS));
    if (k->errand && st == ST_OK) {
        st = IPC_ASK(k->errand, fetch_ask, &ask, fetch_answer, j->a, out, deadline_in(ASK_MS + 2000));
        turns_give(&k->introspecting, j->login->network);
    }
    wipe_str(ask.authorization);
    wipe_str(ask.body);
    TRY(st);
    if (out->status != ST_OK)
        return FAIL(ST_TRYLATER, "%.*s", STR_ARGS(out->text));
    return out->code == 200 ? ST_OK : FAIL(ST_TRYLATER, "the endpoint answers %u", out->code);
}

/* A hash, so that no token stays in memory. */
static struct str key_of(const struct oauth_job *j, char room[crypto_generichash_BYTES])
{
    crypto_generichash((unsigned char *)room, crypto_generichash_BYTES, (const unsigned char *)j->client.token.p,
                       j->client.token.n, j->login->k->logins.key, LOGINS_KEY_BYTES);
    return str_n(room, crypto_generichash_BYTES);
}

static void remember(struct oauth_job *j, struct str key, uint64_t generation, uint64_t expires_s)
{
    uint64_t ms = j->login->set->auth_oauth_cache, now_s = clock_wall_s();

    if (expires_s)
        ms = MIN(ms, (expires_s - MIN(expires_s, now_s)) * 1000);
    if (ms)
        memo_put(&j->login->k->tokens, generation, key, j->whose, deadline_in(ms));
}

/* Sessions that a token has opened end when we hear that it is no good any more. */
static void opened(struct oauth_job *j)
{
    char room[crypto_generichash_BYTES];
    struct str key = key_of(j, room);
    uint64_t account = j->login->account.id;

    memo_put(&j->login->k->opened, j->login->k->opened.generation, key, str_n((const char *)&account, sizeof(account)),
             deadline_in(OPENED_MS));
}

static void withdraw(struct oauth_job *j, struct str key)
{
    struct keeper *k = j->login->k;
    struct str value;
    uint64_t account;

    if (!memo_get(&k->opened, key, clock_mono_ms(), &value))
        return;
    memcpy(&account, value.p, sizeof(account));
    keeper_revoke(k, account, j->credential, STR("the token is no good any more"));
    memo_forget(&k->opened, key);
}

/* Whose is it? ST_DENIED: it is no good. */
static enum st introspect(struct oauth_job *j) SUSPENDS
{
    const struct settings *set = j->login->set;
    const struct oauth_wanted want = {set->auth_oauth_claim, set->auth_oauth_scope, set->auth_oauth_audience};
    struct keeper *k = j->login->k;
    char room[crypto_generichash_BYTES];
    struct str key = key_of(j, room), known;
    struct msg_fetch_answer answer = {0};
    uint64_t expires_s = 0, generation = k->tokens.generation;
    enum st st;

    memcpy(&j->credential, key.p, sizeof(j->credential));
    j->credential |= OF_TOKEN;
    if (memo_get(&k->tokens, key, clock_mono_ms(), &known)) {
        j->whose = arena_str(j->a, known);
        return ST_OK;
    }
    st = fetch(j, &answer);
    if (st == ST_OK)
        st = oauth_answer_read(j->a, answer.body, &want, clock_wall_s(), &j->whose, &expires_s);
    if (st == ST_OK)
        remember(j, key, generation, expires_s);
    else if (st == ST_DENIED)
        withdraw(j, key);
    else
        LOG(KEEPER_OAUTH_FAILED, lf_str("endpoint", set->auth_oauth_introspection), lf_err());
    return st == ST_SYNTAX ? ST_TRYLATER : st;
}

static enum st find(void *arg)
{
    const struct oauth_job *j = arg;

    return login_look_up(j->login);
}

/* The account of the token; whom the client wants to be must be the same. */
static enum st verify(struct oauth_job *j, struct msg_auth_ask *made_up) SUSPENDS
{
    enum st st;

    made_up->user = j->client.user;
    TRY(introspect(j));
    made_up->user = j->whose;
    made_up->authzid = j->client.user;
    j->login->generation = j->login->k->resolved.generation;
    st = keeper_sql(j->login->k, find, j);
    if (st == ST_NOTFOUND || (st == ST_OK && j->login->is_another))
        return FAIL(ST_DENIED, "the token is of nobody here, or of somebody else");
    return st;
}

static void say_why(const struct oauth_job *j, const char *status, struct msg_sasl_answer *out)
{
    const struct settings *set = j->login->set;

    out->challenge = j->is_x ? oauth_x_refusal(j->a, set->auth_oauth_scope)
                             : oauth_refusal(j->a, status, set->auth_oauth_scope, set->auth_oauth_configuration);
}

/* RFC 7628 section 3.2: what we know otherwise has to be the same. That is the name that TLS was told; the settings have one name of perhaps many, and the port
 * may be another one at the router in front of us. */
static bool is_our_name(const struct oauth_job *j)
{
    return !j->client.host.n || !j->server_name.n || str_ieq(j->client.host, j->server_name);
}

/* As config/check.c wants it before anything starts. */
static bool is_set_up(const struct settings *set)
{
    return set->auth_oauth_introspection.n &&
           (set->auth_oauth_audience.n || set->auth_oauth_scope.n || set->auth_oauth_any_token);
}

enum st oauth_run(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct login_job *login,
                  struct msg_auth_ask *made_up, unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out)
{
    struct oauth_job j = {.login = login, .a = login->a, .is_x = str_eq(ask->mechanism, STR("XOAUTH2"))};
    enum st st;

    j.server_name = ask->server_name;
    if (!is_set_up(login->set) || !ask->first)
        return FAIL(ST_DENIED, "no such mechanism");
    st = j.is_x ? oauth_x_read(ask->response, &j.client) : oauth_bearer_read(login->a, ask->response, &j.client);
    if (st != ST_OK || !is_our_name(&j)) {
        say_why(&j, "invalid_request", out);
        return FAIL(ST_DENIED, "no message of that mechanism");
    }
    out->login = str_sub(arena_str(login->a, j.client.user), 0, LIMIT_ADDRESS);
    st = verify(&j, made_up);
    login->credential = j.credential;
    st = login_conclude(login, g, st, token);
    if (st == ST_DENIED)
        say_why(&j, "invalid_token", out);
    if (st == ST_OK) {
        opened(&j);
        out->account = login->account.id;
        out->credential = j.credential;
        out->login = login->account.address;
        out->token = str_n((const char *)token, KEEPER_TOKEN_BYTES);
    }
    return st;
}
