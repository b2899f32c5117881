/* The same commands with no server, on the directory below set->data. When started by root the tool becomes the keeper's
 * user, with the keeper's folder as its root directory, for good. */
#include "admin/admin.h"
#include "config/user.h"
#include "keeper/commands.h"
#include "keeper/keeper.h"

#include "mime/addrspec.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct offline {
    const struct settings *set;
    struct directory *directory;
};

/* Files that root made could not be written by the keeper. Its user may not get to its folder by the path, so the folder
 * becomes the root directory, as for the role. */
static enum st become_keeper(const struct settings *set, const char *dir)
{
    uid_t uid;
    gid_t gid;

    TRY(config_user(set->user_keeper, "user_keeper", &uid, &gid));
    if (chown(dir, uid, gid) != 0 || chdir(dir) != 0 || chroot(".") != 0 || chdir("/") != 0)
        return FAIL_ERRNO(dir);
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return FAIL_ERRNO("becoming the keeper's user");
    return ST_OK;
}

static enum st offline_open(const struct settings *set, void **out)
{
    struct directory *directory;
    struct offline *o;
    char dir[4096], file[4110];

    password_preload();
    addrspec_preload();
    snprintf(dir, sizeof(dir), "%.*s/keeper", STR_ARGS(set->data));
    if (mkdir(dir, 0700) != 0 && errno != EEXIST)
        return FAIL_ERRNO(dir);
    umask(077);
    snprintf(file, sizeof(file), "%s/%s", dir, KEEPER_DIRECTORY_FILE);
    if (geteuid() == 0 && set->sandbox != SANDBOX_OFF) {
        TRY(become_keeper(set, dir));
        snprintf(file, sizeof(file), "/%s", KEEPER_DIRECTORY_FILE);
    }
    TRY(directory_open(file, &directory));
    o = MEM_NEW(struct offline);
    o->set = config_ref(set);
    o->directory = directory;
    *out = o;
    return ST_OK;
}

static enum st carry_out(struct command *c)
{
    while (command_needs_prepare(c))
        TRY(command_prepare(c));
    return command_run(c);
}

static enum st offline_run(void *offline, const struct str *words, size_t n, struct str input, struct buf *out)
{
    struct offline *o = offline;
    struct arena a = ARENA_INIT;
    struct command c = {0};
    struct json json;
    enum st st;

    json_init(&json, out);
    st = command_init(&c, o->set, o->directory, &a, words, n, input, &json);
    if (st == ST_OK)
        st = carry_out(&c);
    if (st == ST_OK)
        st = buf_check(out);
    command_wipe(&c);
    arena_fini(&a);
    return st;
}

static void offline_close(void *offline)
{
    struct offline *o = offline;

    if (!o)
        return;
    directory_close(o->directory);
    config_unref(o->set);
    mem_free(o);
}

const struct admin_offline keeper_offline = {.open = offline_open, .run = offline_run, .close = offline_close};
