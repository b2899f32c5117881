#include "mail/trace_event.c"

#include "test.h"

static void sample(struct trace_event *e)
{
    *e =
        (struct trace_event){.kind = TRACE_ACCEPTED, .letter = 0x1234567890abcdefu, .message_id = 77, .at_us = 1000001};
    trace_event_add(e, TRACE_F_FROM, STR("Ann@Example.test"));
    trace_event_add(e, TRACE_F_HELO, STR("client.example"));
    trace_event_add(e, TRACE_F_LOGIN, STR("")); /* nothing is not said */
    trace_event_add(e, TRACE_F_QUEUE, STR("0000000000000042"));
    trace_event_add(e, TRACE_F_RCPT, STR("bob@here.test"));
    trace_event_add(e, TRACE_F_TO, STR("carol@here.test"));
    trace_event_add(e, TRACE_F_STATE, STR("delivered"));
}

TEST(an_event_comes_back_as_it_was)
{
    static struct trace_event e, back;
    struct buf b;

    sample(&e);
    buf_init(&b, TRACE_EVENT_MAX);
    trace_event_put(&b, &e);
    CHECK_ST(trace_event_get(buf_str(&b), &back), ST_OK);
    CHECK(back.kind == e.kind && back.letter == e.letter && back.message_id == 77 && back.at_us == e.at_us);
    CHECK_U64(back.size, b.n);
    CHECK_U64(back.n, 6);
    for (size_t i = 0; i < back.n; i++) {
        CHECK(back.items[i].field == e.items[i].field);
        CHECK_STR(back.items[i].value, e.items[i].value);
    }
    buf_add(&b, STR("the next one"));
    CHECK_ST(trace_event_get(buf_str(&b), &back), ST_OK);
    buf_fini(&b);
}

TEST(what_is_cut_or_wrong_is_no_event)
{
    static struct trace_event e, back;
    struct buf b;
    size_t whole;

    sample(&e);
    buf_init(&b, TRACE_EVENT_MAX);
    trace_event_put(&b, &e);
    whole = b.n;
    for (size_t cut = 0; cut < whole; cut++)
        CHECK_ST(trace_event_get(str_sub(buf_str(&b), 0, cut), &back), ST_CORRUPT);
    b.p[0] = 9; /* a version of later */
    CHECK_ST(trace_event_get(buf_str(&b), &back), ST_CORRUPT);
    b.p[0] = 1;
    b.p[28] = (char)200; /* a field that is not known is passed over */
    CHECK_ST(trace_event_get(buf_str(&b), &back), ST_OK);
    CHECK_U64(back.n, 5);
    buf_fini(&b);
}

TEST(an_event_has_a_bound)
{
    static struct trace_event e, back;
    static char big[TRACE_VALUE_MAX + 500];
    struct buf b;

    memset(big, 'x', sizeof big);
    e = (struct trace_event){.kind = TRACE_CARRIED, .letter = 1};
    for (int i = 0; i < TRACE_ITEMS_MAX + 10; i++)
        trace_event_add(&e, TRACE_F_ANSWER, str_n(big, sizeof big));
    CHECK_U64(e.n, TRACE_ITEMS_MAX);
    buf_init(&b, TRACE_EVENT_MAX);
    trace_event_put(&b, &e);
    CHECK_ST(buf_check(&b), ST_OK);
    CHECK_ST(trace_event_get(buf_str(&b), &back), ST_OK);
    CHECK(back.n > 10 && back.n < TRACE_ITEMS_MAX);
    CHECK_U64(back.items[0].value.n, TRACE_VALUE_MAX);
    buf_fini(&b);
}

TEST(by_what_an_event_is_found)
{
    static struct trace_event e;
    uint64_t v[TRACE_HASHES_MAX];
    const uint64_t want[] = {trace_hash_letter(0x1234567890abcdefu),      trace_hash_message(77),
                             trace_hash_address(STR("ann@EXAMPLE.test")), trace_hash_queue(STR("0000000000000042")),
                             trace_hash_address(STR("bob@here.test")),    trace_hash_address(STR("carol@here.test"))};
    size_t n;

    sample(&e);
    trace_event_add(&e, TRACE_F_RCPT, STR("BOB@here.test")); /* once is enough */
    n = trace_event_hashes(&e, v);
    CHECK_U64(n, ARRAY_LEN(want));
    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        bool found = false;

        for (size_t k = 0; k < n; k++)
            found = found || v[k] == want[i];
        CHECK(found);
    }
    e.n = 0;
    for (int i = 0; i < 3 * TRACE_RCPTS_MAX; i++) {
        static char names[3 * TRACE_RCPTS_MAX][8];

        names[i][0] = (char)('a' + i % 26);
        names[i][1] = (char)('a' + i / 26);
        trace_event_add(&e, TRACE_F_RCPT, str_z(names[i]));
    }
    CHECK_U64(trace_event_hashes(&e, v), TRACE_HASHES_MAX);
}

TEST(words_of_fields_and_kinds)
{
    enum trace_field f;

    CHECK(trace_field_of(STR("helo"), &f) && f == TRACE_F_HELO);
    CHECK(!trace_field_of(STR("nonsense"), &f));
    CHECK_STR(str_z(trace_field_word(TRACE_F_RCPT)), STR("rcpt"));
    CHECK(trace_field_word((enum trace_field)99) == NULL);
    CHECK(trace_field_begins(TRACE_F_RCPT) && !trace_field_begins(TRACE_F_TO));
    CHECK_STR(str_z(trace_kind_word(TRACE_CARRIED)), STR("carried"));
    CHECK_STR(str_z(trace_kind_word((enum trace_kind)99)), STR("unknown"));
}
