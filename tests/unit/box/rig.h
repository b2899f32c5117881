/* A core of the box with two gates, whose far ends are the test's, over a store in memory. What a gate says here may be anything. */
#pragma once

#include "mail/help.h"

#include "box/grants.h"
#include "box/poison.h"
#include "ipc/lists.h"
#include "mail/trace.h"
#include "queue/queue.h"

#include <sys/socket.h>
#include <unistd.h>

#define ALICE 11
#define BOB 12
#define CONN 77

struct rig {
    struct world *w;
    struct box box;
    struct box_core core;
    struct ipc *far[2]; /* of the gates */
    struct arena a;
};

static struct rig rig;
static void (*rig_test)(void);

static const unsigned char rig_key[PASS_KEY_BYTES] = "one key that both of them share.";

uint64_t poison_letter(struct str reverse_path, struct str envelope)
{
    return 1 + (reverse_path.n ^ envelope.n); /* nothing is in quarantine here */
}

/* The store in memory has no files. */
enum st blob_stage_fd(struct store *s, int fd, uint64_t n, struct blob_stage **out)
{
    char *p = arena_alloc(&rig.a, (size_t)n + 1);

    if (pread(fd, p, (size_t)n, 0) != (ssize_t)n)
        return FAIL(ST_IO, "a short file");
    return blob_stage_str(s, str_n(p, (size_t)n), out);
}

static void rig_gate(unsigned i)
{
    static const struct ipc_handler handlers[] = {{MSG_submit_ask, box_submit_ask, true},
                                                  {MSG_submit_end, box_submit_end, true},
                                                  {MSG_deliver_ask, box_deliver_ask, false},
                                                  {MSG_room_ask, box_room_ask, false},
                                                  {MSG_future_ask, box_future_ask, false}};
    struct box_peer *p = &rig.core.gates[i];
    int fds[2];

    p->core = &rig.core;
    p->index = i;
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
    CHECK_ST(ipc_new(fds[0], 1,
                     &(struct ipc_options){
                         .peer = "gate", .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .arg = p},
                     &p->ipc),
             ST_OK);
    CHECK_ST(ipc_new(fds[1], 1, &(struct ipc_options){.peer = "box"}, &rig.far[i]), ST_OK);
}

static void rig_body(struct world *w)
{
    log_set_level(LOG_ERROR);
    memset(&rig, 0, sizeof rig);
    rig.w = w;
    rig.box.store = w->store;
    rig.box.queue = queue_new(&(struct queue_options){.store = w->store, .core = core_here()});
    CHECK_ST(queue_start(rig.box.queue), ST_OK);
    rig.box.trace = trace_new(&(struct trace_options){.store = w->store, .cores = w->cores, .n_cores = 1});
    rig.core.box = &rig.box;
    rig.core.mail = w->mail;
    list_init(&rig.core.grants_by_age);
    list_init(&rig.core.sessions);
    memcpy(rig.core.pass_key, rig_key, sizeof rig_key);
    rig.core.has_pass_key = true;
    rig_gate(0);
    rig_gate(1);
    rig_test();
    for (unsigned i = 0; i < 2; i++) {
        grants_drop_gate(&rig.core, i);
        ipc_free(rig.far[i]);
        ipc_free(rig.core.gates[i].ipc);
    }
    CHECK_U64(rig.core.grants.n, 0);
    map_fini(&rig.core.grants);
    queue_free(rig.box.queue);
    trace_free(rig.box.trace);
    arena_fini(&rig.a);
}

static void rig_run(void (*test)(void))
{
    rig_test = test;
    in_world(1, rig_body);
}

/* --- what the keeper would do --------------------------------------------------------------------- */

static struct msg_grant_ask rig_grant(const char *token, uint64_t account, uint32_t rights)
{
    return (struct msg_grant_ask){.token = str_n(token, TOKEN_BYTES),
                                  .account = account,
                                  .gate = 0,
                                  .conn = CONN,
                                  .credential = 5,
                                  .rights = rights,
                                  .login = STR("alice@example.test")};
}

static void rig_grant_add(const char *token, uint64_t account, uint32_t rights)
{
    struct msg_grant_ask m = rig_grant(token, account, rights);

    CHECK_ST(grant_add(&rig.core, &m), ST_OK);
}

static enum st rig_submit(unsigned gate, const char *token, uint64_t account, uint64_t conn)
{
    struct msg_submit_ask m = {.token = str_n(token, TOKEN_BYTES), .account = account, .conn = conn};
    struct msg_submit_answer answer;

    CHECK_ST(IPC_ASK(rig.far[gate], submit_ask, &m, submit_answer, &rig.a, &answer, deadline_in(20000)), ST_OK);
    return (enum st)answer.status;
}
