#include "admin/wire.c"

#include "test.h"

static void put_ask(struct buf *b)
{
    struct msg_admin_ask ask = {.uid = 7, .words = STR("words"), .input = STR("from standard input")};

    buf_init(b, 2 * WIRE_MAX);
    CHECK_ST(wire_put(MSG_admin_ask, &ask, b), ST_OK);
}

TEST(a_frame_is_taken_when_it_is_whole_and_not_before)
{
    struct msg_admin_ask got;
    struct buf b;
    size_t used;

    put_ask(&b);
    for (size_t n = 0; n < b.n; n++) {
        CHECK_ST(wire_take(MSG_admin_ask, str_n(b.p, n), &got, &used), ST_OK);
        CHECK_U64(used, 0);
    }
    CHECK_ST(wire_take(MSG_admin_ask, buf_str(&b), &got, &used), ST_OK);
    CHECK_U64(used, b.n);
    CHECK_STR(got.input, STR("from standard input"));
    buf_fini(&b);
}

TEST(frames_stand_one_behind_the_other)
{
    struct msg_admin_answer got;
    struct buf b;
    size_t used;

    buf_init(&b, WIRE_MAX);
    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(wire_put(MSG_admin_answer, &(struct msg_admin_answer){.more = i < 2, .json = STR("[]")}, &b), ST_OK);
    for (unsigned i = 0; i < 3; i++) {
        CHECK_ST(wire_take(MSG_admin_answer, buf_str(&b), &got, &used), ST_OK);
        CHECK_U64(got.more, i < 2);
        CHECK(used > 0);
        buf_drop_front(&b, used);
    }
    CHECK_U64(b.n, 0);
    buf_fini(&b);
}

TEST(what_can_never_be_a_frame_is_refused_at_once)
{
    struct msg_admin_ask got;
    struct buf b;
    size_t used;

    CHECK_ST(wire_take(MSG_admin_ask, str_n("\xff\xff\xff\xff", 4), &got, &used), ST_SYNTAX);
    put_ask(&b);
    b.p[64] = (char)0xff; /* the length of a text, behind the frame's own, the user, the account and his limits */
    CHECK_ST(wire_take(MSG_admin_ask, buf_str(&b), &got, &used), ST_SYNTAX);
    CHECK_U64(used, 0);
    buf_fini(&b);
}
