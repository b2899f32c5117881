#include "store/snap_file.c"

#include "fixture.h"
#include "test.h"

enum { ROWS = 3000 };

static void make_file(const char *path, const struct snap_head *h)
{
    struct snap_writer w;
    int fd;

    CHECK_ST(os_file_system.open(&os_file_system, path, O_RDWR | O_CREAT | O_TRUNC, &fd), ST_OK);
    CHECK_ST(snap_writer_begin(&w, &os_file_system, fd, h), ST_OK);
    for (unsigned i = 0; i < ROWS; i++) {
        size_t n = i == 77 ? 3u << 20 : i % 7 * 300; /* one that is larger than a chunk */
        char key[32], *value = make_bytes(i, n, true);

        snprintf(key, sizeof key, "account.%08u", i);
        CHECK_ST(snap_writer_add(&w, str_z(key), str_n(value, n)), ST_OK);
        mem_free(value);
    }
    CHECK_ST(snap_writer_end(&w), ST_OK);
    CHECK(w.chunks >= 3);
    snap_writer_fini(&w);
    os_file_system.close(&os_file_system, fd);
}

/* How many rows come back as they were; *out_st: how it ended. */
static unsigned read_all(const char *path, bool skip, enum st *out_st)
{
    struct snap_reader r;
    struct str key, value;
    unsigned good = 0, i;

    *out_st = snap_reader_open(&r, &os_file_system, path);
    if (*out_st != ST_OK)
        return 0;
    for (;;) {
        char *want;

        *out_st = snap_reader_next(&r, &key, &value);
        if (*out_st == ST_CORRUPT && skip && snap_reader_skip(&r))
            continue;
        if (*out_st != ST_OK)
            break;
        i = (unsigned)atoi(key.p + 8);
        want = make_bytes(i, value.n, true);
        good += value.n == (i == 77 ? 3u << 20 : i % 7 * 300) && str_eq(value, str_n(want, value.n));
        mem_free(want);
    }
    snap_reader_close(&r);
    return good;
}

TEST(rows_come_back)
{
    char path[300];
    enum st st;

    snprintf(path, sizeof path, "%s/x.snap", new_dir());
    make_file(path, &(struct snap_head){5, 6, 7});
    CHECK_U64(read_all(path, false, &st), ROWS);
    CHECK_ST(st, ST_EOF);
    remove_dir(fixture_dir);
}

TEST(cut_anywhere_it_is_no_snapshot)
{
    char path[300], bytes[SNAP_HEAD_BYTES];
    struct snap_reader r;
    uint64_t size;
    int fd;

    snprintf(path, sizeof path, "%s/x.snap", new_dir());
    make_file(path, &(struct snap_head){5, 6, 7});
    CHECK_ST(os_file_system.open(&os_file_system, path, O_RDWR, &fd), ST_OK);
    CHECK_ST(os_file_system.size(&os_file_system, fd, &size), ST_OK);
    for (unsigned i = 1; i < 40; i++) {
        CHECK_ST(os_file_system.truncate(&os_file_system, fd, i < 20 ? size - i : size * (40 - i) / 40), ST_OK);
        CHECK_ST(snap_reader_open(&r, &os_file_system, path), ST_CORRUPT);
    }
    make_file(path, &(struct snap_head){5, 6, 7});
    CHECK_ST(os_file_system.read(&os_file_system, fd, bytes, sizeof bytes, 0), ST_OK);
    for (unsigned i = 0; i < sizeof bytes; i++) {
        bytes[i] ^= 4;
        CHECK_ST(os_file_system.write(&os_file_system, fd, bytes, sizeof bytes, 0), ST_OK);
        CHECK_ST(snap_reader_open(&r, &os_file_system, path), ST_CORRUPT);
        bytes[i] ^= 4;
    }
    bytes[8] = SNAP_VERSION + 1;
    uint64_t check = bytes_hash(str_n(bytes, sizeof bytes - 8));
    memcpy(bytes + sizeof bytes - 8, &check, 8);
    CHECK_ST(os_file_system.write(&os_file_system, fd, bytes, sizeof bytes, 0), ST_OK);
    CHECK_ST(snap_reader_open(&r, &os_file_system, path), ST_DENIED);
    os_file_system.close(&os_file_system, fd);
    remove_dir(fixture_dir);
}

/* A flipped bit is seen; with skipping only that chunk is lost. */
TEST(a_damaged_chunk_is_seen_and_can_be_passed_over)
{
    char path[300], byte;
    uint64_t size;
    enum st st;
    int fd;

    snprintf(path, sizeof path, "%s/x.snap", new_dir());
    make_file(path, &(struct snap_head){5, 6, 7});
    CHECK_ST(os_file_system.open(&os_file_system, path, O_RDWR, &fd), ST_OK);
    CHECK_ST(os_file_system.size(&os_file_system, fd, &size), ST_OK);
    for (unsigned i = 0; i < 12; i++) {
        uint64_t at = i < 4 ? SNAP_HEAD_BYTES + 9 * i : (size - 200) * i / 12;
        unsigned good;

        CHECK_ST(os_file_system.read(&os_file_system, fd, &byte, 1, at), ST_OK);
        byte ^= 1;
        CHECK_ST(os_file_system.write(&os_file_system, fd, &byte, 1, at), ST_OK);
        read_all(path, false, &st);
        CHECK_ST(st, ST_CORRUPT);
        good = read_all(path, true, &st);
        CHECK_ST(st, ST_EOF);
        CHECK(good > 0 && good < ROWS);
        byte ^= 1;
        CHECK_ST(os_file_system.write(&os_file_system, fd, &byte, 1, at), ST_OK);
    }
    CHECK_U64(read_all(path, false, &st), ROWS);
    os_file_system.close(&os_file_system, fd);
    remove_dir(fixture_dir);
}
