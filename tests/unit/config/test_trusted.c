#include "config/config.h"
#include "test.h"

#include "../../../src/config/trusted.c"

static const struct settings *parsed(const char *text)
{
    struct config_errors *errors = MEM_NEW(struct config_errors);
    const struct settings *set = NULL;

    CHECK_ST(config_parse(str_z(text), "x.conf", &set, errors), ST_OK);
    mem_free(errors);
    return set;
}

TEST(the_smallest_network_holds)
{
    const struct settings *set =
        parsed("trusted_network a { network 10.0.0.0/8,2001:db8::/33  account a@b.c }\n"
               "trusted_network b { network 10.1.0.0/17\n network 10.2.3.4  account b@b.c }\n");
    static const struct {
        uint8_t family, bytes[16];
        const char *name;
    } cases[] = {
        {4, {10, 0, 0, 1}, "a"},
        {4, {10, 255, 255, 255}, "a"},
        {4, {11, 0, 0, 0}, NULL},
        {4, {10, 1, 127, 255}, "b"},
        {4, {10, 1, 128, 0}, "a"},
        {4, {10, 2, 3, 4}, "b"},
        {4, {10, 2, 3, 5}, "a"},
        {6, {0x20, 1, 0xd, 0xb8}, "a"},
        {6, {0x20, 1, 0xd, 0xb8, 0x80}, NULL},
        {6, {10, 0, 0, 1}, NULL},
        {4, {0x20, 1, 0xd, 0xb8}, NULL},
        {0, {10, 0, 0, 1}, NULL},
        {6, {0x20, 1, 0xd, 0xb8, 0x7f}, "a"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct config_trusted *t = config_trusted_find(set, cases[i].family, cases[i].bytes);

        CHECK((t == NULL) == (cases[i].name == NULL));
        CHECK(!t || !cases[i].name || str_eq(t->name, str_z(cases[i].name)));
    }
    config_unref(set);
}

TEST(senders_that_a_network_may_have)
{
    const struct settings *set =
        parsed("trusted_network a { network 10.0.0.0/8  account a@b.c  senders \"x@y.z, @w.v\" }\n"
               "trusted_network b { network 11.0.0.0/8  account a@b.c  senders any }\n"
               "trusted_network c { network 12.0.0.0/8  account a@b.c }\n");
    const struct config_trusted *t = set->trusted;

    CHECK(config_trusted_sender(&t[0], STR("X@y.z")) && config_trusted_sender(&t[0], STR("q@W.v")));
    CHECK(!config_trusted_sender(&t[0], STR("q@y.z")) && !config_trusted_sender(&t[0], STR("q@sub.w.v")));
    CHECK(!config_trusted_sender(&t[0], STR("any")));
    CHECK(config_trusted_sender(&t[1], STR("q@y.z")));
    CHECK(!config_trusted_sender(&t[2], STR("a@b.c")));
    config_unref(set);
}

TEST(networks_print_as_they_are_read)
{
    const struct settings *set = parsed("trusted_network a { network 10.0.0.0/8,::1  account a@b.c }"), *again;
    struct config_change changes[4];
    struct buf b;

    buf_init(&b, 100000);
    config_print(set, false, &b);
    CHECK(str_search(buf_str(&b), STR("10.0.0.0/8,::1/128")) < b.n);
    buf_addc(&b, '\0');
    again = parsed(b.p);
    CHECK_U64(config_diff(set, again, changes, 4), 0);
    config_unref(again);
    again = parsed("");
    CHECK_U64(config_diff(set, again, changes, 4), 1);
    CHECK(!changes[0].needs_restart);
    config_unref(again);
    config_unref(set);
    buf_fini(&b);
}
