#include "backup/tree.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <unistd.h>

static enum st walk(const char *path, enum st (*each)(const FTSENT *e, void *arg), void *arg)
{
    char *paths[] = {(char *)(uintptr_t)path, NULL};
    FTS *fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    enum st st = fts ? ST_OK : FAIL_ERRNO(path);
    FTSENT *e;

    while (st == ST_OK && (errno = 0, e = fts_read(fts))) {
        if (e->fts_info == FTS_NS && e->fts_level == 0 && e->fts_errno == ENOENT)
            continue;
        if (e->fts_info == FTS_ERR || e->fts_info == FTS_NS || e->fts_info == FTS_DNR) {
            errno = e->fts_errno;
            st = FAIL_ERRNO(e->fts_path);
        } else {
            st = each(e, arg);
        }
    }
    if (st == ST_OK && errno)
        st = FAIL_ERRNO(path);
    if (fts)
        fts_close(fts);
    return st;
}

static enum st remove_one(const FTSENT *e, void *arg)
{
    (void)arg;
    if (e->fts_info == FTS_D)
        return ST_OK;
    return remove(e->fts_accpath) == 0 ? ST_OK : FAIL_ERRNO(e->fts_path);
}

enum st tree_remove(const char *path)
{
    return walk(path, remove_one, NULL);
}

struct owner {
    uid_t uid;
    gid_t gid;
};

static enum st own_one(const FTSENT *e, void *arg)
{
    const struct owner *o = arg;

    if (e->fts_info == FTS_DP)
        return ST_OK;
    return lchown(e->fts_accpath, o->uid, o->gid) == 0 ? ST_OK : FAIL_ERRNO(e->fts_path);
}

enum st tree_own(const char *path, uid_t uid, gid_t gid)
{
    return walk(path, own_one, &(struct owner){uid, gid});
}
