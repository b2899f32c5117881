#include "main/well_known.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NAME_MAX_BYTES 255
#define WORDS_MAX 2
#define FILE_MAX 65536

static bool is_word(struct str w)
{
    for (size_t i = 0; i < w.n; i++)
        if (!ascii_is_alnum(w.p[i]) && w.p[i] != '-' && w.p[i] != '_' && w.p[i] != '.')
            return false;
    return w.n && w.p[0] != '.';
}

static bool is_name(struct str name)
{
    struct str rest = name, word;
    size_t n = 0;

    while (str_split(&rest, '/', &word))
        if (!is_word(word) || ++n > WORDS_MAX)
            return false;
    return n > 0 && name.n <= NAME_MAX_BYTES && !str_ends(name, STR("/"));
}

static int open_below(int dir, struct str name)
{
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
    char path[NAME_MAX_BYTES + 1];

    snprintf(path, sizeof path, "%.*s", STR_ARGS(name));
    return (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
}

enum st well_known_open(struct str directory, struct str name, int *out_fd, uint32_t *out_size)
{
    int dir, fd = -1;
    struct stat s;

    if (!directory.n || !is_name(name))
        return FAIL(ST_NOTFOUND, "no such file");
    dir = open(directory.p, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0)
        fd = open_below(dir, name);
    if (dir >= 0)
        close(dir);
    if (fd >= 0 && fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && (s.st_mode & S_IROTH) && s.st_size <= FILE_MAX) {
        *out_fd = fd;
        *out_size = (uint32_t)s.st_size;
        return ST_OK;
    }
    if (fd >= 0)
        close(fd);
    return FAIL(ST_NOTFOUND, "no such file");
}
