/* A zip file (libarchive) of .eml files, byte for byte as they are: "Folder/0000000042,RSa.eml", in which 42 is the uid, R and S are
 * flags as in Maildir, a is a keyword by its place in the folder's "keywords" file, and the file's date is the letter's. */
#include "transfer/names.h"
#include "transfer/writer.h"

#include <archive.h>
#include <archive_entry.h>

struct zip {
    struct writer w;
    struct arena arena; /* of the mailbox */
    const char *path;
    struct archive *archive;
    struct str dir;
    struct keyword_letters keywords;
    struct buf name;
};

static enum st failed(struct zip *z)
{
    return FAIL(ST_IO, "%s: %s", z->path, archive_error_string(z->archive));
}

static enum st open_zip(const char *path, struct writer **out)
{
    struct zip *z;

    TRY(writer_file(path, STR_NONE, 0)); /* it must be new */
    z = MEM_NEW(struct zip);
    z->w.ops = &write_zip;
    z->path = path;
    buf_init(&z->name, 8192);
    z->archive = archive_write_new();
    if (archive_write_set_format_zip(z->archive) == ARCHIVE_OK &&
        archive_write_set_format_option(z->archive, "zip", "hdrcharset", "UTF-8") == ARCHIVE_OK &&
        archive_write_open_filename(z->archive, path) == ARCHIVE_OK) {
        *out = &z->w;
        return ST_OK;
    }
    enum st st = failed(z);

    archive_write_free(z->archive);
    mem_free(z);
    return st;
}

static enum st put_dir(struct zip *z)
{
    struct archive_entry *e = archive_entry_new();
    enum st st = ST_OK;

    archive_entry_set_pathname_utf8(e, arena_printf(&z->arena, "%.*s/", STR_ARGS(z->dir)).p);
    archive_entry_set_filetype(e, AE_IFDIR);
    archive_entry_set_perm(e, 0700);
    archive_entry_set_mtime(e, (time_t)clock_wall_s(), 0);
    if (archive_write_header(z->archive, e) != ARCHIVE_OK)
        st = failed(z);
    archive_entry_free(e);
    return st;
}

static enum st put_file(struct zip *z, const char *name, struct str bytes, int64_t date_s)
{
    struct archive_entry *e = archive_entry_new();
    enum st st = ST_OK;

    archive_entry_set_pathname_utf8(e, name);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0600);
    archive_entry_set_size(e, (int64_t)bytes.n);
    archive_entry_set_mtime(e, (time_t)date_s, 0);
    if (archive_write_header(z->archive, e) != ARCHIVE_OK ||
        archive_write_data(z->archive, bytes.p, bytes.n) != (la_ssize_t)bytes.n ||
        archive_write_finish_entry(z->archive) != ARCHIVE_OK)
        st = failed(z);
    archive_entry_free(e);
    return st;
}

static enum st begin_mailbox(struct writer *w, const struct mailbox_head *head)
{
    struct zip *z = CONTAINER_OF(w, struct zip, w);

    arena_reset(&z->arena);
    TRY(name_to_path(&z->arena, head->name, &z->dir));
    keyword_letters_init(&z->keywords);
    return put_dir(z);
}

static enum st put_letter(struct writer *w, const struct letter *l)
{
    struct zip *z = CONTAINER_OF(w, struct zip, w);

    buf_clear(&z->name);
    buf_addf(&z->name, "%.*s/%010u,", STR_ARGS(z->dir), l->uid);
    letter_add_flags(l->flags, &z->name);
    keyword_letters_add(&z->keywords, l, &z->name);
    buf_addz(&z->name, ".eml");
    buf_addc(&z->name, 0);
    TRY(buf_check(&z->name));
    return put_file(z, z->name.p, l->bytes, l->date_s);
}

/* Behind the folder's letters: which keywords there are is known by then. */
static enum st end_mailbox(struct writer *w)
{
    struct zip *z = CONTAINER_OF(w, struct zip, w);
    struct buf list;
    enum st st = ST_OK;

    buf_init(&list, 65536);
    keyword_letters_list(&z->keywords, &list);
    if (list.n)
        st = put_file(z, arena_printf(&z->arena, "%.*s/keywords", STR_ARGS(z->dir)).p, buf_str(&list), 0);
    buf_fini(&list);
    if (z->keywords.too_many)
        report_note(w->report, z->dir, "the zip file has room for 26 keywords in a folder; others are left out");
    keyword_letters_fini(&z->keywords);
    return st;
}

static enum st close_zip(struct writer *w)
{
    struct zip *z = CONTAINER_OF(w, struct zip, w);
    enum st st = archive_write_close(z->archive) == ARCHIVE_OK ? ST_OK : failed(z);

    archive_write_free(z->archive);
    if (st == ST_OK)
        st = writer_sync(z->path);
    arena_fini(&z->arena);
    buf_fini(&z->name);
    mem_free(z);
    return st;
}

const struct writer_ops write_zip = {
    .open = open_zip, .mailbox = begin_mailbox, .letter = put_letter, .mailbox_end = end_mailbox, .close = close_zip};
