#include "store/extract.c"

#include "base/log.h"
#include "backup_fixture.h"
#include "store/compact.h"
#include "test.h"

static char work[320];

static const char *new_work(const char *dir)
{
    snprintf(work, sizeof work, "%s.work", dir);
    must(mkdir(work, 0700) == 0);
    return work;
}

static bool wants(void *arg, struct str key, struct str value, struct str *out_value, uint64_t *out_blob)
{
    (void)arg;
    if (key.n == 0 || key.p[0] != 'k')
        return false;
    must(value.n == 8);
    memcpy(out_blob, value.p, 8);
    *out_value = value;
    return true;
}

struct sum {
    struct extract *e;
    unsigned n;
    uint64_t seen; /* rounds, as bits */
};

static enum st look(void *arg, struct str key, struct str value)
{
    struct sum *sum = arg;
    struct str body;
    struct buf got;
    uint64_t id, i;

    buf_init(&got, 1u << 20);
    memcpy(&id, value.p, 8);
    CHECK_ST(str_u64(str_from(key, 1), ROUNDS, &i), ST_OK);
    body = body_of((unsigned)i);
    CHECK_ST(extract_body(sum->e, id, &got), ST_OK);
    CHECK_STR(buf_str(&got), body);
    buf_fini(&got);
    mem_free((void *)(uintptr_t)body.p);
    sum->n++;
    sum->seen |= 1ull << i;
    return ST_OK;
}

static struct extract_source source(const char *copy, const char *dir, uint64_t snapshot, char path[400])
{
    snprintf(path, 400, "%s/snap/%08llu.snap", copy, (unsigned long long)snapshot);
    return (struct extract_source){
        .snapshot = path, .pool = copy, .work = new_work(dir), .account = 11, .wants = wants};
}

TEST(an_account_comes_out_as_it_was_then)
{
    for (int later = 0; later < 2; later++) {
        const char *dir = new_dir(), *copy = to_path(dir);
        struct store_options o = test_options(dir);
        struct extract_source from;
        struct extract_found found;
        struct arena a = ARENA_INIT;
        struct sum sum = {0};
        struct store *s;
        struct str v;
        char path[400];

        log_set_level(LOG_WARN);
        CHECK_ST(store_open(&o, &s), ST_OK);
        fill(s, 0, 15);
        CHECK_ST(put_one(s, 11, 5, STR("other"), STR("x")), ST_OK);
        CHECK_ST(store_snapshot(s), ST_OK);
        from = source(copy, dir, store_snapshot_seq(s), path);
        struct kv_change change = {STR("k1"), STR_NONE, KV_DEL};
        struct kv_part part = {.account = 11, .expected_version = 6, .changes = &change, .n = 1};
        struct kv_part *parts[] = {&part};
        CHECK_ST(kv_commit(s, &(struct kv_commit){.parts = parts, .n_parts = 1}), ST_OK);
        CHECK_ST(put_one(s, 11, 7, STR("k2"), str_n((char *)&ids[2], 8)), ST_OK); /* a body of another account */
        copy_store(s, copy);
        from.until_us = later ? UINT64_MAX : 0;
        CHECK_ST(extract_open(&from, &sum.e, &found), ST_OK);
        CHECK_U64(found.batch, later ? s->seq : store_snapshot_seq(s));
        CHECK_U64(found.rows, 6);
        CHECK(!found.has_gap && !found.gaps && found.time_us > 0);
        CHECK_ST(extract_walk(sum.e, STR("k"), STR("l"), look, &sum), ST_OK);
        CHECK_U64(sum.n, 5);
        CHECK_U64(sum.seen, (later ? 4u : 2u) | 1u << 4 | 1u << 7 | 1u << 10 | 1u << 13);
        CHECK_ST(extract_get(sum.e, &a, STR("k1"), &v), later ? ST_NOTFOUND : ST_OK);
        CHECK_ST(extract_get(sum.e, &a, STR("other"), &v), ST_NOTFOUND); /* it was not wanted */
        extract_close(sum.e);
        arena_fini(&a);
        remove_dir(work);
        ends(s, dir);
        log_set_level(LOG_INFO);
    }
}

TEST(a_time_between_is_a_time_between)
{
    const char *dir = new_dir(), *copy = to_path(dir);
    struct store_options o = test_options(dir);
    struct extract_source from;
    struct extract_found found;
    struct pool_walk w;
    struct pool p;
    struct sum sum = {0};
    struct store *s;
    char path[400];
    uint64_t times[100], n = 0, at;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(store_snapshot(s), ST_OK);
    from = source(copy, dir, at = store_snapshot_seq(s), path);
    fill(s, 0, 15);
    copy_store(s, copy);
    CHECK_ST(pool_open(&p, &os_file_system, copy), ST_OK);
    pool_walk_begin(&w, &p, at);
    while (n < 100 && pool_walk_next(&w) == ST_OK)
        times[n++] = w.wall_us;
    pool_walk_end(&w);
    pool_close(&p);
    CHECK_U64(n, 30);
    from.until_us = times[15]; /* rounds 0 to 7 */
    CHECK_ST(extract_open(&from, &sum.e, &found), ST_OK);
    CHECK_ST(extract_walk(sum.e, STR("k"), STR("l"), look, &sum), ST_OK);
    CHECK_U64(found.time_us, times[15]);
    CHECK_U64(found.batch, at + 16);
    CHECK_U64(sum.seen, 1u << 1 | 1u << 4 | 1u << 7);
    extract_close(sum.e);
    remove_dir(work);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

/* The pool has a body only where compaction has brought it, which a batch says that is younger than what is wanted. */
TEST(bodies_that_have_moved_are_found)
{
    const char *dir = new_dir(), *copy = to_path(dir);
    struct store_options o = test_options(dir);
    struct extract_source from;
    struct extract_found found;
    struct arena a = ARENA_INIT;
    struct row_key key;
    struct sum sum = {0};
    struct blob_stage *stage;
    struct blob_row row;
    struct store *s;
    struct str value, body = body_of(1);
    char path[400];

    log_set_level(LOG_WARN);
    o.is_plain = true;
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 3);
    CHECK_ST(store_snapshot(s), ST_OK);
    from = source(copy, dir, store_snapshot_seq(s), path);
    CHECK_ST(blob_stage_str(s, body, &stage), ST_OK); /* another copy of it */
    key = row_key(ROW_BLOB, ids[1]);
    CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
    CHECK_ST(blob_row_of(value, ids[1], &row), ST_OK);
    CHECK(row.stored == stage->row.stored && row.codec == stage->row.codec);
    CHECK_ST(commit_moves(s, &(struct blob_move){ids[1], stage->row.segment, stage->row.offset}, 1), ST_OK);
    copy_store(s, copy);
    char old[400];
    snprintf(old, sizeof old, "%s/seg/%08llu.seg", copy, (unsigned long long)row.segment);
    FILE *f = fopen(old, "r+"); /* the old place is no good */
    must(f && fseek(f, (long)row.offset + RECORD_HEAD_BYTES, SEEK_SET) == 0 && fputs("????", f) >= 0 && fclose(f) == 0);
    from.until_us = 1; /* nothing of the journal */
    CHECK_ST(extract_open(&from, &sum.e, &found), ST_OK);
    CHECK_ST(extract_walk(sum.e, STR("k"), STR("l"), look, &sum), ST_OK);
    CHECK_U64(sum.seen, 2);
    extract_close(sum.e);
    blob_unstage(s, stage);
    mem_free((void *)(uintptr_t)body.p);
    arena_fini(&a);
    remove_dir(work);
    ends(s, dir);
    log_set_level(LOG_INFO);
}

TEST(a_damaged_snapshot_costs_what_was_in_it)
{
    const char *dir = new_dir(), *copy = to_path(dir);
    struct store_options o = test_options(dir);
    struct extract_source from;
    struct extract_found found;
    struct sum sum = {0};
    struct store *s;
    char path[400];
    FILE *f;

    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    fill(s, 0, 3);
    CHECK_ST(store_snapshot(s), ST_OK);
    from = source(copy, dir, store_snapshot_seq(s), path);
    copy_store(s, copy);
    f = fopen(path, "r+");
    must(f && fseek(f, 200, SEEK_SET) == 0 && fputs("????", f) >= 0 && fclose(f) == 0);
    CHECK_ST(extract_open(&from, &sum.e, &found), ST_OK);
    CHECK(found.gaps > 0 && found.rows == 0);
    extract_close(sum.e);
    remove_dir(work);
    new_work(dir);
    must(truncate(path, 100) == 0);
    CHECK_ST(extract_open(&from, &sum.e, &found), ST_CORRUPT);
    remove_dir(work);
    ends(s, dir);
    log_set_level(LOG_INFO);
}
