/* The rules as the keeper has them, the destinations they make, and how their servers are spoken to. */
#include "courier/routes.c"

#include "test.h"

static struct courier courier;
static unsigned asked;
static size_t n_rules;
static enum st keeper_st;
static bool changes_meanwhile;
static char to[100], security[20], user[20], password[20];

struct ipc *courier_keeper(const struct courier *c)
{
    (void)c;
    return NULL;
}

static void answer_routes(const struct msg_routes_ask *ask, struct arena *a, struct msg_routes_answer *out)
{
    struct routing_rule v[2] = {0};
    struct buf b;
    size_t n = 0;

    buf_init(&b, 10000);
    for (uint64_t id = ask->after + 1; id <= n_rules && n < ARRAY_LEN(v); id++)
        v[n++] =
            (struct routing_rule){.id = id,
                                  .by = ROUTING_BY_DESTINATION,
                                  .name = arena_printf(a, "d%llu.test", (unsigned long long)id),
                                  .to = id == 2 ? STR("mx") : arena_printf(a, "s%llu.test:25", (unsigned long long)id),
                                  .security = STR("tls"),
                                  .has_login = id == 3,
                                  .is_fallback = id == 4};
    routing_put(&b, v, n);
    *out =
        (struct msg_routes_answer){.status = ST_OK, .next = n == 2 ? v[1].id : 0, .routes = arena_str(a, buf_str(&b))};
    buf_fini(&b);
}

enum st ipc_ask(struct ipc *p, enum msg_kind ask, const void *msg, int fd, enum msg_kind answer, struct arena *a,
                void *out_msg, int *out_fd, mono_ms deadline)
{
    (void)p;
    (void)fd;
    (void)answer;
    (void)out_fd;
    (void)deadline;
    asked++;
    if (keeper_st != ST_OK)
        return FAIL(keeper_st, "as the test says");
    if (changes_meanwhile)
        routes_stale(&courier);
    changes_meanwhile = false;
    if (ask == MSG_routes_ask)
        answer_routes(msg, a, out_msg);
    else
        *(struct msg_route_login_answer *)out_msg =
            (struct msg_route_login_answer){.status = ST_OK, .user = STR("me"), .password = arena_str(a, STR("pass"))};
    return ST_OK;
}

enum st onward_to(struct courier *c, struct str t, struct str word, const struct relay_login *login, struct route *out,
                  struct relay **out_relay, const char **out_status)
{
    (void)c;
    (void)out;
    (void)out_relay;
    (void)out_status;
    snprintf(to, sizeof to, "%.*s", STR_ARGS(t));
    snprintf(security, sizeof security, "%.*s", STR_ARGS(word));
    snprintf(user, sizeof user, "%.*s", STR_ARGS(login->user));
    snprintf(password, sizeof password, "%.*s", STR_ARGS(login->password));
    return ST_OK;
}

enum st route_to_host(struct courier *c, struct str host, uint16_t port, struct route *out, const char **out_status)
{
    (void)c;
    (void)out;
    (void)out_status;
    snprintf(to, sizeof to, "%.*s:%u", STR_ARGS(host), port);
    return ST_OK;
}

struct relay *relay_ref(struct relay *y)
{
    return y;
}

void relay_unref(struct relay *y)
{
    (void)y;
}

struct str relay_host(const struct relay *y, uint16_t *out_port)
{
    (void)y;
    *out_port = 587;
    return STR("relay.test");
}

bool dest_is_relay(const struct dest *d)
{
    return d->domain.p[0] == RELAY_DEST;
}

static void begin(size_t n)
{
    courier = (struct courier){0};
    asked = 0;
    keeper_st = ST_OK;
    n_rules = n;
    to[0] = '\0';
    routes_stale(&courier);
}

static void end(void)
{
    arena_fini(&courier.routes.arena);
}

TEST(rules_are_asked_for_when_they_have_changed)
{
    begin(5);
    keeper_st = ST_TRYLATER;
    CHECK_ST(routes_ready(&courier), ST_TRYLATER);
    keeper_st = ST_OK;
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK_U64(courier.routes.n, 5);
    CHECK_U64(asked, 1 + 3);
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK_U64(asked, 1 + 3);
    n_rules = 3;
    routes_stale(&courier);
    keeper_st = ST_TRYLATER;
    CHECK_ST(routes_ready(&courier), ST_TRYLATER);
    CHECK_U64(courier.routes.n, 5); /* those from before hold on */
    keeper_st = ST_OK;
    changes_meanwhile = true;
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK_U64(courier.routes.n, 3);
    asked = 0;
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK(asked != 0); /* what changed while they were asked for */
    end();
}

static struct str dest_for(const char *address, const char *via, const char *by_hand, char *room)
{
    static struct work_rcpt rcpt, *one = &rcpt;
    static struct letter l;
    static struct job j;

    rcpt = (struct work_rcpt){.address = str_z(address), .via = str_z(via)};
    l = (struct letter){.c = &courier, .work = {.reverse_path = STR("me@ours.test"), .route = str_z(by_hand)}};
    j = (struct job){.letter = &l, .rcpts = &one, .n = 1};
    return routes_dest(&l, &j, room);
}

TEST(destinations)
{
    char room[ROUTES_NAME_MAX];
    struct routing_rule *v;

    begin(5);
    CHECK_STR(dest_for("a@X.test", "", "", room), STR("X.test"));
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK_STR(dest_for("a@x.test", "", "", room), STR("x.test"));
    CHECK_STR(dest_for("a@D1.test", "", "", room), STR(">@1 s1.test:25"));
    CHECK_STR(dest_for("a@d2.test", "", "", room), STR("d2.test"));
    CHECK_STR(dest_for("a@d4.test", "", "", room), STR("d4.test")); /* a fallback is not the first way */
    CHECK_STR(dest_for("a@[192.0.2.1]", "", "", room), STR("[192.0.2.1]"));
    CHECK_STR(dest_for("a@d1.test", "", "h.test:25 none", room), STR(">=h.test:25 none"));
    CHECK(routes_fallback(&courier, STR("D4.test"))->id == 4 && !routes_fallback(&courier, STR("d1.test")));
    courier.relay = (struct relay *)&courier;
    CHECK_STR(dest_for("a@x.test", "", "", room), STR(">relay.test:587"));
    CHECK_STR(dest_for("a@d2.test", "", "", room), STR("d2.test"));
    v = courier.routes.v;
    v[0].by = ROUTING_BY_SENDER;
    v[0].name = STR("ours.test");
    CHECK_STR(dest_for("a@d2.test", "", "", room), STR(">@1 s1.test:25"));
    CHECK_STR(dest_for("a@d5.test", "list@theirs.test", "", room),
              STR(">@5 s5.test:25")); /* it leaves under the alias */
    CHECK_STR(dest_for("a@d5.test", "list@ours.test", "", room), STR(">@1 s1.test:25"));
    end();
}

static struct str by_hand(char *room)
{
    return dest_for("a@x.test", "", "s.test:25 tls", room);
}

TEST(whose_login_a_letter_has_that_is_sent_by_hand)
{
    char room[ROUTES_NAME_MAX];
    struct routing_rule v[2] = {{.id = 7,
                                 .by = ROUTING_BY_ACCOUNT,
                                 .account = 5,
                                 .to = STR("s.test:25"),
                                 .security = STR("tls"),
                                 .has_login = true},
                                {.id = 8,
                                 .by = ROUTING_BY_DESTINATION,
                                 .name = STR("other.test"),
                                 .to = STR("s.test:25"),
                                 .security = STR("none"),
                                 .has_login = true}};

    courier = (struct courier){.routes = {.v = v, .n = ARRAY_LEN(v)}};
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls")); /* not that of account 5, nor for another security */
    v[0].by = ROUTING_BY_SENDER;
    v[0].name = STR("theirs.test");
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls"));
    v[0].name = STR("ours.test");
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls 7"));
    v[1].security = STR("tls");
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls 7")); /* its own first */
    v[0].has_login = false;
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls")); /* which has none */
    v[0].name = STR("theirs.test");
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls 8"));
    v[1].is_fallback = true;
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls"));
    v[1].name = STR("x.test");
    CHECK_STR(by_hand(room), STR(">=s.test:25 tls 8")); /* its own fallback */
    courier = (struct courier){0};
}

TEST(kinds_of_destinations)
{
    struct dest by_hand = {.domain = STR(">=h.test:25 tls")}, route = {.domain = STR(">@1 h.test:25")},
                relay = {.domain = STR(">h.test:25")}, domain = {.domain = STR("h.test")};

    CHECK(routes_is_by_hand(&by_hand) && !routes_is_by_hand(&route) && !routes_is_by_hand(&relay) &&
          !routes_is_by_hand(&domain));
    CHECK(!routes_is_relay_host(&by_hand) && !routes_is_relay_host(&route) && routes_is_relay_host(&relay) &&
          !routes_is_relay_host(&domain));
}

static enum st find(const char *name)
{
    const char *status;
    struct relay *relay;
    struct route r = {0};

    to[0] = user[0] = security[0] = '\0';
    return routes_find(&courier, str_z(name), &r, &relay, &status);
}

TEST(servers)
{
    begin(5);
    CHECK_ST(routes_ready(&courier), ST_OK);
    CHECK_ST(find(">@1 s1.test:25"), ST_OK);
    CHECK_STR(str_z(to), STR("s1.test:25"));
    CHECK_STR(str_z(security), STR("tls"));
    CHECK_STR(str_z(user), STR(""));
    CHECK_ST(find(">@3 s3.test:25"), ST_OK);
    CHECK_STR(str_z(user), STR("me"));
    CHECK_STR(str_z(password), STR("pass"));
    CHECK_ST(find(">@9 gone.test:25"), ST_TRYLATER);
    CHECK(str_search(str_z(err_get()->text), STR("gone.test:25")) < strlen(err_get()->text));
    CHECK_ST(find(">=h.test:25 none"), ST_OK);
    CHECK_STR(str_z(to), STR("h.test:25"));
    CHECK_STR(str_z(security), STR("none"));
    CHECK_STR(str_z(user), STR(""));
    CHECK_ST(find(">=s3.test:25 tls 3"), ST_OK); /* with the login of the route to there */
    CHECK_STR(str_z(user), STR("me"));
    CHECK_STR(str_z(security), STR("tls"));
    CHECK_ST(find(">=gone.test:25 tls 9"), ST_TRYLATER);
    CHECK_ST(find(">=s3.test:25 tls"), ST_OK);
    CHECK_STR(str_z(user), STR(""));
    CHECK_ST(find(">relay.test:587"), ST_TRYLATER);
    courier.relay = (struct relay *)&courier;
    CHECK_ST(find(">relay.test:587"), ST_OK);
    CHECK_STR(str_z(to), STR("relay.test:587"));
    keeper_st = ST_TRYLATER;
    CHECK_ST(find(">@3 s3.test:25"), ST_TRYLATER);
    end();
}
