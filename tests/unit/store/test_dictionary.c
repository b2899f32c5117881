#include "store/dictionary.c"

#include "fixture.h"
#include "test.h"

#include <sys/stat.h>

enum { LETTERS = 2200, SOME = 40 };

/* Letters as they are: the same fields and phrases in all of them, and something of their own. */
static struct str letter(struct arena *a, unsigned i)
{
    static const char *const words[] = {"meeting", "report",   "yesterday", "please", "attached", "regards", "figures",
                                        "monday",  "schedule", "customer",  "office", "question", "answer",  "later"};
    uint64_t x = i * 0x9e3779b97f4a7c15u + 1;
    struct buf b;
    struct str out;

    buf_init(&b, 10000);
    buf_addf(
        &b,
        "Received: from mail%u.example.test (mail%u.example.test [192.0.2.%u])\r\n\tby mx.example.test with ESMTPS "
        "id %08x\r\nFrom: \"Person %u\" <p%u@example.test>\r\nTo: someone@example.test\r\nSubject: letter %u\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n",
        i % 7, i % 7, i % 250, i * 2654435761u, i, i, i);
    for (unsigned w = 0; w < 60; w++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        buf_addf(&b, "%s %x ", words[(x >> 40) % ARRAY_LEN(words)], (unsigned)(x >> 52));
    }
    out = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return out;
}

static struct store *open_with(const char *dir, bool dictionary)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    o.segment_bytes = 8u << 20;
    CHECK_ST(store_open(&o, &s), ST_OK);
    store_set_upkeep(s, &(struct store_upkeep){.dictionary = dictionary});
    dictionary_choose(s);
    return s;
}

static void add_letters(struct store *s, unsigned from, unsigned n, uint64_t *ids)
{
    for (unsigned i = 0; i < n;) {
        struct arena a = ARENA_INIT;
        struct kv_blob blobs[100];
        struct kv_commit c = {.blobs = blobs};

        for (; c.n_blobs < ARRAY_LEN(blobs) && i < n; i++, c.n_blobs++) {
            ids[i] = blob_new_id(s);
            blobs[c.n_blobs] = (struct kv_blob){.id = ids[i], .bytes = letter(&a, from + i), .refs = 1};
        }
        CHECK_ST(kv_commit(s, &c), ST_OK);
        arena_fini(&a);
    }
}

static void check_letters(struct store *s, unsigned from, unsigned n, const uint64_t *ids, enum st want)
{
    for (unsigned i = 0; i < n; i++) {
        struct arena a = ARENA_INIT;
        struct blob_view v;

        CHECK_ST(blob_open(s, ids[i], &v), want);
        if (want == ST_OK) {
            CHECK(str_eq(v.bytes, letter(&a, from + i)));
            blob_close(&v);
        }
        arena_fini(&a);
    }
}

static struct blob_row row_of(struct store *s, uint64_t id)
{
    struct row_key key = row_key(ROW_BLOB, id);
    struct arena a = ARENA_INIT;
    struct blob_row row = {0};
    struct str value;

    CHECK_ST(index_get(&s->index, TIER_DISK, &a, str_n(key.p, sizeof key.p), &value), ST_OK);
    CHECK_ST(blob_row_of(value, id, &row), ST_OK);
    arena_fini(&a);
    return row;
}

static void spoil(const char *path)
{
    FILE *f = fopen(path, "r+");

    must(f && fseek(f, 300, SEEK_SET) == 0 && fputs("spoilt", f) >= 0);
    fclose(f);
}

static void drop_row(struct store *s)
{
    struct arena a = ARENA_INIT;
    struct kv_change change = {.key = str_from(row_key_of(&a, 1), 8), .op = KV_DEL};
    struct kv_part part = {.account = ACCOUNT_DICTIONARIES, .changes = &change, .n = 1}, *parts[] = {&part};
    struct kv_commit c = {.parts = parts, .n_parts = 1};

    CHECK_ST(kv_version(s, ACCOUNT_DICTIONARIES, &part.expected_version), ST_OK);
    CHECK_ST(kv_commit(s, &c), ST_OK);
    arena_fini(&a);
}

TEST(a_dictionary_is_trained_used_and_found_again_whichever_copy_is_lost)
{
    const char *dir = new_dir();
    static uint64_t before[LETTERS], with[SOME], without[SOME];
    char path[400], command[500];
    struct store *s;
    uint64_t size;

    log_set_level(LOG_ERROR + 1);
    snprintf(path, sizeof path, "%s/dict/0001.dict", dir);
    s = open_with(dir, true);
    add_letters(s, 0, BODIES_LEAST - 1, before);
    CHECK_ST(dictionary_step(s), ST_OK);
    CHECK(!atomic_load(&s->squeeze.newest)); /* too few */
    add_letters(s, BODIES_LEAST - 1, LETTERS - BODIES_LEAST + 1, before + BODIES_LEAST - 1);
    CHECK_ST(dictionary_step(s), ST_OK);
    CHECK(atomic_load(&s->squeeze.newest) && atomic_load(&s->squeeze.newest)->number == 1);
    CHECK_ST(dictionary_step(s), ST_OK); /* not again so soon */
    CHECK_U64(s->upkeep.last_dictionary, 1);
    size = row_of(s, before[0]).stored;
    add_letters(s, 0, SOME, with);
    CHECK(row_of(s, with[0]).codec == CODEC_ZSTD_DICTIONARY && row_of(s, before[0]).codec == CODEC_ZSTD);
    CHECK(row_of(s, with[0]).stored < size * 4 / 5);
    check_letters(s, 0, SOME, with, ST_OK);
    store_close(s);

    s = open_with(dir, false); /* read, but not used any more */
    add_letters(s, 0, SOME, without);
    CHECK(row_of(s, without[0]).codec == CODEC_ZSTD);
    check_letters(s, 0, SOME, with, ST_OK);
    store_close(s);

    for (int lost = 0; lost < 2; lost++) { /* the file, by damage and whole */
        if (lost)
            must(unlink(path) == 0);
        else
            spoil(path);
        s = open_with(dir, true);
        check_letters(s, 0, SOME, with, ST_OK);
        store_close(s);
        CHECK(access(path, R_OK) == 0);
    }
    s = open_with(dir, true); /* the row */
    drop_row(s);
    store_close(s);
    s = open_with(dir, true);
    check_letters(s, 0, SOME, with, ST_OK);
    CHECK(s->upkeep.rows_missing == 1);
    CHECK_ST(dictionary_step(s), ST_OK);
    CHECK(s->upkeep.rows_missing == 0);
    store_close(s);
    must(unlink(path) == 0);
    s = open_with(dir, true);
    check_letters(s, 0, SOME, with, ST_OK);
    CHECK(access(path, R_OK) == 0);

    drop_row(s); /* both: only what needs it is lost */
    store_close(s);
    spoil(path);
    s = open_with(dir, true);
    check_letters(s, 0, SOME, with, ST_CORRUPT);
    check_letters(s, 0, SOME, without, ST_OK);
    check_letters(s, 0, LETTERS, before, ST_OK);
    CHECK_U64(s->upkeep.last_dictionary, 1); /* the number is not given again */
    store_close(s);
    log_set_level(LOG_INFO);
    snprintf(command, sizeof command, "%s", dir);
    remove_dir(command);
}

/* Noise has nothing in common. */
TEST(a_dictionary_that_saves_nothing_is_not_kept)
{
    const char *dir = new_dir();
    struct store *s = open_with(dir, true);
    uint64_t id;

    for (unsigned i = 0; i < BODIES_LEAST; i++) {
        char *noise = make_bytes(i + 1, 1000, false);

        CHECK_ST(add_blob(s, str_n(noise, 1000), &id), ST_OK);
        mem_free(noise);
    }
    CHECK_ST(dictionary_step(s), ST_OK);
    CHECK(!atomic_load(&s->squeeze.newest));
    CHECK_U64(s->upkeep.train_at, 4 * BODIES_LEAST);
    store_close(s);
    s = open_with(dir, true); /* it remembers */
    CHECK(!is_due(s, BODIES_LEAST));
    CHECK_U64(s->upkeep.train_at, 4 * BODIES_LEAST);
    CHECK(is_due(s, 4 * BODIES_LEAST));
    store_close(s);
    remove_dir(dir);
}

TEST(the_copies_bytes_come_back_and_any_flip_is_seen)
{
    struct arena a = ARENA_INIT;
    struct copy c = {7, 1234567, 2000, STR("some bytes of a dictionary")}, got;
    struct str s = encode(&a, &c);
    char *p = arena_alloc(&a, s.n);

    CHECK_ST(decode(s, &got), ST_OK);
    CHECK(got.number == 7 && got.made_us == 1234567 && got.bodies == 2000 && str_eq(got.bytes, c.bytes));
    memcpy(p, s.p, s.n);
    for (size_t i = 0; i < 8 * s.n; i++) {
        p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
        CHECK_ST(decode(str_n(p, s.n), &got), ST_CORRUPT);
        p[i / 8] = (char)(p[i / 8] ^ 1 << i % 8);
    }
    for (size_t n = 0; n < s.n; n++)
        CHECK_ST(decode(str_n(s.p, n), &got), ST_CORRUPT);
    arena_fini(&a);
}
