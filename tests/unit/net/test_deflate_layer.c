#include "net/deflated.h"
#include "net/help.h"

#include "net/deflate_layer.c"

static void deflated_pair(struct stream **a, struct stream **b)
{
    stream_pair(a, b);
    CHECK_ST(stream_push_deflate(*a), ST_OK);
    CHECK_ST(stream_push_deflate(*b), ST_OK);
    CHECK(stream_is_deflated(*a));
}

static void exchange(struct stream *from, struct stream *to, const char *text)
{
    struct str line;

    CHECK_ST(stream_writef(from, "%s\n", text), ST_OK);
    CHECK_ST(stream_flush(from), ST_OK);
    CHECK_ST(stream_line(to, 1000, &line), ST_OK);
    CHECK_STR(str_sub(line, 0, line.n - 1), str_z(text));
}

static void lines(UNUSED void *arg)
{
    struct stream *a, *b;

    deflated_pair(&a, &b);
    for (int i = 0; i < 100; i++) {
        exchange(a, b, "a1 UID FETCH 1:* (FLAGS)");
        exchange(b, a, "* 1 FETCH (UID 1 FLAGS (\\Seen))");
    }
    CHECK_ST(stream_close(a), ST_OK);
    CHECK_ST(stream_more(b), ST_EOF);
    stream_free(b);
}

TEST(lines_cross_it_when_they_are_flushed)
{
    on_core(lines, NULL);
}

/* Flushed once for many writes: otherwise each would cost a block. */
static void one_flush(UNUSED void *arg)
{
    struct stream *a, *b;
    char wire[65536];
    ssize_t n;

    stream_pair(&a, &b);
    CHECK_ST(stream_push_deflate(a), ST_OK);
    for (int i = 0; i < 2000; i++)
        CHECK_ST(stream_writef(a, "* %d EXPUNGE\r\n", 1), ST_OK);
    n = recv(stream_fd(b), wire, sizeof wire, MSG_DONTWAIT);
    CHECK(n < 0);
    CHECK_ST(stream_flush(a), ST_OK);
    n = recv(stream_fd(b), wire, sizeof wire, MSG_DONTWAIT);
    CHECK(n > 10 && n < 300);
    CHECK(memcmp(wire + n - 4, "\0\0\377\377", 4) == 0);
    CHECK_ST(stream_flush(a), ST_OK); /* nothing to flush */
    CHECK(recv(stream_fd(b), wire, sizeof wire, MSG_DONTWAIT) < 0);
    stream_free(a);
    stream_free(b);
}

TEST(what_is_written_goes_with_one_flush)
{
    on_core(one_flush, NULL);
}

struct bulk {
    struct stream *to;
    struct buf bytes;
    bool done;
};

static void send_bulk(void *arg)
{
    struct bulk *x = arg;

    CHECK_ST(stream_write(x->to, buf_str(&x->bytes)), ST_OK);
    CHECK_ST(stream_flush(x->to), ST_OK);
    x->done = true;
}

/* Far more than the socket takes, of what can't be compressed and what can. */
static void bulk(UNUSED void *arg)
{
    for (int kind = 0; kind < 2; kind++) {
        struct bulk x = {0};
        struct stream *b;
        uint32_t r = 1;
        size_t got = 0;

        deflated_pair(&x.to, &b);
        buf_init(&x.bytes, 4 << 20);
        for (size_t i = 0; i < 3000000; i++, r = r * 1103515245 + 12345)
            buf_addc(&x.bytes, kind ? (char)(r >> 16) : 'x');
        CHECK_ST(co_spawn(send_bulk, &x, "send"), ST_OK);
        while (got < x.bytes.n) {
            struct str in;

            CHECK_ST(stream_more(b), ST_OK);
            in = stream_input(b);
            CHECK(in.n <= 65536 && memcmp(in.p, x.bytes.p + got, in.n) == 0);
            got += in.n;
            stream_eat(b, in.n);
        }
        CHECK(x.done);
        stream_free(x.to);
        stream_free(b);
        buf_fini(&x.bytes);
    }
}

TEST(much_crosses_it)
{
    on_core(bulk, NULL);
}

static void woken(void *arg, UNUSED enum st why)
{
    ++*(int *)arg;
}

static struct deflate_layer *layer_of(struct stream *s)
{
    return of(s->top);
}

static void idle(UNUSED void *arg)
{
    struct stream *a, *b;
    struct deflate_layer *l;
    int wakes = 0;

    deflated_pair(&a, &b);
    l = layer_of(b);
    for (int i = 0; i < 5; i++) {
        exchange(a, b, "a1 UID FETCH 1:* (FLAGS)");
        exchange(b, a, "* 1 FETCH (UID 1 FLAGS (\\Seen))");
        CHECK(l->z && l->in.z);
        CHECK(stream_park(b, NEVER, woken, &wakes));
        CHECK(l->z && l->in.z && !l->raw && awake.n == 1); /* perhaps it goes on at once */
        if (i % 2)
            CHECK_ST(co_sleep(deadline_in(AWAKE_MS + 1)), ST_OK);
        CHECK(i % 2 ? !l->z && !l->in.z && !l->out : l->z && l->in.z);
        CHECK_U64(awake.n, !(i % 2));
        stream_unpark(b);
    }
    CHECK(!wakes);
    exchange(b, a, "* 2 EXISTS");
    CHECK(!awake.n);
    CHECK(stream_park(b, NEVER, woken, &wakes));
    stream_free(b);
    CHECK(!awake.n);
    stream_free(a);
}

TEST(a_parked_stream_gives_its_memory_back_and_goes_on)
{
    on_core(idle, NULL);
}

static void crowd(UNUSED void *arg)
{
    struct stream *a[AWAKE_MAX + 5], *b[AWAKE_MAX + 5];
    int wakes = 0;

    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        deflated_pair(&a[i], &b[i]);
        exchange(a[i], b[i], "a NOOP");
        exchange(b[i], a[i], "a OK Done");
        CHECK(stream_park(b[i], NEVER, woken, &wakes));
        CHECK(awake.n <= AWAKE_MAX);
    }
    CHECK(!layer_of(b[0])->z && layer_of(b[ARRAY_LEN(b) - 1])->z);
    for (size_t i = 0; i < ARRAY_LEN(a); i++) {
        stream_unpark(b[i]);
        exchange(a[i], b[i], "b NOOP");
        exchange(b[i], a[i], "b OK Done");
        stream_free(a[i]);
        stream_free(b[i]);
    }
    CHECK(!awake.n);
}

TEST(few_parked_streams_keep_their_memory)
{
    on_core(crowd, NULL);
}

static void early(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    stream_pair(&a, &b);
    CHECK_ST(stream_write(a, STR("a COMPRESS DEFLATE\r\nb NOOP\r\n")), ST_OK);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_line(b, 100, &line), ST_OK);
    CHECK_ST(stream_push_deflate(b), ST_DENIED);
    CHECK(!stream_is_deflated(b));
    stream_free(a);
    stream_free(b);
}

TEST(input_in_front_of_it_is_refused)
{
    on_core(early, NULL);
}

static void broken(UNUSED void *arg)
{
    struct stream *a, *b;

    stream_pair(&a, &b);
    CHECK_ST(stream_push_deflate(b), ST_OK);
    CHECK_ST(stream_write(a, STR("a NOOP\r\n")), ST_OK);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_more(b), ST_SYNTAX);
    CHECK_ST(stream_more(b), ST_SYNTAX);
    stream_free(a);
    stream_free(b);
}

TEST(what_is_not_compressed_ends_it)
{
    on_core(broken, NULL);
}

static void ended(UNUSED void *arg)
{
    static const struct str one[] = {STR("a LOGOUT\r\n")};
    struct buf in = deflated(one, 1, 6, Z_SYNC_FLUSH, true);
    struct stream *a, *b;
    struct str line;
    int wakes = 0;

    stream_pair(&a, &b);
    CHECK_ST(stream_push_deflate(b), ST_OK);
    CHECK_ST(stream_write(a, buf_str(&in)), ST_OK);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_line(b, 100, &line), ST_OK);
    CHECK(!stream_park(b, NEVER, woken, &wakes));
    CHECK_ST(stream_more(b), ST_EOF);
    stream_free(a);
    stream_free(b);
    buf_fini(&in);
}

TEST(the_peers_last_block_is_the_end_of_input)
{
    on_core(ended, NULL);
}

static void popped(UNUSED void *arg)
{
    static const struct str one[] = {STR("a UNAUTHENTICATE\r\n")};

    for (int how = 0; how < 3; how++) { /* flushed, ended, flushed with its last bytes late */
        struct buf in = deflated(one, 1, 6, Z_SYNC_FLUSH, how == 1);
        struct stream *a, *b;
        struct str line;
        char wire[100];
        ssize_t n;

        stream_pair(&a, &b);
        CHECK_ST(stream_push_deflate(b), ST_OK);
        CHECK_ST(stream_write(a, str_sub(buf_str(&in), 0, how == 2 ? in.n - 3 : in.n)), ST_OK);
        if (how != 2)
            CHECK_ST(stream_write(a, STR("b NOOP\r\n")), ST_OK);
        CHECK_ST(stream_flush(a), ST_OK);
        CHECK_ST(stream_line(b, 100, &line), ST_OK);
        CHECK_STR(line, one[0]);
        if (how == 2) {
            CHECK_ST(stream_write(a, str_from(buf_str(&in), in.n - 3)), ST_OK);
            CHECK_ST(stream_write(a, STR("b NOOP\r\n")), ST_OK);
            CHECK_ST(stream_flush(a), ST_OK);
        }
        CHECK_ST(stream_write(b, STR("a OK\r\n")), ST_OK);
        CHECK_ST(stream_flush(b), ST_OK);
        CHECK_ST(stream_pop_deflate(b), ST_OK);
        CHECK(!stream_is_deflated(b));
        CHECK_ST(stream_line(b, 100, &line), ST_OK);
        CHECK_STR(line, STR("b NOOP\r\n"));
        n = recv(stream_fd(a), wire, sizeof wire, MSG_DONTWAIT);
        CHECK(n > 8 && memcmp(wire + n - 2, "\3\0", 2) == 0); /* the last block, which is empty */
        stream_free(a);
        stream_free(b);
        buf_fini(&in);
    }
}

TEST(it_ends_where_both_sides_say_so)
{
    on_core(popped, NULL);
}

static void popped_early(UNUSED void *arg)
{
    struct stream *a, *b;
    struct str line;

    deflated_pair(&a, &b);
    CHECK_ST(stream_write(a, STR("a UNAUTHENTICATE\r\nb NOOP\r\n")), ST_OK);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_line(b, 100, &line), ST_OK);
    CHECK_ST(stream_pop_deflate(b), ST_DENIED);
    stream_free(a);
    stream_free(b);
}

TEST(it_does_not_end_in_front_of_compressed_input)
{
    on_core(popped_early, NULL);
}
