/* EXTERNAL as the keeper runs it. What certificates may be like: net/test_tls_clients.c; with clients: tests/sasl/external.py. */
#include "keeper/external.c"

#include "net/tls_help.h"

#include "rig.h"

#define ELSEWHERE "192.0.2.1" /* which may be turned away */

static struct arena a;
static struct made_cert alices, device, both, foreign;

static struct str der_of(struct str pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);
    unsigned char *der = NULL;
    int n = i2d_X509(x, &der);
    struct str s = arena_str(&a, str_n((const char *)der, (size_t)n));

    OPENSSL_free(der);
    X509_free(x);
    BIO_free(b);
    return s;
}

static enum st ask(const struct made_cert *cert, struct str identity, struct msg_sasl_answer *out)
{
    struct msg_sasl_ask m = {.conn = 77,
                             .service = PROTOCOL_IMAP,
                             .first = 1,
                             .listener = STR("imaps"),
                             .certificate = cert ? der_of(cert->cert_pem) : STR_NONE,
                             .mechanism = STR("EXTERNAL"),
                             .response = identity,
                             .peer = STR(ELSEWHERE)};

    CHECK_ST(IPC_ASK(rig.gate_far, sasl_ask, &m, sasl_answer, &a, out, deadline_in(20000)), ST_OK);
    CHECK(!out->more);
    return (enum st)out->status;
}

static void make_certs(void)
{
    alices = make_ec(&a, "email:Alice@example.test");
    device = make_ec(&a, NULL);
    both = make_ec(&a, "email:alice@example.test,email:bob@example.test");
    foreign = make_ec(&a, "email:alice@example.test");
}

static void free_certs(void)
{
    tls_key_free(alices.key);
    tls_key_free(device.key);
    tls_key_free(both.key);
    tls_key_free(foreign.key);
    arena_fini(&a);
}

static void trust(void)
{
    struct keeper_clients *clients = keeper_clients_new(1);
    struct tls_clients *from;

    CHECK_ST(tls_clients_new(NULL,
                             arena_printf(&a, "%.*s%.*s%.*s", STR_ARGS(alices.cert_pem), STR_ARGS(device.cert_pem),
                                          STR_ARGS(both.cert_pem)),
                             false, &from),
             ST_OK);
    keeper_clients_add(clients, STR("imaps"), from);
    keeper_take_clients(rig.keeper, clients);
}

static void by_names(void)
{
    struct msg_sasl_answer m;
    uint64_t alice = rig_account("alice", "secret"), bob = rig_account("bob", "other");

    make_certs();
    CHECK_ST(ask(&alices, STR(""), &m), ST_DENIED); /* nobody vouches for any there */
    trust();
    CHECK_ST(ask(&alices, STR(""), &m), ST_OK);
    CHECK(m.account == alice && m.credential == 0 && m.token.n == KEEPER_TOKEN_BYTES);
    CHECK_STR(m.login, STR("alice@example.test"));
    CHECK_ST(ask(&alices, STR("ALICE@example.test"), &m), ST_OK);
    CHECK_ST(ask(&alices, STR("bob@example.test"), &m), ST_NOTSELF);
    CHECK(m.token.n == 0 && m.account == 0);
    CHECK_ST(ask(&both, STR("bob@example.test"), &m), ST_OK);
    CHECK(m.account == bob);
    CHECK_ST(ask(&both, STR("alice@example.test"), &m), ST_OK);
    CHECK(m.account == alice);
    CHECK_ST(ask(&both, STR("carol@example.test"), &m), ST_NOTSELF);
    CHECK_ST(ask(&both, STR(""), &m), ST_DENIED);
    CHECK_ST(ask(&device, STR(""), &m), ST_DENIED);
    free_certs();
}

TEST(a_certificate_opens_the_account_whose_address_it_has)
{
    rig_run(by_names);
}

static void registered(void)
{
    struct directory_credential c = {.name = STR("Phone"), .uses = USE_IMAP | USE_SMTP};
    struct str why = STR("holidays");
    struct msg_sasl_answer m;
    struct tls_client_cert cert;
    uint64_t bob, id;

    make_certs();
    trust();
    rig_account("alice", "secret");
    bob = rig_account("bob", "other");
    CHECK_ST(tls_clients_look(rig.keeper->clients->v[0].from, der_of(alices.cert_pem), &a, &cert), ST_OK);
    c.hash = hex_of(&a, cert.fingerprint, sizeof(cert.fingerprint));
    CHECK_ST(directory_certificate_add(rig.directory, bob, &c, &id), ST_OK);
    CHECK_ST(ask(&alices, STR(""), &m), ST_OK); /* before any address in it */
    CHECK(m.account == bob && m.credential == id);
    CHECK_ST(ask(&alices, STR("alice@example.test"), &m), ST_NOTSELF);
    CHECK_ST(directory_account_set(rig.directory, bob, &(struct directory_change){.disabled = &why}), ST_OK);
    CHECK_ST(ask(&alices, STR(""), &m), ST_DISABLED);
    CHECK_ST(directory_account_set(rig.directory, bob, &(struct directory_change){.enable = true}), ST_OK);
    CHECK_ST(directory_certificate_remove(rig.directory, bob, id), ST_OK);
    c.uses = USE_POP3;
    CHECK_ST(directory_certificate_add(rig.directory, bob, &c, &id), ST_OK);
    CHECK_ST(ask(&alices, STR(""), &m), ST_DENIED); /* for POP3 only */
    free_certs();
}

TEST(a_certificate_is_registered_for_an_account)
{
    rig_run(registered);
}

/* A gate that was taken over says what it likes. */
static void forged(void)
{
    struct msg_sasl_ask m = {
        .conn = 77, .service = PROTOCOL_IMAP, .first = 1, .mechanism = STR("EXTERNAL"), .peer = STR("127.0.0.1")};
    struct msg_sasl_answer got;
    struct str der;

    make_certs();
    trust();
    rig_account("alice", "secret");
    der = der_of(alices.cert_pem);
    for (unsigned i = 0; i < 6; i++) {
        struct msg_sasl_ask one = m;

        one.listener = i == 1 ? STR("imap") : STR("imaps");
        one.certificate = i == 2 ? str_sub(der, 0, der.n - 1) : i == 3 ? STR("rubbish") : der;
        one.response = i == 4 ? STR("a\0b") : i == 5 ? STR("\xff") : STR("");
        CHECK_ST(IPC_ASK(rig.gate_far, sasl_ask, &one, sasl_answer, &a, &got, deadline_in(20000)), ST_OK);
        CHECK_U64(got.status, i ? ST_DENIED : ST_OK);
        one.first = 0;
        CHECK_ST(IPC_ASK(rig.gate_far, sasl_ask, &one, sasl_answer, &a, &got, deadline_in(20000)), ST_OK);
        CHECK_U64(got.status, ST_DENIED);
    }
    free_certs();
}

TEST(a_gate_is_not_believed)
{
    rig_run(forged);
}

static void counted(void)
{
    struct msg_sasl_answer m;

    make_certs();
    trust();
    rig_account("alice", "secret");
    for (int i = 0; i < 5; i++)
        CHECK_ST(ask(&foreign, STR(""), &m), ST_DENIED);
    CHECK_ST(ask(&alices, STR(""), &m), ST_TRYLATER); /* as behind wrong passwords, the network is turned away */
    free_certs();
}

TEST(refusals_count_as_wrong_passwords)
{
    rig_run(counted);
}
