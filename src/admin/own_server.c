/* A server without ports, for one command that needs mail while no server runs: the same program, with the same lock, users
 * and sandbox, so that nothing works on the store in another way than always. It ends with the command, or with this
 * process. */
#include "admin/admin.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_MS 600000 /* it may have to recover the store */
#define LOOK_MS 20
#define LOG_MAX 65536

static void become_server(const char *config, int log, pid_t parent)
{
    int null = open("/dev/null", O_RDWR);

    setsid(); /* an interrupt from the keyboard is for the tool, which then says stop */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execl("/proc/self/exe", "restante", "serve", "--config", config, "--no-ports", (char *)NULL);
    dprintf(STDERR_FILENO, "restante: it can't be started: %s\n", strerror(errno));
    _exit(1);
}

static bool is_ready(const char *socket)
{
    const struct str words[] = {STR("status")};
    struct arena a = ARENA_INIT;
    struct admin_answer answer = {0};
    bool ready;

    buf_init(&answer.json, ADMIN_ANSWER_MAX);
    ready = admin_ask(&a, socket, words, 1, STR_NONE, -1, &answer) == ST_OK && answer.st == ST_OK &&
            str_search(buf_str(&answer.json), STR("\"ready\":true,\"roles\"")) < answer.json.n;
    buf_fini(&answer.json);
    arena_fini(&a);
    return ready;
}

/* What it said to people before it ended; its other lines are events. */
static enum st why_not(int log)
{
    char *text = mem_new(LOG_MAX + 1);
    ssize_t n = pread(log, text, LOG_MAX, 0);
    struct str rest = str_n(text, n > 0 ? (size_t)n : 0), line, said = STR("it ended at once");

    while (str_split(&rest, '\n', &line))
        if (str_starts(line, STR("restante: ")))
            said = str_from(line, 10);
    (void)FAIL(ST_BUSY, "no server runs, and one for this command can't be started: %.*s", STR_ARGS(said));
    mem_free(text);
    return ST_BUSY;
}

static enum st wait_ready(struct admin_server *s, const char *socket, int log)
{
    mono_ms end = deadline_in(START_MS);

    while (!is_ready(socket)) {
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid) {
            s->pid = 0;
            return why_not(log);
        }
        if (clock_mono_ms() > end)
            return FAIL(ST_TIMEOUT, "the server for this command does not get ready");
        usleep(LOOK_MS * 1000);
    }
    return ST_OK;
}

enum st admin_server_start(const char *config, const char *socket, struct admin_server *out)
{
    struct admin_server s = {0};
    pid_t parent = getpid();
    int log = memfd_create("log", MFD_CLOEXEC);
    enum st st;

    if (log < 0)
        return FAIL_ERRNO("memfd");
    s.pid = fork();
    if (s.pid == 0)
        become_server(config, log, parent);
    st = s.pid < 0 ? FAIL_ERRNO("fork") : wait_ready(&s, socket, log);
    close(log);
    if (st == ST_OK)
        *out = s;
    else
        admin_server_stop(&s);
    return st;
}

void admin_server_stop(struct admin_server *s)
{
    if (s->pid <= 0)
        return;
    kill(s->pid, SIGTERM);
    while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    s->pid = 0;
}
