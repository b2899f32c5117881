#include "keeper/sts.c"

#include "rig.h"

static const struct ipc_handler courier_side[] = {{MSG_sts_get_ask, keeper_sts_get, false},
                                                  {MSG_sts_put_ask, keeper_sts_put, false},
                                                  {MSG_sts_due_ask, keeper_sts_due, false}};

#define TELL(ask_)                                                                                                     \
    do {                                                                                                               \
        struct msg_sts_put_answer p_;                                                                                  \
                                                                                                                       \
        CHECK_ST(IPC_ASK(keeper, sts_put_ask, &(ask_), sts_put_answer, &a, &p_, deadline_in(5000)), ST_OK);            \
        CHECK_U64(p_.status, ST_OK);                                                                                   \
    } while (0)

static void kept_and_forgotten(void)
{
    uint64_t now = clock_wall_us();
    struct msg_sts_put_ask put_ask = {.domain = STR("a.test"),
                                      .id = STR("7"),
                                      .policy = STR("text"),
                                      .fetched_us = now - 5000000,
                                      .expires_us = now + 60000000,
                                      .used_us = now};
    struct msg_sts_put_ask note = {.domain = STR("a.test"), .expires_us = 1, .tried_us = now};
    struct msg_sts_put_ask forget = {.domain = STR("a.test")};
    struct msg_sts_get_ask ask = {.domain = STR("a.test")};
    struct msg_sts_due_ask due_ask = {.tried_us = now - 1000000, .used_us = now - 1, .most = 5};
    struct msg_sts_get_answer got;
    struct msg_sts_due_answer late;
    struct ipc *near, *keeper;
    struct arena a = ARENA_INIT;
    struct str *words;
    size_t n;

    rig_pair(courier_side, 3, &rig.keeper->courier, &near, NULL, 0, NULL, &keeper);
    CHECK_ST(IPC_ASK(keeper, sts_get_ask, &ask, sts_get_answer, &a, &got, deadline_in(5000)), ST_OK);
    CHECK_U64(got.status, ST_NOTFOUND);
    TELL(put_ask);
    CHECK_ST(IPC_ASK(keeper, sts_get_ask, &ask, sts_get_answer, &a, &got, deadline_in(5000)), ST_OK);
    CHECK_U64(got.status, ST_OK);
    CHECK_STR(got.policy, STR("text"));
    CHECK_STR(got.id, STR("7"));
    CHECK(got.fetched_us == now - 5000000);
    CHECK_ST(IPC_ASK(keeper, sts_due_ask, &due_ask, sts_due_answer, &a, &late, deadline_in(5000)), ST_OK);
    CHECK(words_get(late.domains, &a, 5, &words, &n) == ST_OK && n == 1);
    CHECK_STR(words[0], STR("a.test"));
    TELL(note);
    CHECK_ST(IPC_ASK(keeper, sts_due_ask, &due_ask, sts_due_answer, &a, &late, deadline_in(5000)), ST_OK);
    CHECK(words_get(late.domains, &a, 5, &words, &n) == ST_OK && n == 0);
    TELL(forget);
    CHECK_ST(IPC_ASK(keeper, sts_get_ask, &ask, sts_get_answer, &a, &got, deadline_in(5000)), ST_OK);
    CHECK_U64(got.status, ST_NOTFOUND);
    ipc_free(keeper);
    ipc_free(near);
    arena_fini(&a);
}

TEST(policies_are_kept_and_forgotten)
{
    rig_run(kept_and_forgotten);
}
