#include "keeper/commands_app.c"

#include "cmd.h"

static const char *line(const char *verb, const char *rest)
{
    return arena_printf(&arena, "app-password %s %s%c", verb, rest, 0).p;
}

TEST(an_app_password_is_shown_once_and_revoked_by_name_or_number)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd(line("add", "alice --name=Phone --protocols=imap,smtp")), ST_OK);
    CHECK(answer_has("\"password\"") && answer_has("\"Phone\"") && answer_has("\"imap,smtp\"") &&
          command.n_revoked == 0);
    CHECK_ST(cmd(line("add", "alice --name=Phone")), ST_EXISTS);
    CHECK_ST(cmd(line("add", "alice --name=X --protocols=gopher")), ST_SYNTAX);
    CHECK_ST(cmd(line("add", "alice --protocols=,")), ST_SYNTAX);
    CHECK_ST(cmd(line("add", "bob")), ST_NOTFOUND);
    CHECK_ST(cmd(line("add", "alice")), ST_OK);
    CHECK(answer_has("\"device 1\"") && answer_has("\"protocols\":\"all\""));
    CHECK_ST(cmd(line("list", "alice")), ST_OK);
    CHECK(answer_has("Phone") && answer_has("device 1") && answer_has("never") && !answer_has("password\":"));
    CHECK_ST(cmd(line("remove", "alice Tablet")), ST_NOTFOUND);
    CHECK_ST(cmd(line("remove", "alice Phone")), ST_OK);
    CHECK(command.n_revoked == 1 && command.revoked_credential != 0);
    CHECK_ST(cmd(line("list", "alice")), ST_OK);
    CHECK(!answer_has("Phone"));
    CHECK_ST(cmd(line("remove", "alice 3")), ST_OK); /* its number */
    end();
}

TEST(who_has_no_keys_is_told)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("scram"), ST_OK);
    CHECK_STR(buf_str(&out), STR("{\"setting\":\"auto\",\"announced\":false,\"without_keys\":[]}"));
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("scram"), ST_OK);
    CHECK(answer_has("[\"alice@example.test\"]"));
    end();
}
