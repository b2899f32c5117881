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

TEST(failures_within_the_window_are_too_many)
{
    const struct failures_rule rule = {.max = 3, .window_ms = 1000};
    struct failures f;

    mono = 1000000;
    clock_override(fake_mono, NULL);
    failures_init(&f);
    CHECK(!failures_count(&f, &rule, STR("a"), STR("ann")));
    CHECK(!failures_count(&f, &rule, STR("a"), STR("ann")));
    mono += 1100000;
    CHECK(!failures_count(&f, &rule, STR("a"), STR("ann"))); /* the window is over */
    CHECK(!failures_count(&f, &rule, STR("b"), STR("ann")));
    CHECK(!failures_count(&f, &rule, STR("a"), STR("ann")));
    CHECK(failures_count(&f, &rule, STR("a"), STR("ann")));
    failures_fini(&f);
    clock_override(NULL, NULL);
}

TEST(the_number_of_networks_is_bounded)
{
    const struct failures_rule rule = {.max = 1, .window_ms = 1000};
    struct failures f;
    char name[20];

    failures_init(&f);
    for (int i = 0; i < FAILURES_MAX + 10; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        failures_count(&f, &rule, str_z(name), STR("ann"));
    }
    CHECK_U64(f.by_network.n, FAILURES_MAX);
    failures_fini(&f);
}

TEST(who_succeeds_takes_back_his_own)
{
    const struct failures_rule rule = {.max = 3, .window_ms = 100000};
    struct failures f;
    struct addr net;

    failures_init(&f);
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ann")));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ann")));
    failures_succeeded(&f, STR("192.0.2.1"), STR("ben")); /* another one's account does not help */
    failures_succeeded(&f, STR("192.0.2.2"), STR("ann")); /* nor does another network */
    failures_succeeded(&f, STR("192.0.2.1"), STR("ann"));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ann")));
    failures_succeeded(&f, STR("192.0.2.1"), STR("ann"));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    CHECK(failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    CHECK_ST(addr_parse(STR("192.0.2.0"), 0, &net), ST_OK);
    failures_forget(&f, &net, 24);
    CHECK(!failures_count(&f, &rule, STR("192.0.2.1"), STR("ben")));
    failures_fini(&f);
}

TEST(an_owner_among_many_names_is_remembered_for_a_while)
{
    const struct failures_rule rule = {.max = 100, .window_ms = 100000};
    struct failures f;
    char name[20];

    failures_init(&f);
    for (int i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        failures_count(&f, &rule, STR("a"), str_z(name));
    }
    failures_succeeded(&f, STR("a"), STR("n19"));
    failures_succeeded(&f, STR("a"), STR("n16"));
    failures_succeeded(&f, STR("a"), STR("n2")); /* forgotten: it stays counted */
    CHECK_U64(entry(&f, STR("a"))->count, 18);
    failures_fini(&f);
}
