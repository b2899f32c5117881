/* The keeper's state, its threads, and what it tells gates and boxes when they come. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "base/must.h"
#include "base/random.h"
#include "base/route.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#define PERMITS_MAX 20000
#define PERMITS_BYTES (4u << 20)

struct call {
    enum st (*fn)(void *arg);
    void *arg;
    enum st st;
    struct err err;
};

static void run_call(void *arg)
{
    struct call *c = arg;

    c->st = c->fn(c->arg);
    if (c->st != ST_OK)
        c->err = *err_get();
}

static enum st offloaded(struct offload *o, enum st (*fn)(void *arg), void *arg) SUSPENDS
{
    struct call c = {.fn = fn, .arg = arg};

    TRY(co_offload(o, run_call, &c));
    if (c.st != ST_OK)
        *err_get() = c.err;
    return c.st;
}

enum st keeper_sql(struct keeper *k, enum st (*fn)(void *arg), void *arg)
{
    return offloaded(k->sql, fn, arg);
}

enum st keeper_hash(struct keeper *k, enum st (*fn)(void *arg), void *arg)
{
    return offloaded(k->hashing, fn, arg);
}

struct password_cost keeper_cost(const struct settings *set)
{
    return (struct password_cost){.memory = set->auth_argon2_memory, .passes = set->auth_argon2_passes};
}

static unsigned hash_threads(const struct settings *set)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    if (set->auth_hash_threads)
        return set->auth_hash_threads;
    return cpus > 2 ? (unsigned)cpus / 2 : 1;
}

/* --- session tickets ----------------------------------------------------------------------------- */

static void send_tickets(struct keeper *k, struct ipc *gate)
{
    struct msg_tls_tickets m = {.keys = str_n((const char *)k->tickets, k->n_tickets * TLS_TICKET_KEY_BYTES)};

    if (ipc_send(gate, MSG_tls_tickets, &m, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "tickets"), lf_err());
}

static void rotate_tickets(void *arg)
{
    struct keeper *k = arg;

    if (k->set->tls_session_tickets) {
        memmove(k->tickets[1], k->tickets[0], (KEEPER_TICKETS_MAX - 1) * TLS_TICKET_KEY_BYTES);
        random_bytes(k->tickets[0], TLS_TICKET_KEY_BYTES);
        k->n_tickets = MIN(k->n_tickets + 1, (unsigned)KEEPER_TICKETS_MAX);
    } else {
        wipe(k->tickets, sizeof(k->tickets));
        k->n_tickets = 0;
    }
    for (unsigned i = 0; i < k->n_gates; i++)
        if (k->gates[i].ipc && ipc_is_up(k->gates[i].ipc))
            send_tickets(k, k->gates[i].ipc);
    co_timer_set(&k->ticket_timer, deadline_in(k->set->tls_ticket_rotation), rotate_tickets, k);
}

/* --- coming and going ---------------------------------------------------------------------------- */

struct keeper *keeper_new(const struct settings *set, struct directory *directory, struct certs *certs, unsigned gates,
                          unsigned cores)
{
    struct keeper *k = MEM_NEW(struct keeper);
    unsigned threads = hash_threads(set);

    must(gates <= KEEPER_GATES_MAX && cores <= KEEPER_CORES_MAX);
    k->set = config_ref(set);
    k->directory = directory;
    k->certs = certs;
    k->courier = (struct keeper_gate){.keeper = k, .index = PASS_COURIER};
    list_init(&k->courier.sleepers);
    k->n_gates = gates;
    k->n_cores = cores;
    for (unsigned i = 0; i < KEEPER_GATES_MAX; i++) {
        k->gates[i].keeper = k;
        k->gates[i].index = i;
        list_init(&k->gates[i].sleepers);
        exchanges_init(&k->gates[i].exchanges);
        sending_txns_init(&k->gates[i].txns);
    }
    k->sql = offload_new("directory", 1, 4096);
    k->hashing = offload_new("hashing", threads, threads + 16);
    turns_init(&k->turns, threads, set->auth_hash_queue);
    turns_init(&k->introspecting, KEEPER_INTROSPECTING_MAX, 4 * KEEPER_INTROSPECTING_MAX);
    k->introspecting.running_max = KEEPER_INTROSPECTING_OF_ONE;
    logins_init(&k->logins, set->auth_cache_entries, set->auth_cache_time);
    resolved_init(&k->resolved);
    known_init(&k->known);
    memo_init(&k->permits, PERMITS_MAX, PERMITS_BYTES);
    failures_init(&k->failures);
    guard_init(&k->guard);
    bans_init(&k->bans);
    senders_init(&k->senders);
    greylist_init(&k->greylist);
    memo_init(&k->tokens, KEEPER_TOKENS_MAX, 2u << 20);
    memo_init(&k->opened, KEEPER_TOKENS_MAX, 2u << 20);
    random_bytes(k->pass_key, sizeof(k->pass_key));
    if (sodium_mlock(k->pass_key, sizeof(k->pass_key)) != 0)
        errno = 0; /* without the right to lock memory it still works */
    rotate_tickets(k);
    return k;
}

struct keeper_clients *keeper_clients_new(size_t most)
{
    struct keeper_clients *c = mem_new(sizeof(*c) + most * sizeof(c->v[0]));

    arena_init(&c->arena);
    return c;
}

void keeper_clients_add(struct keeper_clients *c, struct str listener, struct tls_clients *from)
{
    c->v[c->n].listener = arena_str(&c->arena, listener);
    c->v[c->n++].from = from;
}

void keeper_clients_free(struct keeper_clients *c)
{
    for (size_t i = 0; c && i < c->n; i++)
        tls_clients_unref(c->v[i].from);
    if (c)
        arena_fini(&c->arena);
    mem_free(c);
}

void keeper_take_clients(struct keeper *k, struct keeper_clients *clients)
{
    keeper_clients_free(k->clients);
    k->clients = clients;
}

void keeper_free(struct keeper *k)
{
    co_timer_clear(&k->ticket_timer);
    for (unsigned i = 0; i < KEEPER_GATES_MAX; i++) {
        keeper_locals_drop(&k->gates[i]);
        exchanges_fini(&k->gates[i].exchanges);
        sending_txns_drop(&k->gates[i].txns);
    }
    offload_free(k->sql);
    offload_free(k->hashing);
    turns_fini(&k->turns);
    turns_fini(&k->introspecting);
    logins_fini(&k->logins);
    resolved_fini(&k->resolved);
    known_fini(&k->known);
    memo_fini(&k->permits);
    suppressed_fini(&k->suppressed);
    failures_fini(&k->failures);
    guard_fini(&k->guard);
    bans_fini(&k->bans);
    senders_fini(&k->senders);
    greylist_fini(&k->greylist);
    brakes_fini(&k->brakes);
    memo_fini(&k->tokens);
    memo_fini(&k->opened);
    keeper_clients_free(k->clients);
    uses_fini(&k->uses);
    certs_free(k->certs);
    certs_free(k->old_certs);
    dkim_kept_free(&k->dkim_kept);
    directory_close(k->directory);
    config_unref(k->set);
    sodium_munlock(k->pass_key, sizeof(k->pass_key));
    wipe(k, sizeof(*k));
    mem_free(k);
}

static enum st send_certs(const struct keeper *k, struct ipc *gate)
{
    struct msg_tls_begin begin = {.count = (uint32_t)certs_count(k->certs)};
    struct msg_tls_end end = {.count = begin.count};

    TRY(ipc_send(gate, MSG_tls_begin, &begin, -1));
    for (size_t i = 0; i < certs_count(k->certs); i++) {
        struct msg_tls_cert m = {.key = certs_key(k->certs, i), .chain = certs_chain(k->certs, i)};

        TRY(ipc_send(gate, MSG_tls_cert, &m, -1));
    }
    return ipc_send(gate, MSG_tls_end, &end, -1);
}

void keeper_gate_is_up(struct keeper *k, unsigned gate, struct ipc *ipc)
{
    must(gate < k->n_gates);
    k->gates[gate].ipc = ipc;
    keeper_locals_drop(&k->gates[gate]); /* connections do not outlive their gate */
    if (send_certs(k, ipc) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "certificates"), lf_err());
    send_tickets(k, ipc);
    exchanges_drop(&k->gates[gate].exchanges);
    sending_txns_drop(&k->gates[gate].txns);
    keeper_offer_tell(k, ipc);
    keeper_bans_tell(k, ipc);
}

void keeper_core_is_up(struct keeper *k, unsigned core, struct ipc *ipc)
{
    struct msg_pass_key m = {.key = str_n((const char *)k->pass_key, sizeof(k->pass_key))};

    must(core < k->n_cores);
    k->cores[core] = ipc;
    keeper_brakes_tell(k, core);
    if (ipc_send(ipc, MSG_pass_key, &m, -1) != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "pass key"), lf_err());
    co_event_set(&k->core_came);
    co_event_set(&k->removed); /* what could not be taken away without it */
}

void keeper_tell_courier(struct keeper *k)
{
    struct msg_changed_note m = {0};

    if (k->courier.ipc && ipc_is_up(k->courier.ipc) && ipc_send(k->courier.ipc, MSG_changed_note, &m, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "change"), lf_err()); /* it asks anew after a while */
}

void keeper_directory_changed(struct keeper *k)
{
    resolved_drop(&k->resolved);
    known_drop(&k->known);
    memo_drop(&k->permits);
    keeper_offer_changed(k);
    keeper_tell_courier(k);
}

void keeper_reload(struct keeper *k, const struct settings *set, struct certs *certs)
{
    const struct settings *old = k->set;

    k->set = config_ref(set);
    config_unref(old);
    logins_set(&k->logins, set->auth_cache_entries, set->auth_cache_time);
    memo_drop(&k->tokens);       /* another endpoint, or other wishes */
    keeper_directory_changed(k); /* another recipient_delimiter */
    k->turns.waiting_max = set->auth_hash_queue;
    k->turns.network_max = MAX(set->auth_hash_queue / 4, 1u);
    certs_free(k->old_certs);
    k->old_certs = k->certs;
    k->certs = certs;
    for (unsigned i = 0; i < k->n_gates; i++)
        if (k->gates[i].ipc && ipc_is_up(k->gates[i].ipc) && send_certs(k, k->gates[i].ipc) != ST_OK)
            LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "certificates"), lf_err());
    if (set->tls_session_tickets != (k->n_tickets > 0))
        rotate_tickets(k);
}

void keeper_revoke(struct keeper *k, uint64_t account, uint64_t credential, struct str why)
{
    struct msg_revoke box = {.account = account, .credential = credential, .why = str_sub(why, 0, 64)};
    struct msg_revoke_gate gate = {.account = account, .credential = credential, .why = box.why};

    logins_drop(&k->logins, account);
    /* to all cores: a few bytes, and no core has to trust that another was told */
    for (unsigned i = 0; i < k->n_cores; i++)
        if (k->cores[i] && ipc_is_up(k->cores[i]) && ipc_send(k->cores[i], MSG_revoke, &box, -1) != ST_OK)
            LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "revocation"), lf_err());
    for (unsigned i = 0; i < k->n_gates; i++)
        if (k->gates[i].ipc && ipc_is_up(k->gates[i].ipc) &&
            ipc_send(k->gates[i].ipc, MSG_revoke_gate, &gate, -1) != ST_OK)
            LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "revocation"), lf_err());
}

static struct ipc *box_of(const struct keeper *k, uint64_t account)
{
    struct ipc *box = k->n_cores ? k->cores[route_core(account, k->n_cores)] : NULL;

    return box && ipc_is_up(box) ? box : NULL; /* one that comes again is told with each login and letter */
}

void keeper_tell_limits(struct keeper *k, uint64_t account, const struct account_limits *limits)
{
    struct msg_account_limits m = {.account = account, .limits = *limits};
    struct ipc *box = box_of(k, account);

    if (box && ipc_send(box, MSG_account_limits, &m, -1) != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "limits"), lf_err());
}

void keeper_tell_domain(struct keeper *k, uint64_t domain, uint64_t bytes, uint64_t messages)
{
    struct msg_domain_limits m = {.domain = domain, .bytes = bytes, .messages = messages};
    struct ipc *box = box_of(k, domain);

    if (box && ipc_send(box, MSG_domain_limits, &m, -1) != ST_OK)
        LOG(KEEPER_BOX_NOT_TOLD, lf_z("what", "limits"), lf_err());
}

void keeper_sign(struct ipc_request *r)
{
    const struct keeper_gate *g = r->arg;
    const struct msg_sign_ask *ask = r->msg;
    const struct keeper *k = g->keeper;
    unsigned char signature[CERT_SIGNATURE_MAX];
    struct msg_sign_answer answer = {0};
    size_t n = 0;

    answer.status = certs_sign(k->certs, ask->key, (enum tls_key_kind)ask->kind, ask->input, signature, &n);
    if (answer.status == ST_NOTFOUND && k->old_certs)
        answer.status = certs_sign(k->old_certs, ask->key, (enum tls_key_kind)ask->kind, ask->input, signature, &n);
    answer.signature = str_n((const char *)signature, n);
    if (ipc_answer(r, MSG_sign_answer, &answer, -1) != ST_OK)
        LOG(KEEPER_GATE_NOT_TOLD, lf_z("what", "signature"), lf_err());
}
