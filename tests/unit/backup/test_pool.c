#include "backup/pool.c"
#include "test.h"

#include <stdlib.h>
#include <unistd.h>

static struct arena arena;
static char dir[64];

static const char *in_dir(const char *name)
{
    return arena_printf(&arena, "%s/%s", dir, name).p;
}

static void begin(void)
{
    snprintf(dir, sizeof dir, "/tmp/restante-pool-XXXXXX");
    CHECK(mkdtemp(dir));
}

static void end(void)
{
    CHECK(rmdir(dir) == 0);
    arena_fini(&arena);
    arena = ARENA_INIT;
}

static void put(const char *name, struct str text)
{
    FILE *f = fopen(in_dir(name), "w");

    CHECK(f && fwrite(text.p, 1, text.n, f) == text.n && fclose(f) == 0);
}

static struct str get(const char *name)
{
    struct str s = STR_NONE;

    CHECK_ST(backup_read_file(&arena, in_dir(name), 1 << 24, &s), ST_OK);
    return s;
}

static bool is_hash_of(const unsigned char hash[BACKUP_HASH_BYTES], struct str s)
{
    unsigned char want[BACKUP_HASH_BYTES];

    crypto_generichash(want, sizeof want, (const unsigned char *)s.p, s.n, NULL, 0);
    return memcmp(want, hash, sizeof want) == 0;
}

TEST(a_copy_is_of_the_bytes_asked_for_and_replaces_when_complete)
{
    struct backup_flow f = {.hold = -1};
    unsigned char hash[BACKUP_HASH_BYTES];
    struct str text;

    begin();
    text = str_n(arena_alloc(&arena, 3 * CHUNK + 5), 3 * CHUNK + 5);
    for (size_t i = 0; i < text.n; i++)
        ((char *)(uintptr_t)text.p)[i] = (char)(i * 13 / 7);
    put("from", text);
    put("to", STR("old"));
    CHECK_ST(backup_copy(&f, in_dir("from"), in_dir("to"), text.n - 2, hash), ST_OK);
    CHECK_STR(get("to"), str_sub(text, 0, text.n - 2));
    CHECK(is_hash_of(hash, str_sub(text, 0, text.n - 2)));
    CHECK_U64(f.read, text.n - 2);
    CHECK_U64(f.written, text.n - 2);
    CHECK_ST(backup_copy(&f, in_dir("from"), in_dir("to"), text.n + 1, hash), ST_CORRUPT); /* it is shorter */
    CHECK_STR(get("to"), str_sub(text, 0, text.n - 2));
    CHECK(access(in_dir("to.tmp"), F_OK) != 0);
    CHECK_ST(backup_copy(&f, in_dir("none"), in_dir("to"), 1, hash), ST_NOTFOUND);
    CHECK(unlink(in_dir("from")) == 0 && unlink(in_dir("to")) == 0);
    end();
}

TEST(what_has_grown_is_appended_to_what_is_verified)
{
    struct backup_flow f = {.hold = -1};
    struct backup_file known = {.name = STR("x"), .bytes = 5};
    unsigned char hash[BACKUP_HASH_BYTES];

    begin();
    crypto_generichash(known.hash, sizeof known.hash, (const unsigned char *)"first", 5, NULL, 0);
    put("from", STR("first second third"));
    put("to", STR("firstGARBAGE OF A BACKUP THAT WAS CUT"));
    CHECK_ST(backup_copy_more(&f, in_dir("from"), in_dir("to"), &known, 12, hash), ST_OK);
    CHECK_STR(str_sub(get("to"), 0, 12), STR("first second"));
    CHECK(is_hash_of(hash, STR("first second")));
    CHECK_U64(f.written, 7);
    CHECK_ST(backup_copy_more(&f, in_dir("from"), in_dir("to"), &known, 100, hash), ST_CORRUPT);
    CHECK_STR(get("to"), STR("first"));
    put("to", STR("fIrst"));
    CHECK_ST(backup_copy_more(&f, in_dir("from"), in_dir("to"), &known, 12, hash), ST_CORRUPT);
    put("to", STR("fir"));
    CHECK_ST(backup_copy_more(&f, in_dir("from"), in_dir("to"), &known, 12, hash), ST_CORRUPT);
    CHECK(unlink(in_dir("to")) == 0);
    CHECK_ST(backup_copy_more(&f, in_dir("from"), in_dir("to"), &known, 12, hash), ST_CORRUPT);
    CHECK(unlink(in_dir("from")) == 0);
    end();
}

TEST(signs_of_life_go_to_the_hold_until_it_is_gone)
{
    struct backup_flow f = {.said = clock_mono_ms()};
    unsigned char hash[BACKUP_HASH_BYTES];
    char got[8];
    int pair[2];

    begin();
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    f.hold = pair[0];
    CHECK_ST(backup_flow_on(&f, 1), ST_OK);
    CHECK(recv(pair[1], got, sizeof got, MSG_DONTWAIT) < 0); /* not yet */
    f.said -= 2 * SIGN_MS;
    CHECK_ST(backup_flow_on(&f, 1), ST_OK);
    CHECK(recv(pair[1], got, sizeof got, MSG_DONTWAIT) == 1);
    close(pair[1]);
    f.said -= 2 * SIGN_MS;
    CHECK_ST(backup_flow_on(&f, 1), ST_EOF);
    put("from", STR("text"));
    f.said -= 2 * SIGN_MS;
    CHECK_ST(backup_copy(&f, in_dir("from"), in_dir("to"), 4, hash), ST_EOF);
    CHECK(access(in_dir("to"), F_OK) != 0 && access(in_dir("to.tmp"), F_OK) != 0);
    CHECK(unlink(in_dir("from")) == 0);
    close(pair[0]);
    end();
}

TEST(bytes_from_memory)
{
    struct backup_flow f = {.hold = -1};
    unsigned char hash[BACKUP_HASH_BYTES];

    begin();
    CHECK_ST(backup_put(&f, STR("text"), in_dir("to"), hash), ST_OK);
    CHECK_STR(get("to"), STR("text"));
    CHECK(is_hash_of(hash, STR("text")));
    CHECK_U64(f.written, 4);
    CHECK(unlink(in_dir("to")) == 0);
    end();
}
