#include "fixture.h"

#include "test.h"

#include "store/image.c"
#include "store/tools.h"

#include <sys/stat.h>

#define ME 0x1234567890abcd42u
#define NUMBER 5u

static const struct str head = STR("the owner's head"), first = STR("first chunk"), second = STR("the second one");

static enum st write_image(struct store *s, uint64_t account, struct str own)
{
    struct image_writer *w;

    TRY(image_create(s, account, NUMBER, &w));
    CHECK_ST(image_add(w, first), ST_OK);
    CHECK_ST(image_add(w, second), ST_OK);
    return image_end(w, own);
}

struct taken {
    bool head;
    unsigned chunks;
    enum st answer;
};

static enum st take_head(void *arg, struct str own)
{
    struct taken *t = arg;

    CHECK_STR(own, head);
    t->head = true;
    return t->answer;
}

static enum st take_chunk(void *arg, struct str chunk)
{
    struct taken *t = arg;

    CHECK(t->head);
    CHECK_STR(chunk, t->chunks ? second : first);
    t->chunks++;
    return ST_OK;
}

static enum st read_image(struct store *s, uint64_t account)
{
    struct taken t = {0};
    enum st st = image_read(s, account, NUMBER, &(struct image_taker){take_head, take_chunk, &t});

    if (st == ST_OK)
        CHECK_U64(t.chunks, 2);
    return st;
}

static struct store *opened(const char *dir)
{
    struct store_options o = test_options(dir);
    struct store *s = NULL;

    CHECK_ST(store_open(&o, &s), ST_OK);
    return s;
}

static const char *file_of(struct store *s, struct arena *a)
{
    return path_of(s, a, ME, NUMBER, false);
}

static void commit_some(struct store *s, unsigned n)
{
    uint64_t version;

    for (unsigned i = 0; i < n; i++) {
        CHECK_ST(kv_version(s, 3, &version), ST_OK);
        CHECK_ST(put_one(s, 3, version, STR("key"), STR("value")), ST_OK);
    }
}

TEST(what_was_written_comes_back)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);

    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(read_image(s, ME), ST_OK);
    CHECK_ST(read_image(s, ME + 256), ST_NOTFOUND);
    store_close(s);
    s = opened(dir);
    CHECK_ST(read_image(s, ME), ST_OK);
    CHECK_ST(write_image(s, ME, STR_NONE), ST_OK); /* given up: the one before stays */
    CHECK_ST(read_image(s, ME), ST_OK);
    CHECK_ST(image_remove(s, ME, NUMBER), ST_OK);
    CHECK_ST(image_remove(s, ME, NUMBER), ST_OK);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    store_close(s);
    remove_dir(dir);
}

TEST(who_takes_it_may_refuse)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct taken t = {.answer = ST_LIMIT};

    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(image_read(s, ME, NUMBER, &(struct image_taker){take_head, take_chunk, &t}), ST_LIMIT);
    CHECK_U64(t.chunks, 0);
    store_close(s);
    remove_dir(dir);
}

static size_t get_bytes(const char *path, char *out, size_t most)
{
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(out, 1, most, f) : 0;

    must(f);
    fclose(f);
    return n;
}

static void write_file(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "w");

    must(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

/* Callers are handed chunks that verified only; an image of which the end is missing is refused in the end. */
static enum st count_chunk(void *arg, struct str chunk)
{
    struct taken *t = arg;

    CHECK(str_eq(chunk, first) || str_eq(chunk, second));
    t->chunks++;
    return ST_OK;
}

static enum st read_any(struct store *s)
{
    struct taken t = {0};

    return image_read(s, ME, NUMBER, &(struct image_taker){take_head, count_chunk, &t});
}

TEST(cut_anywhere_or_flipped_anywhere_it_is_refused)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct arena a = ARENA_INIT;
    const char *path = file_of(s, &a);
    char bytes[1000];
    size_t n;

    CHECK_ST(write_image(s, ME, head), ST_OK);
    n = get_bytes(path, bytes, sizeof bytes);
    CHECK_U64(n, HEAD_BYTES + 2 * CHUNK_HEAD_BYTES + first.n + second.n);
    for (size_t i = 0; i < n; i++) {
        write_file(path, bytes, i);
        CHECK(read_any(s) != ST_OK);
    }
    for (size_t i = 0; i < 8 * n; i++) {
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
        write_file(path, bytes, n);
        CHECK(read_any(s) != ST_OK);
        bytes[i / 8] = (char)(bytes[i / 8] ^ 1 << i % 8);
    }
    bytes[n] = 0;
    write_file(path, bytes, n + 1);
    CHECK_ST(read_any(s), ST_CORRUPT);
    write_file(path, bytes, n);
    CHECK_ST(read_any(s), ST_OK);
    memmove(bytes + HEAD_BYTES, bytes + HEAD_BYTES + CHUNK_HEAD_BYTES + first.n, second.n + CHUNK_HEAD_BYTES);
    write_file(path, bytes, n - CHUNK_HEAD_BYTES - first.n); /* without its first chunk */
    CHECK(read_any(s) != ST_OK);
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}

TEST(of_another_account_it_is_refused)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct arena a = ARENA_INIT;

    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK(rename(file_of(s, &a), path_of(s, &a, ME + 256, NUMBER, false)) == 0);
    CHECK_ST(read_image(s, ME + 256), ST_NOTFOUND);
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}

static void copy(const char *from, const char *to)
{
    char command[700];

    snprintf(command, sizeof command, "rm -rf '%s' && cp -a '%s' '%s'", to, from, to);
    must(system(command) == 0);
}

static const char *beside(const char *dir, const char *what)
{
    static char paths[4][300];
    static unsigned at;

    at = (at + 1) % 4;
    snprintf(paths[at], sizeof paths[at], "%.255s%.40s", dir, what);
    return paths[at];
}

/* The store as it was is put back below an image of a later time; then it goes as far as the one that the image is of. */
TEST(a_store_that_was_put_back_takes_no_image_of_what_came_after)
{
    char dir[300];
    struct store *s;

    snprintf(dir, sizeof dir, "%s", new_dir());
    s = opened(dir);
    commit_some(s, 3);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(write_image(s, ME + 256, head), ST_OK);
    store_close(s);
    copy(dir, beside(dir, ".copy"));
    s = opened(dir);
    CHECK_ST(read_image(s, ME), ST_OK);
    commit_some(s, 5);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    store_close(s);
    copy(beside(dir, "/image"), beside(dir, ".copy/image"));
    for (int i = 0; i < 5; i++) {
        s = opened(beside(dir, ".copy"));
        CHECK_ST(read_image(s, ME), ST_NOTFOUND);
        CHECK_ST(read_image(s, ME + 256), ST_OK); /* of the time that both have in common */
        commit_some(s, 5);
        CHECK_ST(read_image(s, ME), ST_NOTFOUND);
        store_close(s);
    }
    remove_dir(beside(dir, ".copy"));
    remove_dir(dir);
}

/* The same, cut off in the middle of the run that the image is of. */
TEST(nor_one_from_later_in_the_same_run)
{
    char dir[300];
    struct store *s;

    snprintf(dir, sizeof dir, "%s", new_dir());
    s = opened(dir);
    CHECK_ST(write_image(s, ME + 256, head), ST_OK);
    commit_some(s, 3);
    copy(dir, beside(dir, ".copy"));
    commit_some(s, 1);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    store_close(s);
    copy(beside(dir, "/image"), beside(dir, ".copy/image"));
    s = opened(beside(dir, ".copy"));
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    CHECK_ST(read_image(s, ME + 256), ST_OK);
    commit_some(s, 5);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    store_close(s);
    s = opened(beside(dir, ".copy"));
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    CHECK_ST(read_image(s, ME + 256), ST_OK);
    store_close(s);
    remove_dir(beside(dir, ".copy"));
    remove_dir(dir);
}

TEST(another_store_takes_none)
{
    char dir[300];
    const char *other;
    struct store *s;

    snprintf(dir, sizeof dir, "%s", new_dir());
    s = opened(dir);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    store_close(s);
    other = new_dir();
    s = opened(other);
    copy(beside(dir, "/image"), beside(other, "/image"));
    CHECK_ST(read_image(s, ME), ST_NOTFOUND); /* it knows of no images at all */
    CHECK_ST(write_image(s, ME + 256, head), ST_OK);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    commit_some(s, 10);
    store_close(s);
    s = opened(other);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    store_close(s);
    remove_dir(other);
    remove_dir(dir);
}

TEST(a_rebuilt_store_has_none)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct store_rebuilt out;
    struct store *s = opened(dir);

    commit_some(s, 3);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    store_close(s);
    CHECK_ST(store_rebuild(&o, NULL, &out), ST_OK);
    store_rebuilt_fini(&out);
    s = opened(dir);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(read_image(s, ME), ST_OK);
    store_close(s);
    remove_dir(dir);
}

static size_t count(struct store *s, unsigned folder, unsigned *out_tmp)
{
    struct arena a = ARENA_INIT;
    struct image_name *names;
    size_t n = 0;

    *out_tmp = 0;
    CHECK_ST(image_list(s, folder, &a, &names, &n), ST_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(names[i].number == NUMBER && (names[i].account & 0xff) == folder);
        *out_tmp += names[i].is_tmp;
    }
    arena_fini(&a);
    return n;
}

TEST(what_there_is_and_removing_it)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct image_writer *w;
    uint64_t me = ME;
    unsigned tmp;

    CHECK_U64(count(s, 0x42, &tmp), 0);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(write_image(s, ME + 256, head), ST_OK);
    CHECK_ST(write_image(s, ME + 1, head), ST_OK);
    CHECK_ST(image_create(s, ME + 512, NUMBER, &w), ST_OK);
    write_file(beside(dir, "/image/42/notes"), "x", 1);
    CHECK_U64(count(s, 0x42, &tmp), 3);
    CHECK_U64(tmp, 1);
    CHECK_ST(image_end(w, STR_NONE), ST_OK);
    CHECK_U64(count(s, 0x42, &tmp), 2);
    CHECK_ST(store_images_remove(s, &me), ST_OK);
    CHECK_U64(count(s, 0x42, &tmp), 1);
    CHECK_ST(read_image(s, ME), ST_NOTFOUND);
    CHECK_ST(read_image(s, ME + 256), ST_OK);
    CHECK_ST(store_images_remove(s, NULL), ST_OK);
    CHECK_U64(count(s, 0x42, &tmp), 0);
    CHECK_U64(count(s, 0x43, &tmp), 0);
    store_close(s);
    remove_dir(dir);
}

TEST(what_a_cut_has_left_is_written_over)
{
    const char *dir = new_dir();
    struct store *s = opened(dir);
    struct arena a = ARENA_INIT;

    CHECK_ST(write_image(s, ME, head), ST_OK);
    write_file(path_of(s, &a, ME, NUMBER, true),
               "something long that was being written when the power failed and longer "
               "than the image that follows, which has not even two hundred bytes, so "
               "that its end would show behind the end of the new one",
               190);
    CHECK_ST(write_image(s, ME, head), ST_OK);
    CHECK_ST(read_image(s, ME), ST_OK);
    CHECK_ST(image_remove_tmp(s, ME, NUMBER), ST_OK);
    arena_fini(&a);
    store_close(s);
    remove_dir(dir);
}

TEST(a_disk_that_runs_short_gets_none)
{
    const char *dir = new_dir();
    struct store_options o = test_options(dir);
    struct image_writer *w;
    struct store *s;

    CHECK_ST(store_open(&o, &s), ST_OK);
    s->opt.reserve_bytes = UINT64_MAX / 4;
    CHECK_ST(image_create(s, ME, NUMBER, &w), ST_NOSPACE);
    store_close(s);
    remove_dir(dir);
}
