#include "sasl/sasl.c"

#include "test.h"

#include "base/arena.h"

TEST(names_compare_without_case)
{
    CHECK(sasl_find(STR("plain")) != NULL);
    CHECK(sasl_find(STR("Login")) != NULL);
    CHECK(sasl_find(STR("PLAINX")) == NULL);
    CHECK(sasl_find(STR("")) == NULL);
}

TEST(clear_mechanisms_are_offered_only_where_allowed)
{
    struct buf b;

    buf_init(&b, 200);
    sasl_offer(&b, SASL_CLEAR);
    CHECK_STR(buf_str(&b), STR(" PLAIN LOGIN"));
    buf_clear(&b);
    sasl_offer(&b, SASL_CLEAR | SASL_SCRAM);
    CHECK_STR(buf_str(&b), STR(" SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"));
    buf_clear(&b);
    sasl_offer(&b, SASL_CLEAR | SASL_SCRAM | SASL_BOUND);
    CHECK(str_starts(buf_str(&b), STR(" SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-256 ")));
    buf_clear(&b);
    sasl_offer(&b, SASL_CLEAR | SASL_CERTIFICATE);
    CHECK_STR(buf_str(&b), STR(" EXTERNAL PLAIN LOGIN"));
    buf_clear(&b);
    sasl_offer(&b, SASL_SCRAM | SASL_BOUND);
    CHECK_U64(b.n, 0);
    buf_fini(&b);
}

TEST(lines_are_base64_or_a_star)
{
    struct arena a = ARENA_INIT;
    struct str raw;

    CHECK_ST(sasl_decode(&a, STR("AHRpbQB0YW5zdGFhZnRhbnN0YWFm"), true, &raw), ST_OK);
    CHECK_STR(raw, STR("\0tim\0tanstaaftanstaaf"));
    CHECK_ST(sasl_decode(&a, STR("="), true, &raw), ST_OK);
    CHECK_U64(raw.n, 0);
    CHECK_ST(sasl_decode(&a, STR("="), false, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, STR("*"), false, &raw), ST_CANCELED);
    CHECK_ST(sasl_decode(&a, STR("*"), true, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, STR("AHRpb Q="), false, &raw), ST_SYNTAX);
    CHECK_ST(sasl_decode(&a, str_n(arena_alloc(&a, LIMIT_SASL_LINE + 1), LIMIT_SASL_LINE + 1), false, &raw), ST_LIMIT);
    arena_fini(&a);
}

TEST(an_exchange_ends)
{
    struct arena a = ARENA_INIT;
    struct sasl x;
    struct sasl_todo todo;
    enum st st = ST_OK;

    CHECK_ST(sasl_begin(&x, &a, STR("NTLM"), SASL_CLEAR), ST_NOTFOUND);
    CHECK_ST(sasl_begin(&x, &a, STR("PLAIN"), SASL_CLEAR), ST_OK);
    for (unsigned i = 0; i <= SASL_STEPS_MAX; i++)
        st = sasl_step(&x, NULL, &todo);
    CHECK_U64(st, ST_LIMIT);
    arena_fini(&a);
}

struct asked {
    struct arena *arena;
    unsigned n;
    enum st st;
    struct buf said;
};

static enum st fake_ask(void *arg, struct str challenge, struct str *out_raw)
{
    struct asked *a = arg;

    sasl_put_challenge(&a->said, "+ ", challenge);
    if (a->st != ST_OK)
        return FAIL(a->st, "no answer");
    *out_raw = arena_str(a->arena, a->n++ ? STR("secret") : STR("tim"));
    return ST_OK;
}

static struct {
    struct str user, password;
    enum st answer;
    unsigned steps, most, gone;
    bool last_words;
} keeper;

static enum st fake_show(void *arg, const struct sasl_credentials *c)
{
    keeper.user = c->user;
    keeper.password = arena_str(((struct asked *)arg)->arena, str_n(c->password.p, c->password.n));
    return keeper.answer == ST_OK ? ST_OK : FAIL(ST_DENIED, "no");
}

static enum st fake_pass(void *arg, struct arena *a, const struct sasl_message *m, struct sasl_reply *out)
{
    (void)arg;
    (void)a;
    if (m->is_gone) {
        keeper.gone++;
        return FAIL(ST_IO, "whatever becomes of it");
    }
    CHECK(m->is_first == (keeper.steps == 0));
    out->user = STR("tim");
    out->more = ++keeper.steps < keeper.most;
    if (out->more || keeper.last_words)
        out->challenge = STR("more");
    return keeper.answer == ST_OK ? ST_OK : FAIL(ST_DENIED, "no");
}

TEST(an_exchange_asks_until_there_are_credentials)
{
    struct arena a = ARENA_INIT;
    struct asked asked = {.arena = &a};
    struct sasl_driver driver = {.ask = fake_ask, .show = fake_show, .arg = &asked};
    struct str user = STR("tim");
    struct sasl x;

    keeper.answer = ST_OK;
    buf_init(&asked.said, 1000);
    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_run(&x, NULL, &driver), ST_OK);
    CHECK_STR(buf_str(&asked.said), STR("+ VXNlcm5hbWU6\r\n+ UGFzc3dvcmQ6\r\n"));
    CHECK_STR(keeper.user, STR("tim"));
    CHECK_STR(keeper.password, STR("secret"));
    asked.n = 0;
    keeper.answer = ST_DENIED;
    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_run(&x, NULL, &driver), ST_DENIED);
    CHECK(driver.was_refused);
    asked.st = ST_CANCELED;
    CHECK_ST(sasl_begin(&x, &a, STR("LOGIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_run(&x, &user, &driver), ST_CANCELED);
    CHECK(!driver.was_refused && str_ends(buf_str(&asked.said), STR("\r\n+ UGFzc3dvcmQ6\r\n")));
    CHECK_ST(sasl_begin(&x, &a, STR("PLAIN"), SASL_CLEAR), ST_OK);
    CHECK_ST(sasl_run(&x, &user, &driver), ST_SYNTAX); /* what the mechanism makes of it */
    buf_fini(&asked.said);
    arena_fini(&a);
}

static enum st empty_ask(void *arg, struct str challenge, struct str *out_raw)
{
    struct asked *a = arg;

    sasl_put_challenge(&a->said, "+ ", challenge);
    if (a->st != ST_OK)
        return FAIL(a->st, "no answer");
    *out_raw = STR("");
    return ST_OK;
}

static enum st kept(struct asked *asked, struct sasl_driver *driver, unsigned most, bool last_words, enum st answer)
{
    struct sasl x;
    struct str first = STR("first");

    keeper.steps = keeper.gone = 0;
    keeper.most = most;
    keeper.last_words = last_words;
    keeper.answer = answer;
    buf_clear(&asked->said);
    TRY(sasl_begin(&x, asked->arena, STR("SCRAM-SHA-256"), SASL_CLEAR | SASL_SCRAM));
    return sasl_run(&x, &first, driver);
}

TEST(the_keepers_messages_go_there_and_back)
{
    struct arena a = ARENA_INIT;
    struct asked asked = {.arena = &a};
    struct sasl_driver driver = {.ask = empty_ask, .pass = fake_pass, .arg = &asked};

    buf_init(&asked.said, 1000);
    CHECK_ST(kept(&asked, &driver, 2, true, ST_OK), ST_OK);
    CHECK_STR(buf_str(&asked.said), STR("+ bW9yZQ==\r\n+ bW9yZQ==\r\n"));
    CHECK_STR(driver.user, STR("tim"));
    CHECK_ST(kept(&asked, &driver, 1, true, ST_DENIED), ST_DENIED);
    CHECK(driver.was_refused);
    CHECK_STR(buf_str(&asked.said), STR("+ bW9yZQ==\r\n"));
    CHECK_ST(kept(&asked, &driver, 1, false, ST_DENIED), ST_DENIED);
    CHECK_U64(asked.said.n, 0);
    CHECK_U64(keeper.gone, 0);
    CHECK_ST(kept(&asked, &driver, 1000, true, ST_OK), ST_SYNTAX); /* it ends */
    CHECK_U64(keeper.gone, 1); /* and the keeper hears of it, as it does of each that is left in the middle */
    asked.st = ST_CANCELED;
    CHECK_ST(kept(&asked, &driver, 2, true, ST_OK), ST_CANCELED);
    CHECK_U64(keeper.gone, 1);
    asked.st = ST_EOF;
    CHECK_ST(kept(&asked, &driver, 2, true, ST_OK), ST_EOF);
    CHECK_U64(keeper.gone, 1);
    asked.st = ST_OK;
    driver.ask = fake_ask; /* says something where nothing is to be said */
    CHECK_ST(kept(&asked, &driver, 1, true, ST_OK), ST_SYNTAX);
    CHECK(!driver.was_refused);
    asked.st = ST_CANCELED; /* "*" to an error is as good as anything */
    CHECK_ST(kept(&asked, &driver, 1, true, ST_DENIED), ST_DENIED);
    CHECK_ST(kept(&asked, &driver, 1, true, ST_OK), ST_CANCELED); /* the client does not believe the server */
    asked.st = ST_EOF;
    CHECK_ST(kept(&asked, &driver, 1, true, ST_DENIED), ST_EOF);
    buf_fini(&asked.said);
    arena_fini(&a);
}
