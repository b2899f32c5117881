#include "policy/sts_ours.c"

#include "test.h"

TEST(the_policy_of_our_domains)
{
    struct sts_policy a, b, back;
    struct arena arena = ARENA_INIT;

    sts_ours(&arena, STS_ENFORCE, STR("mail.example.org"), &a);
    CHECK_STR(sts_policy_text(&arena, &a), STR("version: STSv1\r\nmode: enforce\r\nmx: mail.example.org\r\n"
                                               "max_age: 604800\r\n"));
    CHECK_ST(sts_policy_parse(&arena, sts_policy_text(&arena, &a), &back), ST_OK);
    CHECK(sts_policy_allows(&back, STR("mail.example.org")));
    CHECK_U64(a.id.n, 16);
    sts_ours(&arena, STS_ENFORCE, STR("mail.example.org"), &b);
    CHECK_STR(a.id, b.id);
    sts_ours(&arena, STS_TESTING, STR("mail.example.org"), &b);
    CHECK(!str_eq(a.id, b.id));
    sts_ours(&arena, STS_ENFORCE, STR("mx.example.org"), &b);
    CHECK(!str_eq(a.id, b.id));
    arena_fini(&arena);
}
