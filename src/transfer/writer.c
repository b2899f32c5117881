#include "transfer/writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_empty(const char *path)
{
    DIR *d = opendir(path);
    struct dirent *e;
    bool empty = d != NULL;

    while (empty && (e = readdir(d)) != NULL)
        empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
    if (d)
        closedir(d);
    return empty;
}

enum st writer_new_dir(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return ST_OK;
    if (errno != EEXIST)
        return FAIL_ERRNO(path);
    return is_empty(path) ? ST_OK : FAIL(ST_EXISTS, "%s is there already, and is no empty directory", path);
}

enum st writer_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    int failed;

    if (fd < 0)
        return FAIL_ERRNO(path);
    failed = syncfs(fd);
    close(fd);
    return failed ? FAIL_ERRNO(path) : ST_OK;
}

enum st writer_file(const char *path, struct str bytes, int64_t date_s)
{
    const struct timespec times[2] = {{.tv_sec = date_s}, {.tv_sec = date_s}};
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum st st = ST_OK;

    if (fd < 0)
        return FAIL_ERRNO(path);
    while (bytes.n && st == ST_OK) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n < 0 && errno != EINTR)
            st = FAIL_ERRNO(path);
        bytes = str_from(bytes, n > 0 ? (size_t)n : 0);
    }
    if (st == ST_OK && date_s && futimens(fd, times) != 0)
        st = FAIL_ERRNO(path);
    if (close(fd) != 0 && st == ST_OK)
        st = FAIL_ERRNO(path);
    return st;
}

void keyword_letters_init(struct keyword_letters *k)
{
    *k = (struct keyword_letters){0};
}

void keyword_letters_fini(struct keyword_letters *k)
{
    arena_fini(&k->arena);
}

void keyword_letters_add(struct keyword_letters *k, const struct letter *l, struct buf *out)
{
    bool used[26] = {false};

    for (size_t i = 0; i < l->n_keywords; i++) {
        size_t at = 0;

        while (at < k->n && !str_ieq(k->names[at], l->keywords[i]))
            at++;
        if (at == ARRAY_LEN(k->names)) {
            k->too_many = true;
            continue;
        }
        if (at == k->n)
            k->names[k->n++] = arena_str(&k->arena, l->keywords[i]);
        used[at] = true;
    }
    for (size_t i = 0; i < k->n; i++)
        if (used[i])
            buf_addc(out, (char)('a' + i));
}

void keyword_letters_list(const struct keyword_letters *k, struct buf *out)
{
    for (size_t i = 0; i < k->n; i++)
        buf_addf(out, "%zu %.*s\n", i, STR_ARGS(k->names[i]));
}
