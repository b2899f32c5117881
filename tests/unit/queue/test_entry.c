/* Entries as bytes: whole, and cut or changed anywhere. */
#include "test.h"

#include "queue/entry.c"

static struct str sample(struct arena *a, struct queue_entry *e)
{
    static const struct queue_attr attrs[] = {{STR("RET"), STR("HDRS")}, {STR("BODY"), STR("8BITMIME")}};
    static const struct queue_rcpt rcpts[] = {
        {.address = STR("x@far.test"),
         .attempts = 2,
         .due_us = 77,
         .answer = STR("451 4.3.0"),
         .attrs = attrs,
         .n_attrs = 1},
        {.address = STR("y@far.test"), .state = QUEUE_RCPT_FAILED},
    };
    struct str value = STR_NONE;

    *e = (struct queue_entry){.blob = 1,
                              .size = 2,
                              .account = 3,
                              .credential = 4,
                              .arrival_us = 5,
                              .due_us = 6,
                              .attempts = 7,
                              .priority = 8,
                              .lease_until_us = 9,
                              .lease_holder = 10,
                              .held = true,
                              .hold_reason = STR("why"),
                              .reverse_path = STR("a@b.test"),
                              .prefix = STR("X: y\r\n"),
                              .attrs = attrs,
                              .n_attrs = 2,
                              .rcpts = rcpts,
                              .n_rcpts = 2};
    CHECK_ST(entry_encode(a, e, &value), ST_OK);
    return value;
}

TEST(what_was_to_leave_later_begins_then)
{
    struct queue_attr release = {STR(QUEUE_RELEASE), STR("900")};
    struct queue_entry e = {.arrival_us = 500};

    CHECK_U64(queue_began_us(&e), 500);
    e.attrs = &release;
    e.n_attrs = 1;
    CHECK_U64(queue_began_us(&e), 900);
    e.arrival_us = 1000;
    CHECK_U64(queue_began_us(&e), 1000);
}

TEST(entry_there_and_back)
{
    struct arena a = ARENA_INIT;
    struct queue_entry e, got;
    struct str value = sample(&a, &e);

    CHECK_ST(entry_decode(&a, 42, value, &got), ST_OK);
    CHECK(got.id == 42 && got.blob == 1 && got.size == 2 && got.account == 3 && got.credential == 4 &&
          got.arrival_us == 5 && got.due_us == 6);
    CHECK(got.attempts == 7 && got.priority == 8 && got.lease_until_us == 9 && got.lease_holder == 10 && got.held);
    CHECK_STR(got.hold_reason, e.hold_reason);
    CHECK_STR(got.prefix, e.prefix);
    CHECK_STR(got.attrs[1].name, STR("BODY"));
    CHECK_STR(got.rcpts[0].answer, STR("451 4.3.0"));
    CHECK_STR(got.rcpts[0].attrs[0].value, STR("HDRS"));
    CHECK(got.rcpts[1].state == QUEUE_RCPT_FAILED && !got.rcpts[1].n_attrs);
    arena_fini(&a);
}

TEST(entry_cut_and_changed)
{
    struct arena a = ARENA_INIT;
    struct queue_entry e, got;
    struct str value = sample(&a, &e);
    char *bytes = arena_cstr(&a, value);

    for (size_t n = 0; n < value.n; n++) {
        char *exact = mem_new(n);

        memcpy(exact, value.p, n);
        CHECK_ST(entry_decode(&a, 1, str_n(exact, n), &got), ST_CORRUPT);
        mem_free(exact);
    }
    for (size_t i = 0; i < value.n; i++) {
        bytes[i] = (char)~bytes[i];
        if (entry_decode(&a, 1, str_n(bytes, value.n), &got) == ST_OK)
            CHECK(got.n_rcpts == 2);
        bytes[i] = (char)~bytes[i];
    }
    arena_fini(&a);
}

TEST(entry_too_large)
{
    struct arena a = ARENA_INIT;
    struct queue_attr attrs[LIMIT_QUEUE_ATTRS + 1] = {{STR("a"), STR("b")}};
    struct queue_entry e = {.attrs = attrs, .n_attrs = ARRAY_LEN(attrs)};
    struct str value;

    CHECK_ST(entry_encode(&a, &e, &value), ST_LIMIT);
    e.n_attrs = 1;
    attrs[0].value.n = LIMIT_QUEUE_ATTR + 1;
    CHECK_ST(entry_encode(&a, &e, &value), ST_LIMIT);
    arena_fini(&a);
}

TEST(entry_keys_and_counts)
{
    struct arena a = ARENA_INIT;
    struct entry_counts c = {.counts = {1, 2, 3}, .low_id = 4, .low_due_us = 5}, got;
    struct str value = counts_encode(&a, &c);

    CHECK(str_cmp(entry_key(&a, 255), entry_key(&a, 256)) < 0);
    for (int p = -PRIORITY_MOST; p <= PRIORITY_MOST; p++) {
        struct str first = entry_due_key(&a, p, (struct entry_place){1, 9}),
                   second = entry_due_key(&a, p, (struct entry_place){2, 3});
        struct entry_place place;
        int of;

        CHECK(str_cmp(first, second) < 0 && str_cmp(entry_due_key(&a, p, ENTRY_NOWHERE), entry_due_end(&a, p)) < 0);
        CHECK(entry_is_due_key(first, &of, &place) && of == p && place.due_us == 1 && place.id == 9);
        for (size_t cut = 0; cut < first.n; cut++)
            CHECK(!entry_is_due_key(str_sub(first, 0, cut), &of, &place) || cut == 17);
    }
    CHECK_U64(entry_id_of(entry_key(&a, 77)), 77);
    CHECK_ST(counts_decode(value, &got), ST_OK);
    CHECK(got.counts.bytes == 3 && got.low_id == 4 && got.low_due_us == 5);
    value.n--;
    CHECK_ST(counts_decode(value, &got), ST_CORRUPT);
    arena_fini(&a);
}
