/* Notices and the letters that they are about: whose, and of which domain. */
#include "box/bounce.c"

#include "test.h"

static struct box_core core;

static struct bounce bounce_of(struct arena *a, struct str mark, struct str about, const char *rcpt)
{
    struct bounce b = {.is_report = true, .n_marks = 1, .n_rcpts = 1, .rcpts = ARENA_NEW(a, struct bounce_rcpt)};

    b.marks[0] = (struct bounce_mark){mark, about};
    b.rcpts[0] = (struct bounce_rcpt){.address = str_z(rcpt), .status = STR("5.1.1"), .failed = true};
    return b;
}

TEST(matching)
{
    struct arena a = ARENA_INIT;
    struct bounce_match m;
    struct bounce b;
    struct str mark;

    CHECK(mark_keys_take(&core.mark_keys, STR("a key that has thirty-two bytes!")));
    mark = mark_make(&a, &core.mark_keys, 0xabc, 7, STR("there.test"));
    b = bounce_of(&a, mark, STR("there.test"), "x@there.test");
    bounce_match(&core, &b, 7, &m);
    CHECK(m.is_ours && m.id == 0xabc);
    CHECK_STR(m.about, STR("there.test"));
    CHECK_STR(bounce_line(&core, &a, &b, &m), STR("X-Restante-Bounce: of 0000000000000abc\r\n"));
    bounce_match(&core, &b, 8, &m); /* another account */
    CHECK(!m.is_ours);
    CHECK_STR(bounce_line(&core, &a, &b, &m), STR("X-Restante-Bounce: of no letter known here\r\n"));
    b = bounce_of(&a, mark, STR(""), "x@There.test"); /* as the id of an envelope */
    bounce_match(&core, &b, 7, &m);
    CHECK(m.is_ours);
    b = bounce_of(&a, mark, STR(""), "x@other.test");
    bounce_match(&core, &b, 7, &m);
    CHECK(!m.is_ours);
    mark = mark_make(&a, &core.mark_keys, 0xabd, 7, STR("x@there.test"));
    b = bounce_of(&a, mark, STR(""), "X@there.test");
    bounce_match(&core, &b, 7, &m);
    CHECK(m.is_ours && m.id == 0xabd && str_ieq(m.about, STR("x@there.test")));
    b = bounce_of(&a, mark, STR("y@there.test"), "y@there.test");
    bounce_match(&core, &b, 7, &m);
    CHECK(!m.is_ours);
    b = bounce_of(&a, mark, STR("other.test"), "x@there.test");
    bounce_match(&core, &b, 7, &m);
    CHECK(!m.is_ours);
    b.is_report = false; /* what does not say that it is one is left alone */
    CHECK(!bounce_line(&core, &a, &b, &m).n);
    b.is_report = true;
    core.mark_keys.n = 0; /* the keeper has not been heard of: nothing is known */
    CHECK(!bounce_line(&core, &a, &b, &m).n);
    arena_fini(&a);
}
