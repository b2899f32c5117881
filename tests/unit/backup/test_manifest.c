#include "backup/manifest.c"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

static const char identity[] = "0123456789abcdef0123456789abcdef";

static struct backup_manifest sample(struct arena *a)
{
    struct backup_manifest m = {.time_us = 1795430420123456,
                                .identity = str_z(identity),
                                .program = STR("0.1.0"),
                                .batch = 77,
                                .accounts = 2,
                                .messages = 9,
                                .has_keys = true};

    m.files = ARENA_ARRAY(a, struct backup_file, 3);
    m.n_files = 3;
    m.files[0] = (struct backup_file){STR("seg/00000002.seg"), 4096, {2}};
    m.files[1] = (struct backup_file){STR("00000077.snap"), 123, {3, 4}};
    m.files[2] = (struct backup_file){STR("seg/00000001.seg"), 1ull << 40, {1}};
    return m;
}

static struct str written(struct arena *a)
{
    struct backup_manifest m = sample(a);
    struct buf out;
    struct str text;

    buf_init(&out, 1 << 20);
    CHECK_ST(backup_manifest_put(&m, &out), ST_OK);
    text = arena_str(a, buf_str(&out));
    buf_fini(&out);
    return text;
}

TEST(a_manifest_comes_back_as_it_was)
{
    struct arena a = ARENA_INIT;
    struct backup_manifest m;
    struct str text = written(&a);

    CHECK_ST(backup_manifest_get(&a, text, &m), ST_OK);
    CHECK_U64(m.time_us, 1795430420123456);
    CHECK_STR(m.identity, str_z(identity));
    CHECK_STR(m.program, STR("0.1.0"));
    CHECK_U64(m.batch, 77);
    CHECK_U64(m.accounts, 2);
    CHECK_U64(m.messages, 9);
    CHECK(m.has_keys);
    CHECK_U64(m.n_files, 3);
    CHECK_STR(m.files[0].name, STR("00000077.snap"));
    CHECK_STR(m.files[2].name, STR("seg/00000002.seg"));
    CHECK(backup_manifest_find(&m, STR("seg/00000001.seg")) == &m.files[1]);
    CHECK_U64(m.files[1].bytes, 1ull << 40);
    CHECK(m.files[0].hash[0] == 3 && m.files[0].hash[1] == 4 && m.files[0].hash[31] == 0);
    CHECK(!backup_manifest_find(&m, STR("seg/00000003.seg")));
    arena_fini(&a);
}

TEST(any_byte_that_changes_is_seen_and_any_cut)
{
    struct arena a = ARENA_INIT;
    struct backup_manifest m;
    struct str text = written(&a);

    for (size_t i = 0; i < text.n; i++) {
        char *copy = arena_cstr(&a, text);

        copy[i] ^= 1;
        CHECK_ST(backup_manifest_get(&a, str_n(copy, text.n), &m), ST_CORRUPT);
        CHECK_ST(backup_manifest_get(&a, str_sub(text, 0, i), &m), ST_CORRUPT);
    }
    arena_fini(&a);
}

static enum st with_check(struct arena *a, const char *body, struct backup_manifest *m)
{
    unsigned char hash[BACKUP_HASH_BYTES];

    hash_of(str_z(body), hash);
    return backup_manifest_get(
        a, arena_printf(a, "%s" CHECK_MARK "%.*s\"\n}\n", body, STR_ARGS(hex_of(a, hash, sizeof hash))), m);
}

TEST(what_is_well_formed_but_no_manifest_is_refused)
{
    static const struct {
        const char *files, *version;
        enum st st;
    } cases[] = {
        {"[]", "1", ST_OK},
        {"[]", "2", ST_DENIED},
        {"[]", "-1", ST_CORRUPT},
        {"[]", "\"1\"", ST_CORRUPT},
        {"7", "1", ST_CORRUPT},
        {"[{\"name\": \"../x\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"seg/../x\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"/etc/x\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"seg/\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"x\", \"bytes\": 1, \"blake2b\": \"00\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"x\", \"bytes\": -1, \"blake2b\": \"%h\"}]", "1", ST_CORRUPT},
        {"[{\"name\": \"x\", \"bytes\": 1, \"blake2b\": \"%h\"}]", "1", ST_OK},
        {"[{\"name\": \"x\", \"bytes\": 1, \"blake2b\": \"%h\"}, {\"name\": \"x\", \"bytes\": 1, \"blake2b\": "
         "\"%h\"}]",
         "1", ST_CORRUPT},
    };
    struct arena a = ARENA_INIT;
    struct backup_manifest m;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf files;
        struct str rest = str_z(cases[i].files);

        buf_init(&files, 4096);
        for (size_t at; (at = str_search(rest, STR("%h"))) < rest.n; rest = str_from(rest, at + 2)) {
            buf_add(&files, str_sub(rest, 0, at));
            for (unsigned k = 0; k < BACKUP_HASH_BYTES; k++)
                buf_addz(&files, "ab");
        }
        buf_add(&files, rest);
        CHECK_ST(with_check(&a,
                            arena_printf(&a,
                                         "{\"version\": %s, \"time_us\": 5, \"identity\": \"%s\", \"program\": "
                                         "\"x\", \"batch\": 1, \"accounts\": 0, \"messages\": 0, \"files\": %.*s",
                                         cases[i].version, identity, STR_ARGS(buf_str(&files)))
                                .p,
                            &m),
                 cases[i].st);
        buf_fini(&files);
    }
    arena_fini(&a);
}

static void put_file(struct arena *a, const char *dir, const char *name, struct str text)
{
    FILE *f = fopen(arena_printf(a, "%s/%s", dir, name).p, "w");

    CHECK(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

TEST(the_head_of_a_backup_names_store_and_version)
{
    static const struct {
        const char *text;
        enum st st;
    } cases[] = {
        {"restante backup 1\n0123456789abcdef0123456789abcdef\n", ST_OK},
        {"restante backup 2\n0123456789abcdef0123456789abcdef\n", ST_DENIED},
        {"restante backup x\n0123456789abcdef0123456789abcdef\n", ST_CORRUPT},
        {"restante backup 1\n0123456789abcdef0123456789abcde\n", ST_CORRUPT},
        {"restante backup 1\n0123456789ABCDEF0123456789abcdef\n", ST_CORRUPT},
        {"restante backup 1", ST_CORRUPT},
        {"", ST_CORRUPT},
    };
    char dir[] = "/tmp/restante-manifest-XXXXXX";
    struct arena a = ARENA_INIT;
    struct str got;

    CHECK(mkdtemp(dir));
    CHECK_ST(backup_identity(&a, dir, &got), ST_NOTFOUND);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        put_file(&a, dir, BACKUP_FILE, str_z(cases[i].text));
        CHECK_ST(backup_identity(&a, dir, &got), cases[i].st);
        if (cases[i].st == ST_OK)
            CHECK_STR(got, str_z(identity));
    }
    CHECK(unlink(arena_printf(&a, "%s/%s", dir, BACKUP_FILE).p) == 0 && rmdir(dir) == 0);
    arena_fini(&a);
}

TEST(sets_are_found_by_their_names_and_by_time)
{
    static const char *const names[] = {"20261123T120000Z", "20261122T235959Z", "20261123T120001Z.tmp", "seg",
                                        "20261323T120000Z", "2026112xT120000Z"};
    char dir[] = "/tmp/restante-manifest-XXXXXX";
    struct arena a = ARENA_INIT;
    const struct backup_set *at;
    struct backup_set *sets;
    size_t n;

    CHECK(mkdtemp(dir));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CHECK(mkdir(arena_printf(&a, "%s/%s", dir, names[i]).p, 0700) == 0);
    CHECK_ST(backup_sets(&a, dir, &sets, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(sets[0].name, STR("20261122T235959Z"));
    CHECK_STR(sets[1].name, STR("20261123T120000Z"));
    CHECK_U64(sets[1].time_us - sets[0].time_us, 43201ull * 1000000);
    CHECK_STR(backup_set_name(&a, sets[1].time_us + 999999), STR("20261123T120000Z"));
    CHECK_ST(backup_set_at(sets, n, UINT64_MAX, &at), ST_OK);
    CHECK(at == &sets[1]);
    CHECK_ST(backup_set_at(sets, n, sets[1].time_us - 1, &at), ST_OK);
    CHECK(at == &sets[0]);
    CHECK_ST(backup_set_at(sets, n, sets[0].time_us - 1, &at), ST_NOTFOUND);
    CHECK_ST(backup_set_at(sets, 0, UINT64_MAX, &at), ST_NOTFOUND);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        CHECK(rmdir(arena_printf(&a, "%s/%s", dir, names[i]).p) == 0);
    CHECK(rmdir(dir) == 0);
    arena_fini(&a);
}

TEST(a_set_reads_its_manifest_and_files_have_hashes)
{
    char dir[] = "/tmp/restante-manifest-XXXXXX";
    unsigned char hash[BACKUP_HASH_BYTES], want[BACKUP_HASH_BYTES];
    struct arena a = ARENA_INIT;
    struct backup_manifest m;
    const char *path;

    CHECK(mkdtemp(dir));
    CHECK(mkdir(arena_printf(&a, "%s/20261123T120000Z", dir).p, 0700) == 0);
    CHECK_ST(backup_set_read(&a, dir, STR("20261123T120000Z"), &m), ST_NOTFOUND);
    path = backup_path(&a, dir, STR("20261123T120000Z"), STR(BACKUP_MANIFEST));
    put_file(&a, dir, "20261123T120000Z/" BACKUP_MANIFEST, written(&a));
    CHECK_ST(backup_set_read(&a, dir, STR("20261123T120000Z"), &m), ST_OK);
    CHECK_U64(m.batch, 77);
    CHECK_STR(str_z(backup_path(&a, "d", STR("s"), STR("seg/1.seg"))), STR("d/seg/1.seg"));
    hash_of(str_sub(written(&a), 0, 100), want);
    CHECK_ST(backup_hash_file(path, 100, hash), ST_OK);
    CHECK(memcmp(hash, want, sizeof want) == 0);
    CHECK_ST(backup_hash_file(path, 1 << 20, hash), ST_CORRUPT);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(arena_printf(&a, "%s/20261123T120000Z", dir).p) == 0 && rmdir(dir) == 0);
    arena_fini(&a);
}

TEST(readers_may_be_several_a_writer_is_alone)
{
    char dir[] = "/tmp/restante-manifest-XXXXXX";
    struct arena a = ARENA_INIT;
    int one, two, three;

    CHECK(mkdtemp(dir));
    CHECK_ST(backup_lock(dir, false, &one), ST_NOTFOUND);
    put_file(&a, dir, BACKUP_FILE, STR("x"));
    CHECK_ST(backup_lock(dir, false, &one), ST_OK);
    CHECK_ST(backup_lock(dir, false, &two), ST_OK);
    CHECK_ST(backup_lock(dir, true, &three), ST_BUSY);
    close(one);
    close(two);
    CHECK_ST(backup_lock(dir, true, &three), ST_OK);
    CHECK_ST(backup_lock(dir, false, &one), ST_BUSY);
    close(three);
    CHECK(unlink(arena_printf(&a, "%s/%s", dir, BACKUP_FILE).p) == 0 && rmdir(dir) == 0);
    arena_fini(&a);
}
