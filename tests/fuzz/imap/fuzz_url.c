/* Any text as an IMAP URL: what is taken holds no control characters, is UTF-8, and its rump is the beginning of it. A section in it is read by
 * FETCH's own parser. */
#include "imap/fetch.h"
#include "imap/url.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127)
            abort();
    if (!str_is_utf8(s))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_n((const char *)data, size);
    struct arena a = ARENA_INIT;
    struct fetch_section section;
    struct imap_url u;

    if (imap_url_parse(&a, text, &u) == ST_OK) {
        check(u.user);
        check(u.mailbox);
        check(u.section);
        check(u.access_user);
        if (!u.uid || !u.mailbox.n || (u.is_partial && !u.most) ||
            (u.access && (!u.rump.n || !str_starts(text, u.rump))) || (u.mechanism.n && u.token.n < 32))
            abort();
        if (fetch_parse_section(&a, u.section, &section) == ST_OK && section.depth > LIMIT_IMAP_SECTION_DEPTH)
            abort();
    }
    arena_fini(&a);
    return 0;
}
