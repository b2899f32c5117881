/* The life of a role. Everything from main arrives in order on the link and is collected on the loop; starting and stopping
 * may wait and have coroutines. */
#include "main/role.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/must.h"
#include "base/secret.h"
#include "co/fault.h"
#include "config/config.h"
#include "main/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAIN_LINK_FD 3
#define COROUTINES_DEFAULT 256
#define MAPPED_FROM (1 << 20) /* a buffer of so much goes back to the system when it is freed */
#define SPARE_MOST (4 << 20)  /* free at the end of a heap: the rest goes back too */
#define LAST_WORDS_MS 100     /* for the message that says why a role could not start */

#define ROLE(id, name, count, ops) extern const struct role_ops ops;
#include "main/roles.def"
#undef ROLE

static const struct row {
    const char *name;
    const struct role_ops *ops;
} rows[ROLE_COUNT] = {
    [ROLE_MAIN] = {"main", NULL},
#define ROLE(id, name, count, ops) [ROLE_##id] = {name, &ops},
#include "main/roles.def"
#undef ROLE
};

const char *role_name(enum role_kind kind)
{
    return (unsigned)kind < ROLE_COUNT ? rows[kind].name : "unknown";
}

const struct role_ops *role_ops_of(enum role_kind kind)
{
    return (unsigned)kind < ROLE_COUNT ? rows[kind].ops : NULL;
}

enum role_kind role_kind_of(const char *name)
{
    for (enum role_kind k = ROLE_MAIN + 1; k < ROLE_COUNT; k++)
        if (strcmp(rows[k].name, name) == 0)
            return k;
    return ROLE_COUNT;
}

/* --- what main hands over ---------------------------------------------------------------------------- */

static int take_fd(struct ipc_request *q)
{
    int fd = q->fd;

    q->fd = -1;
    return fd;
}

/* The whole of a file from its start; the file's place is left alone, since it may be shared. Its size is not asked for: libc's
 * fstat is a call by path, which a sealed role may not make. */
static enum st read_all(int fd, size_t max, struct arena *a, struct str *out)
{
    char *p = mem_new(max + 1);
    size_t done = 0;
    ssize_t n;

    do {
        n = pread(fd, p + done, max + 1 - done, (off_t)done);
        done += n > 0 ? (size_t)n : 0;
    } while (n > 0 && done <= max);
    if (n >= 0 && done <= max)
        *out = arena_str(a, str_n(p, done));
    wipe(p, done); /* a private key, maybe */
    mem_free(p);
    if (n < 0)
        return FAIL_ERRNO("pread");
    return done <= max ? ST_OK : FAIL(ST_LIMIT, "more than %zu bytes", max);
}

static enum st parse_settings(int fd, const struct settings **out)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct arena a = ARENA_INIT;
    struct str text;
    enum st st = read_all(fd, LIMIT_CONFIG, &a, &text);

    if (st == ST_OK)
        st = config_parse(text, "settings", out, errors);
    arena_fini(&a);
    mem_free(errors);
    return st;
}

static void apply_settings(const struct role *r, const struct settings *set)
{
    static const enum log_level levels[] = {[CONFIG_LOG_DEBUG] = LOG_DEBUG,
                                            [CONFIG_LOG_INFO] = LOG_INFO,
                                            [CONFIG_LOG_WARN] = LOG_WARN,
                                            [CONFIG_LOG_ERROR] = LOG_ERROR};

    log_set_level(levels[set->log_level]);
    if (r->is_started) /* sealing takes its time, and holds up nobody */
        core_set_watchdog(r->core, (unsigned)set->watchdog_slice);
}

/* Main never sends what can't be read, so there is nothing better than to end and be started again. */
static void on_start(struct ipc_request *q)
{
    const struct msg_role_start *m = q->msg;
    struct role *r = q->arg;

    r->index = m->index;
    r->gates = m->gates;
    r->cores = m->cores;
    r->epoch = m->epoch;
    if (m->gates > 1 && r->kind == ROLE_GATE) {
        snprintf(r->label, sizeof r->label, "%s/%u", r->ops->name, r->index);
        log_set_role(r->label);
    }
    if (r->settings || parse_settings(q->fd, &r->settings) != ST_OK)
        never("main sent settings that can't be used");
    apply_settings(r, r->settings);
}

static void on_peer(struct ipc_request *q)
{
    const struct msg_role_peer *m = q->msg;
    struct role *r = q->arg;
    struct role_peer p = {.kind = m->role, .index = m->index, .core = m->core, .epoch = m->epoch};

    if (q->fd < 0 || m->role == ROLE_MAIN || m->role >= ROLE_COUNT)
        never("main sent a pair without end");
    p.fd = take_fd(q);
    if (r->is_started) {
        r->ops->peer(r, &p);
        return;
    }
    must(r->n_peers < ROLE_PEERS_MAX);
    r->peers[r->n_peers++] = p;
}

static void on_listener(struct ipc_request *q)
{
    const struct msg_role_listener *m = q->msg;
    struct role *r = q->arg;

    must(r->n_listeners < ROLE_LISTENERS_MAX && !r->is_started);
    r->listeners[r->n_listeners++] = (struct role_listener){.row = m->row, .fd = take_fd(q)};
}

static struct role_file *file_find(const struct role *r, struct str name)
{
    for (size_t i = 0; i < r->n_files; i++)
        if (str_eq(str_z(r->files[i].name), name))
            return (struct role_file *)(uintptr_t)&r->files[i];
    return NULL;
}

static void on_file(struct ipc_request *q)
{
    const struct msg_role_file *m = q->msg;
    struct role *r = q->arg;
    struct role_file *f = file_find(r, m->name);

    if (f) {
        close(f->fd);
    } else {
        must(r->n_files < ROLE_FILES_MAX);
        f = &r->files[r->n_files++];
        snprintf(f->name, sizeof f->name, "%.*s", STR_ARGS(m->name));
    }
    f->fd = take_fd(q);
}

int role_file_fd(const struct role *r, const char *name)
{
    const struct role_file *f = file_find(r, str_z(name));

    return f ? f->fd : -1;
}

enum st role_file_read(const struct role *r, const char *name, size_t max, struct arena *a, struct str *out)
{
    int fd = role_file_fd(r, name);

    if (fd < 0)
        return FAIL(ST_NOTFOUND, "main handed over no file %s", name);
    return read_all(fd, max, a, out);
}

static void on_reload(struct ipc_request *q)
{
    const struct settings *set, *old;
    struct role *r = q->arg;

    if (!r->is_started)
        return; /* main sends it again behind the start */
    if (parse_settings(q->fd, &set) != ST_OK) {
        LOG(RELOAD_FAILED, lf_z("name", r->label[0] ? r->label : r->ops->name), lf_err());
        return;
    }
    apply_settings(r, set);
    if (r->ops->reload)
        r->ops->reload(r, set);
    old = r->settings;
    r->settings = set;
    config_unref(old);
}

/* --- start and stop ------------------------------------------------------------------------------------ */

static void tell_ready(struct role *r, enum st st)
{
    struct str text = st == ST_OK ? STR_NONE : str_sub(str_z(err_get()->text), 0, 400);

    /* when main can't hear it, it has gone, and the link tells */
    if (ipc_send(r->main, MSG_role_ready, &(struct msg_role_ready){.status = (uint8_t)st, .text = text}, -1) != ST_OK)
        return;
}

/* What is counted from here on is the next one's, too, when this one dies. */
static enum st attach_metrics(const struct role *r)
{
    int fd = role_file_fd(r, "metrics");
    void *page;

    if (fd < 0)
        return ST_OK;
    page = mmap(NULL, METRICS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return FAIL_ERRNO("a page for metrics");
    metrics_attach(page);
    return ST_OK;
}

enum st role_confine(struct role *r)
{
    TRY(attach_metrics(r));
    if (r->ops->prepare)
        TRY(r->ops->prepare(r));
    return sandbox_seal(r);
}

static enum st start(struct role *r)
{
    TRY(role_confine(r));
    TRY(r->ops->start(r));
    r->is_started = true;
    for (size_t i = 0; i < r->n_peers; i++)
        r->ops->peer(r, &r->peers[i]);
    r->n_peers = 0;
    apply_settings(r, r->settings);
    return ST_OK;
}

static void start_run(void *arg)
{
    struct role *r = arg;
    enum st st = start(r);

    tell_ready(r, st);
    if (st == ST_OK)
        return;
    if (co_sleep(deadline_in(LAST_WORDS_MS)) != ST_OK)
        return;
    _exit(1);
}

static void on_seal(struct ipc_request *q)
{
    struct role *r = q->arg;

    must(r->settings);
    must(co_spawn(start_run, r, "start") == ST_OK);
}

static void stop_run(void *arg)
{
    struct role *r = arg;

    if (r->is_started && r->ops->stop)
        r->ops->stop(r, r->stop_deadline);
    _exit(0); /* destructors of libraries gain nothing, and other threads may run still */
}

static void stop(struct role *r, uint64_t grace_ms)
{
    if (r->is_stopping)
        return;
    r->is_stopping = true;
    r->stop_deadline = deadline_in(grace_ms);
    if (co_spawn(stop_run, r, "stop") != ST_OK)
        _exit(0);
}

static void on_stop(struct ipc_request *q)
{
    stop(q->arg, ((const struct msg_role_stop *)q->msg)->grace_ms);
}

static void main_gone(struct ipc *p, void *arg)
{
    (void)p;
    stop(arg, 0);
}

static const struct ipc_handler handlers[] = {
    {MSG_role_start, on_start, .direct = true},       {MSG_role_peer, on_peer, .direct = true},
    {MSG_role_listener, on_listener, .direct = true}, {MSG_role_file, on_file, .direct = true},
    {MSG_role_seal, on_seal, .direct = true},         {MSG_role_reload, on_reload, .direct = true},
    {MSG_role_stop, on_stop, .direct = true},
};

static void connect_main(void *arg)
{
    struct role *r = arg;
    struct ipc_options opt = {
        .peer = "main", .handlers = handlers, .n_handlers = ARRAY_LEN(handlers), .arg = r, .on_down = main_gone};

    if (ipc_new(MAIN_LINK_FD, 0, &opt, &r->main) == ST_OK)
        return;
    fprintf(stderr, "restante: descriptor %d is no link to main: roles are started by \"restante serve\"\n",
            MAIN_LINK_FD);
    _exit(2);
}

/* Nothing inherited but the standard descriptors and the link; a child never outlives main. */
static void own_process(const char *name)
{
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    must(prctl(PR_SET_NAME, name) == 0);
    must(close_range(MAIN_LINK_FD + 1, ~0U, 0) == 0);
    must(fcntl(MAIN_LINK_FD, F_SETFD, FD_CLOEXEC) == 0 || errno == EBADF);
    signal(SIGPIPE, SIG_IGN);
    /* main tells when to stop and to reload, also when a terminal or the service manager signals the whole group */
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
}

/* glibc raises both by itself, up to 32 and 64 MiB, with the largest that is freed: one job with large buffers (training a
 * dictionary) would have its process keep as much as that for good, in the arena of each thread that did one. */
static void bound_spare_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, MAPPED_FROM); /* 0 from a sanitizer's allocator, which knows neither */
    mallopt(M_TRIM_THRESHOLD, SPARE_MOST);
}

/* Tests make calls fail this way; nobody else sets it. */
static void arm_faults(void)
{
    const char *faults = getenv("RESTANTE_FAULTS");

    if (faults && fault_arm_text(faults) != ST_OK)
        fprintf(stderr, "restante: RESTANTE_FAULTS: %s\n", err_get()->text);
}

int role_main(const char *name)
{
    enum role_kind kind = role_kind_of(name);
    struct role *r;

    if (kind == ROLE_COUNT) {
        fprintf(stderr, "restante: no role is called \"%s\"\n", name);
        return 2;
    }
    own_process(name);
    bound_spare_memory();
    arm_faults();
    r = MEM_NEW(struct role);
    r->kind = kind;
    r->ops = rows[kind].ops;
    log_set_role(name);
    r->core =
        core_new(&(struct core_options){.name = name,
                                        .coroutines = r->ops->coroutines ? r->ops->coroutines : COROUTINES_DEFAULT,
                                        .stack_bytes = r->ops->stack_bytes});
    core_post(r->core, connect_main, r);
    core_run(r->core);
    return 0;
}
