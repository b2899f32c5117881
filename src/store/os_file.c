#include "store/os_file.h"
#include "co/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

static enum st refused(const char *what, const char *name)
{
    char text[160];

    snprintf(text, sizeof text, "%s %s", what, name);
    return FAIL_ERRNO(text);
}

/* A fault point stands for the error that hurts most at that place. */
static bool is_faulted(enum fault_point p, int error)
{
    if (!fault_hit(p))
        return false;
    errno = error;
    return true;
}

static enum st sys_open(const struct os_file *os, const char *path, int flags, int *out_fd)
{
    int fd;

    (void)os;
    if (is_faulted(FAULT_os_open, EIO))
        return refused("opening", path);
    fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return refused("opening", path);
    *out_fd = fd;
    return ST_OK;
}

static void sys_close(const struct os_file *os, int fd)
{
    (void)os;
    close(fd);
}

static enum st sys_read(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset)
{
    (void)os;
    if (is_faulted(FAULT_os_read, EIO))
        return FAIL_ERRNO("reading a segment");
    for (size_t done = 0; done < n;) {
        ssize_t r = pread(fd, (char *)p + done, n - done, (off_t)(offset + done));

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return FAIL_ERRNO("reading a segment");
        if (r == 0)
            return FAIL(ST_CORRUPT, "a file of the store ends at %llu, which is too early",
                        (unsigned long long)(offset + done));
        done += (size_t)r;
    }
    return ST_OK;
}

static enum st sys_read_cached(const struct os_file *os, int fd, void *p, size_t n, uint64_t offset)
{
    struct iovec v = {p, n};
    ssize_t r;

    (void)os;
    if (is_faulted(FAULT_os_read, EIO))
        return FAIL_ERRNO("reading a segment");
    r = preadv2(fd, &v, 1, (off_t)offset, RWF_NOWAIT);
    if (r == (ssize_t)n)
        return ST_OK;
    if (r == 0 && n)
        return FAIL(ST_CORRUPT, "a file of the store ends at %llu, which is too early", (unsigned long long)offset);
    /* Short, not in memory, or a file system that can't tell: the caller asks again where it may block. */
    if (r > 0 || errno == EAGAIN || errno == EOPNOTSUPP || errno == EINTR)
        return ST_TRYLATER;
    return FAIL_ERRNO("reading a segment");
}

static enum st sys_write(const struct os_file *os, int fd, const void *p, size_t n, uint64_t offset)
{
    (void)os;
    if (is_faulted(FAULT_os_write, ENOSPC))
        return FAIL_ERRNO("writing a segment");
    for (size_t done = 0; done < n;) {
        ssize_t r = pwrite(fd, (const char *)p + done, n - done, (off_t)(offset + done));

        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return FAIL_ERRNO("writing a segment");
        done += (size_t)r;
    }
    return ST_OK;
}

static void sys_hasten(const struct os_file *os, int fd, uint64_t offset, uint64_t n)
{
    (void)os;
    (void)sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
}

static enum st sys_sync(const struct os_file *os, int fd)
{
    (void)os;
    if (is_faulted(FAULT_os_sync, EIO) || fdatasync(fd) < 0)
        return FAIL_ERRNO("syncing a segment");
    return ST_OK;
}

static enum st sys_sync_dir(const struct os_file *os, const char *path)
{
    enum st st = ST_OK;
    int fd;

    (void)os;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return refused("opening", path);
    if (is_faulted(FAULT_os_sync, EIO) || fsync(fd) < 0)
        st = refused("syncing", path);
    close(fd);
    return st;
}

static enum st sys_allocate(const struct os_file *os, int fd, uint64_t size)
{
    int error;

    (void)os;
    if (is_faulted(FAULT_os_write, ENOSPC))
        return FAIL_ERRNO("allocating a segment");
    do
        error = posix_fallocate(fd, 0, (off_t)size);
    while (error == EINTR);
    errno = error;
    return error ? FAIL_ERRNO("allocating a segment") : ST_OK;
}

static enum st sys_truncate(const struct os_file *os, int fd, uint64_t size)
{
    (void)os;
    return ftruncate(fd, (off_t)size) < 0 ? FAIL_ERRNO("truncating a segment") : ST_OK;
}

static enum st sys_size(const struct os_file *os, int fd, uint64_t *out_size)
{
    struct stat sb;

    (void)os;
    if (fstat(fd, &sb) < 0)
        return FAIL_ERRNO("asking for the size of a segment");
    *out_size = (uint64_t)sb.st_size;
    return ST_OK;
}

static enum st sys_rename(const struct os_file *os, const char *from, const char *to)
{
    (void)os;
    return rename(from, to) < 0 ? refused("renaming", from) : ST_OK;
}

static enum st sys_unlink(const struct os_file *os, const char *path)
{
    (void)os;
    return unlink(path) < 0 ? refused("removing", path) : ST_OK;
}

static enum st sys_mkdir(const struct os_file *os, const char *path)
{
    (void)os;
    return mkdir(path, 0700) < 0 && errno != EEXIST ? refused("making", path) : ST_OK;
}

static enum st sys_list(const struct os_file *os, struct arena *a, const char *path, size_t max, struct str **out_names,
                        size_t *out_n)
{
    struct str *names = NULL;
    size_t n = 0, cap = 0;
    enum st st = ST_OK;
    struct dirent *e;
    DIR *dir;

    (void)os;
    dir = opendir(path);
    if (!dir)
        return refused("reading", path);
    while (st == ST_OK && (e = readdir(dir))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n == max) {
            st = FAIL(ST_LIMIT, "more than %zu files in %s", max, path);
            break;
        }
        if (n == cap) {
            struct str *more = ARENA_ARRAY(a, struct str, cap = cap ? cap * 2 : 64);

            if (n)
                memcpy(more, names, n * sizeof *names);
            names = more;
        }
        names[n++] = arena_str(a, str_z(e->d_name));
    }
    closedir(dir);
    TRY(st);
    *out_names = names;
    *out_n = n;
    return ST_OK;
}

static enum st sys_lock(const struct os_file *os, int fd)
{
    (void)os;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return ST_OK;
    if (errno == EWOULDBLOCK)
        return FAIL(ST_BUSY, "another process has the store open");
    return FAIL_ERRNO("locking the store");
}

static enum st sys_free_space(const struct os_file *os, const char *path, uint64_t *out_bytes)
{
    struct statvfs v;

    (void)os;
    if (statvfs(path, &v) < 0)
        return refused("asking for the free space of", path);
    *out_bytes = (uint64_t)v.f_bavail * v.f_frsize;
    return ST_OK;
}

const struct os_file os_file_system = {
    .open = sys_open,
    .close = sys_close,
    .read = sys_read,
    .read_cached = sys_read_cached,
    .write = sys_write,
    .hasten = sys_hasten,
    .sync = sys_sync,
    .sync_dir = sys_sync_dir,
    .allocate = sys_allocate,
    .truncate = sys_truncate,
    .size = sys_size,
    .rename = sys_rename,
    .unlink = sys_unlink,
    .mkdir = sys_mkdir,
    .list = sys_list,
    .lock = sys_lock,
    .free_space = sys_free_space,
};
