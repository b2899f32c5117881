/* Policies over days of simulated time: with a DNS, a web server and a keeper that do as the test says. */
#include "courier/sts.c"

#include "co/sim.h"
#include "config/config.h"
#include "test.h"

#define HOUR_MS 3600000ull
#define DAY_MS (24 * HOUR_MS)

static struct courier courier;
static struct arena arena;
static void (*body)(void);

/* --- the world ----------------------------------------------------------------------------------------------------- */

static struct {
    enum st txt_st;
    const char *txt;
    uint32_t ttl;
    unsigned txt_asked;
    enum st page_st;
    uint32_t code;
    const char *type, *page;
    uint64_t page_ms; /* it takes so long */
    unsigned fetched;
    char url[300];
    enum st keeper_st;
    bool has;
    char id[33], policy[1000];
    uint64_t fetched_us, tried_us, used_us;
    unsigned puts;
    unsigned notes;
} world;

struct ipc *courier_resolver(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st dns_txt(struct ipc *resolver, struct arena *a, struct str name, mono_ms deadline, struct dns *out,
                struct str **out_txt, size_t *out_n)
{
    struct str *list = ARENA_ARRAY(a, struct str, 2);

    (void)resolver;
    (void)deadline;
    CHECK_STR(name, STR("_mta-sts.there.test"));
    world.txt_asked++;
    *out = (struct dns){.ttl = world.ttl};
    if (world.txt_st != ST_OK)
        return FAIL(world.txt_st, "as the test says");
    list[0] = STR("v=spf1 -all");
    list[1] = str_z(world.txt);
    *out_txt = list;
    *out_n = 2;
    return ST_OK;
}

enum st courier_fetch(struct courier *c, struct arena *a, struct str url, const struct fetch_body *post,
                      uint64_t timeout_ms, struct fetch_page *out)
{
    (void)c;
    (void)a;
    CHECK(!post && timeout_ms == 60000);
    world.fetched++;
    snprintf(world.url, sizeof world.url, "%.*s", STR_ARGS(url));
    if (world.page_ms)
        CHECK_ST(co_sleep(deadline_in(world.page_ms)), ST_OK);
    if (world.page_st != ST_OK)
        return FAIL(world.page_st, "as the web server says");
    *out = (struct fetch_page){.code = world.code, .type = str_z(world.type), .body = str_z(world.page)};
    return ST_OK;
}

enum st sts_kept_get(struct courier *c, struct str domain, struct arena *a, struct sts_kept *out)
{
    (void)c;
    (void)domain;
    if (world.keeper_st != ST_OK)
        return FAIL(world.keeper_st, "no keeper");
    if (!world.has)
        return FAIL(ST_NOTFOUND, "none");
    CHECK_ST(sts_policy_parse(a, str_z(world.policy), &out->policy), ST_OK);
    out->policy.id = str_z(world.id);
    out->fetched_us = world.fetched_us;
    return ST_OK;
}

void sts_kept_put(struct courier *c, struct str domain, const struct sts_kept *kept, uint64_t used_us)
{
    struct arena a = ARENA_INIT;

    (void)c;
    (void)domain;
    (void)used_us;
    world.has = true;
    world.puts++;
    snprintf(world.id, sizeof world.id, "%.*s", STR_ARGS(kept->policy.id));
    snprintf(world.policy, sizeof world.policy, "%.*s", STR_ARGS(sts_policy_text(&a, &kept->policy)));
    world.fetched_us = world.tried_us = kept->fetched_us;
    arena_fini(&a);
}

void sts_kept_note(struct courier *c, struct str domain, uint64_t tried_us, uint64_t used_us)
{
    (void)c;
    (void)domain;
    world.notes++;
    world.tried_us = MAX(world.tried_us, tried_us);
    world.used_us = MAX(world.used_us, used_us);
}

void sts_kept_forget(struct courier *c, struct str domain)
{
    (void)c;
    (void)domain;
}

enum st sts_kept_due(struct courier *c, struct arena *a, uint64_t tried_us, uint64_t used_us, struct str **out,
                     size_t *out_n)
{
    (void)c;
    *out = ARENA_ARRAY(a, struct str, 1);
    *out_n = 0;
    if (world.has && world.tried_us < tried_us && world.used_us > used_us)
        (*out)[(*out_n)++] = STR("there.test");
    return ST_OK;
}

/* --- the rig ------------------------------------------------------------------------------------------------------- */

#define ENFORCE "version: STSv1\nmode: enforce\nmx: mx.there.test\nmax_age: 864000\n"
#define TESTING "version: STSv1\nmode: testing\nmx: *.there.test\nmax_age: 864000\n"
#define GONE "version: STSv1\nmode: none\nmax_age: 86400\n"

static void publish(const char *txt, const char *page)
{
    world.txt_st = world.page_st = ST_OK;
    world.txt = txt;
    world.ttl = 60;
    world.code = 200;
    world.type = "text/plain; charset=utf-8";
    world.page = page;
}

static void run_body(void *arg)
{
    (void)arg;
    body();
    core_stop(core_here());
}

static void start(void *arg)
{
    (void)arg;
    CHECK_ST(co_spawn(run_body, NULL, "test"), ST_OK);
}

/* The courier has its own for as long as it lives. */
static void forget_all(void)
{
    struct sts *s = courier.sts;

    LIST_EACH_SAFE(pos, next, &s->lru)
        entry_free(s, LIST_ITEM(pos, struct entry, lru));
    map_fini(&s->entries);
    mem_free(s);
}

static void run(void (*fn)(void))
{
    static struct config_errors errors;
    struct core *core;

    memset(&world, 0, sizeof world);
    body = fn;
    if (!courier.set)
        CHECK_ST(config_parse(STR("host_name us.test\n"), "test", &courier.set, &errors), ST_OK);
    courier.sts = sts_new();
    sim_clock_start(1700000000000000ull);
    core = core_new(&(struct core_options){.name = "test", .coroutines = 50});
    core_post(core, start, NULL);
    core_run(core);
    core_free(core);
    sim_clock_stop();
    forget_all();
    arena_reset(&arena);
}

static void restart(void)
{
    forget_all();
    courier.sts = sts_new();
}

/* "enforce", "testing", "-", with the result type of a problem behind it. */
static struct str found(void)
{
    struct sts_found f;
    enum st st = sts_find(&courier, STR("There.TEST"), &arena, &f);

    if (st != ST_OK)
        return arena_printf(&arena, "%s", st_name(st));
    return arena_printf(&arena, "%s%s%s", f.has_policy ? sts_mode_name(f.policy.mode) : "-", f.problem ? " " : "",
                        f.problem ? tls_result_name(f.problem) : "");
}

static void later(uint64_t ms)
{
    sim_clock_advance(ms);
}

/* --- the cases ----------------------------------------------------------------------------------------------------- */

static void none_at_all(void)
{
    world.txt_st = ST_NOTFOUND;
    CHECK_STR(found(), STR("-"));
    CHECK_STR(found(), STR("-"));
    CHECK(world.txt_asked == 1 && world.fetched == 0);
    publish("v=STSv2; id=1;", ENFORCE);
    later(2 * 60000);
    CHECK_STR(found(), STR("-"));
    publish("v=STSv1; id=;", ENFORCE); /* section 3.1: as if there were none */
    later(2 * 60000);
    CHECK_STR(found(), STR("-"));
    CHECK_U64(world.fetched, 0);
}

TEST(a_domain_without)
{
    run(none_at_all);
}

static void fetched_once(void)
{
    struct sts_found f;

    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    CHECK_STR(str_z(world.url), STR("https://mta-sts.there.test/.well-known/mta-sts.txt"));
    CHECK_ST(sts_find(&courier, STR("there.test"), &arena, &f), ST_OK);
    CHECK(f.policy.n_mx == 1 && sts_policy_allows(&f.policy, STR("mx.there.test")));
    CHECK_STR(f.policy.id, STR("1"));
    CHECK(world.txt_asked == 1 && world.fetched == 1 && world.puts == 1);
    for (unsigned i = 0; i < 100; i++) {
        later(60 * 60000);
        CHECK_STR(found(), STR("enforce"));
    }
    CHECK(world.fetched == 1 && world.txt_asked == 101);
    CHECK(world.notes >= 4 && world.notes <= 6); /* that it is used: once a day */
    publish("v=STSv1; id=2;", TESTING);
    later(60 * 60000);
    CHECK_STR(found(), STR("testing"));
    CHECK_U64(world.fetched, 2);
    CHECK_STR(str_z(world.id), STR("2"));
}

TEST(a_policy_is_fetched_once_for_each_id)
{
    run(fetched_once);
}

static void holds_on(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    world.page_st = ST_IO;
    for (unsigned day = 1; day < 10; day++) { /* the record is away, forged, or names what can't be fetched */
        static const enum st sts[] = {ST_NOTFOUND, ST_TRYLATER, ST_CORRUPT};

        later(DAY_MS);
        world.txt_st = sts[day % 3];
        CHECK_STR(found(), STR("enforce"));
    }
    world.txt_st = ST_OK;
    world.txt = "v=STSv1; id=2;";
    later(HOUR_MS);
    CHECK_STR(found(), STR("enforce sts-policy-fetch-error"));
    later(DAY_MS); /* max_age has passed */
    CHECK_STR(found(), STR("- sts-policy-fetch-error"));
    world.txt_st = ST_NOTFOUND;
    later(HOUR_MS);
    CHECK_STR(found(), STR("-"));
}

TEST(a_known_policy_holds_until_its_end)
{
    run(holds_on);
}

static void back_again(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    world.txt = "v=STSv1; id=2;";
    world.page_st = ST_IO;
    later(HOUR_MS);
    CHECK_STR(found(), STR("enforce sts-policy-fetch-error"));
    world.txt = "v=STSv1; id=1;";
    later(HOUR_MS);
    CHECK_STR(found(), STR("enforce"));
}

TEST(a_record_that_is_as_before_takes_the_problem_away)
{
    run(back_again);
}

static void not_too_often(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    world.page_st = ST_DENIED;
    for (unsigned i = 0; i < 40; i++) {
        CHECK_STR(found(), STR("- sts-webpki-invalid"));
        later(30000);
    }
    CHECK(world.fetched >= 3 && world.fetched <= 4); /* in twenty minutes */
    world.txt = "v=STSv1; id=2;";                    /* another one is tried at once */
    world.page_st = ST_OK;
    later(61000);
    CHECK_STR(found(), STR("enforce"));
}

TEST(a_failed_fetch_is_not_tried_again_for_five_minutes)
{
    run(not_too_often);
}

static void what_is_wrong(void)
{
    static const struct {
        uint32_t code;
        const char *type, *page, *want;
    } cases[] = {
        {404, "text/plain", ENFORCE, "- sts-policy-fetch-error"},
        {301, "text/plain", ENFORCE, "- sts-policy-fetch-error"},
        {200, "text/html", ENFORCE, "- sts-policy-invalid"},
        {200, "", ENFORCE, "- sts-policy-invalid"},
        {200, "text/plain", "nonsense", "- sts-policy-invalid"},
        {200, "text/plain", "version: STSv1\nmode: enforce\nmax_age: 5\n", "- sts-policy-invalid"},
        {200, "TEXT/plain ;x=y", ENFORCE, "enforce"},
    };

    publish("v=STSv1; id=1;", ENFORCE);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        world.code = cases[i].code;
        world.type = cases[i].type;
        world.page = cases[i].page;
        CHECK_STR(found(), str_z(cases[i].want));
        later(10 * 60000);
    }
}

TEST(pages_that_are_no_policy)
{
    run(what_is_wrong);
}

static void survives(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    restart();
    world.txt_st = ST_NOTFOUND;
    world.page_st = ST_IO;
    CHECK_STR(found(), STR("enforce"));
    restart();
    world.keeper_st = ST_TRYLATER; /* it may know one: the letter waits */
    CHECK_STR(found(), STR("TRYLATER"));
    world.keeper_st = ST_OK;
    CHECK_STR(found(), STR("enforce"));
}

TEST(a_restart_loses_nothing)
{
    run(survives);
}

static void our_fault(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    world.page_st = ST_BUSY;
    CHECK_STR(found(), STR("-")); /* nothing to report of the domain */
    world.page_st = ST_OK;
    later(11000);
    CHECK_STR(found(), STR("enforce"));
}

TEST(our_own_fault_is_soon_mended)
{
    run(our_fault);
}

static void leaves(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    publish("v=STSv1; id=2;", GONE);
    later(HOUR_MS);
    CHECK_STR(found(), STR("-"));
    later(HOUR_MS);
    CHECK_STR(found(), STR("-"));
    CHECK_U64(world.fetched, 2);
    world.txt_st = ST_NOTFOUND;
    later(2 * DAY_MS);
    CHECK_STR(found(), STR("-"));
}

TEST(a_domain_that_leaves)
{
    run(leaves);
}

static void at_once_over(void)
{
    publish("v=STSv1; id=1;", "version: STSv1\nmode: enforce\nmx: mx.there.test\nmax_age: 0\n");
    for (unsigned i = 0; i < 60; i++) {
        (void)found();
        later(1000);
    }
    CHECK_U64(world.fetched, 1);
}

TEST(a_policy_that_ends_at_once_is_not_fetched_for_each_letter)
{
    run(at_once_over);
}

static unsigned ended;

static void one_letter(void *arg)
{
    struct sts_found f;
    struct arena a = ARENA_INIT;

    (void)arg;
    CHECK_ST(sts_find(&courier, STR("there.test"), &a, &f), ST_OK);
    CHECK(f.has_policy);
    ended++;
    arena_fini(&a);
}

static void together(void)
{
    ended = 0;
    publish("v=STSv1; id=1;", ENFORCE);
    world.page_ms = 20000;
    for (unsigned i = 0; i < 20; i++)
        CHECK_ST(co_spawn(one_letter, NULL, "letter"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(30000)), ST_OK);
    CHECK_U64(ended, 20);
    CHECK(world.fetched == 1 && world.txt_asked == 1);
}

TEST(one_fetch_for_many_letters)
{
    run(together);
}

static void refreshed(void)
{
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("enforce"));
    CHECK_ST(co_spawn(sts_refresh, &courier, "refresh"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(5 * DAY_MS)), ST_OK);
    CHECK(world.fetched >= 5 && world.fetched <= 6);
    world.txt_st = ST_NOTFOUND; /* somebody holds the record back: it is fetched all the same */
    CHECK_ST(co_sleep(deadline_in(8 * DAY_MS)), ST_OK);
    CHECK(world.fetched >= 12 && world.fetched <= 14);
    CHECK_STR(found(), STR("enforce"));
    world.page_st = ST_IO; /* and the page: tried each day, not each round */
    world.fetched = 0;
    CHECK_ST(co_sleep(deadline_in(4 * DAY_MS)), ST_OK);
    CHECK(world.fetched >= 3 && world.fetched <= 5);
    CHECK_STR(found(), STR("enforce sts-policy-fetch-error"));
}

TEST(policies_in_use_are_refreshed_each_day)
{
    run(refreshed);
}

static void forgotten(void)
{
    publish("v=STSv1; id=1;", "version: STSv1\nmode: enforce\nmx: mx.there.test\nmax_age: 31557600\n");
    CHECK_STR(found(), STR("enforce"));
    CHECK_ST(co_spawn(sts_refresh, &courier, "refresh"), ST_OK);
    CHECK_ST(co_sleep(deadline_in(100 * DAY_MS)), ST_OK);
    CHECK(world.fetched >= 29 && world.fetched <= 32);
}

TEST(policies_out_of_use_are_left_alone)
{
    run(forgotten);
}

static void off(void)
{
    static struct config_errors errors;
    const struct settings *set = courier.set;

    CHECK_ST(config_parse(STR("host_name us.test\nmta_sts no\n"), "test", &courier.set, &errors), ST_OK);
    publish("v=STSv1; id=1;", ENFORCE);
    CHECK_STR(found(), STR("-"));
    CHECK_U64(world.txt_asked, 0);
    config_unref(courier.set);
    courier.set = set;
}

TEST(it_can_be_switched_off)
{
    run(off);
}

static void heavy(void)
{
    struct sts *s = courier.sts;
    struct sts_kept kept = {.policy = {.mode = STS_ENFORCE}};
    char name[250];

    memset(name, 'a', sizeof name);
    kept.policy.mx = ARENA_ARRAY(&arena, struct str, STS_MX_MAX);
    for (kept.policy.n_mx = 0; kept.policy.n_mx < STS_MX_MAX; kept.policy.n_mx++)
        kept.policy.mx[kept.policy.n_mx] = str_n(name, sizeof name);
    for (unsigned i = 0; i < 300; i++) {
        struct entry *e = entry_ref(s, arena_printf(&arena, "d%u.test", i));

        set_policy(s, e, &kept);
        set_policy(s, e, &kept);
        e->refs--;
    }
    CHECK(s->bytes <= BYTES_MAX + 200000 && s->entries.n > 50 && s->entries.n < 150);
    CHECK(map_str_get(&s->entries, STR("d299.test")) && !map_str_get(&s->entries, STR("d0.test")));
}

TEST(policies_of_many_bytes_push_each_other_out)
{
    run(heavy);
}

static void crowd(void)
{
    struct sts *s = courier.sts;
    struct entry *held = entry_ref(s, STR("held.test"));

    for (unsigned i = 0; i < ENTRIES_MAX + 100; i++)
        entry_ref(s, arena_printf(&arena, "d%u.test", i))->refs--;
    CHECK(s->entries.n <= ENTRIES_MAX);
    CHECK(map_str_get(&s->entries, STR("held.test")) == held && !map_str_get(&s->entries, STR("d0.test")));
}

TEST(what_is_remembered_is_bounded)
{
    run(crowd);
}
