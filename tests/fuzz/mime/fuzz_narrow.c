/* What comes out is 7 bits where that is asked for, lines of text always, has no new long lines, and its parts are those that went in, with the same bytes when decoded. */
#include "mime/narrow.h"

#include "base/must.h"
#include "mime/decode.h"
#include "mime/lines.h"
#include "mime/scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct view {
    struct str letter;
    struct buf bytes;
    struct mime_record rec;
};

static void look(struct view *v, struct str letter)
{
    v->letter = letter;
    buf_init(&v->bytes, LIMIT_MIME_RECORD);
    mime_record_build(letter, &v->bytes);
    must(mime_record_open(buf_str(&v->bytes), &v->rec) == ST_OK);
}

static void content(const struct view *v, struct mime_part p, struct buf *out)
{
    struct str body = str_sub(v->letter, p.body_start, p.body_end - p.body_start);
    struct mime_decoder d;

    buf_init(out, body.n + 64);
    if (p.encoding != MIME_QP && p.encoding != MIME_BASE64) {
        buf_add(out, body);
        return;
    }
    mime_decoder_init(&d, p.encoding);
    mime_decode_feed(&d, body, out);
    mime_decode_end(&d, out);
}

static void compare(struct str before, struct str after)
{
    struct view a, b;

    look(&a, before);
    look(&b, after);
    must(a.rec.n_parts == b.rec.n_parts);
    for (size_t i = 0; i < a.rec.n_parts; i++) {
        struct mime_part p = mime_record_part(&a.rec, i), q = mime_record_part(&b.rec, i);
        struct buf was, is;

        must(p.flags == q.flags && p.parent == q.parent && p.next == q.next);
        if (p.flags & (MIME_PART_MULTIPART | MIME_PART_MESSAGE))
            continue;
        content(&a, p, &was);
        content(&b, q, &is);
        must(str_eq(buf_str(&was), buf_str(&is)));
        buf_fini(&was);
        buf_fini(&is);
    }
    buf_fini(&a.bytes);
    buf_fini(&b.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = str_n((const char *)data, size);
    struct buf out;

    buf_init(&out, size * 4 + 4096);
    for (enum mime_width to = MIME_TO_7BIT; to <= MIME_TO_8BIT; to++) {
        buf_clear(&out);
        if (mime_narrow(in, to, &out) != ST_OK)
            continue;
        must(to == MIME_TO_8BIT || str_is_ascii(buf_str(&out)));
        must(!mime_lines_of(buf_str(&out), SIZE_MAX).has_bare);
        compare(in, buf_str(&out));
    }
    buf_fini(&out);
    return 0;
}
