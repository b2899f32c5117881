/* Finds the parts of a letter line by line. The parts that have not ended stand on a stack,
 * outermost first; a boundary of one of them ends all above it. Where no boundary is waited for,
 * only line ends are counted, eight bytes at a time. */
#include "mime/scan.h"
#include "mime/header.h"
#include "mime/structure.h"

#include "base/must.h"

#define ONES 0x0101010101010101u
#define HIGHS 0x8080808080808080u

static struct mime_scan_part *part_of(struct mime_scan *s, size_t open)
{
    return &s->parts[s->open[open].part];
}

/* A part begins here, with its header. */
static void part_begin(struct mime_scan *s, uint64_t at, bool is_letter)
{
    struct mime_scan_part *parent = s->n_open ? part_of(s, s->n_open - 1) : NULL;
    struct mime_scan_part p = {
        .is_letter = is_letter, .in_digest = parent && parent->is_digest, .global_nests = s->global_nests};

    must(s->n_open < ARRAY_LEN(s->open) && s->n_parts < LIMIT_MIME_PARTS);
    p.parent = parent ? (uint16_t)(parent - s->parts) : 0;
    p.header_start = (uint32_t)at;
    if (s->n_parts == s->cap_parts) {
        s->cap_parts = s->cap_parts ? s->cap_parts * 2 : 4;
        s->parts = mem_resize(s->parts, s->cap_parts * sizeof *s->parts);
    }
    must(s->parts);
    s->parts[s->n_parts] = p;
    s->open[s->n_open++] = (struct mime_scan_open){s->n_parts++, STR_NONE};
    s->in_header = true;
    s->any_field = false;
    s->header_mark = 0;
    buf_clear(&s->header);
}

void mime_scan_init(struct mime_scan *s)
{
    memset(s, 0, offsetof(struct mime_scan, head));
    buf_init(&s->top, LIMIT_HEADER);
    buf_init(&s->header, LIMIT_HEADER);
    buf_init(&s->text, MIME_STRUCTURE_TEXT);
    part_begin(s, 0, true);
}

void mime_scan_init_global(struct mime_scan *s)
{
    mime_scan_init(s);
    s->global_nests = true;
    s->parts[0].global_nests = true;
}

void mime_scan_fini(struct mime_scan *s)
{
    buf_fini(&s->top);
    buf_fini(&s->header);
    buf_fini(&s->text);
    mem_free(s->parts);
    arena_fini(&s->arena);
    s->parts = NULL;
}

/* Where the header is kept; `over` in it says that some did not fit. */
static struct buf *header_of(struct mime_scan *s)
{
    return s->n_parts == 1 ? &s->top : &s->header;
}

/* The header of the innermost part ends before `at`, its body begins there. */
static void header_end(struct mime_scan *s, uint64_t at, uint64_t lines_before)
{
    struct buf *h = header_of(s);
    struct mime_scan_open *o = &s->open[s->n_open - 1];
    struct mime_scan_part *p = &s->parts[o->part];
    bool may_nest = s->n_open < LIMIT_MIME_DEPTH && s->n_parts < LIMIT_MIME_PARTS;
    struct str boundary = STR_NONE;

    p->body_start = (uint32_t)at;
    p->lines_before = lines_before;
    mime_structure_read(p, buf_str(h), may_nest, &s->arena, &s->text, &boundary);
    if (p->flags & MIME_PART_MULTIPART) {
        o->boundary = boundary;
        s->n_boundaries++;
    }
    s->in_header = false;
    s->header_ended = true;
    if (p->flags & MIME_PART_MESSAGE)
        part_begin(s, at, true);
}

/* The innermost part ends where the line at line_start begins; the line end before it belongs to
 * the boundary (RFC 2046 5.1.1), not to the part. */
static void part_end(struct mime_scan *s, bool at_boundary)
{
    struct mime_scan_part *p;
    uint64_t end = at_boundary ? s->line_start : s->at;
    size_t cut = at_boundary ? s->eol : 0;

    while (s->in_header)
        header_end(s, end, s->lines);
    p = part_of(s, s->n_open - 1);
    if (s->open[s->n_open - 1].boundary.n)
        s->n_boundaries--;
    if (end - p->body_start <
        cut) { /* the line end is the header's: an embedded letter does not reach beyond its part */
        bool embedded = s->n_open > 1 && part_of(s, s->n_open - 2)->flags & MIME_PART_MESSAGE;

        if (embedded && end - p->header_start >= cut)
            p->body_start = (uint32_t)(end -= cut);
        cut = 0;
    }
    p->body_end = (uint32_t)(end - cut);
    p->lines = (uint32_t)(s->lines - p->lines_before - (cut && s->was_empty));
    p->next = (uint16_t)s->n_parts;
    s->n_open--;
}

/* Which open multipart a line is a boundary of: the one with the longest, the innermost of equals. */
static bool find_boundary(const struct mime_scan *s, struct str line, size_t *out_open, bool *out_last)
{
    struct str rest = str_from(line, 2);
    size_t best = 0;

    if (line.n < 3 || line.p[0] != '-' || line.p[1] != '-')
        return false;
    for (size_t i = 0; i < s->n_open; i++) {
        struct str b = s->open[i].boundary;

        if (b.n && b.n >= best && str_starts(rest, b)) {
            best = b.n;
            *out_open = i;
        }
    }
    *out_last = best && str_starts(str_from(rest, best), STR("--"));
    return best > 0;
}

/* False when there can't be another part: the line is text then, and so is all that follows. */
static bool take_boundary(struct mime_scan *s, size_t open, bool last, uint64_t line_end)
{
    if (!last && s->n_parts == LIMIT_MIME_PARTS) {
        for (size_t i = 0; i < s->n_open; i++)
            s->open[i].boundary = STR_NONE;
        s->n_boundaries = 0;
        return false;
    }
    if (s->in_header)
        header_of(s)->n = s->header_mark;
    while (s->n_open > open + 1)
        part_end(s, true);
    if (last) {
        s->open[open].boundary = STR_NONE;
        s->n_boundaries--;
    } else if (s->n_parts < LIMIT_MIME_PARTS) {
        part_begin(s, line_end, false);
    }
    return true;
}

/* A line of a header, or the one that ends it. A line that ends one without being empty may be the
 * first of an embedded letter, whose header it ends as well. */
static void take_header_line(struct mime_scan *s, struct str head, uint64_t line_end, bool empty)
{
    while (s->in_header) {
        if (empty) {
            header_end(s, line_end, s->lines + 1);
            return;
        }
        if (mime_header_goes_on(head, s->any_field)) {
            s->any_field = true;
            return;
        }
        header_of(s)->n = s->header_mark;
        header_end(s, s->line_start, s->lines);
    }
}

/* A whole line, up to line_end; `head` has at least its first MIME_LINE_HEAD bytes. */
static void take_line(struct mime_scan *s, struct str head, uint64_t line_end, size_t eol)
{
    bool empty = line_end - s->line_start == eol, last = false;
    size_t open = 0;

    if (!(s->n_boundaries && find_boundary(s, head, &open, &last) && take_boundary(s, open, last, line_end))) {
        bool in_header = s->in_header;

        take_header_line(s, head, line_end, empty);
        if (in_header && !s->in_header && s->n_boundaries && find_boundary(s, head, &open, &last))
            (void)take_boundary(s, open, last, line_end); /* its own, which its header said just before */
    }
    s->lines++;
    s->was_empty = empty;
    s->eol = eol;
    s->head_n = 0;
    s->line_start = line_end;
    s->header_mark = header_of(s)->n;
}

static bool has_zero(uint64_t v)
{
    return (v - ONES) & ~v & HIGHS;
}

/* Notes 8-bit bytes and NULs. */
static void look_at(struct mime_scan *s, struct str b)
{
    uint64_t any = 0, v;
    bool nul = s->nul;
    size_t i = 0;

    for (; i + 8 <= b.n; i += 8) {
        memcpy(&v, b.p + i, 8);
        any |= v;
        nul |= has_zero(v);
    }
    for (; i < b.n; i++) {
        any |= (unsigned char)b.p[i];
        nul |= b.p[i] == '\0';
    }
    s->nul = nul;
    s->any8 |= (any & HIGHS) != 0;
}

/* Exact in each byte, unlike the usual test for a zero byte: borrows do not reach the next one. */
static uint64_t count_line_feeds(struct str b)
{
    uint64_t n = 0, v;
    size_t i = 0;

    for (; i + 8 <= b.n; i += 8) {
        memcpy(&v, b.p + i, 8);
        v ^= ONES * '\n';
        v = ~(((v & ~HIGHS) + ~HIGHS) | v | ~HIGHS);
        n += (uint64_t)__builtin_popcountll(v);
    }
    for (; i < b.n; i++)
        n += b.p[i] == '\n';
    return n;
}

static void add_to_head(struct mime_scan *s, struct str piece)
{
    size_t n = MIN(piece.n, sizeof s->head - s->head_n);

    memcpy(s->head + s->head_n, piece.p, n);
    s->head_n += n;
}

/* The line, or the piece of one, at the start of `rest`; gives its length. */
static size_t feed_line(struct mime_scan *s, struct str rest)
{
    const char *lf = memchr(rest.p, '\n', rest.n);
    struct str piece = str_n(rest.p, lf ? (size_t)(lf - rest.p) + 1 : rest.n), head = piece;
    char before = piece.n > 1 ? piece.p[piece.n - 2] : s->head_n ? s->last : 0;

    if (s->in_header)
        buf_add(header_of(s), piece);
    if (s->head_n || !lf) {
        add_to_head(s, piece);
        head = str_n(s->head, s->head_n);
    }
    s->at += piece.n;
    if (lf)
        take_line(s, head, s->at, before == '\r' ? 2 : 1);
    return piece.n;
}

void mime_scan_feed(struct mime_scan *s, struct str bytes)
{
    size_t pos = 0;

    bytes.n = MIN(bytes.n, UINT32_MAX - s->at); /* no offset behind that can be written down */
    look_at(s, bytes);
    while (pos < bytes.n && (s->in_header || s->n_boundaries))
        pos += feed_line(s, str_from(bytes, pos));
    s->lines += count_line_feeds(str_from(bytes, pos));
    s->at += bytes.n - pos;
    if (bytes.n)
        s->last = bytes.p[bytes.n - 1];
}

void mime_scan_end(struct mime_scan *s, struct buf *out)
{
    struct mime_structure m = {0};

    if (s->head_n)
        take_line(s, str_n(s->head, s->head_n), s->at, 0);
    else if (!s->in_header && !s->n_boundaries && s->at && s->last != '\n')
        s->lines++;
    while (s->n_open)
        part_end(s, false);
    m.parts = s->parts;
    m.n_parts = s->n_parts;
    m.top = buf_str(&s->top);
    m.text = buf_str(&s->text);
    m.complete = !s->top.over;
    m.flags = (uint8_t)((s->any8 ? MIME_RECORD_8BIT : 0) | (s->nul ? MIME_RECORD_HAS_NUL : 0));
    m.size = (uint32_t)s->at;
    mime_structure_write(&m, &s->arena, out);
}

void mime_record_build(struct str letter, struct buf *out)
{
    struct mime_scan s;

    mime_scan_init(&s);
    mime_scan_feed(&s, letter);
    mime_scan_end(&s, out);
    mime_scan_fini(&s);
}
