/* Who a letter is from that an alias sends on, and back again: strangers only, and only where the alias is still ours. */
#include "keeper/senders.c"

#include "rig.h"

static struct str leaves_as(struct arena *a, struct str sender, const char *via)
{
    struct msg_srs_ask m = {.sender = sender, .via = str_z(via)};
    struct msg_srs_answer answer;

    CHECK_ST(IPC_ASK(rig.gate_far, srs_ask, &m, srs_answer, a, &answer, deadline_in(20000)), ST_OK);
    CHECK_ST((enum st)answer.status, ST_OK);
    return answer.sender;
}

static void comes_back(struct arena *a, struct str sender, const char *local, const char *domain)
{
    struct str as = leaves_as(a, sender, "list@example.test");
    struct directory_address back;

    CHECK(str_starts(as, STR("SRS0=")) && str_ends(as, STR("@example.test")));
    CHECK_ST(keeper_srs_original(rig.keeper, a, str_sub(as, 0, str_rfind(as, '@')), &back), ST_OK);
    CHECK_STR(back.local, str_z(local));
    CHECK_STR(back.domain, str_z(domain));
}

static void rewriting(void)
{
    struct arena a = ARENA_INIT;
    struct directory_address back;
    char local[65];

    memset(local, 'l', 64);
    local[64] = '\0';
    comes_back(&a, STR("bob@there.test"), "bob", "there.test");
    comes_back(&a, arena_printf(&a, "%s@there.test", local), local, "there.test"); /* too long: kept under a number */
    CHECK_STR(leaves_as(&a, STR("alice@example.test"), "list@example.test"), STR("alice@example.test")); /* ours */
    CHECK_STR(leaves_as(&a, STR("root@mail.example.test"), "list@example.test"), STR("root@mail.example.test"));
    CHECK_STR(leaves_as(&a, STR("bob@there.test"), "list@gone.test"), STR("bob@there.test"));
    CHECK_STR(leaves_as(&a, STR("no address"), "list@example.test"), STR("no address"));
    CHECK_ST(keeper_srs_original(rig.keeper, &a, STR("SRS0=AAAA=BB=there.test=bob"), &back), ST_NOTFOUND); /* forged */
    arena_fini(&a);
}
TEST(strangers_leave_under_an_address_that_leads_back)
{
    rig_run(rewriting);
}
