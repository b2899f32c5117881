#include "smtp/author.c"

#include "test.h"

static struct arena arena;

/* The addresses with blanks between them; "?" before them: can't be read, "+": too many. */
static struct str found(const struct authors *l)
{
    struct buf b;
    struct str text;

    buf_init(&b, 65536);
    if (l->is_unreadable || l->too_many)
        buf_addc(&b, l->too_many ? '+' : '?');
    for (size_t i = 0; i < l->n && !l->too_many; i++)
        buf_addf(&b, "%s%.*s", b.n ? " " : "", STR_ARGS(l->list[i]));
    text = arena_str(&arena, buf_str(&b));
    buf_fini(&b);
    return text;
}

TEST(addresses_of_a_field)
{
    static const char *const cases[][2] = {
        {"From: me@a.test\r\n", "me@a.test"},
        {"FROM :\r\n\tMe <me@A.Test>\r\n", "me@a.test"},
        {"Sender: <me@a.test>\r\n", "me@a.test"},
        {"From: One <one@a.test>, \"Two, of \\\"us\\\"\" <two@b.test> (2)\r\n", "one@a.test two@b.test"},
        {"From: Us: one@a.test, Two <two@b.test>;\r\n", "one@a.test two@b.test"},
        {"From: =?utf-8?q?J=C3=B6rg_=3Cx=40y=3E?= <me@a.test>\r\n", "me@a.test"},
        {"From: me@a.test (that is x@y.test)\r\n", "me@a.test"},
        {"From: \"x@y.test\" <me@a.test>\r\n", "me@a.test"},
        {"From: \"two words\"@a.test\r\n", "\"two words\"@a.test"},
        {"From: \"me\"@a.test\r\n", "me@a.test"},
        {"From: me @ a . test\r\n", "me@a.test"},
        {"From: <@relay.test,@other.test:me@a.test>\r\n", "me@a.test"},
        {"From: me@a.test, <me@a.test>, me@A.TEST\r\n", "me@a.test"},
        {"From: me@b\xc3\xbc"
         "cher.test\r\n",
         "me@xn--bcher-kva.test"},
        /* where readers see different things, all of them count */
        {"From: boss@b.test <me@a.test>\r\n", "boss@b.test me@a.test"},
        {"From: me@a.test <me@a.test>\r\n", "me@a.test"},
        {"From: me@a.test boss@b.test\r\n", "me@a.test boss@b.test \"me@a.testboss\"@b.test"},
        {"From: <me@a.test> <boss@b.test>\r\n", "? me@a.test boss@b.test"},
        {"From: <me@a.test> boss@b.test\r\n", "? me@a.test boss@b.test"},
        {"From: <me@a.test> \"boss@b.test\"\r\n", "? me@a.test boss@b.test"},
        {"From: <me@a.test>: boss@b.test;\r\n", "? me@a.test boss@b.test"},
        {"From: <me@a.test\r\n", "? me@a.test"},
        {"From: me@a.test>\r\n", "? me@a.test"},
        {"From: <<me@a.test>>\r\n", "? me@a.test"},
        {"From: me@a.test (boss@b.test\r\n", "? me@a.test boss@b.test"},
        {"From: me@a.test, \"boss\r\n", "? me@a.test"},
        {"From: <me@a.test, boss@b.test>\r\n", "me@a.test boss@b.test"},
        {"From: \"boss\"@b.test, <x\r\n", "? boss@b.test ?@b.test"},
        {"From: boss @ b.test (x\r\n", "? boss@b.test"},
        /* none, or none that is whole */
        {"From:\r\n", "?"},
        {"From: ;\r\n", "?"},
        {"From: undisclosed:;\r\n", "?"},
        {"From: root\r\n", "?"},
        {"From: Root <root>\r\n", "?"},
        {"From: <>\r\n", "?"},
        {"From: me@a.test, root\r\n", "? me@a.test"},
        {"From: me@.test\r\n", "?"},
        /* other fields */
        {"Reply-To: x@y.test\r\n", ""},
        {"From\r\n", ""},
        {"From me@a.test Mon Nov 23 13:00:00 2026\r\n", ""},
        {"X-From: x@y.test\r\n", ""},
        {"", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct authors l = {0};

        authors_field(&l, &arena, str_z(cases[i][0]));
        CHECK_STR(found(&l), str_z(cases[i][1]));
    }
    arena_reset(&arena);
}

/* The local part is all before the last @: nobody's here, whatever a reader makes of it. */
TEST(the_last_at_sign_parts)
{
    struct authors l = {0};

    authors_field(&l, &arena, STR("From: <boss@b.test@a.test>\r\n"));
    CHECK_U64(l.n, 1);
    CHECK_STR(l.list[0], STR("\"boss@b.test\"@a.test"));
    arena_reset(&arena);
}

TEST(all_fields_of_both_names_count)
{
    struct authors l = {0};

    authors_field(&l, &arena, STR("From: me@a.test\r\n"));
    authors_field(&l, &arena, STR("Subject: From: x@y.test\r\n"));
    authors_field(&l, &arena, STR("from: boss@b.test\r\n"));
    authors_field(&l, &arena, STR("sender: other@c.test\r\n"));
    CHECK_STR(found(&l), STR("me@a.test boss@b.test other@c.test"));
    authors_field(&l, &arena, STR("From: root\r\n"));
    CHECK_STR(found(&l), STR("? me@a.test boss@b.test other@c.test"));
    CHECK_STR(l.unreadable, STR("root"));
    arena_reset(&arena);
}

TEST(there_is_a_most)
{
    struct authors l = {0};
    struct buf b;

    buf_init(&b, 1 << 20);
    buf_addz(&b, "From: ");
    for (unsigned i = 0; i < LIMIT_SMTP_AUTHORS; i++)
        buf_addf(&b, "%sa%u@a.test", i ? ",\r\n " : "", i);
    authors_field(&l, &arena, buf_str(&b));
    CHECK(!l.too_many && !l.is_unreadable);
    CHECK_U64(l.n, LIMIT_SMTP_AUTHORS);
    authors_field(&l, &arena, STR("From: one@more.test"));
    CHECK(l.too_many);
    l = (struct authors){0};
    buf_clear(&b);
    buf_addz(&b, "From: ");
    while (b.n < 1000000)
        buf_addz(&b, "a@a.test,");
    authors_field(&l, &arena, buf_str(&b));
    CHECK(l.too_many && l.seen <= 4 * LIMIT_SMTP_AUTHORS + 1);
    buf_fini(&b);
    arena_fini(&arena);
}

/* Wherever it is cut nothing is read beyond it, and no address is found that is not a beginning of one. */
TEST(cut_anywhere)
{
    struct str whole = STR("From: \"A \\\" b\" <me@a.test> (c (d) \\)), x@y.test <z@[192.0.2.1]>, G: \"q r\"@s.test;");

    for (size_t i = 0; i <= whole.n; i++) {
        char *copy = mem_new(i ? i : 1);
        struct authors l = {0};

        memcpy(copy, whole.p, i);
        authors_field(&l, &arena, str_n(copy, i));
        CHECK(l.n <= 4);
        mem_free(copy);
    }
    arena_fini(&arena);
}
