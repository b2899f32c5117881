#include "main/forbidden.h"

#include "base/log.h"
#include "main/serve.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct role *self;

static int failed(int got)
{
    return got < 0 ? errno : 0;
}

static int number(const char *text)
{
    uint32_t n = 0;

    return str_u32(str_z(text), INT32_MAX, &n) == ST_OK ? (int)n : 0;
}

static int try_open(const char *path, int how)
{
    return failed(open(path, how | O_CLOEXEC, 0600));
}

static int try_list(const char *path)
{
    DIR *d = opendir(path);

    return d ? 0 : errno;
}

static int try_socket(int family, int type)
{
    return failed(socket(family, type, 0));
}

static int try_connect(const char *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)number(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? errno : failed(connect(fd, (struct sockaddr *)&at, sizeof at));
}

static int try_connect_unix(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    return fd < 0 ? errno : failed(connect(fd, (struct sockaddr *)&at, sizeof at));
}

static int try_listen(const char *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)number(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) < 0)
        return errno;
    return failed(listen(fd, 1));
}

static int try_bind(const char *port)
{
    struct sockaddr_in at = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)number(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    return fd < 0 ? errno : failed(bind(fd, (struct sockaddr *)&at, sizeof at));
}

static int try_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return failed(pid);
}

static int try_trace(pid_t pid)
{
    return failed((int)ptrace(PTRACE_SEIZE, pid, NULL, NULL));
}

static int try_read_process(pid_t pid)
{
    char byte;
    struct iovec to = {&byte, 1}, from = {(void *)(uintptr_t)self, 1};

    /* at a wrong address it fails with EFAULT, which means that it was let */
    return process_vm_readv(pid, &to, 1, &from, 1, 0) < 0 && errno != EFAULT ? errno : 0;
}

static int try_map_code(void)
{
    return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? errno
               : 0;
}

static void *do_nothing(void *arg)
{
    return arg;
}

static int try_thread(void)
{
    pthread_t t;
    int e = pthread_create(&t, NULL, do_nothing, NULL);

    return e ? e : pthread_join(t, NULL);
}

static int try_own_file(void)
{
    char path[4096], byte = 'x';
    struct iovec v = {&byte, 1};
    int fd, error = 0;

    if (!self->dir)
        return ENOENT;
    snprintf(path, sizeof path, "%s/sandbox-test", self->dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno;
    if (pwrite(fd, &byte, 1, 0) != 1 ||
        (preadv2(fd, &v, 1, 0, RWF_NOWAIT) < 0 && errno != EAGAIN && errno != EOPNOTSUPP))
        error = errno;
    close(fd);
    return failed(unlink(path)) ? errno : error;
}

/* -1: there is no such act. */
static int try_act(const char *name, const char *arg)
{
#define ACT(act, text, call)                                                                                           \
    if (strcmp(name, #act) == 0)                                                                                       \
        return call;
#include "main/forbidden.def"
#undef ACT
    return -1;
}

static int list_acts(void)
{
#define ACT(act, text, call) printf("%-14s %s\n", #act, text);
#include "main/forbidden.def"
#undef ACT
    return EXIT_FINE;
}

static int confined(const char *role, const struct config_file *f, const char *act, const char *arg)
{
    struct role *r = MEM_NEW(struct role);
    int e;

    r->kind = role_kind_of(role);
    r->ops = role_ops_of(r->kind);
    r->settings = f->set;
    r->gates = r->cores = 1;
    self = r;
    if (!r->ops) {
        fprintf(stderr, "restante: no role is called \"%s\"\n", role);
        return EXIT_USAGE;
    }
    if (role_confine(r) != ST_OK) {
        fprintf(stderr, "restante: %s\n", err_get()->text);
        return EXIT_CANNOT;
    }
    e = try_act(act, arg);
    if (e < 0)
        return EXIT_USAGE;
    printf("%s: %s%s\n", act, e ? "refused: " : "done", e ? strerrorname_np(e) : "");
    fflush(stdout);
    _exit(EXIT_FINE);
}

int forbidden_main(int argc, char **argv)
{
    struct config_file f;
    struct buf complaint;

    if (argc < 4)
        return list_acts();
    buf_init(&complaint, 65536);
    if (config_file_load(argv[2], &f, &complaint) != ST_OK) {
        fprintf(stderr, "%.*s", STR_ARGS(buf_str(&complaint)));
        return EXIT_CONFIG;
    }
    return confined(argv[1], &f, argv[3], argc > 4 ? argv[4] : "");
}
