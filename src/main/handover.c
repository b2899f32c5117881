/* What a child is given before it seals itself: settings, its ends of pairs, listening sockets, files. A pair is made anew
 * whenever one of its two processes starts, with a new epoch. */
#include "main/figures.h"
#include "main/server.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- settings ----------------------------------------------------------------------------------------- */

static enum st memfd_of(struct str text, int *out_fd)
{
    int fd = memfd_create("settings", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        return FAIL_ERRNO("memfd_create");
    if (write(fd, text.p, text.n) != (ssize_t)text.n ||
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        enum st st = FAIL_ERRNO("the settings' copy in memory");

        close(fd);
        return st;
    }
    *out_fd = fd;
    return ST_OK;
}

enum st handover_settings(struct child *c, enum msg_kind kind, struct str text)
{
    struct server *s = c->server;
    struct msg_role_start start = {.index = c->index, .gates = s->gates, .cores = s->cores, .epoch = s->epoch};
    struct msg_role_reload reload = {.epoch = s->epoch};
    enum st st;
    int fd;

    TRY(memfd_of(text, &fd));
    st = kind == MSG_role_start ? ipc_send(c->link, kind, &start, fd) : ipc_send(c->link, kind, &reload, fd);
    close(fd);
    return st;
}

/* --- pairs ------------------------------------------------------------------------------------------------ */

static const struct link {
    enum role_kind a, b;
    bool each_core;
} links[] = {
#define ONE_CORE false
#define EACH_CORE true
#define LINK(a, b, cores) {ROLE_##a, ROLE_##b, cores},
#include "main/links.def"
#undef LINK
#undef ONE_CORE
#undef EACH_CORE
};

static enum st give_end(struct child *to, const struct child *other, unsigned core, uint64_t epoch, int fd)
{
    struct msg_role_peer m = {.role = (uint8_t)other->kind, .index = other->index, .core = core, .epoch = epoch};

    return ipc_send(to->link, MSG_role_peer, &m, fd);
}

/* One that takes no message is dying, perhaps of what killed the one that starts: when it starts anew it makes the pair. */
static void give_up(struct child *other)
{
    other->has_handover = false;
    kill(other->pid, SIGKILL);
}

static enum st make_pair(struct child *fresh, struct child *other, unsigned core)
{
    uint64_t epoch = ++fresh->server->epoch;
    enum st st;
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fd) < 0)
        return FAIL_ERRNO("socketpair");
    if (give_end(other, fresh, core, epoch, fd[0]) != ST_OK) {
        give_up(other);
        st = ST_OK;
    } else {
        st = give_end(fresh, other, core, epoch, fd[1]);
    }
    close(fd[0]);
    close(fd[1]);
    return st;
}

static enum st make_pairs(const struct link *l, struct child *fresh, struct child *other)
{
    unsigned cores = l->each_core ? fresh->server->cores : 1;

    for (unsigned core = 0; core < cores && other->has_handover; core++)
        TRY(make_pair(fresh, other, core));
    return ST_OK;
}

/* With every process that has been handed over before it: one that starts later makes the pair then. */
static enum st make_links(struct child *c)
{
    struct server *s = c->server;

    for (size_t i = 0; i < ARRAY_LEN(links); i++) {
        for (size_t j = 0; j < s->n_children; j++) {
            struct child *o = &s->children[j];

            if (!o->has_handover || o == c)
                continue;
            if ((links[i].a == c->kind && links[i].b == o->kind) || (links[i].a == o->kind && links[i].b == c->kind))
                TRY(make_pairs(&links[i], c, o));
        }
    }
    return ST_OK;
}

/* --- sockets and files ---------------------------------------------------------------------------------------- */

static enum st give_file(struct child *c, int fd, const char *name)
{
    return ipc_send(c->link, MSG_role_file, &(struct msg_role_file){.name = str_z(name)}, fd);
}

static enum st give_path(struct child *c, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum st st;

    if (fd < 0)
        return FAIL_ERRNO(path);
    st = give_file(c, fd, name);
    close(fd);
    return st;
}

static enum st handover_certificates(struct child *c, const struct settings *set)
{
    char name[64];

    for (size_t i = 0; c->kind == ROLE_KEEPER && i < set->tls_count; i++) {
        snprintf(name, sizeof name, "tls/%zu/certificate", i);
        TRY(give_path(c, set->tls[i].certificate.p, name));
        snprintf(name, sizeof name, "tls/%zu/key", i);
        TRY(give_path(c, set->tls[i].key.p, name));
    }
    return ST_OK;
}

/* Where the file is by default it may be missing: it comes with a package of its own. */
static enum st give_trust_anchor(struct child *c, const struct settings *set)
{
    const char *path = set->resolver_trust_anchor.p;
    bool is_default = !config_place(set, "resolver_trust_anchor").line;

    if (is_default && access(path, F_OK) < 0 && errno == ENOENT) {
        LOG(RESOLVER_UNANCHORED, lf_str("file", set->resolver_trust_anchor));
        return ST_OK;
    }
    return give_path(c, path, "trust-anchor");
}

static enum st give_resolver_files(struct child *c, const struct settings *set)
{
    if (set->resolver_trust_anchor.n)
        TRY(give_trust_anchor(c, set));
    if (set->resolver_root_hints.n)
        TRY(give_path(c, set->resolver_root_hints.p, "root-hints"));
    return ST_OK;
}

static enum st give_activity(struct child *c)
{
    struct server *s = c->server;
    char name[64];

    for (unsigned i = 0; i < s->cores; i++) {
        snprintf(name, sizeof name, "activity/%u", i);
        TRY(give_file(c, s->activity[i], name));
    }
    return ST_OK;
}

/* Likewise. */
static enum st give_trusted(struct child *c, const struct settings *set)
{
    bool is_default = !config_place(set, "tls_ca").line;

    if (!set->tls_ca.n)
        return ST_OK;
    if (is_default && access(set->tls_ca.p, F_OK) < 0 && errno == ENOENT) {
        LOG(TRUST_MISSING, lf_str("file", set->tls_ca));
        return ST_OK;
    }
    return give_path(c, set->tls_ca.p, "ca");
}

/* What the settings name and a role may not open itself; opened anew at each reload. */
static enum st give_relay_files(struct child *c, const struct settings *set)
{
    if ((set->relay_host.n && set->relay_security != SECURITY_NONE) || access(set->relay_ca.p, R_OK) == 0)
        TRY(give_path(c, set->relay_ca.p, "relay/ca")); /* servers of domains that go on may need it too */
    if (set->relay_host.n && set->relay_user.n)
        TRY(give_path(c, set->relay_password_file.p, "relay/password"));
    return ST_OK;
}

static enum st give_oauth_secret(struct child *c, const struct settings *set)
{
    if (c->kind != ROLE_KEEPER || !set->auth_oauth_introspection.n || !set->auth_oauth_secret_file.n)
        return ST_OK;
    return give_path(c, set->auth_oauth_secret_file.p, "oauth/secret");
}

/* By place in the list of listeners. */
static enum st give_client_cas(struct child *c, const struct settings *set)
{
    char name[64];

    for (size_t i = 0; i < set->listener_count; i++) {
        if (!set->listeners[i].client_ca.n)
            continue;
        snprintf(name, sizeof name, "client-ca/%zu", i);
        TRY(give_path(c, set->listeners[i].client_ca.p, name));
    }
    return ST_OK;
}

enum st handover_named_files(struct child *c, const struct settings *set)
{
    switch (c->kind) {
    case ROLE_COURIER: TRY(give_trusted(c, set)); return give_relay_files(c, set);
    case ROLE_ERRAND: return give_trusted(c, set);
    case ROLE_GATE: return give_client_cas(c, set);
    case ROLE_KEEPER:
        TRY(handover_certificates(c, set));
        TRY(give_client_cas(c, set));
        return give_oauth_secret(c, set);
    default: return ST_OK;
    }
}

static enum st give_files(struct child *c, const struct settings *set)
{
    switch (c->kind) {
    case ROLE_KEEPER:
    case ROLE_GATE:
    case ROLE_ERRAND:
    case ROLE_COURIER: return handover_named_files(c, set);
    case ROLE_RESOLVER: return give_resolver_files(c, set);
    case ROLE_BOX: return give_activity(c);
    case ROLE_CONTROL: return give_file(c, c->server->control_fd, "control-socket");
    default: return ST_OK;
    }
}

static enum st give_listeners(struct child *c)
{
    const struct listen_sockets *l = &c->server->listening;

    for (size_t i = 0; i < l->n; i++)
        if (c->kind == ROLE_GATE && l->v[i].gate == c->index)
            TRY(ipc_send(c->link, MSG_role_listener, &(struct msg_role_listener){.row = l->v[i].row}, l->v[i].fd));
    return ST_OK;
}

enum st handover(struct child *c)
{
    TRY(handover_settings(c, MSG_role_start, buf_str(&c->server->config.text)));
    TRY(make_links(c));
    TRY(give_listeners(c));
    TRY(figures_give(c));
    TRY(give_files(c, c->server->newest.set ? c->server->newest.set : c->server->config.set));
    TRY(ipc_send(c->link, MSG_role_seal, &(struct msg_role_seal){0}, -1));
    c->has_handover = true;
    return ST_OK;
}
