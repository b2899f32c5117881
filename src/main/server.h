/* The running server as main sees it: its children and what they are given. One core, one thread; everything below runs on
 * its loop unless it says SUSPENDS. */
#pragma once

#include "main/config_file.h"
#include "main/listen.h"
#include "main/role.h"

#include <sys/types.h>

/* How the program ends. */
enum exit_status {
    EXIT_FINE = 0,
    EXIT_FAILED = 1, /* while running */
    EXIT_USAGE = 2,  /* the command line */
    EXIT_CONFIG = 3, /* the configuration file */
    EXIT_CANNOT = 4, /* it can't start: a port, a directory, another server, a role that does not come up */
};

enum phase { PHASE_STARTING, PHASE_RUNNING, PHASE_STOPPING };

struct child {
    struct server *server;
    enum role_kind kind;
    unsigned index;
    char name[24];
    pid_t pid; /* 0: none */
    struct ipc *link;
    bool has_handover; /* links to it can be made */
    bool is_ready;
    unsigned starts, quick_deaths;
    mono_ms started;
    struct co_timer again;
};

struct server {
    struct config_file config; /* what the roles were started with, and are again; the newest text is sent behind it */
    struct config_file newest;
    unsigned gates, cores;
    int lock_fd, control_fd;
    struct listen_sockets listening;
    int *figures;  /* pages of metrics, our own and one for each child; NULL: nobody looks at them */
    int *tallies;  /* pages on which gates count networks, one each */
    int *activity; /* a page for each core of the box (docs/architecture.md, Poison) */
    struct child *children;
    size_t n_children;
    uint64_t epoch;
    uint64_t began_us;
    enum phase phase;
    mono_ms stopping_since;
    enum exit_status status;
    struct co_fd signals;
    struct co_timer last_resort;
    struct core *core;
};

/* children.c */
void children_init(struct server *s); /* makes the table */
void children_start(struct server *s);
void children_reap(struct server *s); /* after SIGCHLD */
void children_reload(struct server *s);
void children_stop(struct server *s, uint64_t grace_ms);
void children_kill(struct server *s);
bool children_all_ready(const struct server *s);
bool children_all_gone(const struct server *s);

/* handover.c */
enum st handover(struct child *c) MUST_USE; /* all that a child is given, up to role_seal */
enum st handover_settings(struct child *c, enum msg_kind kind, struct str text)
    MUST_USE; /* role_start or role_reload */
enum st handover_named_files(struct child *c, const struct settings *set)
    MUST_USE; /* certificates to the keeper, the relay's to the courier, whom to trust to the errand; opened anew */

/* server.c */
void server_child_ready(struct server *s, struct child *c);
void server_child_failed(struct server *s, const struct child *c, struct str text); /* could not start */
void server_child_gone(struct server *s);
enum st server_reload(struct server *s, struct buf *complaint)
    MUST_USE; /* ST_SYNTAX with words; the old settings stay */
void server_stop(struct server *s, enum exit_status status);

/* command.c: what the command line asks of main, by the control role. */
void command_serve(struct ipc_request *q) SUSPENDS;

/* notify.c: the service manager's readiness protocol (sd_notify(3)); nothing when there is none. */
void notify_manager(const char *text);
