#include "backup/make.c"

#include "fixture.h"
#include "test.h"

#include <sys/file.h>

static bool exists(struct world *w, const char *name)
{
    return access(world_path(w, name), F_OK) == 0;
}

static size_t count(struct world *w, const char *folder)
{
    struct str *names;
    size_t n = 0;

    CHECK_ST(os->list(os, &w->arena, world_path(w, folder), 1000, &names, &n), ST_OK);
    return n;
}

TEST(a_second_set_copies_only_what_is_new)
{
    struct backup_made one, two, three;
    struct backup_manifest m;
    struct world w;
    const char *to;

    world_open(&w);
    to = world_path(&w, "backup");
    for (unsigned i = 0; i < 40; i++)
        world_letter(&w, 100000); /* several segments */
    CHECK_ST(world_backup(&w, to, 0, &one), ST_OK);
    CHECK(one.written > 40 * 100000);
    CHECK_U64(one.manifest.messages, 40);
    CHECK_U64(one.manifest.accounts, 1);
    CHECK_ST(world_backup(&w, to, 0, &two), ST_OK);
    CHECK(two.written < 200000 && two.read < 200000); /* the directory, which is copied whole */
    CHECK(!str_eq(one.set, two.set));
    world_letter(&w, 50000);
    CHECK_ST(world_backup(&w, to, 0, &three), ST_OK);
    CHECK(three.written > 50000 && three.written < 50000 + 200000);
    CHECK(three.read < 2 * WORLD_SEGMENT); /* the one that grew, to its hash */
    CHECK_ST(backup_set_read(&w.arena, to, three.set, &m), ST_OK);
    CHECK_U64(m.messages, 41);
    CHECK(!m.has_keys && !backup_manifest_find(&m, STR(BACKUP_KEYS)));
    CHECK_STR(m.program, STR("1.2.3"));
    for (size_t i = 0; i < m.n_files; i++) {
        unsigned char hash[BACKUP_HASH_BYTES];

        CHECK_ST(backup_hash_file(backup_path(&w.arena, to, three.set, m.files[i].name), m.files[i].bytes, hash),
                 ST_OK);
        CHECK(memcmp(hash, m.files[i].hash, sizeof hash) == 0);
    }
    world_close(&w);
}

TEST(old_sets_go_and_what_only_they_needed)
{
    struct backup_made made;
    struct backup_set *sets;
    struct world w;
    const char *to;
    size_t n;

    world_open(&w);
    to = world_path(&w, "backup");
    world_letter(&w, 1000);
    for (unsigned i = 0; i < 3; i++)
        CHECK_ST(world_backup(&w, to, 0, &made), ST_OK);
    world_put(world_path(&w, "backup/seg/00009999.seg"), STR("of a backup that was cut"));
    world_put(world_path(&w, "backup/seg/00009998.seg.tmp"), STR("likewise"));
    CHECK(mkdir(world_path(&w, "backup/20200101T000000Z.tmp"), 0700) == 0);
    world_put(world_path(&w, "backup/20200101T000000Z.tmp/x"), STR("likewise"));
    CHECK_ST(world_backup(&w, to, 2, &made), ST_OK);
    CHECK_U64(made.n_removed, 2);
    CHECK_ST(backup_sets(&w.arena, to, &sets, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK_STR(sets[1].name, made.set);
    CHECK(!exists(&w, "backup/seg/00009999.seg") && !exists(&w, "backup/seg/00009998.seg.tmp"));
    CHECK(!exists(&w, "backup/20200101T000000Z.tmp"));
    CHECK_U64(count(&w, "backup"), 5); /* BACKUP, seg, dict, two sets */
    world_close(&w);
}

TEST(a_file_of_the_pool_that_has_changed_is_copied_again)
{
    struct backup_made one, two;
    struct backup_manifest m;
    unsigned char hash[BACKUP_HASH_BYTES];
    const struct backup_file *f;
    struct world w;
    const char *to;

    world_open(&w);
    to = world_path(&w, "backup");
    world_letter(&w, 1000);
    CHECK_ST(world_backup(&w, to, 0, &one), ST_OK);
    world_flip(world_path(&w, "backup/seg/00000001.seg"), 5000);
    world_letter(&w, 1000);
    CHECK_ST(world_backup(&w, to, 0, &two), ST_OK);
    CHECK_ST(backup_set_read(&w.arena, to, one.set, &m), ST_OK);
    f = backup_manifest_find(&m, STR("seg/00000001.seg"));
    CHECK(f != NULL);
    CHECK_ST(backup_hash_file(world_path(&w, "backup/seg/00000001.seg"), f->bytes, hash), ST_OK);
    CHECK(memcmp(hash, f->hash, sizeof hash) == 0); /* which heals the older set */
    world_close(&w);
}

TEST(keys_are_sealed_with_the_passphrase)
{
    struct backup_made made;
    struct backup_key *keys;
    struct world w;
    struct str sealed, line;
    struct buf tar;
    uint64_t batch;
    size_t n = 0;

    world_open(&w);
    CHECK_ST(store_hold_begin(w.store, &batch), ST_OK);
    line = arena_printf(&w.arena, "{\"batch\":%llu,\"identity\":\"%.*s\"}\n", (unsigned long long)batch,
                        STR_ARGS(store_identity(w.store)));
    CHECK_ST(world_backup_by(&w, line.p, world_path(&w, "backup"), 0, "secret words", &made), ST_OK);
    CHECK(made.manifest.has_keys);
    CHECK_U64(made.files_of_keys, 2);
    CHECK_ST(backup_read_file(&w.arena, backup_path(&w.arena, world_path(&w, "backup"), made.set, STR(BACKUP_KEYS)),
                              1 << 20, &sealed),
             ST_OK);
    buf_init(&tar, KEYS_TAR_MAX);
    CHECK_ST(backup_keys_unseal(sealed, STR("secret words"), &tar), ST_OK);
    CHECK_ST(backup_keys_list(&w.arena, buf_str(&tar), &keys, &n), ST_OK);
    CHECK_U64(n, 3); /* those of the directory */
    buf_fini(&tar);
    store_hold_end(w.store);
    world_close(&w);
}

TEST(what_is_refused_leaves_nothing)
{
    static const struct {
        const char *line;
        enum st st;
    } lines[] = {
        {"{\"error\":\"no space for a snapshot\"}\n", ST_TRYLATER},
        {"{\"batch\":1}\n", ST_INTERNAL},
        {"{\"batch\":1,\"identity\":\"short\"}\n", ST_INTERNAL},
        {"nonsense\n", ST_INTERNAL},
        {"{\"batch\":77777,\"identity\":\"0123456789abcdef0123456789abcdef\"}\n", ST_NOTFOUND}, /* no such snapshot */
    };
    struct backup_made made;
    struct world w;

    world_open(&w);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        CHECK_ST(world_backup_by(&w, lines[i].line, world_path(&w, "backup"), 0, NULL, &made), lines[i].st);
        CHECK_U64(exists(&w, "backup") ? count(&w, "backup") : 0, exists(&w, "backup") ? 3 : 0);
    }
    /* that one was begun for a store which does not exist */
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_DENIED);
    CHECK_ST(world_backup(&w, world_path(&w, "data"), 0, &made), ST_EXISTS);
    CHECK_U64(count(&w, "data"), 2);
    CHECK_ST(world_backup(&w, world_path(&w, "new"), 0, &made), ST_OK);
    world_put(world_path(&w, "new/BACKUP"),
              arena_printf(&w.arena, "restante backup 2\n%.*s\n", STR_ARGS(store_identity(w.store))));
    CHECK_ST(world_backup(&w, world_path(&w, "new"), 0, &made), ST_DENIED);
    CHECK_U64(count(&w, "new"), 4);
    world_close(&w);
}

TEST(one_backup_at_a_time)
{
    struct backup_made made;
    struct world w;
    int fd;

    world_open(&w);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    fd = open(world_path(&w, "backup/BACKUP"), O_RDONLY);
    CHECK(fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_BUSY);
    close(fd);
    CHECK_ST(world_backup(&w, world_path(&w, "backup"), 0, &made), ST_OK);
    world_close(&w);
}

TEST(without_the_server_nothing_gets_a_name)
{
    struct str dir;
    struct admin_args args = {.args = &dir, .n = 1};
    struct admin_backup b = {.args = &args, .version = "1"};
    struct backup_made made;
    struct world w;
    uint64_t batch;

    world_open(&w);
    world_letter(&w, 1000);
    dir = str_z(world_path(&w, "backup"));
    b.set = &w.set;
    b.config = world_path(&w, "conf");
    CHECK_ST(store_hold_begin(w.store, &batch), ST_OK);
    close(world_pair(arena_printf(&w.arena, "{\"batch\":%llu,\"identity\":\"%.*s\"}\n", (unsigned long long)batch,
                                  STR_ARGS(store_identity(w.store)))
                         .p,
                     &b.hold));
    CHECK_ST(backup_make(&w.arena, &b, 0, &made), ST_EOF);
    CHECK_U64(count(&w, "backup"), 3);
    CHECK_U64(count(&w, "backup/seg"), 0);
    close(b.hold);
    store_hold_end(w.store);
    world_close(&w);
}

static bool has_key(struct world *w, const char *file)
{
    struct str bytes;

    CHECK_ST(backup_read_file(&w->arena, file, 1 << 20, &bytes), ST_OK);
    return str_search(bytes, STR("the private key of a domain")) < bytes.n;
}

/* They are nowhere in the copy; sealed or left out with the others. */
TEST(keys_that_sign_letters_do_not_stay_in_the_directory)
{
    struct directory_dkim_key key = {
        .domain = STR("example.test"), .selector = STR("s"), .algorithm = STR("rsa-sha256"), .public_key = STR("p")};
    const char *from, *to;
    struct directory *d;
    uint64_t accounts;
    struct world w;
    struct str kind, back;
    struct buf keys;

    world_open(&w);
    from = world_path(&w, "data/keeper/directory.db");
    to = world_path(&w, "copy.db");
    CHECK_ST(directory_open(from, &d), ST_OK);
    CHECK_ST(directory_dkim_add(d, &key, STR("the private key of a domain")), ST_OK);
    directory_close(d);
    CHECK_ST(copy_database(from, to, NULL, &accounts), ST_OK);
    CHECK(!has_key(&w, to));
    CHECK(unlink(to) == 0);
    buf_init(&keys, 1 << 20);
    CHECK_ST(copy_database(from, to, &keys, &accounts), ST_OK);
    CHECK(!has_key(&w, to));
    CHECK_U64(accounts, 1);
    CHECK(str_search(buf_str(&keys), STR("the private key of a domain")) < keys.n);
    CHECK_ST(directory_open(to, &d), ST_OK);
    CHECK_ST(directory_dkim_private(d, &w.arena, STR("example.test"), 1, &kind, &back), ST_NOTFOUND);
    directory_close(d);
    CHECK_ST(directory_keys_put(to, buf_str(&keys)), ST_OK);
    CHECK_ST(directory_open(to, &d), ST_OK);
    CHECK_ST(directory_dkim_private(d, &w.arena, STR("example.test"), 1, &kind, &back), ST_OK);
    CHECK_STR(back, STR("the private key of a domain"));
    directory_close(d);
    buf_fini(&keys);
    world_close(&w);
}
