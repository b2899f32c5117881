#include "help.h"

#include "imap/fetch_parse.c"

/* The writers stand for themselves: what is parsed is compared, nothing is written. */
static const char *writer_name(const struct fetch_item *it)
{
    return it->write == fetch_uid             ? "uid"
           : it->write == fetch_flags         ? "flags"
           : it->write == fetch_internaldate  ? "date"
           : it->write == fetch_size          ? "size"
           : it->write == fetch_envelope      ? "envelope"
           : it->write == fetch_body          ? "body"
           : it->write == fetch_bodystructure ? "structure"
           : it->write == fetch_savedate      ? "saved"
           : it->write == fetch_emailid       ? "emailid"
           : it->write == fetch_binary        ? "binary"
           : it->write == fetch_binary_size   ? "binarysize"
                                              : "section";
}

static void check(const char *text, bool uid, const char *want)
{
    struct arena a = ARENA_INIT;
    struct fetch f = {0};
    struct memory m;
    struct buf got;

    buf_init(&got, 4096);
    CHECK_ST(memory_begin(&m, arena_printf(&a, "%s\r\n", text)), ST_OK);
    CHECK_ST(fetch_parse(&m.lx, uid, &f), ST_OK);
    if (uid)
        fetch_add_uid(&f);
    for (size_t i = 0; i < f.n; i++) {
        const struct fetch_section *s = &f.items[i].section;

        buf_addf(&got, "%s%s", i ? " " : "", writer_name(&f.items[i]));
        if (f.items[i].flags & SECTION || f.items[i].write == fetch_section)
            buf_addf(&got, "=%.*s%s", STR_ARGS(s->label), f.items[i].flags & SEES ? "!" : "");
        if (s->is_partial)
            buf_addf(&got, "+%llu", (unsigned long long)s->most);
    }
    CHECK_STR(buf_str(&got), str_z(want));
    memory_end(&m);
    arena_fini(&a);
    buf_fini(&got);
}

TEST(items_and_macros)
{
    check(" 1 FLAGS", false, "flags");
    check(" 1 (flags Uid)", false, "flags uid");
    check(" 1:* ALL", false, "flags date size envelope");
    check(" 1:* fast", false, "flags date size");
    check(" 1:* FULL", false, "flags date size envelope body");
    check(" 1 (BODY BODYSTRUCTURE)", false, "body structure");
    check(" 5 FLAGS", true, "uid flags");
    check(" 5 (UID FLAGS)", true, "uid flags");
}

TEST(binary)
{
    struct fetch f;
    struct memory m;

    check(" 1 BINARY[]", false, "binary=BINARY[]!");
    check(" 1 (BINARY.PEEK[1.2]<5.6> SAVEDATE)", false, "binary=BINARY[1.2]<5>+6 saved");
    check(" 1 (binary.size[3] EMAILID)", false, "binarysize=BINARY.SIZE[3] emailid");
    REFUSES(m, " 1 BINARY", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BINARY[TEXT]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BINARY[1.MIME]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BINARY[1.]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BINARY.SIZE[1]<1.2>", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
}

TEST(modifiers)
{
    struct fetch f;
    struct memory m;

    CHECK_ST(memory_begin(&m, STR(" 1:* (FLAGS) (PARTIAL -1:-30)\r\n")), ST_OK);
    CHECK_ST(fetch_parse(&m.lx, true, &f), ST_OK);
    CHECK(f.partial.from_last && f.partial.hi == 30);
    memory_end(&m);
    REFUSES(m, " 1 FLAGS (PARTIAL 1:2)", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 FLAGS (PARTIAL 1:2 PARTIAL 1:2)", fetch_parse(&m.lx, true, &f), ST_SYNTAX);
    REFUSES(m, " 1 FLAGS ()", fetch_parse(&m.lx, true, &f), ST_SYNTAX);
    REFUSES(m, " 1 FLAGS (PARTIAL 1:2", fetch_parse(&m.lx, true, &f), ST_SYNTAX);
}

TEST(sections)
{
    check(" 1 BODY[]", false, "section=BODY[]!");
    check(" 1 BODY.PEEK[]", false, "section=BODY[]");
    check(" 1 body[text]", false, "section=BODY[TEXT]!");
    check(" 1 BODY[1.2.HEADER]", false, "section=BODY[1.2.HEADER]!");
    check(" 1 BODY.PEEK[3]", false, "section=BODY[3]");
    check(" 1 BODY.PEEK[3.MIME]<10.20>", false, "section=BODY[3.MIME]<10>+20");
    check(" 1 BODY.PEEK[HEADER.FIELDS (from \"To\" {2+}\r\nCc)]", false, "section=BODY[HEADER.FIELDS (from To Cc)]");
    check(" 1 BODY[1.HEADER.FIELDS.NOT (\"a b\")]", false, "section=BODY[1.HEADER.FIELDS.NOT (\"a b\")]!");
    check(" 1 (RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)", false,
          "section=RFC822! section=RFC822.HEADER section=RFC822.TEXT! size");
}

TEST(fetch_is_strict)
{
    struct fetch f;
    struct memory m;

    REFUSES(m, " 1 ()", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 (ALL)", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 UNHEARD", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY.PEEK", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 RFC822[]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[0]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[1.]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[MIME]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[]<0.0>", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[]<0>", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 BODY[HEADER.FIELDS ()]", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 (FLAGS", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
    REFUSES(m, " 1 FLAGS UID", fetch_parse(&m.lx, false, &f), ST_SYNTAX);
}
