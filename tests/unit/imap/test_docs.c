#include "test.h"

#include "imap/docs.c"

static bool holds(const struct buf *b, const char *text)
{
    return memmem(b->p, b->n, text, strlen(text)) != NULL;
}

TEST(a_line_for_each_capability)
{
    struct buf page;

    buf_init(&page, 1 << 20);
    imap_docs(&page);
    CHECK(!page.over);
    for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
        char line[100];

        snprintf(line, sizeof line, "| `%s` | %s | ", caps[i].name, caps[i].reference);
        CHECK(holds(&page, line));
    }
    CHECK(holds(&page, "| `MOVE` | RFC 6851 | after login | command `MOVE` | IMAP4rev2 |"));
    CHECK(holds(&page, "| `SASL-IR` | RFC 4959 | before login |  | IMAP4rev2 |"));
    CHECK(holds(&page, "FETCH `SAVEDATE`, SEARCH `SAVEDATESUPPORTED`, "));
    buf_fini(&page);
}
