/* Logins. In order: is the network turned away; who is it; has this password been verified lately; else a turn on a
 * hashing thread, where a user who doesn't exist costs the same; then the box is told of the grant, and only when it has
 * taken it the gate. A refusal waits before it is told, without keeping anybody else. */
#include "keeper/login_job.h"

#include "base/log.h"
#include "base/random.h"
#include "base/route.h"
#include "directory/app_password.h"
#include "sasl/prep.h"
#include "sasl/scram_keys.h"

static struct secret password_of(const struct login_job *j)
{
    return secret_of(j->ask->password);
}

/* In the directory, so that it outlives this process. */
static bool was_here(const struct login_job *j)
{
    char room[ADDR_TEXT_MAX];
    struct str network;

    for (size_t i = 0; i < j->n; i++)
        if (j->credentials[i].used_from.n) {
            (void)failures_network(j->credentials[i].used_from, room, &network);
            if (str_eq(network, j->network))
                return true;
        }
    return false;
}

static struct str lower(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    for (size_t i = 0; i < s.n; i++)
        p[i] = ascii_lower(s.p[i]);
    return str_n(p, s.n);
}

struct str login_name_of(struct arena *a, const struct directory_address *address)
{
    return arena_printf(a, "%.*s@%.*s", STR_ARGS(directory_local_key(a, address->local)), STR_ARGS(address->domain));
}

enum st login_look_at(struct login_job *j)
{
    struct directory_account other;
    struct directory_address authz;
    struct str name;

    j->is_another = j->ask->authzid.n && (sasl_prep(j->a, j->ask->authzid, false, &name) != ST_OK ||
                                          keeper_address(j->k->directory, j->a, name, true, &authz) != ST_OK ||
                                          directory_account_find(j->k->directory, j->a, &authz, &other) != ST_OK ||
                                          other.id != j->account.id);
    return ST_OK;
}

/* Over POP3 a name with a tag is a mailbox of the user without it, unless somebody has the whole name. */
static enum st find_user(struct login_job *j, struct directory_address *user)
{
    enum st st = directory_login(j->k->directory, j->a, user, &j->account, &j->credentials, &j->n);
    struct str local = user->local, separators = j->set->recipient_delimiter;
    struct directory_domain domain;
    size_t at = 1;

    if (st != ST_NOTFOUND || j->ask->service != PROTOCOL_POP3 || !j->set->pop3_mailbox_login)
        return st;
    if (directory_domain_find(j->k->directory, j->a, user->domain, &domain) == ST_OK && domain.has_separators)
        separators = domain.separators;
    while (at < local.n && str_find(separators, local.p[at]) == separators.n)
        at++;
    if (at + 1 >= local.n)
        return FAIL(ST_NOTFOUND, "no such user");
    user->local = str_sub(local, 0, at);
    TRY(directory_login(j->k->directory, j->a, user, &j->account, &j->credentials, &j->n));
    j->mailbox = arena_str(j->a, str_from(local, at + 1));
    return ST_OK;
}

enum st login_look_up(void *arg)
{
    struct login_job *j = arg;
    struct directory_address user;
    struct str name;
    enum st st;

    j->name = arena_printf(j->a, "?%.*s", STR_ARGS(lower(j->a, j->ask->user)));

    if (sasl_prep(j->a, j->ask->user, false, &name) != ST_OK ||
        keeper_address(j->k->directory, j->a, name, true, &user) != ST_OK)
        return FAIL(ST_NOTFOUND, "no such user");
    /* One form, whether there is such an account or not: otherwise it tells which. */
    st = find_user(j, &user);
    j->name = login_name_of(j->a, &user);
    TRY(st);
    j->is_usual = was_here(j);
    return login_look_at(j);
}

/* Which app password of the account it is, if any; costs nothing. */
static void find_app(struct login_job *j)
{
    char hash[APP_PASSWORD_HASH_MAX];

    if (!app_password_hash(password_of(j), hash))
        return;
    for (size_t i = 0; i < j->n; i++) {
        const struct directory_credential *c = &j->credentials[i];

        if (c->kind == CREDENTIAL_APP && c->hash.n == strlen(hash) && bytes_eq_const(c->hash.p, hash, c->hash.n)) {
            j->credential = c->id;
            j->uses = c->uses;
        }
    }
    wipe(hash, sizeof(hash));
}

static enum st check(void *arg)
{
    struct login_job *j = arg;
    enum st worst = FAIL(ST_DENIED, "wrong password");
    bool any = false;

    for (size_t i = 0; i < j->n; i++) {
        enum st st;

        if (j->credentials[i].kind != CREDENTIAL_PASSWORD)
            continue;
        any = true;
        st = password_check(j->credentials[i].hash, password_of(j));

        if (st == ST_OK) {
            j->credential = j->credentials[i].id;
            j->checked = &j->credentials[i];
            return ST_OK;
        }
        if (st != ST_DENIED)
            worst = st;
    }
    if (!any)
        password_check_nobody(password_of(j), keeper_cost(j->set));
    return worst;
}

/* SCRAM keys of a password that has just been seen, where the settings want them kept. */
static enum st make_keys(void *arg)
{
    struct login_job *j = arg;
    struct scram_keys keys;

    TRY(scram_keys_make(password_of(j), j->scram.salt, j->scram.iterations, &keys));
    j->keys = scram_keys_text(j->a, &keys);
    wipe(&keys, sizeof(keys));
    return ST_OK;
}

static enum st find_salt(void *arg)
{
    struct login_job *j = arg;

    return directory_scram_of(j->k->directory, j->a, j->account.id, &j->scram);
}

static enum st put_keys(void *arg)
{
    struct login_job *j = arg;

    return directory_scram_put(j->k->directory, j->account.id, j->checked->hash, j->keys);
}

static void keep_keys(struct login_job *j) SUSPENDS
{
    enum st st;

    if (!j->set->auth_scram_passwords || !j->checked || j->checked->scram.n)
        return;
    st = keeper_sql(j->k, find_salt, j);
    if (st == ST_OK)
        st = keeper_hash(j->k, make_keys, j);
    if (st == ST_OK)
        st = keeper_sql(j->k, put_keys, j);
    if (st == ST_OK)
        keeper_offer_changed(j->k);
    else
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "SCRAM keys"), lf_err());
    if (j->keys.n)
        wipe((void *)(uintptr_t)j->keys.p, j->keys.n);
}

/* Who has logged in lately, with the same password, costs no visit to the directory. */
static bool is_known(struct login_job *j)
{
    struct keeper *k = j->k;

    if (j->ask->authzid.n || !known_find(&k->known, j->a, j->ask->user, &j->account))
        return false;
    j->credential = logins_find(&k->logins, j->account.id, j->account.version, password_of(j));
    return j->credential != 0;
}

static void remember(struct login_job *j)
{
    if (!j->ask->authzid.n && !j->mailbox.n && j->generation == j->k->resolved.generation)
        known_add(&j->k->known, j->ask->user, &j->account);
}

bool login_may_use(const struct login_job *j)
{
    static const enum credential_use of[] = {[PROTOCOL_SMTP] = USE_SMTP,
                                             [PROTOCOL_SUBMISSION] = USE_SMTP,
                                             [PROTOCOL_IMAP] = USE_IMAP,
                                             [PROTOCOL_POP3] = USE_POP3};

    return j->uses == 0 || (j->ask->service < ARRAY_LEN(of) && (j->uses & of[j->ask->service]));
}

static enum st verify(struct login_job *j) SUSPENDS
{
    struct keeper *k = j->k;
    enum st st;

    j->generation = k->resolved.generation;
    if (is_known(j))
        return ST_OK;
    st = keeper_sql(k, login_look_up, j);
    if (st == ST_NOTFOUND)
        j->n = 0;
    else
        TRY(st);
    if (st == ST_OK &&
        (j->credential = logins_find(&k->logins, j->account.id, j->account.version, password_of(j))) != 0) {
        remember(j);
        return ST_OK;
    }
    if (st == ST_OK) {
        find_app(j); /* before the guard: nobody guesses one, and its owner may come from anywhere */
        if (j->credential)
            return login_may_use(j) ? ST_OK : FAIL(ST_DENIED, "an app password for other protocols");
    }
    TRY(login_is_guarded(j));
    TRY(turns_take(&k->turns, j->network, deadline_in(KEEPER_LOGIN_MS)));
    st = keeper_hash(k, check, j);
    turns_give(&k->turns, j->network);
    TRY(st);
    keep_keys(j);
    logins_add(&k->logins, j->account.id, j->account.version, password_of(j), j->credential);
    remember(j);
    return ST_OK;
}

static enum st tell_box(struct keeper *k, const struct keeper_grant *g, const unsigned char token[KEEPER_TOKEN_BYTES])
    SUSPENDS
{
    struct ipc *box = k->n_cores ? k->cores[route_core(g->account->id, k->n_cores)] : NULL;
    struct msg_grant_ask ask = {.token = str_n((const char *)token, KEEPER_TOKEN_BYTES),
                                .account = g->account->id,
                                .gate = g->gate,
                                .conn = g->conn,
                                .credential = g->credential,
                                .rights = g->rights,
                                .limits = directory_limits(g->account, g->set->quota_default),
                                .login = g->account->address,
                                .language = str_z(g->account->language),
                                .withheld = g->account->imap_withheld,
                                .pop3_delay = g->account->pop3_delay,
                                .pop3_uidl = g->account->pop3_uidl,
                                .pop3_mailbox = g->mailbox};
    struct msg_grant_answer answer;

    if (!box)
        return FAIL(ST_TRYLATER, "the mail store is not ready");
    TRY(IPC_ASK(box, grant_ask, &ask, grant_answer, g->a, &answer, deadline_in(KEEPER_ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(ST_TRYLATER, "the mail store did not take the login");
    return ST_OK;
}

struct still_job {
    struct keeper *k;
    const struct keeper_grant *g;
};

/* The account may have changed while the password was hashed: what counts is how it stands when the box has the grant. */
static enum st is_still_valid(void *arg)
{
    struct still_job *j = arg;
    struct directory_account now;

    TRY(directory_account_by_id(j->k->directory, j->g->a, j->g->account->id, &now));
    if (now.version != j->g->account->version || now.is_disabled)
        return FAIL(ST_DENIED, "the account has changed meanwhile");
    return ST_OK;
}

enum st keeper_grant(struct keeper *k, const struct keeper_grant *g, unsigned char out_token[KEEPER_TOKEN_BYTES])
{
    struct still_job still = {k, g};
    enum st st;

    random_bytes(out_token, KEEPER_TOKEN_BYTES);
    TRY(tell_box(k, g, out_token));
    /* A revocation between verifying and here has gone out before this grant was there to be revoked. Without a change since then
     * there was none, and one to come finds the grant. */
    if (g->generation == k->resolved.generation)
        return ST_OK;
    st = keeper_sql(k, is_still_valid, &still);
    if (st == ST_DENIED || st == ST_NOTFOUND)
        keeper_revoke(k, g->account->id, g->credential, STR("changed during login"));
    return st;
}

static enum st grant(struct login_job *j, unsigned gate, unsigned char token[KEEPER_TOKEN_BYTES]) SUSPENDS
{
    bool submits = j->ask->service == PROTOCOL_SUBMISSION || j->ask->service == PROTOCOL_SMTP;
    struct keeper_grant g = {.set = j->set,
                             .a = j->a,
                             .account = &j->account,
                             .credential = j->credential,
                             .generation = j->generation,
                             .conn = j->ask->conn,
                             .gate = gate,
                             .mailbox = j->mailbox,
                             .rights = submits ? GRANT_SUBMIT : GRANT_MAIL};

    return keeper_grant(j->k, &g, token);
}

/* A refusal is told late. The gate's credits are not eaten up by it: above a number of them the oldest is told early. */
static void wait_a_little(struct keeper_gate *g, const struct settings *set) SUSPENDS
{
    struct sleeper me = {0};

    if (set->auth_failure_delay == 0)
        return;
    if (g->n_sleepers >= KEEPER_SLEEPERS_MAX) {
        struct sleeper *oldest = LIST_ITEM(g->sleepers.next, struct sleeper, link);

        list_del(&oldest->link);
        g->n_sleepers--;
        co_event_set(&oldest->event);
    }
    list_add_tail(&g->sleepers, &me.link);
    g->n_sleepers++;
    if (co_event_wait(&me.event, deadline_in(set->auth_failure_delay)) == ST_OK || list_is_empty(&me.link))
        return; /* woken early, and taken off the list by who did it */
    list_del(&me.link);
    g->n_sleepers--;
}

static struct guard_rule guard_rule(const struct settings *set)
{
    return (struct guard_rule){set->auth_max_account_failures, set->auth_failure_window, set->auth_account_pause};
}

static void count_failure(struct login_job *j) SUSPENDS
{
    const struct failures_rule rule = {j->set->auth_max_failures, j->set->auth_failure_window};
    struct addr address;

    struct guard_rule of_account = guard_rule(j->set);

    if (j->name.n)
        guard_failed(&j->k->guard, &of_account, j->name);
    if (j->may_be_banned && failures_count(&j->k->failures, &rule, j->network, j->name) &&
        addr_parse(j->network, 0, &address) == ST_OK)
        keeper_ban(j->k, &address, j->set->auth_ban, ban_reason_text(BAN_PASSWORDS));
}

enum st login_is_guarded(struct login_job *j)
{
    struct guard_rule rule = guard_rule(j->set);

    j->is_guarded = !guard_may(&j->k->guard, &rule, j->name, j->network, j->is_usual);
    return j->is_guarded ? FAIL(ST_TRYLATER, "too many wrong passwords for this account; try again later") : ST_OK;
}

enum st login_may_try(struct login_job *j)
{
    if (j->may_be_banned && keeper_ban_of(j->k, j->network)) /* it was there before the ban */
        return FAIL(ST_TRYLATER, "your network is banned; try again later");
    return ST_OK;
}

enum st login_conclude(struct login_job *j, struct keeper_gate *g, enum st st, unsigned char token[KEEPER_TOKEN_BYTES])
{
    if (st == ST_OK && (j->account.is_disabled || j->is_another)) {
        wait_a_little(g, j->set);
        if (!j->account.is_disabled)
            return FAIL(ST_NOTSELF, "nobody may act as somebody else");
        return FAIL(ST_DISABLED, "%.*s",
                    STR_ARGS(j->account.disabled.n ? j->account.disabled : STR("this account is disabled")));
    }
    if (st == ST_DENIED || st == ST_EXPIRED) {
        count_failure(j);
        wait_a_little(g, j->set);
        return FAIL(st, st == ST_EXPIRED ? "the certificate has expired" : "wrong user name or password");
    }
    if (st == ST_OK)
        st = grant(j, g->index, token);
    if (st == ST_OK && j->name.n) {
        guard_succeeded(&j->k->guard, j->name, j->network);
    }
    if (st == ST_OK)
        failures_succeeded(&j->k->failures, j->network, j->name.n ? j->name : lower(j->a, j->account.address));
    if (st == ST_TRYLATER && j->is_guarded)
        wait_a_little(g, j->set);
    if (st == ST_OK && j->credential && j->credential <= INT64_MAX) /* of the directory */
        uses_note(&j->k->uses, j->credential, clock_wall_us(), j->ask->peer);
    if (st != ST_OK && st != ST_DENIED && st != ST_TRYLATER && st != ST_TIMEOUT)
        LOG(KEEPER_LOGIN_BROKEN, lf_str("login", j->account.address), lf_err());
    if (st == ST_OK || st == ST_DENIED)
        return st;
    return FAIL(ST_TRYLATER, "logins are not possible just now");
}

static enum st login(struct login_job *j, struct keeper_gate *g, unsigned char token[KEEPER_TOKEN_BYTES]) SUSPENDS
{
    TRY(login_may_try(j));
    return login_conclude(j, g, verify(j), token);
}

void keeper_auth(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    const struct msg_auth_ask *ask = r->msg;
    struct login_job j = {.k = g->keeper, .set = config_ref(g->keeper->set), .a = r->arena, .ask = ask};
    unsigned char token[KEEPER_TOKEN_BYTES];
    struct msg_auth_answer answer = {0};
    char room[ADDR_TEXT_MAX];

    j.may_be_banned = keeper_may_ban_peer(j.set, ask->peer, room, &j.network);
    answer.status = login(&j, g, token);
    if (answer.status == ST_OK) {
        answer.account = j.account.id;
        answer.credential = j.credential;
        answer.login = j.account.address;
        answer.token = str_n((const char *)token, sizeof(token));
    } else {
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    }
    if (ask->password.n)
        wipe((void *)(uintptr_t)ask->password.p, ask->password.n);
    if (ipc_answer(r, MSG_auth_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "login"), lf_err());
    wipe(token, sizeof(token));
    config_unref(j.set);
}
