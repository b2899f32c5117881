#include "keeper/logins.c"

#include "test.h"

static uint64_t mono;

static uint64_t fake_mono(void)
{
    return mono;
}

static struct secret pw(const char *z)
{
    return secret_of(str_z(z));
}

TEST(only_the_same_account_version_and_password)
{
    struct logins l;

    logins_init(&l, 10, 1000);
    CHECK_U64(logins_find(&l, 1, 1, pw("x")), 0);
    logins_add(&l, 1, 1, pw("x"), 42);
    CHECK_U64(logins_find(&l, 1, 1, pw("x")), 42);
    CHECK_U64(logins_find(&l, 1, 2, pw("x")), 0);
    CHECK_U64(logins_find(&l, 2, 1, pw("x")), 0);
    CHECK_U64(logins_find(&l, 1, 1, pw("y")), 0);
    CHECK_U64(logins_find(&l, 1, 1, pw("")), 0);
    logins_drop(&l, 1);
    CHECK_U64(logins_find(&l, 1, 1, pw("x")), 0);
    logins_fini(&l);
}

TEST(the_number_is_bounded_and_the_oldest_goes)
{
    struct logins l;

    logins_init(&l, 3, 1000);
    for (uint64_t i = 1; i <= 5; i++)
        logins_add(&l, i, 1, pw("x"), i);
    CHECK_U64(l.by_digest.n, 3);
    CHECK_U64(logins_find(&l, 2, 1, pw("x")), 0);
    CHECK_U64(logins_find(&l, 3, 1, pw("x")), 3);
    logins_set(&l, 1, 1000);
    CHECK_U64(l.by_digest.n, 1);
    logins_set(&l, 10, 0);
    CHECK_U64(l.by_digest.n, 0);
    logins_add(&l, 1, 1, pw("x"), 1);
    CHECK_U64(l.by_digest.n, 0);
    logins_fini(&l);
}

TEST(entries_live_for_a_while_however_often_they_are_used)
{
    struct logins l;

    mono = 1000000;
    clock_override(fake_mono, NULL);
    logins_init(&l, 10, 1000);
    logins_add(&l, 1, 1, pw("x"), 42);
    mono += 900000;
    CHECK_U64(logins_find(&l, 1, 1, pw("x")), 42);
    logins_add(&l, 1, 1, pw("x"), 42);
    mono += 200000;
    CHECK_U64(logins_find(&l, 1, 1, pw("x")), 0);
    logins_fini(&l);
    clock_override(NULL, NULL);
}
