/* Search. The record says where headers and bodies stand, so a letter is walked as a row of spans
 * in the order of their offsets; what is not text is passed over. A body goes in pieces through
 * transfer decoding, conversion to UTF-8 and folding into a window, which keeps so much of the piece
 * before that a match across the border is found. What stands before the first and behind the last
 * boundary of a multipart belongs to the body too (RFC 2046 5.1.1: preamble and epilogue); the
 * boundary lines themselves are passed over, they are nobody's text. */
#include "mime/text_search.h"
#include "base/must.h"
#include "mime/casefold.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/encword.h"
#include "mime/envelope.h"
#include "mime/header.h"
#include "mime/param.h"

#define PIECE 8192 /* of a body's bytes at a time */
#define GROWTH 64  /* the most that a byte may grow by in conversion and folding */

enum where {
    IN_HEADER,
    IN_BODY,     /* of a text; of a multipart, its preamble */
    IN_BOUNDARY, /* the closing one: a line, and the line end before it */
    IN_EPILOGUE
};

struct mime_search {
    const struct mime_record *r;
    const struct mime_needle *needle;
    bool with_headers, found;
    uint64_t at; /* offset of the next byte in the letter */
    size_t part; /* that is being read; n_parts: no more */
    enum where where;
    size_t closing;        /* the multipart whose epilogue is read */
    uint64_t closing_from; /* where its last part ended */
    bool is_open;          /* a body's converters are */
    bool line_begun;       /* of the boundary before an epilogue */
    struct buf header;     /* of the part */
    struct buf held;       /* of a preamble, whose last line is the boundary */
    struct mime_decoder decoder;
    struct charset_conv conv;
    struct buf raw, utf8, window;
    struct buf line; /* a header field, folded */
    struct arena tmp;
};

void mime_needle_init(struct mime_needle *n, struct arena *a, struct str utf8)
{
    struct buf b;

    buf_init(&b, utf8.n * GROWTH + 64);
    mime_casefold(utf8, &b);
    n->folded = arena_str(a, buf_str(&b));
    buf_fini(&b);
}

bool mime_search_utf8(const struct mime_needle *n, struct str text)
{
    struct buf b;
    bool found;

    if (n->folded.n == 0)
        return true;
    buf_init(&b, text.n * GROWTH + 64);
    mime_casefold(text, &b);
    found = str_search(buf_str(&b), n->folded) < b.n;
    buf_fini(&b);
    return found;
}

bool mime_search_header(const struct mime_needle *n, struct str header, struct str field)
{
    struct arena a = ARENA_INIT;
    struct mime_field f;
    bool found = false;

    for (size_t pos = 0; !found && mime_header_next(header, &pos, &f);)
        found = str_ieq(f.name, field) && mime_search_utf8(n, mime_unfold_decoded(&a, f.value));
    arena_fini(&a);
    return found;
}

/* How many fields may have that name: equal hashes do not prove equal names, different ones do prove different names. */
static size_t fields_like(const struct mime_record *r, struct str name)
{
    struct mime_field_pos pos = {0};
    uint16_t hash = mime_name_hash(name);
    size_t n = 0;

    while (mime_record_field(r, &pos))
        n += pos.hash == hash;
    return n;
}

/* `like` fields may have that name. */
static enum mime_found search_envelope(const struct mime_needle *n, const struct mime_record *r, struct str field,
                                       size_t like, struct arena *a)
{
    struct str text;

    if (!mime_envelope_text(r, field, a, &text))
        return MIME_IN_HEADER;
    if (!text.p) /* what is like it has another name */
        return MIME_NOT_FOUND;
    if (mime_search_utf8(n, mime_encword_decode(a, text)))
        return MIME_FOUND;
    return like == 1 ? MIME_NOT_FOUND : MIME_IN_HEADER;
}

enum mime_found mime_search_record(const struct mime_needle *n, const struct mime_record *r, struct str field)
{
    struct arena a = ARENA_INIT;
    enum mime_found found;
    size_t like;

    if ((r->flags & MIME_RECORD_NO_FIELDS) || !field.n) /* lines without a name have no hash */
        return MIME_IN_HEADER;
    like = fields_like(r, field);
    if (!like)
        return MIME_NOT_FOUND;
    found = search_envelope(n, r, field, like, &a);
    arena_fini(&a);
    return found;
}

/* Bytes that stand between what ENVELOPE takes apart (RFC 5322 section 3.2.3), or are not in it as they stand in the header. */
static bool has_special(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (strchr("<>\"(),:;\\", s.p[i]))
            return true;
    return false;
}

enum mime_found mime_search_addresses(const struct mime_needle *n, const struct mime_record *r, struct str field)
{
    struct arena a = ARENA_INIT;
    enum mime_found found = MIME_IN_HEADER;
    size_t like = fields_like(r, field);
    struct str text;

    if (!like && !(r->flags & MIME_RECORD_NO_FIELDS))
        return MIME_NOT_FOUND;
    if (mime_envelope_addresses(r, field, &a, &text)) {
        if (mime_search_utf8(n, mime_encword_decode(&a, text)))
            found = MIME_FOUND;
        else if (like == 1 && !has_special(n->folded))
            found = MIME_NOT_FOUND;
    }
    arena_fini(&a);
    return found;
}

/* Each field with its name, as a reader sees it. */
static bool search_fields(struct mime_search *s, struct str header)
{
    struct mime_field f;
    bool found = false;

    for (size_t pos = 0; !found && mime_header_next(header, &pos, &f);) {
        buf_clear(&s->line);
        mime_casefold(f.name, &s->line);
        buf_addz(&s->line, ": ");
        mime_casefold(mime_unfold_decoded(&s->tmp, f.value), &s->line);
        found = str_search(buf_str(&s->line), s->needle->folded) < s->line.n;
        arena_reset(&s->tmp);
    }
    return found;
}

struct mime_search *mime_search_new(const struct mime_needle *needle, bool with_headers)
{
    struct mime_search *s = MEM_NEW(struct mime_search);

    s->needle = needle;
    s->with_headers = with_headers;
    buf_init(&s->header, LIMIT_HEADER);
    buf_init(&s->held, PIECE);
    buf_init(&s->raw, PIECE * 2);
    buf_init(&s->utf8, PIECE * 8);
    buf_init(&s->window, PIECE * GROWTH * 8 + needle->folded.n);
    buf_init(&s->line, LIMIT_HEADER * GROWTH);
    return s;
}

void mime_search_begin(struct mime_search *s, const struct mime_record *r)
{
    must(!s->is_open);
    s->r = r;
    s->at = 0;
    s->part = 0;
    s->where = IN_HEADER;
    s->found = s->needle->folded.n == 0;
    buf_clear(&s->header);
    buf_clear(&s->held);
}

/* Is there text for people in the part, and in which character set? Besides text/anything that is what message/anything
 * holds (a delivery status), and a multipart that is nested too deep to have been taken apart. */
static bool is_readable(struct str header, const struct mime_part *p, const struct charset **out_cs)
{
    struct arena a = ARENA_INIT;
    bool readable = p->flags & (MIME_PART_TEXT | MIME_PART_MULTIPART);
    struct mime_content_type t;
    struct mime_field f;

    *out_cs = NULL;
    if (mime_header_find(header, STR("Content-Type"), &f) == ST_OK && mime_content_type_parse(&a, f.value, &t)) {
        if (p->flags & MIME_PART_TEXT)
            *out_cs = charset_find(mime_param_text(&a, &t.params, STR("charset")));
        readable |= str_ieq(t.type, STR("message")) || str_ieq(t.type, STR("multipart"));
    }
    arena_fini(&a);
    return readable && !(p->flags & MIME_PART_MESSAGE);
}

static void body_open(struct mime_search *s, enum mime_encoding encoding, const struct charset *cs)
{
    mime_decoder_init(&s->decoder, encoding);
    charset_conv_init(&s->conv, cs);
    buf_clear(&s->window);
    s->is_open = true;
}

/* Folds what has been converted and looks for the needle in it. */
static void window_search(struct mime_search *s, struct str utf8)
{
    struct str w;
    size_t keep = s->needle->folded.n - 1;

    mime_casefold(utf8, &s->window);
    w = buf_str(&s->window);
    s->found = str_search(w, s->needle->folded) < w.n;
    if (w.n > keep)
        buf_drop_front(&s->window, w.n - keep);
}

/* Most text is ASCII in either step, and is looked at where it stands. */
static void body_piece(struct mime_search *s, struct str text)
{
    if (!mime_decoder_is_identity(&s->decoder)) {
        buf_clear(&s->raw);
        mime_decode_feed(&s->decoder, text, &s->raw);
        text = buf_str(&s->raw);
    }
    if (!charset_conv_keeps_ascii(&s->conv) || !str_is_ascii(text)) {
        buf_clear(&s->utf8);
        charset_conv_feed(&s->conv, text, &s->utf8);
        text = buf_str(&s->utf8);
    }
    window_search(s, text);
}

static void body_feed(struct mime_search *s, struct str piece)
{
    while (piece.n && !s->found) {
        struct str now = str_sub(piece, 0, PIECE);

        body_piece(s, now);
        piece = str_from(piece, now.n);
    }
}

static void body_close(struct mime_search *s)
{
    if (!s->is_open)
        return;
    if (!s->found) {
        buf_clear(&s->raw);
        buf_clear(&s->utf8);
        mime_decode_end(&s->decoder, &s->raw);
        charset_conv_feed(&s->conv, buf_str(&s->raw), &s->utf8);
        charset_conv_end(&s->conv, &s->utf8);
        window_search(s, buf_str(&s->utf8));
    }
    charset_conv_fini(&s->conv);
    s->is_open = false;
}

static size_t last_line(struct str s)
{
    size_t n = s.n;

    if (n && s.p[n - 1] == '\n')
        n--;
    while (n && s.p[n - 1] != '\n')
        n--;
    return n;
}

/* Searches what is held but for its last line. A line that fills all of it is no boundary. */
static void preamble_search(struct mime_search *s, bool at_end)
{
    struct str held = buf_str(&s->held);
    size_t n = last_line(held);

    if (n == 0 && !at_end)
        n = held.n;
    body_feed(s, str_sub(held, 0, n));
    buf_drop_front(&s->held, n);
}

static void preamble_feed(struct mime_search *s, struct str piece)
{
    while (piece.n && !s->found) {
        struct str now = str_sub(piece, 0, PIECE - s->held.n);

        buf_add(&s->held, now);
        piece = str_from(piece, now.n);
        if (s->held.n == PIECE)
            preamble_search(s, false);
    }
}

/* Without parts no boundary was found: all is text, and was read as such. */
static bool has_preamble(const struct mime_search *s, const struct mime_part *p)
{
    return (p->flags & MIME_PART_MULTIPART) && p->next > s->part + 1;
}

/* Goes on to the epilogue of the innermost multipart whose last part `done` is, or to the next part. */
static void part_end(struct mime_search *s, size_t done)
{
    struct mime_part p = mime_record_part(s->r, done), parent = mime_record_part(s->r, p.parent);

    while (done && parent.next == p.next) {
        if (parent.flags & MIME_PART_MULTIPART) {
            s->closing = p.parent;
            s->closing_from = p.body_end;
            s->line_begun = false;
            s->where = IN_BOUNDARY;
            return;
        }
        done = p.parent;
        p = parent;
        parent = mime_record_part(s->r, p.parent);
    }
    s->part++;
    s->where = IN_HEADER;
}

/* The header of the part is complete. */
static void header_end(struct mime_search *s, const struct mime_part *p)
{
    bool embedded = s->part && (mime_record_part(s->r, p->parent).flags & MIME_PART_MESSAGE);
    struct str header = buf_str(&s->header);
    const struct charset *cs;

    if (s->with_headers || embedded)
        s->found = search_fields(s, header);
    if (is_readable(header, p, &cs)) {
        body_open(s, p->flags & MIME_PART_MULTIPART ? MIME_8BIT : p->encoding, cs);
        s->where = IN_BODY;
    } else if (p->next > s->part + 1) {
        s->part++;
    } else {
        part_end(s, s->part);
    }
    buf_clear(&s->header);
}

static void body_end(struct mime_search *s, const struct mime_part *p)
{
    if (has_preamble(s, p)) {
        preamble_search(s, true);
        buf_clear(&s->held);
    }
    body_close(s);
    if (p->next == s->part + 1) {
        part_end(s, s->part);
        return;
    }
    s->part++;
    s->where = IN_HEADER;
}

/* The span that is being read, or waited for; false when there is none. */
static bool span_now(struct mime_search *s, struct mime_part *p, uint64_t *start, uint64_t *end)
{
    if (s->part >= s->r->n_parts)
        return false;
    if (s->where >= IN_BOUNDARY) {
        *p = mime_record_part(s->r, s->closing);
        *start = s->closing_from;
        *end = p->body_end;
        return true;
    }
    *p = mime_record_part(s->r, s->part);
    *start = s->where == IN_HEADER ? p->header_start : p->body_start;
    *end = s->where == IN_HEADER ? p->body_start : p->body_end;
    if (s->where == IN_BODY && has_preamble(s, p))
        *end = mime_record_part(s->r, s->part + 1).header_start;
    return true;
}

/* Behind the end of a span. */
static void span_end(struct mime_search *s, const struct mime_part *p)
{
    switch (s->where) {
    case IN_HEADER: header_end(s, p); return;
    case IN_BODY: body_end(s, p); return;
    case IN_BOUNDARY:
    case IN_EPILOGUE:
        body_close(s);
        part_end(s, s->closing);
        return;
    }
}

/* How much of a piece the boundary line takes: up to its end, or all. */
static size_t boundary_feed(struct mime_search *s, struct str piece)
{
    size_t n = 0, line;

    while (!s->line_begun && n < piece.n && (piece.p[n] == '\r' || piece.p[n] == '\n'))
        n++;
    if (n == piece.n)
        return n;
    s->line_begun = true;
    line = str_find(str_from(piece, n), '\n');
    if (n + line == piece.n)
        return piece.n;
    body_open(s, MIME_8BIT, NULL);
    s->where = IN_EPILOGUE;
    return n + line + 1;
}

/* Takes bytes of the span; gives how many. */
static size_t span_feed(struct mime_search *s, const struct mime_part *p, struct str piece)
{
    switch (s->where) {
    case IN_HEADER: buf_add(&s->header, str_sub(piece, 0, s->header.max - s->header.n)); return piece.n;
    case IN_BODY:
        if (has_preamble(s, p))
            preamble_feed(s, piece);
        else
            body_feed(s, piece);
        return piece.n;
    case IN_BOUNDARY: return boundary_feed(s, piece);
    case IN_EPILOGUE: body_feed(s, piece); return piece.n;
    }
    never("a place in a letter");
}

bool mime_search_feed(struct mime_search *s, struct str piece)
{
    struct mime_part p;
    uint64_t start, end;

    while (!s->found && span_now(s, &p, &start, &end)) {
        uint64_t behind = s->at + piece.n;

        if (s->at < start) { /* between spans */
            size_t skip = (size_t)(MIN(start, behind) - s->at);

            piece = str_from(piece, skip);
            s->at += skip;
        }
        if (s->at < end && piece.n) {
            size_t taken = span_feed(s, &p, str_sub(piece, 0, (size_t)(end - s->at)));

            piece = str_from(piece, taken);
            s->at += taken;
            if (s->at < end && piece.n)
                continue; /* another span begins within this one */
        }
        if (s->at < end || s->at < start)
            break;
        span_end(s, &p);
    }
    s->at += piece.n;
    return s->found;
}

bool mime_search_end(struct mime_search *s)
{
    mime_search_feed(s, STR_NONE); /* spans without bytes at the end */
    body_close(s);
    return s->found;
}

void mime_search_free(struct mime_search *s)
{
    if (!s)
        return;
    must(!s->is_open);
    buf_fini(&s->header);
    buf_fini(&s->held);
    buf_fini(&s->raw);
    buf_fini(&s->utf8);
    buf_fini(&s->window);
    buf_fini(&s->line);
    arena_fini(&s->tmp);
    mem_free(s);
}

bool mime_search_letter(const struct mime_record *r, const struct mime_needle *needle, bool with_headers,
                        struct str letter)
{
    struct mime_search *s = mime_search_new(needle, with_headers);
    bool found;

    mime_search_begin(s, r);
    mime_search_feed(s, letter);
    found = mime_search_end(s);
    mime_search_free(s);
    return found;
}
