/* The children: forked and executed anew from this very program, watched, started again when they die. */
#include "main/server.h"

#include "base/log.h"
#include "base/must.h"
#include "main/figures.h"
#include "main/well_known.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINK_FD 3
#define SETTLED_MS 60000     /* a role that has lived for so long starts at once when it dies */
#define BACKOFF_FIRST_MS 100 /* the second death in a row; doubles */
#define BACKOFF_MOST_MS 30000
#define CREDITS 16

static void start_child(struct child *c);

/* --- from the children ------------------------------------------------------------------------------------ */

static void on_ready(struct ipc_request *q)
{
    const struct msg_role_ready *m = q->msg;
    struct child *c = q->arg;
    struct server *s = c->server;

    if (m->status != ST_OK) {
        server_child_failed(s, c, m->text);
        return;
    }
    c->is_ready = true;
    LOG(ROLE_READY, lf_z("name", c->name), lf_u64("pid", (uint64_t)c->pid));
    /* it has started with what the others started with; what was changed since comes behind */
    if (s->newest.set && handover_settings(c, MSG_role_reload, buf_str(&s->newest.text)) != ST_OK)
        LOG(ROLE_START_FAILED, lf_z("name", c->name), lf_err());
    server_child_ready(s, c);
}

static void on_admin(struct ipc_request *q) SUSPENDS
{
    const struct child *c = q->arg;

    if (c->kind == ROLE_CONTROL)
        command_serve(q);
}

static void on_web_file(struct ipc_request *q)
{
    const struct msg_web_file_ask *m = q->msg;
    const struct child *c = q->arg;
    const struct settings *set = c->server->newest.set ? c->server->newest.set : c->server->config.set;
    struct msg_web_file_answer answer = {0};
    int fd = -1;

    answer.status =
        (uint8_t)(c->kind == ROLE_GATE ? well_known_open(set->web_well_known, m->name, &fd, &answer.size) : ST_DENIED);
    IGNORE(ipc_answer(q, MSG_web_file_answer, &answer, fd)); /* a gate that has gone needs no file */
    if (fd >= 0)
        close(fd);
}

/* Control has an empty root directory. */
static void on_user(struct ipc_request *q)
{
    const struct msg_user_ask *m = q->msg;
    const struct child *c = q->arg;
    struct passwd *p = c->kind == ROLE_CONTROL ? getpwuid(m->uid) : NULL;
    struct msg_user_answer a = {.status = ST_NOTFOUND};

    if (p && strlen(p->pw_name) <= 64)
        a = (struct msg_user_answer){.status = ST_OK, .name = str_z(p->pw_name)};
    if (ipc_answer(q, MSG_user_answer, &a, -1) != ST_OK)
        LOG(IPC_REQUEST_DROPPED, lf_z("process", "control"), lf_z("kind", "user_ask"), lf_err());
}

static const struct ipc_handler handlers[] = {
    {MSG_role_ready, on_ready, .direct = true},
    {MSG_user_ask, on_user, .direct = true},
    {MSG_admin_ask, on_admin},
    {MSG_web_file_ask, on_web_file, .direct = true},
};

/* --- birth ------------------------------------------------------------------------------------------------- */

NORETURN static void become_role(const struct child *c, int link)
{
    char *const argv[] = {"restante", "--role", (char *)(uintptr_t)role_name(c->kind), NULL};
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    unsetenv("NOTIFY_SOCKET");
    /* a copy keeps no FD_CLOEXEC; should it be 3 already, dup2 would leave the flag */
    if (link == LINK_FD)
        link = dup(link);
    if (dup2(link, LINK_FD) == LINK_FD)
        execv("/proc/self/exe", argv);
    _exit(127);
}

static enum st spawn(struct child *c)
{
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fd) < 0)
        return FAIL_ERRNO("socketpair");
    c->pid = fork();
    if (c->pid == 0)
        become_role(c, fd[1]);
    close(fd[1]);
    if (c->pid < 0) {
        c->pid = 0;
        close(fd[0]);
        return FAIL_ERRNO("fork");
    }
    ipc_replace(c->link, fd[0], 0);
    c->started = clock_mono_ms();
    c->starts++;
    return ST_OK;
}

static void start_later(struct child *c);

static void start_again(void *arg)
{
    struct child *c = arg;

    if (c->server->phase != PHASE_STOPPING)
        start_child(c);
}

static void start_child(struct child *c)
{
    enum st st = spawn(c);

    c->server->epoch++;
    if (st == ST_OK)
        st = handover(c);
    if (st == ST_OK)
        return;
    server_child_failed(c->server, c, str_z(err_get()->text));
    if (c->pid)
        kill(c->pid, SIGKILL); /* its end starts it again */
    else
        start_later(c);
}

static void start_later(struct child *c)
{
    uint64_t wait = 0;

    if (clock_mono_ms() - c->started >= SETTLED_MS)
        c->quick_deaths = 0;
    c->quick_deaths++;
    if (c->quick_deaths > 1)
        wait = MIN((uint64_t)BACKOFF_FIRST_MS << MIN(c->quick_deaths - 2, 16u), (uint64_t)BACKOFF_MOST_MS);
    co_timer_set(&c->again, deadline_in(wait), start_again, c);
}

/* --- death ----------------------------------------------------------------------------------------------------- */

static void log_death(const struct child *c, int how)
{
    bool by_signal = WIFSIGNALED(how);

    if (c->server->phase == PHASE_STOPPING && !by_signal)
        return;
    figures_died(c);
    LOG(ROLE_DIED, lf_z("name", c->name), lf_u64("pid", (uint64_t)c->pid), lf_z("by", by_signal ? "signal" : "exit"),
        lf_i64("code", by_signal ? WTERMSIG(how) : WEXITSTATUS(how)));
}

static void bury(struct child *c, int how)
{
    struct server *s = c->server;

    log_death(c, how);
    c->pid = 0;
    c->is_ready = c->has_handover = false;
    ipc_replace(c->link, -1, 0);
    if (s->phase == PHASE_STARTING)
        server_child_failed(s, c, STR("it ended while the server was starting"));
    if (s->phase == PHASE_RUNNING)
        start_later(c);
    server_child_gone(s);
}

void children_reap(struct server *s)
{
    for (size_t i = 0; i < s->n_children; i++) {
        struct child *c = &s->children[i];
        int how;

        if (c->pid && waitpid(c->pid, &how, WNOHANG) == c->pid)
            bury(c, how);
    }
}

/* --- all of them --------------------------------------------------------------------------------------------------- */

#define ONE 1
#define GATES s->gates

static const enum role_kind order[] = {
#define ROLE(id, name, count, ops) ROLE_##id,
#include "main/roles.def"
#undef ROLE
};

static unsigned count_of(const struct server *s, enum role_kind kind)
{
    switch (kind) {
#define ROLE(id, name, count, ops)                                                                                     \
    case ROLE_##id:                                                                                                    \
        return count;
#include "main/roles.def"
#undef ROLE
    default: return 0;
    }
}

static void init_child(struct server *s, struct child *c, enum role_kind kind, unsigned index)
{
    struct ipc_options opt = {
        .peer = c->name, .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .arg = c, .credits = CREDITS};

    *c = (struct child){.server = s, .kind = kind, .index = index};
    if (count_of(s, kind) > 1)
        snprintf(c->name, sizeof c->name, "%s/%u", role_name(kind), index);
    else
        snprintf(c->name, sizeof c->name, "%s", role_name(kind));
    must(ipc_new(-1, 0, &opt, &c->link) == ST_OK);
}

void children_init(struct server *s)
{
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        s->n_children += count_of(s, order[i]);
    s->children = mem_new(s->n_children * sizeof *s->children);
    for (size_t i = 0, at = 0; i < ARRAY_LEN(order); i++)
        for (unsigned index = 0; index < count_of(s, order[i]); index++)
            init_child(s, &s->children[at++], order[i], index);
}

void children_start(struct server *s)
{
    for (size_t i = 0; i < s->n_children && s->phase == PHASE_STARTING; i++)
        start_child(&s->children[i]);
}

static enum st reload(struct child *c)
{
    TRY(handover_named_files(c, c->server->newest.set));
    return handover_settings(c, MSG_role_reload, buf_str(&c->server->newest.text));
}

void children_reload(struct server *s)
{
    for (size_t i = 0; i < s->n_children; i++)
        if (s->children[i].is_ready && reload(&s->children[i]) != ST_OK)
            LOG(RELOAD_FAILED, lf_z("name", s->children[i].name), lf_err());
}

/* Those that can't be told are killed: they would not notice otherwise. */
void children_stop(struct server *s, uint64_t grace_ms)
{
    struct msg_role_stop m = {.grace_ms = (uint32_t)MIN(grace_ms, UINT32_MAX)};

    for (size_t i = 0; i < s->n_children; i++) {
        struct child *c = &s->children[i];

        co_timer_clear(&c->again);
        if (c->pid && ipc_send(c->link, MSG_role_stop, &m, -1) != ST_OK)
            kill(c->pid, SIGKILL);
    }
}

void children_kill(struct server *s)
{
    for (size_t i = 0; i < s->n_children; i++)
        if (s->children[i].pid)
            kill(s->children[i].pid, SIGKILL);
}

bool children_all_ready(const struct server *s)
{
    for (size_t i = 0; i < s->n_children; i++)
        if (!s->children[i].is_ready)
            return false;
    return true;
}

bool children_all_gone(const struct server *s)
{
    for (size_t i = 0; i < s->n_children; i++)
        if (s->children[i].pid)
            return false;
    return true;
}
