/* A letter: its preview is whole characters of UTF-8 on one line, no more than may be, the same each time, and none of the bytes
 * of an encrypted message. */
#include "base/must.h"
#include "mime/preview.h"
#include "mime/scan.h"
#include "mime/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned check_characters(struct str s)
{
    unsigned n = 0;

    for (size_t at = 0; at < s.n; n++) {
        size_t len = utf8_len(s, at);

        must(len && len <= s.n - at && (unsigned char)s.p[at] >= ' ' && s.p[at] != 0x7f);
        must(s.p[at] != ' ' || (at && at + 1 < s.n && s.p[at + 1] != ' '));
        at += len;
    }
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str letter = str_n((const char *)data, size);
    struct buf record, out, again;
    struct mime_record r;

    if (size > 65536)
        return 0;
    buf_init(&record, LIMIT_MIME_RECORD);
    buf_init(&out, 4096);
    buf_init(&again, 4096);
    mime_record_build(letter, &record);
    must(mime_record_open(buf_str(&record), &r) == ST_OK);
    mime_preview(&r, letter, &out);
    must(check_characters(buf_str(&out)) <= MIME_PREVIEW_CHARS);
    must(str_search(buf_str(&out), STR("-----BEGIN PGP MESSAGE")) == out.n);
    mime_preview(&r, letter, &again);
    must(str_eq(buf_str(&out), buf_str(&again)));
    buf_fini(&again);
    buf_fini(&out);
    buf_fini(&record);
    return 0;
}
