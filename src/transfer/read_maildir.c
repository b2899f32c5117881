/* One Maildir: cur and new, with what Dovecot or Courier keep beside them: uids, keywords, unique ids of POP3. Letters come in the order of their uids, those without by
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
    const char *uidl; /* NULL: not known */
};

struct file {
    const char *name, *uidl;
    uint32_t uid;
    bool is_new;
};

struct folder {
    struct importer *im;
    const char *dir;
    struct str mailbox;
    struct arena names, letter;
    struct known *known, *ids; /* ids: what Courier's POP3 says */
    struct file *files;
    size_t n_known, n_ids, n_files, cap;
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
static bool uid_line(struct folder *f, struct str line, struct known *out)
{
    size_t blank = str_find(line, ' '), colon = str_search(line, STR(" :"));
    struct str name = colon < line.n ? str_from(line, colon + 2) : str_from(line, blank + 1);
    struct str fields = colon < line.n ? str_sub(line, blank, colon - blank) : STR_NONE, field;

    name = str_trim(name);
    if (str_u32(str_sub(line, 0, blank), UINT32_MAX, &out->uid) != ST_OK || name.n == 0)
        return false;
    out->hash = hash_bytes(str_sub(name, 0, str_find(name, ':')));
    out->uidl = NULL;
    while (str_split(&fields, ' ', &field))
        if (field.n > 1 && field.p[0] == 'P') /* the unique id of POP3 that was kept from elsewhere */
            out->uidl = arena_cstr(&f->names, str_from(field, 1));
    return true;
}

/* "3 V1219237010 N42 G...": the uidvalidity and the next uid; the first version, and Courier's courierimapuiddb: "1 1219237010 42". */
static void read_head(struct folder *f, struct str line)
{
    struct mailbox_head first = {0};
    struct str word, next = STR_NONE;

    if (!str_split(&line, ' ', &word))
        return;
    if (str_eq(word, STR("1")) && str_split(&line, ' ', &word) && str_split(&line, ' ', &next) &&
        str_u32(word, UINT32_MAX, &first.uidvalidity) == ST_OK && str_u32(next, UINT32_MAX, &first.uidnext) == ST_OK)
        f->head = first;
    if (!str_eq(word, STR("3")) || f->head.uidvalidity)
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
static FILE *open_list(struct folder *f, const char *name)
{
    char path[8192];
    int64_t date;
    FILE *in;
    int fd;

    snprintf(path, sizeof path, "%s/%s", f->dir, name);
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
    FILE *in = open_list(f, "dovecot-uidlist");
    char line[UIDLIST_LINE];
    size_t cap = 0;

    if (!in)
        in = open_list(f, "courierimapuiddb");
    if (!in)
        return;
    if (fgets(line, sizeof line, in))
        read_head(f, str_trim(str_z(line)));
    while (f->n_known < MESSAGES_MAX && fgets(line, sizeof line, in)) {
        if (f->n_known == cap) {
            cap = cap ? 2 * cap : 1024;
            f->known = mem_resize(f->known, cap * sizeof *f->known);
        }
        if (uid_line(f, str_z(line), &f->known[f->n_known]))
            f->n_known++;
    }
    fclose(in);
    qsort(f->known, f->n_known, sizeof *f->known, by_hash);
}

/* courierpop3dsizelist: "/3 next uidvalidity", then "1257243400.M1.host 812 17:1219237010:0" for each: size, the id's two numbers, and whether it is
 * UTF-8 in the newest version. The id is "UID17-1219237010", in the oldest version without the second number. */
static bool courier_line(struct folder *f, struct str line, struct known *out)
{
    size_t end = str_rfind(line, ' '), size = str_rfind(str_sub(line, 0, end), ' ');
    struct str name = str_sub(line, 0, size), ids = str_from(line, end + 1), word;
    uint32_t uid, validity = 0;

    if (end >= line.n || size >= end || !str_split(&ids, ':', &word) || str_u32(word, UINT32_MAX, &uid) != ST_OK ||
        !uid)
        return false;
    if (str_split(&ids, ':', &word) && str_u32(word, UINT32_MAX, &validity) != ST_OK)
        return false;
    out->hash = hash_bytes(str_sub(name, 0, str_find(name, ':')));
    out->uidl =
        validity ? arena_printf(&f->names, "UID%u-%u", uid, validity).p : arena_printf(&f->names, "UID%u", uid).p;
    return true;
}

static void read_courier(struct folder *f)
{
    FILE *in = open_list(f, "courierpop3dsizelist");
    char line[UIDLIST_LINE];
    size_t cap = 0;

    if (!in)
        return;
    if (fgets(line, sizeof line, in) && line[0] != '/')
        rewind(in);
    while (f->n_ids < MESSAGES_MAX && fgets(line, sizeof line, in)) {
        if (f->n_ids == cap) {
            cap = cap ? 2 * cap : 1024;
            f->ids = mem_resize(f->ids, cap * sizeof *f->ids);
        }
        if (courier_line(f, str_trim(str_z(line)), &f->ids[f->n_ids]))
            f->n_ids++;
    }
    fclose(in);
    qsort(f->ids, f->n_ids, sizeof *f->ids, by_hash);
}

static const struct known *find(const struct known *list, size_t n, struct str base)
{
    const struct known key = {.hash = hash_bytes(base)};

    return n ? bsearch(&key, list, n, sizeof key, by_hash) : NULL;
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
        struct str name = str_z(e->d_name), base = str_sub(name, 0, flags_at(name));
        const struct known *known = find(f->known, f->n_known, base), *id = find(f->ids, f->n_ids, base);

        if (e->d_name[0] == '.')
            continue;
        if (f->n_files == f->cap) {
            f->cap = f->cap ? f->cap * 3 / 2 : 1024;
            f->files = mem_resize(f->files, f->cap * sizeof *f->files);
        }
        f->files[f->n_files++] = (struct file){.name = arena_str(&f->names, name).p,
                                               .uid = known ? known->uid : 0,
                                               .uidl = id ? id->uidl : (known ? known->uidl : NULL),
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
    struct str name = str_z(file->name);
    struct letter l = {
        .mailbox = f->mailbox, .uid = file->uid, .uidl = str_z(file->uidl), .file = str_sub(name, 0, flags_at(name))};
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
    read_courier(f);
    snprintf(path, sizeof path, "%s/dovecot-keywords", f->dir);
    if (access(path, R_OK) == 0 && importer_read(f->im, path, f->mailbox, &date) == ST_OK)
        keyword_names_parse(&f->names, buf_str(&f->im->file), &f->keywords);
    TRY(list(f, "cur"));
    TRY(list(f, "new"));
    mem_free(TAKE(f->known));
    mem_free(TAKE(f->ids));
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
    mem_free(f.ids);
    mem_free(f.files);
    arena_fini(&f.names);
    arena_fini(&f.letter);
    return st;
}
