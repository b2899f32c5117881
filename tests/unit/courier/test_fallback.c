/* Which recipients go by the fallback, and where they are then. */
#include "courier/fallback.c"

#include "test.h"

#define RCPTS 4

static struct routing_rule rule = {.id = 7, .codes = {"5.7.*", 5}, .after_s = 3600};
static bool has_rule;
static struct courier courier;
static struct dest dest;
static struct letter letter;
static struct work_rcpt rcpts[RCPTS];
static struct job job, split;
static struct work_rcpt *of_job[RCPTS], *of_split[RCPTS];
static struct work_result results[RCPTS], split_results[RCPTS];
static struct job *added;
static uint64_t wall;

static uint64_t wall_now(void)
{
    return wall;
}

bool dest_is_relay(const struct dest *d)
{
    return d->domain.p[0] == RELAY_DEST;
}

const struct routing_rule *routes_fallback(const struct courier *c, struct str domain)
{
    (void)c;
    CHECK_STR(domain, STR("b.test"));
    return has_rule ? &rule : NULL;
}

struct str routes_rule_dest(const struct routing_rule *r, char room[ROUTES_NAME_MAX])
{
    snprintf(room, ROUTES_NAME_MAX, ">@%llu", (unsigned long long)r->id);
    return str_z(room);
}

void job_done_with_bytes(struct job *j)
{
    j->has_bytes = false;
}

struct job *job_split(struct job *j)
{
    size_t kept = 0;

    split = (struct job){.letter = j->letter, .rcpts = of_split, .results = split_results};
    for (size_t i = 0; i < j->n; i++)
        if (j->results[i].is_moved)
            split.results[split.n++] = j->results[i];
        else
            j->results[kept++] = j->results[i];
    j->n = kept;
    return &split;
}

void dest_add(struct courier *c, struct str domain, const struct identity *id, struct job *j)
{
    CHECK(c == &courier && id == &dest.identity);
    CHECK_STR(domain, STR(">@7"));
    added = j;
}

static void begin(const char *domain)
{
    wall = 1000000000ull * 1000;
    clock_override(NULL, wall_now);
    has_rule = true;
    added = NULL;
    dest = (struct dest){.c = &courier, .domain = str_z(domain)};
    letter = (struct letter){.work.began_us = wall};
    job = (struct job){.letter = &letter, .rcpts = of_job, .results = results, .n = RCPTS};
    for (size_t i = 0; i < RCPTS; i++) {
        rcpts[i] = (struct work_rcpt){.index = (uint32_t)i, .address = STR("a@b.test"), .attempts = 1};
        of_job[i] = &rcpts[i];
        results[i] = (struct work_result){.index = (uint32_t)i, .state = WORK_DELIVERED};
    }
}

static void refused(size_t i, const char *answer)
{
    results[i] = (struct work_result){
        .index = (uint32_t)i, .state = WORK_FAILED, .is_remote = true, .answer = str_z(answer), .host = STR("mx")};
}

static void unreached(size_t i, const char *status)
{
    results[i] = (struct work_result){.index = (uint32_t)i,
                                      .state = WORK_DEFERRED,
                                      .is_unreached = true,
                                      .status = str_z(status),
                                      .answer = STR("refused")};
}

TEST(those_that_were_refused)
{
    begin("b.test");
    refused(1, "550 5.7.1 your address");
    refused(2, "550 5.1.1 nobody");
    CHECK(!fallback_take(&dest, &job));
    CHECK(added == &split && split.n == 1 && job.n == 3);
    CHECK(split_results[0].index == 1 && split_results[0].state == WORK_UNTRIED && !split_results[0].is_moved);
    CHECK(!split_results[0].answer.n && results[1].state == WORK_FAILED);
    clock_override(NULL, NULL);
}

TEST(all_of_them)
{
    begin("b.test");
    for (size_t i = 0; i < RCPTS; i++)
        refused(i, "550 5.7.1 your address");
    job.has_bytes = true;
    CHECK(fallback_take(&dest, &job));
    CHECK(added == &job && !job.has_bytes && job.n == RCPTS && results[3].state == WORK_UNTRIED &&
          !results[3].is_moved);
    clock_override(NULL, NULL);
}

TEST(those_that_could_not_be_reached_for_a_while)
{
    begin("b.test");
    unreached(0, "4.4.1");
    unreached(1, "4.4.3"); /* a look-up of its TLSA records, say */
    results[1].is_unreached = false;
    refused(2, "450 4.4.1 says a server");
    CHECK(!fallback_take(&dest, &job) && !added); /* too young */
    wall += 3600 * 1000000ull;
    CHECK(!fallback_take(&dest, &job) && added == &split && split.n == 1 && split_results[0].index == 0);
    added = NULL;
    begin("b.test");
    unreached(0, "4.4.1");
    letter.work.began_us = 0;
    rcpts[0].attempts = 0; /* it has been held, and was not tried before */
    CHECK(!fallback_take(&dest, &job) && !added);
    rule.after_s = 0;
    CHECK(!fallback_take(&dest, &job) && added);
    rule.after_s = ROUTING_NEVER;
    added = NULL;
    unreached(0, "4.4.1");
    rcpts[0].attempts = 9;
    CHECK(!fallback_take(&dest, &job) && !added);
    rule.after_s = 3600;
    clock_override(NULL, NULL);
}

static void refused_by_us(size_t i, const char *status, bool is_put_off)
{
    results[i] = (struct work_result){.index = (uint32_t)i,
                                      .state = WORK_FAILED,
                                      .is_put_off = is_put_off,
                                      .status = str_z(status),
                                      .answer = STR("the server does not know that")};
}

TEST(what_was_only_put_off_does_not_fail_for_what_the_fallback_cannot_do)
{
    begin("b.test");
    rule.after_s = 0;
    unreached(0, "4.4.1");
    refused(1, "550 5.7.1 your address");
    CHECK(!fallback_take(&dest, &job) && split.n == 2);
    CHECK(split_results[0].is_put_off && !split_results[1].is_put_off);
    rule.after_s = 3600;
    begin(">@7 smart.test:587");
    refused_by_us(0, "5.7.10", true);
    refused_by_us(1, "5.7.10", false);
    refused_by_us(2, "5.1.3", true);
    refused(3, "550 5.7.1 nor here");
    results[3].is_put_off = true;
    CHECK(!fallback_take(&dest, &job) && !added);
    CHECK(results[0].state == WORK_DEFERRED && str_eq(results[0].status, STR("4.7.10")));
    CHECK(results[1].state == WORK_FAILED && str_eq(results[1].status, STR("5.7.10")));
    CHECK(results[2].state == WORK_FAILED && results[3].state == WORK_FAILED);
    arena_fini(&letter.arena);
    clock_override(NULL, NULL);
}

TEST(never_behind_another_way)
{
    begin(">@3 smart.test:587");
    refused(0, "550 5.7.1 your address");
    CHECK(!fallback_take(&dest, &job) && !added);
    begin("b.test");
    refused(0, "550 5.7.1 your address");
    job.is_relayed = true;
    CHECK(!fallback_take(&dest, &job) && !added);
    job.is_relayed = false;
    dest.is_relayed = true;
    CHECK(!fallback_take(&dest, &job) && !added);
    dest.is_relayed = has_rule = false;
    CHECK(!fallback_take(&dest, &job) && !added);
    clock_override(NULL, NULL);
}
