/* The text is that of the first part that has any: plain where there is a choice, or HTML without its markup. What somebody
 * else wrote (quoted lines, with the line above that says whose they are) and what stands under every letter (the signature) is left out; where nothing
 * else is there, it is told after all. */
#include "mime/preview.h"
#include "base/must.h"
#include "mime/charset.h"
#include "mime/decode.h"
#include "mime/gist.h"
#include "mime/header.h"
#include "mime/html_text.h"
#include "mime/param.h"

#define PIECE 4096u        /* of a body at a time */
#define LINE_MOST 1024u    /* of a line of plain text; as much as is told */
#define TRIES 8            /* parts that are looked into */
#define HEADER_MOST 16384u /* of a part's header */
#define LEVELS_ASKED 4u
#define ATTRIBUTION_LINES 3

/* --- plain text ----------------------------------------------------------------------------------------------------- */

struct plain {
    struct gist *g;
    bool all, stop;
    bool in_armor;          /* the lines behind "BEGIN PGP SIGNED MESSAGE" */
    bool was_empty;         /* the line before */
    bool ends_colon;        /* the last one with text */
    unsigned lines;         /* of the paragraph */
    struct gist_mark start; /* of it */
    size_t n;
    char line[LINE_MOST];
};

/* "=====", "* * *" */
static bool is_ruler(struct str line)
{
    size_t marks = 0;

    for (size_t i = 0; i < line.n; i++) {
        if (ascii_is_alnum(line.p[i]) || (unsigned char)line.p[i] >= 0x80)
            return false;
        marks += line.p[i] > ' ';
    }
    return marks >= 3;
}

/* "-----Original Message-----", in whatever language, or Outlook's long line. */
static bool is_border(struct str line)
{
    struct str dashes = STR("-----"), low = STR("____________________");

    return (str_starts(line, dashes) && str_ends(line, STR("---"))) || str_starts(line, low);
}

/* "On Monday Ann wrote:" goes with the lines that it speaks of. */
static void drop_attribution(struct plain *p)
{
    if (p->ends_colon && p->lines <= ATTRIBUTION_LINES)
        gist_back(p->g, p->start);
    p->ends_colon = false;
    p->was_empty = true;
}

/* True: the line is no text. */
static bool is_armor(struct plain *p, struct str line)
{
    if (p->in_armor) {
        p->in_armor = line.n > 0;
        return true;
    }
    if (!str_starts(line, STR("-----BEGIN ")))
        return false;
    p->in_armor = str_starts(line, STR("-----BEGIN PGP SIGNED MESSAGE"));
    p->stop = !p->in_armor; /* what comes is encrypted, or a signature, or a key */
    return true;
}

static void add_line(struct plain *p, struct str line)
{
    if (p->was_empty || !p->lines) {
        p->start = gist_here(p->g);
        p->lines = 0;
    }
    p->was_empty = false;
    p->lines++;
    p->ends_colon = line.p[line.n - 1] == ':';
    gist_puts(p->g, line);
    gist_put(p->g, ' ');
}

static void plain_line(struct plain *p)
{
    struct str line = str_trim(str_n(p->line, p->n));
    /* RFC 3676 section 4.3: "-- "; many write it without the blank. */
    bool is_signature = p->n <= 4 && str_eq(line, STR("--"));

    p->n = 0;
    if (is_armor(p, line))
        return;
    if (!line.n)
        p->was_empty = true;
    else if (p->all)
        add_line(p, line);
    else if (line.p[0] == '>')
        drop_attribution(p);
    else if (is_signature || is_border(line)) /* what is forwarded, stands behind a border too */
        p->stop = is_signature || p->g->chars;
    else if (!is_ruler(line))
        add_line(p, line);
}

static void plain_feed(struct plain *p, struct str s)
{
    while (s.n && !p->stop && !gist_is_full(p->g)) {
        size_t end = str_find(s, '\n'), take = MIN(end, LINE_MOST - p->n);

        memcpy(p->line + p->n, s.p, take);
        p->n += take;
        if (end == s.n)
            return;
        plain_line(p);
        s = str_from(s, end + 1);
    }
}

/* --- a part ---------------------------------------------------------------------------------------------------------- */

struct run {
    const struct mime_record *r;
    struct str letter;
    struct gist gist;
    size_t left; /* bytes that may still be read */
    bool all;
};

static struct str part_header(const struct run *run, struct mime_part p)
{
    size_t from = MIN((size_t)p.header_start, run->letter.n);

    return str_sub(run->letter, from, MIN(p.body_start - p.header_start, HEADER_MOST));
}

static bool content_type(const struct run *run, struct arena *a, size_t part, struct mime_content_type *out)
{
    struct mime_field f;

    return mime_header_find(part_header(run, mime_record_part(run->r, part)), STR("Content-Type"), &f) == ST_OK &&
           mime_content_type_parse(a, f.value, out);
}

/* The text in UTF-8, piece by piece, up to where there is enough of it. */
static void read_text(struct run *run, struct mime_part p, const struct charset *cs, struct plain *plain,
                      struct html_text *html)
{
    struct str body = str_sub(run->letter, MIN((size_t)p.body_start, run->letter.n), mime_part_size(p));
    struct mime_decoder d;
    struct charset_conv conv;
    struct buf raw, utf8;
    bool more = true;

    buf_init(&raw, PIECE * 2);
    buf_init(&utf8, PIECE * 16);
    mime_decoder_init(&d, p.encoding);
    charset_conv_init(&conv, cs);
    while (more && !gist_is_full(&run->gist) && !plain->stop && !html->stop) {
        struct str piece = str_sub(body, 0, MIN((size_t)PIECE, run->left));

        body = str_from(body, piece.n);
        run->left -= piece.n;
        more = piece.n > 0;
        buf_clear(&raw);
        buf_clear(&utf8);
        if (more)
            mime_decode_feed(&d, piece, &raw);
        else
            mime_decode_end(&d, &raw);
        charset_conv_feed(&conv, buf_str(&raw), &utf8);
        if (!more)
            charset_conv_end(&conv, &utf8);
        if (html->g)
            html_text_feed(html, buf_str(&utf8));
        else
            plain_feed(plain, buf_str(&utf8));
    }
    charset_conv_fini(&conv);
    buf_fini(&raw);
    buf_fini(&utf8);
    if (html->g)
        html_text_end(html);
    else if (plain->n && !plain->stop)
        plain_line(plain);
}

/* Text that people read; calendars, cards and the like are not. */
static bool is_readable(const struct mime_content_type *t, bool *out_html)
{
    static const struct str plain[] = {STR("plain"), STR("markdown"), STR("x-markdown")};
    static const struct str html[] = {STR("html"), STR("enriched"), STR("richtext")};

    *out_html = false;
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (str_ieq(t->subtype, plain[i]))
            return true;
    *out_html = true;
    for (size_t i = 0; i < ARRAY_LEN(html); i++)
        if (str_ieq(t->subtype, html[i]))
            return true;
    return false;
}

/* HTML may hold an encrypted message too, in one piece. */
static void cut_encrypted(struct run *run)
{
    struct str text = buf_str(run->gist.out);
    size_t at = str_search(text, STR("-----BEGIN PGP MESSAGE"));

    if (at < text.n)
        run->gist.out->n = str_trim(str_sub(text, 0, at)).n;
}

/* True: it had something. */
static bool try_part(struct run *run, size_t i)
{
    struct mime_part p = mime_record_part(run->r, i);
    struct plain plain = {.g = &run->gist, .all = run->all};
    struct mime_content_type t = {.subtype = STR("plain")};
    const struct charset *cs = NULL;
    struct arena a = ARENA_INIT;
    struct html_text html = {0};
    bool is_html = false, readable = true;

    if (content_type(run, &a, i, &t)) {
        readable = is_readable(&t, &is_html);
        cs = charset_find(mime_param_text(&a, &t.params, STR("charset")));
    }
    arena_fini(&a);
    if (!readable || p.encoding == MIME_OTHER)
        return false;
    if (is_html)
        html_text_init(&html, &run->gist, run->all);
    read_text(run, p, cs, &plain, &html);
    cut_encrypted(run);
    if (!run->gist.out->n)
        run->gist.chars = 0;
    run->gist.space = false;
    return run->gist.chars > 0;
}

/* --- which part -------------------------------------------------------------------------------------------------------- */

static bool is_of(const struct run *run, size_t multipart, struct str subtype)
{
    struct arena a = ARENA_INIT;
    struct mime_content_type t;
    bool is = content_type(run, &a, multipart, &t) && str_ieq(t.subtype, subtype);

    arena_fini(&a);
    return is;
}

static bool is_embedded(const struct run *run, size_t i)
{
    for (unsigned depth = 0; i && depth <= LIMIT_MIME_DEPTH; depth++) {
        i = mime_record_part(run->r, i).parent;
        if (mime_record_part(run->r, i).flags & MIME_PART_MESSAGE)
            return true;
    }
    return false;
}

/* Parts of a multipart/encrypted (RFC 1847 section 2.2). To ask takes the reading of a header, so not all above are asked. */
static bool is_encrypted(const struct run *run, size_t i)
{
    for (unsigned level = 0; i && level < LEVELS_ASKED; level++) {
        i = mime_record_part(run->r, i).parent;
        if (mime_record_part(run->r, i).flags & MIME_PART_MULTIPART && is_of(run, i, STR("encrypted")))
            return true;
    }
    return false;
}

static bool is_text(const struct mime_part *p, size_t i)
{
    return p->flags & MIME_PART_TEXT && (i == 0 || !(p->flags & MIME_PART_ATTACHMENT));
}

/* Behind an HTML part: the same as plain text. 0: there is none. */
static size_t plain_sibling(const struct run *run, size_t i)
{
    struct mime_part p = mime_record_part(run->r, i);
    size_t end = mime_record_part(run->r, p.parent).next;

    if (!(p.flags & MIME_PART_HTML) || i == 0 || !is_of(run, p.parent, STR("alternative")))
        return 0;
    for (size_t k = p.next; k < end && k < run->r->n_parts;) {
        struct mime_part other = mime_record_part(run->r, k);

        if (is_text(&other, k) && !(other.flags & MIME_PART_HTML))
            return k;
        k = other.next;
    }
    return 0;
}

static bool try_parts(struct run *run, bool embedded)
{
    unsigned tries = 0;

    for (size_t i = 0; i < run->r->n_parts && tries < TRIES && run->left; i++) {
        struct mime_part p = mime_record_part(run->r, i);
        size_t other;

        if (!is_text(&p, i) || is_embedded(run, i) != embedded)
            continue;
        tries++;
        if (is_encrypted(run, i))
            continue;
        other = plain_sibling(run, i);
        if ((other && try_part(run, other)) || try_part(run, i))
            return true;
    }
    return false;
}

void mime_preview(const struct mime_record *r, struct str letter, struct buf *out)
{
    struct buf text;
    struct run run = {.r = r, .letter = letter, .left = LIMIT_MIME_PREVIEW};
    bool found = false;

    buf_init(&text, MIME_PREVIEW_CHARS * 4);
    run.gist = (struct gist){.out = &text, .most = MIME_PREVIEW_CHARS};
    for (unsigned round = 0; round < 4 && !found; round++) {
        run.all = round & 1;
        found = try_parts(&run, round >= 2);
    }
    must(buf_check(&text) == ST_OK);
    buf_add(out, buf_str(&text));
    buf_fini(&text);
}
