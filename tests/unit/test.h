/* The harness of the unit tests: TEST(name) { ... CHECK(...); }. A failed check prints where and
 * what, marks the test as failed and goes on; nothing jumps, so it works on a coroutine too.
 * Prints a line per test in TAP form and `N passed, N failed`; exit status 1 when one failed.
 *
 * A test file includes the .c it tests, so that statics are tested without being exported. */
#pragma once

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

struct test {
    const char *name;
    void (*fn)(void);
    struct test *next;
};

static struct test *test_first, **test_last = &test_first;
static bool test_ok;

#define TEST(name_)                                                                                                    \
    static void name_(void);                                                                                           \
    static struct test test_of_##name_ = {#name_, name_, NULL};                                                        \
    __attribute__((constructor)) static void test_add_##name_(void)                                                    \
    {                                                                                                                  \
        *test_last = &test_of_##name_;                                                                                 \
        test_last = &test_of_##name_.next;                                                                             \
    }                                                                                                                  \
    static void name_(void)

#define CHECK(cond)                                                                                                    \
    do {                                                                                                               \
        if (!(cond)) {                                                                                                 \
            test_ok = false;                                                                                           \
            printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #cond);                                                \
        }                                                                                                              \
    } while (0)

#define CHECK_ST(call, want)                                                                                           \
    do {                                                                                                               \
        enum st got_ = (call);                                                                                         \
        if (got_ != (want)) {                                                                                          \
            test_ok = false;                                                                                           \
            printf("# %s:%d: %s gave %s (%s), not %s\n", __FILE__, __LINE__, #call, st_name(got_),                     \
                   got_ ? err_get()->text : "", st_name(want));                                                        \
        }                                                                                                              \
    } while (0)

#define CHECK_STR(got, want)                                                                                           \
    do {                                                                                                               \
        struct str g_ = (got), w_ = (want);                                                                            \
        if (!str_eq(g_, w_)) {                                                                                         \
            test_ok = false;                                                                                           \
            printf("# %s:%d: %s is \"%.*s\", not \"%.*s\"\n", __FILE__, __LINE__, #got, STR_ARGS(g_), STR_ARGS(w_));   \
        }                                                                                                              \
    } while (0)

#define CHECK_U64(got, want)                                                                                           \
    do {                                                                                                               \
        unsigned long long g_ = (unsigned long long)(got), w_ = (unsigned long long)(want);                            \
        if (g_ != w_) {                                                                                                \
            test_ok = false;                                                                                           \
            printf("# %s:%d: %s is %llu, not %llu\n", __FILE__, __LINE__, #got, g_, w_);                               \
        }                                                                                                              \
    } while (0)

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (struct test *t = test_first; t; t = t->next) {
        if (argc > 1 && strcmp(argv[1], t->name) != 0)
            continue;
        test_ok = true;
        t->fn();
        printf("%s - %s\n", test_ok ? "ok" : "not ok", t->name);
        passed += test_ok;
        failed += !test_ok;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed || !passed;
}
