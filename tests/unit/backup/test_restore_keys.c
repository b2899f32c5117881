#include "backup/restore_keys.c"

#include "backup/tree.h"
#include "test.h"

#include <stdio.h>
#include <stdlib.h>

static char dir[40];

static const char *at(struct arena *a, const char *name)
{
    return arena_printf(a, "%s/%s", dir, name).p;
}

static void put_file(struct arena *a, const char *name, const char *text)
{
    FILE *f = fopen(at(a, name), "w");

    CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static bool holds(struct arena *a, const char *name, const char *text)
{
    struct str got;

    return backup_read_file(a, at(a, name), 1000, &got) == ST_OK && str_eq(got, str_z(text));
}

TEST(what_was_in_the_data_directory_goes_into_the_new_one_and_the_rest_where_it_was)
{
    struct arena a = ARENA_INIT;
    struct config_tls tls[1] = {0};
    struct settings set = {.tls = tls, .tls_count = 1};
    struct chosen c = {
        .dir = dir, .set.name = STR("20261120T100000Z")}; /* without a configuration: the data directory is the same */
    struct restored_keys k = {0};
    struct stat s;
    size_t files;

    snprintf(dir, sizeof dir, "/tmp/test-restore-keys-XXXXXX");
    CHECK(mkdtemp(dir) != NULL);
    for (const char *const *d = (const char *const[]){"tls", "data", "data/keeper", "new", "new/keeper", NULL}; *d; d++)
        CHECK(mkdir(at(&a, *d), 0700) == 0);
    put_file(&a, "tls/server.pem", "certificate");
    put_file(&a, "tls/server.key", "key");
    put_file(&a, "tls/ca.key", "authority");
    put_file(&a, "data/keeper/secret", "secret");
    CHECK(chmod(at(&a, "tls/server.key"), 0640) == 0);
    set.data = str_z(at(&a, "data"));
    tls[0].certificate = str_z(at(&a, "tls/server.pem"));
    tls[0].key = str_z(at(&a, "tls/server.key"));
    buf_init(&k.tar, KEYS_TAR_MAX);
    buf_init(&k.kept, 10000);
    CHECK_ST(backup_keys_gather(&set, STR_NONE, &k.tar, &files), ST_OK);
    CHECK_U64(files, 4);

    CHECK_ST(tree_remove(at(&a, "data/keeper")), ST_OK);
    CHECK(remove(at(&a, "tls/server.key")) == 0);
    put_file(&a, "tls/server.pem", "a newer one");
    CHECK_ST(restore_keys_put(&a, &c, &set, at(&a, "new"), &k), ST_OK);
    CHECK_U64(k.restored, 3); /* one of them was there */
    CHECK(holds(&a, "new/keeper/secret", "secret") && holds(&a, "tls/server.key", "key"));
    CHECK(holds(&a, "tls/server.pem", "a newer one") && holds(&a, "tls/ca.key", "authority"));
    CHECK(str_search(buf_str(&k.kept), STR("/tls/server.pem\"")) < k.kept.n &&
          str_find(buf_str(&k.kept), ',') == k.kept.n);
    CHECK(stat(at(&a, "tls/server.key"), &s) == 0 && (s.st_mode & 0777) == 0640);

    CHECK_ST(tree_remove(at(&a, "tls")), ST_OK); /* its directory is made too */
    CHECK_ST(restore_keys_put(&a, &c, &set, at(&a, "new"), &k), ST_OK);
    CHECK(holds(&a, "tls/server.pem", "certificate"));
    restore_keys_fini(&k);
    CHECK_ST(tree_remove(dir), ST_OK);
    arena_fini(&a);
}

TEST(no_key_leads_upward)
{
    const struct backup_key key = {.bytes = STR("x"), .mode = 0600};
    struct arena a = ARENA_INIT;
    struct restored_keys k = {0};

    CHECK_ST(put_one(&a, STR("/tmp/no/../where"), &key, &k), ST_CORRUPT);
    arena_fini(&a);
}

TEST(nothing_is_asked_for_where_there_are_no_keys_or_none_are_wanted)
{
    struct str words[] = {STR("restore"), STR("/x"), STR("--without-keys")};
    struct chosen c = {0};
    struct arena a = ARENA_INIT;
    struct restored_keys k;
    struct admin_args args;

    CHECK_ST(admin_parse(&a, words, 2, &args), ST_OK);
    CHECK_ST(restore_keys_open(&a, &c, &args, &k), ST_OK);
    CHECK(k.tar.n == 0 && !k.why_not);
    restore_keys_fini(&k);
    c.manifest.has_keys = true;
    CHECK_ST(admin_parse(&a, words, 3, &args), ST_OK);
    CHECK_ST(restore_keys_open(&a, &c, &args, &k), ST_OK);
    CHECK(k.tar.n == 0);
    restore_keys_fini(&k);
    arena_fini(&a);
}
