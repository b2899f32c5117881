/* What was sent in an hour and a day, when there is room again, what is usual, and that it is kept as it is. */
#include "policy/send_use.c"

#include "test.h"

#define T0 1795564800u /* a day begins */

static const struct send_limits three = {{3, 5}};

static void send(struct send_use *u, uint64_t now_s, uint32_t letters, uint32_t rcpts)
{
    send_use_move(u, now_s);
    send_use_add(u, &(struct send_step){letters, rcpts, 0, 0});
}

TEST(it_says_when_there_is_room_again)
{
    struct send_use u = {0};
    enum send_limit which = SEND_LIMITS;
    uint64_t wait = 7;

    send(&u, T0 + 10, 1, 1);
    send(&u, T0 + 1000, 1, 1);
    CHECK(send_use_may(&u, &three, 1, 1, T0 + 1000, &which, &wait) && wait == 0);
    send(&u, T0 + 1210, 1, 1);
    CHECK(!send_use_may(&u, &three, 1, 1, T0 + 1210, &which, &wait));
    CHECK(which == SEND_LETTERS_HOUR);
    CHECK_U64(wait, 3600 - 1210); /* the first one's five minutes began at T0 */
    send_use_move(&u, T0 + 3599);
    CHECK(!send_use_may(&u, &three, 1, 1, T0 + 3599, &which, &wait));
    CHECK_U64(wait, 1);
    send_use_move(&u, T0 + 3600);
    CHECK(send_use_may(&u, &three, 1, 1, T0 + 3600, &which, &wait));
    CHECK_U64(send_use_of_hour(&u).letters, 2);
    CHECK_U64(send_use_of_day(&u).letters, 3);
    send(&u, T0 + 8000, 2, 2);
    CHECK(!send_use_may(&u, &three, 1, 1, T0 + 8000, &which, &wait));
    CHECK(which == SEND_LETTERS_DAY);
    CHECK_U64(wait, 86400 - 8000);
    send_use_move(&u, T0 + 10 * 86400);
    CHECK_U64(send_use_of_day(&u).rcpts, 0);
    send_use_fini(&u);
}

TEST(what_came_to_nothing_is_taken_back)
{
    struct send_use u = {0};

    send(&u, T0 + 100, 1, 4);
    send(&u, T0 + 400, 1, 1);
    send_use_take_back(&u, &(struct send_step){1, 4, 0, 0}, T0 + 100);
    CHECK_U64(send_use_of_hour(&u).rcpts, 1);
    CHECK_U64(send_use_of_day(&u).letters, 1);
    send_use_take_back(&u, &(struct send_step){9, 9, 9, 9}, T0 + 100); /* never below nothing */
    CHECK_U64(send_use_of_hour(&u).rcpts, 1);
    send_use_move(&u, T0 + 7200);
    send_use_take_back(&u, &(struct send_step){0, 1, 0, 0}, T0 + 400); /* its five minutes are another's now */
    CHECK_U64(send_use_of_hour(&u).rcpts, 0);
    CHECK_U64(send_use_of_day(&u).rcpts, 0);
    send_use_fini(&u);
}

TEST(a_clock_that_was_wrong_keeps_nobody_waiting)
{
    struct send_use u = {0};
    enum send_limit which;
    uint64_t wait;

    send(&u, T0 + 400 * 86400, 9, 9);
    send(&u, T0, 1, 1);
    send_use_move(&u, T0 + 86400 + 10);
    CHECK(send_use_may(&u, &three, 1, 1, T0 + 86400 + 10, &which, &wait));
    send_use_fini(&u);
}

TEST(what_is_usual)
{
    struct send_use u = {0};

    send(&u, T0, 50, 60);
    CHECK_U64(send_use_usual(&u), 0); /* the hour is not over */
    send(&u, T0 + 3600, 1, 1);
    CHECK_U64(send_use_usual(&u), 60);
    send(&u, T0 + 20 * 86400, 1, 10);
    send(&u, T0 + 20 * 86400 + 3600, 1, 200);
    CHECK_U64(send_use_usual(&u), 60);
    send_use_forgive(&u);
    CHECK_U64(send_use_usual(&u), 200);
    send_use_move(&u, T0 + 45 * 86400);
    CHECK_U64(send_use_usual(&u), 200);
    send_use_move(&u, T0 + 61 * 86400);
    CHECK_U64(send_use_usual(&u), 0);
    send_use_fini(&u);
}

TEST(to_whom_and_from_where)
{
    struct send_use u = {0};
    char text[40];

    CHECK(send_use_writes_to(&u, STR("a@b.test")));
    CHECK(!send_use_writes_to(&u, STR("A@B.test")));
    for (unsigned i = 0; i < SEND_KNOWN_MAX; i++) {
        snprintf(text, sizeof text, "x%u@b.test", i);
        CHECK(send_use_writes_to(&u, str_z(text)));
    }
    CHECK(send_use_writes_to(&u, STR("a@b.test"))); /* so long ago that it is forgotten */
    CHECK(!send_use_writes_to(&u, STR("x9@b.test")));
    CHECK(!send_use_from(&u, 1, T0)); /* the first one there is */
    CHECK(!send_use_from(&u, 2, T0 + 3600));
    CHECK(send_use_from(&u, 3, T0 + 86400));
    CHECK(send_use_from(&u, 3, T0 + 86400 + 3600));
    CHECK(!send_use_from(&u, 3, T0 + 2 * 86400));
    CHECK(!send_use_from(&u, 1, T0 + 2 * 86400));
    for (uint64_t n = 10; n < 10 + SEND_NETWORKS; n++)
        IGNORE(send_use_from(&u, n, T0 + 2 * 86400 + n) ? ST_OK : ST_BUSY);
    CHECK(send_use_from(&u, 2, T0 + 4 * 86400)); /* forgotten */
    send_use_fini(&u);
}

TEST(it_is_kept_as_it_is)
{
    struct send_use u = {0}, back = {0};
    struct buf b, again;
    char text[40];

    for (unsigned i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "x%u@b.test", i);
        CHECK(send_use_writes_to(&u, str_z(text)));
        send(&u, T0 + i * 700, i, 2 * i);
        IGNORE(send_use_from(&u, i + 1, T0 + i * 700) ? ST_OK : ST_BUSY);
    }
    buf_init(&b, SEND_USE_BYTES_MAX);
    buf_init(&again, SEND_USE_BYTES_MAX);
    send_use_encode(&u, &b);
    CHECK_ST(buf_check(&b), ST_OK);
    CHECK_ST(send_use_decode(buf_str(&b), &back), ST_OK);
    send_use_encode(&back, &again);
    CHECK_STR(buf_str(&again), buf_str(&b));
    CHECK(!send_use_writes_to(&back, STR("x99@b.test")) && send_use_writes_to(&back, STR("x100@b.test")));
    for (size_t i = 0; i < b.n; i++) {
        struct send_use cut = {0};

        CHECK_ST(send_use_decode(str_n(b.p, i), &cut), ST_CORRUPT);
    }
    send_use_fini(&u);
    send_use_fini(&back);
    buf_fini(&b);
    buf_fini(&again);
}
