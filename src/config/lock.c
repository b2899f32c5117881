#include "config/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

enum st config_lock_restoring(struct str data_dir, int *out_fd)
{
    char path[4096];
    int fd;

    if ((size_t)snprintf(path, sizeof path, "%.*s/lock", STR_ARGS(data_dir)) >= sizeof path)
        return FAIL(ST_LIMIT, "the path of the data directory is too long");
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return FAIL_ERRNO(path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        *out_fd = fd;
        return ST_OK;
    }
    if (errno == EWOULDBLOCK)
        (void)FAIL(ST_BUSY, "%.*s is in use: a server runs on it, or another command works there", STR_ARGS(data_dir));
    else
        (void)FAIL_ERRNO(path);
    close(fd);
    return err_get()->st;
}

enum st config_lock_data(struct str data_dir, int *out_fd)
{
    char path[4096];
    int fd;

    TRY(config_lock_restoring(data_dir, &fd));
    snprintf(path, sizeof path, "%.*s/" CONFIG_RESTORING, STR_ARGS(data_dir));
    if (access(path, F_OK) == 0) {
        close(fd);
        return FAIL(ST_DENIED, "a restore was begun in %.*s and not finished: repeat it, or remove %s",
                    STR_ARGS(data_dir), path);
    }
    *out_fd = fd;
    return ST_OK;
}
