/* Bans by hand: added, listed, lifted; what is never banned is said to be so. */
#include "keeper/commands_bans.c"

#include "cmd.h"

TEST(bans_by_hand)
{
    begin();
    CHECK_ST(cmd("bans list"), ST_OK);
    CHECK(answer_has("{\"bans\":[]}"));
    CHECK_ST(cmd("bans add 203.0.113.9 2001:db8:1:2:3:4:5:6 --for 1h --reason spam"), ST_OK);
    CHECK(answer_has("\"network\":\"203.0.113.9\"") && answer_has("\"network\":\"2001:db8:1:2::/64\""));
    CHECK_ST(cmd("bans add 198.51.100.77/24"), ST_OK);
    CHECK_ST(cmd("bans list"), ST_OK);
    CHECK(answer_has("\"network\":\"198.51.100.0/24\"") && answer_has("\"until\":\"lifted\",\"by_hand\":true"));
    CHECK(answer_has("\"reason\":\"by an administrator\"") && answer_has("\"reason\":\"spam\""));
    CHECK_ST(cmd("bans add 127.0.0.1"), ST_DENIED);
    CHECK_ST(cmd("bans add 10.0.0.0/8"), ST_DENIED);
    CHECK_ST(cmd("bans add fd00::1"), ST_DENIED);
    CHECK_ST(cmd("bans add 128.0.0.0/1"), ST_DENIED);
    CHECK_ST(cmd("bans add 203.0.113.9/33"), ST_SYNTAX);
    CHECK_ST(cmd("bans add spam.example"), ST_SYNTAX);
    CHECK_ST(cmd("bans lift 198.51.100.5"), ST_NOTFOUND);
    CHECK(str_search(str_z(err_get()->text), STR("with 198.51.100.0/24")) < strlen(err_get()->text));
    CHECK_ST(cmd("bans lift 192.0.2.5"), ST_NOTFOUND);
    CHECK_ST(cmd("bans lift"), ST_SYNTAX);
    CHECK_ST(cmd("bans lift 198.51.100.0/24 2001:db8:1:2::9"), ST_OK);
    CHECK(answer_has("{\"lifted\":2}"));
    CHECK_ST(cmd("bans lift --all"), ST_OK);
    CHECK(answer_has("{\"lifted\":1}"));
    CHECK_ST(cmd("bans list"), ST_OK);
    CHECK(answer_has("{\"bans\":[]}"));
    end();
}
