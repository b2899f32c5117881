#include "transfer/importer.h"

#include "base/limits.h"
#include "base/uidl_format.h"
#include "mime/date.h"
#include "transfer/source_imap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_LETTERS 200
#define BATCH_BYTES (4u << 20)

struct queued {
    size_t at, n; /* in `bytes` */
    uint32_t uid; /* 0: the next one */
    struct str where, flags, keywords, uidl;
    int64_t date_s;
};

/* --- a mailbox ----------------------------------------------------------------------------------------------- */

struct str importer_name(struct importer *im, struct arena *a, struct str name)
{
    if (name.n == 0)
        return im->base.n ? im->base : STR("INBOX");
    return im->base.n ? arena_printf(a, "%.*s/%.*s", STR_ARGS(im->base), STR_ARGS(name)) : name;
}

static enum st note_letter(void *arg, const struct letter *l)
{
    struct importer *im = arg;
    unsigned char hash[SEEN_HASH];

    seen_hash(l->bytes, hash);
    seen_add(&im->seen, hash);
    return ST_OK;
}

/* What is there: none of it is to be added again. */
static enum st look(struct importer *im) SUSPENDS
{
    const struct imap_folder f = {.name = im->mailbox, .wire = im->wire};
    struct client *c = &im->t->client;
    struct report silent;
    struct mailbox_head m;
    enum st st;

    TRY(imap_examine(c, &f, &m));
    im->head = m;
    report_init(&silent, true, "");
    silent.on_terminal = false;
    silent.is_silent = true;
    st = imap_fetch_all(c, &m, 1, &silent, note_letter, im);
    report_fini(&silent);
    TRY(st);
    return CLIENT_RUN(c, "CLOSE");
}

static enum st open_or_make(struct importer *im) SUSPENDS
{
    struct client *c = &im->t->client;
    enum st st;

    TRY(client_mailbox(&im->arena, im->mailbox, &im->wire));
    st = CLIENT_RUN(c, "STATUS %.*s (MESSAGES)", STR_ARGS(im->wire));
    if (st == ST_OK)
        return look(im);
    if (st != ST_NOTFOUND)
        return st;
    TRY(CLIENT_RUN(c, "CREATE %.*s", STR_ARGS(im->wire)));
    return CLIENT_RUN(c, "SUBSCRIBE %.*s", STR_ARGS(im->wire));
}

static enum st open_mailbox(struct importer *im, struct str name) SUSPENDS
{
    enum st st;

    TRY(importer_flush(im, true));
    arena_reset(&im->arena);
    im->uidvalidity = im->source_validity = 0;
    im->head = (struct mailbox_head){.uidnext = 1};
    seen_clear(&im->seen);
    im->mailbox = arena_str(&im->arena, name);
    st = open_or_make(im);
    im->is_refused = imap_is_refusal(st);
    if (im->is_refused)
        report_note(&im->t->report, im->mailbox, err_get()->text);
    else
        TRY(st);
    if (!im->is_refused)
        im->t->report.mailboxes++;
    return ST_OK;
}

enum st importer_origin(struct importer *im, const struct mailbox_head *source, uint32_t *out_from)
{
    bool is_open = im->mailbox.n && str_eq(im->mailbox, source->name), is_fresh, is_same;

    *out_from = 1;
    TRY(importer_make(im, source->name));
    im->source_validity = source->uidvalidity;
    is_fresh = im->head.messages == 0 && im->head.uidnext == 1;
    is_same = im->head.uidvalidity == source->uidvalidity;
    if (is_open || im->is_refused || !source->uidvalidity || !(is_fresh || is_same))
        return ST_OK;
    im->uidvalidity = source->uidvalidity;
    im->uidnext = source->uidnext;
    im->next_uid = im->head.uidnext;
    *out_from = im->head.uidnext;
    return ST_OK;
}

/* --- a batch -------------------------------------------------------------------------------------------------- */

static enum st send_one(struct importer *im, const struct queued *q, bool with_keywords, bool is_last) SUSPENDS
{
    struct client *c = &im->t->client;
    struct arena a = ARENA_INIT;
    struct str origin = STR_NONE, date = STR_NONE, keywords = with_keywords ? q->keywords : STR_NONE;
    enum st st;

    if (q->date_s)
        date = arena_printf(&a, "\"%.*s\" ", STR_ARGS(imap_datetime_print(&a, q->date_s * 1000000, 0)));
    if (q->uidl.n)
        origin = arena_printf(&a, " UIDL %.*s", STR_ARGS(q->uidl));
    if (im->uidvalidity)
        origin =
            arena_printf(&a, "%.*s UID %u %u %u", STR_ARGS(origin), q->uid, im->uidvalidity, is_last ? im->uidnext : 0);
    st = client_put(c, arena_printf(&a, "%.*s (%.*s%s%.*s) %.*s{%zu+}\r\n", STR_ARGS(origin), STR_ARGS(q->flags),
                                    q->flags.n && keywords.n ? " " : "", STR_ARGS(keywords), STR_ARGS(date), q->n));
    if (st == ST_OK)
        st = client_put(c, str_n(im->bytes.p + q->at, q->n));
    arena_fini(&a);
    return st;
}

/* All or none. */
static enum st send_some(struct importer *im, const struct queued *q, size_t n, bool with_keywords, bool is_last)
    SUSPENDS
{
    struct client *c = &im->t->client;
    struct report *r = &im->t->report;

    TRY(client_begin(c, STR("APPEND ")));
    TRY(client_put(c, im->wire));
    for (size_t i = 0; i < n; i++)
        TRY(send_one(im, &q[i], with_keywords, is_last && i + 1 == n));
    TRY(client_put(c, STR("\r\n")));
    TRY(client_finish(c));
    r->messages += n;
    for (size_t i = 0; i < n; i++)
        r->bytes += q[i].n;
    return ST_OK;
}

/* One of them can't be added: which, and why? */
static enum st send_each(struct importer *im, bool is_last) SUSPENDS
{
    for (size_t i = 0; i < im->n; i++) {
        const struct queued *q = &im->batch[i];
        enum st st = send_some(im, q, 1, true, is_last && i + 1 == im->n);

        if (imap_is_refusal(st) && st != ST_OVERQUOTA && q->keywords.n) {
            st = send_some(im, q, 1, false, is_last && i + 1 == im->n);
            if (st == ST_OK)
                report_left_out(&im->t->report, im->mailbox, q->where, "its keywords can't be kept");
        }
        if (!imap_is_refusal(st) || st == ST_OVERQUOTA)
            TRY(st);
        if (st != ST_OK)
            report_left_out(&im->t->report, im->mailbox, q->where, err_get()->text);
    }
    return ST_OK;
}

enum st importer_flush(struct importer *im, bool is_last)
{
    enum st st = ST_OK;

    if (im->n)
        st = send_some(im, im->batch, im->n, true, is_last);
    if (imap_is_refusal(st))
        st = send_each(im, is_last);
    im->n = 0;
    if (im->bytes.cap > 2 * BATCH_BYTES)
        buf_free_memory(&im->bytes);
    buf_clear(&im->bytes);
    arena_reset(&im->batch_arena);
    report_progress(&im->t->report, im->mailbox);
    return st;
}

static struct str flag_words(struct importer *im, uint32_t flags)
{
    static const char *const names[] = {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"};
    struct buf b;
    struct str out;

    buf_init(&b, 100);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (flags & (1u << i))
            buf_addf(&b, "%s%s", b.n ? " " : "", names[i]);
    out = arena_str(&im->batch_arena, buf_str(&b));
    buf_fini(&b);
    return out;
}

/* An atom, and no flag of the system's (RFC 3501 section 9, flag-keyword). */
static bool is_keyword(struct str k)
{
    for (size_t i = 0; i < k.n; i++)
        if (k.p[i] <= ' ' || k.p[i] == 0x7f || strchr("(){%*\"\\]", k.p[i]))
            return false;
    return k.n > 0 && k.n <= LIMIT_KEYWORD;
}

static struct str keyword_words(struct importer *im, const struct letter *l, struct str where)
{
    struct buf b;
    struct str out;

    buf_init(&b, LETTER_KEYWORDS_MAX * (LIMIT_KEYWORD + 1));
    for (size_t i = 0; i < l->n_keywords; i++) {
        if (is_keyword(l->keywords[i]))
            buf_addf(&b, "%s%.*s", b.n ? " " : "", STR_ARGS(l->keywords[i]));
        else
            report_left_out(&im->t->report, im->mailbox, where, "a keyword that IMAP can't write");
    }
    out = arena_str(&im->batch_arena, buf_str(&b));
    buf_fini(&b);
    return out;
}

static bool has_piece(struct str format, char what)
{
    for (size_t i = 0; i + 1 < format.n; i++)
        if (format.p[i] == '%') {
            i++;
            while (i < format.n && (ascii_is_digit(format.p[i]) || format.p[i] == 'X'))
                i++;
            if (i < format.n && format.p[i] == what)
                return true;
        }
    return false;
}

/* The one that the source has told, or as it makes them where all that goes into one is known. */
static struct str uidl_of(struct importer *im, const struct letter *l)
{
    const struct uidl_parts parts = {.uid = l->uid, .uidvalidity = im->source_validity, .file = l->file};
    struct str format = im->uidl_format, made = STR_NONE;
    struct buf b;

    if (l->uidl.n || !format.n)
        return uidl_is_valid(l->uidl) ? arena_str(&im->batch_arena, l->uidl) : STR_NONE;
    if ((!l->uid && has_piece(format, 'u')) || (!parts.uidvalidity && has_piece(format, 'v')) ||
        (!l->file.n && has_piece(format, 'f')))
        return STR_NONE;
    buf_init(&b, 1000);
    uidl_format_make(format, &parts, &b);
    if (!b.over && uidl_is_valid(buf_str(&b)))
        made = arena_str(&im->batch_arena, buf_str(&b));
    buf_fini(&b);
    return made;
}

/* One that the mailbox has passed already can't be kept; those without have one that was never given in the source either. */
static uint32_t uid_to_keep(struct importer *im, const struct letter *l)
{
    uint32_t uid = l->uid >= im->next_uid ? l->uid : MAX(im->next_uid, im->uidnext);

    im->next_uid = uid + 1;
    return uid;
}

enum st importer_put(struct importer *im, const struct letter *l, struct str where)
{
    size_t at;
    unsigned char hash[SEEN_HASH];

    if (!im->mailbox.n || !str_eq(im->mailbox, l->mailbox))
        TRY(open_mailbox(im, l->mailbox));
    if (im->is_refused) { /* told once */
        im->t->report.left_out++;
        return ST_OK;
    }
    if (im->n == BATCH_LETTERS ||
        im->bytes.n >= BATCH_BYTES) /* not behind the last one: it brings the mailbox's uidnext */
        TRY(importer_flush(im, false));
    at = im->bytes.n;
    letter_to_crlf(l->bytes, &im->bytes);
    if (im->bytes.over || im->bytes.n - at > LIMIT_MESSAGE || im->bytes.n == at) {
        report_left_out(&im->t->report, im->mailbox, where, im->bytes.n == at ? "it is empty" : "it is too large");
        im->bytes.n = at;
        im->bytes.over = false;
        return ST_OK;
    }
    seen_hash(str_n(im->bytes.p + at, im->bytes.n - at), hash);
    if (seen_take(&im->seen, hash)) {
        im->bytes.n = at;
        im->t->report.there++;
        report_progress(&im->t->report, im->mailbox);
        return ST_OK;
    }
    im->batch[im->n++] = (struct queued){.at = at,
                                         .n = im->bytes.n - at,
                                         .uid = uid_to_keep(im, l),
                                         .where = arena_str(&im->batch_arena, where),
                                         .uidl = uidl_of(im, l),
                                         .flags = flag_words(im, l->flags),
                                         .keywords = keyword_words(im, l, where),
                                         .date_s = l->date_s};
    return ST_OK;
}

enum st importer_make(struct importer *im, struct str mailbox)
{
    return im->mailbox.n && str_eq(im->mailbox, mailbox) ? ST_OK : open_mailbox(im, mailbox);
}

/* --- files ------------------------------------------------------------------------------------------------------ */

static enum st read_all(int fd, const char *path, struct buf *out)
{
    for (;;) {
        char *to = buf_space(out, MIN((size_t)65536, out->max - out->n + 1));
        ssize_t n;

        if (!to)
            return FAIL(ST_LIMIT, "it is too large");
        n = read(fd, to, MIN((size_t)65536, out->max - out->n));
        if (n < 0 && errno != EINTR)
            return FAIL_ERRNO(path);
        if (n == 0)
            return ST_OK;
        buf_added(out, n > 0 ? (size_t)n : 0);
    }
}

enum st importer_open(const char *path, int *out_fd, int64_t *out_date_s)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW);
    struct stat s;
    enum st st = ST_OK;

    if (fd < 0 && errno == ELOOP)
        return FAIL(ST_SYNTAX, "it is a symbolic link");
    if (fd < 0)
        return FAIL_ERRNO(path);
    if (fstat(fd, &s) != 0)
        st = FAIL_ERRNO(path);
    else if (!S_ISREG(s.st_mode))
        st = FAIL(ST_SYNTAX, "it is no file");
    if (st != ST_OK) {
        close(fd);
        return st;
    }
    *out_fd = fd;
    *out_date_s = s.st_mtim.tv_sec;
    return ST_OK;
}

enum st importer_read(struct importer *im, const char *path, struct str mailbox, int64_t *out_date_s)
{
    enum st st;
    int fd;

    buf_clear(&im->file);
    st = importer_open(path, &fd, out_date_s);
    if (st == ST_OK) {
        st = read_all(fd, path, &im->file);
        im->t->report.source_done += im->file.n;
        close(fd);
    }
    if (st != ST_OK) {
        report_left_out(&im->t->report, mailbox, str_z(path), err_get()->text);
        return ST_NOTFOUND;
    }
    return ST_OK;
}

/* --- the command ------------------------------------------------------------------------------------------------- */

static void fini(struct importer *im)
{
    struct err kept = *err_get();

    buf_fini(&im->file);
    buf_fini(&im->bytes);
    arena_fini(&im->arena);
    arena_fini(&im->batch_arena);
    seen_fini(&im->seen);
    mem_free(im->batch);
    *err_get() = kept;
}

/* From wherever it comes. */
static enum st import(struct transfer *t, struct str base, struct str uidl_format, importer_fill_fn *fill, void *arg)
    SUSPENDS
{
    struct importer im = {.t = t, .base = base, .uidl_format = uidl_format};
    enum st st;

    buf_init(&im.file, LIMIT_MESSAGE + 65536);
    buf_init(&im.bytes, 2 * (size_t)LIMIT_MESSAGE);
    im.batch = mem_new(BATCH_LETTERS * sizeof *im.batch);
    seen_init(&im.seen);
    st = fill(arg, &im);
    if (st == ST_OK)
        st = importer_flush(&im, true);
    fini(&im);
    return st;
}

static enum st fill_by_path(void *arg, struct importer *im) SUSPENDS
{
    struct transfer *t = arg;

    return read_imap_is_url(t->args->args[1]) ? read_imap(im, t->args->args[1])
                                              : read_path(im, arena_cstr(&t->arena, t->args->args[1]));
}

enum st transfer_import(struct transfer *t)
{
    struct str base = STR_NONE, format = STR_NONE;

    (void)admin_value(t->args, "mailbox", &base);
    if (admin_value(t->args, "pop3-uidl", &format)) {
        format = uidl_format_named(format);
        TRY(uidl_format_check(format, true));
    }
    return import(t, base, format, fill_by_path, t);
}

enum st transfer_fill(struct transfer *t)
{
    return import(t, STR_NONE, STR_NONE, t->source->fill, t->source->arg);
}
