/* The keeper's side of SCRAM against a client of the test's own; other people's clients: tests/clients. */
#include "keeper/scram.c"

#include "directory/app_password.h"
#include "rig.h"

#include <openssl/evp.h>

#define HERE "127.0.0.1" /* which is never turned away */
#define EXPORTER "0123456789abcdef0123456789abcdef"

static const char app_text[] = "abcde-fghij-kmnpq-rstuv-wxyz23";

struct client {
    const char *mechanism, *header, *user, *password;
    struct str bound; /* behind the header */
    bool plus;
    const char *nonce_tail;
    bool forge; /* a proof that is none */
    uint8_t service;
    uint64_t conn;
};

static struct arena a;
static struct str salt;

static enum st ask(const struct client *c, bool first, struct str response, struct msg_sasl_answer *out)
{
    struct msg_sasl_ask m = {.conn = c->conn ? c->conn : 77,
                             .service = c->service ? c->service : PROTOCOL_IMAP,
                             .first = first,
                             .plus = c->plus,
                             .mechanism = str_z(c->mechanism),
                             .response = response,
                             .exporter = STR(EXPORTER),
                             .end_point = STR("certificate"),
                             .peer = STR(HERE)};

    CHECK_ST(IPC_ASK(rig.gate_far, sasl_ask, &m, sasl_answer, &a, out, deadline_in(20000)), ST_OK);
    return (enum st)out->status;
}

static struct str b64(struct str raw)
{
    struct str text;
    struct buf b;

    buf_init(&b, 4096);
    base64_encode(&b, raw);
    text = arena_str(&a, buf_str(&b));
    buf_fini(&b);
    return text;
}

/* What a client makes of the server's first message (RFC 5802 section 3). */
static struct str final_of(const struct client *c, struct str bare, struct str answer, struct str *out_verifier)
{
    enum scram_hash h = str_starts(str_z(c->mechanism), STR("SCRAM-SHA-256")) ? SCRAM_SHA_256 : SCRAM_SHA_1;
    size_t n = scram_digest_bytes(h), at = str_search(answer, STR(",s=")), end = str_search(answer, STR(",i="));
    struct str salt_text = str_sub(answer, at + 3, end - at - 3), raw, without, message, header = str_z(c->header);
    unsigned char salted[32], client[32], stored[32], signature[32];
    struct scram_keys keys;

    CHECK_ST(scram_keys_make(secret_of(str_z(c->password)), salt_text, SCRAM_ITERATIONS, &keys), ST_OK);
    CHECK_ST(base64_decode(&a, salt_text, &raw), ST_OK);
    salt = salt_text;
    PKCS5_PBKDF2_HMAC(c->password, (int)strlen(c->password), (const unsigned char *)raw.p, (int)raw.n, SCRAM_ITERATIONS,
                      h == SCRAM_SHA_1 ? EVP_sha1() : EVP_sha256(), (int)n, salted);
    scram_hmac(h, str_n((char *)salted, n), STR("Client Key"), client);
    scram_digest(h, str_n((char *)client, n), stored);
    raw = arena_printf(&a, "%.*s%.*s", STR_ARGS(header), STR_ARGS(c->bound));
    without = arena_printf(&a, "c=%.*s,r=%.*s%s", STR_ARGS(b64(raw)), (int)(at - 2), answer.p + 2,
                           c->nonce_tail ? c->nonce_tail : "");
    message = scram_auth_message(&a, bare, answer, without);
    scram_hmac(h, str_n((char *)stored, n), message, signature);
    for (size_t i = 0; i < n; i++)
        client[i] ^= signature[i];
    client[0] ^= c->forge;
    *out_verifier = scram_verifier(&a, h, &keys.of[h], message);
    return arena_printf(&a, "%.*s,p=%.*s", STR_ARGS(without), STR_ARGS(b64(str_n((char *)client, n))));
}

static enum st log_in(const struct client *c, struct msg_sasl_answer *out)
{
    struct str bare = arena_printf(&a, "n=%s,r=clientnonce", c->user), verifier, final;

    ask(c, true, arena_printf(&a, "%s%.*s", c->header, STR_ARGS(bare)), out);
    if (out->status != ST_OK)
        return (enum st)out->status;
    CHECK(out->more && str_starts(out->challenge, STR("r=clientnonce")));
    final = final_of(c, bare, out->challenge, &verifier);
    if (ask(c, false, final, out) == ST_OK)
        CHECK_STR(out->challenge, verifier);
    return (enum st)out->status;
}

static uint64_t alice, phone;

static void set_up(uint32_t uses)
{
    const struct directory_address address = {STR("alice"), STR("example.test")};
    struct directory_credential app = {.name = STR("Phone"), .uses = uses};
    struct directory_scram scram;
    struct scram_keys keys;
    char hash[APP_PASSWORD_HASH_MAX];

    CHECK_ST(directory_account_add(rig.directory, &address, &(struct directory_change){0}, &alice), ST_OK);
    CHECK(app_password_hash(secret_of(str_z(app_text)), hash));
    CHECK_ST(directory_scram_of(rig.directory, &a, alice, &scram), ST_OK);
    CHECK_ST(scram_keys_make(secret_of(str_z(app_text)), scram.salt, scram.iterations, &keys), ST_OK);
    app.hash = str_z(hash);
    app.scram = scram_keys_text(&a, &keys);
    CHECK_ST(directory_app_add(rig.directory, alice, &app, &phone), ST_OK);
    keeper_directory_changed(rig.keeper);
}

static void good(void)
{
    static const char *const names[] = {"SCRAM-SHA-1", "SCRAM-SHA-256"};
    struct client c = {.user = "alice@example.test", .password = app_text, .header = "n,,"};
    struct msg_sasl_answer m;

    set_up(0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        c.mechanism = names[i];
        CHECK_ST(log_in(&c, &m), ST_OK);
        CHECK(m.account == alice && m.credential == phone && m.token.n == KEEPER_TOKEN_BYTES && !m.more);
        CHECK_STR(m.login, STR("alice@example.test"));
        CHECK(memcmp(rig.boxes[route_core(alice, 2)].token, m.token.p, KEEPER_TOKEN_BYTES) == 0);
        c.forge = true;
        CHECK_ST(log_in(&c, &m), ST_DENIED);
        CHECK_U64(m.challenge.n, 0);
        CHECK(m.token.n == 0);
        c.forge = false;
    }
    c.header = "y,a=Alice@example.test,"; /* itself; and nothing was announced that binds */
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.header = "n,a=bob@example.test,";
    CHECK_ST(log_in(&c, &m), ST_NOTSELF);
    CHECK_U64(m.challenge.n, 0);
    arena_fini(&a);
}

TEST(a_proof_opens_what_its_password_does)
{
    rig_run(good);
}

static void tagged(void)
{
    struct client c = {.mechanism = "SCRAM-SHA-256",
                       .user = "alice+Lists@example.test",
                       .password = app_text,
                       .header = "n,,",
                       .service = PROTOCOL_POP3};
    const struct rig_box *box;
    struct msg_sasl_answer m;

    set_up(0);
    box = &rig.boxes[route_core(alice, 2)];
    CHECK_ST(log_in(&c, &m), ST_OK);
    CHECK_STR(str_z(box->mailbox), STR("Lists"));
    c.user = "alice@example.test";
    CHECK_ST(log_in(&c, &m), ST_OK);
    CHECK_STR(str_z(box->mailbox), STR(""));
    arena_fini(&a);
}
TEST(a_tag_opens_that_mailbox_over_pop3)
{
    rig_run(tagged);
}

static void bindings(void)
{
    struct client c = {.user = "alice", .password = app_text, .mechanism = "SCRAM-SHA-256-PLUS", .plus = true};
    struct msg_sasl_answer m;

    set_up(0);
    c.header = "p=tls-exporter,,";
    c.bound = STR(EXPORTER);
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.bound = STR("another connection              ");
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=channel-bindings-dont-match"));
    c.header = "p=tls-server-end-point,,";
    c.bound = STR("certificate");
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.mechanism = "SCRAM-SHA-1-PLUS";
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.header = "p=tls-unique,,"; /* the connection has none */
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=unsupported-channel-binding-type"));
    c.header = "n,,";
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=other-error"));
    c.mechanism = "SCRAM-SHA-1";
    c.bound = STR_NONE;
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.header = "p=tls-exporter,,";
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    c.header = "y,,"; /* somebody has taken -PLUS out of the list */
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=server-does-support-channel-binding"));
    arena_fini(&a);
}

TEST(a_login_is_bound_to_its_connection)
{
    rig_run(bindings);
}

static void nobody(void)
{
    struct client c = {.user = "nobody@example.test", .password = "x", .mechanism = "SCRAM-SHA-256", .header = "n,,"};
    struct client gate = {.mechanism = "SCRAM-SHA-256"};
    struct msg_sasl_answer m;
    struct str first;

    set_up(USE_SMTP);
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_U64(m.challenge.n, 0);
    first = salt;
    CHECK_U64(first.n, 24);
    c.user = "NOBODY@Example.Test";
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(salt, first);
    rig.keeper->has_false_salt_key = false; /* a new start */
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(salt, first);
    c.user = "nobody2";
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK(!str_eq(salt, first));
    c = (struct client){.user = "alice", .password = app_text, .mechanism = "SCRAM-SHA-256", .header = "n,,"};
    CHECK_ST(log_in(&c, &m), ST_DENIED); /* not for IMAP */
    c.service = PROTOCOL_SUBMISSION;
    CHECK_ST(log_in(&c, &m), ST_OK);
    c.nonce_tail = "x";
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=other-error"));
    /* out of order, and of another connection */
    CHECK_ST(ask(&gate, false, STR("c=biws,r=x,p=AAAA"), &m), ST_TRYLATER);
    CHECK_ST(ask(&gate, true, STR("n,,n=alice,r=x"), &m), ST_OK);
    gate.conn = 78;
    CHECK_ST(ask(&gate, false, STR("c=biws,r=x,p=AAAA"), &m), ST_TRYLATER);
    CHECK_ST(ask(&gate, true, STR("n,,n=\x01,r=x"), &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=invalid-username-encoding"));
    CHECK_ST(ask(&gate, true, STR("rubbish"), &m), ST_DENIED);
    CHECK_STR(m.challenge, STR("e=invalid-encoding"));
    gate.mechanism = "GSSAPI";
    CHECK_ST(ask(&gate, true, STR("n,,n=alice,r=x"), &m), ST_DENIED);
    /* who wants to be somebody else */
    c = (struct client){.user = "alice", .password = app_text, .mechanism = "SCRAM-SHA-256", .header = "n,,"};
    CHECK_ST(log_in(&c, &m), ST_DENIED);
    first = salt;
    c.header = "n,a=bob@example.test,";
    c.service = PROTOCOL_SUBMISSION;
    CHECK_ST(log_in(&c, &m), ST_NOTSELF);
    CHECK_U64(m.challenge.n, 0);
    CHECK_STR(salt, first);
    c.forge = true;
    CHECK_ST(log_in(&c, &m), ST_DENIED); /* told only to who has a proof */
    arena_fini(&a);
}

/* Its keys go when the connection has given it up, and not with the clock. */
static void given_up(void)
{
    struct client c = {.mechanism = "SCRAM-SHA-256"};
    struct exchanges *x = &rig.keeper->gates[0].exchanges;
    struct msg_sasl_answer m;

    set_up(0);
    CHECK_ST(ask(&c, true, STR("n,,n=alice,r=x"), &m), ST_OK);
    c.conn = 78;
    CHECK_ST(ask(&c, true, STR("n,,n=alice,r=x"), &m), ST_OK);
    CHECK_U64(x->by_conn.n, 2);
    CHECK_ST(ipc_send(rig.gate_far, MSG_sasl_end, &(struct msg_sasl_end){.conn = 77}, -1), ST_OK);
    CHECK_ST(ipc_send(rig.gate_far, MSG_sasl_end, &(struct msg_sasl_end){.conn = 79}, -1), ST_OK); /* which has none */
    CHECK_ST(ask(&c, true, STR("n,,n=alice,r=x"), &m), ST_OK);
    CHECK(x->by_conn.n == 1 && map_get(&x->by_conn, 78));
    arena_fini(&a);
}

TEST(an_exchange_that_is_given_up_is_forgotten)
{
    rig_run(given_up);
}

TEST(nobody_can_tell_who_exists)
{
    rig_run(nobody);
}

static void revoked(void)
{
    struct client c = {.user = "alice", .password = app_text, .mechanism = "SCRAM-SHA-256", .header = "n,,"};
    struct str bare = STR("n=alice,r=clientnonce"), verifier;
    struct msg_sasl_answer m;

    set_up(0);
    CHECK_ST(ask(&c, true, STR("n,,n=alice,r=clientnonce"), &m), ST_OK);
    CHECK_ST(directory_app_remove(rig.directory, alice, phone), ST_OK);
    keeper_directory_changed(rig.keeper);
    CHECK(ask(&c, false, final_of(&c, bare, m.challenge, &verifier), &m) != ST_OK);
    CHECK_U64(m.token.n, 0);
    arena_fini(&a);
}

TEST(what_is_revoked_in_the_middle_opens_nothing)
{
    rig_run(revoked);
}

static void attacked(void)
{
    struct client c = {.user = "alice", .password = app_text, .mechanism = "SCRAM-SHA-256", .header = "n,,"};
    struct msg_sasl_answer m;

    set_up(0);
    c.forge = true;
    for (int i = 0; i < 21; i++)
        CHECK_ST(log_in(&c, &m), i < 20 ? ST_DENIED : ST_TRYLATER);
    c.forge = false;
    CHECK_ST(log_in(&c, &m), ST_OK);
    arena_fini(&a);
}

TEST(an_app_password_opens_an_account_that_is_under_attack)
{
    rig_run(attacked);
}
