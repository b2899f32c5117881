/* Marks of letters that leave: good for one account and one domain, under any key that is still taken. */
#include "box/mark.c"

#include "test.h"

TEST(marks)
{
    struct mark_keys k = {0}, later = {0}, other = {0};
    struct arena a = ARENA_INIT;
    char raw[2 * MARK_KEY_BYTES] = "first key, thirty-two bytes long";
    struct str mark;
    uint64_t id = 0;
    char bad[64];

    CHECK_STR(mark_make(&a, &k, 1, 2, STR("there.test")), STR("")); /* no keys yet */
    CHECK(!mark_check(&k, STR("0000000000000001-00000000000000000000"), 2, STR("there.test"), &id));
    CHECK(mark_keys_take(&k, str_n(raw, MARK_KEY_BYTES)) && !mark_keys_take(&k, str_n(raw, 31)) &&
          !mark_keys_take(&k, STR("")));
    mark = mark_make(&a, &k, 0x1234, 7, STR("There.test"));
    CHECK_U64(mark.n, MARK_LETTERS);
    CHECK(mark_check(&k, mark, 7, STR("there.TEST"), &id) && id == 0x1234);
    CHECK(!mark_check(&k, mark, 8, STR("there.test"), &id) && !mark_check(&k, mark, 7, STR("other.test"), &id));
    for (size_t i = 0; i < mark.n; i++) {
        memcpy(bad, mark.p, mark.n);
        bad[i] = bad[i] == '0' ? '1' : '0';
        CHECK(!mark_check(&k, str_n(bad, mark.n), 7, STR("there.test"), &id));
        CHECK(!mark_check(&k, str_n(mark.p, i), 7, STR("there.test"), &id));
    }
    memcpy(raw + MARK_KEY_BYTES, raw, MARK_KEY_BYTES);
    raw[0] = 'x';
    CHECK(mark_keys_take(&later, str_n(raw, sizeof raw)) && mark_check(&later, mark, 7, STR("there.test"), &id));
    CHECK(mark_keys_take(&other, str_n(raw, MARK_KEY_BYTES)) && !mark_check(&other, mark, 7, STR("there.test"), &id));
    arena_fini(&a);
}
