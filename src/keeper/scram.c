/* Exchanges of SCRAM (RFC 5802, RFC 7677): the keeper has the keys, a gate passes messages and says what the connection binds to. All app
 * passwords of an account share one salt, so a proof is tried against the keys of each. Users that there are not, or that have no keys, get a
 * salt of their own, always the same, and fail with the proof as others do. */
#include "keeper/login_job.h"
#include "keeper/sasl_run.h"

#include "base/codec.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/random.h"
#include "sasl/prep.h"

#define NONCE_BYTES 18
#define SALT_BYTES 16
#define SECRET_USE STR("scram")

struct scram_job {
    struct login_job login;
    struct msg_auth_ask made_up; /* what login is about */
    struct exchange *e;
    struct directory_scram scram;
    struct str name; /* of the user, prepared */
};

/* --- the salt of nobody, on the directory's thread ------------------------------------------------------------ */

static enum st make_secret(struct keeper *k, struct arena *a)
{
    unsigned char raw[sizeof(k->false_salt_key)];

    random_bytes(raw, sizeof(raw));
    return directory_secret_add(k->directory, SECRET_USE, hex_of(a, raw, sizeof(raw)), clock_wall_us());
}

static enum st secret_ready(struct keeper *k, struct arena *a)
{
    struct directory_secret v;
    struct str raw;
    size_t n;

    if (k->has_false_salt_key)
        return ST_OK;
    TRY(directory_secret_list(k->directory, a, SECRET_USE, &v, 1, &n));
    if (n == 0) {
        TRY(make_secret(k, a));
        TRY(directory_secret_list(k->directory, a, SECRET_USE, &v, 1, &n));
    }
    if (n == 0 || hex_decode(a, v.value, &raw) != ST_OK || raw.n != sizeof(k->false_salt_key))
        return FAIL(ST_CORRUPT, "a key of the directory that is none");
    memcpy(k->false_salt_key, raw.p, raw.n);
    k->has_false_salt_key = true;
    return ST_OK;
}

static enum st false_salt(struct scram_job *j)
{
    struct keeper *k = j->login.k;
    unsigned char digest[SCRAM_DIGEST_MAX];
    struct buf b;

    TRY(secret_ready(k, j->login.a));
    scram_hmac(SCRAM_SHA_256, str_n((const char *)k->false_salt_key, sizeof(k->false_salt_key)), j->login.name, digest);
    buf_init(&b, 64);
    base64_encode(&b, str_n((const char *)digest, SALT_BYTES));
    j->scram = (struct directory_scram){arena_str(j->login.a, buf_str(&b)), SCRAM_ITERATIONS};
    buf_fini(&b);
    return ST_OK;
}

/* --- who is it, on the directory's thread ---------------------------------------------------------------------- */

static void take_keys(struct scram_job *j)
{
    struct exchange *e = j->e;

    if (j->login.n)
        e->keys = mem_new(j->login.n * sizeof(*e->keys));
    for (size_t i = 0; i < j->login.n; i++) {
        const struct directory_credential *c = &j->login.credentials[i];
        struct exchange_key *key = &e->keys[e->n_keys];
        struct scram_keys keys;

        if (!c->scram.n || scram_keys_read(c->scram, &keys) != ST_OK)
            continue;
        *key = (struct exchange_key){
            .credential = c->id, .uses = c->uses, .is_app = c->kind == CREDENTIAL_APP, .pair = keys.of[e->hash]};
        e->n_keys++;
        wipe(&keys, sizeof(keys));
        wipe((void *)(uintptr_t)c->scram.p, c->scram.n);
    }
}

static enum st find_user(void *arg)
{
    struct scram_job *j = arg;
    struct exchange *e = j->e;
    enum st st = login_look_up(&j->login);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    if (st == ST_OK)
        take_keys(j);
    e->account = j->login.account;
    e->is_known = st == ST_OK && e->n_keys > 0;
    return e->n_keys ? directory_scram_of(j->login.k->directory, j->login.a, e->account.id, &j->scram) : false_salt(j);
}

/* --- the client's first message ---------------------------------------------------------------------------------- */

/* RFC 5802 section 6. `out` is what the connection has of that type. */
static enum scram_error check_binding(const struct msg_sasl_ask *ask, const struct scram_first *first, struct str *out)
{
    bool is_plus = str_ends(ask->mechanism, STR("-PLUS"));
    static const struct {
        struct str name;
        size_t at;
    } types[] = {{STR("tls-exporter"), offsetof(struct msg_sasl_ask, exporter)},
                 {STR("tls-server-end-point"), offsetof(struct msg_sasl_ask, end_point)},
                 {STR("tls-unique"), offsetof(struct msg_sasl_ask, unique)}};

    *out = STR_NONE;
    if (first->flag == 'y' && ask->plus)
        return SCRAM_HAS_BINDING; /* somebody has taken -PLUS out of what we announced */
    if (is_plus != (first->flag == 'p'))
        return SCRAM_OTHER;
    if (!is_plus)
        return SCRAM_FINE;
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (str_eq(first->binding, types[i].name)) {
            memcpy(out, (const char *)ask + types[i].at, sizeof(*out));
            return out->n ? SCRAM_FINE : SCRAM_BINDING_TYPE;
        }
    return SCRAM_BINDING_TYPE;
}

static struct str make_nonce(struct arena *a, struct str clients)
{
    unsigned char raw[NONCE_BYTES];
    struct str nonce;
    struct buf b;

    random_bytes(raw, sizeof(raw));
    buf_init(&b, SCRAM_NONCE_MAX + 64);
    buf_add(&b, clients);
    base64_encode(&b, str_n((const char *)raw, sizeof(raw)));
    nonce = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return nonce;
}

/* Bytes that may be any. */
static struct str join(struct arena *a, struct str x, struct str y)
{
    char *p = arena_alloc(a, x.n + y.n + 1);

    memcpy(p, x.p, x.n);
    if (y.n)
        memcpy(p + x.n, y.p, y.n);
    return str_n(p, x.n + y.n);
}

static enum st refuse(struct arena *a, enum scram_error why, struct msg_sasl_answer *out)
{
    out->challenge = scram_error_text(a, why);
    return FAIL(ST_DENIED, "the authentication exchange failed: %.*s", STR_ARGS(str_from(out->challenge, 2)));
}

static enum st look_up(struct scram_job *j, struct keeper *k) SUSPENDS
{
    struct exchange *e = j->e;

    e->generation = k->resolved.generation;
    TRY(keeper_sql(k, find_user, j));
    e->nonce = make_nonce(&e->arena, e->first.nonce);
    e->answer = scram_first_answer(&e->arena, e->nonce, j->scram.salt, j->scram.iterations);
    return ST_OK;
}

static enum st begin(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct arena *a, struct scram_job *j,
                     struct msg_sasl_answer *out) SUSPENDS
{
    struct exchange *e = j->e = exchange_new(ask->conn);
    struct str bound;
    enum scram_error why;
    enum st st;

    e->hash = str_starts(ask->mechanism, STR("SCRAM-SHA-256")) ? SCRAM_SHA_256 : SCRAM_SHA_1;
    why = scram_first_read(&e->arena, ask->response, &e->first);
    if (why == SCRAM_FINE)
        why = check_binding(ask, &e->first, &bound);
    if (why == SCRAM_FINE && sasl_prep(&e->arena, e->first.user, false, &j->name) != ST_OK)
        why = SCRAM_INVALID_USERNAME;
    if (why != SCRAM_FINE) {
        exchange_free(e);
        return refuse(a, why, out);
    }
    out->login = str_sub(arena_str(a, e->first.user), 0, LIMIT_ADDRESS);
    e->bound = join(&e->arena, e->first.gs2, bound);
    j->login.a = &e->arena;
    j->made_up.user = e->first.user;
    j->made_up.authzid = e->first.authzid;
    st = look_up(j, g->keeper);
    if (st != ST_OK) {
        exchange_free(e);
        return st;
    }
    e->name = j->login.name;
    e->mailbox = j->login.mailbox;
    e->is_usual = j->login.is_usual;
    e->is_another = j->login.is_another;
    out->more = 1;
    out->challenge = arena_str(a, e->answer);
    exchange_put(&g->exchanges, e);
    return ST_OK;
}

/* --- the client's last message ------------------------------------------------------------------------------------- */

static const struct exchange_key *find_key(const struct exchange *e, struct str message, struct str proof)
{
    static const struct scram_pair nobody;
    const struct exchange_key *found = NULL;

    if (!e->n_keys)
        (void)scram_proof_fits(e->hash, &nobody, message, proof); /* as long as with one key */
    for (size_t i = 0; i < e->n_keys; i++)
        if (scram_proof_fits(e->hash, &e->keys[i].pair, message, proof))
            found = &e->keys[i];
    return found;
}

static enum scram_error check_final(const struct exchange *e, struct arena *a, struct str response,
                                    struct scram_final *out)
{
    enum scram_error why = scram_final_read(a, response, out);

    if (why != SCRAM_FINE)
        return why;
    if (!str_eq(out->nonce, e->nonce))
        return SCRAM_OTHER;
    return str_eq(out->bound, e->bound) ? SCRAM_FINE : SCRAM_BINDINGS_DIFFER;
}

static enum st finish(struct keeper_gate *g, struct scram_job *j, struct arena *a, struct str response,
                      unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out) SUSPENDS
{
    const struct exchange *e = j->e;
    const struct exchange_key *key;
    struct scram_final final;
    struct str message;
    enum scram_error why = check_final(e, a, response, &final);
    enum st st;

    out->login = str_sub(arena_str(a, e->first.user), 0, LIMIT_ADDRESS);
    if (why != SCRAM_FINE)
        return refuse(a, why, out);
    message = scram_auth_message(a, e->first.bare, e->answer, final.without_proof);
    key = find_key(e, message, final.proof);
    j->login.account = e->account;
    j->login.generation = e->generation;
    j->login.credential = key ? key->credential : 0;
    j->login.uses = key ? key->uses : 0;
    j->login.name = e->name;
    j->login.mailbox = e->mailbox;
    j->login.is_usual = e->is_usual;
    j->login.is_another = e->is_another;
    st = key && key->is_app ? ST_OK : login_is_guarded(&j->login); /* that one can't be guessed */
    if (st == ST_OK && (!key || !e->is_known || !login_may_use(&j->login)))
        st = FAIL(ST_DENIED, "a proof that fits no key");
    st = login_conclude(&j->login, g, st, token);
    /* Section 5.1 leaves it open to say e=invalid-proof first: libgsasl, and so msmtp and curl, do not know it and would tell a
     * user who has mistyped his password of a message that can't be parsed. */
    if (st == ST_OK)
        out->challenge = scram_verifier(a, e->hash, &key->pair, message);
    return st;
}

static enum st run(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct scram_job *j, struct arena *a,
                   unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out) SUSPENDS
{
    enum st st;

    TRY(login_may_try(&j->login));
    if (str_eq(ask->mechanism, STR("EXTERNAL")))
        return external_run(g, ask, &j->login, &j->made_up, token, out);
    if (str_eq(ask->mechanism, STR("OAUTHBEARER")) || str_eq(ask->mechanism, STR("XOAUTH2")))
        return oauth_run(g, ask, &j->login, &j->made_up, token, out);
    if (j->login.set->auth_scram == SCRAM_NO || !str_starts(ask->mechanism, STR("SCRAM-SHA-")))
        return FAIL(ST_DENIED, "no such mechanism");
    if (ask->first)
        return begin(g, ask, a, j, out);
    j->e = exchange_take(&g->exchanges, ask->conn);
    if (!j->e)
        return FAIL(ST_TRYLATER, "the authentication exchange is over");
    st = finish(g, j, a, ask->response, token, out);
    if (st == ST_OK) {
        out->account = j->e->account.id;
        out->credential = j->login.credential;
        out->login = arena_str(a, j->e->account.address);
        out->token = str_n((const char *)token, KEEPER_TOKEN_BYTES);
    }
    exchange_free(j->e);
    return st;
}

void keeper_sasl_end(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;

    exchange_free(exchange_take(&g->exchanges, ((const struct msg_sasl_end *)r->msg)->conn));
}

void keeper_sasl(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    const struct msg_sasl_ask *ask = r->msg;
    struct scram_job j = {.made_up = {.conn = ask->conn, .service = ask->service, .peer = ask->peer}};
    struct msg_sasl_answer answer = {0};
    unsigned char token[KEEPER_TOKEN_BYTES];
    char room[ADDR_TEXT_MAX];

    j.login = (struct login_job){.k = g->keeper, .set = config_ref(g->keeper->set), .a = r->arena, .ask = &j.made_up};
    j.login.may_be_banned = keeper_may_ban_peer(j.login.set, ask->peer, room, &j.login.network);
    answer.status = (uint8_t)run(g, ask, &j, r->arena, token, &answer);
    if (answer.status != ST_OK)
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    if (ipc_answer(r, MSG_sasl_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "login"), lf_err());
    wipe(token, sizeof(token));
    config_unref(j.login.set);
}
