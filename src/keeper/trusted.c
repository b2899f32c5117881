/* Who hands in letters without a password: users of this machine, whom control knows from the kernel (`restante sendmail`), and whoever
 * is in a network that the settings trust. Where he counts as an account the box is told of a grant, as at a login. A user without an
 * account is known here by gate and connection: he may write to everybody, in his own name. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "ipc/lists.h"
#include "net/addr.h"

/* --- connections of users of this machine ----------------------------------------------------------------------- */

const struct keeper_local *keeper_local_find(const struct keeper_gate *g, uint64_t conn)
{
    return map_get(&g->locals, conn);
}

static void local_drop(struct keeper_gate *g, uint64_t conn)
{
    mem_free(map_del(&g->locals, conn));
}

void keeper_locals_drop(struct keeper_gate *g)
{
    size_t pos = 0;
    void *v;

    while (map_next(&g->locals, &pos, &v))
        mem_free(v);
    map_fini(&g->locals);
    g->locals = MAP_INIT;
}

void keeper_local_end(struct ipc_request *r)
{
    const struct msg_local_end *m = r->msg;

    local_drop(r->arg, m->conn);
}

static size_t locals_of(const struct keeper_gate *g, struct str name)
{
    size_t pos = 0, n = 0;
    void *v;

    while (map_next(&g->locals, &pos, &v))
        n += str_eq(str_z(((const struct keeper_local *)v)->name), name);
    return n;
}

static bool has_room(const struct keeper_gate *g, struct str name, bool is_trusted)
{
    if (is_trusted)
        return g->locals.n < KEEPER_LOCALS_MAX;
    return g->locals.n < KEEPER_LOCALS_MAX / 4 * 3 && locals_of(g, name) < KEEPER_LOCALS_OF_ONE;
}

static enum st local_add(struct keeper_gate *g, uint64_t conn, struct str name, bool is_trusted)
{
    struct keeper_local *l;

    if (!has_room(g, name, is_trusted))
        return FAIL(ST_TRYLATER, "too many users of this machine hand in letters");
    l = MEM_NEW(struct keeper_local);
    memcpy(l->name, name.p, name.n);
    l->is_trusted = is_trusted;
    must(map_put(&g->locals, conn, l) == NULL); /* 64 random bits */
    return ST_OK;
}

/* --- their addresses ---------------------------------------------------------------------------------------------- */

static bool is_name(struct str local, struct str name, struct str delimiters)
{
    return str_ieq(str_sub(local, 0, name.n), name) &&
           (local.n == name.n || str_find(delimiters, local.p[name.n]) < delimiters.n);
}

bool keeper_is_local_address(const struct directory_address *address, struct str user, struct str host,
                             struct str delimiters)
{
    return str_ieq(address->domain, host) && is_name(address->local, user, delimiters);
}

static enum st resolve_account(struct directory *d, struct arena *a, struct str address,
                               const struct directory_ways *ways, struct directory_target **out, size_t *out_n)
{
    size_t at = str_rfind(address, '@');
    const struct directory_address to = {str_sub(address, 0, at), str_from(address, at + 1)};

    return directory_resolve(d, a, &to, ways, out, out_n);
}

static enum st resolve_postmaster(struct directory *d, struct arena *a, const struct directory_ways *ways,
                                  struct directory_target **out, size_t *out_n)
{
    struct directory_address to = {.local = STR("postmaster")};
    uint64_t count;

    TRY(directory_first_domain(d, a, &to.domain, &count));
    return directory_resolve(d, a, &to, ways, out, out_n);
}

/* Who has no tag has his whole name. */
static struct str without_tag(struct str local, struct str delimiters)
{
    for (size_t n = 1; n < local.n; n++)
        if (str_find(delimiters, local.p[n]) < delimiters.n)
            return str_sub(local, 0, n);
    return local;
}

enum st keeper_local_resolve(struct directory *d, struct arena *a, struct str local, const struct directory_ways *ways,
                             bool may_be_anybody, struct directory_target **out, size_t *out_n)
{
    static const struct str everywhere[] = {STR("root"), STR("postmaster"), STR("abuse"), STR("mailer-daemon")};
    const struct str names[] = {local, without_tag(local, ways->separators)};
    struct directory_account account;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        enum st st = directory_local_user_find(d, a, names[i], &account);

        if (st == ST_OK)
            return resolve_account(d, a, account.address, ways, out, out_n);
        if (st != ST_NOTFOUND)
            return st;
    }
    for (size_t i = 0; i < ARRAY_LEN(everywhere); i++)
        may_be_anybody = may_be_anybody || str_ieq(names[1], everywhere[i]);
    if (!may_be_anybody)
        return FAIL(ST_NOTFOUND, "there is no %.*s here", STR_ARGS(local));
    return resolve_postmaster(d, a, ways, out, out_n);
}

/* --- the account that he counts as ----------------------------------------------------------------------------- */

struct trust_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    struct str name; /* a user's, or the address of an account */
    bool is_address;
    struct directory_account account; /* id 0: he has none */
};

static enum st find_account(struct trust_job *j)
{
    struct directory_address address;

    if (!j->is_address)
        return directory_local_user_find(j->k->directory, j->a, j->name, &j->account);
    TRY(keeper_address(j->k->directory, j->a, j->name, true, &address));
    if (directory_account_find(j->k->directory, j->a, &address, &j->account) == ST_OK)
        return ST_OK;
    if (err_get()->st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "there is no account %.*s", STR_ARGS(j->name));
    return err_get()->st;
}

static enum st find(void *arg)
{
    struct trust_job *j = arg;
    enum st st = find_account(j);

    if (st == ST_NOTFOUND && !j->is_address) {
        j->account.id = 0;
        return ST_OK;
    }
    TRY(st);
    if (j->account.is_disabled)
        return FAIL(ST_DENIED, "the account %.*s is disabled", STR_ARGS(j->account.address));
    return ST_OK;
}

/* `token` is filled where there is an account. */
static enum st vouch(struct trust_job *j, unsigned gate, uint64_t conn, unsigned char token[KEEPER_TOKEN_BYTES])
    SUSPENDS
{
    struct keeper_grant g = {.set = j->set,
                             .a = j->a,
                             .account = &j->account,
                             .generation = j->k->resolved.generation,
                             .conn = conn,
                             .gate = gate,
                             .rights = GRANT_SUBMIT};

    TRY(keeper_sql(j->k, find, j));
    return j->account.id ? keeper_grant(j->k, &g, token) : ST_OK;
}

static void log_failure(const char *what, enum st st)
{
    if (st != ST_OK && st != ST_DENIED && st != ST_NOTFOUND && st != ST_FOREIGN && st != ST_SYNTAX && st != ST_TRYLATER)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", what), lf_err());
}

/* --- networks ------------------------------------------------------------------------------------------------------ */

static const struct config_trusted *network_of(const struct settings *set, struct str peer)
{
    struct addr addr;

    if (addr_parse(peer, 0, &addr) != ST_OK)
        return NULL;
    return config_trusted_find(set, addr.family, addr.bytes);
}

static enum st trust(struct trust_job *j, struct keeper_gate *g, const struct msg_trust_ask *ask,
                     unsigned char token[KEEPER_TOKEN_BYTES]) SUSPENDS
{
    const struct config_trusted *row = network_of(j->set, ask->peer);

    if (!row)
        return FAIL(ST_FOREIGN, "%.*s is in no trusted network", STR_ARGS(ask->peer));
    j->name = row->account;
    j->is_address = true;
    return vouch(j, g->index, ask->conn, token);
}

void keeper_trust(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    struct trust_job j = {.k = g->keeper, .set = config_ref(g->keeper->set), .a = r->arena};
    unsigned char token[KEEPER_TOKEN_BYTES];
    struct msg_auth_answer answer = {0};

    answer.status = trust(&j, g, r->msg, token);
    if (answer.status == ST_OK) {
        answer.account = j.account.id;
        answer.login = j.account.address;
        answer.token = str_n((const char *)token, sizeof token);
    } else {
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    }
    log_failure("trusted network", answer.status);
    if (ipc_answer(r, MSG_auth_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "trusted network"), lf_err());
    wipe(token, sizeof token);
    config_unref(j.set);
}

/* --- users of this machine ---------------------------------------------------------------------------------------- */

/* One after the other: whatever dies takes few with it. */
static enum st choose_gate(struct keeper *k, struct keeper_gate **out)
{
    for (unsigned i = 0; i < k->n_gates; i++) {
        struct keeper_gate *g = &k->gates[k->next_gate++ % k->n_gates];

        if (g->ipc && ipc_is_up(g->ipc)) {
            *out = g;
            return ST_OK;
        }
    }
    return FAIL(ST_TRYLATER, "no gate is there yet");
}

static enum st hand_over(struct trust_job *j, struct keeper_gate *g, const struct msg_local_ask *ask, int fd) SUSPENDS
{
    unsigned char token[KEEPER_TOKEN_BYTES];
    struct msg_local_smtp m = {.conn = random_u64(), .uid = ask->uid, .user = ask->user};
    enum st st = vouch(j, g->index, m.conn, token);

    if (st == ST_OK)
        st = local_add(g, m.conn, ask->user, ask->is_trusted);
    if (st == ST_OK) {
        m.account = j->account.id;
        m.login = j->account.id ? j->account.address : ask->user;
        m.token = str_n((const char *)token, j->account.id ? sizeof token : 0);
        st = ipc_send(g->ipc, MSG_local_smtp, &m, fd);
        if (st != ST_OK)
            local_drop(g, m.conn);
    }
    wipe(token, sizeof token);
    return st;
}

static enum st take_local(struct trust_job *j, const struct msg_local_ask *ask, int fd) SUSPENDS
{
    struct keeper_gate *g;

    if (fd < 0)
        return FAIL(ST_SYNTAX, "that comes with a socket to speak over");
    if (!directory_is_local_user(ask->user))
        return FAIL(ST_DENIED, "a user of that name can't be the sender of a letter");
    TRY(choose_gate(j->k, &g));
    j->name = ask->user;
    return hand_over(j, g, ask, fd);
}

void keeper_local(struct ipc_request *r)
{
    struct keeper *k = r->arg;
    const struct msg_local_ask *ask = r->msg;
    struct trust_job j = {.k = k, .set = config_ref(k->set), .a = r->arena};
    struct msg_local_answer answer = {0};

    answer.status = take_local(&j, ask, r->fd);
    if (answer.status != ST_OK)
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    log_failure("user of this machine", answer.status);
    LOG(KEEPER_LOCAL_USER, lf_u64("uid", ask->uid), lf_str("name", ask->user), lf_str("login", j.account.address),
        lf_z("status", st_name(answer.status)));
    if (ipc_answer(r, MSG_local_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "user of this machine"), lf_err());
    config_unref(j.set);
}
