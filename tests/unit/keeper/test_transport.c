/* Rules how mail for a domain travels, as the courier asks for them. */
#include "keeper/transport.c"

#include "rig.h"

static enum st ask(struct arena *a, const char *domain, struct str *out)
{
    struct msg_transport_ask m = {.domain = str_z(domain)};
    struct msg_transport_answer answer;

    CHECK_ST(IPC_ASK(rig.gate_far, transport_ask, &m, transport_answer, a, &answer, deadline_in(20000)), ST_OK);
    *out = answer.tls;
    return (enum st)answer.status;
}

static void rules(void)
{
    struct arena a = ARENA_INIT;
    struct str tls;

    CHECK_ST(ask(&a, "there.test", &tls), ST_NOTFOUND);
    CHECK_ST(directory_transport_set(rig.directory, STR("there.test"), STR(TRANSPORT_TLS), STR("dane")), ST_OK);
    CHECK_ST(ask(&a, "there.test", &tls), ST_OK);
    CHECK_STR(tls, STR("dane"));
    CHECK_ST(ask(&a, "sub.there.test", &tls), ST_NOTFOUND);
    CHECK_ST(ask(&a, "", &tls), ST_NOTFOUND);
    arena_fini(&a);
}
TEST(a_rule_is_for_its_domain_only)
{
    rig_run(rules);
}
