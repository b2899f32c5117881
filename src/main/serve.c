#include "main/serve.h"

#include "base/json.h"
#include "base/log.h"
#include "base/must.h"
#include "config/lock.h"
#include "main/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ACTIVITY_BYTES 4096
#define FILES_MOST 1048576

static void complain(const char *text)
{
    fprintf(stderr, "restante: %s\n", text);
}

/* --- looking ------------------------------------------------------------------------------------------------ */

/* The configuration has been checked; what it names may be in use all the same. */
static bool look(const struct config_file *f)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    struct buf text;
    bool is_fine;

    buf_init(&text, 65536);
    listen_check(f->set, errors);
    is_fine = errors->n == 0;
    config_errors_print(errors, f->path, &text);
    fprintf(stderr, "%.*s", STR_ARGS(buf_str(&text)));
    buf_fini(&text);
    mem_free(errors);
    return is_fine;
}

/* --- making -------------------------------------------------------------------------------------------------- */

static enum st make_dir(const char *path, mode_t mode)
{
    if (mkdir(path, mode) < 0)
        return errno == EEXIST ? ST_OK : FAIL_ERRNO(path);
    return chmod(path, mode) < 0 ? FAIL_ERRNO(path) : ST_OK; /* the umask has taken from it */
}

/* With those above it that are missing. */
static enum st make_dirs_to(struct str path, mode_t mode)
{
    struct arena a = ARENA_INIT;
    char *p = arena_cstr(&a, path);
    enum st st = ST_OK;

    for (size_t i = 1; i < path.n && st == ST_OK; i++) {
        if (p[i] != '/')
            continue;
        p[i] = 0;
        st = make_dir(p, 0755);
        p[i] = '/';
    }
    if (st == ST_OK)
        st = make_dir(p, mode);
    arena_fini(&a);
    return st;
}

/* A role's own directory belongs to its user, and to nobody else. */
static enum st make_role_dir(const struct settings *set, enum role_kind kind)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    char path[4096];
    struct stat s;

    snprintf(path, sizeof path, "%.*s/%s", STR_ARGS(set->data), role_name(kind));
    TRY(make_dir(path, 0700));
    if (stat(path, &s) < 0)
        return FAIL_ERRNO(path);
    if (uid == 0 && set->sandbox != SANDBOX_OFF)
        TRY(sandbox_user(set, kind, &uid, &gid));
    if (s.st_uid == uid)
        return ST_OK;
    if (s.st_uid != 0 || geteuid() != 0)
        return FAIL(ST_DENIED, "%s belongs to user %u and should belong to %u: \"chown -R %u:%u %s\" mends it", path,
                    s.st_uid, uid, uid, gid, path);
    return chown(path, uid, gid) < 0 ? FAIL_ERRNO(path) : ST_OK;
}

/* A setting's directory. What is wrong with it is seen only by making it, and said as of a setting that is wrong. */
static bool make_dir_of(const struct config_file *f, const char *name, struct str path, mode_t mode)
{
    struct config_errors *errors;
    struct buf text;

    if (make_dirs_to(path, mode) == ST_OK)
        return true;
    errors = MEM_NEW(struct config_errors);
    buf_init(&text, 65536);
    config_error_add(errors, config_place(f->set, name), "%s %.*s can't be made (%s): write a directory that can", name,
                     STR_ARGS(path), err_get()->text);
    config_errors_print(errors, f->path, &text);
    fprintf(stderr, "%.*s", STR_ARGS(buf_str(&text)));
    buf_fini(&text);
    mem_free(errors);
    return false;
}

static bool make_dirs(const struct config_file *f)
{
    /* the roles' users must get through to their own, and the command line to the socket */
    return make_dir_of(f, "data", f->set->data, geteuid() == 0 ? 0711 : 0700) &&
           make_dir_of(f, "run", f->set->run, 0755);
}

static enum st make_role_dirs(const struct settings *set)
{
    for (enum role_kind k = ROLE_MAIN + 1; k < ROLE_COUNT; k++)
        if (sandbox_has_dir(k))
            TRY(make_role_dir(set, k));
    return ST_OK;
}

/* What the box is doing, a page a core: it outlives the box. */
static enum st make_activity(struct server *s)
{
    s->activity = mem_new(s->cores * sizeof *s->activity);
    for (unsigned i = 0; i < s->cores; i++) {
        s->activity[i] = memfd_create("activity", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (s->activity[i] < 0 || ftruncate(s->activity[i], ACTIVITY_BYTES) < 0 ||
            fcntl(s->activity[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
            return FAIL_ERRNO("the box's pages");
    }
    return ST_OK;
}

static enum st make_control(struct server *s)
{
    const struct settings *set = s->config.set;
    char path[4096];

    if (set->control_socket.n)
        snprintf(path, sizeof path, "%.*s", STR_ARGS(set->control_socket));
    else
        snprintf(path, sizeof path, "%.*s/control", STR_ARGS(set->run));
    return listen_control(path, &s->control_fd);
}

static enum st make(struct server *s, bool no_ports)
{
    TRY(config_lock_data(s->config.set->data, &s->lock_fd));
    TRY(make_role_dirs(s->config.set));
    if (!no_ports)
        TRY(listen_open(s->config.set, s->gates, &s->listening));
    TRY(make_control(s));
    return make_activity(s);
}

/* --- the commands ------------------------------------------------------------------------------------------------ */

static unsigned cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void own_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    files.rlim_cur = MIN(files.rlim_max, (rlim_t)FILES_MOST);
    setrlimit(RLIMIT_NOFILE, &files);
}

/* Who reads the log, or a terminal that was stopped, holds up no mail: lines without room are counted instead
 * (base/log.h). A pipe or terminal is opened anew, since the flag would count for everybody who shares it. */
static void own_log(void)
{
    struct stat s;
    int fd;

    if (fstat(STDOUT_FILENO, &s) < 0)
        return;
    if (S_ISSOCK(s.st_mode))
        fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
    if (!S_ISFIFO(s.st_mode) && !S_ISCHR(s.st_mode))
        return;
    fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return; /* then it stays as it is */
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

/* Nothing is read from the terminal, and nothing that main was started with stays open. */
static void own_descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);

    if (fd > 0)
        dup2(fd, 0);
    close_range(3, ~0U, 0);
}

/* serve [--config FILE] [--no-ports]; false: not like that. */
static bool arguments(int argc, char **argv, const char **path, bool *no_ports)
{
    *no_ports = argc > 1 && strcmp(argv[argc - 1], "--no-ports") == 0;
    argc -= *no_ports;
    if (argc == 1)
        return true;
    if (argc != 3 || strcmp(argv[1], "--config") != 0)
        return false;
    *path = argv[2];
    return true;
}

static enum exit_status load(const char *path, struct config_file *out)
{
    struct buf complaint;
    enum st st;

    buf_init(&complaint, 65536);
    st = config_file_load(path, out, &complaint);
    if (st != ST_OK)
        fprintf(stderr, "%s%.*s", complaint.n && str_starts(buf_str(&complaint), str_z(path)) ? "" : "restante: ",
                STR_ARGS(buf_str(&complaint)));
    buf_fini(&complaint);
    return st == ST_OK ? EXIT_FINE : EXIT_CONFIG;
}

int serve_main(int argc, char **argv)
{
    struct server *s = MEM_NEW(struct server);
    const char *path = CONFIG_FILE_DEFAULT;
    enum exit_status st;
    bool no_ports;

    if (!arguments(argc, argv, &path, &no_ports)) {
        complain("usage: restante serve [--config FILE] [--no-ports]");
        return EXIT_USAGE;
    }
    own_descriptors();
    own_log();
    umask(077);
    log_set_role("main");
    s->began_us = clock_mono_us();
    s->lock_fd = s->control_fd = -1;
    st = load(path, &s->config);
    if (st != EXIT_FINE)
        return st;
    if (!no_ports && !look(&s->config))
        return EXIT_CANNOT;
    s->cores = s->config.set->cores ? s->config.set->cores : cpus();
    s->gates = s->config.set->gates ? s->config.set->gates : s->cores;
    if (!make_dirs(&s->config))
        return EXIT_CONFIG;
    if (make(s, no_ports) != ST_OK) {
        complain(err_get()->text);
        return EXIT_CANNOT;
    }
    own_limits();
    must(prctl(PR_SET_DUMPABLE, 0) == 0);
    return server_run(s);
}

/* One line for each thing that is wrong. */
static void print_findings(const char *path, struct str complaint)
{
    struct buf b;
    struct json j;

    buf_init(&b, 1 << 20);
    json_init(&j, &b);
    json_object(&j);
    json_kv_str(&j, "file", str_z(path));
    json_kv_bool(&j, "fine", !complaint.n);
    json_key(&j, "errors");
    json_array(&j);
    for (struct str line; str_split(&complaint, '\n', &line);)
        if (line.n)
            json_str(&j, line);
    json_array_end(&j);
    json_object_end(&j);
    printf("%.*s\n", STR_ARGS(buf_str(&b)));
    buf_fini(&b);
}

static enum exit_status check_for_programs(const char *path)
{
    struct config_file f;
    struct buf complaint;
    enum st st;

    buf_init(&complaint, 65536);
    st = config_file_load(path, &f, &complaint);
    print_findings(path, buf_str(&complaint));
    buf_fini(&complaint);
    if (st == ST_OK)
        config_file_free(&f);
    return st == ST_OK ? EXIT_FINE : EXIT_CONFIG;
}

/* Takes --json out, wherever it stands. */
static bool take_json(int *argc, char **argv)
{
    int n = 1;

    for (int i = 1; i < *argc; i++)
        if (strcmp(argv[i], "--json") != 0)
            argv[n++] = argv[i];
    if (n == *argc)
        return false;
    *argc = n;
    return true;
}

int check_config_main(int argc, char **argv)
{
    const char *path = CONFIG_FILE_DEFAULT;
    bool as_json = take_json(&argc, argv), no_ports = false;
    struct config_file f;
    enum exit_status st;

    if (argc != 2 && (!arguments(argc, argv, &path, &no_ports) || no_ports)) {
        complain("usage: restante check-config [--json] [--config FILE]");
        return EXIT_USAGE;
    }
    if (argc == 2)
        path = argv[1];
    if (as_json)
        return check_for_programs(path);
    st = load(path, &f);
    if (st != EXIT_FINE)
        return st;
    printf("%s: fine\n", f.path);
    config_file_free(&f);
    return EXIT_FINE;
}
