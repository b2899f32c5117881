/* Whose certificates clients are asked for, of each listener. A connection keeps what it began with. */
#include "gate/gate.h"
#include "main/role.h"

#include <stdio.h>

static enum st load(struct gate *g, const struct role *r, const struct settings *set, unsigned row,
                    struct tls_clients **out)
{
    const struct config_listener *l = &set->listeners[row];
    struct arena a = ARENA_INIT;
    char name[64];
    struct str pem;
    enum st st;

    snprintf(name, sizeof name, "client-ca/%u", row);
    st = role_file_read(r, name, CLIENT_CA_MAX, &a, &pem);
    if (st == ST_OK)
        st = tls_clients_new(g->tls, pem, l->client_certificate == CLIENT_CERTIFICATE_REQUIRED, out);
    arena_fini(&a);
    return st;
}

enum st clients_load(struct gate *g, const struct role *r, const struct settings *set)
{
    struct tls_clients **fresh = mem_new((g->n_listeners + 1) * sizeof(*fresh));
    enum st st = ST_OK;

    for (unsigned i = 0; i < g->n_listeners && st == ST_OK; i++)
        if (set->listeners[g->listeners[i].row].client_ca.n)
            st = load(g, r, set, g->listeners[i].row, &fresh[i]);
    for (unsigned i = 0; i < g->n_listeners; i++) {
        struct tls_clients *old = st == ST_OK ? g->listeners[i].clients : fresh[i];

        if (st == ST_OK)
            g->listeners[i].clients = fresh[i];
        tls_clients_unref(old);
    }
    mem_free(fresh);
    return st;
}
