/* Sorting in slices, and memory that is counted. */
#include "mail/sorting.c"

#include "help.h"

static int by_tens(const void *arg, uint32_t a, uint32_t b)
{
    const uint32_t *num = arg;

    return (num[a] / 10 > num[b] / 10) - (num[a] / 10 < num[b] / 10);
}

/* Against what must hold: everything is there once, in order, equal ones as they were. */
static void check_sorted(struct sorting *s, const uint32_t *num, size_t n)
{
    uint32_t *order = ARENA_ARRAY(&s->arena, uint32_t, n + 1);
    bool *seen = ARENA_ARRAY(&s->arena, bool, n + 1);

    for (size_t i = 0; i < n; i++)
        order[i] = (uint32_t)i;
    CHECK_ST(sorting_sort(s, order, n, by_tens, num), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(order[i] < n && !seen[order[i]]);
        seen[order[i]] = true;
        if (i == 0)
            continue;
        CHECK(num[order[i - 1]] / 10 < num[order[i]] / 10 ||
              (num[order[i - 1]] / 10 == num[order[i]] / 10 && order[i - 1] < order[i]));
    }
}

static void body_sorts(struct world *w UNUSED)
{
    static const size_t sizes[] = {0, 1, 2, 3, 7, 64, 65, 1000, 4097};
    uint32_t num[4097], x = 1;
    struct sorting s;

    sorting_begin(&s);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        for (size_t k = 0; k < sizes[i]; k++)
            num[k] = (x = x * 1664525 + 1013904223) >> 20;
        check_sorted(&s, num, sizes[i]);
        for (size_t k = 0; k < sizes[i]; k++)
            num[k] = (uint32_t)k;
        check_sorted(&s, num, sizes[i]);
    }
    sorting_end(&s);
    CHECK_U64(all_taken, 0);
}
TEST(order_is_stable)
{
    in_world(1, body_sorts);
}

TEST(memory_is_bounded)
{
    struct sorting a, b, c;

    sorting_begin(&a);
    sorting_begin(&b);
    sorting_begin(&c);
    CHECK_ST(sorting_take(&a, LIMIT_MAIL_SORT), ST_OK);
    CHECK_ST(sorting_take(&a, 1), ST_LIMIT);
    CHECK_ST(sorting_take(&b, LIMIT_MAIL_SORT), ST_OK);
    CHECK_ST(sorting_take(&c, 1), ST_TRYLATER);
    sorting_end(&a);
    CHECK_ST(sorting_take(&c, 1), ST_OK);
    sorting_end(&b);
    sorting_end(&c);
    CHECK_U64(all_taken, 0);
}

TEST(dates_before_1970_come_first)
{
    struct mail_msg m = {.internal_date_us = 5000000};
    struct email old = {.rec = {.flags = MIME_RECORD_HAS_DATE, .sent_us = -7000000}};
    struct email none = {.rec = {.sent_us = 9000000}};

    CHECK(sorting_sent(&m, &old) < sorting_sent(&m, &none));
    CHECK(sorting_sent(&m, &none) == sorting_sent(&m, NULL));
}
