#include "keeper/failures.c"

#include "test.h"

static uint64_t mono;

static uint64_t fake_mono(void)
{
    return mono;
}

TEST(peers_become_networks)
{
    static const struct {
        const char *peer, *network;
        bool counts;
    } rows[] = {
        {"192.0.2.1:4711", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"[2001:db8:1:2:3:4:5:6]:25", "2001:db8:1:2::", true},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", true},
        {"127.0.0.1:1", "127.0.0.1", false},
        {"[::1]:1", "::", false},
        {"10.1.2.3:5", "10.1.2.3", false},
        {"172.31.0.1:5", "172.31.0.1", false},
        {"172.32.0.1:5", "172.32.0.1", true},
        {"192.168.0.1:5", "192.168.0.1", false},
        {"[fd00::1]:5", "fd00::", false},
        {"[fe80::1]:5", "fe80::", false},
        {"local", "local", false},
        {"", "local", false},
        {"[", "local", false},
        {"]:", "local", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char room[ADDR_TEXT_MAX];
        struct str network;

        CHECK(failures_network(str_z(rows[i].peer), room, &network) == rows[i].counts);
        CHECK_STR(network, str_z(rows[i].network));
    }
}

TEST(failures_within_the_window_lead_to_a_ban_that_ends)
{
    const struct failures_rule rule = {.max = 3, .window_ms = 1000, .ban_ms = 5000};
    struct failures f;

    mono = 1000000;
    clock_override(fake_mono, NULL);
    failures_init(&f);
    CHECK(!failures_count(&f, &rule, STR("a")));
    CHECK(!failures_count(&f, &rule, STR("a")));
    mono += 1100000;
    CHECK(!failures_count(&f, &rule, STR("a"))); /* the window is over */
    CHECK(!failures_count(&f, &rule, STR("b")));
    CHECK(!failures_count(&f, &rule, STR("a")));
    CHECK(!failures_is_banned(&f, STR("a")));
    CHECK(failures_count(&f, &rule, STR("a")));
    CHECK(failures_is_banned(&f, STR("a")));
    CHECK(!failures_is_banned(&f, STR("b")));
    mono += 5100000;
    CHECK(!failures_is_banned(&f, STR("a")));
    failures_fini(&f);
    clock_override(NULL, NULL);
}

TEST(the_number_of_networks_is_bounded)
{
    const struct failures_rule rule = {.max = 1, .window_ms = 1000, .ban_ms = 100000};
    struct failures f;
    char name[20];

    failures_init(&f);
    for (int i = 0; i < FAILURES_MAX + 10; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        failures_count(&f, &rule, str_z(name));
    }
    CHECK_U64(f.by_network.n, FAILURES_MAX);
    CHECK(!failures_is_banned(&f, STR("n5")));
    CHECK(failures_is_banned(&f, STR("n10")));
    failures_fini(&f);
}
