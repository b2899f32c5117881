/* BINARY of parts that take several pieces to decode. */
#include "world.h"

#include "imap/fetch_binary.c"

static void body_large(struct world *w)
{
    enum { GROUPS = 60000 };
    struct arena *a = &w->arena;
    struct str want, got;
    struct buf b;
    struct door d;

    buf_init(&b, 1 << 20);
    buf_addz(&b, "big\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n");
    for (int i = 0; i < GROUPS; i++)
        buf_addz(&b, i % 19 ? "YWJj" : "YWJj\r\n");
    door_open(w, &d, "");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, arena_cstr(a, buf_str(&b))), ST_OK);
    CHECK(str_ends(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    got = chat_say(&d.chat, "a FETCH 1 BINARY.PEEK[1]<2.150000>\r\n");
    buf_clear(&b);
    buf_addz(&b, "* 1 FETCH (BINARY[1]<2> {150000}\n");
    for (int i = 0; i < 150000; i++)
        buf_addc(&b, "abc"[(i + 2) % 3]);
    buf_addz(&b, ")\na OK Done\n");
    want = arena_str(a, buf_str(&b));
    buf_fini(&b);
    CHECK_STR(got, want);
    door_close(&d);
}
TEST(decoded_in_pieces)
{
    in_world(1, body_large);
}

static void body_odd(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x\r\nContent-Transfer-Encoding: x-odd"), ST_OK);
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x\r\nContent-Transfer-Encoding: base64\r\n\r\nAGFi\r\nX: "), ST_OK);
    CHECK(str_ends(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(&d, "a FETCH 1 BINARY[1]",
        "* 1 FETCH (BINARY[1] NIL FLAGS (\\Seen \\Recent))\n"
        "a NO [UNKNOWN-CTE] A part has a transfer encoding that is not known here");
    SAY(&d, "a FETCH 1 BINARY.SIZE[2]", "* 1 FETCH (BINARY.SIZE[2] 0)\na OK Done");
    CHECK(str_starts(chat_say(&d.chat, "a FETCH 2 BINARY.PEEK[1]<0.2>\r\n"), STR("* 2 FETCH (BINARY[1]<0> ~{2}\n")));
    door_close(&d);
}
TEST(odd_encodings)
{
    in_world(1, body_odd);
}
