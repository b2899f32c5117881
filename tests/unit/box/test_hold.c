#include "box/hold.c"

#include "test.h"

/* A store that says what it is told to. */
static _Atomic unsigned held;
static enum st answer;

enum st store_hold_begin(struct store *s, uint64_t *out_batch)
{
    (void)s;
    if (answer != ST_OK)
        return FAIL(answer, "no space for a snapshot");
    held++;
    *out_batch = 42;
    return ST_OK;
}

void store_hold_end(struct store *s)
{
    (void)s;
    held--;
}

struct str store_identity(const struct store *s)
{
    (void)s;
    return STR("0123456789abcdef0123456789abcdef");
}

static void (*test_body)(struct box *b) SUSPENDS;

static void body(void *arg) SUSPENDS
{
    struct box b = {0};

    (void)arg;
    test_body(&b);
    for (unsigned i = 0; held && i < 500; i++)
        IGNORE(co_sleep(deadline_in(10)));
    CHECK_U64(held, 0);
    core_stop(core_here());
    if (b.slow)
        offload_free(b.slow);
}

static void spawn(void *arg)
{
    CHECK_ST(co_spawn(body, arg, "test"), ST_OK);
}

static void run_test(void (*fn)(struct box *b) SUSPENDS)
{
    struct core_options o = {.name = "test", .coroutines = 16};
    struct core *c = core_new(&o);

    log_set_level(LOG_ERROR);
    test_body = fn;
    core_post(c, spawn, NULL);
    core_run(c);
    core_free(c);
}

/* The tool's end; the line that it got in `line`. */
static int ask(struct box *b, char *line, size_t max) SUSPENDS
{
    ssize_t n = -1;
    int pair[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK_ST(hold_start(b, pair[0]), ST_OK);
    for (unsigned i = 0; n < 0 && i < 500; i++) {
        IGNORE(co_sleep(deadline_in(10)));
        n = recv(pair[1], line, max - 1, 0);
    }
    line[MAX(n, 0)] = 0;
    return pair[1];
}

static void as_long_as_it_is_open(struct box *b) SUSPENDS
{
    char one[200], two[200];
    int first, second;

    answer = ST_OK;
    first = ask(b, one, sizeof one);
    CHECK_STR(str_z(one), STR("{\"batch\":42,\"identity\":\"0123456789abcdef0123456789abcdef\"}\n"));
    CHECK_U64(held, 1);
    second = ask(b, two, sizeof two);
    CHECK_STR(str_z(two), str_z(one));
    CHECK_U64(held, 2);
    CHECK(send(first, "..", 2, 0) == 2);
    close(second);
    IGNORE(co_sleep(deadline_in(50)));
    CHECK_U64(held, 1);
    CHECK(recv(first, two, sizeof two, 0) < 0); /* still open */
    close(first);
}

static void with_a_reason(struct box *b) SUSPENDS
{
    char line[300];
    int fd;

    answer = ST_NOSPACE;
    fd = ask(b, line, sizeof line);
    CHECK_STR(str_z(line), STR("{\"error\":\"no space for a snapshot\"}\n"));
    IGNORE(co_sleep(deadline_in(20)));
    CHECK(recv(fd, line, sizeof line, 0) == 0);
    close(fd);
    CHECK_U64(held, 0);
}

TEST(a_hold_lasts_as_long_as_its_connection)
{
    run_test(as_long_as_it_is_open);
}

TEST(what_can_t_be_held_is_told)
{
    run_test(with_a_reason);
}
