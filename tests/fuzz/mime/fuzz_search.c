/* A needle, a line end, and a letter: search says the same however the letter arrives. */
#include "base/must.h"
#include "mime/scan.h"
#include "mime/text_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str letter = str_n((const char *)data, size), text;
    struct arena a = ARENA_INIT;
    struct mime_needle needle;
    struct mime_record r;
    struct buf record;
    bool whole, body;

    if (!str_split(&letter, '\n', &text) || !letter.p || size > 65536)
        return 0;
    buf_init(&record, LIMIT_MIME_RECORD);
    mime_record_build(letter, &record);
    must(mime_record_open(buf_str(&record), &r) == ST_OK);
    mime_needle_init(&needle, &a, text);
    whole = mime_search_letter(&r, &needle, true, letter);
    body = mime_search_letter(&r, &needle, false, letter);
    must(whole || !body);
    for (size_t step = 1; step < 4; step += 2) {
        struct mime_search *s = mime_search_new(&needle, true);

        mime_search_begin(s, &r);
        for (size_t at = 0; at < letter.n && !mime_search_feed(s, str_sub(letter, at, step)); at += step)
            ;
        must(mime_search_end(s) == whole);
        mime_search_free(s);
    }
    buf_fini(&record);
    arena_fini(&a);
    return 0;
}
