/* A zip file of .eml files, such as export writes; a folder's list of keywords may stand anywhere in it, so it is read through
 * twice. */
#include "transfer/importer.h"

#include "base/limits.h"
#include "base/map.h"
#include "transfer/names.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <unistd.h>

#define LIST_MAX 65536

struct zip {
    struct importer *im;
    const char *path;
    struct arena arena, letter;
    struct map keywords; /* struct keyword_names by folder */
    struct archive *archive;
    int fd;
};

static enum st failed(struct zip *z)
{
    return FAIL(ST_CORRUPT, "%s: %s", z->path, archive_error_string(z->archive));
}

static enum st open_zip(struct zip *z)
{
    if (archive_read_support_format_zip(z->archive) == ARCHIVE_OK &&
        archive_read_open_fd(z->archive, z->fd, 65536) == ARCHIVE_OK)
        return ST_OK;
    return failed(z);
}

static void split(const char *path, struct str *out_dir, struct str *out_file)
{
    struct str s = str_z(path);
    size_t slash = str_rfind(s, '/');

    *out_dir = slash < s.n ? str_sub(s, 0, slash) : STR_NONE;
    *out_file = slash < s.n ? str_from(s, slash + 1) : s;
}

static enum st read_entry(struct zip *z, size_t max)
{
    struct buf *b = &z->im->file;

    buf_clear(b);
    for (;;) {
        char *to = buf_space(b, 65536);
        la_ssize_t n;

        if (!to || b->n > max)
            return FAIL(ST_LIMIT, "it is too large");
        n = archive_read_data(z->archive, to, 65536);
        if (n < 0)
            return FAIL(ST_CORRUPT, "%s", archive_error_string(z->archive));
        if (n == 0)
            return ST_OK;
        buf_added(b, (size_t)n);
    }
}

static enum st take_list(struct zip *z, struct str dir)
{
    struct keyword_names *k = ARENA_NEW(&z->arena, struct keyword_names);

    if (read_entry(z, LIST_MAX) != ST_OK)
        return ST_OK; /* it is told in the second pass, as a file that is no mail */
    keyword_names_parse(&z->arena, buf_str(&z->im->file), k);
    (void)map_str_put(&z->keywords, dir, k);
    return ST_OK;
}

static enum st take_letter(struct zip *z, struct archive_entry *e, struct str dir, struct str file) SUSPENDS
{
    static const struct keyword_names none;
    const struct keyword_names *k = map_str_get(&z->keywords, dir);
    struct letter l = {0};
    struct str where = arena_printf(&z->letter, "%.*s/%.*s", STR_ARGS(dir), STR_ARGS(file));

    if (name_from_path(&z->letter, dir, &l.mailbox) != ST_OK) {
        report_left_out(&z->im->t->report, STR_NONE, where, err_get()->text);
        return ST_OK;
    }
    l.mailbox = importer_name(z->im, &z->letter, l.mailbox);
    if (read_entry(z, LIMIT_MESSAGE) != ST_OK) {
        report_left_out(&z->im->t->report, l.mailbox, where, err_get()->text);
        return ST_OK;
    }
    l.bytes = buf_str(&z->im->file);
    eml_describe(file, k ? k : &none, &z->letter, archive_entry_mtime(e), &l);
    return importer_put(z->im, &l, where);
}

/* A folder, which may be empty. */
static enum st take_dir(struct zip *z, struct str dir) SUSPENDS
{
    struct str name;

    if (str_ends(dir, STR("/")))
        dir.n--;
    if (dir.n == 0 || name_from_path(&z->letter, dir, &name) != ST_OK)
        return ST_OK;
    return importer_make(z->im, importer_name(z->im, &z->letter, name));
}

static enum st pass(struct zip *z, bool lists) SUSPENDS
{
    struct archive_entry *e;
    enum st st = ST_OK;
    int got;

    while (st == ST_OK && (got = archive_read_next_header(z->archive, &e)) == ARCHIVE_OK) {
        struct str dir, file;
        const char *path = archive_entry_pathname(e);

        arena_reset(&z->letter);
        if (archive_entry_filetype(e) == AE_IFDIR && path && !lists)
            st = take_dir(z, str_z(path));
        if (archive_entry_filetype(e) != AE_IFREG || !path)
            continue;
        split(path, &dir, &file);
        if (lists && str_eq(file, STR("keywords")))
            st = take_list(z, dir);
        else if (!lists && str_iends(file, STR(".eml")))
            st = take_letter(z, e, dir, file);
        else if (!lists && !str_eq(file, STR("keywords")))
            z->im->t->report.ignored++;
    }
    if (st == ST_OK && got != ARCHIVE_EOF)
        st = failed(z);
    return st;
}

static enum st one_pass(struct zip *z, bool lists) SUSPENDS
{
    int64_t changed;
    enum st st;

    TRY(importer_open(z->path, &z->fd, &changed));
    z->archive = archive_read_new();
    st = open_zip(z);
    if (st == ST_OK)
        st = pass(z, lists);
    archive_read_free(z->archive);
    close(z->fd);
    return st;
}

enum st read_zip(struct importer *im, const char *path)
{
    struct zip z = {.im = im, .path = path};
    enum st st = one_pass(&z, true);

    if (st == ST_OK || st == ST_CORRUPT) /* what can be read of a damaged one is taken */
        st = one_pass(&z, false);
    if (st == ST_CORRUPT) {
        report_left_out(&im->t->report, STR_NONE, str_z(path), err_get()->text);
        st = ST_OK;
    }
    map_fini(&z.keywords);
    arena_fini(&z.arena);
    arena_fini(&z.letter);
    return st;
}
