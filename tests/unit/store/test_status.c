#include "store/status.c"

#include "fixture.h"
#include "test.h"

TEST(what_is_told_adds_up)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char *bytes = make_bytes(1, 300000, false);
    struct store_status st;
    uint64_t small, large;
    struct store *s;

    o.reserve_bytes = UINT64_MAX / 2; /* no filler */
    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = 1;
    CHECK_ST(add_blob(s, str_n(bytes, 10000), &small), ST_OK);
    CHECK_ST(add_blob(s, str_n(bytes, 300000), &large), ST_OK);
    CHECK_ST(store_get_status(s, &st), ST_OK);
    CHECK_U64(st.kinds[STORE_SPARE].files, 0);
    CHECK_U64(st.kinds[STORE_JOURNAL].files, 1);
    CHECK_U64(st.kinds[STORE_JOURNAL].live_bytes, record_bytes(10000));
    CHECK(st.kinds[STORE_JOURNAL].journal_bytes > 0);
    CHECK_U64(st.kinds[STORE_BULK].files, 1);
    CHECK_U64(st.kinds[STORE_BULK].bodies, 1);
    CHECK_U64(st.kinds[STORE_BULK].live_bytes, record_bytes(300000));
    CHECK_U64(st.reclaimable_bytes, 0);
    CHECK(st.batch == 3 && !st.snapshot && !st.snapshot_made_us && !st.dictionary);
    CHECK_ST(change_refs(s, large, -1), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    CHECK_ST(store_get_status(s, &st), ST_OK);
    CHECK_U64(st.kinds[STORE_BULK].dead_bytes, record_bytes(300000));
    CHECK_U64(st.kinds[STORE_BULK].bodies, 0);
    CHECK(st.snapshot == st.batch && st.snapshot_made_us && st.snapshot_bytes);
    CHECK_U64(st.reclaimable_bytes, record_bytes(300000) + st.kinds[STORE_JOURNAL].journal_bytes);
    mem_free(bytes);
    store_close(s);
    remove_dir(dir);
}
