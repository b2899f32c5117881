#include "keeper/routes.c"

#include "rig.h"

#define MANY 120

static const struct ipc_handler courier_side[] = {{MSG_routes_ask, keeper_routes, false},
                                                  {MSG_route_login_ask, keeper_route_login, false}};
static void add(const char *name, const char *kind, const char *user)
{
    struct directory_route r = {.kind = str_z(kind),
                                .name = str_z(name),
                                .host = STR("smart.test:587"),
                                .security = STR("tls"),
                                .user = str_z(user),
                                .codes = STR(""),
                                .after_s = UINT64_MAX};
    uint64_t id;

    CHECK_ST(directory_route_add(rig.directory, &r, user[0] ? STR("pass word") : STR_NONE, &id), ST_OK);
}

static size_t ask_all(struct ipc *keeper, struct arena *a, struct routing_rule *first)
{
    struct msg_routes_ask ask = {0};
    struct msg_routes_answer got;
    struct routing_rule *v;
    size_t n, all = 0;

    do {
        CHECK_ST(IPC_ASK(keeper, routes_ask, &ask, routes_answer, a, &got, deadline_in(5000)), ST_OK);
        CHECK_U64(got.status, ST_OK);
        CHECK_ST(routing_get(got.routes, a, &v, &n), ST_OK);
        if (!all && n)
            *first = v[0];
        all += n;
        ask.after = got.next;
    } while (got.next);
    return all;
}

static void told_in_pages(void)
{
    struct msg_route_login_ask ask = {.id = 1};
    struct msg_route_login_answer login;
    struct ipc *near, *keeper;
    struct arena a = ARENA_INIT;
    struct routing_rule first;
    char name[20];

    rig_pair(courier_side, 2, &rig.keeper->courier, &near, NULL, 0, NULL, &keeper);
    CHECK_U64(ask_all(keeper, &a, &first), 0);
    add("x.test", "to", "me");
    add("y.test", "of a later version", "");
    for (unsigned i = 2; i < MANY; i++) {
        snprintf(name, sizeof name, "d%u.test", i);
        add(name, "to", "");
    }
    CHECK_U64(ask_all(keeper, &a, &first), MANY - 1); /* all but the one that it does not know */
    CHECK(first.id == 1 && first.has_login && first.by == ROUTING_BY_DESTINATION && first.after_s == ROUTING_NEVER);
    CHECK_STR(first.to, STR("smart.test:587"));
    CHECK_ST(IPC_ASK(keeper, route_login_ask, &ask, route_login_answer, &a, &login, deadline_in(5000)), ST_OK);
    CHECK_U64(login.status, ST_OK);
    CHECK_STR(login.user, STR("me"));
    CHECK_STR(login.password, STR("pass word"));
    ask.id = 2;
    CHECK_ST(IPC_ASK(keeper, route_login_ask, &ask, route_login_answer, &a, &login, deadline_in(5000)), ST_OK);
    CHECK_U64(login.status, ST_NOTFOUND);
    ipc_free(keeper);
    ipc_free(near);
    arena_fini(&a);
}

TEST(rules_are_told_in_pages)
{
    rig_run(told_in_pages);
}
