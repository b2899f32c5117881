#include "backup/account.c"

#include "base/buf.h"
#include "test.h"

TEST(an_account_is_found_by_its_address_in_whatever_case)
{
    struct arena a = ARENA_INIT;
    struct account_restored s = {.arena = &a, .address = STR("Anna@Example.TEST"), .socket = "/tmp/no-such-socket"};
    struct directory_address address = {STR("anna"), STR("example.test")};
    struct directory_change none = {0};
    uint64_t id;

    CHECK_ST(directory_open(":memory:", &s.directory), ST_OK);
    CHECK_ST(directory_domain_add(s.directory, STR("example.test")), ST_OK);
    CHECK_ST(directory_account_add(s.directory, &address, &none, &id), ST_OK);
    CHECK_ST(by_address(&s), ST_OK);
    CHECK_U64(s.account.id, id);
    CHECK_ST(read_hash(&s), ST_NOTFOUND); /* it never had a password */
    CHECK_ST(directory_password_set(s.directory, id, STR("$5$x")), ST_OK);
    CHECK_ST(read_hash(&s), ST_OK);
    CHECK_STR(s.hash, STR("$5$x"));
    s.address = STR("no address");
    CHECK_ST(by_address(&s), ST_SYNTAX);
    s.address = STR("other@example.test");
    CHECK_ST(by_address(&s), ST_NOTFOUND);
    CHECK_ST(by_number(&s), ST_NOTFOUND); /* no server to ask */
    account_fini(&s);
    arena_fini(&a);
}

TEST(notes_are_kept_in_their_order)
{
    struct arena a = ARENA_INIT;
    struct account_restored s = {.arena = &a};

    for (unsigned i = 0; i < 100; i++)
        account_note(&s, arena_printf(&a, "%u", i));
    CHECK_U64(s.n_notes, 100);
    CHECK_STR(s.notes[99], STR("99"));
    CHECK_STR(s.notes[0], STR("0"));
    arena_fini(&a);
}
