/* The role: starts the listeners, keeps the ends to keeper and box. */
#include "gate/gate.h"
#include "config/config.h"
#include "mime/addrspec.h"
#include "mime/casefold.h"
#include "mime/charset.h"

static struct gate *gate_of(struct role *r)
{
    return r->state;
}

/* What would be loaded when first used, loaded now: there are no files behind the seal. */
static enum st gate_prepare(struct role *r)
{
    struct gate *g = MEM_NEW(struct gate);

    r->state = g;
    charset_preload();
    casefold_preload();
    addrspec_preload();
    g->tls = tls_server_new(gate_sign, g); /* loads OpenSSL's provider */
    return ST_OK;
}

static enum st gate_start(struct role *r)
{
    struct gate *g = gate_of(r);

    list_init(&g->conns);
    list_init(&g->busy);
    co_waitq_init(&g->certificates_wanted);
    co_waitq_init(&g->logins_room);
    peers_init(&g->others);
    g->set = config_ref(r->settings);
    g->index = r->index;
    g->n_cores = r->cores;
    g->listeners = mem_new(r->n_listeners * sizeof *g->listeners);
    g->core = r->core;
    g->main = r->main;
    TRY(tls_server_limits(g->tls, g->set->tls_min_version == CONFIG_TLS_1_3, g->set->tls_ciphers, g->set->tls_groups));
    TRY(figures_open(g, r));
    TRY(limits_open(g, r));
    if (r->cores > GATE_CORES_MAX)
        return FAIL(ST_LIMIT, "more than %d cores", GATE_CORES_MAX);
    for (size_t i = 0; i < r->n_listeners; i++) {
        struct gate_listener *l = &g->listeners[i];
        const struct config_listener *row = &g->set->listeners[r->listeners[i].row];
        struct listener_options opt = {.connections_max = row->max_connections / r->gates + 1,
                                       .on_connection = conn_accepted,
                                       .on_excess = conn_excess,
                                       .arg = l};

        l->gate = g;
        l->row = r->listeners[i].row;
        TRY(listener_start(r->listeners[i].fd, &opt, &l->listener));
        r->listeners[i].fd = -1;
        g->n_listeners++;
    }
    return clients_load(g, r, g->set);
}

static struct ipc **place_of(struct gate *g, const struct role_peer *p, const struct ipc_handler **handlers, size_t *n)
{
    *handlers = NULL;
    *n = 0;
    if (p->kind == ROLE_KEEPER) {
        *handlers = gate_keeper_handlers;
        *n = gate_n_keeper_handlers;
        return &g->keeper;
    }
    if (p->kind != ROLE_BOX || p->core >= g->n_cores)
        return NULL;
    *handlers = gate_box_handlers;
    *n = gate_n_box_handlers;
    return &g->boxes[p->core];
}

static void gate_peer(struct role *r, const struct role_peer *p)
{
    struct gate *g = gate_of(r);
    struct ipc_options opt = {.arg = g};
    struct ipc **place = place_of(g, p, &opt.handlers, &opt.n_handlers);

    if (!place) {
        IGNORE(peers_attach(&g->others, p, &opt)); /* nothing is asked of them yet */
        return;
    }
    opt.peer = role_name(p->kind);
    if (*place)
        ipc_replace(*place, p->fd, p->epoch);
    else if (ipc_new(p->fd, p->epoch, &opt, place) != ST_OK)
        LOG(PEER_FAILED, lf_z("peer", opt.peer), lf_err());
}

static void gate_reload(struct role *r, const struct settings *set)
{
    struct gate *g = gate_of(r);

    for (unsigned i = 0; i < g->n_listeners; i++) {
        const struct config_listener *old = &g->set->listeners[g->listeners[i].row];

        /* Listeners change by a restart only: with another list of them the rows would not be those of our sockets. */
        if (set->listener_count != g->set->listener_count ||
            old->protocol != set->listeners[g->listeners[i].row].protocol ||
            old->security != set->listeners[g->listeners[i].row].security) {
            LOG(GATE_RELOAD_REFUSED);
            return;
        }
    }
    if (clients_load(g, r, set) != ST_OK) {
        LOG(RELOAD_FAILED, lf_z("name", "gate"), lf_err());
        return;
    }
    config_unref(g->set);
    g->set = config_ref(set);
}

static void gate_stop(struct role *r, mono_ms deadline) SUSPENDS
{
    struct gate *g = gate_of(r);

    for (unsigned i = 0; i < g->n_listeners; i++)
        listener_stop(g->listeners[i].listener);
    conns_stop(g);
    while (g->n_conns && clock_mono_ms() < deadline)
        if (co_sleep(deadline_in(20)) != ST_OK)
            break;
}

const struct role_ops gate_role = {.name = "gate",
                                   .coroutines = GATE_COROUTINES,
                                   .prepare = gate_prepare,
                                   .start = gate_start,
                                   .peer = gate_peer,
                                   .reload = gate_reload,
                                   .stop = gate_stop};
