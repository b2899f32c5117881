/* mbox files, one a folder, a directory a level: quoting as mboxrd (a line that begins with "From " behind any number of ">" gets
 * one more). Flags stand in front of each letter's own header in three fields that are always there, so that import can
 * take away exactly what was added: Status, X-Status, X-Keywords. */
#include "base/limits.h"
#include "transfer/names.h"
#include "transfer/writer.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

struct mbox {
    struct writer w;
    struct arena arena; /* of the mailbox */
    const char *root;
    FILE *file;
    struct buf text;
};

static enum st open_mbox(const char *path, struct writer **out)
{
    struct mbox *m;

    TRY(writer_new_dir(path));
    m = MEM_NEW(struct mbox);
    m->w.ops = &write_mbox;
    m->root = path;
    buf_init(&m->text, LIMIT_MESSAGE);
    *out = &m->w;
    return ST_OK;
}

/* The directories above it. */
static enum st make_parents(char *path, size_t root)
{
    for (char *p = path + root + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = 0;
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return FAIL_ERRNO(path);
        *p = '/';
    }
    return ST_OK;
}

static enum st begin_mailbox(struct writer *w, const struct mailbox_head *head)
{
    struct mbox *m = CONTAINER_OF(w, struct mbox, w);
    struct str name;
    char *path;

    arena_reset(&m->arena);
    TRY(name_to_path(&m->arena, head->name, &name));
    path = arena_cstr(&m->arena, arena_printf(&m->arena, "%s/%.*s.mbox", m->root, STR_ARGS(name)));
    TRY(make_parents(path, strlen(m->root)));
    m->file = fopen(path, "wxe");
    return m->file ? ST_OK : FAIL_ERRNO(path);
}

static void put_head(struct mbox *m, const struct letter *l)
{
    time_t when = (time_t)MAX(l->date_s, (int64_t)0);
    char date[32];
    struct tm tm;

    gmtime_r(&when, &tm);
    strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", &tm);
    fprintf(m->file, "From MAILER-DAEMON %s\nStatus: %sO\nX-Status: %s%s%s%s\nX-Keywords:", date,
            l->flags & LETTER_SEEN ? "R" : "", l->flags & LETTER_ANSWERED ? "A" : "",
            l->flags & LETTER_FLAGGED ? "F" : "", l->flags & LETTER_DRAFT ? "T" : "",
            l->flags & LETTER_DELETED ? "D" : "");
    for (size_t i = 0; i < l->n_keywords; i++)
        fprintf(m->file, " %.*s", STR_ARGS(l->keywords[i]));
    putc('\n', m->file);
}

static bool wants_quoting(struct str line)
{
    while (line.n && line.p[0] == '>')
        line = str_from(line, 1);
    return str_starts(line, STR("From "));
}

static enum st put_letter(struct writer *w, const struct letter *l)
{
    struct mbox *m = CONTAINER_OF(w, struct mbox, w);
    struct str rest, line;

    buf_clear(&m->text);
    letter_to_lf(l->bytes, &m->text);
    TRY(buf_check(&m->text));
    put_head(m, l);
    for (rest = buf_str(&m->text); rest.n; rest = str_from(rest, line.n)) {
        line = str_sub(rest, 0, str_find(rest, '\n') + 1);
        if (wants_quoting(line))
            putc('>', m->file);
        fwrite(line.p, 1, line.n, m->file);
    }
    fputs(m->text.n && m->text.p[m->text.n - 1] == '\n' ? "\n" : "\n\n", m->file);
    return ferror(m->file) ? FAIL_ERRNO("the mbox file") : ST_OK;
}

static enum st end_mailbox(struct writer *w)
{
    struct mbox *m = CONTAINER_OF(w, struct mbox, w);

    return fclose(TAKE(m->file)) == 0 ? ST_OK : FAIL_ERRNO("the mbox file");
}

static enum st close_mbox(struct writer *w)
{
    struct mbox *m = CONTAINER_OF(w, struct mbox, w);
    enum st st = writer_sync(m->root);

    if (m->file)
        fclose(m->file);
    arena_fini(&m->arena);
    buf_fini(&m->text);
    mem_free(m);
    return st;
}

const struct writer_ops write_mbox = {
    .open = open_mbox, .mailbox = begin_mailbox, .letter = put_letter, .mailbox_end = end_mailbox, .close = close_mbox};
