/* An mbox file: letters behind lines "From sender date", lines of theirs that look like one quoted with ">". Flags are read from
 * Status, X-Status and X-Keywords; where those are the first three fields they were put there by export, and are taken away
 * again. Nothing of the file is held but the letter being read. */
#include "transfer/importer.h"

#include "base/limits.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define PIECE 65536

struct lines {
    int fd;
    char p[PIECE];
    size_t at, n;
    bool failed;
    uint64_t *done; /* bytes, for the report */
};

/* A line with its LF, or as much of a long one as there is room for. False: the end. */
static bool next_piece(struct lines *in, struct str *out)
{
    for (;;) {
        struct str have = str_n(in->p + in->at, in->n - in->at);
        size_t lf = str_find(have, '\n');
        ssize_t got = 0;

        if (lf == have.n && have.n < PIECE) {
            memmove(in->p, have.p, have.n);
            in->at = 0;
            in->n = have.n;
            got = read(in->fd, in->p + in->n, PIECE - in->n);
            if (got < 0 && errno == EINTR)
                continue;
            in->failed = in->failed || got < 0;
            if (got > 0) {
                in->n += (size_t)got;
                *in->done += (uint64_t)got;
                continue;
            }
            have.p = in->p;
        }
        if (have.n == 0)
            return false;
        *out = str_sub(have, 0, lf + 1);
        in->at += out->n;
        return true;
    }
}

/* "From ann@example.org Tue Apr 29 09:12:46 2008": the date makes it a separator. */
static bool is_from_line(struct str line, int64_t *out_date_s)
{
    char text[256];

    if (!str_starts(line, STR("From ")) || line.n >= sizeof text)
        return false;
    memcpy(text, line.p, line.n);
    text[line.n] = 0;
    for (const char *p = strchr(text, ' '); p; p = strchr(p + 1, ' ')) {
        struct tm at = {0};

        if (!strptime(p, " %a %b %d %H:%M:%S %Y", &at)) {
            at = (struct tm){0};
            if (!strptime(p, " %a %b %d %H:%M %Y", &at))
                continue;
        }
        if (at.tm_year < 70)
            continue;
        *out_date_s = timegm(&at);
        return true;
    }
    return false;
}

struct mbox {
    struct importer *im;
    const char *path;
    struct str mailbox;
    struct arena arena; /* of a letter */
    struct lines in;
    unsigned count;
    int64_t date_s;
    bool in_letter, too_large;
};

static void take_status(struct str s, struct letter *l, bool extended)
{
    for (size_t i = 0; i < s.n; i++) {
        l->flags |= !extended && s.p[i] == 'R' ? LETTER_SEEN : 0u;
        l->flags |= extended && s.p[i] == 'A' ? LETTER_ANSWERED : 0u;
        l->flags |= extended && s.p[i] == 'F' ? LETTER_FLAGGED : 0u;
        l->flags |= extended && s.p[i] == 'D' ? LETTER_DELETED : 0u;
        l->flags |= extended && s.p[i] == 'T' ? LETTER_DRAFT : 0u;
    }
}

static void take_keywords(struct mbox *m, struct str list, struct letter *l)
{
    struct str *names = ARENA_ARRAY(&m->arena, struct str, LETTER_KEYWORDS_MAX), word;

    while (str_split(&list, ' ', &word)) {
        size_t n = word.n;

        while (n && word.p[n - 1] == ',') /* some write commas */
            n--;
        if (n && l->n_keywords < LETTER_KEYWORDS_MAX)
            names[l->n_keywords++] = str_sub(word, 0, n);
    }
    l->keywords = names;
}

/* Takes what export put in front. */
static void strip(struct letter *l)
{
    static const char *const names[] = {"Status: ", "X-Status: ", "X-Keywords:"};
    struct str rest = l->bytes, line;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!str_split(&rest, '\n', &line) || !str_starts(line, str_z(names[i])))
            return;
    l->bytes = rest;
}

/* The blank line before the next separator is none of the letter's. */
static struct str without_last_blank(struct str s)
{
    if (str_ends(s, STR("\n\n")) || str_ends(s, STR("\n\r\n")))
        s.n -= s.p[s.n - 2] == '\r' ? 2 : 1;
    return s;
}

static enum st end_letter(struct mbox *m) SUSPENDS
{
    struct letter l = {.mailbox = m->mailbox, .date_s = m->date_s};
    char where[4200];

    if (!m->in_letter)
        return ST_OK;
    snprintf(where, sizeof where, "%s, letter %u", m->path, ++m->count);
    if (m->too_large) {
        report_left_out(&m->im->t->report, m->mailbox, str_z(where), "it is too large");
        return ST_OK;
    }
    arena_reset(&m->arena);
    l.bytes = without_last_blank(buf_str(&m->im->file));
    take_status(letter_field(l.bytes, STR("Status")), &l, false);
    take_status(letter_field(l.bytes, STR("X-Status")), &l, true);
    take_keywords(m, letter_field(l.bytes, STR("X-Keywords")), &l);
    strip(&l);
    return importer_put(m->im, &l, str_z(where));
}

static bool is_quoted(struct str line)
{
    struct str s = line;

    while (s.n && s.p[0] == '>')
        s = str_from(s, 1);
    return s.n < line.n && str_starts(s, STR("From "));
}

static enum st run(struct mbox *m) SUSPENDS
{
    bool at_line = true, behind_blank = true;
    struct str piece;

    while (next_piece(&m->in, &piece)) {
        int64_t date_s;

        if (at_line && behind_blank && is_from_line(piece, &date_s)) {
            TRY(end_letter(m));
            buf_clear(&m->im->file);
            m->in_letter = true;
            m->too_large = false;
            m->date_s = date_s;
            behind_blank = false;
            continue;
        }
        behind_blank = at_line && str_trim(piece).n == 0;
        if (at_line && is_quoted(piece))
            piece = str_from(piece, 1);
        at_line = piece.n && piece.p[piece.n - 1] == '\n';
        buf_add(&m->im->file, piece);
        m->too_large = m->too_large || m->im->file.over;
    }
    TRY(end_letter(m));
    if (!m->in.failed && !m->in_letter && m->im->file.n == 0)
        return importer_make(m->im, m->mailbox);
    if (m->in.failed || !m->in_letter)
        report_left_out(&m->im->t->report, m->mailbox, str_z(m->path),
                        m->in.failed ? "it can't be read to its end" : "it is no mbox file");
    return ST_OK;
}

enum st read_mbox(struct importer *im, const char *path, struct str mailbox)
{
    struct mbox *m = MEM_NEW(struct mbox);
    enum st st = ST_OK;
    int64_t changed;

    m->im = im;
    m->in.done = &im->t->report.source_done;
    m->path = path;
    m->mailbox = mailbox;
    buf_clear(&im->file);
    if (importer_open(path, &m->in.fd, &changed) != ST_OK) {
        report_left_out(&im->t->report, mailbox, str_z(path), err_get()->text);
    } else {
        st = run(m);
        close(m->in.fd);
    }
    arena_fini(&m->arena);
    mem_free(m);
    return st;
}
