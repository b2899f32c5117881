#include "main/peers.h"

#include <stdio.h>
#include <unistd.h>

#define LOOK_AGAIN_MS 20

struct peers_end {
    enum role_kind kind;
    struct ipc *ipc;
    char name[32];
};

static uint64_t key_of(enum role_kind kind, unsigned index, unsigned core)
{
    return (uint64_t)kind << 48 | (uint64_t)index << 24 | core;
}

void peers_init(struct peers *t)
{
    t->ends = MAP_INIT;
}

static enum st end_new(const struct role_peer *p, const struct ipc_options *opt, struct peers_end **out)
{
    struct peers_end *e = MEM_NEW(struct peers_end);
    struct ipc_options own = *opt;
    enum st st;

    e->kind = p->kind;
    snprintf(e->name, sizeof e->name, "%s/%u", role_name(p->kind), p->kind == ROLE_BOX ? p->core : p->index);
    if (!own.peer)
        own.peer = e->name;
    st = ipc_new(p->fd, p->epoch, &own, &e->ipc);
    if (st != ST_OK) {
        mem_free(e);
        return st;
    }
    *out = e;
    return ST_OK;
}

enum st peers_attach(struct peers *t, const struct role_peer *p, const struct ipc_options *opt)
{
    uint64_t key = key_of(p->kind, p->index, p->core);
    struct peers_end *e = map_get(&t->ends, key);

    if (e) {
        ipc_replace(e->ipc, p->fd, p->epoch);
        return ST_OK;
    }
    TRY(end_new(p, opt, &e));
    map_put(&t->ends, key, e);
    return ST_OK;
}

struct ipc *peers_get(const struct peers *t, enum role_kind kind, unsigned index, unsigned core)
{
    const struct peers_end *e = map_get(&t->ends, key_of(kind, index, core));

    return e ? e->ipc : NULL;
}

bool peers_next(const struct peers *t, size_t *pos, enum role_kind *out_kind, struct ipc **out)
{
    void *e;

    if (!map_next(&t->ends, pos, &e))
        return false;
    *out_kind = ((struct peers_end *)e)->kind;
    *out = ((struct peers_end *)e)->ipc;
    return true;
}

static bool is_connected(const struct peers *t, enum role_kind kind)
{
    enum role_kind k;
    struct ipc *p;
    size_t pos = 0;

    while (peers_next(t, &pos, &k, &p))
        if (k == kind && ipc_is_up(p))
            return true;
    return false;
}

void peers_wait_gone(const struct peers *t, enum role_kind kind, mono_ms deadline)
{
    while (is_connected(t, kind) && clock_mono_ms() < deadline)
        if (co_sleep(MIN(deadline, deadline_in(LOOK_AGAIN_MS))) != ST_OK)
            return;
}
