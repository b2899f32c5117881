#define KEYS_MEMORY (8ull << 20)
#include "backup/keys.c"
#include "test.h"

#include <stdlib.h>

static void put_file(struct arena *a, const char *dir, const char *name, const char *text, mode_t mode)
{
    const char *path = arena_printf(a, "%s/%s", dir, name).p;
    FILE *f = fopen(path, "w");

    CHECK(f && fwrite(text, 1, strlen(text), f) == strlen(text) && fclose(f) == 0 && chmod(path, mode) == 0);
}

static bool holds(const struct backup_key *keys, size_t n, const char *end, const char *text, unsigned mode)
{
    for (size_t i = 0; i < n; i++)
        if (str_ends(keys[i].path, str_z(end)))
            return keys[i].path.p[0] == '/' && str_eq(keys[i].bytes, str_z(text)) && keys[i].mode == mode;
    return false;
}

TEST(keys_certificates_authority_and_secrets_of_the_data_directory_are_gathered)
{
    char dir[] = "/tmp/restante-keys-XXXXXX";
    struct arena a = ARENA_INIT;
    struct config_tls tls[2] = {0};
    struct settings set = {.tls = tls, .tls_count = 2};
    struct backup_key *keys;
    struct buf tar;
    size_t files, n;

    CHECK(mkdtemp(dir));
    for (const char *const *d =
             (const char *const[]){"tls", "data", "data/box", "data/keeper", "data/keeper/sub", "data/backup", NULL};
         *d; d++)
        CHECK(mkdir(arena_printf(&a, "%s/%s", dir, *d).p, 0700) == 0);
    put_file(&a, dir, "tls/server.pem", "certificate", 0644);
    put_file(&a, dir, "tls/server.key", "key", 0600);
    put_file(&a, dir, "tls/ca.key", "key of the authority", 0600);
    put_file(&a, dir, "tls/other", "not ours", 0600);
    put_file(&a, dir, "data/box/mail", "mail", 0600);
    put_file(&a, dir, "data/keeper/directory.db", "directory", 0600);
    put_file(&a, dir, "data/keeper/directory.db-wal", "directory", 0600);
    put_file(&a, dir, "data/keeper/sub/secret", "secret", 0400);
    put_file(&a, dir, "data/lock", "", 0600);
    put_file(&a, dir, "data/backup/BACKUP", "a backup", 0600);
    put_file(&a, dir, "data/backup/file", "not again", 0600);
    set.data = arena_printf(&a, "%s/data", dir);
    tls[0].certificate = tls[1].certificate = arena_printf(&a, "%s/tls/server.pem", dir);
    tls[0].key = tls[1].key = arena_printf(&a, "%s/tls/server.key", dir);
    buf_init(&tar, KEYS_TAR_MAX);
    CHECK_ST(backup_keys_gather(&set, STR_NONE, &tar, &files), ST_OK);
    CHECK_U64(files, 4);
    CHECK_ST(backup_keys_list(&a, buf_str(&tar), &keys, &n), ST_OK);
    CHECK_U64(n, 4);
    CHECK(holds(keys, n, "/tls/server.pem", "certificate", 0644));
    CHECK(holds(keys, n, "/tls/server.key", "key", 0600));
    CHECK(holds(keys, n, "/tls/ca.key", "key of the authority", 0600));
    CHECK(holds(keys, n, "/data/keeper/sub/secret", "secret", 0400));
    tls[1].key = arena_printf(&a, "%s/tls/missing", dir);
    buf_clear(&tar);
    CHECK_ST(backup_keys_gather(&set, STR_NONE, &tar, &files), ST_NOTFOUND);
    CHECK_ST(backup_keys_list(&a, STR("no tar"), &keys, &n), ST_CORRUPT);
    buf_fini(&tar);
    for (const char *const *f =
             (const char *const[]){"tls/server.pem", "tls/server.key", "tls/ca.key", "tls/other", "data/box/mail",
                                   "data/keeper/directory.db", "data/keeper/directory.db-wal", "data/keeper/sub/secret",
                                   "data/lock", "data/backup/BACKUP", "data/backup/file", "data/backup",
                                   "data/keeper/sub", "data/keeper", "data/box", "data", "tls", "", NULL};
         *f; f++)
        CHECK(remove(arena_printf(&a, "%s/%s", dir, *f).p) == 0);
    arena_fini(&a);
}

TEST(what_is_sealed_opens_with_its_passphrase_only)
{
    static const size_t sizes[] = {0, 1, CHUNK, 2 * CHUNK + 7};
    struct buf sealed, back;

    buf_init(&sealed, KEYS_TAR_MAX);
    buf_init(&back, KEYS_TAR_MAX);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        char *bytes = mem_new(sizes[i] + 1);

        for (size_t k = 0; k < sizes[i]; k++)
            bytes[k] = (char)(k * 7 + k / 256);
        buf_clear(&sealed);
        CHECK_ST(backup_keys_seal(str_n(bytes, sizes[i]), STR("open sesame"), &sealed), ST_OK);
        CHECK(sizes[i] < 64 || str_search(buf_str(&sealed), str_n(bytes, 64)) == sealed.n);
        buf_clear(&back);
        CHECK_ST(backup_keys_unseal(buf_str(&sealed), STR("open sesame"), &back), ST_OK);
        CHECK_STR(buf_str(&back), str_n(bytes, sizes[i]));
        mem_free(bytes);
    }
    CHECK_ST(backup_keys_check_head(buf_str(&sealed)), ST_OK);
    buf_clear(&back);
    CHECK_ST(backup_keys_unseal(buf_str(&sealed), STR("open sesam"), &back), ST_DENIED);
    buf_clear(&back);
    CHECK_ST(backup_keys_unseal(str_n(sealed.p, HEAD_BYTES + CHUNK + MORE_BYTES), STR("open sesame"), &back),
             ST_CORRUPT); /* cut between chunks */
    buf_clear(&back);
    CHECK_ST(backup_keys_unseal(str_n(sealed.p, sealed.n - 1), STR("open sesame"), &back), ST_CORRUPT);
    sealed.p[HEAD_BYTES + CHUNK + MORE_BYTES + 3] ^= 1;
    buf_clear(&back);
    CHECK_ST(backup_keys_unseal(buf_str(&sealed), STR("open sesame"), &back), ST_CORRUPT);
    buf_fini(&sealed);
    buf_fini(&back);
}

TEST(a_head_that_asks_for_too_much_is_refused_before_it_costs_anything)
{
    struct head h = {.ops = OPS, .memory = KEYS_MEMORY};
    struct buf b, out;

    buf_init(&b, 4096);
    buf_init(&out, 4096);
    put_head(&h, &b);
    CHECK_ST(backup_keys_check_head(buf_str(&b)), ST_OK);
    for (size_t i = 0; i < b.n; i++)
        CHECK_ST(backup_keys_check_head(str_n(b.p, i)), ST_CORRUPT);
    for (unsigned i = 0; i < 4; i++) {
        struct head bad = h;

        bad.ops = i == 0 ? OPS_MOST + 1 : i == 1 ? 0 : h.ops;
        bad.memory = i == 2 ? MEMORY_MOST + 1 : i == 3 ? 0 : h.memory;
        buf_clear(&b);
        put_head(&bad, &b);
        CHECK_ST(backup_keys_unseal(buf_str(&b), STR("x"), &out), ST_CORRUPT);
    }
    buf_clear(&b);
    put_head(&h, &b);
    b.p[0] = 'X';
    CHECK_ST(backup_keys_check_head(buf_str(&b)), ST_CORRUPT);
    buf_fini(&b);
    buf_fini(&out);
}
