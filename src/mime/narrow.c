/* Walks over the parts in the order in which they stand. Between them lie boundaries and what nobody reads, which are copied. */
#include "mime/narrow.h"

#include "base/codec.h"
#include "mime/header.h"
#include "mime/lex.h"
#include "mime/lines.h"
#include "mime/param.h"
#include "mime/scan.h"

#define LINE_MAX 76 /* RFC 2045 sections 6.7, 6.8 */
#define BASE64_LINE (LINE_MAX / 4 * 3)
#define TEXT_LINE_MAX 998 /* RFC 2045 sections 2.7, 2.8 */

/* --- the encodings ------------------------------------------------------------------------------------------------ */

void mime_encode_base64(struct str in, struct buf *out)
{
    for (size_t at = 0; at < in.n; at += BASE64_LINE) {
        if (at)
            buf_addz(out, "\r\n");
        base64_encode(out, str_sub(in, at, BASE64_LINE));
    }
}

static bool is_line_end(struct str in, size_t at)
{
    return at == in.n || (in.p[at] == '\r' && at + 1 < in.n && in.p[at + 1] == '\n');
}

/* How many characters the byte takes. A dash behind a soft break is written as a number, so that no line becomes a boundary that was none. */
static size_t qp_width(struct str in, size_t at, bool behind_soft)
{
    unsigned char c = (unsigned char)in.p[at];

    if (c == '-' && behind_soft)
        return 3;
    if (c == ' ' || c == '\t')
        return is_line_end(in, at + 1) ? 3 : 1;
    return c > 32 && c < 127 && c != '=' ? 1 : 3;
}

void mime_encode_qp(struct str in, struct buf *out)
{
    size_t column = 0;
    bool behind_soft = false;

    for (size_t at = 0; at < in.n; at++) {
        size_t width;

        if (is_line_end(in, at)) {
            buf_addz(out, "\r\n");
            at++;
            column = 0;
            behind_soft = false;
            continue;
        }
        width = qp_width(in, at, behind_soft);
        if (column + width > LINE_MAX - (is_line_end(in, at + 1) ? 0u : 1u)) { /* "=" has to fit behind it */
            buf_addz(out, "=\r\n");
            column = 0;
            behind_soft = true;
            width = qp_width(in, at, true);
        }
        if (width == 1)
            buf_addc(out, in.p[at]);
        else
            buf_addf(out, "=%02X", (unsigned)(unsigned char)in.p[at]);
        column += width;
        behind_soft = false;
    }
}

/* --- headers ------------------------------------------------------------------------------------------------------ */

struct narrowing {
    struct arena *a;
    struct str letter;
    const struct mime_record *rec;
    enum mime_width to;
    struct buf *out;
    size_t at; /* all before is written */
};

static bool has_field(struct str header, struct str name)
{
    struct mime_field f;

    return mime_header_find(header, name, &f) == ST_OK;
}

/* The word of Content-Transfer-Encoding; "7bit" where there is none. */
static struct str encoding_of(struct arena *a, struct str header)
{
    struct mime_field f;
    struct str s;
    size_t from, end;

    if (mime_header_find(header, STR("Content-Transfer-Encoding"), &f) != ST_OK)
        return STR("7bit");
    s = mime_unfold(a, f.value);
    from = end = mime_skip_cfws(s, 0);
    while (end < s.n && (ascii_is_alnum(s.p[end]) || s.p[end] == '-'))
        end++;
    return str_sub(s, from, end - from);
}

static bool is_plain(struct str encoding)
{
    return str_ieq(encoding, STR("7bit")) || str_ieq(encoding, STR("8bit")) || str_ieq(encoding, STR("binary"));
}

/* The header with another encoding. A letter that says nothing of MIME says it now, with the character set that its bytes look like (RFC 1428 section 3). */
static void put_header(struct narrowing *w, struct str header, bool is_letter, bool is_leaf, const char *encoding,
                       struct str body)
{
    struct mime_field f;
    size_t pos = 0;

    while (mime_header_next(header, &pos, &f))
        if (!str_ieq(f.name, STR("Content-Transfer-Encoding")))
            buf_add(w->out, f.raw);
    if (is_letter && !has_field(header, STR("MIME-Version")))
        buf_addz(w->out, "MIME-Version: 1.0\r\n");
    if (is_letter && is_leaf && !has_field(header, STR("Content-Type")))
        buf_addf(w->out, "Content-Type: text/plain; charset=%s\r\n", str_is_utf8(body) ? "utf-8" : "unknown-8bit");
    buf_addf(w->out, "Content-Transfer-Encoding: %s\r\n\r\n", encoding);
}

/* "text", "multipart/signed": what it says it is. */
static bool is_type(struct arena *a, struct str header, const char *type, const char *subtype)
{
    struct mime_content_type ct;
    struct mime_field f;

    return mime_header_find(header, STR("Content-Type"), &f) == ST_OK && mime_content_type_parse(a, f.value, &ct) &&
           str_ieq(ct.type, str_z(type)) && (!subtype || str_ieq(ct.subtype, str_z(subtype)));
}

/* --- parts -------------------------------------------------------------------------------------------------------- */

static enum st copy_to(struct narrowing *w, size_t end)
{
    struct str bytes = str_sub(w->letter, w->at, end > w->at ? end - w->at : 0);

    if (w->to == MIME_TO_7BIT && !str_is_ascii(bytes))
        return FAIL(ST_DENIED, "there are bytes of 8 bits where no encoding helps");
    buf_add(w->out, bytes);
    w->at = MAX(w->at, end);
    return ST_OK;
}

/* What a part's body is, beside what the server takes. */
struct fit {
    bool is_wide;            /* 8 bits, and only 7 are taken */
    bool has_bare, has_long; /* as in mime/lines.h */
    bool says_binary;        /* no server that does not take such letters may be told of it (RFC 3030 section 3) */
    struct str encoding;
};

static struct fit fit_of(const struct narrowing *w, struct str header, struct str body)
{
    struct mime_lines lines = mime_lines_of(body, TEXT_LINE_MAX);
    struct fit f = {.is_wide = w->to == MIME_TO_7BIT && !str_is_ascii(body),
                    .has_bare = lines.has_bare,
                    .has_long = lines.has_long,
                    .encoding = encoding_of(w->a, header)};

    f.says_binary = str_ieq(f.encoding, STR("binary"));
    return f;
}

static const char *width_of(struct str body)
{
    return str_is_ascii(body) ? "7bit" : "8bit";
}

/* What can't be encoded. Of long lines alone nobody dies. */
static enum st hopeless(struct narrowing *w, const struct mime_part *p, const struct fit *f, const char *why)
{
    if (f->is_wide || f->has_bare)
        return FAIL(ST_DENIED, "%s", why);
    return copy_to(w, p->body_start);
}

static enum st leaf(struct narrowing *w, const struct mime_part *p, bool is_letter, const struct fit *f,
                    struct str header, struct str body)
{
    bool is_text = p->flags & MIME_PART_TEXT;

    if (!f->is_wide && !f->has_bare && !f->has_long) {
        put_header(w, header, is_letter, true, width_of(body), body);
        buf_add(w->out, body);
        w->at = p->body_end;
        return ST_OK;
    }
    if (is_type(w->a, header, "multipart", NULL) || is_type(w->a, header, "message", NULL))
        return hopeless(w, p, f, "a part that holds others can't be encoded");
    put_header(w, header, is_letter, true, is_text ? "quoted-printable" : "base64", body);
    if (is_text)
        mime_encode_qp(body, w->out);
    else
        mime_encode_base64(body, w->out);
    w->at = p->body_end;
    return ST_OK;
}

static enum st container(struct narrowing *w, const struct mime_part *p, bool is_letter, const struct fit *f,
                         struct str header, struct str body)
{
    if (is_type(w->a, header, "multipart", "signed") || is_type(w->a, header, "multipart", "encrypted"))
        return FAIL(ST_DENIED, "it is signed or encrypted");
    if (!f->is_wide && !f->says_binary && str_ends(header, STR("\r\n\r\n")))
        return copy_to(w, p->body_start); /* what it says of itself holds still */
    put_header(w, header, is_letter, false, w->to == MIME_TO_7BIT ? "7bit" : width_of(body), STR(""));
    w->at = p->body_start;
    return ST_OK;
}

static enum st check_top(struct str header)
{
    static const struct str seals[] = {STR("DKIM-Signature"), STR("ARC-Seal"), STR("ARC-Message-Signature"),
                                       STR("DomainKey-Signature")};

    for (size_t i = 0; i < ARRAY_LEN(seals); i++)
        if (has_field(header, seals[i]))
            return FAIL(ST_DENIED, "it is signed by somebody: %.*s", STR_ARGS(seals[i]));
    return ST_OK;
}

static enum st one_part(struct narrowing *w, size_t i)
{
    struct mime_part p = mime_record_part(w->rec, i);
    struct str header = str_sub(w->letter, p.header_start, p.body_start - p.header_start),
               body = str_sub(w->letter, p.body_start, p.body_end - p.body_start);
    bool is_letter = !i || (mime_record_part(w->rec, p.parent).flags & MIME_PART_MESSAGE);
    struct fit f = fit_of(w, header, body);

    TRY(copy_to(w, p.header_start));
    if ((!f.is_wide && !f.has_bare && !f.has_long && !f.says_binary) ||
        (w->to == MIME_TO_7BIT && !str_is_ascii(header)))
        return copy_to(w, p.body_start); /* which refuses a header that is not */
    if (!is_plain(f.encoding))
        return hopeless(w, &p, &f, "bytes of 8 bits, or bare line ends, in what says that it is encoded");
    TRY(check_top(str_sub(w->letter, 0, w->rec->header_size)));
    if (p.flags & (MIME_PART_MULTIPART | MIME_PART_MESSAGE))
        return container(w, &p, is_letter, &f, header, body);
    return leaf(w, &p, is_letter, &f, header, body);
}

static enum st all_parts(struct narrowing *w)
{
    for (size_t i = 0; i < w->rec->n_parts; i++)
        TRY(one_part(w, i));
    TRY(copy_to(w, w->letter.n));
    TRY(buf_check(w->out));
    if (mime_lines_of(buf_str(w->out), TEXT_LINE_MAX).has_bare)
        return FAIL(ST_DENIED, "there are bare line ends or a NUL where no encoding helps");
    return ST_OK;
}

enum st mime_narrow(struct str letter, enum mime_width to, struct buf *out)
{
    struct arena a = ARENA_INIT;
    struct mime_record rec;
    struct narrowing w = {.a = &a, .letter = letter, .rec = &rec, .to = to, .out = out};
    struct buf record;
    enum st st;

    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(letter, &record);
    st = mime_record_open(buf_str(&record), &rec);
    if (st == ST_OK)
        st = all_parts(&w);
    buf_fini(&record);
    arena_fini(&a);
    return st;
}
