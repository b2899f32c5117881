#include "keeper/resolved.c"

#include "test.h"

static const struct directory_target two[] = {{.account = 7, .address = {"a@x.test", 8}},
                                              {.account = 9, .address = {"b@x.test", 8}}};

static bool has(struct resolved *r, const char *text, uint64_t account)
{
    struct arena a = ARENA_INIT;
    struct directory_target *t;
    size_t n;
    bool found = resolved_find(r, &a, str_z(text), &t, &n) && t[0].account == account;

    arena_fini(&a);
    return found;
}

TEST(what_was_added_is_found_until_the_directory_changes)
{
    struct arena a = ARENA_INIT;
    struct directory_target *t = NULL;
    struct resolved r;
    size_t n = 0;

    resolved_init(&r);
    CHECK(!has(&r, "list@x.test", 7));
    resolved_add(&r, r.generation, STR("list@x.test"), two, 2);
    CHECK(resolved_find(&r, &a, STR("list@x.test"), &t, &n));
    CHECK(n == 2 && t[1].account == 9);
    resolved_drop(&r);
    CHECK_STR(t[1].address, STR("b@x.test")); /* a copy of the caller's */
    CHECK(!has(&r, "list@x.test", 7));
    resolved_fini(&r);
    arena_fini(&a);
}

TEST(an_answer_that_a_change_has_overtaken_is_not_kept)
{
    struct resolved r;
    uint64_t before;

    resolved_init(&r);
    before = r.generation;
    resolved_drop(&r);
    resolved_add(&r, before, STR("a@x.test"), two, 1);
    CHECK(!has(&r, "a@x.test", 7));
    resolved_fini(&r);
}

TEST(it_is_bounded_and_keeps_what_is_asked_for)
{
    struct directory_target many[RESOLVED_TARGETS_MAX + 1] = {0};
    struct resolved r;
    char name[32];

    resolved_init(&r);
    resolved_add(&r, 0, STR("wide@x.test"), many, RESOLVED_TARGETS_MAX + 1);
    resolved_add(&r, 0, STR("none@x.test"), many, 0);
    CHECK_U64(r.by_text.n, 0);
    for (int i = 0; i < RESOLVED_MAX; i++) {
        snprintf(name, sizeof(name), "u%d@x.test", i);
        resolved_add(&r, 0, str_z(name), two, 1);
    }
    CHECK(has(&r, "u0@x.test", 7));
    resolved_add(&r, 0, STR("one-more@x.test"), two, 1);
    CHECK_U64(r.by_text.n, RESOLVED_MAX);
    CHECK(has(&r, "u0@x.test", 7) && has(&r, "one-more@x.test", 7));
    CHECK(!has(&r, "u1@x.test", 7));
    resolved_fini(&r);
}
