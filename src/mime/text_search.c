/* Search. The record says where headers and bodies stand, so a letter is walked as a row of spans
 * in the order of their offsets; what is not text is passed over. A body goes in pieces through
 * transfer decoding, conversion to UTF-8 and folding into a window, which keeps so much of the piece
 * before that a match across the border is found. */
#include "mime/text_search.h"
#include "mime/casefold.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/encword.h"
#include "mime/envelope.h"
#include "mime/header.h"
#include "mime/param.h"

#define PIECE 8192 /* of a body's bytes at a time */
#define GROWTH 64  /* the most that a byte may grow by in conversion and folding */

struct mime_search {
    const struct mime_record *r;
    const struct mime_needle *needle;
    bool with_headers, found;
    uint64_t at; /* offset of the next byte in the letter */
    size_t part; /* that is being read; n_parts: no more */
    bool in_body;
    bool is_open;      /* a body's converters are */
    struct buf header; /* of the part */
    struct mime_decoder decoder;
    struct charset_conv conv;
    struct buf raw, utf8, window;
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

/* Each field with its name, as a reader sees it. */
static bool search_fields(const struct mime_needle *n, struct str header)
{
    struct mime_field f;
    bool found = false;

    for (size_t pos = 0; !found && mime_header_next(header, &pos, &f);) {
        struct arena a = ARENA_INIT;
        struct str value = mime_unfold_decoded(&a, f.value);

        found = mime_search_utf8(n, arena_printf(&a, "%.*s: %.*s", STR_ARGS(f.name), STR_ARGS(value)));
        arena_fini(&a);
    }
    return found;
}

struct mime_search *mime_search_new(const struct mime_record *r, const struct mime_needle *needle, bool with_headers)
{
    struct mime_search *s = MEM_NEW(struct mime_search);

    s->r = r;
    s->needle = needle;
    s->with_headers = with_headers;
    s->found = needle->folded.n == 0;
    buf_init(&s->header, LIMIT_HEADER);
    buf_init(&s->raw, PIECE * 2);
    buf_init(&s->utf8, PIECE * 8);
    buf_init(&s->window, PIECE * GROWTH * 8 + needle->folded.n);
    return s;
}

static const struct charset *charset_of(struct str header)
{
    struct arena a = ARENA_INIT;
    const struct charset *cs = NULL;
    struct mime_content_type t;
    struct mime_field f;

    if (mime_header_find(header, STR("Content-Type"), &f) == ST_OK && mime_content_type_parse(&a, f.value, &t))
        cs = charset_find(mime_param_text(&a, &t.params, STR("charset")));
    arena_fini(&a);
    return cs;
}

static void body_open(struct mime_search *s, const struct mime_part *p)
{
    mime_decoder_init(&s->decoder, p->encoding);
    charset_conv_init(&s->conv, charset_of(buf_str(&s->header)));
    buf_clear(&s->window);
    s->is_open = true;
}

/* Folds what has been converted and looks for the needle in it. */
static void window_search(struct mime_search *s)
{
    struct str w;
    size_t keep = s->needle->folded.n - 1;

    mime_casefold(buf_str(&s->utf8), &s->window);
    buf_clear(&s->utf8);
    w = buf_str(&s->window);
    s->found = str_search(w, s->needle->folded) < w.n;
    if (w.n > keep)
        buf_drop_front(&s->window, w.n - keep);
}

static void body_feed(struct mime_search *s, struct str piece)
{
    while (piece.n && !s->found) {
        struct str now = str_sub(piece, 0, PIECE);

        buf_clear(&s->raw);
        mime_decode_feed(&s->decoder, now, &s->raw);
        charset_conv_feed(&s->conv, buf_str(&s->raw), &s->utf8);
        window_search(s);
        piece = str_from(piece, now.n);
    }
}

static void body_close(struct mime_search *s)
{
    if (!s->is_open)
        return;
    if (!s->found) {
        buf_clear(&s->raw);
        mime_decode_end(&s->decoder, &s->raw);
        charset_conv_feed(&s->conv, buf_str(&s->raw), &s->utf8);
        charset_conv_end(&s->conv, &s->utf8);
        window_search(s);
    }
    charset_conv_fini(&s->conv);
    s->is_open = false;
}

/* The header of the part is complete. */
static void header_done(struct mime_search *s, const struct mime_part *p)
{
    bool embedded = s->part && (mime_record_part(s->r, p->parent).flags & MIME_PART_MESSAGE);

    if (s->with_headers || embedded)
        s->found = search_fields(s->needle, buf_str(&s->header));
    if (p->flags & MIME_PART_TEXT)
        body_open(s, p);
}

/* The span that is being read, or waited for; false when there is none. */
static bool span_now(struct mime_search *s, struct mime_part *p, uint64_t *start, uint64_t *end)
{
    if (s->part >= s->r->n_parts)
        return false;
    *p = mime_record_part(s->r, s->part);
    *start = s->in_body ? p->body_start : p->header_start;
    *end = s->in_body ? p->body_end : p->body_start;
    return true;
}

/* Behind the end of a span. */
static void span_end(struct mime_search *s, const struct mime_part *p)
{
    if (!s->in_body)
        header_done(s, p);
    else
        body_close(s);
    if (!s->in_body && s->is_open) {
        s->in_body = true;
        return;
    }
    s->in_body = false;
    s->part++;
    buf_clear(&s->header);
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
            struct str now = str_sub(piece, 0, (size_t)(end - s->at));

            if (s->in_body)
                body_feed(s, now);
            else
                buf_add(&s->header, now);
            piece = str_from(piece, now.n);
            s->at += now.n;
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
    bool found;

    mime_search_feed(s, STR_NONE); /* spans without bytes at the end */
    body_close(s);
    found = s->found;
    buf_fini(&s->header);
    buf_fini(&s->raw);
    buf_fini(&s->utf8);
    buf_fini(&s->window);
    mem_free(s);
    return found;
}

bool mime_search_letter(const struct mime_record *r, const struct mime_needle *needle, bool with_headers,
                        struct str letter)
{
    struct mime_search *s = mime_search_new(r, needle, with_headers);

    mime_search_feed(s, letter);
    return mime_search_end(s);
}
