#include "net/help.h"

#include "net/line.h"
#include "net/stream.c"

#include <fcntl.h>

static void send_now(struct stream *s, struct str text)
{
    CHECK_ST(stream_write(s, text), ST_OK);
    CHECK_ST(stream_flush(s), ST_OK);
}

/* --- lines: whole, a byte at a time, and cut at each offset --- */

static const struct str script = {"one\r\n\r\ntwo\nthree\r\nrest", 22};

static void check_lines(struct stream *s)
{
    static const struct {
        const char *text;
        enum line_end end;
    } want[] = {{"one", LINE_CRLF}, {"", LINE_CRLF}, {"two", LINE_LF}, {"three", LINE_CRLF}};
    struct str line;

    for (size_t i = 0; i < ARRAY_LEN(want); i++) {
        CHECK_ST(stream_line(s, 100, &line), ST_OK);
        CHECK(line_strip(&line) == want[i].end);
        CHECK_STR(line, str_z(want[i].text));
    }
    CHECK_ST(stream_line(s, 100, &line), ST_EOF);
    CHECK_STR(stream_input(s), STR("rest"));
}

struct sending {
    struct stream *to;
    size_t cut;
    bool bytewise;
};

static void send_script(void *arg)
{
    struct sending *x = arg;

    for (size_t i = 0; i < script.n; i++) {
        CHECK_ST(stream_write(x->to, str_sub(script, i, 1)), ST_OK);
        if (x->bytewise || i + 1 == x->cut) {
            CHECK_ST(stream_flush(x->to), ST_OK);
            CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
        }
    }
    CHECK_ST(stream_close(x->to), ST_OK);
}

static void lines(UNUSED void *arg)
{
    for (size_t cut = 0; cut <= script.n + 1; cut++) {
        struct stream *a, *b;
        struct sending x = {.cut = cut, .bytewise = cut > script.n};

        stream_pair(&a, &b);
        x.to = b;
        CHECK_ST(co_spawn(send_script, &x, "sender"), ST_OK);
        check_lines(a);
        CHECK_U64(stream_bytes_in(a), script.n);
        stream_free(a);
    }
}

TEST(lines_however_they_come)
{
    on_core(lines, NULL);
}

static void long_lines(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    stream_pair(&a, &b);
    send_now(b, STR("0123456789\r\n"));
    CHECK_ST(stream_line(a, 11, &line), ST_LIMIT);
    CHECK_U64(stream_input(a).n, 12); /* nothing eaten */
    CHECK_ST(stream_line(a, 12, &line), ST_OK);
    send_now(b, STR("abcdef"));
    CHECK_ST(stream_line(a, 5, &line), ST_LIMIT);
    CHECK_ST(stream_more(a), ST_TIMEOUT);
    stream_set_in_max(a, 6);
    CHECK_ST(stream_more(a), ST_LIMIT);
    stream_free(a);
    stream_free(b);
}

TEST(lines_are_bounded)
{
    on_core(long_lines, NULL);
}

/* --- flushing --- */

static void flushing(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    stream_pair(&a, &b);
    CHECK_ST(stream_writef(a, "%d %s", 250, "ok\r\n"), ST_OK);
    CHECK_U64(stream_unsent(a), 8);
    send_now(b, STR("x\r\ny\r\n"));
    CHECK_ST(stream_line(a, 100, &line), ST_OK);
    CHECK_ST(stream_line(a, 100, &line), ST_OK); /* the second was there: no wait, so no flush */
    CHECK_U64(stream_unsent(a), 8);
    stream_set_timeouts(a, 10, 10);
    CHECK_ST(stream_line(a, 100, &line), ST_TIMEOUT);
    CHECK_U64(stream_unsent(a), 0);
    CHECK_ST(stream_line(b, 100, &line), ST_OK);
    CHECK_STR(line, STR("250 ok\r\n"));
    stream_free(a);
    stream_free(b);
}

TEST(output_goes_when_a_read_would_wait)
{
    on_core(flushing, NULL);
}

/* --- bulk --- */

#define BULK (3 * 1024 * 1024 + 17)

static char bulk_byte(size_t i)
{
    return (char)(i * 7 + i / 251);
}

static void send_bulk(void *arg)
{
    struct stream *s = arg;
    char *p = mem_new(BULK);
    size_t at = 0, step = 1;

    for (size_t i = 0; i < BULK; i++)
        p[i] = bulk_byte(i);
    while (at < BULK) { /* all sizes, below and above the buffer */
        size_t n = MIN(step, BULK - at);

        CHECK_ST(stream_write(s, str_n(p + at, n)), ST_OK);
        at += n;
        step = step * 3 % 100003;
    }
    mem_free(p);
    CHECK_ST(stream_close(s), ST_OK);
}

static size_t check_bulk(struct stream *s)
{
    size_t at = 0, bad = 0;
    enum st st;

    while ((st = stream_more(s)) == ST_OK) {
        struct str in = stream_input(s);

        for (size_t i = 0; i < in.n; i++)
            bad += in.p[i] != bulk_byte(at + i);
        at += in.n;
        stream_eat(s, in.n);
    }
    CHECK(st == ST_EOF);
    CHECK_U64(bad, 0);
    return at;
}

static void bulk(UNUSED void *arg)
{
    struct stream *a, *b;

    stream_pair(&a, &b);
    CHECK_ST(co_spawn(send_bulk, b, "sender"), ST_OK);
    CHECK_U64(check_bulk(a), BULK);
    CHECK_U64(stream_bytes_in(a), BULK);
    stream_free(a);
}

TEST(bulk_arrives_whole)
{
    on_core(bulk, NULL);
}

/* --- peers that stop --- */

static void full_peer(UNUSED void *arg)
{
    struct stream *a, *b;
    char *p = mem_new(BULK);
    mono_ms began = clock_mono_ms();

    stream_pair(&a, &b);
    stream_set_timeouts(a, 1000, 2000);
    CHECK_ST(stream_write(a, str_n(p, BULK)), ST_TIMEOUT); /* b never reads */
    CHECK_U64(clock_mono_ms() - began, 2000);
    CHECK_ST(stream_write(a, STR("more")), ST_IO);
    CHECK_ST(stream_close(a), ST_OK);
    mem_free(p);

    stream_set_deadline(b, clock_mono_ms() + 5);
    CHECK_ST(co_sleep(deadline_in(5)), ST_OK);
    CHECK_ST(stream_more(b), ST_TIMEOUT); /* though there is input */
    stream_set_deadline(b, NEVER);
    co_cancel(co_here());
    CHECK_ST(stream_more(b), ST_CANCELED); /* likewise */
    stream_free(b);
}

TEST(deadlines_and_cancelling)
{
    on_core(full_peer, NULL);
}

static enum st fill(struct stream *s)
{
    static const char bytes[4096];

    for (;;)
        TRY(stream_write(s, str_n(bytes, sizeof bytes)));
}

/* The other one who has the socket may make it wait: this side never does. */
static void made_to_wait(UNUSED void *arg)
{
    struct stream *a, *b;

    stream_pair(&a, &b);
    CHECK(fcntl(stream_fd(a), F_SETFL, 0) == 0);
    stream_set_deadline(a, deadline_in(1));
    CHECK_ST(stream_more(a), ST_TIMEOUT);
    stream_set_deadline(a, deadline_in(50));
    CHECK_ST(fill(a), ST_TIMEOUT);
    stream_free(a);
    stream_free(b);
}

TEST(a_socket_that_others_make_wait)
{
    on_core(made_to_wait, NULL);
}

static void last_words(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    stream_pair(&a, &b);
    CHECK_ST(stream_write(a, STR("bye\r\n")), ST_OK);
    CHECK_ST(stream_shutdown(a), ST_OK);
    CHECK_ST(stream_write(a, STR("x")), ST_IO);
    CHECK_ST(stream_line(b, 10, &line), ST_OK);
    CHECK_ST(stream_line(b, 10, &line), ST_EOF);
    send_now(b, STR("still reading"));
    CHECK_ST(stream_more(a), ST_OK);
    send_now(b, STR("unread")); /* read away at closing, until the peer closes or 2 s are over */
    CHECK_ST(stream_close(a), ST_OK);
    fault_arm(FAULT_net_write, 1, 1);
    CHECK_ST(stream_write(b, STR("x")), ST_OK);
    CHECK_ST(stream_flush(b), ST_IO);
    fault_arm(FAULT_net_read, 1, 1);
    CHECK_ST(stream_more(b), ST_IO);
    CHECK_ST(stream_more(b), ST_EOF);
    stream_free(b);
    stream_free(NULL);
}

TEST(half_closed_and_closed)
{
    on_core(last_words, NULL);
}

/* --- parking --- */

static unsigned park_calls;
static enum st park_why;

static void park_over(UNUSED void *arg, enum st why)
{
    park_calls++;
    park_why = why;
}

static void parking(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    park_calls = 0;
    stream_pair(&a, &b);
    send_now(b, STR("x\r\ny\r\n"));
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK(!stream_park(a, NEVER, park_over, NULL)); /* y is in the buffer */
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK(a->in.cap > 0);
    CHECK(stream_park(a, deadline_in(100), park_over, NULL));
    CHECK(a->in.cap == 0 && a->out.cap == 0);
    CHECK_ST(co_sleep(deadline_in(101)), ST_OK);
    CHECK(park_calls == 1 && park_why == ST_TIMEOUT);
    CHECK(stream_park(a, deadline_in(100), park_over, NULL));
    send_now(b, STR("z\r\n"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(park_calls == 2 && park_why == ST_OK);
    CHECK(!stream_park(a, NEVER, park_over, NULL)); /* it looks: z has come */
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK(stream_park(a, NEVER, park_over, NULL));
    stream_unpark(a);
    CHECK_ST(stream_close(b), ST_OK);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK_U64(park_calls, 2);
    CHECK(!stream_park(a, NEVER, park_over, NULL)); /* the end shows too */
    CHECK_ST(stream_more(a), ST_EOF);
    stream_free(a);
    CHECK(sizeof(struct stream) <= 400); /* what an idle plain connection holds */
}

static void parking_within_a_line(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    park_calls = 0;
    stream_pair(&a, &b);
    send_now(b, STR("no"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(stream_park_line(a, 10, NEVER, park_over, NULL)); /* it looks, keeps what there is, and goes on waiting */
    CHECK_STR(stream_input(a), STR("no"));
    CHECK(a->in.cap <= 64);
    send_now(b, STR("op"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(park_calls == 1 && park_why == ST_OK);
    CHECK(stream_park_line(a, 10, deadline_in(100), park_over, NULL));
    CHECK_STR(stream_input(a), STR("noop"));
    CHECK_ST(co_sleep(deadline_in(101)), ST_OK);
    CHECK(park_calls == 2 && park_why == ST_TIMEOUT);
    send_now(b, STR("\r\nx"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(!stream_park_line(a, 10, NEVER, park_over, NULL));
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK_STR(line, STR("noop\r\n"));
    CHECK(stream_park_line(a, 10, NEVER, park_over, NULL));
    stream_unpark(a);
    send_now(b, STR("123456789"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(!stream_park_line(a, 10, NEVER, park_over, NULL)); /* as much as may be without an end */
    CHECK_ST(stream_line(a, 10, &line), ST_LIMIT);
    stream_eat(a, 10);
    CHECK_ST(stream_close(b), ST_OK);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(!stream_park_line(a, 10, NEVER, park_over, NULL));
    stream_free(a);
}

static void parking_unread(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    park_calls = 0;
    stream_pair(&a, &b);
    CHECK(stream_park_unread(a, deadline_in(100), park_over, NULL));
    CHECK_ST(co_sleep(deadline_in(101)), ST_OK);
    CHECK(park_calls == 1 && park_why == ST_TIMEOUT);
    CHECK(stream_park_unread(a, NEVER, park_over, NULL));
    send_now(b, STR("hello\r\n"));
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(park_calls == 2 && park_why == ST_OK);
    CHECK_U64(stream_input(a).n, 0); /* left in the socket */
    CHECK(!stream_park_unread(a, NEVER, park_over, NULL));
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK_ST(stream_close(b), ST_OK);
    CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    CHECK(!stream_park_unread(a, NEVER, park_over, NULL));
    stream_free(a);
}

TEST(a_stream_parks_within_a_line)
{
    on_core(parking_within_a_line, NULL);
}

TEST(parks_before_anything_was_read)
{
    on_core(parking_unread, NULL);
}

TEST(parks_without_buffers)
{
    on_core(parking, NULL);
}

static void detaching(UNUSED void *arg)
{
    struct arena arena = ARENA_INIT;
    struct stream *a, *b;
    struct str line, unread;
    int fd = -1;

    stream_pair(&a, &b);
    send_now(b, STR("x\r\nleft over"));
    CHECK_ST(stream_line(a, 10, &line), ST_OK);
    CHECK_ST(stream_write(a, STR("y")), ST_OK);
    CHECK_ST(stream_detach(a, &arena, &fd, &unread), ST_DENIED);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_detach(a, &arena, &fd, &unread), ST_OK);
    CHECK_STR(unread, STR("left over"));
    CHECK_ST(stream_new(fd, &small_options, &a), ST_OK); /* it goes on elsewhere */
    send_now(b, STR("!\r\n"));
    CHECK_ST(stream_more(a), ST_OK);
    CHECK_ST(stream_unread(a, STR_NONE), ST_OK);
    CHECK_ST(stream_unread(a, unread), ST_OK);
    CHECK_ST(stream_line(a, 100, &line), ST_OK);
    CHECK_STR(line, STR("left over!\r\n"));
    CHECK_ST(stream_unread(a, STR("abc")), ST_OK);
    CHECK_STR(stream_input(a), STR("abc"));
    stream_set_in_max(a, 4);
    CHECK_ST(stream_unread(a, STR("de")), ST_LIMIT);
    CHECK_ST(stream_unread(a, STR("d")), ST_OK);
    CHECK_STR(stream_input(a), STR("dabc"));
    stream_free(a);
    stream_free(b);
    CHECK_ST(stream_new(-1, &small_options, &a), ST_IO);
    arena_fini(&arena);
}

TEST(detached_with_what_is_unread)
{
    on_core(detaching, NULL);
}

/* A reader that eats each time still gets larger pieces while there is more than it has room for; parking gives that back. */
static void bulk_reads(UNUSED void *arg)
{
    static char much[200000];
    struct stream *a, *b;
    size_t got = 0, reads = 0;

    stream_pair(&a, &b);
    CHECK(send(stream_fd(b), much, 100000, 0) == 100000);
    for (; got < 100000; reads++) {
        CHECK_ST(stream_more(a), ST_OK);
        got += stream_input(a).n;
        stream_eat(a, stream_input(a).n);
        CHECK(a->in.cap <= IN_EAGER && a->in.cap <= a->in.max);
    }
    CHECK(reads <= 6); /* 4, 8, 16, 32, 40 KiB and not 25 times 4 KiB */
    CHECK(stream_park(a, NEVER, park_over, NULL));
    CHECK_U64(a->in.cap, 0);
    stream_unpark(a);
    send_now(b, STR("x"));
    CHECK_ST(stream_more(a), ST_OK);
    CHECK_U64(a->in.cap, IN_FIRST);
    stream_free(a);
    stream_free(b);
}

TEST(reads_grow_while_they_are_filled)
{
    on_core(bulk_reads, NULL);
}
