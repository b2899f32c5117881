#include "policy/dkim_record.c"

#include "test.h"

TEST(what_is_published)
{
    struct arena a = ARENA_INIT;
    char key[300];
    struct str text, line;

    memset(key, 'k', sizeof key);
    CHECK_STR(dkim_record_name(&a, STR("s"), STR("a.test")), STR("s._domainkey.a.test"));
    CHECK_STR(dkim_record_text(&a, STR("ed25519-sha256"), STR("11q=")), STR("v=DKIM1; k=ed25519; p=11q="));
    text = dkim_record_text(&a, STR("rsa-sha256"), str_n(key, sizeof key));
    line = dkim_record_line(&a, STR("s._domainkey.a.test"), text);
    CHECK(str_starts(line, STR("s._domainkey.a.test. IN TXT \"v=DKIM1; k=rsa; p=kkk")));
    CHECK_U64(line.n, sizeof "s._domainkey.a.test. IN TXT" - 1 + text.n + 2 * 3);
    CHECK_U64(str_search(line, STR("\" \"")), sizeof "s._domainkey.a.test. IN TXT \"" - 1 + 255);
    arena_fini(&a);
}

TEST(what_is_found)
{
    CHECK(dkim_record_has(STR("v=DKIM1; k=rsa; p=abc="), STR("abc=")));
    CHECK(dkim_record_has(STR(" v = DKIM1;p =a b\tc= ; n=x"), STR("abc=")));
    CHECK(!dkim_record_has(STR("v=DKIM1; k=rsa; p=abc"), STR("abc=")));
    CHECK(!dkim_record_has(STR("v=DKIM1; k=rsa; p=abc=d"), STR("abc=")));
    CHECK(!dkim_record_has(STR("v=DKIM1; k=rsa; p="), STR("abc="))); /* revoked */
    CHECK(!dkim_record_has(STR("v=spf1 -all"), STR("abc=")));
    CHECK(!dkim_record_has(STR(""), STR("abc=")));
}
