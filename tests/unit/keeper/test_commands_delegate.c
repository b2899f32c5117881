/* Rights to send as others by command: all or nothing, listed, shown with the account. */
#include "keeper/commands_delegate.c"

#include "cmd.h"

TEST(rights_are_given_and_taken)
{
    begin();
    CHECK_ST(cmd("domain add example.test"), ST_OK);
    CHECK_ST(cmd("account add alice@example.test"), ST_OK);
    CHECK_ST(cmd("account add bob@example.test"), ST_OK);
    CHECK_ST(cmd("delegate list"), ST_OK);
    CHECK(answer_has("{\"delegates\":[]}"));
    CHECK_ST(cmd("delegate add alice@example.test bob@example.test @example.test"), ST_OK);
    CHECK(answer_has("\"account\":\"alice@example.test\",\"may_send_as\":[\"@example.test\",\"bob@example.test\"]"));
    CHECK_ST(cmd("delegate add alice@example.test info@example.test bob@example.test"), ST_EXISTS);
    CHECK_ST(cmd("delegate add alice@example.test x@elsewhere.test"), ST_NOTFOUND);
    CHECK_ST(cmd("delegate add carol@example.test bob@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("account show alice@example.test"), ST_OK);
    CHECK(answer_has("\"may_send_as\":[\"@example.test\",\"bob@example.test\"]"));
    CHECK_ST(cmd("delegate list bob@example.test"), ST_OK);
    CHECK(answer_has("{\"delegates\":[]}"));
    CHECK_ST(cmd("delegate remove alice@example.test"), ST_SYNTAX);
    CHECK_ST(cmd("delegate remove alice@example.test bob@example.test info@example.test"), ST_NOTFOUND);
    CHECK_ST(cmd("delegate remove alice@example.test @example.test"), ST_OK);
    CHECK(answer_has("\"may_send_as\":[\"bob@example.test\"]"));
    CHECK_ST(cmd("delegate remove alice@example.test --all"), ST_OK);
    CHECK(answer_has("\"may_send_as\":[]"));
    CHECK_ST(cmd("domain set example.test --send-as-domain maybe"), ST_SYNTAX);
    CHECK_ST(cmd("domain set example.test --send-as-domain yes"), ST_OK);
    CHECK(answer_has("\"send_as_domain\":true"));
    CHECK_ST(cmd("domain set example.test --quota 0"), ST_OK);
    CHECK(answer_has("\"send_as_domain\":true"));
    end();
}
