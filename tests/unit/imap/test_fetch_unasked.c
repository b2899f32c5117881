/* Items that outlive their command, and are told once. */
#include "help.h"

#include "imap/fetch_unasked.c"

static struct memory m;

TEST(items_are_kept)
{
    struct arena a = ARENA_INIT;
    const struct fetch *kept;
    struct fetch f;

    CHECK_ST(memory_begin(&m, STR("(UID BODY.PEEK[1.2.HEADER.FIELDS (From \"X Y\")]<3.4>)\r\n")), ST_OK);
    CHECK_ST(fetch_parse_items(&m.lx, &f), ST_OK);
    kept = fetch_keep(&f, &a);
    memory_end(&m);
    CHECK_U64(kept->n, 2);
    CHECK(kept->has_uid);
    CHECK_STR(kept->items[1].section.label, STR("BODY[1.2.HEADER.FIELDS (From \"X Y\")]<3>"));
    CHECK_U64(kept->items[1].section.path[1], 2);
    CHECK_STR(kept->items[1].section.names[1], STR("X Y"));
    arena_fini(&a);
}

TEST(items_are_joined)
{
    struct fetch_item items[5];
    struct fetch all = {.items = items}, f, g;
    struct memory other;

    CHECK_ST(memory_begin(&m, STR("(UID FLAGS BODY[TEXT])\r\n")), ST_OK);
    CHECK_ST(fetch_parse_items(&m.lx, &f), ST_OK);
    CHECK_ST(memory_begin(&other, STR("(FLAGS BODY[HEADER] BODY.PEEK[TEXT])\r\n")), ST_OK);
    CHECK_ST(fetch_parse_items(&other.lx, &g), ST_OK);
    join(&all, &f);
    CHECK_U64(all.n, 3);
    join(&all, &g);
    CHECK_U64(all.n, 4);
    CHECK(all.has_uid && all.has_flags);
    CHECK_STR(all.items[3].section.label, STR("BODY[HEADER]"));
    memory_end(&m);
    memory_end(&other);
}

TEST(no_macros)
{
    struct fetch f;

    REFUSES(m, "(ALL)", fetch_parse_items(&m.lx, &f), ST_SYNTAX);
    REFUSES(m, "UID", fetch_parse_items(&m.lx, &f), ST_SYNTAX);
    REFUSES(m, "()", fetch_parse_items(&m.lx, &f), ST_SYNTAX);
}
