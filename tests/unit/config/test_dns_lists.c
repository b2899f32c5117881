#include "config/dns_lists.c"

#include "test.h"

TEST(lists_of_the_dns)
{
    struct config_dns_list v[CONFIG_DNS_LISTS_MAX];
    static const uint8_t two[4] = {127, 0, 0, 2}, six[4] = {127, 0, 0, 6}, error[4] = {127, 255, 255, 254},
                         odd[4] = {192, 0, 2, 2};
    size_t n = 9;

    CHECK_ST(
        config_dns_lists(STR(" zen.example.org 5 ; part.example=127.0.0.4/30 2;good.example=127.0.0.2 -3; "), v, &n),
        ST_OK);
    CHECK_U64(n, 3);
    CHECK_STR(v[0].zone, STR("zen.example.org"));
    CHECK(v[0].weight == 5 && v[1].weight == 2 && v[2].weight == -3);
    CHECK(config_dns_list_counts(&v[0], two) && config_dns_list_counts(&v[0], six));
    CHECK(!config_dns_list_counts(&v[0], error) && !config_dns_list_counts(&v[0], odd));
    CHECK(!config_dns_list_counts(&v[1], two) && config_dns_list_counts(&v[1], six));
    CHECK(config_dns_list_counts(&v[2], two) && !config_dns_list_counts(&v[2], six));
    CHECK_ST(config_dns_lists(STR(""), v, &n), ST_OK);
    CHECK_U64(n, 0);
}

TEST(what_is_no_list)
{
    static const char *const bad[] = {"zen.example.org",
                                      "zen.example.org 0",
                                      "zen.example.org x",
                                      "zen 5",
                                      "zen.example.org=127.0.0 5",
                                      "zen.example.org= 5",
                                      ".example.org 5",
                                      "zen.example.org=127.0.0.2/ 5",
                                      "zen.example.org=127.0.0.2/33 5",
                                      "zen example.org 5",
                                      "zen.example.org 1001",
                                      "zen.example.org=127.0.0.2/0 5",
                                      "z\xc3\xa9n.example 5",
                                      "5",
                                      "zen.example.org. 5"};
    struct config_dns_list v[CONFIG_DNS_LISTS_MAX];
    char many[600] = "";
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(config_dns_lists(str_z(bad[i]), v, &n), ST_SYNTAX);
    for (int i = 0; i <= CONFIG_DNS_LISTS_MAX; i++)
        strcat(many, "a.test 1;");
    CHECK_ST(config_dns_lists(str_z(many), v, &n), ST_LIMIT);
}
