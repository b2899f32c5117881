#include "keeper/auth.c"

#include "rig.h"

#define HERE "192.0.2.1:999"

static void a_good_login(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    uint64_t id = rig_account("alice", "secret word");
    struct rig_box *box = &rig.boxes[route_core(id, 2)], *other = &rig.boxes[!route_core(id, 2)];

    CHECK_ST(rig_login(&a, "Alice@EXAMPLE.test", "secret word", HERE, &m), ST_OK);
    CHECK_U64(m.account, id);
    CHECK_STR(m.login, STR("alice@example.test"));
    CHECK_U64(m.token.n, 16);
    CHECK(box->grants == 1 && other->grants == 0);
    CHECK(memcmp(box->token, m.token.p, 16) == 0);
    CHECK(box->last.account == id && box->last.gate == 0 && box->last.conn == 77 && box->last.credential != 0 &&
          box->last.rights == GRANT_MAIL);
    /* once more, from the cache, without its domain */
    CHECK_ST(rig_login(&a, "alice", "secret word", HERE, &m), ST_OK);
    CHECK_U64(box->grants, 2);
    CHECK_U64(rig.keeper->logins.by_digest.n, 1);
    arena_fini(&a);
}

TEST(a_login_gives_a_token_that_the_right_core_knows)
{
    rig_run(a_good_login);
}

static void refusals(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m, n;
    struct str why = STR("ask at the desk");
    uint64_t id = rig_account("alice", "secret");

    CHECK_ST(rig_login(&a, "alice@example.test", "Secret", "127.0.0.1:5", &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "nobody@example.test", "secret", "127.0.0.1:5", &n), ST_DENIED);
    CHECK_STR(m.text, n.text);
    CHECK(str_search(m.text, STR("ecret")) == m.text.n);
    CHECK_ST(rig_login(&a, "not an address@@", "secret", "127.0.0.1:5", &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "", "secret", "127.0.0.1:5", &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice@example.test", "", "127.0.0.1:5", &m), ST_DENIED);
    CHECK_ST(directory_account_set(rig.directory, id, &(struct directory_change){.disabled = &why}), ST_OK);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", "127.0.0.1:5", &m), ST_DISABLED);
    CHECK_STR(m.text, why);
    CHECK_ST(rig_login(&a, "alice@example.test", "wrong", "127.0.0.1:5", &m), ST_DENIED);
    CHECK(!str_eq(m.text, why)); /* only he who knows the password learns it */
    CHECK_U64(rig.boxes[0].grants + rig.boxes[1].grants, 0);
    arena_fini(&a);
}

TEST(refusals_tell_nothing_and_make_no_grant)
{
    rig_run(refusals);
}

static void authzids(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    struct msg_auth_ask ask = {.service = PROTOCOL_SUBMISSION,
                               .user = STR("alice@example.test"),
                               .password = STR("secret"),
                               .peer = STR("127.0.0.1:5")};
    uint64_t id = rig_account("alice", "secret");

    rig_account("bob", "other");
    ask.authzid = STR("ALICE@example.test");
    CHECK_ST(IPC_ASK(rig.gate_far, auth_ask, &ask, auth_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_OK);
    CHECK_U64(rig.boxes[route_core(id, 2)].last.rights, GRANT_SUBMIT);
    ask.authzid = STR("bob@example.test");
    CHECK_ST(IPC_ASK(rig.gate_far, auth_ask, &ask, auth_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_NOTSELF);
    ask.authzid = STR("nobody@example.test");
    CHECK_ST(IPC_ASK(rig.gate_far, auth_ask, &ask, auth_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_NOTSELF); /* whether there is such an account or not */
    ask.password = STR("wrong");
    CHECK_ST(IPC_ASK(rig.gate_far, auth_ask, &ask, auth_answer, &a, &m, deadline_in(20000)), ST_OK);
    CHECK_U64(m.status, ST_DENIED); /* told only to who has the password */
    arena_fini(&a);
}

TEST(one_acts_only_as_oneself)
{
    rig_run(authzids);
}

static void changes(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    uint64_t id = rig_account("alice", "old one");
    char hash[PASSWORD_HASH_MAX];

    CHECK_ST(rig_login(&a, "alice@example.test", "old one", HERE, &m), ST_OK);
    CHECK_ST(password_hash(secret_of(STR("new one")), (struct password_cost){8192, 1}, hash), ST_OK);
    CHECK_ST(directory_password_set(rig.directory, id, str_z(hash)), ST_OK);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rig_login(&a, "alice@example.test", "old one", HERE, &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice@example.test", "new one", HERE, &m), ST_OK);
    arena_fini(&a);
}

TEST(a_remembered_login_ends_with_its_password)
{
    rig_run(changes);
}

/* The directory is changed behind the keeper's back: who asks it sees the change, who does not ask doesn't. */
static void repeated(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    uint64_t id = rig_account("alice", "secret");
    struct str why = STR("holidays");

    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_OK);
    CHECK_ST(directory_account_set(rig.directory, id, &(struct directory_change){.disabled = &why}), ST_OK);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_OK);
    CHECK(m.account == id && m.token.n == 16);
    CHECK_STR(m.login, STR("alice@example.test"));
    CHECK_ST(rig_login(&a, "alice@example.test", "Secret", HERE, &m), ST_DENIED);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_DISABLED);
    CHECK_STR(m.text, why);
    CHECK_ST(directory_account_set(rig.directory, id, &(struct directory_change){.enable = true}), ST_OK);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_OK); /* those turned away are not remembered */
    arena_fini(&a);
}

TEST(a_login_that_comes_again_does_not_ask_the_directory)
{
    rig_run(repeated);
}

static uint64_t to_be_disabled;

static void disable(void)
{
    struct str why = STR("dismissed");

    CHECK_ST(directory_account_set(rig.directory, to_be_disabled, &(struct directory_change){.disabled = &why}), ST_OK);
    keeper_directory_changed(rig.keeper);
}

static void overtaken(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    unsigned before;

    to_be_disabled = rig_account("alice", "secret");
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_OK);
    before = rig.boxes[0].revokes;
    rig.during_grant = disable;
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_DENIED);
    CHECK_ST(co_sleep(deadline_in(10)), ST_OK);
    CHECK(rig.boxes[0].revokes > before); /* and the grant does not stay */
    CHECK_U64(rig.keeper->known.by_name.n, 0);
    arena_fini(&a);
}

TEST(a_change_during_the_grant_counts)
{
    rig_run(overtaken);
}

static void bans(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;

    rig_account("alice", "secret");
    for (int i = 0; i < 5; i++)
        CHECK_ST(rig_login(&a, "alice@example.test", "wrong", HERE, &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_TRYLATER);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", "192.0.2.2:1", &m), ST_OK);
    for (int i = 0; i < 7; i++)
        CHECK_ST(rig_login(&a, "alice@example.test", "wrong", "[::1]:7", &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", "[::1]:7", &m), ST_OK);
    arena_fini(&a);
}

TEST(a_network_that_guesses_is_turned_away_and_loopback_never)
{
    rig_run(bans);
}

static void no_box(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;

    rig_account("alice", "secret");
    rig.boxes[0].answer = rig.boxes[1].answer = ST_LIMIT;
    CHECK_ST(rig_login(&a, "alice@example.test", "secret", HERE, &m), ST_TRYLATER);
    CHECK_U64(m.token.n, 0);
    arena_fini(&a);
}

TEST(without_a_grant_there_is_no_login)
{
    rig_run(no_box);
}

static unsigned done;

static void wrong_one(void *arg)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;

    (void)arg;
    (void)rig_login(&a, "alice@example.test", "wrong", "127.0.0.1:3", &m);
    CHECK(m.status == ST_DENIED || m.status == ST_TRYLATER); /* later ones are too many for one account */
    done++;
    arena_fini(&a);
}

static void many(void)
{
    rig_account("alice", "secret");
    done = 0;
    for (int i = 0; i < 200; i++)
        CHECK_ST(co_spawn(wrong_one, NULL, "login"), ST_OK);
    for (int i = 0; i < 1000 && done < 200; i++)
        CHECK_ST(co_sleep(deadline_in(10)), ST_OK);
    CHECK_U64(done, 200);
    CHECK_U64(rig.keeper->gates[0].n_sleepers, 0);
    CHECK(list_is_empty(&rig.keeper->gates[0].sleepers));
}

TEST(many_wrong_ones_at_once_are_all_answered)
{
    rig_run(many);
}

static uint64_t app_added;

static void app_add(uint64_t account, const char *password, uint32_t uses)
{
    struct directory_credential app = {.name = STR("Phone"), .uses = uses};
    char hash[APP_PASSWORD_HASH_MAX];

    CHECK(app_password_hash(secret_of(str_z(password)), hash));
    app.hash = str_z(hash);
    CHECK_ST(directory_app_add(rig.directory, account, &app, &app_added), ST_OK);
    keeper_directory_changed(rig.keeper);
}

static void apps(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    uint64_t id = rig_account("alice", "secret");

    CHECK_ST(rig_login(&a, "alice", "abcde-fghij-kmnpq-rstuv-wxyz23", HERE, &m), ST_DENIED);
    app_add(id, "abcde-fghij-kmnpq-rstuv-wxyz23", 0);
    CHECK_ST(rig_login(&a, "alice", "ABCDE fghij kmnpq rstuv wxyz23", HERE, &m), ST_OK);
    CHECK(m.credential == app_added && rig.boxes[route_core(id, 2)].last.credential == app_added);
    CHECK_ST(rig_login(&a, "alice", "abcde-fghij-kmnpq-rstuv-wxyz24", HERE, &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice", "secret", HERE, &m), ST_OK);
    CHECK(m.credential != app_added);
    CHECK_ST(directory_app_remove(rig.directory, id, app_added), ST_OK);
    keeper_directory_changed(rig.keeper);
    CHECK_ST(rig_login(&a, "alice", "abcde-fghij-kmnpq-rstuv-wxyz23", HERE, &m), ST_DENIED);
    CHECK_ST(rig_login(&a, "alice", "secret", HERE, &m), ST_OK);
    app_add(id, "abcde-fghij-kmnpq-rstuv-wxyz23", USE_SMTP | USE_POP3);
    CHECK_ST(rig_login(&a, "alice", "abcde-fghij-kmnpq-rstuv-wxyz23", HERE, &m), ST_DENIED); /* IMAP */
    arena_fini(&a);
}

TEST(an_app_password_is_the_accounts_until_it_is_revoked)
{
    rig_run(apps);
}

/* Many addresses try one account: its owner gets in from where he was before, at once, and after a restart of the keeper too. */
static void attacked(void)
{
    struct arena a = ARENA_INIT;
    struct msg_auth_answer m;
    char peer[32];
    uint64_t id = rig_account("alice", "secret");

    app_add(id, "abcde-fghij-kmnpq-rstuv-wxyz23", 0);
    CHECK_ST(rig_login(&a, "alice", "secret", "192.0.2.1", &m), ST_OK);
    logins_set(&rig.keeper->logins, 0, 0); /* nothing is remembered of the password */
    known_drop(&rig.keeper->known);
    for (int i = 0; i < 25; i++) {
        snprintf(peer, sizeof(peer), "198.51.100.%d", i);
        CHECK_ST(rig_login(&a, i % 2 ? "alice" : "Alice@Example.Test", "wrong", peer, &m),
                 i < 20 ? ST_DENIED : ST_TRYLATER);
    }
    CHECK_ST(rig_login(&a, "alice", "secret", "203.0.113.7", &m), ST_TRYLATER); /* he, from a new place: later */
    CHECK_ST(rig_login(&a, "alice", "abcde-fghij-kmnpq-rstuv-wxyz23", "203.0.113.8", &m),
             ST_OK); /* nobody guesses that */
    CHECK_ST(rig_login(&a, "alice", "secret", "192.0.2.1", &m), ST_OK);
    keeper_write_uses(rig.keeper);
    guard_fini(&rig.keeper->guard);
    guard_init(&rig.keeper->guard);
    for (int i = 0; i < 21; i++) {
        snprintf(peer, sizeof(peer), "198.51.100.%d", i + 100);
        CHECK_ST(rig_login(&a, "alice", "wrong", peer, &m), i < 20 ? ST_DENIED : ST_TRYLATER);
    }
    CHECK_ST(rig_login(&a, "alice", "secret", "192.0.2.1", &m), ST_OK);
    for (int i = 0; i < 21; i++) { /* as for names that nobody has */
        snprintf(peer, sizeof(peer), "198.51.101.%d", i);
        CHECK_ST(rig_login(&a, "nobody", "wrong", peer, &m), i < 20 ? ST_DENIED : ST_TRYLATER);
    }
    CHECK_ST(rig_login(&a, "nobody@Example.test", "wrong", "198.51.101.99", &m),
             ST_TRYLATER); /* however it is written */
    CHECK_ST(rig_login(&a, "alice@Example.test", "wrong", "198.51.101.99", &m), ST_TRYLATER);
    arena_fini(&a);
}

TEST(an_attack_on_an_account_is_slowed_and_its_owner_is_not)
{
    rig_run(attacked);
}
