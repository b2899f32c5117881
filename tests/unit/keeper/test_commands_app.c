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

#define FINGERPRINT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(a_certificate_stands_for_one_account)
{
    static const char hex[] = FINGERPRINT, add[] = "client-certificate add alice " FINGERPRINT;

    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("account add bob@example.test"), ST_OK);
    CHECK_ST(cmd("client-certificate add alice 12"), ST_SYNTAX);
    CHECK_ST(cmd(arena_printf(&arena, "client-certificate add alice %.63sx%c", hex, 0).p), ST_SYNTAX);
    CHECK_ST(cmd(add), ST_OK);
    CHECK(answer_has("\"certificate 1\"") && answer_has(hex) && command.n_revoked == 0);
    CHECK_ST(cmd(add), ST_EXISTS);
    CHECK_ST(cmd(arena_printf(&arena, "client-certificate add bob SHA256=%s%c", hex, 0).p), ST_EXISTS);
    CHECK_ST(cmd(arena_printf(&arena, "client-certificate add alice SHA256=AA:BB%s --name=Phone --protocols=imap%c",
                              hex + 4, 0)
                     .p),
             ST_OK);
    CHECK(answer_has("aabb4567") && answer_has("\"imap\""));
    CHECK_ST(cmd("client-certificate list alice"), ST_OK);
    CHECK(answer_has("certificate 1") && answer_has("Phone"));
    CHECK_ST(cmd("app-password list alice"), ST_OK);
    CHECK(!answer_has("Phone"));
    CHECK_ST(cmd("app-password remove alice Phone"), ST_NOTFOUND);
    CHECK_ST(cmd("account show alice"), ST_OK);
    CHECK(answer_has("\"kind\":\"certificate\""));
    CHECK_ST(cmd("client-certificate remove alice Phone"), ST_OK);
    CHECK(command.n_revoked == 1 && command.revoked_credential != 0);
    CHECK_ST(cmd("client-certificate list alice"), ST_OK);
    CHECK(!answer_has("Phone"));
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
