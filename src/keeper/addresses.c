/* Addresses: from text to the directory's form, and the questions of gates about them. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "mime/addrspec.h"

enum st keeper_address(struct directory *d, struct arena *a, struct str text, bool only_domain,
                       struct directory_address *out)
{
    struct addrspec spec;

    if (str_rfind(text, '@') == text.n && (only_domain || str_ieq(text, STR("postmaster")))) {
        struct str domain;
        uint64_t count;

        TRY(directory_first_domain(d, a, &domain, &count));
        if (count > 1 && !str_ieq(text, STR("postmaster")))
            return FAIL(ST_NOTFOUND, "an address needs its domain: this server has several");
        text = arena_printf(a, "%.*s@%.*s", STR_ARGS(text), STR_ARGS(domain));
    }
    TRY(addrspec_parse(text, &spec));
    out->local = arena_str(a, spec.local);
    out->domain = arena_str(a, spec.domain);
    return ST_OK;
}

struct directory_ways keeper_ways(const struct settings *set, struct arena *a)
{
    struct addrspec spec;
    struct directory_ways ways = {.separators = set->recipient_delimiter};

    if (set->postmaster.n && addrspec_parse(set->postmaster, &spec) == ST_OK)
        ways.postmaster = arena_str(a, spec.whole);
    return ways;
}

/* --- what needs no SQL --------------------------------------------------------------------------------------------- */

/* A letter that leaves asks two things of the directory when it comes: may the account send as its sender, and is the recipient's domain one of ours. A yes to the
 * first, and a no to the second, hold until the directory changes. */
static struct str may_key(struct arena *a, const struct msg_sender_ask *ask)
{
    return arena_printf(a, "s%llx %.*s", (unsigned long long)ask->account, STR_ARGS(ask->address));
}

static struct str foreign_key(struct arena *a, struct str domain)
{
    return arena_printf(a, "d%.*s", STR_ARGS(domain));
}

/* Others are of the only domain of ours. */
static bool has_domain(struct str address)
{
    return str_rfind(address, '@') < address.n;
}

static bool is_remembered(struct keeper *k, struct str key)
{
    struct str nothing;

    return memo_get(&k->permits, key, clock_mono_ms(), &nothing);
}

/* --- recipients ---------------------------------------------------------------------------------------------------- */

struct rcpt_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    const struct msg_rcpt_ask *ask;
    bool may_relay;  /* although it is no account that asks */
    bool is_of_here; /* a user of this machine asks, or the queue has a notice for one */
    bool is_courier; /* what it asks about is in the queue already */
    bool is_relayed; /* the address, as it stands, goes on to another server */
    struct directory_target *targets;
    size_t n;
    bool is_ours;
    struct str foreign; /* the address' domain, which has nothing to do with us */
};

/* The server's own name stands for its machine, whether or not it is a domain of ours. */
static enum st resolve_host(struct rcpt_job *j, const struct directory_address *address)
{
    struct directory_ways ways = keeper_ways(j->set, j->a);
    enum st st = ST_NOTFOUND;

    if (j->is_ours)
        st = directory_resolve(j->k->directory, j->a, address, &ways, &j->targets, &j->n);
    j->is_ours = false; /* what comes of it depends on who asks */
    if (st != ST_NOTFOUND)
        return st;
    return keeper_local_resolve(j->k->directory, j->a, address->local, &ways, j->is_of_here, &j->targets, &j->n);
}

/* What is in the queue for a domain that goes on has been resolved when it came: it is not expanded once more. */
static enum st resolve_queued(struct rcpt_job *j, const struct directory_address *address)
{
    struct str own = arena_printf(j->a, "%.*s@%.*s", STR_ARGS(address->local), STR_ARGS(address->domain));
    struct directory_ways ways = keeper_ways(j->set, j->a);
    struct directory_relay relay = {0};
    enum st st = directory_relay_find(j->k->directory, j->a, address->domain, &relay);

    if (st != ST_OK && st != ST_NOTFOUND)
        return st;
    st = directory_resolve(j->k->directory, j->a, address, &ways, &j->targets, &j->n);
    if (!relay.to.n)
        return st;
    j->is_ours = false; /* gates hear something else */
    j->is_relayed = st == ST_NOTFOUND;
    for (size_t i = 0; st == ST_OK && i < j->n; i++)
        j->is_relayed = j->is_relayed || (j->targets[i].is_relayed && str_ieq(j->targets[i].address, own));
    if (j->is_relayed)
        return FAIL(ST_FOREIGN, "%.*s goes on to another server", STR_ARGS(address->domain));
    return st;
}

static enum st resolve(void *arg)
{
    struct rcpt_job *j = arg;
    struct directory_ways ways = keeper_ways(j->set, j->a);
    struct directory_address address;
    bool ours;

    TRY(keeper_address(j->k->directory, j->a, j->ask->address, false, &address));
    TRY(directory_is_ours(j->k->directory, address.domain, &ours));
    if (!ours && !str_ieq(address.domain, j->set->host_name))
        j->foreign = address.domain;
    if (ours && srs_is(address.local)) /* its time will be over, so it is not remembered */
        TRY(keeper_srs_original(j->k, j->a, address.local, &address));
    else
        j->is_ours = ours;
    if (str_ieq(address.domain, j->set->host_name))
        return resolve_host(j, &address);
    if (!ours && j->ask->account == 0 && !j->may_relay)
        return FAIL(ST_FOREIGN, "%.*s is not a domain of this server, which relays for its own users only",
                    STR_ARGS(address.domain));
    if (ours && j->is_courier)
        return resolve_queued(j, &address);
    return directory_resolve(j->k->directory, j->a, &address, &ways, &j->targets, &j->n);
}

/* As directory_resolve says of an address elsewhere. */
static bool resolve_foreign(struct rcpt_job *j)
{
    struct directory_address address;

    if ((!j->ask->account && !j->may_relay) || !has_domain(j->ask->address) ||
        keeper_address(j->k->directory, j->a, j->ask->address, false, &address) != ST_OK ||
        !is_remembered(j->k, foreign_key(j->a, address.domain)))
        return false;
    j->targets = ARENA_NEW(j->a, struct directory_target);
    j->targets->address = arena_printf(j->a, "%.*s@%.*s", STR_ARGS(address.local), STR_ARGS(address.domain));
    j->n = 1;
    return true;
}

static enum st resolve_cached(struct rcpt_job *j) SUSPENDS
{
    struct resolved *known = &j->k->resolved;
    uint64_t generation = known->generation, permits = j->k->permits.generation;

    if (!j->is_courier && (resolved_find(known, j->a, j->ask->address, &j->targets, &j->n) || resolve_foreign(j)))
        return ST_OK;
    TRY(keeper_sql(j->k, resolve, j));
    if (j->foreign.n)
        memo_put(&j->k->permits, permits, foreign_key(j->a, j->foreign), STR_NONE, NEVER);
    if (j->is_ours) /* whether others may be written to depends on who asks */
        resolved_add(known, generation, j->ask->address, j->targets, j->n);
    return ST_OK;
}

/* Is the recipient one that the next server has to be asked about? He is the only one then. */
static enum st verify(struct rcpt_job *j) SUSPENDS
{
    struct keeper *k = j->k;
    struct msg_verify_ask ask;
    struct msg_verify_answer answer;
    enum st st = ST_TRYLATER;

    if (j->n != 1 || !j->targets[0].is_asked)
        return ST_OK;
    ask.address = j->targets[0].address;
    if (k->courier.ipc && k->n_verifying < KEEPER_VERIFYING_MAX) {
        k->n_verifying++;
        st = IPC_ASK(k->courier.ipc, verify_ask, &ask, verify_answer, j->a, &answer, deadline_in(KEEPER_VERIFY_MS));
        k->n_verifying--;
    }
    if (st == ST_OK && answer.status != ST_TRYLATER)
        return answer.status == ST_OK ? ST_OK : FAIL(ST_NOTFOUND, "%.*s", STR_ARGS(answer.text));
    if (j->set->relay_unverified == UNVERIFIED_ACCEPT)
        return ST_OK;
    return FAIL(ST_BUSY, "the next server can't be asked about %.*s just now", STR_ARGS(ask.address));
}

/* With a pass each, so that the box takes a letter for just these in just this transaction. */
static enum st targets_put(const struct rcpt_job *j, unsigned gate, struct buf *out)
{
    struct rcpt_target *list = ARENA_ARRAY(j->a, struct rcpt_target, j->n);

    for (size_t i = 0; i < j->n; i++) {
        unsigned char *pass = arena_alloc(j->a, PASS_BYTES);

        list[i] = (struct rcpt_target){.kind = j->targets[i].account ? RCPT_LOCAL : RCPT_REMOTE,
                                       .account = j->targets[i].account,
                                       .address = j->targets[i].address,
                                       .original = j->ask->address,
                                       .limits = j->targets[i].limits};
        if (list[i].kind == RCPT_LOCAL && !list[i].limits.bytes)
            list[i].limits.bytes = j->set->quota_default;
        pass_make(j->k->pass_key, gate, j->ask->txn, j->ask->account, &list[i], pass);
        list[i].pass = str_n((const char *)pass, PASS_BYTES);
    }
    rcpt_targets_put(out, list, j->n);
    return buf_check(out);
}

/* Of an account that is gone meanwhile, or a directory that can't be read, nobody learns that the recipient does not exist. */
static enum st count(struct keeper_gate *g, struct rcpt_job *j, struct msg_rcpt_answer *answer) SUSPENDS
{
    enum st st = keeper_sending_rcpt(g, j->a, j->ask, answer);

    if (st == ST_OK || st == ST_OVERRATE || st == ST_TRYLATER)
        return st;
    return FAIL(ST_TRYLATER, "what the account may send is not known just now");
}

void keeper_rcpt(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    struct keeper *k = g->keeper;
    struct rcpt_job j = {.k = k, .set = config_ref(k->set), .a = r->arena, .ask = r->msg};
    struct msg_rcpt_answer answer = {0};
    struct buf targets;
    enum st st;

    j.may_relay = keeper_local_find(g, j.ask->conn) != NULL || (g->index == PASS_COURIER && j.ask->is_report);
    j.is_courier = g->index == PASS_COURIER && !j.ask->is_report; /* a report is a new letter */
    j.is_of_here = j.may_relay || g->index == PASS_COURIER;
    st = resolve_cached(&j);
    if (st == ST_OK && j.ask->account && j.n == 1 && !j.targets[0].account)
        st = keeper_check_suppressed(k, j.set, j.a, j.ask->account, j.targets[0].address);
    if (st == ST_OK && !j.is_courier)
        st = verify(&j);
    if (st == ST_OK && j.ask->account && g->index != PASS_COURIER)
        st = count(g, &j, &answer);
    buf_init(&targets, 49152);
    if (st == ST_OK)
        st = targets_put(&j, g->index, &targets);
    answer.status = st;
    answer.is_relayed = j.is_relayed;
    if (st == ST_OK)
        answer.targets = buf_str(&targets);
    else
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    if (st != ST_OK && st != ST_NOTFOUND && st != ST_DENIED && st != ST_FOREIGN && st != ST_SYNTAX &&
        st != ST_SUPPRESSED && st != ST_BUSY && st != ST_LOOP && st != ST_OVERRATE && st != ST_LIMIT)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "recipient"), lf_err());
    if (ipc_answer(r, MSG_rcpt_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "recipient"), lf_err());
    buf_fini(&targets);
    config_unref(j.set);
}

/* --- senders ------------------------------------------------------------------------------------------------------- */

struct sender_job {
    struct keeper *k;
    const struct settings *set; /* a reference: a reload may come while the thread works */
    struct arena *a;
    const struct msg_sender_ask *ask;
    char user[65];      /* of this machine; empty: none */
    struct str foreign; /* the address' domain, which has nothing to do with us */
};

/* USER@host_name is his, unless the address is somebody's account. */
static bool is_own_of_machine(struct sender_job *j, const struct directory_address *address)
{
    struct directory_account account;

    if (!j->user[0] || !str_ieq(address->domain, j->set->host_name) ||
        !keeper_is_local_address(address, str_z(j->user), j->set->host_name, j->set->recipient_delimiter))
        return false;
    return directory_account_find(j->k->directory, j->a, address, &account) != ST_OK || account.id == j->ask->account;
}

static enum st foreign_sender(struct str domain)
{
    return FAIL(ST_FOREIGN, "%.*s is not a domain of this server", STR_ARGS(domain));
}

static enum st may_send(void *arg)
{
    struct sender_job *j = arg;
    struct directory_ways ways = keeper_ways(j->set, j->a);
    struct directory_address address;
    bool ours = true;
    enum st st = ST_DENIED;

    TRY(keeper_address(j->k->directory, j->a, j->ask->address, false, &address));
    if (is_own_of_machine(j, &address))
        return ST_OK;
    if (j->ask->account)
        st = directory_may_send_as(j->k->directory, j->ask->account, &address, &ways);
    if (st != ST_DENIED)
        return st;
    if (!str_ieq(address.domain, j->set->host_name))
        TRY(directory_is_ours(j->k->directory, address.domain, &ours));
    if (!ours) {
        j->foreign = address.domain;
        return foreign_sender(address.domain);
    }
    return FAIL(ST_DENIED, "not an address of this account");
}

/* A connection of a user of this machine that is not known here any more was another keeper's: he comes again. */
static enum st ask_sender(struct keeper_gate *g, struct sender_job *j) SUSPENDS
{
    const struct keeper_local *local = keeper_local_find(g, j->ask->conn);
    uint64_t permits = g->keeper->permits.generation;
    struct directory_address address;
    enum st st;

    if (!local && !j->ask->account)
        return FAIL(ST_TRYLATER, "nobody is known to send over this connection");
    if (local && local->is_trusted)
        return ST_OK;
    if (local) {
        memcpy(j->user, local->name, sizeof j->user);
        return keeper_sql(g->keeper, may_send, j);
    }
    if (is_remembered(g->keeper, may_key(j->a, j->ask)))
        return ST_OK;
    if (has_domain(j->ask->address) &&
        keeper_address(g->keeper->directory, j->a, j->ask->address, false, &address) == ST_OK &&
        is_remembered(g->keeper, foreign_key(j->a, address.domain)))
        return foreign_sender(address.domain);
    st = keeper_sql(g->keeper, may_send, j);
    if (st == ST_OK || j->foreign.n)
        memo_put(&g->keeper->permits, permits, st == ST_OK ? may_key(j->a, j->ask) : foreign_key(j->a, j->foreign),
                 STR_NONE, NEVER);
    return st;
}

void keeper_sender(struct ipc_request *r)
{
    struct keeper_gate *g = r->arg;
    struct sender_job j = {.k = g->keeper, .set = config_ref(g->keeper->set), .a = r->arena, .ask = r->msg};
    struct msg_sender_answer answer = {0};

    answer.status = ask_sender(g, &j);
    if (answer.status != ST_OK)
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    if (answer.status != ST_OK && answer.status != ST_DENIED && answer.status != ST_FOREIGN &&
        answer.status != ST_SYNTAX && answer.status != ST_NOTFOUND && answer.status != ST_TRYLATER)
        LOG(KEEPER_DIRECTORY_FAILED, lf_z("what", "sender"), lf_err());
    if (ipc_answer(r, MSG_sender_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "sender"), lf_err());
    config_unref(j.set);
}

/* --- the account of a command --------------------------------------------------------------------------------- */

struct account_job {
    struct keeper *k;
    struct arena *a;
    struct str text;
    struct directory_account account;
};

static enum st find_account(void *arg)
{
    struct account_job *j = arg;
    struct directory_address address;
    enum st st;

    TRY(keeper_address(j->k->directory, j->a, j->text, true, &address));
    st = directory_account_find(j->k->directory, j->a, &address, &j->account);
    if (st == ST_NOTFOUND)
        return FAIL(ST_NOTFOUND, "there is no account %.*s", STR_ARGS(j->text));
    return st;
}

void keeper_account(struct ipc_request *r)
{
    const struct msg_account_ask *ask = r->msg;
    struct account_job j = {.k = r->arg, .a = r->arena, .text = ask->address};
    struct msg_account_answer answer = {0};

    answer.status = keeper_sql(j.k, find_account, &j);
    if (answer.status == ST_OK) {
        answer.account = j.account.id;
        answer.limits = directory_limits(&j.account, j.k->set->quota_default);
    } else {
        answer.text = str_sub(arena_str(r->arena, str_z(err_get()->text)), 0, 200);
    }
    if (ipc_answer(r, MSG_account_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "account"), lf_err());
}
