#include "dns/dns.c"

#include "test.h"

#include <sys/socket.h>

/* The resolver's end stands on the same core and answers what the name says. */
static struct ipc *here, *there;
static unsigned asked;
static uint32_t ttl;
static void (*test_fn)(void);

static void on_ask(struct ipc_request *r)
{
    const struct msg_dns_ask *q = r->msg;
    struct msg_dns_answer m = {.status = ST_OK, .secure = 1, .ttl = ttl, .canonical = q->name};
    struct str mx[] = {STR("\0\24\1b\0"), STR("broken"), STR("\0\12\1a\0")};
    struct str addrs[] = {STR("\177\0\0\1"), STR("\177\0\1")};
    struct buf b;

    asked++;
    buf_init(&b, 4096);
    if (str_eq(q->name, STR("none.example")))
        m.status = ST_NOTFOUND;
    else if (str_eq(q->name, STR("forged.example")))
        m.status = ST_CORRUPT;
    else if (str_eq(q->name, STR("silent.example")))
        m.status = ST_TRYLATER;
    else if (str_eq(q->name, STR("odd.example")))
        words_put(&b, &mx[1], 1);
    else if (q->type == DNS_MX)
        words_put(&b, mx, ARRAY_LEN(mx));
    else if (q->type == DNS_A)
        words_put(&b, addrs, ARRAY_LEN(addrs));
    m.rdata = buf_str(&b);
    CHECK_ST(ipc_answer(r, MSG_dns_answer, &m, -1), ST_OK);
    buf_fini(&b);
}

static void body(void *arg)
{
    const struct ipc_handler handlers[] = {{MSG_dns_ask, on_ask}};
    int pair[2];

    (void)arg;
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK_ST(ipc_new(pair[0], 1, &(struct ipc_options){.peer = "resolver", .remembers = 100}, &here), ST_OK);
    CHECK_ST(ipc_new(pair[1], 1, &(struct ipc_options){.peer = "asker", .handlers = handlers, .n_handlers = 1}, &there),
             ST_OK);
    test_fn();
    ipc_free(here);
    ipc_free(there);
    core_stop(core_here());
}

static void start(void *arg)
{
    (void)arg;
    CHECK_ST(co_spawn(body, NULL, "test"), ST_OK);
}

static void run(void (*fn)(void))
{
    struct core *c = core_new(&(struct core_options){.name = "test", .coroutines = 20});

    test_fn = fn;
    asked = 0;
    ttl = 60;
    core_post(c, start, NULL);
    core_run(c);
    core_free(c);
}

static void ask_exchangers(void)
{
    struct arena a = ARENA_INIT;
    struct dns d;
    struct dns_mx *mx = NULL;
    size_t n = 0;

    CHECK_ST(dns_mx(here, &a, STR("Example.ORG"), deadline_in(5000), &d, &mx, &n), ST_OK);
    CHECK_U64(n, 2);
    CHECK(d.secure && d.ttl == 60);
    CHECK_STR(d.canonical, STR("example.org"));
    CHECK_STR(mx[0].host, STR("b"));
    CHECK_U64(mx[1].preference, 10);
    CHECK_ST(dns_mx(here, &a, STR("none.example"), deadline_in(5000), &d, &mx, &n), ST_NOTFOUND);
    CHECK(d.secure);
    CHECK_ST(dns_mx(here, &a, STR("forged.example"), deadline_in(5000), &d, &mx, &n), ST_CORRUPT);
    CHECK_ST(dns_mx(here, &a, STR("silent.example"), deadline_in(5000), &d, &mx, &n), ST_TRYLATER);
    CHECK_ST(dns_mx(here, &a, STR("odd.example"), deadline_in(5000), &d, &mx, &n), ST_SYNTAX);
    CHECK_ST(dns_mx(here, &a, STR("no name"), deadline_in(5000), &d, &mx, &n), ST_SYNTAX);
    arena_fini(&a);
}

TEST(good_records_of_an_answer_and_each_kind_of_refusal)
{
    run(ask_exchangers);
}

static void ask_addresses(void)
{
    struct arena a = ARENA_INIT;
    struct dns d;
    struct dns_addr *addrs = NULL;
    size_t n = 0;

    CHECK_ST(dns_addrs(here, &a, STR("mail.example"), DNS_A, deadline_in(5000), &d, &addrs, &n), ST_OK);
    CHECK_U64(n, 1);
    CHECK_STR(addrs[0].bytes, STR("\177\0\0\1"));
    arena_fini(&a);
}

TEST(addresses_have_the_length_of_their_family)
{
    run(ask_addresses);
}

static void ask_nobody(void)
{
    struct arena a = ARENA_INIT;
    struct dns d;
    struct str *txt = NULL;
    size_t n = 0;

    ipc_free(there);
    there = NULL;
    CHECK_ST(dns_txt(here, &a, STR("mail.example"), deadline_in(50), &d, &txt, &n), ST_TRYLATER);
    arena_fini(&a);
}

TEST(without_a_resolver_it_is_to_be_tried_later)
{
    run(ask_nobody);
}

static void ask_twice(void)
{
    struct arena a = ARENA_INIT;
    struct dns d;
    struct dns_mx *mx = NULL;
    struct dns_addr *addrs = NULL;
    size_t n = 0;

    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_mx(here, &a, STR("Example.ORG"), deadline_in(5000), &d, &mx, &n), ST_OK);
    CHECK_U64(asked, 1);
    CHECK(n == 2 && d.secure && d.ttl <= 60);
    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_addrs(here, &a, STR("example.org"), DNS_A, deadline_in(5000), &d, &addrs, &n), ST_OK);
    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_mx(here, &a, STR("none.example"), deadline_in(5000), &d, &mx, &n), ST_NOTFOUND);
    CHECK(d.secure);
    CHECK_U64(asked, 3);
    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_mx(here, &a, STR("forged.example"), deadline_in(5000), &d, &mx, &n), ST_CORRUPT);
    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_mx(here, &a, STR("silent.example"), deadline_in(5000), &d, &mx, &n), ST_TRYLATER);
    CHECK_U64(asked, 7);
    ttl = 0;
    for (int i = 0; i < 2; i++)
        CHECK_ST(dns_mx(here, &a, STR("other.example"), deadline_in(5000), &d, &mx, &n), ST_OK);
    CHECK_U64(asked, 9);
    arena_fini(&a);
}

TEST(an_answer_serves_again_within_its_ttl)
{
    run(ask_twice);
}

TEST(what_is_left_of_a_ttl_is_never_too_much)
{
    CHECK_U64(ttl_left(60, 0), 60);
    CHECK_U64(ttl_left(60, 1), 59);
    CHECK_U64(ttl_left(60, 59001), 0);
    CHECK_U64(ttl_left(60, 90000), 0);
    CHECK_U64(good_ms(&(struct msg_dns_answer){.status = ST_OK, .ttl = 86400}), AGAIN_MOST_MS);
    CHECK_U64(good_ms(&(struct msg_dns_answer){.status = ST_NOTFOUND, .ttl = 7}), 7000);
    CHECK_U64(good_ms(&(struct msg_dns_answer){.status = ST_CORRUPT, .ttl = 7}), 0);
}
