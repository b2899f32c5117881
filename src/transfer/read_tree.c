/* What lies at a path, file or directory, and which mailbox it is for. A directory with cur or new in it is a Maildir, with its
 * folders (".A.B", or directories in it); in others each .eml file is a letter, each mbox file a mailbox, each directory a
 * level. */
#include "transfer/importer.h"

#include "mime/mutf7.h"
#include "transfer/names.h"

#include <limits.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 64
#define ENTRIES_MAX 20000000

enum kind { KIND_NONE, KIND_DIR, KIND_EML, KIND_MBOX, KIND_ZIP };

static bool has_dir(const char *path, const char *name)
{
    char full[8192];
    struct stat s;

    snprintf(full, sizeof full, "%s/%s", path, name);
    return lstat(full, &s) == 0 && S_ISDIR(s.st_mode);
}

static bool is_maildir(const char *path)
{
    return has_dir(path, "cur") || has_dir(path, "new");
}

static enum kind kind_of(const char *path, struct str name)
{
    char head[5] = {0};
    struct stat s;
    ssize_t n;
    int fd;

    if (lstat(path, &s) == 0 && S_ISDIR(s.st_mode))
        return KIND_DIR;
    if (str_iends(name, STR(".eml")))
        return KIND_EML;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    n = fd < 0 || fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) ? -1 : read(fd, head, sizeof head);
    if (fd >= 0)
        close(fd);
    if (n >= 4 && memcmp(head, "PK\3\4", 4) == 0)
        return KIND_ZIP;
    if (n == 5 && memcmp(head, "From ", 5) == 0)
        return KIND_MBOX;
    return n == 0 && str_iends(name, STR(".mbox")) ? KIND_MBOX : KIND_NONE;
}

/* "A.mbox", and Thunderbird's "A.sbd" beside it, are for "A". */
static struct str without(struct str name, struct str ending)
{
    return str_iends(name, ending) ? str_sub(name, 0, name.n - ending.n) : name;
}

static struct str join(struct arena *a, struct str above, struct str level)
{
    return above.n ? arena_printf(a, "%.*s/%.*s", STR_ARGS(above), STR_ARGS(level)) : level;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum st entries(struct arena *a, const char *path, const char ***out, size_t *out_n)
{
    DIR *d = opendir(path);
    struct dirent *e;
    const char **v = NULL;
    size_t n = 0, cap = 0;

    if (!d)
        return FAIL_ERRNO(path);
    while (n < ENTRIES_MAX && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (n == cap) {
            cap = cap ? 2 * cap : 64;
            v = mem_resize(v, cap * sizeof *v);
        }
        v[n++] = arena_cstr(a, str_z(e->d_name));
    }
    closedir(d);
    qsort(v, n, sizeof *v, by_name);
    *out = v;
    *out_n = n;
    return ST_OK;
}

/* --- Maildir ------------------------------------------------------------------------------------------------------ */

static enum st walk(struct importer *im, const char *path, struct str mailbox, unsigned depth) SUSPENDS;

static enum st maildir_folder(struct importer *im, struct arena *a, const char *dir, const char *name, struct str above,
                              unsigned depth) SUSPENDS
{
    const char *path = arena_printf(a, "%s/%s", dir, name).p;
    struct str level = str_z(name);

    if (!has_dir(dir, name)) {
        if (is_maildir(path)) /* by a link */
            report_left_out(&im->t->report, above, str_z(path), "it is a symbolic link");
        return ST_OK;
    }
    if (name[0] != '.') {
        if (strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 || strcmp(name, "tmp") == 0 || !is_maildir(path))
            return ST_OK;
        if (mutf7_decode(a, level, &level) != ST_OK)
            level = str_z(name);
    } else if (!is_maildir(path)) {
        return ST_OK;
    } else if (name_from_maildir(a, str_from(level, 1), &level) != ST_OK) {
        report_left_out(&im->t->report, STR_NONE, str_z(path), err_get()->text);
        return ST_OK;
    }
    return walk(im, path, join(a, above, level), depth + 1);
}

static enum st maildir(struct importer *im, struct arena *a, const char *dir, struct str mailbox, const char **v,
                       size_t n, unsigned depth) SUSPENDS
{
    TRY(read_maildir(im, dir, importer_name(im, a, mailbox)));
    for (size_t i = 0; i < n; i++)
        TRY(maildir_folder(im, a, dir, v[i], mailbox, depth));
    return ST_OK;
}

/* --- others --------------------------------------------------------------------------------------------------------- */

static enum st eml(struct importer *im, const char *path, struct str name, const struct keyword_names *k,
                   struct str mailbox) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct letter l = {0};
    int64_t mtime;
    enum st st = ST_OK;

    l.mailbox = importer_name(im, &a, mailbox);
    if (importer_read(im, path, l.mailbox, &mtime) == ST_OK) {
        l.bytes = buf_str(&im->file);
        eml_describe(name, k, &a, mtime, &l);
        st = importer_put(im, &l, str_z(path));
    }
    arena_fini(&a);
    return st;
}

static enum st one(struct importer *im, const char *path, const char *name, const struct keyword_names *k,
                   struct str above, unsigned depth) SUSPENDS
{
    struct arena a = ARENA_INIT;
    struct str level = str_z(name);
    enum kind kind = kind_of(path, level);
    enum st st = ST_OK;

    if (kind == KIND_DIR)
        level = without(level, STR(".sbd"));
    if (kind == KIND_MBOX)
        level = without(level, STR(".mbox"));
    if (name_from_path(&a, level, &level) != ST_OK) {
        report_left_out(&im->t->report, STR_NONE, str_z(path), err_get()->text);
    } else if (kind == KIND_DIR && name[0] != '.') {
        st = walk(im, path, join(&a, above, level), depth + 1);
    } else if (kind == KIND_EML) {
        st = eml(im, path, str_z(name), k, above);
    } else if (kind == KIND_MBOX) {
        st = read_mbox(im, path, importer_name(im, &a, join(&a, above, level)));
    } else if (kind == KIND_ZIP) {
        st = read_zip(im, path);
    } else if (strcmp(name, "keywords") != 0) {
        im->t->report.ignored++;
    }
    arena_fini(&a);
    return st;
}

static enum st tree(struct importer *im, struct arena *a, const char *dir, struct str mailbox, const char **v, size_t n,
                    unsigned depth) SUSPENDS
{
    struct keyword_names k = {0};
    const char *list = arena_printf(a, "%s/keywords", dir).p;
    int64_t date;

    if (access(list, R_OK) == 0 && importer_read(im, list, mailbox, &date) == ST_OK)
        keyword_names_parse(a, buf_str(&im->file), &k);
    for (unsigned round = 0; round < 2; round++)
        for (size_t i = 0; i < n; i++) {
            char path[8192];

            if (str_iends(str_z(v[i]), STR(".eml")) != (round == 0)) /* a mailbox's letters one behind the other */
                continue;
            snprintf(path, sizeof path, "%s/%s", dir, v[i]);
            TRY(one(im, path, v[i], &k, mailbox, depth));
        }
    return n || mailbox.n == 0 ? ST_OK : importer_make(im, importer_name(im, a, mailbox));
}

static enum st walk(struct importer *im, const char *path, struct str mailbox, unsigned depth)
{
    struct arena a = ARENA_INIT;
    const char **v = NULL;
    size_t n = 0;
    enum st st;

    if (depth > DEPTH_MAX) {
        report_left_out(&im->t->report, mailbox, str_z(path), "directories are too deep");
        return ST_OK;
    }
    st = entries(&a, path, &v, &n);
    if (st != ST_OK) {
        report_left_out(&im->t->report, mailbox, str_z(path), err_get()->text);
        st = ST_OK;
    } else if (is_maildir(path)) {
        st = maildir(im, &a, path, mailbox, v, n, depth);
    } else {
        st = tree(im, &a, path, mailbox, v, n, depth);
    }
    mem_free(v);
    arena_fini(&a);
    return st;
}

/* Bytes of the files in it, for the progress bar. What can't be read counts nothing. */
static uint64_t bytes_below(int at, const char *name, unsigned depth)
{
    int fd = depth > DEPTH_MAX ? -1 : openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    uint64_t bytes = 0;
    struct dirent *e;
    struct stat s;

    while (d && (e = readdir(d)) != NULL) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 || strcmp(e->d_name, "tmp") == 0 ||
            fstatat(fd, e->d_name, &s, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (S_ISREG(s.st_mode))
            bytes += (uint64_t)s.st_size;
        else if (S_ISDIR(s.st_mode))
            bytes += bytes_below(fd, e->d_name, depth + 1);
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return bytes;
}

static uint64_t bytes_of(const char *path)
{
    struct stat s;

    if (stat(path, &s) == 0 && S_ISREG(s.st_mode))
        return (uint64_t)s.st_size;
    return bytes_below(AT_FDCWD, path, 0);
}

/* What is named may be a link; what lies in it may not. */
enum st read_path(struct importer *im, const char *path)
{
    struct arena a = ARENA_INIT;
    struct str whole = str_z(path), name;
    const struct keyword_names none = {0};
    char real[PATH_MAX];
    enum st st = ST_OK;
    enum kind kind;

    if (access(path, R_OK) != 0 || !realpath(path, real))
        return FAIL_ERRNO(path);
    name = str_from(whole, str_rfind(whole, '/') == whole.n ? 0 : str_rfind(whole, '/') + 1);
    kind = kind_of(real, name);
    if (im->t->report.on_terminal && kind != KIND_ZIP)
        im->t->report.source_bytes = bytes_of(real);
    switch (kind) {
    case KIND_DIR: st = walk(im, real, STR_NONE, 0); break;
    case KIND_EML: st = eml(im, real, name, &none, STR_NONE); break;
    case KIND_ZIP: st = read_zip(im, real); break;
    case KIND_MBOX:
        st = read_mbox(im, real, im->base.n ? im->base : importer_name(im, &a, without(name, STR(".mbox"))));
        break;
    case KIND_NONE: st = FAIL(ST_SYNTAX, "%s is no mail: no Maildir, mbox, zip or .eml file", path); break;
    }
    arena_fini(&a);
    return st;
}
