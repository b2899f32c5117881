#include "ipc/pass.c"

#include "test.h"

static const unsigned char key[PASS_KEY_BYTES] = "one key that both of them share.";

static struct rcpt_target passed(uint32_t gate, uint64_t txn, unsigned char pass[PASS_BYTES])
{
    struct rcpt_target t = {
        .kind = RCPT_LOCAL, .account = 5, .address = STR("a@example.test"), .mailbox = STR("INBOX")};

    pass_make(key, gate, txn, 3, &t, pass);
    t.pass = str_n((char *)pass, PASS_BYTES);
    return t;
}

TEST(a_pass_is_good_for_just_what_it_was_made_for)
{
    unsigned char raw[PASS_BYTES], other_key[PASS_KEY_BYTES] = {1};
    struct rcpt_target t = passed(1, 9, raw), x;

    CHECK(pass_is_good(key, 1, 9, 3, &t));
    CHECK(!pass_is_good(key, 2, 9, 3, &t));
    CHECK(!pass_is_good(key, 1, 9, 4, &t));
    CHECK(!pass_is_good(key, 1, 9, 0, &t));
    CHECK(!pass_is_good(key, 1, 8, 3, &t));
    CHECK(!pass_is_good(other_key, 1, 9, 3, &t));
    x = t, x.account = 6;
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.kind = RCPT_REMOTE;
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.address = STR("b@example.test");
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.mailbox = STR("Junk");
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.address = STR("a@example.testI"), x.mailbox = STR("NBOX");
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.pass.n = 0;
    CHECK(!pass_is_good(key, 1, 9, 3, &x));
    x = t, x.original = STR("what the client wrote");
    CHECK(pass_is_good(key, 1, 9, 3, &x));
}

TEST(every_bit_of_a_pass_counts)
{
    unsigned char raw[PASS_BYTES];
    struct rcpt_target t = passed(0, 1, raw);

    for (size_t i = 0; i < PASS_BYTES * 8; i++) {
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
        CHECK(!pass_is_good(key, 0, 1, 3, &t));
        raw[i / 8] ^= (unsigned char)(1 << i % 8);
    }
    CHECK(pass_is_good(key, 0, 1, 3, &t));
}
