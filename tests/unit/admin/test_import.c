#include "admin/import.c"

#include "base/arena.h"
#include "test.h"

static const char csv[] = "Address,Hash,name,quota\r\n"
                          "alice@example.test,$6$a$b,\"Alice, \"\"A\"\"\",1G\r\n"
                          "\r\n"
                          "bob@example.test,$6$c$d,\"two\nlines\",\r\n"
                          "carl@example.test,x\r\n"
                          "\"dora@example.test\" z,x,y,z\r\n"
                          "eve@example.test,$6$e$f,Eve,0";

static const char json[] = "{\"address\": \"alice@example.test\", \"hash\": \"$6$a$b\", \"quota\": 1024}\n"
                           "\n"
                           "{\"address\": \"b\\u00f6b@example.test\", \"password\": \"p\", \"name\": null}\r\n"
                           "{\"address\": \n"
                           "[1]\n"
                           "{\"adress\": \"x\"}\n"
                           "{\"address\": [1]}\n"
                           "{\"address\": \"carl@example.test\", \"quota_messages\": \"7\"}";

TEST(csv_lines)
{
    struct arena a = ARENA_INIT;
    struct admin_import im;
    struct admin_entry e;

    CHECK_ST(admin_import_begin(&im, &a, STR(csv)), ST_OK);
    CHECK_ST(admin_import_next(&im, &a, &e), ST_OK);
    CHECK_U64(e.line, 2);
    CHECK_STR(e.name, STR("Alice, \"A\""));
    CHECK_STR(e.hash, STR("$6$a$b"));
    CHECK_STR(e.quota, STR("1G"));
    CHECK_ST(admin_import_next(&im, &a, &e), ST_OK);
    CHECK_U64(e.line, 4);
    CHECK_STR(e.name, STR("two\nlines"));
    CHECK_ST(admin_import_next(&im, &a, &e), ST_SYNTAX);
    CHECK_U64(im.line, 6);
    CHECK_ST(admin_import_next(&im, &a, &e), ST_SYNTAX);
    CHECK_ST(admin_import_next(&im, &a, &e), ST_OK);
    CHECK_U64(e.line, 8);
    CHECK_STR(e.address, STR("eve@example.test"));
    CHECK_ST(admin_import_next(&im, &a, &e), ST_EOF);
    CHECK_ST(admin_import_begin(&im, &a, STR("hash,name\n")), ST_SYNTAX);
    CHECK_ST(admin_import_begin(&im, &a, STR("address,colour\n")), ST_SYNTAX);
    CHECK_ST(admin_import_begin(&im, &a, STR("")), ST_OK);
    CHECK_ST(admin_import_next(&im, &a, &e), ST_EOF);
    arena_fini(&a);
}

TEST(json_lines)
{
    static const enum st want[] = {ST_OK, ST_OK, ST_SYNTAX, ST_SYNTAX, ST_SYNTAX, ST_SYNTAX, ST_OK, ST_EOF};
    struct arena a = ARENA_INIT;
    struct admin_import im;
    struct admin_entry e;

    CHECK_ST(admin_import_begin(&im, &a, STR(json)), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CHECK_ST(admin_import_next(&im, &a, &e), want[i]);
        if (i == 0)
            CHECK_STR(e.quota, STR("1024"));
        if (i == 1) {
            CHECK_U64(e.line, 3);
            CHECK_STR(e.address, STR("b\xc3\xb6"
                                     "b@example.test"));
        }
        if (i == 6)
            CHECK(e.line == 8 && str_eq(e.quota_messages, STR("7")));
    }
    arena_fini(&a);
}

TEST(cut_anywhere_the_files_are_survived)
{
    struct arena a = ARENA_INIT;
    struct admin_import im;
    struct admin_entry e;

    for (size_t i = 0; i < sizeof(csv); i++) {
        unsigned rounds = 0;

        if (admin_import_begin(&im, &a, str_n(csv, i)) != ST_OK)
            continue;
        while (rounds++ < 50 && admin_import_next(&im, &a, &e) != ST_EOF)
            arena_reset(&a);
        CHECK(rounds < 50);
    }
    for (size_t i = 0; i < sizeof(json); i++) {
        unsigned rounds = 0;

        CHECK_ST(admin_import_begin(&im, &a, str_n(json, i)), ST_OK);
        while (rounds++ < 50 && admin_import_next(&im, &a, &e) != ST_EOF)
            arena_reset(&a);
        CHECK(rounds < 50);
    }
    arena_fini(&a);
}

TEST(records_travel_and_damaged_ones_are_refused)
{
    struct arena a = ARENA_INIT;
    struct admin_entry one = {.line = 7, .address = STR("a@b"), .hash = STR("h"), .quota = STR("1")}, *list;
    struct buf b;
    size_t n;

    buf_init(&b, 1000);
    admin_entry_put(&b, &one);
    admin_entry_put(&b, &one);
    CHECK_ST(admin_entries_get(buf_str(&b), &a, &list, &n), ST_OK);
    CHECK(n == 2 && list[1].line == 7);
    CHECK_STR(list[1].address, one.address);
    CHECK_STR(list[1].quota, one.quota);
    for (size_t i = 1; i < b.n; i++)
        CHECK_ST(admin_entries_get(str_sub(buf_str(&b), 0, i), &a, &list, &n), i == b.n / 2 ? ST_OK : ST_SYNTAX);
    buf_fini(&b);
    arena_fini(&a);
}
