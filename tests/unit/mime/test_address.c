#include "mime/address.c"

#include "base/buf.h"

#include "test.h"

/* One letter for the kind, then the four strings. */
static struct str show(struct str value, struct arena *a)
{
    struct mime_address_iter it;
    struct mime_address m;
    struct buf b;
    struct str s;

    buf_init(&b, 10000);
    mime_address_begin(&it, a, value);
    while (mime_address_next(&it, &m))
        buf_addf(&b, "%c[%.*s|%.*s|%.*s|%.*s]", "MGE"[m.kind], STR_ARGS(m.name), STR_ARGS(m.route), STR_ARGS(m.local),
                 STR_ARGS(m.domain));
    s = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return s;
}

static const struct {
    struct str value, want;
} cases[] = {
    /* RFC 5322 appendix A */
    {STR("John Doe <jdoe@machine.example>"), STR("M[John Doe||jdoe|machine.example]")},
    {STR("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>"),
     STR("M[Mary Smith||mary|x.test]M[||jdoe|example.org]M[Who?||one|y.test]")},
    {STR("<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>"),
     STR("M[||boss|nil.test]M[Giant; \"Big\" Box||sysservices|example.net]")},
    {STR("\"Joe Q. Public\" <john.q.public@example.com>"), STR("M[Joe Q. Public||john.q.public|example.com]")},
    {STR("A Group:Ed Jones <joe@where.test>,joe@where.test,John <jdoe@one.test>;"),
     STR("G[A Group|||]M[Ed Jones||joe|where.test]M[||joe|where.test]M[John||jdoe|one.test]E[|||]")},
    {STR("Undisclosed recipients:;"), STR("G[Undisclosed recipients|||]E[|||]")},
    {STR("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>"), STR("M[Pete||pete|silly.test]")},
    {STR("A Group(Some people)\r\n     :Chris Jones <c@(Chris's host.)public.example>,\r\n         joe@example.org,\r\n"
         "  John <jdoe@one.test> (my dear friend); (the end of the group)"),
     STR("G[A Group|||]M[Chris Jones||c|public.example]M[||joe|example.org]M[John||jdoe|one.test]E[|||]")},
    {STR("(Empty list)(start)Hidden recipients  :(nobody(that I know))  ;"), STR("G[Hidden recipients|||]E[|||]")},
    {STR("Joe Q. Public <john.q.public@example.com>"), STR("M[Joe Q. Public||john.q.public|example.com]")},
    {STR("Mary Smith <@node.test,@b.test:mary@example.net>, , jdoe@test  . example"),
     STR("M[Mary Smith|@node.test,@b.test|mary|example.net]M[||jdoe|test.example]")},
    /* and what else is seen */
    {STR("user@host (Real Name)"), STR("M[Real Name||user|host]")},
    {STR("a@b (x\r\n \\) y)"), STR("M[x ) y||a|b]")},
    {{"a@b (x\0y), c@[1\0 2", 18}, STR("M[xy||a|b]M[||c|[12]")},
    {STR("\"quoted local\"@host"), STR("M[||quoted local|host]")},
    {STR("a@[192.0.2.1], b@[IPv6:2001:db8::1]"), STR("M[||a|[192.0.2.1]]M[||b|[IPv6:2001:db8::1]]")},
    {STR("=?utf-8?q?J=C3=BC?= =?utf-8?q?rgen?= <j@x>"), STR("M[=?utf-8?q?J=C3=BC?= =?utf-8?q?rgen?=||j|x]")},
    {STR("\"a@b\" <c@d>"), STR("M[a@b||c|d]")},
    {STR("a@b <c@d>"), STR("M[a@b||c|d]")},
    {STR("just words"), STR("M[||just words|]")},
    {STR("a@b@c"), STR("M[||a@b|c]")},
    {STR("Name <a@b, c@d"), STR("M[Name||a|b]M[||c|d]")},
    {STR("Name <a@b> junk, c@d"), STR("M[Name||a|b]M[||c|d]")},
    {STR("Name <>"), STR("M[Name|||]")},
    {STR("<>"), STR("")},
    {STR(",,;,"), STR("")},
    {STR("g: a@b, h: c@d; e@f"), STR("G[g|||]M[||a|b]M[||h|]M[||c|d]E[|||]M[||e|f]")},
    {STR("g: a@b"), STR("G[g|||]M[||a|b]E[|||]")},
    {STR("\"open <a@b>"), STR("M[||open <a@b>|]")},
    {STR("(open <a@b>"), STR("")},
    {STR(""), STR("")},
};

TEST(address_lists)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        CHECK_STR(show(cases[i].value, &a), cases[i].want);
    arena_fini(&a);
}

/* The room that the parser takes is never exceeded: each cut text stands alone in memory, so that a
 * sanitizer sees any step beside it. */
TEST(address_lists_cut_anywhere)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        for (size_t n = 0; n <= cases[i].value.n; n++) {
            struct arena a = ARENA_INIT;
            struct mime_address_iter it;
            struct mime_address m;
            size_t count = 0;
            char *copy = mem_new(n);
            char *room;

            memcpy(copy, cases[i].value.p, n);
            mime_address_begin(&it, &a, str_n(copy, n));
            room = it.room;
            while (mime_address_next(&it, &m))
                count++;
            CHECK(count <= n + 2);
            CHECK(it.room <= room + 2 * n + 2);
            mem_free(copy);
            arena_fini(&a);
        }
}
