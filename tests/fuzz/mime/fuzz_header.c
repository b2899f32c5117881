/* Any bytes as a header: fields follow each other without a gap; every value goes through all that
 * reads values, and what comes out as text is UTF-8. */
#include "base/must.h"
#include "mime/address.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/param.h"
#include "mime/subject.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_addresses(struct arena *a, struct str value)
{
    struct mime_address_iter it;
    struct mime_address m;
    size_t n = 0, groups = 0;

    mime_address_begin(&it, a, value);
    while (mime_address_next(&it, &m)) {
        must(++n <= value.n + 2);
        groups += m.kind == MIME_ADDR_GROUP_BEGIN;
        if (m.kind == MIME_ADDR_GROUP_END)
            must(groups-- == 1);
    }
    must(groups == 0);
}

static void read_value(struct arena *a, struct str value)
{
    struct mime_content_type t;
    struct mime_disposition d;
    struct mime_date date;
    bool reply;

    must(str_find(mime_unfold(a, value), '\n') == mime_unfold(a, value).n);
    must(str_is_utf8(mime_unfold_decoded(a, value)));
    must(str_is_utf8(mime_base_subject(a, value, &reply)));
    read_addresses(a, value);
    if (mime_date_parse(value, &date) == ST_OK)
        must(date.zone > -1440 && date.zone < 1440);
    if (mime_content_type_parse(a, value, &t))
        for (size_t i = 0; i < t.params.n; i++)
            must(str_is_utf8(mime_param_text(a, &t.params, t.params.list[i].name)));
    if (mime_disposition_parse(a, value, &d))
        must(str_is_utf8(mime_param_text(a, &d.params, STR("filename"))));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str header = str_n((const char *)data, size);
    struct mime_field f;
    size_t at = 0;

    for (size_t pos = 0; mime_header_next(header, &pos, &f);) {
        struct arena a = ARENA_INIT;

        must(f.raw.p == header.p + at && pos == at + f.raw.n && f.raw.n > 0);
        at = pos;
        read_value(&a, f.value);
        arena_fini(&a);
    }
    return 0;
}
