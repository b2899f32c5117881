/* Any bytes as a record: refused, or all that it hands out lies within its bounds. */
#include "base/must.h"
#include "mime/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct mime_record *r)
{
    struct mime_field_pos pos = {0};
    struct mime_span span;
    struct mime_record moved;
    struct buf out;

    buf_init(&out, LIMIT_MIME_RECORD * 2);
    mime_record_add_body(r, &out);
    must(out.n <= r->bodystructure.n);
    buf_clear(&out);
    while (mime_record_field(r, &pos))
        must(pos.at + pos.n <= r->header_size);
    for (size_t i = 0; i < r->n_refs; i++)
        mime_record_ref(r, i);
    for (uint32_t k = 0; k < 4; k++)
        for (size_t depth = 0; depth <= 4; depth++)
            for (int what = MIME_SECTION_ALL; what <= MIME_SECTION_MIME; what++)
                if (mime_record_section(r, (const uint32_t[]){k, 1, k, 1}, depth, (enum mime_section)what, &span,
                                        NULL) == ST_OK)
                    must(span.at <= r->size && span.n <= r->size - span.at);
    if (mime_record_prefix(r, STR("Return-Path: <>\r\nX: y\r\n z\r\n"), &out) == ST_OK)
        must(mime_record_open(buf_str(&out), &moved) == ST_OK);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mime_record r;

    if (mime_record_open(str_n((const char *)data, size), &r) == ST_OK)
        walk(&r);
    return 0;
}
