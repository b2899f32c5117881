#include "backup/records.c"

#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct segment_head head = {SEGMENT_JOURNAL, 7, 0x1234567890, 1 << 20, 1};

struct file {
    struct buf bytes;
    char path[64];
};

static void add_record(struct file *f, enum record_type type, uint64_t id, size_t n)
{
    struct place at = {head.id, head.generation, f->bytes.n};
    struct record_head h = {.type = type, .id = id, .stored = n, .raw = n};
    unsigned char raw[RECORD_HEAD_BYTES];
    char *body = mem_new(n + 1);

    memset(body, (int)id, n);
    h.hash = bytes_hash(str_n(body, n));
    record_head_encode(&h, &at, raw);
    buf_add(&f->bytes, str_n((const char *)raw, sizeof raw));
    buf_add(&f->bytes, str_n(body, n));
    while (f->bytes.n % RECORD_ALIGN)
        buf_addc(&f->bytes, 0);
    mem_free(body);
}

static void begin(struct file *f)
{
    int fd;

    snprintf(f->path, sizeof f->path, "/tmp/restante-records-XXXXXX");
    fd = mkstemp(f->path);
    CHECK(fd >= 0);
    close(fd);
    buf_init(&f->bytes, 64u << 20);
    for (unsigned i = 0; i < SEGMENT_HEAD_BYTES; i++)
        buf_addc(&f->bytes, 0);
}

static void put(struct file *f)
{
    FILE *out = fopen(f->path, "w");

    CHECK(out && fwrite(f->bytes.p, 1, f->bytes.n, out) == f->bytes.n && fclose(out) == 0);
}

static void end(struct file *f)
{
    CHECK(unlink(f->path) == 0);
    buf_fini(&f->bytes);
}

TEST(records_are_found_and_verified_across_windows)
{
    struct backup_records r = {0};
    struct file f;

    begin(&f);
    add_record(&f, RECORD_JOURNAL, 1, 100);
    for (unsigned i = 0; i < 60; i++)
        add_record(&f, RECORD_BLOB, 10 + i, 200000 + i);
    add_record(&f, RECORD_BLOB, 99, WINDOW + 12345); /* larger than what is read at a time */
    add_record(&f, RECORD_BLOB, 100, 0);
    put(&f);
    CHECK_ST(backup_records_add(&r, f.path, &head, f.bytes.n), ST_OK);
    CHECK_U64(r.n, 62);
    CHECK_U64(r.batches, 1);
    CHECK_U64(r.n_gaps, 0);
    for (size_t i = 0; i < 60; i++)
        CHECK(r.list[i].id == 10 + i && r.list[i].stored == 200000 + i && r.list[i].segment == head.id);
    CHECK(r.list[60].id == 99 && r.list[61].id == 100);
    CHECK_ST(backup_records_add(&r, f.path, &head, f.bytes.n + 1), ST_CORRUPT);
    backup_records_fini(&r);
    end(&f);
}

TEST(what_is_damaged_is_a_gap_and_the_rest_is_found)
{
    static const size_t flips[] = {4, RECORD_HEAD_BYTES + 50}; /* of the second record: its head, its bytes */
    struct file f;
    size_t second, third;

    begin(&f);
    add_record(&f, RECORD_BLOB, 1, 1000);
    second = f.bytes.n;
    add_record(&f, RECORD_BLOB, 2, 1000);
    third = f.bytes.n;
    add_record(&f, RECORD_BLOB, 3, 1000);
    for (size_t i = 0; i < ARRAY_LEN(flips); i++) {
        struct backup_records r = {0};

        f.bytes.p[second + flips[i]] ^= 1;
        put(&f);
        CHECK_ST(backup_records_add(&r, f.path, &head, f.bytes.n), ST_OK);
        CHECK_U64(r.n, 2);
        CHECK(r.list[0].id == 1 && r.list[1].id == 3);
        CHECK_U64(r.n_gaps, 1);
        CHECK_U64(r.gaps[0].from, second);
        CHECK_U64(r.gaps[0].to, third);
        f.bytes.p[second + flips[i]] ^= 1;
        backup_records_fini(&r);
    }
    end(&f);
}

TEST(more_gaps_than_are_kept)
{
    struct backup_records r = {0};
    struct file f;

    begin(&f);
    for (unsigned i = 0; i < 3 * BACKUP_GAPS_MAX; i++) {
        add_record(&f, RECORD_BLOB, i, 100);
        if (i % 2)
            f.bytes.p[f.bytes.n - 60] ^= 1;
    }
    put(&f);
    CHECK_ST(backup_records_add(&r, f.path, &head, f.bytes.n), ST_OK);
    CHECK_U64(r.n, 3 * BACKUP_GAPS_MAX / 2);
    CHECK_U64(r.n_gaps, BACKUP_GAPS_MAX);
    backup_records_fini(&r);
    end(&f);
}

TEST(cut_at_each_place)
{
    const size_t whole = RECORD_HEAD_BYTES + 100; /* without what fills it up */
    struct file f;
    size_t second;

    begin(&f);
    add_record(&f, RECORD_BLOB, 1, 100);
    second = f.bytes.n;
    add_record(&f, RECORD_BLOB, 2, 100);
    put(&f);
    for (size_t n = SEGMENT_HEAD_BYTES; n < f.bytes.n; n++) {
        struct backup_records r = {0};

        CHECK_ST(backup_records_add(&r, f.path, &head, n), ST_OK);
        CHECK_U64(r.n, (n >= SEGMENT_HEAD_BYTES + whole) + (n >= second + whole));
        backup_records_fini(&r);
    }
    end(&f);
}
