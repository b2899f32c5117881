#include "world.h"

#include "imap/cmd_thread.c"

/* Given as a child's parents: the forest, and how it is written. */
static void check(struct door *d, const struct thread_node *nodes, const char *want)
{
    struct imap_cmd c = {.s = d->session};

    CHECK_ST(put_threads(&c, nodes), ST_OK);
    CHECK_STR(buf_str(&d->session->conn.out), str_z(want));
    buf_clear(&d->session->conn.out);
}

static void body_written(struct world *w)
{
    /* RFC 5256 section 4: (2)(3 6 (4 23)(44 7 96)) */
    static const struct thread_node rfc[] = {{0, 0, 1, 0},  {2, 0, 0, 2},  {3, 0, 3, 0}, {6, 2, 4, 0}, {4, 3, 5, 6},
                                             {23, 4, 0, 0}, {44, 3, 7, 0}, {7, 6, 8, 0}, {96, 7, 0, 0}};
    static const struct thread_node none[] = {{0, 0, 0, 0}};
    static const struct thread_node dummy[] = {{0, 0, 3, 0}, {3, 3, 0, 2}, {5, 3, 4, 0},
                                               {0, 0, 1, 5}, {6, 2, 0, 0}, {9, 0, 0, 0}};
    struct door d;

    door_open(w, &d, "");
    check(&d, rfc, " (2)(3 6 (4 23)(44 7 96))");
    check(&d, none, "");
    check(&d, dummy, " ((3)(5 6))(9)");
    door_close(&d);
}
TEST(forests_are_written)
{
    in_world(1, body_written);
}

static void body_deep(struct world *w)
{
    enum { DEEP = 2000 };
    struct thread_node *nodes = ARENA_ARRAY(&w->arena, struct thread_node, 2 * DEEP + 1);
    struct buf want;
    struct door d;

    /* each level has one that ends and one that goes on */
    buf_init(&want, 1 << 20);
    buf_addc(&want, ' ');
    nodes[0].first = 1;
    for (uint32_t i = 0; i < DEEP; i++) {
        uint32_t up = i ? 2 * i : 0, leaf = 2 * i + 1, on = 2 * i + 2;

        nodes[leaf] = (struct thread_node){1, up, 0, on};
        nodes[on] = (struct thread_node){2, up, i + 1 < DEEP ? on + 1 : 0, 0};
        buf_addz(&want, i + 1 < DEEP ? "(1)(2 " : "(1)(2");
    }
    for (uint32_t i = 0; i < DEEP; i++)
        buf_addc(&want, ')');
    door_open(w, &d, "");
    check(&d, nodes, arena_cstr(&w->arena, buf_str(&want)));
    buf_fini(&want);
    door_close(&d);
}
TEST(depth_has_no_limit)
{
    in_world(1, body_deep);
}

static void body_arguments(struct world *w)
{
    struct door d;

    door_open(w, &d, "");
    CHECK_ST(deliver_to(w, (uint64_t[]){7}, 1, "x"), ST_OK);
    CHECK(str_ends(chat_say(&d.chat, "a SELECT INBOX\r\n"), STR("a OK [READ-WRITE] Done\n")));
    SAY(&d, "a THREAD REFERENCES UTF-8 ALL", "* THREAD (1)\na OK Done");
    SAY(&d, "a UID THREAD ORDEREDSUBJECT US-ASCII DELETED", "* THREAD\na OK Done");
    SAY(&d, "a THREAD REFERENCE UTF-8 ALL", "a BAD Unknown way of threading");
    SAY(&d, "a THREAD REFERENCES X-NONE ALL", "a NO [BADCHARSET (US-ASCII UTF-8)] Unknown character set");
    SAY(&d, "a THREAD REFERENCES", "a BAD Missing argument");
    door_close(&d);
}
TEST(arguments)
{
    in_world(1, body_arguments);
}
