/* Lists of refused addresses by hand: added, listed with what is known of them, lifted one by one or all. */
#include "keeper/commands_suppress.c"

#include "cmd.h"

TEST(lists_of_refused_addresses)
{
    struct directory_address failed = {STR("gone"), STR("there.test")};
    struct directory_account account;

    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("suppress list"), ST_OK);
    CHECK(answer_has("{\"suppressed\":[]}"));
    CHECK_ST(cmd("suppress add alice@example.test x@there.test Y@There.test"), ST_OK);
    CHECK(answer_has("{\"added\":2}"));
    CHECK_ST(directory_account_find(directory, &arena, &(struct directory_address){STR("alice"), STR("example.test")},
                                    &account),
             ST_OK);
    CHECK_ST(directory_suppressed_note(directory, account.id, &failed, STR("550 5.1.1 nobody"), clock_wall_us(), 0),
             ST_OK);
    CHECK_ST(cmd("suppress list alice@example.test"), ST_OK);
    CHECK(answer_has("\"account\":\"alice@example.test\"") && answer_has("\"address\":\"x@there.test\""));
    CHECK(answer_has("\"refused\":true") && answer_has("\"until\":\"lifted\""));
    CHECK(answer_has("\"address\":\"gone@there.test\",\"refused\":false,\"failures\":1"));
    CHECK(answer_has("\"reason\":\"by an administrator\"") && answer_has("\"reason\":\"550 5.1.1 nobody\""));
    CHECK_ST(cmd("suppress list bob@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("suppress lift alice@example.test"), ST_SYNTAX);
    CHECK_ST(cmd("suppress lift alice@example.test x@there.test --all"), ST_SYNTAX);
    CHECK_ST(cmd("suppress lift alice@example.test z@there.test"), ST_NOTFOUND);
    CHECK_ST(cmd("suppress lift alice@example.test X@there.test"), ST_OK);
    CHECK(answer_has("{\"lifted\":1}"));
    CHECK_ST(cmd("suppress lift alice@example.test --all"), ST_OK);
    CHECK(answer_has("{\"lifted\":2}"));
    CHECK_ST(cmd("suppress add alice@example.test x@"), ST_SYNTAX);
    CHECK_ST(cmd("suppress list"), ST_OK);
    CHECK(answer_has("{\"suppressed\":[]}"));
    end();
}
