#include "keeper/commands.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* By name or number; false: the system has no such user. */
static bool user_of(const struct settings *set, uid_t *out_uid, gid_t *out_gid)
{
    struct passwd *p;
    uint32_t number;

    if (str_u32(set->user_keeper, UINT32_MAX - 1, &number) == ST_OK)
        p = getpwuid(number);
    else
        p = getpwnam(set->user_keeper.p);
    if (!p)
        return false;
    *out_uid = p->pw_uid;
    *out_gid = p->pw_gid;
    return true;
}

/* Files that root makes could not be written by the keeper, so root becomes the keeper's user, for good: the command has
 * nothing else to do. */
static enum st become_keeper(const struct settings *set, const char *dir)
{
    uid_t uid;
    gid_t gid;

    if (geteuid() != 0 || set->sandbox == SANDBOX_OFF || !user_of(set, &uid, &gid))
        return ST_OK;
    if (chown(dir, uid, gid) != 0)
        return FAIL_ERRNO(dir);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return FAIL_ERRNO("becoming the keeper's user");
    return ST_OK;
}

static enum st carry_out(struct command *c)
{
    while (command_needs_prepare(c))
        TRY(command_prepare(c));
    return command_run(c);
}

enum st keeper_offline(const struct settings *set, const struct str *words, size_t n, struct str input, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct directory *directory;
    struct command c = {0};
    struct json json;
    char path[4096], file[4110];
    enum st st;

    snprintf(path, sizeof(path), "%.*s/keeper", STR_ARGS(set->data));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return FAIL_ERRNO(path);
    TRY(become_keeper(set, path));
    umask(077);
    snprintf(file, sizeof(file), "%s/directory.db", path);
    TRY(directory_open(file, &directory));
    password_preload();
    json_init(&json, out);
    st = command_init(&c, set, directory, &a, words, n, input, &json);
    if (st == ST_OK)
        st = carry_out(&c);
    if (st == ST_OK)
        st = buf_check(out);
    command_wipe(&c);
    directory_close(directory);
    arena_fini(&a);
    return st;
}
