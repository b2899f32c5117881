/* The box: the mail. A thread a core; core 0 is the first thread of the process. Each core holds its own ends of pairs, and
 * nothing that another core could touch; what comes for one goes to it by a post. */
#include "base/log.h"
#include "base/must.h"
#include "main/peers.h"

#include <pthread.h>
#include <stdio.h>

enum { BOX_COROUTINES = 8192 }; /* a core */

struct box_core {
    struct box *box;
    unsigned index;
    char name[16];
    struct core *core;
    pthread_t thread;
    struct peers peers;
};

struct box {
    struct role *role;
    struct box_core *cores;
    unsigned n;
};

static void *core_thread(void *arg)
{
    struct box_core *c = arg;

    core_run(c->core);
    return NULL;
}

static void core_begin(struct box *b, unsigned index)
{
    struct box_core *c = &b->cores[index];

    c->box = b;
    c->index = index;
    peers_init(&c->peers);
    snprintf(c->name, sizeof c->name, "box/%u", index);
    c->core = index == 0 ? b->role->core
                         : core_new(&(struct core_options){.index = index,
                                                           .name = c->name,
                                                           .coroutines = BOX_COROUTINES,
                                                           .watchdog_ms = (unsigned)b->role->settings->watchdog_slice});
    if (index)
        must(pthread_create(&c->thread, NULL, core_thread, c) == 0);
}

static enum st box_start(struct role *r)
{
    struct box *b = MEM_NEW(struct box);

    b->role = r;
    b->n = r->cores;
    b->cores = mem_new(b->n * sizeof *b->cores);
    r->state = b;
    for (unsigned i = 0; i < b->n; i++)
        core_begin(b, i);
    return ST_OK;
}

/* --- ends of pairs, on the core they are for ------------------------------------------------------------ */

struct attach_job {
    struct box_core *core;
    struct role_peer peer;
};

static void attach(void *arg)
{
    struct attach_job *job = arg;
    struct ipc_options opt = {.arg = job->core};

    if (peers_attach(&job->core->peers, &job->peer, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(job->peer.kind)), lf_err());
    mem_free(job);
}

static void box_peer(struct role *r, const struct role_peer *p)
{
    struct box *b = r->state;
    struct attach_job *job = MEM_NEW(struct attach_job);

    must(p->core < b->n);
    *job = (struct attach_job){&b->cores[p->core], *p};
    core_post(job->core->core, attach, job);
}

/* Gates may have letters in hand: it serves them until they are gone. */
static void box_stop(struct role *r, mono_ms deadline) SUSPENDS
{
    struct box *b = r->state;

    peers_wait_gone(&b->cores[0].peers, ROLE_GATE, deadline);
}

const struct role_ops box_role = {.name = "box", .coroutines = BOX_COROUTINES, .start = box_start, .peer = box_peer, .stop = box_stop};
