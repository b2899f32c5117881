/* What every process beside main has in common. It is started by main with a link to it on descriptor 3, collects what
 * main hands over (settings, ends of pairs, listening sockets, files), seals its sandbox, and begins its work:
 *
 *   ops->prepare   not sealed yet: loads what would be loaded lazily and could not be later
 *   (sandbox.def)  from here on the role may do what its row says, and so may its threads
 *   ops->start     begins the work; threads are started here
 *   ops->peer      for each pair that was handed over, and later whenever main replaces one
 *   role_ready     goes to main
 *
 * All of these run on the core of the process's first thread (role->core). When ops->stop returns, the process ends; it ends
 * too when main has gone. */
#pragma once

#include "base/map.h"
#include "config/settings.h"
#include "ipc/ipc.h"

enum role_kind {
    ROLE_MAIN,
#define ROLE(id, name, count, ops) ROLE_##id,
#include "main/roles.def"
#undef ROLE
    ROLE_COUNT
};

const char *role_name(enum role_kind kind); /* "gate" */

/* One end of a pair to another process. */
struct role_peer {
    enum role_kind kind;
    unsigned index; /* of the other process among its kind */
    unsigned core;  /* of the box: whichever side it is on, the core that this pair belongs to */
    int fd;
    uint64_t epoch;
};

struct role_listener {
    unsigned row; /* of settings->listeners */
    int fd;
};

struct role_file {
    char name[65];
    int fd;
};

#define CLIENT_CA_MAX 1048576 /* bytes of the file "client-ca/N", of listener N, that gates and keeper get */

#define ROLE_PEERS_MAX 1024
#define ROLE_LISTENERS_MAX 256
#define ROLE_FILES_MAX 1024

struct role {
    const struct role_ops *ops;
    enum role_kind kind;
    unsigned index;                  /* among its kind */
    unsigned gates, cores;           /* how many there are in all */
    uint64_t epoch;                  /* counts starts of roles; greater at each start */
    const struct settings *settings; /* replaced by a reload, after ops->reload */
    const char *dir;   /* the role's own directory below settings->data as this process sees it; NULL: it has none */
    struct core *core; /* of the first thread */
    struct ipc *main;
    char label[32]; /* for logs: "gate/1" */
    bool is_started, is_stopping;
    mono_ms stop_deadline;
    void *state;                            /* the role's own */
    struct role_peer peers[ROLE_PEERS_MAX]; /* handed over before the start */
    size_t n_peers;
    struct role_listener listeners[ROLE_LISTENERS_MAX];
    size_t n_listeners;
    struct role_file files[ROLE_FILES_MAX];
    size_t n_files;
};

struct role_ops {
    const char *name;
    unsigned coroutines;                /* of the first core, at most; 0: 256 */
    size_t stack_bytes;                 /* of each; 0: the usual */
    enum st (*prepare)(struct role *r); /* may be NULL */
    enum st (*start)(struct role *r) SUSPENDS;
    void (*peer)(struct role *r, const struct role_peer *p); /* takes p->fd; must not suspend */
    void (*reload)(struct role *r,
                   const struct settings
                       *set); /* may be NULL; new settings are in `set`; takes a reference of its own if it keeps it */
    void (*stop)(struct role *r, mono_ms deadline)
        SUSPENDS; /* may be NULL; returns when the work under way has ended, at the deadline at the latest */
};

/* The descriptor of a file that was handed over, still the role's; -1 when there is none of that name. */
int role_file_fd(const struct role *r, const char *name);
/* What is in it, from its start, whoever has read it before. ST_NOTFOUND, ST_LIMIT above `max`. */
enum st role_file_read(const struct role *r, const char *name, size_t max, struct arena *a, struct str *out) MUST_USE;

/* prepare and seal: the part that the tests of the sandbox run as well. */
enum st role_confine(struct role *r) MUST_USE;

/* `restante --role NAME`; returns the exit status. */
int role_main(const char *name);

/* In the keeper's folder: whether it will take these contents of the two files; main asks before anything is started or
 * reloaded. As certs_add (keeper/certs.h). */
enum st keeper_pair_check(const struct config_tls *tls, struct str chain_pem, struct str key_pem) MUST_USE;

const struct role_ops *role_ops_of(enum role_kind kind);
enum role_kind role_kind_of(const char *name); /* ROLE_COUNT: there is none */
