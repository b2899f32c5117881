#include "net/bans.c"

#include "test.h"

static struct addr address(const char *text)
{
    struct addr a;

    CHECK_ST(addr_parse(str_z(text), 0, &a), ST_OK);
    return a;
}

static struct ban ban(const char *network, uint64_t until_us, bool by_hand)
{
    struct ban b = {.until_us = until_us, .by_hand = by_hand};

    CHECK_ST(addr_network_parse(str_z(network), &b.network, &b.bits), ST_OK);
    ban_set_reason(&b, str_z(network));
    return b;
}

static enum st put(struct bans *b, const char *network, uint64_t until_us)
{
    struct ban one = ban(network, until_us, false);

    return bans_put(b, &one, 10);
}

static bool is_banned(struct bans *b, const char *text, uint64_t now_us)
{
    struct addr a = address(text);

    return bans_find(b, &a, now_us) != NULL;
}

TEST(networks_of_all_lengths_are_found)
{
    static const struct {
        const char *address;
        bool banned;
    } rows[] = {
        {"192.0.2.1", true},      {"192.0.2.2", false},       {"198.51.100.77", true}, {"198.51.101.1", false},
        {"203.0.113.128", true},  {"203.0.113.127", false},   {"2001:db8::1", true},   {"2001:db8:0:1::1", true},
        {"2001:db8:1::1", false}, {"::ffff:192.0.2.1", true},
    };
    struct bans b;

    bans_init(&b);
    CHECK(!is_banned(&b, "192.0.2.1", 10));
    CHECK_ST(put(&b, "192.0.2.1", 100), ST_OK);
    CHECK_ST(put(&b, "198.51.100.0/24", 100), ST_OK);
    CHECK_ST(put(&b, "203.0.113.128/25", 100), ST_OK);
    CHECK_ST(put(&b, "2001:db8::/48", 100), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK(is_banned(&b, rows[i].address, 10) == rows[i].banned);
    CHECK(!is_banned(&b, "192.0.2.1", 100)); /* it has ended, and is gone */
    CHECK_U64(bans_count(&b), 3);
    CHECK_ST(put(&b, "192.0.2.1", BAN_FOR_EVER), ST_OK);
    CHECK(is_banned(&b, "192.0.2.1", 1ull << 62));
    bans_fini(&b);
    CHECK_U64(bans_count(&b), 0);
}

TEST(what_was_counted_on_port_25_closes_that_port_only)
{
    struct ban b = {.by_hand = false};

    for (enum ban_reason i = 0; i < BAN_REASON_COUNT; i++) {
        ban_set_reason(&b, ban_reason_text(i));
        CHECK(b.only_smtp == (i != BAN_PASSWORDS));
    }
    ban_set_reason(&b, STR("something else"));
    CHECK(!b.only_smtp);
    b.by_hand = true;
    ban_set_reason(&b, ban_reason_text(BAN_ERRORS));
    CHECK(!b.only_smtp);
}

TEST(a_ban_is_replaced_and_lifted)
{
    struct bans b;
    struct addr a = address("192.0.2.0");
    struct ban second = ban("192.0.2.0/24", 200, true);

    bans_init(&b);
    CHECK_ST(put(&b, "192.0.2.9/24", 100), ST_OK);
    ban_set_reason(&second, STR("a\r\nb\xff"));
    CHECK_ST(bans_put(&b, &second, 10), ST_OK);
    CHECK_U64(bans_count(&b), 1);
    CHECK_STR(ban_reason(bans_find(&b, &a, 150)), STR("a??b?"));
    CHECK(bans_next(&b, bans_next(&b, NULL)) == NULL);
    CHECK(!bans_lift(&b, &a, 25) && bans_lift(&b, &a, 24) && !bans_lift(&b, &a, 24));
    CHECK(!is_banned(&b, "192.0.2.1", 10));
    bans_fini(&b);
}

TEST(the_oldest_that_is_not_by_hand_gives_way)
{
    struct bans b;
    struct ban kept = ban("10.0.0.0/8", BAN_FOR_EVER, true);
    char text[40];

    bans_init(&b);
    CHECK_ST(bans_put(&b, &kept, 10), ST_OK);
    for (int i = 0; i < BANS_MAX; i++) {
        snprintf(text, sizeof text, "192.%d.%d.1", i / 256, i % 256);
        CHECK_ST(put(&b, text, 100), ST_OK);
    }
    CHECK_U64(bans_count(&b), BANS_MAX);
    CHECK(!is_banned(&b, "192.0.0.1", 10) && is_banned(&b, "192.0.1.1", 10) && is_banned(&b, "10.1.1.1", 10));
    bans_fini(&b);
    bans_init(&b);
    for (int i = 0; i < BANS_MAX; i++) {
        struct ban one;

        snprintf(text, sizeof text, "192.%d.%d.1", i / 256, i % 256);
        one = ban(text, 100, true);
        CHECK_ST(bans_put(&b, &one, 10), ST_OK);
    }
    CHECK_ST(put(&b, "198.51.100.1", 100), ST_LIMIT);
    bans_fini(&b);
}
