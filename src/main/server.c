/* The life of main while it runs: signals, readiness, reload, stop. */
#include "main/server.h"

#include "base/log.h"
#include "main/figures.h"
#include "main/serve.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TOLD_AGAIN_MS 1500  /* a terminal and a script that passes signals on both tell it, at the same moment */
#define AFTER_GRACE_MS 2000 /* for those who have been told to end by now */
#define START_MOST_MS 600000

static void check_ready(struct server *s)
{
    if (s->phase != PHASE_STARTING || !children_all_ready(s))
        return;
    s->phase = PHASE_RUNNING;
    co_timer_clear(&s->last_resort);
    notify_manager("READY=1\nSTATUS=serving");
    LOG(SERVER_READY, lf_u64("pid", (uint64_t)getpid()), lf_u64("gates", s->gates), lf_u64("cores", s->cores),
        lf_u64("listeners", s->listening.n), lf_u64("took_ms", (clock_mono_us() - s->began_us) / 1000));
}

void server_child_ready(struct server *s, struct child *c)
{
    (void)c;
    check_ready(s);
}

void server_child_failed(struct server *s, const struct child *c, struct str text)
{
    LOG(ROLE_START_FAILED, lf_z("name", c->name), lf_str("error", text));
    if (s->phase != PHASE_STARTING)
        return;
    fprintf(stderr, "restante: %s can't start: %.*s\n", c->name, STR_ARGS(text));
    server_stop(s, EXIT_CANNOT);
}

void server_child_gone(struct server *s)
{
    if (s->phase == PHASE_STOPPING && children_all_gone(s) && s->signals.core) {
        co_timer_clear(&s->last_resort);
        co_fd_del(&s->signals);
        core_stop(s->core);
    }
}

static void look_whether_gone(void *arg)
{
    server_child_gone(arg);
}

static void kill_all(void *arg)
{
    children_kill(arg);
}

void server_stop(struct server *s, enum exit_status status)
{
    uint64_t grace = (s->newest.set ? s->newest.set : s->config.set)->stop_grace;

    if (s->phase == PHASE_STOPPING) { /* told again by somebody who is tired of waiting: at once */
        if (clock_mono_ms() - s->stopping_since >= TOLD_AGAIN_MS)
            children_kill(s);
        return;
    }
    s->stopping_since = clock_mono_ms();
    s->phase = PHASE_STOPPING;
    s->status = status;
    notify_manager("STOPPING=1");
    LOG(SERVER_STOPPING, lf_u64("grace_ms", grace));
    children_stop(s, grace);
    co_timer_set(&s->last_resort, deadline_in(grace + AFTER_GRACE_MS), kill_all, s);
    core_post(s->core, look_whether_gone, s); /* there may be none */
}

/* --- reload ----------------------------------------------------------------------------------------------- */

#define CHANGES_TOLD 50

static void log_changes(const struct settings *old, const struct settings *new)
{
    struct config_change changes[CHANGES_TOLD];
    size_t n = config_diff(old, new, changes, CHANGES_TOLD);

    for (size_t i = 0; i < MIN(n, (size_t)CHANGES_TOLD); i++)
        if (changes[i].needs_restart)
            LOG(SETTING_NEEDS_RESTART, lf_z("kind", changes[i].kind), lf_str("name", changes[i].name));
    LOG(SERVER_RELOADED, lf_u64("changes", n));
}

enum st server_reload(struct server *s, struct buf *complaint)
{
    struct config_file f;

    if (s->phase != PHASE_RUNNING)
        return FAIL(ST_TRYLATER, "the server is not running yet, or not any more");
    if (config_file_load(s->config.path, &f, complaint) != ST_OK) {
        LOG(RELOAD_FAILED, lf_z("name", "main"), lf_str("error", str_trim(buf_str(complaint))));
        return FAIL(ST_SYNTAX, "the configuration is wrong; the old settings stay"); /* whatever was wrong with it */
    }
    log_changes(s->config.set, f.set);
    config_file_free(&s->newest);
    s->newest = f;
    children_reload(s);
    return ST_OK;
}

static void reload_by_signal(struct server *s)
{
    char text[80];
    struct buf complaint;

    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)clock_mono_us());
    notify_manager(text);
    buf_init(&complaint, 16384);
    if (server_reload(s, &complaint) == ST_TRYLATER)
        LOG(RELOAD_FAILED, lf_z("name", "main"), lf_err());
    buf_fini(&complaint);
    notify_manager("READY=1");
}

/* --- signals -------------------------------------------------------------------------------------------------- */

static void on_signal(struct server *s, uint32_t signal)
{
    switch (signal) {
    case SIGCHLD: children_reap(s); break;
    case SIGHUP: reload_by_signal(s); break;
    default: server_stop(s, EXIT_FINE); break;
    }
}

static void signals_came(void *arg, enum st why)
{
    struct server *s = arg;
    struct signalfd_siginfo info;

    (void)why;
    while (s->signals.core && read(s->signals.fd, &info, sizeof info) == sizeof info)
        on_signal(s, info.ssi_signo);
    if (!s->signals.core)
        return;
    co_fd_again(&s->signals, CO_READ);
    co_fd_park(&s->signals, NEVER, signals_came, s);
}

static enum st watch_signals(struct server *s)
{
    sigset_t set;
    int fd;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0)
        return FAIL_ERRNO("signalfd");
    TRY(co_fd_add(&s->signals, fd));
    co_fd_park(&s->signals, NEVER, signals_came, s);
    return ST_OK;
}

static void too_slow(void *arg)
{
    struct server *s = arg;

    fprintf(stderr, "restante: the server did not come up in %d seconds\n", START_MOST_MS / 1000);
    server_stop(s, EXIT_CANNOT);
}

static void begin(void *arg)
{
    struct server *s = arg;

    children_init(s);
    if (figures_make(s) != ST_OK || watch_signals(s) != ST_OK) {
        fprintf(stderr, "restante: %s\n", err_get()->text);
        s->status = EXIT_CANNOT;
        core_stop(s->core);
        return;
    }
    co_timer_set(&s->last_resort, deadline_in(START_MOST_MS), too_slow, s);
    children_start(s);
}

enum exit_status server_run(struct server *s)
{
    s->core = core_new(&(struct core_options){.name = "main", .coroutines = 64});
    core_post(s->core, begin, s);
    core_run(s->core);
    LOG(SERVER_STOPPED, lf_u64("status", s->status));
    return s->status;
}
