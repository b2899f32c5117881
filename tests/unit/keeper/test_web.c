#include "keeper/web.c"

#include "rig.h"

static enum st ask(struct arena *a, const char *host, const char *path, struct msg_web_answer *out)
{
    struct msg_web_ask m = {.host = str_z(host), .path = str_z(path)};

    CHECK_ST(IPC_ASK(rig.gate_far, web_ask, &m, web_answer, a, out, deadline_in(20000)), ST_OK);
    return (enum st)out->status;
}

static void policies(void)
{
    struct msg_web_answer m;
    struct arena a = ARENA_INIT;
    const char *path = "/.well-known/mta-sts.txt";
    struct sts_policy policy;

    rig_account("alice", "x");
    CHECK_ST(ask(&a, "mta-sts.example.test", path, &m), ST_OK);
    CHECK_STR(m.type, STR("text/plain"));
    CHECK_ST(sts_policy_parse(&a, m.body, &policy), ST_OK);
    CHECK(policy.mode == STS_TESTING && policy.max_age == STS_OURS_MAX_AGE && policy.n_mx == 1);
    CHECK_STR(policy.mx[0], rig.keeper->set->host_name);
    CHECK_ST(directory_domain_set_sts(rig.directory, STR("example.test"), STR("none")), ST_OK);
    CHECK_ST(ask(&a, "mta-sts.example.test", path, &m), ST_OK);
    CHECK_ST(sts_policy_parse(&a, m.body, &policy), ST_OK);
    CHECK(policy.mode == STS_NONE && policy.max_age < STS_OURS_MAX_AGE);
    CHECK_ST(ask(&a, "example.test", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "mta-sts.other.test", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "mta-sts.", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "mta-sts.[::1]", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "mta-sts.mta-sts.example.test", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "", path, &m), ST_NOTFOUND);
    CHECK_ST(ask(&a, "mta-sts.example.test", "/.well-known/other", &m), ST_NOTFOUND);
    arena_fini(&a);
}

TEST(policies_of_our_domains_and_no_others)
{
    rig_run(policies);
}

static void answers(void)
{
    struct msg_health_answer m;
    struct msg_health_ask q = {0};
    struct arena a = ARENA_INIT;

    CHECK_ST(IPC_ASK(rig.gate_far, health_ask, &q, health_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_OK);
    arena_fini(&a);
}

TEST(a_keeper_without_domains_is_well)
{
    rig_run(answers);
}
