#include "directory/greys.c"

#include "test.h"

TEST(who_has_come_back_is_kept)
{
    struct arena a = ARENA_INIT;
    struct directory_grey *v;
    struct directory *d;
    size_t n;

    CHECK_ST(directory_open(":memory:", &d), ST_OK);
    CHECK_ST(directory_grey_put(d, &(struct directory_grey){STR("aa"), 1, 5, 0}), ST_OK);
    CHECK_ST(directory_grey_put(d, &(struct directory_grey){STR("aa"), 1, 7, 2}), ST_OK);
    CHECK_ST(directory_grey_put(d, &(struct directory_grey){STR("bb"), 2, 9, 1}), ST_OK);
    CHECK_ST(directory_grey_list(d, &a, 0, 10, &v, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(v[0].key, STR("bb"));
    CHECK(v[1].passes == 2 && v[1].last_us == 7 && v[1].first_us == 1);
    CHECK_ST(directory_grey_list(d, &a, 8, 10, &v, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_ST(directory_grey_trim(d, 8), ST_OK);
    CHECK_ST(directory_grey_list(d, &a, 0, 10, &v, &n), ST_OK);
    CHECK_U64(n, 1);
    directory_close(d);
    arena_fini(&a);
}
