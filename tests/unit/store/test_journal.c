#include "store/journal.c"

#include "fixture.h"
#include "test.h"

/* The same changes, whether they come one by one or from the journal again: row for row the same index. */
static void copy_rows(struct store *s, struct buf *out)
{
    rocksdb_readoptions_t *o = rocksdb_readoptions_create();
    rocksdb_iterator_t *it = rocksdb_create_iterator(s->index.db, o);

    buf_clear(out);
    for (rocksdb_iter_seek_to_first(it); rocksdb_iter_valid(it); rocksdb_iter_next(it)) {
        struct str k, v;

        k.p = rocksdb_iter_key(it, &k.n);
        v.p = rocksdb_iter_value(it, &v.n);
        rec_put_str(out, k);
        rec_put_str(out, v);
    }
    rocksdb_iter_destroy(it);
    rocksdb_readoptions_destroy(o);
}

TEST(applying_the_journal_again_gives_the_same_index)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct buf live, again;
    char path[300], *large = make_bytes(3, 200000, false);
    uint64_t ids[20];
    struct store *s;

    buf_init(&live, 10u << 20);
    buf_init(&again, 10u << 20);
    CHECK_ST(store_open(&o, &s), ST_OK);
    for (unsigned i = 0; i < 20; i++) {
        CHECK_ST(add_blob(s, i % 5 ? STR("small") : str_n(large, 200000), &ids[i]), ST_OK);
        CHECK_ST(put_one(s, 1 + i % 3, i / 3, STR("key"), str_n((char *)&ids[i], 8)), ST_OK);
        if (i % 4 == 0)
            CHECK_ST(change_refs(s, ids[i / 2], -1), ST_OK);
        if (i % 4 == 1)
            CHECK_ST(change_refs(s, ids[i], 5), ST_OK);
    }
    copy_rows(s, &live);
    store_close(s);
    snprintf(path, sizeof path, "%s/index", dir);
    remove_dir(path);
    log_set_level(LOG_WARN);
    CHECK_ST(store_open(&o, &s), ST_OK);
    log_set_level(LOG_INFO);
    copy_rows(s, &again);
    /* Opening has committed a batch of its own: the position, and the journal segment's row, are further on. */
    CHECK(live.n > 1000 && live.n == again.n);
    for (size_t at = 0, differ = 0; at < live.n && at < again.n; at++) {
        differ += live.p[at] != again.p[at];
        CHECK(differ < 64);
    }
    buf_fini(&live);
    buf_fini(&again);
    store_close(s);
    mem_free(large);
    remove_dir(dir);
}

TEST(a_record_that_makes_no_sense_changes_nothing)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct arena a = ARENA_INIT;
    struct store *s;
    struct str v;

    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(put_one(s, 1, 0, STR("k"), STR("v")), ST_OK);
    CHECK_ST(journal_apply(s, STR("\x01 nonsense"), 99, 1, 4096), ST_CORRUPT);
    CHECK_ST(kv_get(s, &a, 1, STR("k"), &v), ST_OK);
    CHECK_STR(v, STR("v"));
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}

static enum st row_of(struct store *s, uint64_t id, struct blob_row *out)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct str value;
    enum st st = index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value);

    if (st == ST_OK)
        st = blob_row_of(value, id, out);
    arena_fini(&a);
    return st;
}

/* Copies a body as it stands into a bulk segment, as compaction does. */
static struct blob_move copy_body(struct store *s, uint64_t id)
{
    unsigned char raw[RECORD_HEAD_BYTES];
    struct record_head head;
    struct blob_row row = {0};
    struct segment *from, *to;
    struct blob_move m = {.id = id};
    char *bytes;

    CHECK_ST(row_of(s, id, &row), ST_OK);
    bytes = mem_new(record_bytes(row.stored));
    CHECK_ST(segs_pin(&s->segs, row.segment, &from), ST_OK);
    CHECK_ST(segs_bulk_alloc(&s->segs, record_bytes(row.stored), &to, &m.offset), ST_OK);
    m.segment = to->row.head.id;
    CHECK_ST(s->os->read(s->os, from->fd, bytes, record_bytes(row.stored), row.offset), ST_OK);
    head = (struct record_head){RECORD_BLOB, row.codec, id, row.stored, row.raw, row.hash};
    record_head_encode(&head, &(struct place){m.segment, to->row.head.generation, m.offset}, raw);
    memcpy(bytes, raw, sizeof raw);
    CHECK_ST(s->os->write(s->os, to->fd, bytes, record_bytes(row.stored), m.offset), ST_OK);
    CHECK_ST(s->os->sync(s->os, to->fd), ST_OK);
    segs_unpin(&s->segs, from);
    segs_unpin(&s->segs, to);
    mem_free(bytes);
    return m;
}

TEST(bodies_that_were_moved_are_found_and_counted_where_they_are)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct blob_move moves[3];
    struct store_stats before, after;
    struct blob_row row = {0};
    struct blob_view v;
    uint64_t ids[3], old = 0;
    char path[300];
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    for (size_t i = 0; i < 3; i++) {
        CHECK_ST(add_blob(s, STR("a body"), &ids[i]), ST_OK);
        moves[i] = copy_body(s, ids[i]);
    }
    CHECK_ST(row_of(s, ids[0], &row), ST_OK);
    old = row.segment;
    CHECK_ST(change_refs(s, ids[1], -1), ST_OK); /* dropped after it was copied */
    store_get_stats(s, &before);
    CHECK_ST(commit_moves(s, moves, 3), ST_OK);
    store_get_stats(s, &after);
    CHECK_U64(after.live_bytes, before.live_bytes);
    for (int again = 0; again < 3; again++) {
        CHECK_ST(row_of(s, ids[0], &row), ST_OK);
        CHECK(row.segment == moves[0].segment && row.offset == moves[0].offset);
        CHECK_ST(row_of(s, ids[1], &row), ST_NOTFOUND);
        CHECK_U64(segs_get(&s->segs, old)->row.live_blobs, 0);
        CHECK_U64(segs_get(&s->segs, old)->row.live_bytes, 0);
        CHECK_U64(segs_get(&s->segs, moves[0].segment)->row.live_blobs, 2);
        CHECK_ST(blob_open(s, ids[2], &v), ST_OK);
        CHECK_STR(v.bytes, STR("a body"));
        blob_close(&v);
        store_close(s);
        snprintf(path, sizeof path, "%s/index", dir);
        if (again == 1) /* all from the journal */
            remove_dir(path);
        log_set_level(LOG_WARN);
        CHECK_ST(store_open(&o, &s), ST_OK);
        log_set_level(LOG_INFO);
    }
    store_close(s);
    remove_dir(dir);
}

/* The accounts that a record names of the batch before it, as "account:version ". */
static void before_of(struct store *s, uint64_t offset, char out[100])
{
    unsigned char raw[RECORD_HEAD_BYTES];
    struct place at = {s->journal->row.head.id, s->journal->row.head.generation, offset};
    struct record_head head = {0};
    struct batch_reader r;
    struct batch_head batch;
    struct blob_row row;
    struct change_view c;
    uint64_t id, version;
    int32_t delta;
    char *bytes;

    CHECK_ST(s->os->read(s->os, s->journal->fd, raw, sizeof raw, offset), ST_OK);
    CHECK_ST(record_head_decode(raw, &at, &head), ST_OK);
    bytes = mem_new(head.stored + 1);
    CHECK_ST(s->os->read(s->os, s->journal->fd, bytes, head.stored, offset + RECORD_HEAD_BYTES), ST_OK);
    batch_read(&r, str_n(bytes, head.stored), &batch);
    while (batch_next_blob(&r, &row))
        continue;
    while (batch_next_deref(&r, &id, &delta))
        continue;
    while (batch_next_part(&r, &id, &version))
        while (batch_next_change(&r, &c))
            continue;
    out[0] = 0;
    while (batch_next_before(&r, &id, &version))
        snprintf(out + strlen(out), 100 - strlen(out), "%llu:%llu ", (unsigned long long)id,
                 (unsigned long long)version);
    mem_free(bytes);
}

TEST(a_record_names_the_accounts_of_the_batch_before)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    char text[100];
    uint64_t at;
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    CHECK_ST(put_one(s, 5, 0, STR("k"), STR("v")), ST_OK);
    at = s->journal_at;
    CHECK_ST(put_one(s, 6, 0, STR("k"), STR("v")), ST_OK);
    before_of(s, at, text);
    CHECK_STR(str_z(text), STR("5:1 "));
    at = s->journal_at;
    store_close(s);
    CHECK_ST(store_open(&o, &s), ST_OK); /* its first batch is one of its own; it still knows the last one's account */
    before_of(s, at, text);
    CHECK_STR(str_z(text), STR("6:1 "));
    store_close(s);
    remove_dir(dir);
}
