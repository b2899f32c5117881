#include "store/found.c"

#include "base/log.h"
#include "fixture.h"
#include "store/compact.h"
#include "test.h"

enum { BODY = 20000, BODIES = 60 };

static void flip(const char *dir, uint64_t segment, uint64_t at)
{
    char path[400];
    FILE *f;
    int c;

    snprintf(path, sizeof path, "%s/seg/%08llu.seg", dir, (unsigned long long)segment);
    f = fopen(path, "r+");
    must(f && fseek(f, (long)at, SEEK_SET) == 0);
    c = fgetc(f);
    must(fseek(f, (long)at, SEEK_SET) == 0 && fputc(c ^ 8, f) != EOF && fclose(f) == 0);
}

static void lose_index(const char *dir)
{
    char path[400];

    snprintf(path, sizeof path, "%s/index", dir);
    must(index_remove(path) == ST_OK);
}

/* The journal segments of old bodies are compacted; the batch that says where these went is damaged. */
TEST(bodies_are_found_although_the_record_of_their_move_is_lost)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store_rebuilt r;
    uint64_t ids[BODIES], segment, at, found;
    size_t segments = 0;
    struct store *s = NULL;

    log_set_level(LOG_ERROR + 1);
    CHECK_ST(store_open(&o, &s), ST_OK);
    store_set_upkeep(s, &(struct store_upkeep){.dead_percent = 5});
    for (unsigned i = 0; i < BODIES; i++) {
        char *bytes = make_bytes(i + 1, BODY, false);

        CHECK_ST(add_blob(s, str_n(bytes, BODY), &ids[i]), ST_OK);
        mem_free(bytes);
    }
    for (unsigned i = 0; i < BODIES; i += 2)
        CHECK_ST(change_refs(s, ids[i], -1), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    segment = s->journal->row.head.id;
    at = s->journal_at;
    CHECK_ST(compact_step(s, &segments), ST_OK);
    CHECK(segments > 0);
    CHECK_ST(put_one(s, 77, 0, STR("k"), STR("behind")), ST_OK);
    CHECK_U64(s->journal->row.head.id, segment);
    store_close(s);
    flip(dir, segment, at + 60);
    lose_index(dir);
    CHECK_ST(store_rebuild(&o, NULL, &r), ST_OK);
    CHECK_U64(r.n_losses, 1);
    CHECK(r.found > 0);
    found = r.found;
    store_rebuilt_fini(&r);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 1; i < BODIES; i += 2) {
        char *want = make_bytes(i + 1, BODY, false);
        struct blob_view v;

        CHECK_ST(blob_open(s, ids[i], &v), ST_OK);
        CHECK(str_eq(v.bytes, str_n(want, BODY)));
        blob_close(&v);
        mem_free(want);
    }
    CHECK(found <= BODIES / 2);
    {
        struct store_report report = {0};
        struct store_checked c;

        CHECK_ST(store_snapshot(s), ST_OK); /* which stands for the damaged record */
        CHECK_ST(store_check(s, &report, &c), ST_OK);
        CHECK_U64(report.problems, 0);
    }
    store_close(s);
    log_set_level(LOG_INFO);
    remove_dir(dir);
}
