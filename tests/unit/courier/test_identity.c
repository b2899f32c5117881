#include "courier/identity.c"

#include "config/config.h"
#include "test.h"

TEST(the_settings_say)
{
    static struct config_errors errors;
    struct addr to4 = {.family = 4}, to6 = {.family = 6}, got;
    const struct settings *set;
    struct arena a = ARENA_INIT;
    struct identity id;

    CHECK_ST(config_parse(STR("host_name us.test courier_source 2001:db8::7,192.0.2.7 courier_ehlo out.test"), "t",
                          &set, &errors),
             ST_OK);
    id = identity_default(set);
    CHECK_STR(identity_key(&id, &a), STR("192.0.2.7 2001:db8::7 out.test"));
    got = identity_source(&id, &to4);
    CHECK(got.family == 4 && got.bytes[3] == 7 && !got.port);
    got = identity_source(&id, &to6);
    CHECK(got.family == 6 && got.bytes[15] == 7 && !got.port);
    config_unref(set);
    CHECK_ST(config_parse(STR("host_name us.test"), "t", &set, &errors), ST_OK);
    id = identity_default(set);
    CHECK_STR(identity_key(&id, &a), STR(""));
    got = identity_source(&id, &to6);
    CHECK(!got.family);
    config_unref(set);
    arena_fini(&a);
}

/* Equal is what has one key. */
TEST(no_two_are_taken_for_one)
{
    static const struct addr four[] = {{0},
                                       {.family = 4, .bytes = {192, 0, 2, 1}},
                                       {.family = 4, .bytes = {192, 0, 2, 2}}},
                             six[] = {{0}, {.family = 6, .bytes = {192, 0, 2, 1}}, {.family = 6, .bytes = {0x20}}};
    static const char *const names[] = {"", "a.test", "b.test"};
    struct identity v[27];
    struct arena a = ARENA_INIT;
    size_t n = 0;

    for (size_t i = 0; i < 27; i++) {
        v[n] = (struct identity){.source4 = four[i / 9], .source6 = six[i / 3 % 3]};
        strcpy(v[n++].ehlo, names[i % 3]);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            CHECK(identity_eq(&v[i], &v[j]) == (i == j));
            CHECK(str_eq(identity_key(&v[i], &a), identity_key(&v[j], &a)) == (i == j));
        }
    arena_fini(&a);
}
