/* A keeper with one gate and two box cores on one core of the runtime: the far ends are the test's. Each far box end
 * takes grants and remembers what it was told. Hashes are as cheap as libsodium allows. */
#pragma once

#include "keeper/keeper.h"
#include "keeper/transport.h"

#include "base/route.h"
#include "config/config.h"
#include "ipc/lists.h"
#include "test.h"

#include <sys/socket.h>

struct rig_box {
    unsigned index;
    unsigned grants, revokes, erases, limits;
    unsigned erase_steps; /* after so many it is done */
    struct account_limits told;
    struct msg_grant_ask last; /* without its texts */
    unsigned char token[16], pass_key[PASS_KEY_BYTES], bounce_keys[256];
    size_t n_bounce_keys;
    char mailbox[64]; /* of the last grant */
    unsigned braked, alerts;
    char alert[200];
    enum st answer;
};

struct rig {
    struct keeper *keeper;
    struct directory *directory;
    struct ipc *gate, *gate_far, *box[2], *box_far[2], *control, *control_far;
    struct rig_box boxes[2];
    unsigned offers_scram, certs_begun, certs, certs_ended, tickets, gate_revokes;
    uint32_t cert_key;
    size_t ticket_bytes;
    void (*during_grant)(void); /* NULL: nothing happens meanwhile */
    char chain[8192];
};

static struct rig rig;
static void (*rig_test)(void);

static void rig_on_grant(struct ipc_request *r)
{
    struct rig_box *b = r->arg;
    const struct msg_grant_ask *m = r->msg;

    b->grants++;
    b->last = *m;
    memcpy(b->token, m->token.p, 16);
    snprintf(b->mailbox, sizeof b->mailbox, "%.*s", STR_ARGS(m->pop3_mailbox));
    if (rig.during_grant)
        rig.during_grant();
    CHECK_ST(ipc_answer(r, MSG_grant_answer, &(struct msg_grant_answer){.status = (uint8_t)b->answer}, -1), ST_OK);
}

static void rig_on_revoke(struct ipc_request *r)
{
    ((struct rig_box *)r->arg)->revokes++;
}

static void rig_on_pass_key(struct ipc_request *r)
{
    const struct msg_pass_key *m = r->msg;

    memcpy(((struct rig_box *)r->arg)->pass_key, m->key.p, PASS_KEY_BYTES);
}

static void rig_on_bounce_keys(struct ipc_request *r)
{
    struct rig_box *b = r->arg;
    struct str keys = ((const struct msg_bounce_keys *)r->msg)->keys;

    memcpy(b->bounce_keys, keys.p, b->n_bounce_keys = keys.n);
}

static void rig_on_gate(struct ipc_request *r)
{
    switch (r->kind) {
    case MSG_tls_begin: rig.certs_begun++; break;
    case MSG_tls_cert:
        rig.certs++;
        rig.cert_key = ((const struct msg_tls_cert *)r->msg)->key;
        break;
    case MSG_tls_end: rig.certs_ended++; break;
    case MSG_auth_offer: rig.offers_scram = ((const struct msg_auth_offer *)r->msg)->scram; break;
    case MSG_tls_tickets:
        rig.tickets++;
        rig.ticket_bytes = ((const struct msg_tls_tickets *)r->msg)->keys.n;
        break;
    default: rig.gate_revokes++;
    }
}

static void rig_on_erase(struct ipc_request *r)
{
    struct rig_box *b = r->arg;
    struct msg_erase_answer a = {.status = (uint8_t)b->answer, .done = ++b->erases >= b->erase_steps};

    CHECK_ST(ipc_answer(r, MSG_erase_answer, &a, -1), ST_OK);
}

static void rig_on_limits(struct ipc_request *r)
{
    struct rig_box *b = r->arg;

    b->limits++;
    if (r->kind == MSG_account_limits)
        b->told = ((const struct msg_account_limits *)r->msg)->limits;
}

static void rig_on_usage(struct ipc_request *r)
{
    struct msg_usage_answer a = {.bytes = 111, .messages = 2, .domain_bytes = 333, .domain_messages = 4};

    CHECK_ST(ipc_answer(r, MSG_usage_answer, &a, -1), ST_OK);
}

static void rig_on_brake(struct ipc_request *r)
{
    struct rig_box *b = r->arg;
    const struct msg_brake_note *m = r->msg;

    b->braked = !m->account ? 0 : b->braked + (m->why.n ? 1 : 0) - (!m->why.n && b->braked ? 1 : 0);
}

static void rig_on_alert(struct ipc_request *r)
{
    struct rig_box *b = r->arg;
    const struct msg_alert_ask *m = r->msg;
    struct msg_alert_answer a = {0};

    b->alerts++;
    snprintf(b->alert, sizeof b->alert, "%.*s %.*s %.*s %llu", STR_ARGS(m->owner), STR_ARGS(m->admin),
             STR_ARGS(m->sign), (unsigned long long)m->value);
    CHECK_ST(ipc_answer(r, MSG_alert_answer, &a, -1), ST_OK);
}

static const struct ipc_handler rig_box_handlers[] = {
    {MSG_brake_note, rig_on_brake, true},      {MSG_alert_ask, rig_on_alert, true},
    {MSG_grant_ask, rig_on_grant, true},       {MSG_revoke, rig_on_revoke, true},
    {MSG_pass_key, rig_on_pass_key, true},     {MSG_erase_ask, rig_on_erase, true},
    {MSG_account_limits, rig_on_limits, true}, {MSG_domain_limits, rig_on_limits, true},
    {MSG_usage_ask, rig_on_usage, true},       {MSG_bounce_keys, rig_on_bounce_keys, true}};
static const struct ipc_handler rig_gate_handlers[] = {
    {MSG_tls_begin, rig_on_gate, true},   {MSG_tls_cert, rig_on_gate, true},   {MSG_tls_end, rig_on_gate, true},
    {MSG_tls_tickets, rig_on_gate, true}, {MSG_auth_offer, rig_on_gate, true}, {MSG_revoke_gate, rig_on_gate, true}};
static const struct ipc_handler rig_keeper_handlers[] = {{MSG_auth_ask, keeper_auth, false},
                                                         {MSG_sasl_ask, keeper_sasl, false},
                                                         {MSG_sasl_end, keeper_sasl_end, true},
                                                         {MSG_rcpt_ask, keeper_rcpt, false},
                                                         {MSG_sender_ask, keeper_sender, false},
                                                         {MSG_txn_note, keeper_txn_note, true},
                                                         {MSG_web_ask, keeper_web, false},
                                                         {MSG_srs_ask, keeper_srs, false},
                                                         {MSG_transport_ask, keeper_transport, false},
                                                         {MSG_health_ask, keeper_health, false},
                                                         {MSG_sign_ask, keeper_sign, true}};
static const struct ipc_handler rig_control_handlers[] = {{MSG_admin_ask, keeper_admin, false},
                                                          {MSG_account_ask, keeper_account, false}};

static void rig_pair(const struct ipc_handler *near, size_t n_near, void *near_arg, struct ipc **out_near,
                     const struct ipc_handler *far, size_t n_far, void *far_arg, struct ipc **out_far)
{
    int fds[2];

    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    CHECK_ST(ipc_new(fds[0], 1,
                     &(struct ipc_options){.peer = "far", .handlers = near, .n_handlers = n_near, .arg = near_arg},
                     out_near),
             ST_OK);
    CHECK_ST(ipc_new(fds[1], 1,
                     &(struct ipc_options){.peer = "keeper", .handlers = far, .n_handlers = n_far, .arg = far_arg},
                     out_far),
             ST_OK);
}

static const struct settings *rig_settings(const char *more)
{
    struct config_errors errors;
    const struct settings *set = NULL;
    struct buf text;

    buf_init(&text, 4096);
    buf_addf(&text,
             "host_name mail.example.test\nauth_argon2_memory 8K auth_argon2_passes 1 auth_failure_delay 10ms "
             "auth_hash_threads 1\n%s\n",
             more);
    CHECK_ST(config_parse(buf_str(&text), "test", &set, &errors), ST_OK);
    buf_fini(&text);
    return set;
}

static uint64_t rig_account(const char *local, const char *password)
{
    const struct directory_address address = {str_z(local), STR("example.test")};
    char hash[PASSWORD_HASH_MAX];
    uint64_t id = 0;

    CHECK_ST(directory_account_add(rig.directory, &address, &(struct directory_change){0}, &id), ST_OK);
    CHECK_ST(password_hash(secret_of(str_z(password)), (struct password_cost){8192, 1}, hash), ST_OK);
    CHECK_ST(directory_password_set(rig.directory, id, str_z(hash)), ST_OK);
    return id;
}

static void rig_body(void *arg)
{
    const struct settings *set = rig_settings("auth_max_failures 5 auth_hash_queue 1000 auth_certificate_names yes");

    (void)arg;
    password_preload();
    memset(&rig, 0, sizeof(rig));
    CHECK_ST(directory_open(":memory:", &rig.directory), ST_OK);
    CHECK_ST(directory_domain_add(rig.directory, STR("example.test")), ST_OK);
    rig.keeper = keeper_new(set, rig.directory, certs_new(1), 1, 2);
    config_unref(set);
    rig_pair(rig_keeper_handlers, ARRAY_LEN(rig_keeper_handlers), &rig.keeper->gates[0], &rig.gate, rig_gate_handlers,
             ARRAY_LEN(rig_gate_handlers), NULL, &rig.gate_far);
    for (unsigned i = 0; i < 2; i++) {
        rig.boxes[i].index = i;
        rig_pair(NULL, 0, NULL, &rig.box[i], rig_box_handlers, ARRAY_LEN(rig_box_handlers), &rig.boxes[i],
                 &rig.box_far[i]);
        keeper_core_is_up(rig.keeper, i, rig.box[i]);
    }
    rig_pair(rig_control_handlers, 2, rig.keeper, &rig.control, NULL, 0, NULL, &rig.control_far);
    keeper_gate_is_up(rig.keeper, 0, rig.gate);
    rig_test();
    ipc_free(rig.control_far);
    ipc_free(rig.gate_far);
    for (unsigned i = 0; i < 2; i++) {
        ipc_free(rig.box_far[i]);
        ipc_free(rig.box[i]);
    }
    ipc_free(rig.control);
    ipc_free(rig.gate);
    keeper_free(rig.keeper);
    core_stop(core_here());
}

static void rig_start(void *arg)
{
    CHECK_ST(co_spawn(rig_body, arg, "test"), ST_OK);
}

static void rig_run(void (*test)(void))
{
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 600});

    rig_test = test;
    core_post(c, rig_start, NULL);
    core_run(c);
    core_free(c);
}

static enum st rig_login(struct arena *a, const char *user, const char *password, const char *peer,
                         struct msg_auth_answer *out)
{
    struct msg_auth_ask ask = {.conn = 77,
                               .service = PROTOCOL_IMAP,
                               .mechanism = STR("PLAIN"),
                               .user = str_z(user),
                               .password = str_z(password),
                               .peer = str_z(peer)};

    CHECK_ST(IPC_ASK(rig.gate_far, auth_ask, &ask, auth_answer, a, out, deadline_in(20000)), ST_OK);
    return (enum st)out->status;
}
