#include "doctor/spf_glance.c"

#include "test.h"

static enum spf_glance look(const char *record)
{
    struct addr addresses[2];
    struct spf_glance_facts f = {.name = STR("here.test"),
                                 .host = STR("mail.here.test"),
                                 .addresses = addresses,
                                 .n_addresses = 2,
                                 .mx_is_host = true};

    CHECK_ST(addr_parse(STR("192.0.2.1"), 0, &addresses[0]), ST_OK);
    CHECK_ST(addr_parse(STR("2001:db8::1"), 0, &addresses[1]), ST_OK);
    return spf_glance(str_z(record), &f);
}

TEST(names_this_server)
{
    static const char *const records[] = {"v=spf1 mx -all",
                                          "v=spf1 +MX ~all",
                                          "v=spf1 a:mail.here.test -all",
                                          "v=spf1 ip4:192.0.2.0/24 -all",
                                          "v=spf1 include:other.test ip6:2001:db8::1 -all",
                                          "v=spf1 include:other.test mx -all",
                                          "v=spf1 mx"};

    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        CHECK_U64(look(records[i]), SPF_GLANCE_YES);
}

TEST(does_not_name_it)
{
    static const char *const records[] = {"v=spf1 -all",           "v=spf1 ip4:192.0.3.0/24 -all", "v=spf1 -mx ~all",
                                          "v=spf1 ip4:192.0.2.1/99", "v=spf1 -all mx",               "v=spf1",
                                          "v=spf1 ~ip4:192.0.2.1"};

    for (size_t i = 0; i < ARRAY_LEN(records); i++)
        CHECK_U64(look(records[i]), SPF_GLANCE_NO);
}

TEST(what_can_only_be_told_by_asking_on)
{
    CHECK_U64(look("v=spf1 include:other.test -all"), SPF_GLANCE_PERHAPS);
    CHECK_U64(look("v=spf1 a -all"), SPF_GLANCE_PERHAPS);
    CHECK_U64(look("v=spf1 redirect=other.test"), SPF_GLANCE_PERHAPS);
    CHECK_U64(look("v=spf1 mx +all"), SPF_GLANCE_ANYBODY);
    CHECK_U64(look("v=spf1 all"), SPF_GLANCE_ANYBODY);
}
