/* One Maildir: cur and new, with what Dovecot keeps beside them. Letters come in the order of their uids, those without by
 * name, which begins with the time of arrival. */
#include "transfer/importer.h"

#include "base/map.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MESSAGES_MAX 20000000
#define UIDLIST_LINE 4096

struct known {
    uint64_t hash; /* of the name without flags */
    uint32_t uid;
};

struct file {
    const char *name;
    uint32_t uid;
    bool is_new;
};

struct folder {
    struct importer *im;
    const char *dir;
    struct str mailbox;
    struct arena names, letter;
    struct known *known;
    struct file *files;
    size_t n_known, n_files, cap;
    struct keyword_names keywords;
    struct mailbox_head head; /* of the uidlist; uidvalidity 0: there is none */
};

/* --- dovecot-uidlist ------------------------------------------------------------------------------------------- */

static int by_hash(const void *a, const void *b)
{
    uint64_t x = ((const struct known *)a)->hash, y = ((const struct known *)b)->hash;

    return x < y ? -1 : x > y;
}

/* "17 W123 :1257243400.M1.host,S=5" or, in its first version, "17 1257243400.M1.host". */
static bool uid_line(struct str line, struct known *out)
{
    size_t blank = str_find(line, ' '), colon = str_search(line, STR(" :"));
    struct str name = colon < line.n ? str_from(line, colon + 2) : str_from(line, blank + 1);

    name = str_trim(name);
    if (str_u32(str_sub(line, 0, blank), UINT32_MAX, &out->uid) != ST_OK || name.n == 0)
        return false;
    out->hash = hash_bytes(str_sub(name, 0, str_find(name, ':')));
    return true;
}

/* "3 V1219237010 N42 G...": the uidvalidity and the next uid; an older form has none. */
static void read_head(struct folder *f, struct str line)
{
    struct str word;

    if (!str_split(&line, ' ', &word) || !str_eq(word, STR("3")))
        return;
    while (str_split(&line, ' ', &word)) {
        uint32_t n;

        if (word.n < 2 || str_u32(str_from(word, 1), UINT32_MAX, &n) != ST_OK)
            continue;
        if (word.p[0] == 'V')
            f->head.uidvalidity = n;
        else if (word.p[0] == 'N')
            f->head.uidnext = n;
    }
}

/* NULL: there is none. One that can't be read is reported. */
static FILE *open_uids(struct folder *f)
{
    char path[8192];
    int64_t date;
    FILE *in;
    int fd;

    snprintf(path, sizeof path, "%s/dovecot-uidlist", f->dir);
    if (access(path, F_OK) != 0)
        return NULL;
    if (importer_open(path, &fd, &date) != ST_OK) {
        report_left_out(&f->im->t->report, f->mailbox, str_z(path), err_get()->text);
        return NULL;
    }
    in = fdopen(fd, "r");
    if (!in)
        close(fd);
    return in;
}

static void read_uids(struct folder *f)
{
    FILE *in = open_uids(f);
    char line[UIDLIST_LINE];
    size_t cap = 0;

    if (!in)
        return;
    if (fgets(line, sizeof line, in))
        read_head(f, str_trim(str_z(line)));
    while (f->n_known < MESSAGES_MAX && fgets(line, sizeof line, in)) {
        if (f->n_known == cap) {
            cap = cap ? 2 * cap : 1024;
            f->known = mem_resize(f->known, cap * sizeof *f->known);
        }
        if (uid_line(str_z(line), &f->known[f->n_known]))
            f->n_known++;
    }
    fclose(in);
    qsort(f->known, f->n_known, sizeof *f->known, by_hash);
}

static uint32_t uid_of(const struct folder *f, struct str base)
{
    struct known key = {.hash = hash_bytes(base)}, *found;

    found = f->n_known ? bsearch(&key, f->known, f->n_known, sizeof key, by_hash) : NULL;
    return found ? found->uid : 0;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

/* Where ":2," begins, or what other systems have instead of the colon; the name's end when there is none. */
static size_t flags_at(struct str name)
{
    for (size_t i = name.n; i-- > 2;)
        if (name.p[i] == ',' && name.p[i - 1] == '2' && strchr(":;!", name.p[i - 2]))
            return i - 2;
    return name.n;
}

static enum st list(struct folder *f, const char *part)
{
    char path[8192];
    struct dirent *e;
    DIR *d;
    int fd;

    snprintf(path, sizeof path, "%s/%s", f->dir, part);
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? ST_OK : FAIL_ERRNO(path);
    d = fdopendir(fd);
    if (!d) {
        close(fd);
        return FAIL_ERRNO(path);
    }
    while (f->n_files < MESSAGES_MAX && (e = readdir(d)) != NULL) {
        struct str name = str_z(e->d_name);

        if (e->d_name[0] == '.')
            continue;
        if (f->n_files == f->cap) {
            f->cap = f->cap ? f->cap * 3 / 2 : 1024;
            f->files = mem_resize(f->files, f->cap * sizeof *f->files);
        }
        f->files[f->n_files++] = (struct file){.name = arena_str(&f->names, name).p,
                                               .uid = uid_of(f, str_sub(name, 0, flags_at(name))),
                                               .is_new = part[0] == 'n'};
    }
    closedir(d);
    return ST_OK;
}

/* The seconds that a name begins with. */
static uint64_t arrival_of(const char *name)
{
    uint64_t t = 0;

    for (size_t i = 0; i < 18 && ascii_is_digit(name[i]); i++)
        t = t * 10 + (uint64_t)(name[i] - '0');
    return t;
}

static int by_order(const void *a, const void *b)
{
    const struct file *x = a, *y = b;
    uint64_t tx, ty;

    if (x->uid != y->uid)
        return (x->uid ? x->uid : UINT32_MAX) < (y->uid ? y->uid : UINT32_MAX) ? -1 : 1;
    tx = arrival_of(x->name);
    ty = arrival_of(y->name);
    return tx != ty ? (tx < ty ? -1 : 1) : strcmp(x->name, y->name);
}

static enum st put(struct folder *f, const struct file *file) SUSPENDS
{
    struct letter l = {.mailbox = f->mailbox, .uid = file->uid};
    struct str name = str_z(file->name);
    char path[8192];

    arena_reset(&f->letter);
    snprintf(path, sizeof path, "%s/%s/%s", f->dir, file->is_new ? "new" : "cur", file->name);
    if (importer_read(f->im, path, f->mailbox, &l.date_s) != ST_OK)
        return ST_OK; /* told */
    l.bytes = buf_str(&f->im->file);
    keyword_names_apply(&f->keywords, &f->letter, str_from(name, flags_at(name) + 3), &l);
    return importer_put(f->im, &l, str_z(path));
}

static enum st run(struct folder *f) SUSPENDS
{
    char path[8192];
    int64_t date;
    uint32_t from;

    read_uids(f);
    snprintf(path, sizeof path, "%s/dovecot-keywords", f->dir);
    if (access(path, R_OK) == 0 && importer_read(f->im, path, f->mailbox, &date) == ST_OK)
        keyword_names_parse(&f->names, buf_str(&f->im->file), &f->keywords);
    TRY(list(f, "cur"));
    TRY(list(f, "new"));
    mem_free(TAKE(f->known));
    f->head.name = f->mailbox;
    TRY(importer_origin(f->im, &f->head, &from));
    if (f->n_files == 0)
        return ST_OK;
    qsort(f->files, f->n_files, sizeof *f->files, by_order);
    for (size_t i = 0; i < f->n_files; i++)
        TRY(put(f, &f->files[i]));
    return ST_OK;
}

enum st read_maildir(struct importer *im, const char *dir, struct str mailbox)
{
    struct folder f = {.im = im, .dir = dir, .mailbox = mailbox};
    enum st st = run(&f);

    mem_free(f.known);
    mem_free(f.files);
    arena_fini(&f.names);
    arena_fini(&f.letter);
    return st;
}
