#include "ipc/work.c"

#include "test.h"

static struct attribute notify = {{"NOTIFY", 6}, {"NEVER", 5}};
static struct work_rcpt rcpts[] = {
    {.index = 3, .attempts = 2, .address = {"b@example.org", 13}, .attrs = &notify, .n_attrs = 1},
    {.index = 9, .address = {"c@example.org", 13}},
};
static const struct work_letter letters[] = {
    {.id = 77,
     .size = 4096,
     .account = 5,
     .credential = 6,
     .began_us = 8,
     .attempts = 2,
     .priority = 1,
     .reverse_path = {"a@example.test", 14},
     .route = {"h.test:25 tls", 13},
     .rcpts = rcpts,
     .n_rcpts = 2},
    {.id = 78, .rcpts = rcpts, .n_rcpts = 1, .attrs = &notify, .n_attrs = 1},
};

TEST(letters_come_back_and_every_cut_is_refused)
{
    struct arena a = ARENA_INIT;
    struct work_letter *got;
    struct buf b;
    size_t n;

    buf_init(&b, 2000);
    work_letters_put(&b, letters, ARRAY_LEN(letters));
    CHECK_ST(work_letters_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK(got[0].id == 77 && got[0].size == 4096 && got[0].account == 5 && got[0].credential == 6 &&
          got[0].began_us == 8);
    CHECK(got[0].attempts == 2 && got[0].priority == 1);
    CHECK_STR(got[0].reverse_path, STR("a@example.test"));
    CHECK_STR(got[0].route, STR("h.test:25 tls"));
    CHECK(!got[1].route.n);
    CHECK_U64(got[0].n_rcpts, 2);
    CHECK_U64(got[0].rcpts[0].index, 3);
    CHECK_U64(got[0].rcpts[0].attempts, 2);
    CHECK_STR(got[0].rcpts[0].attrs[0].value, STR("NEVER"));
    CHECK_STR(got[0].rcpts[1].address, STR("c@example.org"));
    CHECK_U64(got[1].n_attrs, 1);
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(work_letters_get(str_n(b.p, i), &a, &got, &n), ST_SYNTAX);
    buf_addc(&b, 0);
    CHECK_ST(work_letters_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(a_letter_for_nobody_is_none)
{
    struct work_letter l = {.id = 1};
    struct arena a = ARENA_INIT;
    struct work_letter *got;
    struct buf b;
    size_t n;

    buf_init(&b, 200);
    work_letters_put(&b, &l, 1);
    CHECK_ST(work_letters_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    buf_clear(&b);
    work_letters_put(&b, &l, 0);
    CHECK_ST(work_letters_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, 0);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(results_come_back_and_every_cut_is_refused)
{
    const struct work_result v[] = {{.index = 3,
                                     .state = WORK_FAILED,
                                     .is_remote = true,
                                     .status = STR("5.1.1"),
                                     .answer = STR("550 5.1.1 no"),
                                     .host = STR("mx.example"),
                                     .tls = STR("TLSv1.3")},
                                    {.index = 9, .state = WORK_UNTRIED, .not_before_us = 12}};
    struct arena a = ARENA_INIT;
    struct work_result *got;
    struct buf b;
    size_t n;

    buf_init(&b, 2000);
    work_results_put(&b, v, ARRAY_LEN(v));
    CHECK_ST(work_results_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK(got[0].index == 3 && got[0].state == WORK_FAILED && got[0].is_remote);
    CHECK_STR(got[0].status, STR("5.1.1"));
    CHECK_STR(got[0].answer, STR("550 5.1.1 no"));
    CHECK_STR(got[0].host, STR("mx.example"));
    CHECK_STR(got[0].tls, STR("TLSv1.3"));
    CHECK(got[1].state == WORK_UNTRIED && got[1].not_before_us == 12 && !got[1].is_remote);
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(work_results_get(str_n(b.p, i), &a, &got, &n), ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}

TEST(results_out_of_range_are_refused)
{
    const struct work_result bad[] = {{.state = WORK_STATES}, {.index = LIMIT_QUEUE_RCPTS}};
    struct arena a = ARENA_INIT;
    struct work_result *got;
    struct buf b;
    size_t n;

    buf_init(&b, 2000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        buf_clear(&b);
        work_results_put(&b, &bad[i], 1);
        CHECK_ST(work_results_get(buf_str(&b), &a, &got, &n), ST_SYNTAX);
    }
    buf_fini(&b);
    arena_fini(&a);
}

TEST(a_long_answer_is_cut)
{
    struct arena a = ARENA_INIT;
    char *text = arena_alloc(&a, 2 * WORK_TEXT_MAX);
    struct work_result v = {.answer = str_n(memset(text, 'x', 2 * WORK_TEXT_MAX), 2 * WORK_TEXT_MAX)}, *got;
    struct buf b;
    size_t n;

    buf_init(&b, 8192);
    work_results_put(&b, &v, 1);
    CHECK_ST(work_results_get(buf_str(&b), &a, &got, &n), ST_OK);
    CHECK_U64(got[0].answer.n, WORK_TEXT_MAX);
    buf_fini(&b);
    arena_fini(&a);
}
