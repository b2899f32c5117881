#include "net/help.h"

#include "net/relay.c"

struct joined {
    struct stream *client, *box; /* the far ends */
    struct relay *r;
    struct relay_totals totals;
    enum st why;
    unsigned ended;
};

static void on_end(void *arg, enum st why, const struct relay_totals *totals)
{
    struct joined *j = arg;

    j->why = why;
    j->totals = *totals;
    j->ended++;
}

static void join(struct joined *j)
{
    struct relay_options opt = {.idle_ms = 10000, .linger_ms = 500, .on_end = on_end, .arg = j};
    struct stream *outer, *inner;

    *j = (struct joined){0};
    stream_pair(&j->client, &outer);
    stream_pair(&inner, &j->box);
    CHECK_ST(stream_write(j->client, STR("early\r\nlater\r\n")), ST_OK);
    CHECK_ST(stream_flush(j->client), ST_OK);
    CHECK_ST(stream_more(outer), ST_OK); /* unread input goes along */
    stream_eat(outer, 7);
    CHECK_ST(stream_write(outer, STR("unsent\r\n")), ST_OK); /* so does unsent output */
    CHECK_ST(relay_start(outer, inner, &opt, &j->r), ST_OK);
}

static void expect(struct stream *s, const char *text)
{
    struct str line;

    CHECK_ST(stream_line(s, 100, &line), ST_OK);
    CHECK_STR(line, str_z(text));
}

static void say(struct stream *s, const char *text)
{
    CHECK_ST(stream_write(s, str_z(text)), ST_OK);
    CHECK_ST(stream_flush(s), ST_OK);
}

static void settle(void)
{
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
}

static void both_ways(UNUSED void *arg)
{
    struct joined j;
    struct core_stats stats;

    join(&j);
    expect(j.box, "later\r\n");
    expect(j.client, "unsent\r\n");
    say(j.box, "* OK\r\n");
    expect(j.client, "* OK\r\n");
    settle();
    core_get_stats(core_here(), &stats);
    CHECK_U64(stats.running, 1); /* idle: no coroutine but this one */
    CHECK(j.r->in.from->in.cap == 0 && j.r->out.from->in.cap == 0);
    printf("# an idle relay holds %zu bytes with its streams\n", sizeof(struct relay) + 2 * sizeof(struct stream));
    CHECK(sizeof(struct relay) + 2 * sizeof(struct stream) < 1500);

    CHECK_ST(stream_shutdown(j.client), ST_OK); /* half-close: the box may still answer */
    CHECK_ST(stream_more(j.box), ST_EOF);
    CHECK(!j.ended);
    say(j.box, "* BYE\r\n");
    expect(j.client, "* BYE\r\n");
    stream_close(j.box);
    CHECK_ST(stream_more(j.client), ST_EOF);
    settle();
    CHECK(j.ended == 1 && j.why == ST_OK);
    CHECK_U64(j.totals.to_inner, 7);
    CHECK_U64(j.totals.to_outer, 8 + 6 + 7);
    stream_free(j.client);
}

TEST(both_directions_and_half_close)
{
    on_core(both_ways, NULL);
}

static void box_dies(UNUSED void *arg)
{
    struct joined j;
    mono_ms began;

    join(&j);
    expect(j.client, "unsent\r\n");
    settle();
    stream_free(j.box);
    CHECK_ST(stream_more(j.client), ST_EOF);
    began = clock_mono_ms();
    while (!j.ended) /* the client keeps silent: it gets linger_ms */
        CHECK_ST(co_sleep(deadline_in(10)), ST_OK);
    CHECK(j.why == ST_TIMEOUT && clock_mono_ms() - began < 1000);
    stream_free(j.client);

    join(&j);
    expect(j.client, "unsent\r\n");
    settle();
    stream_free(j.box);
    say(j.client, "are you there?\r\n");
    while (!j.ended)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(j.why != ST_OK);
    stream_free(j.client);
}

TEST(one_side_dies)
{
    on_core(box_dies, NULL);
}

static void idle(UNUSED void *arg)
{
    struct joined j;

    join(&j);
    for (int i = 0; i < 5; i++) {
        CHECK_ST(co_sleep(deadline_in(8000)), ST_OK);
        say(j.box, "* still\r\n"); /* one direction moves: the relay is not idle */
    }
    CHECK(!j.ended);
    CHECK_ST(co_sleep(deadline_in(10010)), ST_OK);
    CHECK(j.ended == 1 && j.why == ST_TIMEOUT);
    stream_free(j.client);
    stream_free(j.box);
}

TEST(idle_relays_end)
{
    on_core(idle, NULL);
}

#define BULK (1024 * 1024)

static void stopped(UNUSED void *arg)
{
    struct joined j;
    char *p = mem_new(BULK);

    join(&j);
    settle();
    relay_stop(j.r); /* parked */
    CHECK(j.ended == 1 && j.why == ST_CANCELED);
    stream_free(j.client);
    stream_free(j.box);

    join(&j);
    relay_stop(j.r); /* before it ran */
    settle();
    CHECK(j.ended == 1 && j.why == ST_CANCELED);
    stream_free(j.client);
    stream_free(j.box);

    join(&j);
    stream_set_timeouts(j.box, 1000, 10);
    CHECK_ST(stream_write(j.box, str_n(p, BULK)), ST_TIMEOUT); /* the client does not read */
    CHECK(j.r->out.state == RUNNING && j.r->out.from->in.n <= BUFFER_MAX);
    relay_stop(j.r); /* while it writes */
    CHECK(!j.ended);
    settle();
    CHECK(j.ended == 1 && j.why == ST_CANCELED);
    stream_free(j.client);
    stream_free(j.box);
    mem_free(p);
}

TEST(stopped_in_each_state)
{
    on_core(stopped, NULL);
}

static void sit(void *arg)
{
    CHECK_ST(co_waitq_wait(arg, NEVER), ST_OK);
}

static void no_coroutines(UNUSED void *arg)
{
    struct co_waitq q;
    struct joined j;

    co_waitq_init(&q);
    join(&j);
    expect(j.client, "unsent\r\n");
    settle();
    while (co_spawn(sit, &q, "sitter") == ST_OK)
        continue;
    say(j.box, "* OK\r\n");
    settle();
    CHECK(j.r->out.state == WAITING);
    co_waitq_wake_all(&q);
    expect(j.client, "* OK\r\n");
    relay_stop(j.r);
    settle();
    CHECK_U64(j.ended, 1);
    stream_free(j.client);
    stream_free(j.box);
}

TEST(waits_for_a_free_coroutine)
{
    on_core(no_coroutines, NULL);
}

static void send_all(void *arg)
{
    char *p = mem_new(BULK);

    for (int i = 0; i < 3; i++)
        CHECK_ST(stream_write(arg, str_n(p, BULK)), ST_OK);
    mem_free(p);
    CHECK_ST(stream_shutdown(arg), ST_OK);
}

static void receive_all(void *arg)
{
    struct stream *s = arg;
    enum st st;

    while ((st = stream_more(s)) == ST_OK)
        stream_eat(s, stream_input(s).n);
    CHECK(st == ST_EOF);
}

static void bulk(UNUSED void *arg)
{
    struct joined j;

    join(&j);
    CHECK_ST(co_spawn(send_all, j.client, "a"), ST_OK);
    CHECK_ST(co_spawn(send_all, j.box, "b"), ST_OK);
    CHECK_ST(co_spawn(receive_all, j.client, "c"), ST_OK);
    CHECK_ST(co_spawn(receive_all, j.box, "d"), ST_OK);
    while (!j.ended)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(j.why == ST_OK);
    CHECK_U64(j.totals.to_inner, 3 * BULK + 7);
    CHECK_U64(j.totals.to_outer, 3 * BULK + 8);
    settle();
    stream_free(j.client);
    stream_free(j.box);
}

TEST(bulk_in_both_directions_at_once)
{
    on_core(bulk, NULL);
}

/* The far end is given up with bytes on the way in both directions: none is lost, and the outer connection goes on. */
static void back(UNUSED void *arg)
{
    static const struct str input[] = {STR(""), STR("read by nobody\r\nc\r\n")};

    for (size_t i = 0; i < ARRAY_LEN(input); i++) {
        struct stream *outer;
        struct arena a = ARENA_INIT;
        struct joined j;
        struct str unread;
        struct buf rest;
        int far;

        join(&j);
        expect(j.box, "later\r\n");
        expect(j.client, "unsent\r\n");
        say(j.client, "a\r\n");
        expect(j.box, "a\r\n");
        if (input[i].n)
            say(j.client, arena_cstr(&a, input[i]));
        settle();
        say(j.box, "a OK\r\n");
        CHECK_ST(stream_detach(j.box, &a, &far, &unread), ST_OK);
        CHECK_U64(unread.n, 0);
        buf_init(&rest, 1000);
        CHECK_ST(relay_take_back(j.r, far, &rest, &outer), ST_OK);
        CHECK_STR(buf_str(&rest), input[i]);
        CHECK(!j.ended);
        close(far);
        expect(j.client, "a OK\r\n");
        say(j.client, "b\r\n");
        expect(outer, "b\r\n");
        say(outer, "b OK\r\n");
        expect(j.client, "b OK\r\n");
        stream_free(outer);
        stream_free(j.client);
        buf_fini(&rest);
        arena_fini(&a);
    }
}

TEST(the_outer_connection_is_taken_back)
{
    on_core(back, NULL);
}

/* Far more than the pair holds was sent, so the relay is in the middle of it. */
static void back_full(UNUSED void *arg)
{
    for (int fits = 0; fits < 2; fits++) {
        struct stream *outer;
        struct arena a = ARENA_INIT;
        struct joined j;
        struct str unread;
        struct buf rest;
        char text[8192];
        size_t sent = 0, got;
        int far;

        join(&j);
        expect(j.box, "later\r\n");
        memset(text, 'x', sizeof text);
        stream_set_timeouts(j.client, 1000, 20);
        while (sent < 500000 && stream_write(j.client, str_n(text, sizeof text)) == ST_OK)
            sent += sizeof text;
        settle();
        CHECK_ST(stream_detach(j.box, &a, &far, &unread), ST_OK);
        buf_init(&rest, fits ? 1 << 20 : 10000);
        CHECK_ST(relay_take_back(j.r, far, &rest, &outer), fits ? ST_OK : ST_LIMIT);
        if (fits) {
            got = rest.n + stream_input(outer).n;
            while (stream_fill(outer) == ST_OK) {
                got = rest.n + stream_input(outer).n;
                stream_set_in_max(outer, stream_input(outer).n + 65536);
            }
            CHECK(got >= sent && got < sent + 2 * sizeof text);
            stream_free(outer);
        } else {
            settle();
            CHECK_U64(j.ended, 1);
        }
        close(far);
        stream_free(j.client);
        buf_fini(&rest);
        arena_fini(&a);
    }
}

TEST(a_full_relay_is_taken_back)
{
    on_core(back_full, NULL);
}

/* More than the client reads, which reads nothing. */
static void fill_box(struct joined *j)
{
    char text[8192];

    memset(text, 'x', sizeof text);
    stream_set_timeouts(j->box, 1000, 20);
    for (int i = 0; i < 200 && stream_write(j->box, str_n(text, sizeof text)) == ST_OK; i++)
        ;
}

/* The client takes nothing any more. */
static void back_broken(UNUSED void *arg)
{
    struct stream *outer;
    struct joined j;
    struct buf rest;
    int far;

    join(&j);
    expect(j.box, "later\r\n");
    stream_set_timeouts(j.r->out.to, 100, 100);
    fill_box(&j);
    far = dup(stream_fd(j.box));
    stream_free(j.box);
    buf_init(&rest, 1 << 20);
    CHECK(relay_take_back(j.r, far, &rest, &outer) != ST_OK);
    settle();
    CHECK_U64(j.ended, 1);
    close(far);
    stream_free(j.client);
    buf_fini(&rest);
}

TEST(a_relay_that_breaks_while_it_is_taken_back_ends)
{
    on_core(back_broken, NULL);
}
