#include "base/metrics.c"

#include "test.h"

#include <pthread.h>

static struct metrics_page page;

static void *count(void *arg)
{
    for (int i = 0; i < 1000; i++)
        metric_add(METRIC_LOGINS_OK, 1);
    metric_add(METRIC_OPEN_IMAP, 3);
    metric_sub(METRIC_OPEN_IMAP, 1);
    return arg;
}

TEST(without_a_page_nothing_is_counted)
{
    metric_add(METRIC_LOGINS_OK, 1);
    metric_set(METRIC_QUEUE_BYTES, 1);
    CHECK(metrics_here == NULL);
}

TEST(threads_count_together_and_the_next_process_goes_on)
{
    uint64_t sums[METRIC_COUNT] = {0};
    pthread_t threads[20];

    metrics_attach(&page);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        CHECK(pthread_create(&threads[i], NULL, count, NULL) == 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    metric_set(METRIC_QUEUE_BYTES, 7);
    metric_set(METRIC_QUEUE_BYTES, 5);
    metric_add(METRIC_NONE, 1);
    metrics_sum(&page, sums);
    CHECK_U64(sums[METRIC_LOGINS_OK], 20000);
    CHECK_U64(sums[METRIC_OPEN_IMAP], 40);
    CHECK_U64(sums[METRIC_QUEUE_BYTES], 5);
    metrics_attach(&page); /* as of a role that is started again */
    memset(sums, 0, sizeof sums);
    metrics_sum(&page, sums);
    CHECK_U64(sums[METRIC_LOGINS_OK], 20000);
    CHECK_U64(sums[METRIC_OPEN_IMAP], 0);
    CHECK_U64(sums[METRIC_QUEUE_BYTES], 0);
    metrics_attach(NULL);
}

static bool has(struct str text, const char *line)
{
    return str_search(text, str_z(line)) < text.n;
}

TEST(the_text)
{
    uint64_t sums[METRIC_COUNT] = {0};
    struct buf b;

    sums[METRIC_LOGINS_REFUSED] = 12;
    sums[METRIC_STORE_SYNC_SECONDS] = 12000034;
    sums[METRIC_OPEN_IMAP] = (uint64_t)-1;
    buf_init(&b, 1 << 20);
    metrics_text(&b, sums);
    CHECK_ST(buf_check(&b), ST_OK);
    CHECK(str_starts(buf_str(&b), STR("# HELP restante_info Always 1;")));
    CHECK(has(buf_str(&b), "\n# TYPE restante_logins_total counter\nrestante_logins_total{result=\"ok\"} 0\n"
                           "restante_logins_total{result=\"refused\"} 12\n"));
    CHECK(has(buf_str(&b), "\n# TYPE restante_store_sync_seconds_total counter\n"
                           "restante_store_sync_seconds_total 12.000034\n"));
    CHECK(has(buf_str(&b), "\nrestante_connections{protocol=\"imap\"} 0\n"));
    CHECK(str_ends(buf_str(&b), STR("\n")));
    buf_fini(&b);
}

TEST(rows_of_a_name_stand_together)
{
    for (size_t m = 1; m < METRIC_COUNT; m++) {
        const struct row *r = &rows[m];
        bool first = m == 1 || strcmp(r->name, rows[m - 1].name) != 0;

        CHECK(first == (*r->help != 0));
        CHECK(str_starts(str_z(r->name), STR("restante_")));
        CHECK((r->type == GAUGE) != str_ends(str_z(r->name), STR("_total")));
        CHECK(first || r->type == rows[m - 1].type);
        for (size_t k = 1; first && k < m; k++)
            CHECK(strcmp(r->name, rows[k].name) != 0);
    }
}
