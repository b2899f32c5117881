/* The names below are to be those of libc, not what headers make of them. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE
#include "disk.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define FDS 4096
#define PATH_BYTES 400

static struct {
    pthread_mutex_t mutex;
    char dir[PATH_BYTES];
    size_t dir_n;
    struct disk_trace *trace; /* NULL: only faults */
    char *names[FDS];         /* of descriptors below the folder */
    uint64_t calls, syncs, renames, die_at, die_behind, fail_at, fail_times;
    enum disk_fault how;
} disk = {.mutex = PTHREAD_MUTEX_INITIALIZER};

/* --- the real ones -------------------------------------------------------------------------------------- */

#define REAL(name, type, ...)                                                                                          \
    static type (*name##_found)(__VA_ARGS__);                                                                          \
    type (*real)(__VA_ARGS__) =                                                                                        \
        name##_found ? name##_found : (name##_found = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name))

/* --- the trace -------------------------------------------------------------------------------------------- */

struct disk_trace *disk_trace_new(uint64_t room)
{
    struct disk_trace *t =
        mmap(NULL, sizeof *t + room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (t == MAP_FAILED)
        abort();
    t->room = room;
    return t;
}

void disk_trace_clear(struct disk_trace *t)
{
    uint64_t room = t->room;

    madvise(t, sizeof *t + room, MADV_REMOVE); /* gives the pages back */
    t->used = t->events = 0;
    t->is_full = false;
    t->room = room;
}

const struct disk_event *disk_next(const struct disk_trace *t, uint64_t *at)
{
    const struct disk_event *e = (const void *)(t->bytes + *at);

    if (*at >= t->used)
        return NULL;
    *at += e->bytes;
    return e;
}

/* With the mutex held. */
static void record(enum disk_op op, int fd, int flags, uint64_t offset, const void *p, size_t n)
{
    struct disk_trace *t = disk.trace;
    size_t bytes = (sizeof(struct disk_event) + n + 7) & ~(size_t)7;
    struct disk_event *e;

    if (!t || t->is_full)
        return;
    if (t->used + bytes > t->room) {
        t->is_full = true;
        return;
    }
    e = (void *)(t->bytes + t->used);
    *e = (struct disk_event){(uint32_t)bytes, (uint32_t)n, (uint16_t)op, fd, flags, offset};
    if (n)
        memcpy(e->data, p, n);
    t->used += bytes;
    t->events++;
}

static void lock(void)
{
    pthread_mutex_lock(&disk.mutex);
}

static void unlock(void)
{
    int e = errno;

    pthread_mutex_unlock(&disk.mutex);
    errno = e;
}

void disk_watch(const char *dir, struct disk_trace *t)
{
    lock();
    disk.dir_n = 0;
    if (dir) {
        snprintf(disk.dir, sizeof disk.dir, "%s/", dir);
        disk.dir_n = strlen(disk.dir);
    }
    disk.trace = t;
    disk.calls = disk.syncs = disk.renames = disk.die_at = disk.die_behind = disk.fail_at = 0;
    unlock();
}

void disk_mark(const void *p, size_t n)
{
    lock();
    record(DISK_MARK, -1, 0, 0, p, n);
    unlock();
}

/* The path below the folder, "" for the folder itself; NULL: not below it. */
static const char *below(const char *path)
{
    if (!disk.dir_n || !path)
        return NULL;
    if (strncmp(path, disk.dir, disk.dir_n - 1) != 0)
        return NULL;
    if (path[disk.dir_n - 1] == 0)
        return "";
    return path[disk.dir_n - 1] == '/' ? path + disk.dir_n + strspn(path + disk.dir_n, "/") : NULL;
}

static const char *name_of(int fd)
{
    return fd >= 0 && fd < FDS && disk.dir_n ? disk.names[fd] : NULL;
}

/* --- faults ------------------------------------------------------------------------------------------------ */

void disk_fail(uint64_t number, uint64_t times, enum disk_fault how)
{
    lock();
    disk.fail_at = number;
    disk.fail_times = times;
    disk.how = how;
    unlock();
}

void disk_die(uint64_t number)
{
    lock();
    disk.die_at = number;
    unlock();
}

void disk_die_behind(uint64_t renames)
{
    lock();
    disk.die_behind = renames;
    unlock();
}

static void count_rename(const char *to)
{
    if (strncmp(to, "index", 5) != 0 && ++disk.renames == disk.die_behind)
        kill(getpid(), SIGKILL);
}

static void count_call(void)
{
    if (++disk.calls == disk.die_at)
        kill(getpid(), SIGKILL);
}

uint64_t disk_calls(void)
{
    return disk.calls;
}

/* With the mutex held: is this the call that fails? Then errno is set. */
static bool fails(const char *what, const char *name)
{
    char text[PATH_BYTES + 40];

    count_call();
    if (!disk.fail_at || disk.calls < disk.fail_at || disk.calls - disk.fail_at >= disk.fail_times)
        return false;
    snprintf(text, sizeof text, "%s %s", what, name);
    record(DISK_FAILED, -1, 0, 0, text, strlen(text) + 1);
    errno = disk.how == DISK_EIO ? EIO : ENOSPC;
    return true;
}

/* The first failure writes half of it; the call for the other half finds no space. */
static bool is_short(size_t n)
{
    return disk.how == DISK_SHORT && disk.calls == disk.fail_at && n > 1;
}

/* --- opening -------------------------------------------------------------------------------------------------- */

static int opened(int fd, int flags, const char *name)
{
    if (fd >= FDS)
        abort();
    if (fd >= 0) {
        free(disk.names[fd]);
        disk.names[fd] = strdup(name);
        record(DISK_OPEN, fd, flags, 0, name, strlen(name) + 1);
    }
    return fd;
}

static int do_open(const char *path, int flags, mode_t mode)
{
    REAL(open, int, const char *, int, ...);
    const char *name = below(path);
    int fd;

    if (!name)
        return real(path, flags, mode);
    lock();
    fd = fails("open", name) ? -1 : opened(real(path, flags, mode), flags, name);
    unlock();
    return fd;
}

#define MODE_OF(flags, mode)                                                                                           \
    do {                                                                                                               \
        va_list ap;                                                                                                    \
        va_start(ap, flags);                                                                                           \
        mode = (flags) & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(ap, int) : 0;                                        \
        va_end(ap);                                                                                                    \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode;

    MODE_OF(flags, mode);
    return do_open(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode;

    MODE_OF(flags, mode);
    return do_open(path, flags, mode);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
    return do_open(path, flags, 0);
}

int __open64_2(const char *path, int flags);
int __open64_2(const char *path, int flags)
{
    return do_open(path, flags, 0);
}

int close(int fd)
{
    REAL(close, int, int);
    int r;

    if (!name_of(fd))
        return real(fd);
    lock();
    record(DISK_CLOSE, fd, 0, 0, NULL, 0);
    free(disk.names[fd]);
    disk.names[fd] = NULL;
    r = real(fd);
    unlock();
    return r;
}

/* --- writing -------------------------------------------------------------------------------------------------- */

static ssize_t do_pwrite(int fd, const void *p, size_t n, off_t at)
{
    REAL(pwrite, ssize_t, int, const void *, size_t, off_t);
    const char *name = name_of(fd);
    ssize_t r;

    if (!name)
        return real(fd, p, n, at);
    lock();
    if (!fails("pwrite", name))
        r = real(fd, p, n, at);
    else
        r = is_short(n) ? real(fd, p, n / 2, at) : -1;
    if (r > 0)
        record(DISK_WRITE, fd, 0, (uint64_t)at, p, (size_t)r);
    unlock();
    return r;
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
    return do_pwrite(fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
    return do_pwrite(fd, p, n, at);
}

ssize_t write(int fd, const void *p, size_t n)
{
    REAL(write, ssize_t, int, const void *, size_t);
    const char *name = name_of(fd);
    ssize_t r;

    if (!name)
        return real(fd, p, n);
    lock();
    if (!fails("write", name))
        r = real(fd, p, n);
    else
        r = is_short(n) ? real(fd, p, n / 2) : -1;
    if (r > 0)
        record(DISK_WRITE, fd, 0, (uint64_t)(lseek(fd, 0, SEEK_CUR) - r), p, (size_t)r);
    unlock();
    return r;
}

static int sized(int fd, enum disk_op op, const char *what, const char *name, off_t size, int (*real)(int, off_t))
{
    int r;

    lock();
    r = fails(what, name) ? -1 : real(fd, size);
    if (r == 0)
        record(op, fd, 0, (uint64_t)size, NULL, 0);
    unlock();
    return r;
}

static int do_ftruncate(int fd, off_t size)
{
    REAL(ftruncate, int, int, off_t);

    return name_of(fd) ? sized(fd, DISK_TRUNCATE, "ftruncate", name_of(fd), size, real) : real(fd, size);
}

int ftruncate(int fd, off_t size)
{
    return do_ftruncate(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return do_ftruncate(fd, size);
}

static int real_allocate(int fd, off_t size)
{
    REAL(posix_fallocate, int, int, off_t, off_t);

    errno = real(fd, 0, size);
    return errno ? -1 : 0;
}

static int do_posix_fallocate(int fd, off_t at, off_t n)
{
    if (!name_of(fd)) {
        REAL(posix_fallocate, int, int, off_t, off_t);
        return real(fd, at, n);
    }
    return sized(fd, DISK_ALLOCATE, "posix_fallocate", name_of(fd), at + n, real_allocate) < 0 ? errno : 0;
}

int posix_fallocate(int fd, off_t at, off_t n)
{
    return do_posix_fallocate(fd, at, n);
}

int posix_fallocate64(int fd, off64_t at, off64_t n)
{
    return do_posix_fallocate(fd, at, n);
}

static int do_fallocate(int fd, int mode, off_t at, off_t n)
{
    REAL(fallocate, int, int, int, off_t, off_t);
    const char *name = name_of(fd);
    int r;

    if (!name)
        return real(fd, mode, at, n);
    lock();
    r = fails("fallocate", name) ? -1 : real(fd, mode, at, n);
    if (r == 0 && !(mode & FALLOC_FL_KEEP_SIZE))
        record(DISK_ALLOCATE, fd, 0, (uint64_t)(at + n), NULL, 0);
    unlock();
    return r;
}

int fallocate(int fd, int mode, off_t at, off_t n)
{
    return do_fallocate(fd, mode, at, n);
}

int fallocate64(int fd, int mode, off64_t at, off64_t n)
{
    return do_fallocate(fd, mode, at, n);
}

/* --- syncs that are not ----------------------------------------------------------------------------------------- */

static const struct disk_lie *lie;
static __thread bool is_upkeep;

void disk_lie(const struct disk_lie *l)
{
    lie = l;
}

void disk_is_upkeep(void)
{
    is_upkeep = true;
}

static bool has_ends(const char *name, const char *begins, const char *ends)
{
    size_t n = strlen(name), b = strlen(begins), e = strlen(ends);

    if (!*ends)
        return strcmp(name, begins) == 0;
    return n >= b + e && strncmp(name, begins, b) == 0 && strcmp(name + n - e, ends) == 0;
}

/* Its kind stands in its head (docs/formats/store.md). */
static uint32_t segment_kind(int fd)
{
    REAL(pread, ssize_t, int, void *, size_t, off_t);
    uint32_t kind = 0;

    return real(fd, &kind, sizeof kind, 12) == sizeof kind ? kind : 0;
}

static bool is_lie(int fd, const char *name)
{
    if (!lie || !has_ends(name, lie->begins, lie->ends))
        return false;
    if (lie->by != LIE_BY_ANY && is_upkeep != (lie->by == LIE_BY_UPKEEP))
        return false;
    return lie->segment == LIE_ANY || segment_kind(fd) == (uint32_t)lie->segment;
}

/* In memory a sync takes no time, and nothing would ever happen meanwhile. */
static void dawdle(uint64_t number)
{
    struct timespec t = {.tv_nsec = (long)(number * 0x9e3779b97f4a7c15 >> 47)}; /* up to 0.13 ms */

    nanosleep(&t, NULL);
}

static int do_sync(int fd, const char *what, int (*real)(int))
{
    const char *name = name_of(fd);
    uint64_t number;
    int r;

    if (!name)
        return real(fd);
    lock();
    if (fails(what, name)) {
        unlock();
        return -1;
    }
    number = ++disk.syncs;
    record(DISK_SYNCING, fd, 0, number, NULL, 0);
    unlock();
    r = real(fd);
    if (disk.trace)
        dawdle(number);
    lock();
    if (r == 0 && !is_lie(fd, name))
        record(DISK_SYNC, fd, 0, number, NULL, 0);
    unlock();
    return r;
}

int fsync(int fd)
{
    REAL(fsync, int, int);

    return do_sync(fd, "fsync", real);
}

int fdatasync(int fd)
{
    REAL(fdatasync, int, int);

    return do_sync(fd, "fdatasync", real);
}

/* --- names ------------------------------------------------------------------------------------------------- */

int rename(const char *from, const char *to)
{
    REAL(rename, int, const char *, const char *);
    const char *a = below(from), *b = below(to);
    char both[2 * PATH_BYTES];
    int n, r;

    if (!a || !b)
        return real(from, to);
    lock();
    r = fails("rename", a) ? -1 : real(from, to);
    n = snprintf(both, sizeof both, "%s%c%s", a, 0, b);
    if (r == 0) {
        record(DISK_RENAME, -1, 0, 0, both, (size_t)n + 1);
        count_rename(b);
    }
    unlock();
    return r;
}

static int named(enum disk_op op, const char *what, const char *path, int (*real)(const char *))
{
    const char *name = below(path);
    int r;

    if (!name)
        return real(path);
    lock();
    r = fails(what, name) ? -1 : real(path);
    if (r == 0)
        record(op, -1, 0, 0, name, strlen(name) + 1);
    unlock();
    return r;
}

int unlink(const char *path)
{
    REAL(unlink, int, const char *);

    return named(DISK_UNLINK, "unlink", path, real);
}

int rmdir(const char *path)
{
    REAL(rmdir, int, const char *);

    return named(DISK_RMDIR, "rmdir", path, real);
}

static int real_mkdir(const char *path)
{
    REAL(mkdir, int, const char *, mode_t);

    return real(path, 0755);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir, int, const char *, mode_t);

    return below(path) ? named(DISK_MKDIR, "mkdir", path, real_mkdir) : real(path, mode);
}

/* --- reading, for faults alone ------------------------------------------------------------------------------ */

static bool read_fails(int fd, const char *what)
{
    const char *name = name_of(fd);
    bool f = false;

    if (name && disk.fail_at) {
        lock();
        f = fails(what, name);
        if (f)
            errno = EIO;
        unlock();
    } else if (name) {
        lock();
        count_call();
        unlock();
    }
    return f;
}

ssize_t pread(int fd, void *p, size_t n, off_t at)
{
    REAL(pread, ssize_t, int, void *, size_t, off_t);

    return read_fails(fd, "pread") ? -1 : real(fd, p, n, at);
}

ssize_t pread64(int fd, void *p, size_t n, off64_t at)
{
    REAL(pread, ssize_t, int, void *, size_t, off_t);

    return read_fails(fd, "pread") ? -1 : real(fd, p, n, at);
}

ssize_t read(int fd, void *p, size_t n)
{
    REAL(read, ssize_t, int, void *, size_t);

    return read_fails(fd, "read") ? -1 : real(fd, p, n);
}
