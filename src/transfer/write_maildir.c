/* Maildir++: the account's INBOX is the directory itself, every other folder a ".Folder.Sub" in it. Keywords and uids in Dovecot's
 * files. Line ends are LF, as is usual there. */
#include "base/limits.h"
#include "transfer/names.h"
#include "transfer/writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define NAME_ROOM 256

struct maildir {
    struct writer w;
    struct arena arena; /* of the mailbox */
    const char *root;
    struct str dir;
    struct keyword_letters keywords;
    FILE *uids;
    struct buf text, name;
};

static enum st open_maildir(const char *path, struct writer **out)
{
    struct maildir *m;

    TRY(writer_new_dir(path));
    m = MEM_NEW(struct maildir);
    m->w.ops = &write_maildir;
    m->root = path;
    buf_init(&m->text, LIMIT_MESSAGE);
    buf_init(&m->name, NAME_ROOM);
    *out = &m->w;
    return ST_OK;
}

static enum st make_dirs(struct maildir *m, bool is_inbox)
{
    static const char *const parts[] = {"", "/cur", "/new", "/tmp"};
    struct str file;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        const char *path = arena_printf(&m->arena, "%.*s%s", STR_ARGS(m->dir), parts[i]).p;

        if (mkdir(path, 0700) != 0 && !(is_inbox && i == 0 && errno == EEXIST))
            return FAIL_ERRNO(path);
    }
    if (is_inbox)
        return ST_OK;
    file = arena_printf(&m->arena, "%.*s/maildirfolder", STR_ARGS(m->dir));
    return writer_file(file.p, STR_NONE, 0);
}

static enum st begin_mailbox(struct writer *w, const struct mailbox_head *head)
{
    struct maildir *m = CONTAINER_OF(w, struct maildir, w);
    bool is_inbox = str_eq(head->name, STR("INBOX"));
    struct str name = STR_NONE, path;

    arena_reset(&m->arena);
    if (!is_inbox)
        TRY(name_to_maildir(&m->arena, head->name, &name));
    if (!is_inbox && (name.n == 0 || str_eq(name, STR("."))))
        return FAIL(ST_SYNTAX, "a name that can't be one of a folder");
    m->dir = is_inbox ? str_z(m->root) : arena_printf(&m->arena, "%s/.%.*s", m->root, STR_ARGS(name));
    TRY(make_dirs(m, is_inbox));
    path = arena_printf(&m->arena, "%.*s/dovecot-uidlist", STR_ARGS(m->dir));
    m->uids = fopen(path.p, "wxe");
    if (!m->uids)
        return FAIL_ERRNO(path.p);
    fprintf(m->uids, "3 V%u N%u\n", head->uidvalidity, head->uidnext);
    keyword_letters_init(&m->keywords);
    return ST_OK;
}

static enum st put_letter(struct writer *w, const struct letter *l)
{
    struct maildir *m = CONTAINER_OF(w, struct maildir, w);
    struct arena a = ARENA_INIT;
    enum st st;

    buf_clear(&m->text);
    buf_clear(&m->name);
    letter_to_lf(l->bytes, &m->text);
    buf_addf(&m->name, "%lld.R%u.restante,S=%zu,W=%zu", (long long)MAX(l->date_s, (int64_t)0), l->uid, m->text.n,
             l->bytes.n);
    TRY(buf_check(&m->text));
    fprintf(m->uids, "%u :%.*s\n", l->uid, STR_ARGS(buf_str(&m->name)));
    buf_addz(&m->name, ":2,");
    letter_add_flags(l->flags, &m->name);
    keyword_letters_add(&m->keywords, l, &m->name);
    TRY(buf_check(&m->name));
    st = writer_file(arena_printf(&a, "%.*s/cur/%.*s", STR_ARGS(m->dir), STR_ARGS(buf_str(&m->name))).p,
                     buf_str(&m->text), l->date_s);
    arena_fini(&a);
    return st;
}

static enum st end_mailbox(struct writer *w)
{
    struct maildir *m = CONTAINER_OF(w, struct maildir, w);
    struct buf list;
    enum st st = ST_OK;

    buf_init(&list, 65536);
    keyword_letters_list(&m->keywords, &list);
    if (ferror(m->uids))
        st = FAIL_ERRNO("dovecot-uidlist");
    if (fclose(TAKE(m->uids)) != 0 && st == ST_OK)
        st = FAIL_ERRNO("dovecot-uidlist");
    if (st == ST_OK)
        st = buf_check(&list);
    if (st == ST_OK && list.n)
        st = writer_file(arena_printf(&m->arena, "%.*s/dovecot-keywords", STR_ARGS(m->dir)).p, buf_str(&list), 0);
    buf_fini(&list);
    if (m->keywords.too_many)
        report_note(w->report, str_from(m->dir, 0),
                    "Maildir has room for 26 keywords in a folder; others are left out");
    keyword_letters_fini(&m->keywords);
    return st;
}

static enum st close_maildir(struct writer *w)
{
    struct maildir *m = CONTAINER_OF(w, struct maildir, w);
    enum st st = writer_sync(m->root);

    if (m->uids)
        fclose(m->uids);
    arena_fini(&m->arena);
    buf_fini(&m->text);
    buf_fini(&m->name);
    mem_free(m);
    return st;
}

const struct writer_ops write_maildir = {.open = open_maildir,
                                         .mailbox = begin_mailbox,
                                         .letter = put_letter,
                                         .mailbox_end = end_mailbox,
                                         .close = close_maildir};
