#include "net/tally.c"

#include "test.h"

static uint64_t mono;

static uint64_t fake_mono(void)
{
    return mono;
}

static struct tally_page pages[2];
static struct tally one, two;

/* Two gates at the beginning of an hour. */
static void begin(void)
{
    mono = 100 * (uint64_t)HOUR_MS * 1000;
    clock_override(fake_mono, NULL);
    memset(pages, 0, sizeof pages);
    tally_attach(&one, &pages[0]);
    tally_attach(&two, &pages[1]);
    tally_read(&one, &pages[1]);
    tally_read(&two, &pages[0]);
}

static struct addr address(const char *text)
{
    struct addr a;

    CHECK_ST(addr_parse(str_z(text), 0, &a), ST_OK);
    return a;
}

static uint64_t key(const char *text)
{
    struct addr a = address(text);

    return tally_address(&a);
}

static uint64_t wide(const char *text)
{
    struct addr a = address(text);

    return tally_network(&a);
}

TEST(who_is_counted_as_one)
{
    CHECK(key("192.0.2.1") != key("192.0.2.2") && wide("192.0.2.1") == wide("192.0.2.2"));
    CHECK(wide("192.0.2.1") != wide("192.0.3.1") && key("192.0.2.0") != wide("192.0.2.0"));
    CHECK(key("2001:db8::1") == key("2001:db8::ffff:1:1:1") && key("2001:db8::1") != key("2001:db8:0:1::1"));
    CHECK(wide("2001:db8::1") == wide("2001:db8:0:ffff::1") && wide("2001:db8::1") != wide("2001:db8:1::1"));
    CHECK(key("2001:db8::") != wide("2001:db8::"));
}

TEST(open_connections_are_those_of_all_gates)
{
    uint64_t k = key("192.0.2.1");

    begin();
    CHECK(tally_take(&one, k) && tally_take(&two, k) && tally_take(&two, k));
    CHECK_U64(tally_open(&one, k), 3);
    tally_give(&two, k);
    CHECK_U64(tally_open(&two, k), 2);
    tally_attach(&two, &pages[1]); /* that gate was started again */
    CHECK_U64(tally_open(&one, k), 1);
    tally_give(&one, k);
    tally_give(&one, k); /* one too many does no harm */
    CHECK_U64(tally_open(&one, k), 0);
    CHECK_U64(tally_open(&one, key("192.0.2.2")), 0);
    clock_override(NULL, NULL);
}

TEST(an_hour_slides)
{
    uint64_t k = key("192.0.2.1");

    begin();
    for (int i = 0; i < 100; i++)
        tally_add(i % 2 ? &one : &two, k, TALLY_UNKNOWN);
    CHECK_U64(tally_hour(&one, k, TALLY_UNKNOWN), 100);
    CHECK_U64(tally_hour(&one, k, TALLY_ERRORS), 0);
    mono += (uint64_t)HOUR_MS * 1000;
    CHECK_U64(tally_hour(&one, k, TALLY_UNKNOWN), 100);
    mono += (uint64_t)HOUR_MS * 500;
    CHECK_U64(tally_hour(&two, k, TALLY_UNKNOWN), 50);
    tally_add(&one, k, TALLY_UNKNOWN);
    CHECK_U64(tally_hour(&two, k, TALLY_UNKNOWN), 51);
    mono += (uint64_t)HOUR_MS * 500;
    CHECK_U64(tally_hour(&one, k, TALLY_UNKNOWN), 1);
    mono += (uint64_t)HOUR_MS * 2000;
    CHECK_U64(tally_hour(&one, k, TALLY_UNKNOWN), 0);
    clock_override(NULL, NULL);
}

TEST(good_ones_are_known_for_a_day_at_every_gate)
{
    uint64_t k = key("2001:db8::1");

    begin();
    CHECK(!tally_is_good(&one, k));
    tally_good(&one, k);
    CHECK(tally_is_good(&one, k) && tally_is_good(&two, k));
    mono += 25 * (uint64_t)HOUR_MS * 1000;
    CHECK(!tally_is_good(&one, k));
    clock_override(NULL, NULL);
}

TEST(what_is_open_is_not_pushed_out)
{
    struct addr a = {.family = 4};
    unsigned taken = 0;
    uint64_t k = key("192.0.2.1");

    begin();
    CHECK(tally_take(&one, k));
    for (uint32_t i = 1; i < 400000; i++) {
        memcpy(a.bytes, &i, 4);
        if (place_of(tally_address(&a)) == place_of(k))
            taken += tally_take(&one, tally_address(&a));
    }
    CHECK_U64(taken, TALLY_WAYS - 1);
    CHECK_U64(tally_open(&one, k), 1);
    clock_override(NULL, NULL);
}

TEST(what_is_lifted_is_forgotten)
{
    struct addr net = address("192.0.2.0");

    begin();
    tally_add(&one, key("192.0.2.1"), TALLY_ERRORS);
    tally_add(&one, wide("192.0.2.1"), TALLY_ERRORS);
    tally_add(&one, key("192.0.3.1"), TALLY_ERRORS);
    tally_add(&one, key("2001:db8::1"), TALLY_ERRORS);
    tally_forget(&one, &net, 24);
    CHECK_U64(tally_hour(&one, key("192.0.2.1"), TALLY_ERRORS), 0);
    CHECK_U64(tally_hour(&one, wide("192.0.2.1"), TALLY_ERRORS), 0);
    CHECK_U64(tally_hour(&one, key("192.0.3.1"), TALLY_ERRORS), 1);
    net = address("2001:db8::5");
    tally_forget(&one, &net, 64);
    CHECK_U64(tally_hour(&one, key("2001:db8::1"), TALLY_ERRORS), 0);
    tally_add(&one, wide("192.0.2.1"), TALLY_ERRORS);
    net = address("192.0.2.77"); /* a single address of it: the network's count came from there in part */
    tally_forget(&one, &net, 32);
    CHECK_U64(tally_hour(&one, wide("192.0.2.1"), TALLY_ERRORS), 0);
    clock_override(NULL, NULL);
}
