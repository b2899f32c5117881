#include "config/user.c"

#include "test.h"

TEST(names_and_numbers)
{
    uid_t uid = 7;
    gid_t gid = 7;

    CHECK_ST(config_user(STR("root"), "user_box", &uid, &gid), ST_OK);
    CHECK(uid == 0 && gid == 0);
    CHECK_ST(config_user(STR("1990000007"), "user_box", &uid, &gid), ST_OK); /* nobody has it */
    CHECK(uid == 1990000007 && gid == 1990000007);
    CHECK_ST(config_user(STR("no-such-user-here"), "user_box", &uid, &gid), ST_NOTFOUND);
    CHECK(strstr(err_get()->text, "user_box") != NULL && uid == 1990000007);
    CHECK_ST(config_user(STR_NONE, "user_box", &uid, &gid), ST_NOTFOUND);
}
