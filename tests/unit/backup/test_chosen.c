#include "backup/chosen.c"

#include "backup/tree.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define IDENTITY "0123456789abcdef0123456789abcdef"

static char dir[32];

static void write_file(const char *name, struct str text)
{
    char path[300];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    CHECK(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static void add_set(const char *name, uint64_t time_us, const char *identity)
{
    struct backup_manifest m = {.time_us = time_us, .identity = str_z(identity), .program = STR("1"), .batch = 7};
    char path[300];
    struct buf b;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    CHECK(mkdir(path, 0700) == 0);
    buf_init(&b, 65536);
    CHECK_ST(backup_manifest_put(&m, &b), ST_OK);
    snprintf(path, sizeof path, "%s/" BACKUP_MANIFEST, name);
    write_file(path, buf_str(&b));
    buf_fini(&b);
}

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/test-chosen-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    write_file(BACKUP_FILE, STR("restante backup 1\n" IDENTITY "\n"));
}

static enum st find(struct arena *a, const char *at, struct chosen *out)
{
    struct str words[] = {STR("restore"), str_z(dir), STR("--at"), at ? str_z(at) : STR_NONE};
    struct admin_args args;

    chosen_let_go(out);
    TRY(admin_parse(a, words, at ? 4 : 2, &args));
    return chosen_find(a, &args, out);
}

TEST(the_newest_or_the_one_of_a_time)
{
    struct arena a = ARENA_INIT;
    struct chosen c = {.lock = -1};

    begin();
    CHECK_ST(find(&a, NULL, &c), ST_NOTFOUND); /* no set */
    add_set("20261120T100000Z", 1795168800000000, IDENTITY);
    add_set("20261121T100000Z", 1795255200000000, IDENTITY);
    add_set("20261122T100000Z", 1795341600000000, "ffffffffffffffffffffffffffffffff");
    CHECK_ST(find(&a, "2026-11-21T09:59:59", &c), ST_OK);
    CHECK_STR(c.set.name, STR("20261120T100000Z"));
    CHECK(c.has_later && c.later.time_us == 1795255200000000);
    CHECK_ST(find(&a, "2026-11-21T10:00:00", &c), ST_OK);
    CHECK_STR(c.set.name, STR("20261121T100000Z"));
    CHECK_ST(find(&a, "2026-11-19", &c), ST_NOTFOUND);
    CHECK_ST(find(&a, "some day", &c), ST_SYNTAX);
    CHECK_ST(find(&a, NULL, &c), ST_CORRUPT); /* of another server */
    write_file(BACKUP_FILE, STR("restante backup 2\n" IDENTITY "\n"));
    CHECK_ST(find(&a, NULL, &c), ST_DENIED);
    CHECK_ST(tree_remove(dir), ST_OK);
    CHECK_ST(find(&a, NULL, &c), ST_NOTFOUND);
    chosen_let_go(&c);
    arena_fini(&a);
}

static void add(void *arg, uint64_t n)
{
    *(uint64_t *)arg += n;
}

TEST(a_copy_is_what_belongs_to_the_set_or_all)
{
    struct backup_file f = {.name = STR("seg/00000001.seg"), .bytes = 5};
    char from[100], to[100];
    struct arena a = ARENA_INIT;
    struct str got;
    uint64_t moved = 0;
    bool good = false;

    begin();
    write_file("x", STR("hello, and more"));
    snprintf(from, sizeof from, "%s/x", dir);
    snprintf(to, sizeof to, "%s/y", dir);
    crypto_generichash(f.hash, sizeof f.hash, (const unsigned char *)"hello", 5, NULL, 0);
    struct chosen_copy c = {.file = &f, .from = from, .to = to, .moved = add, .arg = &moved};
    CHECK_ST(chosen_copy_file(&c, &good), ST_OK);
    CHECK(good && moved == 5);
    CHECK_ST(chosen_copy_file(&c, &good), ST_EXISTS);
    CHECK_ST(backup_read_file(&a, to, 100, &got), ST_OK);
    CHECK_STR(got, STR("hello"));
    unlink(to);
    c.whole = true;
    CHECK_ST(chosen_copy_file(&c, &good), ST_OK);
    CHECK(good);
    CHECK_ST(backup_read_file(&a, to, 100, &got), ST_OK);
    CHECK_STR(got, STR("hello, and more"));
    unlink(to);
    f.hash[3] ^= 1;
    CHECK_ST(chosen_copy_file(&c, &good), ST_OK);
    CHECK(!good);
    unlink(to);
    f.hash[3] ^= 1;
    f.bytes = 100; /* it is shorter than it was */
    CHECK_ST(chosen_copy_file(&c, &good), ST_OK);
    CHECK(!good);
    snprintf(from, sizeof from, "%s/none", dir);
    CHECK_ST(chosen_copy_file(&c, &good), ST_NOTFOUND);
    CHECK_ST(tree_remove(dir), ST_OK);
    arena_fini(&a);
}
