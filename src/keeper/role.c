/* The role: opens the directory, takes keys and certificates from main, and connects the rest of this folder to its pairs. */
#include "keeper/keeper.h"

#include "base/log.h"
#include "main/peers.h"
#include "mime/addrspec.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>

#define COROUTINES 8192 /* a login that waits for its turn or its answer's delay has one */
#define EXPIRY_WARNING_DAYS 14

struct keeper_role {
    struct keeper *keeper;
    struct peers peers;
    uint32_t next_key; /* numbers of keys are never used again while this process lives */
};

/* A certificate that runs out in the night is told of for two weeks, at each start and reload. */
static void warn_of_expiry(struct str name, uint64_t expires_s)
{
    uint64_t now = clock_wall_s();

    if (expires_s < now + EXPIRY_WARNING_DAYS * 86400)
        LOG(KEEPER_CERTIFICATE_EXPIRES, lf_str("certificate", name),
            lf_i64("days", ((int64_t)expires_s - (int64_t)now) / 86400));
}

static enum st add_certificate(const struct role *r, const struct config_tls *tls, struct certs *certs, size_t i)
{
    struct arena a = ARENA_INIT;
    struct cert_file chain = {.name = tls->certificate}, key = {.name = tls->key};
    char chain_name[64], key_name[64];
    enum st st;

    snprintf(chain_name, sizeof chain_name, "tls/%zu/certificate", i);
    snprintf(key_name, sizeof key_name, "tls/%zu/key", i);
    st = role_file_read(r, chain_name, CERT_CHAIN_MAX * 4, &a, &chain.pem);
    if (st == ST_OK)
        st = role_file_read(r, key_name, CERT_KEY_MAX, &a, &key.pem);
    if (st == ST_OK)
        st = certs_add(certs, chain, key);
    if (st == ST_OK)
        warn_of_expiry(chain.name, certs_expires_s(certs, certs_count(certs) - 1));
    if (key.pem.n)
        wipe((char *)(uintptr_t)key.pem.p, key.pem.n);
    arena_fini(&a);
    return st;
}

/* All blocks of the settings, or none. */
static enum st load_certificates(struct keeper_role *k, const struct role *r, const struct settings *set,
                                 struct certs **out)
{
    struct certs *certs = certs_new(k->next_key);
    enum st st = ST_OK;

    for (size_t i = 0; i < set->tls_count && st == ST_OK; i++)
        st = add_certificate(r, &set->tls[i], certs, i);
    if (st != ST_OK) {
        LOG(KEEPER_CERTIFICATE_FAILED, lf_err());
        certs_free(certs);
        return st;
    }
    k->next_key += (uint32_t)set->tls_count;
    *out = certs;
    return ST_OK;
}

enum st keeper_pair_check(const struct config_tls *tls, struct str chain_pem, struct str key_pem)
{
    struct certs *certs = certs_new(0);
    enum st st =
        certs_add(certs, (struct cert_file){tls->certificate, chain_pem}, (struct cert_file){tls->key, key_pem});

    certs_free(certs);
    return st;
}

/* What these libraries load by name or look up in files comes now. */
static enum st role_prepare(struct role *r)
{
    struct keeper_role *k = MEM_NEW(struct keeper_role);

    r->state = k;
    peers_init(&k->peers);
    password_preload();
    addrspec_preload();
    if (OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL) != 1)
        return FAIL(ST_INTERNAL, "the libraries of cryptography can't be started");
    EVP_MD_free(EVP_MD_fetch(NULL, "SHA256", NULL));
    ERR_clear_error();
    return ST_OK;
}

/* The first line; an editor leaves a line end behind it. */
static enum st load_oauth_secret(struct keeper *k, const struct role *r, const struct settings *set)
{
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE, line;
    enum st st;

    wipe(k->oauth_secret, sizeof(k->oauth_secret));
    k->n_oauth_secret = 0;
    if (!set->auth_oauth_secret_file.n || !set->auth_oauth_introspection.n)
        return ST_OK;
    st = role_file_read(r, "oauth/secret", sizeof(k->oauth_secret), &a, &text);
    if (st == ST_OK) {
        line = str_trim(str_sub(text, 0, str_find(text, '\n')));
        memcpy(k->oauth_secret, line.p, line.n);
        k->n_oauth_secret = line.n;
        wipe((char *)(uintptr_t)text.p, text.n);
    }
    arena_fini(&a);
    return st;
}

static enum st add_clients(const struct role *r, const struct config_listener *l, size_t row,
                           struct keeper_clients *clients)
{
    struct tls_clients *from;
    struct arena a = ARENA_INIT;
    struct str pem;
    char name[64];
    enum st st;

    snprintf(name, sizeof name, "client-ca/%zu", row);
    st = role_file_read(r, name, CLIENT_CA_MAX, &a, &pem);
    if (st == ST_OK)
        st = tls_clients_new(NULL, pem, false, &from);
    if (st == ST_OK)
        keeper_clients_add(clients, l->name, from);
    arena_fini(&a);
    return st;
}

/* Of all listeners, or as it was. */
static enum st load_clients(struct keeper *k, const struct role *r, const struct settings *set)
{
    struct keeper_clients *clients = keeper_clients_new(set->listener_count);
    enum st st = ST_OK;

    for (size_t i = 0; i < set->listener_count && st == ST_OK; i++)
        if (set->listeners[i].client_ca.n)
            st = add_clients(r, &set->listeners[i], i, clients);
    if (st == ST_OK)
        keeper_take_clients(k, clients);
    else
        keeper_clients_free(clients);
    return st;
}

static enum st role_start(struct role *r)
{
    struct keeper_role *k = r->state;
    struct directory *d;
    struct certs *certs;
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", r->dir, KEEPER_DIRECTORY_FILE);
    TRY(load_certificates(k, r, r->settings, &certs));
    TRY(directory_open(path, &d));
    k->keeper = keeper_new(r->settings, d, certs, r->gates, r->cores);
    TRY(load_oauth_secret(k->keeper, r, r->settings));
    TRY(load_clients(k->keeper, r, r->settings));
    TRY(keeper_bans_load(k->keeper));
    TRY(keeper_greys_load(k->keeper));
    TRY(keeper_brakes_load(k->keeper));
    TRY(co_spawn(keeper_brakes, k->keeper, "brakes"));
    TRY(co_spawn(keeper_uses, k->keeper, "last uses"));
    TRY(co_spawn(keeper_sending, k->keeper, "what was sent"));
    TRY(co_spawn(keeper_offer, k->keeper, "mechanisms"));
    TRY(co_spawn(keeper_bounces, k->keeper, "keys of notices"));
    return co_spawn(keeper_removals, k->keeper, "removals");
}

static const struct ipc_handler gate_handlers[] = {{MSG_auth_ask, keeper_auth},
                                                   {MSG_sasl_ask, keeper_sasl},
                                                   {MSG_sasl_end, keeper_sasl_end, .direct = true},
                                                   {MSG_rcpt_ask, keeper_rcpt},
                                                   {MSG_sender_ask, keeper_sender},
                                                   {MSG_web_ask, keeper_web},
                                                   {MSG_health_ask, keeper_health},
                                                   {MSG_trust_ask, keeper_trust},
                                                   {MSG_ban_note, keeper_ban_note},
                                                   {MSG_grey_ask, keeper_grey, .direct = true},
                                                   {MSG_local_end, keeper_local_end, .direct = true},
                                                   {MSG_txn_note, keeper_txn_note, .direct = true},
                                                   {MSG_sign_ask, keeper_sign, .direct = true}};

static const struct ipc_handler courier_handlers[] = {{MSG_rcpt_ask, keeper_rcpt},
                                                      {MSG_dkim_keys_ask, keeper_dkim_keys},
                                                      {MSG_dkim_sign_ask, keeper_dkim_sign},
                                                      {MSG_srs_ask, keeper_srs},
                                                      {MSG_suppress_note, keeper_suppress_note_by_courier},
                                                      {MSG_suppressed_ask, keeper_suppressed},
                                                      {MSG_sts_get_ask, keeper_sts_get},
                                                      {MSG_sts_put_ask, keeper_sts_put},
                                                      {MSG_sts_due_ask, keeper_sts_due},
                                                      {MSG_transport_ask, keeper_transport},
                                                      {MSG_relay_ask, keeper_relay},
                                                      {MSG_ours_ask, keeper_ours},
                                                      {MSG_identity_ask, keeper_identity},
                                                      {MSG_routes_ask, keeper_routes},
                                                      {MSG_route_login_ask, keeper_route_login},
                                                      {MSG_tls_note_ask, keeper_tls_note},
                                                      {MSG_tls_report_ask, keeper_tls_report},
                                                      {MSG_tls_reported_ask, keeper_tls_reported}};

static const struct ipc_handler box_handlers[] = {{MSG_suppress_note, keeper_suppress_note}, {MSG_who_ask, keeper_who}};

static const struct ipc_handler control_handlers[] = {
    {MSG_admin_ask, keeper_admin}, {MSG_account_ask, keeper_account}, {MSG_local_ask, keeper_local}};

static void role_peer(struct role *r, const struct role_peer *p)
{
    struct keeper_role *k = r->state;
    struct ipc_options opt = {.arg = k->keeper};

    if (p->kind == ROLE_GATE)
        opt = (struct ipc_options){
            .handlers = gate_handlers, .n_handlers = ARRAY_LEN(gate_handlers), .arg = &k->keeper->gates[p->index]};
    if (p->kind == ROLE_BOX)
        opt = (struct ipc_options){.handlers = box_handlers, .n_handlers = ARRAY_LEN(box_handlers), .arg = k->keeper};
    if (p->kind == ROLE_COURIER)
        opt = (struct ipc_options){
            .handlers = courier_handlers, .n_handlers = ARRAY_LEN(courier_handlers), .arg = &k->keeper->courier};
    if (p->kind == ROLE_CONTROL)
        opt = (struct ipc_options){
            .handlers = control_handlers, .n_handlers = ARRAY_LEN(control_handlers), .arg = k->keeper};
    if (peers_attach(&k->peers, p, &opt) != ST_OK) {
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
        return;
    }
    if (p->kind == ROLE_GATE)
        keeper_gate_is_up(k->keeper, p->index, peers_get(&k->peers, ROLE_GATE, p->index, p->core));
    if (p->kind == ROLE_ERRAND)
        k->keeper->errand = peers_get(&k->peers, ROLE_ERRAND, p->index, p->core);
    if (p->kind == ROLE_COURIER)
        k->keeper->courier.ipc = peers_get(&k->peers, ROLE_COURIER, p->index, p->core);
    if (p->kind == ROLE_BOX)
        keeper_core_is_up(k->keeper, p->core, peers_get(&k->peers, ROLE_BOX, p->index, p->core));
}

static void role_reload(struct role *r, const struct settings *set)
{
    struct keeper_role *k = r->state;
    struct certs *certs;

    if (load_certificates(k, r, set, &certs) == ST_OK) {
        keeper_reload(k->keeper, set, certs);
        if (load_oauth_secret(k->keeper, r, set) != ST_OK || load_clients(k->keeper, r, set) != ST_OK)
            LOG(RELOAD_FAILED, lf_z("name", "keeper"), lf_err());
    } else
        LOG(RELOAD_FAILED, lf_z("name", "keeper"), lf_err());
}

/* Gates and box end first: they may have a question still. */
static void role_stop(struct role *r, mono_ms deadline) SUSPENDS
{
    struct keeper_role *k = r->state;

    peers_wait_gone(&k->peers, ROLE_GATE, deadline);
    peers_wait_gone(&k->peers, ROLE_BOX, deadline);
    keeper_write_uses(k->keeper);
    keeper_write_sending(k->keeper);
    keeper_greys_write(k->keeper);
    directory_close(k->keeper->directory);
}

const struct role_ops keeper_role = {.name = "keeper",
                                     .coroutines = COROUTINES,
                                     .prepare = role_prepare,
                                     .start = role_start,
                                     .peer = role_peer,
                                     .reload = role_reload,
                                     .stop = role_stop};
