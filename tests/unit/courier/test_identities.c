/* As what letters leave, with a keeper that says what the test wants. */
#include "courier/identities.c"

#include "config/config.h"
#include "test.h"

static struct courier courier;
static unsigned asked;
static enum st keeper_st, row_st;
static const char *row4, *row6, *row_ehlo;
static struct str sender;

struct ipc *courier_keeper(const struct courier *c)
{
    (void)c;
    return NULL;
}

enum st job_sender(struct job *j, struct str *out)
{
    (void)j;
    if (!sender.p)
        return FAIL(ST_TRYLATER, "as the test says");
    *out = sender;
    return ST_OK;
}

enum st ipc_ask_again(struct ipc *ipc, enum msg_kind kind, const void *msg, enum msg_kind answer_kind, struct arena *a,
                      void *out, uint64_t *out_age_ms, mono_ms deadline, uint64_t (*may_ms)(const void *answer))
{
    const struct msg_identity_ask *ask_msg = msg;
    struct msg_identity_answer *m = out;

    (void)ipc;
    (void)a;
    (void)out_age_ms;
    (void)deadline;
    CHECK(kind == MSG_identity_ask && answer_kind == MSG_identity_answer && ask_msg->domain.n);
    asked++;
    *m = (struct msg_identity_answer){
        .status = (uint8_t)row_st, .source4 = str_z(row4), .source6 = str_z(row6), .ehlo = str_z(row_ehlo)};
    CHECK((may_ms(m) != 0) == (row_st == ST_OK || row_st == ST_NOTFOUND));
    return keeper_st == ST_OK ? ST_OK : FAIL(keeper_st, "as the test says");
}

static void begin(const char *settings)
{
    static struct config_errors errors;
    char text[200];

    snprintf(text, sizeof text, "host_name us.test\n%s\n", settings);
    courier = (struct courier){0};
    CHECK_ST(config_parse(str_z(text), "test", &courier.set, &errors), ST_OK);
    asked = 0;
    keeper_st = row_st = ST_OK;
    row4 = row6 = row_ehlo = "";
}

static void end(void)
{
    config_unref(courier.set);
}

static struct str key_as(const char *from, struct arena *a)
{
    struct letter l = {.c = &courier};
    struct job j = {.letter = &l};
    struct identity id;

    sender = str_z(from);
    CHECK_ST(identity_find(&j, &id), ST_OK);
    return identity_key(&id, a);
}

TEST(a_domain_has_its_own)
{
    struct arena a = ARENA_INIT;

    begin("");
    CHECK_STR(key_as("", &a), STR(""));
    CHECK_U64(asked, 0);
    row4 = "192.0.2.1";
    row6 = "2001:db8::1";
    row_ehlo = "out.one.test";
    CHECK_STR(key_as("a@One.test", &a), STR("192.0.2.1 2001:db8::1 out.one.test"));
    CHECK_STR(key_as("b@one.test", &a), STR("192.0.2.1 2001:db8::1 out.one.test"));
    CHECK_U64(asked, 2);
    row6 = row_ehlo = "";
    row4 = "192.0.2.2";
    CHECK_STR(key_as("a@two.test", &a), STR("192.0.2.2 - "));
    row_st = ST_NOTFOUND;
    CHECK_STR(key_as("a@elsewhere.test", &a), STR(""));
    CHECK_STR(key_as("without-a-domain", &a), STR(""));
    CHECK_U64(asked, 4);
    end();
    arena_fini(&a);
}

TEST(the_settings_fill_what_it_leaves_open)
{
    struct arena a = ARENA_INIT;

    begin("courier_source 192.0.2.7,2001:db8::7\ncourier_ehlo out.us.test");
    CHECK_STR(key_as("", &a), STR("192.0.2.7 2001:db8::7 out.us.test"));
    row4 = "192.0.2.1";
    CHECK_STR(key_as("a@one.test", &a), STR("192.0.2.1 2001:db8::7 out.us.test"));
    row4 = "";
    row_ehlo = "two.test";
    CHECK_STR(key_as("a@two.test", &a), STR("192.0.2.7 2001:db8::7 two.test"));
    end();
    arena_fini(&a);
}

TEST(without_an_answer_nothing_leaves)
{
    struct letter l = {.c = &courier};
    struct job j = {.letter = &l};
    struct identity id;

    begin("");
    sender = STR_NONE;
    CHECK_ST(identity_find(&j, &id), ST_TRYLATER);
    sender = STR("a@one.test");
    keeper_st = ST_TRYLATER;
    CHECK_ST(identity_find(&j, &id), ST_TRYLATER);
    keeper_st = ST_OK;
    row_st = ST_IO;
    CHECK_ST(identity_find(&j, &id), ST_TRYLATER);
    end();
}
