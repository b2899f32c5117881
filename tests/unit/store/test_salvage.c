/* What lost+found takes, and what it does not. */
#include "store/salvage.c"

#include "base/log.h"
#include "fixture.h"
#include "test.h"

#include <sys/stat.h>

static uint64_t file_size(const char *dir, uint64_t id)
{
    char path[400];
    struct stat st;

    snprintf(path, sizeof path, "%s/lost+found/%llu.eml", dir, (unsigned long long)id);
    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

TEST(lost_and_found_has_a_most)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store *s;
    uint64_t ids[4];

    o.found_bytes = 25;
    log_set_level(LOG_WARN);
    must(store_open(&o, &s) == ST_OK);
    for (unsigned i = 0; i < 4; i++)
        CHECK_ST(add_blob(s, STR("ten bytes."), &ids[i]), ST_OK);
    CHECK_ST(store_save_body(s, ids[0]), ST_OK);
    CHECK_ST(store_save_body(s, ids[1]), ST_OK);
    CHECK_ST(store_save_body(s, ids[2]), ST_LIMIT);
    CHECK_ST(store_save_damaged(s, ids[2]), ST_LIMIT);
    CHECK_U64(file_size(dir, ids[0]), 10);
    CHECK_U64(file_size(dir, ids[2]), 0);
    s->salvaged.until = 0; /* measured anew: the same */
    CHECK_ST(store_save_body(s, ids[2]), ST_LIMIT);
    s->opt.found_bytes = 30;
    CHECK_ST(store_save_body(s, ids[0]), ST_OK); /* written over, it takes no more */
    CHECK_U64(s->salvaged.bytes, 20);
    CHECK_U64(s->salvaged.files, 2);
    CHECK_ST(store_save_body(s, ids[2]), ST_OK);
    CHECK_ST(store_save_body(s, ids[3]), ST_LIMIT);
    s->opt.found_bytes = 1000;
    s->opt.reserve_bytes = UINT64_MAX / 4; /* nor may it fill the disk */
    CHECK_ST(store_save_body(s, ids[3]), ST_LIMIT);
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}
