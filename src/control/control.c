/* The administration socket: who connects is checked by what the kernel says of him, his one command is forwarded to the
 * role that carries it out (admin/commands.def), the answer's pieces are passed back as they come. No file, no secret and no other
 * network is in reach; what the command means is for others to know. */
#include "admin/command.h"
#include "admin/wire.h"
#include "base/log.h"
#include "ipc/lists.h"
#include "main/peers.h"

#include <errno.h>
#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENTS_MOST 32
#define SUBMITTING_MOST 64 /* clients who may do nothing but hand in letters, besides those */
#define SUBMITTING_OF_ONE 16
#define GROUPS_MOST 1024       /* of a peer */
#define ASK_MS 30000           /* for the whole command to arrive, and for the answer to be taken */
#define WORK_MS 600000         /* for the command itself */
#define ANSWER_MOST (64 << 20) /* bytes that wait for a client */
#define NO_GROUP ((gid_t)-1)

struct control {
    struct role *role;
    struct peers peers;
    struct co_fd listening;
    uid_t own_uid;   /* of main: whoever started the server */
    gid_t admin_gid; /* or NO_GROUP */
    unsigned clients, submitting;
    struct list submitters;
};

struct client {
    struct list link; /* of those who may only submit */
    struct control *control;
    struct co_fd fd;
    uid_t uid;
    bool may_command;
    bool is_given_away; /* the connection is a gate's now */
    struct buf in, out;
    int with; /* a descriptor that came along, or -1 */
};

/* --- who may ------------------------------------------------------------------------------------------------ */

static bool is_member(int fd, gid_t gid)
{
    gid_t groups[GROUPS_MOST];
    socklen_t n = sizeof groups;

    if (gid == NO_GROUP || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
        return false;
    for (size_t i = 0; i < n / sizeof groups[0]; i++)
        if (groups[i] == gid)
            return true;
    return false;
}

static bool may_command(const struct control *c, int fd, const struct ucred *who)
{
    return who->uid == 0 || who->uid == c->own_uid || (c->admin_gid != NO_GROUP && who->gid == c->admin_gid) ||
           is_member(fd, c->admin_gid);
}

/* Whom it is for may hand in letters (restante sendmail). */
static bool may_submit(const struct control *c, bool is_admin)
{
    enum config_local_users who = c->role->settings->sendmail_users;

    return who == LOCAL_USERS_ALL || (who == LOCAL_USERS_ADMINS && is_admin);
}

/* --- bytes in and out --------------------------------------------------------------------------------------- */

/* ST_BUSY: nothing there yet. */
static enum st receive(struct client *cl)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } c;
    char *to = buf_space(&cl->in, 4096);
    struct iovec io = {to, 4096};
    /* whose descriptors are taken could have us wait for him when they are closed: administrators' only */
    struct msghdr m = {.msg_iov = &io,
                       .msg_iovlen = 1,
                       .msg_control = cl->may_command ? c.room : NULL,
                       .msg_controllen = cl->may_command ? sizeof c.room : 0};
    struct cmsghdr *h;
    ssize_t n;

    if (!to)
        return FAIL(ST_LIMIT, "the command is too long");
    n = recvmsg(cl->fd.fd, &m, MSG_CMSG_CLOEXEC);
    if (n < 0 && errno == EAGAIN) {
        co_fd_again(&cl->fd, CO_READ);
        return ST_BUSY;
    }
    if (n <= 0)
        return FAIL(ST_EOF, "the client has gone");
    buf_added(&cl->in, (size_t)n);
    h = CMSG_FIRSTHDR(&m);
    if (h && h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_RIGHTS && h->cmsg_len == CMSG_LEN(sizeof(int))) {
        if (cl->with >= 0)
            close(cl->with);
        memcpy(&cl->with, CMSG_DATA(h), sizeof cl->with);
    }
    return ST_OK;
}

static enum st read_ask(struct client *cl, struct msg_admin_ask *out) SUSPENDS
{
    mono_ms deadline = deadline_in(ASK_MS);
    size_t used = 0;

    for (;;) {
        enum st st = receive(cl);

        if (st == ST_BUSY)
            st = co_fd_wait(&cl->fd, CO_READ, deadline);
        if (st != ST_OK)
            return st;
        TRY(wire_take(MSG_admin_ask, buf_str(&cl->in), out, &used));
        if (used)
            return ST_OK;
    }
}

/* What the socket takes now. */
static enum st write_some(struct client *cl)
{
    while (cl->out.n) {
        ssize_t n = send(cl->fd.fd, cl->out.p, cl->out.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EAGAIN) {
            co_fd_again(&cl->fd, CO_WRITE);
            return ST_BUSY;
        }
        if (n < 0)
            return FAIL_ERRNO("the client");
        buf_drop_front(&cl->out, (size_t)n);
    }
    return ST_OK;
}

static enum st write_rest(struct client *cl) SUSPENDS
{
    mono_ms deadline = deadline_in(ASK_MS);
    enum st st;

    while ((st = write_some(cl)) == ST_BUSY)
        TRY(co_fd_wait(&cl->fd, CO_WRITE, deadline));
    return st;
}

/* --- a command --------------------------------------------------------------------------------------------------- */

static enum st route(struct control *c, const struct msg_admin_ask *ask, struct arena *a, struct ipc **out)
{
    static const enum role_kind roles[] = {[ADMIN_KEEPER] = ROLE_KEEPER,
                                           [ADMIN_BOX] = ROLE_BOX,
                                           [ADMIN_MAIN] = ROLE_MAIN,
                                           [ADMIN_RESOLVER] = ROLE_RESOLVER,
                                           [ADMIN_COURIER] = ROLE_COURIER};
    const struct admin_command *cmd;
    struct str *words;
    struct ipc *to;
    size_t n;

    TRY(words_get(ask->words, a, ADMIN_WORDS_MAX, &words, &n));
    cmd = admin_find(words, n);
    if (!cmd || cmd->target == ADMIN_HERE)
        return FAIL(ST_NOTFOUND, "the server knows no such command");
    to = cmd->target == ADMIN_MAIN ? c->role->main : peers_get(&c->peers, roles[cmd->target], 0, 0);
    if (!to)
        return FAIL(ST_TRYLATER, "the %s is not there yet", role_name(roles[cmd->target]));
    *out = to;
    return ST_OK;
}

/* On the loop. */
static bool pass_piece(const struct msg_admin_answer *m, void *arg)
{
    struct client *cl = arg;
    enum st st;

    if (wire_put(MSG_admin_answer, m, &cl->out) != ST_OK)
        return false;
    st = write_some(cl);
    return st == ST_OK || st == ST_BUSY;
}

/* A command about an account: the keeper says which one. Its first argument is the first word behind its name that is no option's. */
static enum st find_account(struct control *c, struct msg_admin_ask *ask, struct arena *a) SUSPENDS
{
    struct ipc *keeper = peers_get(&c->peers, ROLE_KEEPER, 0, 0);
    struct msg_account_answer answer;
    struct msg_account_ask question;
    struct admin_args args;
    struct str *words;
    size_t n;

    TRY(words_get(ask->words, a, ADMIN_WORDS_MAX, &words, &n));
    TRY(admin_parse(a, words, n, &args));
    ask->account = 0;
    question.address = args.n ? args.args[0] : STR("");
    if (!(args.command->flags & CMD_ACCOUNT) &&
        (!(args.command->flags & CMD_ACCOUNT_OPTION) || !admin_value(&args, "account", &question.address)))
        return ST_OK;
    if (!keeper)
        return FAIL(ST_TRYLATER, "the keeper is not there yet");
    TRY(IPC_ASK(keeper, account_ask, &question, account_answer, a, &answer, deadline_in(ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(answer.status, "%.*s", STR_ARGS(answer.text));
    ask->account = answer.account;
    ask->limits = answer.limits;
    return ST_OK;
}

/* --- letters of users of this machine ------------------------------------------------------------------------- */

/* The name by which the system knows him: what he says himself counts for nothing. */
static enum st name_of(struct client *cl, struct arena *a, struct str *out) SUSPENDS
{
    struct msg_user_ask ask = {.uid = cl->uid};
    struct msg_user_answer answer;

    TRY(IPC_ASK(cl->control->role->main, user_ask, &ask, user_answer, a, &answer, deadline_in(ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(ST_DENIED, "the system has no user of the number %u", (unsigned)cl->uid);
    *out = answer.name;
    return ST_OK;
}

/* The keeper hands the connection to a gate, which speaks SMTP over it: its greeting is the answer. */
static enum st submit(struct client *cl, struct arena *a) SUSPENDS
{
    struct ipc *keeper = peers_get(&cl->control->peers, ROLE_KEEPER, 0, 0);
    struct msg_local_ask ask = {.uid = cl->uid, .is_trusted = cl->uid == 0 || cl->uid == cl->control->own_uid};
    struct msg_local_answer answer;

    if (!may_submit(cl->control, cl->may_command))
        return FAIL(ST_DENIED, "letters of this machine's users are not taken (setting sendmail_users)");
    if (!keeper)
        return FAIL(ST_TRYLATER, "the keeper is not there yet");
    TRY(name_of(cl, a, &ask.user));
    TRY(ipc_ask(keeper, MSG_local_ask, &ask, cl->fd.fd, MSG_local_answer, a, &answer, NULL, deadline_in(ASK_MS)));
    if (answer.status != ST_OK)
        return FAIL(answer.status, "%.*s", STR_ARGS(answer.text));
    cl->is_given_away = true;
    return ST_OK;
}

static bool is_submission(const struct msg_admin_ask *ask, struct arena *a)
{
    struct str *words;
    size_t n;

    return words_get(ask->words, a, ADMIN_WORDS_MAX, &words, &n) == ST_OK && n == 1 &&
           str_eq(words[0], STR("sendmail"));
}

static enum st carry_out(struct client *cl, struct msg_admin_ask *ask, struct arena *a) SUSPENDS
{
    struct ipc *to;

    if (is_submission(ask, a))
        return submit(cl, a);
    if (!cl->may_command)
        return FAIL(ST_DENIED, "only an administrator may do that");
    TRY(route(cl->control, ask, a, &to));
    TRY(find_account(cl->control, ask, a));
    ask->uid = cl->uid;
    return ipc_ask_pieces(to, ask, cl->with, pass_piece, cl, deadline_in(WORK_MS));
}

static void serve(struct client *cl) SUSPENDS
{
    struct msg_admin_answer bad = {.status = ST_OK};
    struct arena a = ARENA_INIT;
    struct msg_admin_ask ask;
    enum st st = read_ask(cl, &ask);

    if (st == ST_OK)
        st = carry_out(cl, &ask, &a);
    if (st != ST_OK) {
        bad.status = (uint8_t)st;
        bad.text = str_sub(str_z(err_get()->text), 0, 400);
        st = wire_put(MSG_admin_answer, &bad, &cl->out);
    }
    if (st == ST_OK && !cl->is_given_away)
        IGNORE(write_rest(cl)); /* a client that is gone */
    arena_fini(&a);
}

static void client_run(void *arg)
{
    struct client *cl = arg;

    int fd = cl->fd.fd;

    serve(cl);
    if (cl->may_command)
        cl->control->clients--;
    else
        cl->control->submitting--;
    list_del(&cl->link);
    co_fd_del(&cl->fd);
    close(fd);
    if (cl->with >= 0)
        close(cl->with);
    buf_fini(&cl->in);
    buf_fini(&cl->out);
    mem_free(cl);
}

/* --- connections ----------------------------------------------------------------------------------------------------- */

static void count(struct client *cl)
{
    struct control *c = cl->control;

    if (cl->may_command) {
        c->clients++;
        return;
    }
    c->submitting++;
    list_add_tail(&c->submitters, &cl->link);
}

static enum st client_start(struct control *c, int fd, uid_t uid, bool may_command)
{
    struct client *cl = MEM_NEW(struct client);
    enum st st;

    *cl = (struct client){.control = c, .uid = uid, .may_command = may_command, .with = -1};
    list_init(&cl->link);
    buf_init(&cl->in, 2 * WIRE_MAX);
    buf_init(&cl->out, ANSWER_MOST);
    st = co_fd_add(&cl->fd, fd);
    if (st == ST_OK) {
        st = co_spawn(client_run, cl, "administration");
        if (st == ST_OK) {
            count(cl);
            return ST_OK;
        }
        co_fd_del(&cl->fd);
    }
    mem_free(cl);
    return st;
}

/* Users share what is left besides administrators, and one has not all of it. */
static bool has_room(const struct control *c, uid_t uid, bool may_command)
{
    unsigned same = 0;

    if (may_command)
        return c->clients < CLIENTS_MOST;
    LIST_EACH(pos, &c->submitters)
        same += LIST_ITEM(pos, struct client, link)->uid == uid;
    return c->submitting < SUBMITTING_MOST && same < SUBMITTING_OF_ONE;
}

static void take_client(struct control *c, int fd)
{
    struct ucred who;
    socklen_t n = sizeof who;
    bool admin;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0) {
        close(fd);
        return;
    }
    admin = may_command(c, fd, &who);
    if (!admin && !may_submit(c, false)) {
        LOG(CONTROL_CLIENT_REFUSED, lf_u64("uid", who.uid), lf_u64("pid", (uint64_t)who.pid));
        close(fd);
        return;
    }
    if (!has_room(c, who.uid, admin) || client_start(c, fd, who.uid, admin) != ST_OK)
        close(fd);
}

static void listening_ready(void *arg, enum st why)
{
    struct control *c = arg;
    int fd;

    (void)why;
    while ((fd = accept4(c->listening.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        take_client(c, fd);
    co_fd_again(&c->listening, CO_READ);
    co_fd_park(&c->listening, NEVER, listening_ready, c);
}

/* --- the role -------------------------------------------------------------------------------------------------------------- */

/* Who started the server, and the group's number, can't be asked for any more once the role is confined. */
static enum st control_prepare(struct role *r)
{
    struct control *c = MEM_NEW(struct control);
    struct str name = r->settings->admin_group;
    struct group *g = name.n ? getgrnam(name.p) : NULL;

    if (name.n && !g)
        return FAIL(ST_NOTFOUND, "the system has no group \"%.*s\" (setting admin_group)", STR_ARGS(name));
    c->role = r;
    c->own_uid = getuid();
    c->admin_gid = g ? g->gr_gid : NO_GROUP;
    peers_init(&c->peers);
    list_init(&c->submitters);
    r->state = c;
    return ST_OK;
}

static enum st control_start(struct role *r)
{
    struct control *c = r->state;
    int fd = role_file_fd(r, "control-socket");

    if (fd < 0)
        return FAIL(ST_INTERNAL, "main handed over no socket");
    TRY(co_fd_add(&c->listening, fd));
    co_fd_park(&c->listening, NEVER, listening_ready, c);
    return ST_OK;
}

static void control_peer(struct role *r, const struct role_peer *p)
{
    struct control *c = r->state;
    struct ipc_options opt = {.arg = c};

    if (peers_attach(&c->peers, p, &opt) != ST_OK)
        LOG(IPC_PEER_REFUSED, lf_z("process", role_name(p->kind)), lf_err());
}

const struct role_ops control_role = {
    .name = "control", .prepare = control_prepare, .start = control_start, .peer = control_peer};
