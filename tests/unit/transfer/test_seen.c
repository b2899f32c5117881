#include "transfer/seen.c"

#include "test.h"

static void hash_of(unsigned i, unsigned char out[SEEN_HASH])
{
    seen_hash(str_n((const char *)&i, sizeof i), out);
}

TEST(each_letter_is_taken_as_often_as_it_is_there)
{
    unsigned char h[SEEN_HASH];
    struct seen s;

    seen_init(&s);
    hash_of(0, h);
    CHECK(!seen_take(&s, h));
    for (unsigned i = 0; i < 5000; i++) {
        hash_of(i, h);
        for (unsigned k = 0; k <= i % 3; k++)
            seen_add(&s, h);
    }
    for (unsigned i = 0; i < 5000; i++) {
        hash_of(i, h);
        for (unsigned k = 0; k <= i % 3; k++)
            CHECK(seen_take(&s, h));
        CHECK(!seen_take(&s, h));
    }
    hash_of(5001, h);
    CHECK(!seen_take(&s, h));
    hash_of(3, h);
    seen_add(&s, h);
    CHECK(seen_take(&s, h));
    seen_clear(&s);
    CHECK(!seen_take(&s, h));
    seen_fini(&s);
}
