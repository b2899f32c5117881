/* Any bytes as a letter: the record is the same however the bytes arrive, opens, and all that it
 * says lies within the letter. */
#include "base/must.h"
#include "mime/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void build(struct str letter, size_t step, struct buf *out)
{
    struct mime_scan s;

    mime_scan_init(&s);
    for (size_t at = 0; at < letter.n; at += step)
        mime_scan_feed(&s, str_sub(letter, at, step));
    mime_scan_end(&s, out);
    mime_scan_fini(&s);
}

/* RFC 3501: parentheses pair up outside of strings, literals are as long as they say. */
static void check_form(struct str s)
{
    size_t depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '"') {
            for (i++; i < s.n && s.p[i] != '"'; i += s.p[i] == '\\' ? 2 : 1)
                must(s.p[i] != '\r' && s.p[i] != '\n' && s.p[i] != '\0' && !(s.p[i] & 0x80));
            must(i < s.n);
        } else if (s.p[i] == '{') {
            size_t n = 0;

            for (i++; i < s.n && ascii_is_digit(s.p[i]); i++)
                n = n * 10 + (size_t)(s.p[i] - '0');
            must(str_starts(str_from(s, i), STR("}\r\n")) && n <= s.n - i - 3);
            must(str_find(str_sub(s, i + 3, n), '\0') == n);
            i += 2 + n;
        } else if (s.p[i] == '(') {
            depth++;
        } else if (s.p[i] == ')') {
            must(depth-- > 0);
        } else {
            must(s.p[i] == ' ' || ascii_is_alnum(s.p[i]));
        }
    }
    must(depth == 0);
}

static void check_record(struct str letter, const struct mime_record *r)
{
    struct mime_field_pos pos = {0};
    struct mime_span span;
    struct buf body;

    must(r->size == letter.n);
    check_form(r->envelope);
    check_form(r->bodystructure);
    buf_init(&body, LIMIT_MIME_RECORD);
    mime_record_add_body(r, &body);
    check_form(buf_str(&body));
    buf_fini(&body);
    while (mime_record_field(r, &pos))
        must(pos.at + pos.n <= r->header_size);
    for (uint32_t i = 1; i < 5; i++)
        for (int what = MIME_SECTION_ALL; what <= MIME_SECTION_MIME; what++)
            if (mime_record_section(r, (const uint32_t[]){i, 1}, 2, (enum mime_section)what, &span, NULL) == ST_OK)
                must(span.at <= letter.n && span.n <= letter.n - span.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str letter = str_n((const char *)data, size);
    struct mime_record r;
    struct buf whole, pieces;

    buf_init(&whole, LIMIT_MIME_RECORD);
    buf_init(&pieces, LIMIT_MIME_RECORD);
    mime_record_build(letter, &whole);
    must(mime_record_open(buf_str(&whole), &r) == ST_OK);
    check_record(letter, &r);
    if (size < 65536) {
        build(letter, 1 + size % 7, &pieces);
        must(str_eq(buf_str(&whole), buf_str(&pieces)));
    }
    buf_fini(&whole);
    buf_fini(&pieces);
    return 0;
}
