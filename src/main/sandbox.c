#include "main/sandbox.h"

#include "base/log.h"
#include "base/must.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CALLS_COMMON = 1, CALLS_FILES = 2, CALLS_ACCEPT = 4, CALLS_TCP = 8, CALLS_UDP = 16, CALLS_SOURCE = 32 };
enum root { ROOT_KEPT, ROOT_EMPTY, ROOT_OWN };
enum { MAY_READ, MAY_WRITE };
#define OWN_DIRECTORY NULL

static const struct room {
    size_t user_at; /* of the setting in struct settings */
    enum root root;
    unsigned calls;
} rooms[ROLE_COUNT] = {
#define ROOM(role, user, root_, calls_)                                                                                \
    [ROLE_##role] = {.user_at = offsetof(struct settings, user), .root = root_, .calls = calls_},
#define MAY(role, rights, path)
#define CALL(group, name)
#define DEADLY(name)
#include "main/sandbox.def"
#undef ROOM
#undef MAY
};

static const struct may {
    enum role_kind role;
    int rights;
    const char *path;
} mays[] = {
#define ROOM(role, user, root, calls)
#define MAY(role, rights, path) {ROLE_##role, rights, path},
#include "main/sandbox.def"
#undef CALL
#undef DEADLY
};

static const struct call {
    unsigned group;
    int number;
} calls[] = {
#undef MAY
#define MAY(role, rights, path)
#define CALL(group, name) {group, SCMP_SYS(name)},
#define DEADLY(name)
#include "main/sandbox.def"
#undef CALL
#undef DEADLY
};

static const struct call deadly[] = {
#define CALL(group, name)
#define DEADLY(name) {0, SCMP_SYS(name)},
#include "main/sandbox.def"
#undef ROOM
#undef MAY
#undef CALL
#undef DEADLY
};

bool sandbox_has_dir(enum role_kind kind)
{
    return rooms[kind].root == ROOT_OWN;
}

/* --- user and root directory ---------------------------------------------------------------------------- */

enum st sandbox_user(const struct settings *set, enum role_kind kind, uid_t *out_uid, gid_t *out_gid)
{
    struct str name = *(const struct str *)(const void *)((const char *)set + rooms[kind].user_at);
    struct passwd *pw;
    uint32_t number;

    if (str_u32(name, UINT32_MAX - 1, &number) == ST_OK) {
        pw = getpwuid(number);
        *out_uid = number;
        *out_gid = pw ? pw->pw_gid : number;
        return ST_OK;
    }
    pw = getpwnam(name.n ? name.p : "");
    if (pw) {
        *out_uid = pw->pw_uid;
        *out_gid = pw->pw_gid;
        return ST_OK;
    }
    return FAIL(ST_NOTFOUND, "the system has no user \"%.*s\" (setting user_%s)", STR_ARGS(name), role_name(kind));
}

/* An empty directory that nobody can reach or fill: it has been removed. */
static enum st enter_empty_root(void)
{
    char path[] = "/tmp/restante-empty-XXXXXX";

    if (!mkdtemp(path))
        return FAIL_ERRNO("making an empty directory in /tmp");
    if (chdir(path) < 0 || rmdir(path) < 0)
        return FAIL_ERRNO(path);
    return chroot(".") < 0 || chdir("/") < 0 ? FAIL_ERRNO("chroot") : ST_OK;
}

static enum st enter_root(struct role *r, enum root root)
{
    if (root == ROOT_EMPTY)
        return enter_empty_root();
    if (root == ROOT_KEPT)
        return ST_OK;
    if (chdir(r->dir) < 0 || chroot(".") < 0)
        return FAIL_ERRNO(r->dir);
    r->dir = "/";
    return ST_OK;
}

static enum st become(uid_t uid, gid_t gid)
{
    if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
        return FAIL_ERRNO("switching the user");
    must(setresuid(0, 0, 0) < 0);
    must(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0); /* the kernel forgets it with the user */
    return ST_OK;
}

static const char *own_dir(const struct role *r)
{
    struct buf path; /* for as long as the process lives */

    if (!sandbox_has_dir(r->kind))
        return NULL;
    buf_init(&path, 4096);
    buf_addf(&path, "%.*s/%s", STR_ARGS(r->settings->data), role_name(r->kind));
    buf_addc(&path, 0);
    return path.p;
}

static enum st leave_root(struct role *r)
{
    uid_t uid;
    gid_t gid;

    if (geteuid() != 0)
        return ST_OK;
    TRY(sandbox_user(r->settings, r->kind, &uid, &gid));
    TRY(enter_root(r, rooms[r->kind].root));
    return become(uid, gid);
}

/* --- Landlock --------------------------------------------------------------------------------------------- */

/* The header of Debian 12 ends at version 2 of the kernel interface; these are its later parts (linux/landlock.h). */
#define FS_TRUNCATE (1ull << 14)
#define FS_IOCTL_DEV (1ull << 15)
#define NET_BIND_TCP (1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)
#define SCOPE_ABSTRACT_UNIX (1ull << 0)
#define SCOPE_SIGNAL (1ull << 1)

struct ruleset {
    uint64_t fs, net, scoped;
};

#define FS_ALL_1 ((1ull << 13) - 1)
#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                                                                       \
    (FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |        \
     LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | FS_TRUNCATE)

static struct ruleset ruleset_for(long abi, unsigned groups)
{
    struct ruleset rs = {.fs = FS_ALL_1};

    if (abi >= 2)
        rs.fs |= LANDLOCK_ACCESS_FS_REFER;
    if (abi >= 3)
        rs.fs |= FS_TRUNCATE;
    if (abi >= 4)
        rs.net = NET_BIND_TCP | (groups & CALLS_TCP ? 0 : NET_CONNECT_TCP);
    if (abi >= 5)
        rs.fs |= FS_IOCTL_DEV;
    if (abi >= 6)
        rs.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    return rs;
}

static enum st allow_path(int ruleset, const struct ruleset *rs, const char *path, int rights)
{
    struct landlock_path_beneath_attr at = {.allowed_access = (rights == MAY_WRITE ? FS_WRITE : FS_READ) & rs->fs};
    enum st st = ST_OK;

    at.parent_fd = open(path, O_PATH | O_CLOEXEC);
    if (at.parent_fd < 0)
        return FAIL_ERRNO(path);
    if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &at, 0) < 0)
        st = FAIL_ERRNO("landlock_add_rule");
    close(at.parent_fd);
    return st;
}

#define RULE_NET_PORT 2
struct net_port {
    uint64_t allowed, port;
};

/* Port 0 is any that is free, and none that others know. */
static enum st allow_source(int ruleset, const struct ruleset *rs, unsigned groups)
{
    struct net_port at = {.allowed = NET_BIND_TCP};

    if (!(groups & CALLS_SOURCE) || !(rs->net & NET_BIND_TCP))
        return ST_OK;
    return syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &at, 0) < 0 ? FAIL_ERRNO("landlock_add_rule") : ST_OK;
}

static enum st allow_paths(const struct role *r, int ruleset, const struct ruleset *rs)
{
    for (size_t i = 0; i < ARRAY_LEN(mays); i++)
        if (mays[i].role == r->kind)
            TRY(allow_path(ruleset, rs, mays[i].path ? mays[i].path : r->dir, mays[i].rights));
    return ST_OK;
}

/* Says loudly what is missing; refuses where the settings demand all of it. */
static enum st missing(const struct role *r, const char *what)
{
    if (r->settings->sandbox == SANDBOX_REQUIRED)
        return FAIL(ST_DENIED, "this kernel lacks %s, and the settings say \"sandbox required\"", what);
    LOG(SANDBOX_INCOMPLETE, lf_z("missing", what));
    return ST_OK;
}

static enum st landlock(const struct role *r)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct ruleset rs = ruleset_for(abi, rooms[r->kind].calls);
    size_t size = abi >= 6 ? sizeof rs : abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, net);
    enum st st;
    int fd;

    if (abi < 1)
        return missing(r, "Landlock");
    fd = (int)syscall(SYS_landlock_create_ruleset, &rs, size, 0);
    if (fd < 0)
        return FAIL_ERRNO("landlock_create_ruleset");
    st = allow_paths(r, fd, &rs);
    if (st == ST_OK)
        st = allow_source(fd, &rs, rooms[r->kind].calls);
    if (st == ST_OK && syscall(SYS_landlock_restrict_self, fd, 0) < 0)
        st = FAIL_ERRNO("landlock_restrict_self");
    close(fd);
    return st;
}

/* --- seccomp ------------------------------------------------------------------------------------------------ */

#define EQ(arg, value) SCMP_CMP64(arg, SCMP_CMP_EQ, (scmp_datum_t)(value))
#define MASKED(arg, mask, value) SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, (scmp_datum_t)(mask), (scmp_datum_t)(value))

/* One call, allowed when the argument has one of the values. */
static int allow_values(scmp_filter_ctx f, int call, unsigned arg, const int *values, size_t n)
{
    int bad = 0;

    for (size_t i = 0; i < n; i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, call, 1, EQ(arg, (unsigned)values[i]));
    return bad;
}

#define PR_SET_VMA_CALL 0x53564d41 /* glibc names its memory by it */

/* The rules that look at arguments and hold for every role. */
static int allow_conditions(scmp_filter_ctx f)
{
    static const int fcntls[] = {F_DUPFD,     F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,       F_GETFL,      F_SETFL,
                                 F_GETLK,     F_SETLK,         F_SETLKW,     F_OFD_GETLK,   F_OFD_SETLK,  F_OFD_SETLKW,
                                 F_GET_SEALS, F_GETPIPE_SZ,    F_SETPIPE_SZ, F_SET_RW_HINT, F_GET_RW_HINT};
    static const int ioctls[] = {FIONBIO, FIONREAD};
    static const int prctls[] = {PR_SET_NAME, PR_GET_NAME, PR_SET_VMA_CALL};
    int bad = 0;

    bad |= allow_values(f, SCMP_SYS(fcntl), 1, fcntls, ARRAY_LEN(fcntls));
    bad |= allow_values(f, SCMP_SYS(ioctl), 1, ioctls, ARRAY_LEN(ioctls));
    bad |= allow_values(f, SCMP_SYS(prctl), 0, prctls, ARRAY_LEN(prctls));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, MASKED(2, PROT_EXEC, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, MASKED(2, PROT_EXEC, 0));
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, MASKED(0, CLONE_THREAD, CLONE_THREAD));
    bad |= seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0); /* its flags can't be seen from here */
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, EQ(0, getpid()));       /* abort() */
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 2, EQ(0, 0), EQ(2, 0)); /* asking for its own */
    bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, EQ(0, AF_UNIX));
    return bad;
}

#define SOCKET_KIND 0xf /* the rest of a socket's type are flags */

static int allow_sockets(scmp_filter_ctx f, int kind)
{
    static const int families[] = {AF_INET, AF_INET6};
    int bad = 0;

    for (size_t i = 0; i < ARRAY_LEN(families); i++)
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2, EQ(0, (unsigned)families[i]),
                                MASKED(1, SOCKET_KIND, kind));
    return bad;
}

static int allow_inet(scmp_filter_ctx f, unsigned groups)
{
    int bad = groups & CALLS_TCP ? allow_sockets(f, SOCK_STREAM) : 0;

    if (groups & CALLS_UDP) {
        bad |= allow_sockets(f, SOCK_DGRAM);
        bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(bind), 0); /* a random port; TCP's are Landlock's */
    }
    return bad;
}

static int fill_filter(scmp_filter_ctx f, unsigned groups)
{
    int bad = allow_conditions(f);

    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        if (calls[i].group & groups && calls[i].number >= 0) /* negative: not on this machine */
            bad |= seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i].number, 0);
    for (size_t i = 0; i < ARRAY_LEN(deadly); i++)
        bad |= deadly[i].number < 0 ? 0 : seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, deadly[i].number, 0);
    return bad | allow_inet(f, groups);
}

static enum st seccomp(const struct role *r)
{
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    int bad;

    if (!f)
        return FAIL(ST_INTERNAL, "no filter of system calls can be made");
    (void)seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list; an older library has only lists */
    bad = fill_filter(f, rooms[r->kind].calls);
    if (bad) {
        seccomp_release(f);
        return FAIL(ST_INTERNAL, "a rule for system calls was not taken");
    }
    bad = seccomp_load(f);
    seccomp_release(f);
    return bad ? missing(r, "seccomp") : ST_OK;
}

/* --- all together ---------------------------------------------------------------------------------------------- */

enum st sandbox_seal(struct role *r)
{
    must(rooms[r->kind].calls);
    must(setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0);
    r->dir = own_dir(r);
    if (r->settings->sandbox == SANDBOX_OFF) {
        LOG(SANDBOX_INCOMPLETE, lf_z("missing", "all of it: the settings say off-for-debugging"));
        return ST_OK;
    }
    TRY(leave_root(r));
    must(prctl(PR_SET_DUMPABLE, 0) == 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return FAIL_ERRNO("no-new-privileges");
    TRY(landlock(r));
    return seccomp(r);
}
