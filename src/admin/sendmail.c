/* The program: who calls it, where the server is, and what the exit status says. */
#include "admin/sendmail.h"

#include "admin/admin.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/random.h"
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define SOCKET_DEFAULT "/run/restante/control" /* for whom the configuration is not readable */

struct job {
    struct arena arena;
    struct sendmail_args args;
    struct sendmail_self self;
    struct buf input;
    char socket[4096];
};

static enum sendmail_exit complain(enum sendmail_exit e)
{
    fprintf(stderr, "sendmail: %s\n", err_get()->text[0] ? err_get()->text : st_text(err_get()->st));
    return e;
}

static enum sendmail_exit complain_errno(const char *what, enum sendmail_exit e)
{
    (void)FAIL_ERRNO(what);
    return complain(e);
}

/* --- what it is given ------------------------------------------------------------------------------------------- */

static enum st read_all(int fd, size_t max, struct buf *out)
{
    buf_init(out, max + 4096);
    for (;;) {
        char *to = buf_space(out, 4096);
        ssize_t n;

        if (!to || out->n > max)
            return FAIL(ST_LIMIT, "the letter is larger than %zu bytes", max);
        n = read(fd, to, 4096);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FAIL_ERRNO("reading the letter");
        if (n == 0)
            return ST_OK;
        buf_added(out, (size_t)n);
    }
}

/* The first field of it; & is the name of the user (passwd(5)). */
static struct str gecos_name(struct arena *a, const char *gecos, struct str user)
{
    struct str name = str_sub(str_z(gecos), 0, str_find(str_z(gecos), ',')), out;
    struct buf b;

    buf_init(&b, 1024);
    for (size_t i = 0; i < name.n; i++) {
        size_t at = b.n;

        if (name.p[i] != '&') {
            buf_addc(&b, name.p[i]);
            continue;
        }
        buf_add(&b, user);
        if (b.n > at && b.p[at] >= 'a' && b.p[at] <= 'z')
            b.p[at] = (char)(b.p[at] - 'a' + 'A');
    }
    out = b.over ? STR_NONE : arena_str(a, str_trim(buf_str(&b)));
    buf_fini(&b);
    return out;
}

/* As the server sees him: by the user that he acts as. */
static enum st find_self(struct job *j)
{
    struct passwd *p = getpwuid(geteuid());

    if (!p)
        return FAIL(ST_NOTFOUND, "the system has no user of the number %u", (unsigned)geteuid());
    j->self.user = arena_str(&j->arena, str_z(p->pw_name));
    j->self.full_name = gecos_name(&j->arena, p->pw_gecos ? p->pw_gecos : "", j->self.user);
    j->self.now_us = clock_wall_us();
    j->self.random = random_u64();
    return ST_OK;
}

/* --- where the server is ------------------------------------------------------------------------------------------ */

static enum st socket_of(struct job *j, struct str text, const char *path)
{
    struct config_errors *errors = ARENA_NEW(&j->arena, struct config_errors);
    const struct settings *set;

    TRY(config_parse(text, path, &set, errors));
    snprintf(j->socket, sizeof j->socket, "%s", set->control_socket.p);
    config_unref(set);
    return ST_OK;
}

/* Programs of this machine need not be able to read the configuration. */
static enum sendmail_exit find_socket(struct job *j)
{
    const char *path = j->args.config ? j->args.config : ADMIN_CONFIG_DEFAULT;
    enum st st = ST_OK;
    struct buf text;
    int fd;

    snprintf(j->socket, sizeof j->socket, "%s", j->args.control ? j->args.control : SOCKET_DEFAULT);
    if (j->args.control)
        return SENDMAIL_DONE;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && !j->args.config)
        return SENDMAIL_DONE;
    if (fd < 0)
        return complain_errno(path, SENDMAIL_CONFIG);
    st = read_all(fd, LIMIT_CONFIG, &text);
    close(fd);
    if (st == ST_OK)
        st = socket_of(j, buf_str(&text), path);
    buf_fini(&text);
    return st == ST_OK ? SENDMAIL_DONE : complain(SENDMAIL_CONFIG);
}

static enum st ask_server(struct job *j, int *out_fd)
{
    struct admin_answer answer = {0};
    enum st st = admin_open(&j->arena, j->socket, STR("sendmail"), &answer, out_fd);

    buf_fini(&answer.json);
    if (st == ST_NOTFOUND)
        return FAIL(ST_TRYLATER, "the mail server does not run (%s); the letter was not taken", j->socket);
    TRY(st);
    return answer.st == ST_OK ? ST_OK : FAIL(answer.st, "%.*s", STR_ARGS(answer.text));
}

/* A connection whose other end a gate has. */
static enum sendmail_exit open_session(struct job *j, int *out_fd)
{
    enum sendmail_exit e = find_socket(j);
    enum st st;

    if (e != SENDMAIL_DONE)
        return e;
    st = ask_server(j, out_fd);
    if (st == ST_OK)
        return SENDMAIL_DONE;
    return complain(st == ST_DENIED ? SENDMAIL_NO_PERMISSION : SENDMAIL_LATER);
}

/* --- a letter -------------------------------------------------------------------------------------------------------- */

/* What the server's refusal means for who called. */
static enum sendmail_exit exit_of_answer(const struct sendmail_talk *t, const struct sendmail_letter *l,
                                         struct str refused)
{
    if (t->code / 100 != 5)
        return SENDMAIL_LATER;
    if (!refused.p)
        return SENDMAIL_BAD_LETTER;
    if (refused.p == l->sender.p)
        return t->code == 552 ? SENDMAIL_BAD_LETTER : SENDMAIL_NO_PERMISSION;
    return t->code == 550 || t->code == 553 ? SENDMAIL_NO_USER : SENDMAIL_UNAVAILABLE;
}

static enum sendmail_exit tell_refusal(const struct sendmail_talk *t, const struct sendmail_letter *l, enum st st,
                                       size_t taken, struct str refused)
{
    if (refused.n)
        fprintf(stderr, "sendmail: <%.*s>: %s\n", STR_ARGS(refused), err_get()->text);
    else
        fprintf(stderr, "sendmail: %s\n", err_get()->text);
    if (taken)
        fprintf(stderr, "sendmail: the first %zu recipients have the letter\n", taken);
    return st == ST_DENIED ? exit_of_answer(t, l, refused) : st == ST_SYNTAX ? SENDMAIL_PROTOCOL : SENDMAIL_LATER;
}

static enum sendmail_exit send_over(struct job *j, struct sendmail_talk *t)
{
    struct sendmail_letter l;
    struct str refused;
    size_t taken;
    enum st st;

    j->self.host = t->host;
    st = sendmail_make(&j->arena, &j->args, &j->self, buf_str(&j->input), &l);
    if (st != ST_OK) {
        buf_fini(&l.text);
        return complain(st == ST_SYNTAX ? SENDMAIL_USAGE : SENDMAIL_BAD_LETTER);
    }
    st = sendmail_talk_send(t, &j->args, &l, &taken, &refused);
    buf_fini(&l.text);
    return st == ST_OK ? SENDMAIL_DONE : tell_refusal(t, &l, st, taken, refused);
}

static enum sendmail_exit deliver(struct job *j)
{
    struct sendmail_talk talk;
    enum sendmail_exit e;
    int fd;

    if (find_self(j) != ST_OK)
        return complain(SENDMAIL_NO_USER);
    if (read_all(STDIN_FILENO, LIMIT_MESSAGE, &j->input) != ST_OK)
        return complain(err_get()->st == ST_LIMIT ? SENDMAIL_BAD_LETTER : SENDMAIL_IO);
    e = open_session(j, &fd);
    if (e != SENDMAIL_DONE)
        return e;
    if (sendmail_talk_begin(&talk, fd, &j->arena) == ST_OK)
        e = send_over(j, &talk);
    else
        e = complain(SENDMAIL_LATER);
    sendmail_talk_end(&talk);
    return e;
}

static enum sendmail_exit speak(struct job *j)
{
    enum sendmail_exit e;
    enum st st;
    int fd;

    e = open_session(j, &fd);
    if (e != SENDMAIL_DONE)
        return e;
    st = sendmail_relay(fd, STDIN_FILENO, STDOUT_FILENO);
    close(fd);
    return st == ST_OK ? SENDMAIL_DONE : complain(SENDMAIL_IO);
}

/* --- the queue --------------------------------------------------------------------------------------------------------- */

static enum sendmail_exit run_admin(const struct job *j, const char *verb, const char *option)
{
    static const struct admin_hooks hooks = {.offline = &keeper_offline};
    char *argv[8] = {(char *)(uintptr_t) "restante", (char *)(uintptr_t) "queue", (char *)(uintptr_t)verb};
    int n = 3, e;

    if (option)
        argv[n++] = (char *)(uintptr_t)option;
    argv[n++] = (char *)(uintptr_t) "--control";
    argv[n++] = (char *)(uintptr_t)j->socket;
    e = admin_main(n, argv, &hooks);
    return e == ADMIN_DONE ? SENDMAIL_DONE : e == ADMIN_REFUSED ? SENDMAIL_NO_PERMISSION : SENDMAIL_LATER;
}

static enum sendmail_exit run(struct job *j)
{
    enum sendmail_exit e;

    switch (j->args.mode) {
    case SENDMAIL_DELIVER: return deliver(j);
    case SENDMAIL_SPEAK: return speak(j);
    case SENDMAIL_NOTHING: return SENDMAIL_DONE;
    case SENDMAIL_LIST:
    case SENDMAIL_RUN_QUEUE: break;
    }
    e = find_socket(j);
    if (e != SENDMAIL_DONE)
        return e;
    return j->args.mode == SENDMAIL_LIST ? run_admin(j, "list", NULL) : run_admin(j, "retry", "--all");
}

int sendmail_main(int argc, char **argv)
{
    struct job *j = MEM_NEW(struct job);
    enum sendmail_exit e;

    signal(SIGPIPE, SIG_IGN); /* who reads no answers does not get any */
    if (sendmail_parse(&j->arena, basename(argv[0]), argc, argv, &j->args) == ST_OK)
        e = run(j);
    else
        e = complain(SENDMAIL_USAGE);
    buf_fini(&j->input);
    arena_fini(&j->arena);
    mem_free(j);
    return (int)e;
}
