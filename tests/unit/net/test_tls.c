#include "net/tls_help.h"

#include "net/tls.c"

struct world {
    struct arena arena;
    struct signer signer;
    struct made_cert ec, rsa;
    struct tls_server *server;
    struct tls_client *client, *again; /* the second one remembers its session */
};

static struct tls_client *client_for(struct str ca, const char *alpn, bool keep_session)
{
    struct tls_client_options opt = {.ca_pem = ca, .keep_session = keep_session, .alpn = str_z(alpn)};
    struct tls_client *c = NULL;

    CHECK_ST(tls_client_new(&opt, &c), ST_OK);
    return c;
}

static struct world *world_new(void)
{
    struct world *w = MEM_NEW(struct world);
    struct buf both;

    w->ec = make_ec(&w->arena, "DNS:mail.example.test,DNS:*.wild.test");
    w->rsa = make_rsa(&w->arena, "DNS:RSA.test,DNS:mail.example.test");
    w->signer = (struct signer){.pool = offload_new("keys", 1, 100), .keys = {w->ec.key, w->rsa.key}};
    w->server = tls_server_new(pool_sign, &w->signer);
    CHECK_ST(tls_server_commit(w->server), ST_NOTFOUND);
    CHECK_ST(tls_server_add(w->server, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_add(w->server, w->rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(w->server), ST_OK);
    buf_init(&both, 100000);
    buf_add(&both, w->ec.cert_pem);
    buf_add(&both, w->rsa.cert_pem);
    w->client = client_for(buf_str(&both), NULL, false);
    w->again = client_for(buf_str(&both), NULL, true);
    buf_fini(&both);
    return w;
}

static void world_free(struct world *w)
{
    tls_client_free(w->client);
    tls_client_free(w->again);
    tls_server_free(w->server);
    offload_free(w->signer.pool);
    tls_key_free(w->ec.key);
    tls_key_free(w->rsa.key);
    arena_fini(&w->arena);
    mem_free(w);
}

static void in_world(void (*fn)(void *))
{
    struct world *w = world_new();

    on_core(fn, w);
    world_free(w);
}

static void both_free(struct stream *a, struct stream *b)
{
    stream_free(a);
    stream_free(b);
}

static void talk(struct stream *a, struct stream *b)
{
    struct str line;

    CHECK_ST(stream_write(a, STR("hello\r\n")), ST_OK);
    CHECK_ST(stream_flush(a), ST_OK);
    CHECK_ST(stream_line(b, 100, &line), ST_OK);
    CHECK_STR(line, STR("hello\r\n"));
}

static void keys_and_names(void *arg)
{
    static const struct {
        const char *host;
        enum tls_key_kind kind;
    } cases[] = {{"mail.example.test", TLS_KEY_ECDSA}, /* both have it: the first one */
                 {"any.wild.test", TLS_KEY_ECDSA},
                 {"rsa.test", TLS_KEY_RSA},
                 {"RSA.TEST", TLS_KEY_RSA}};
    struct world *w = arg;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct stream_tls_info info = {0};
        struct stream *s, *c;
        unsigned asked = w->signer.asked;

        CHECK_ST(tls_pair(w->server, w->client, cases[i].host, &s, &c), ST_OK);
        CHECK(w->signer.last == cases[i].kind && w->signer.asked == asked + 1);
        CHECK(stream_is_tls(s) && stream_tls_info(s, &info));
        CHECK_STR(str_z(info.version), STR("TLSv1.3"));
        CHECK_STR(info.server_name, str_z(cases[i].host));
        CHECK(!info.resumed && info.alpn.n == 0 && info.cipher);
        talk(s, c);
        talk(c, s);
        both_free(s, c);
    }
}

TEST(keys_by_callback_certificates_by_name)
{
    in_world(keys_and_names);
}

static void refused(void *arg)
{
    struct world *w = arg;
    struct tls_client *other = client_for(w->ec.cert_pem, NULL, false);
    struct stream *s, *c;

    CHECK_ST(tls_pair(w->server, w->client, "unknown.test", &s, &c), ST_DENIED); /* shown the first one */
    both_free(s, c);
    CHECK_ST(tls_pair(w->server, w->client, "a.b.wild.test", &s, &c), ST_DENIED);
    both_free(s, c);
    CHECK_ST(tls_pair(w->server, other, "rsa.test", &s, &c), ST_DENIED); /* not its authority */
    CHECK_ST(stream_write(s, STR("x")), ST_IO); /* nothing is sent in clear text after a failed handshake */
    both_free(s, c);
    w->signer.refuse = 1;
    CHECK(tls_pair(w->server, w->client, "rsa.test", &s, &c) != ST_OK);
    both_free(s, c);
    tls_client_free(other);
}

TEST(wrong_names_strangers_and_no_keeper)
{
    in_world(refused);
}

static void alpn(void *arg)
{
    static const struct tls_alpn one = {.ours = {"\x04pop3\x04imap", 10}}, none = {.others = {"\x04http\x02h2", 8}};
    static const struct {
        const struct tls_alpn *service;
        const char *offered, *answer; /* NULL: refused */
    } cases[] = {
        {&one, "\x04http\x04imap", "imap"},
        {&one, "\x04imap\x04pop3", "pop3"}, /* our order */
        {&one, "\x04http", NULL},
        {&one, "\x03ima\x05imaps", NULL},
        {&one, NULL, ""},
        {&none, "\x02h2", NULL},
        {&none, "\x02h2\x04http", NULL},
        {&none, "\x02h2\x04smtp", ""},
        {&none, "\x04smtp", ""},
        {&none, NULL, ""},
        {NULL, "\x02h2", ""},
    };
    struct world *w = arg;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_client *client = client_for(w->ec.cert_pem, cases[i].offered, false);
        struct stream_tls_info info;
        struct stream *s, *c;
        enum st st = tls_pair_alpn(w->server, cases[i].service, client, "mail.example.test", &s, &c);

        CHECK((st == ST_OK) == (cases[i].answer != NULL));
        if (st == ST_OK && stream_tls_info(s, &info))
            CHECK_STR(info.alpn, str_z(cases[i].answer));
        both_free(s, c);
        tls_client_free(client);
    }
}

TEST(application_protocols)
{
    in_world(alpn);
}

static bool resumes(struct tls_server *server, struct world *w)
{
    struct stream_tls_info info = {0};
    struct stream *s, *c;

    CHECK_ST(tls_pair(server, w->again, "mail.example.test", &s, &c), ST_OK);
    CHECK(stream_tls_info(s, &info));
    both_free(s, c);
    return info.resumed;
}

static void tickets(void *arg)
{
    struct world *w = arg;
    struct tls_server *other = tls_server_new(pool_sign, &w->signer);
    char keys[2 * TLS_TICKET_KEY_BYTES];

    random_bytes(keys, sizeof keys);
    CHECK_ST(tls_server_add(other, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_add(other, w->rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(other), ST_OK);
    CHECK(!resumes(w->server, w));
    CHECK(resumes(w->server, w));
    CHECK(!resumes(other, w)); /* keys of its own */

    CHECK_ST(tls_server_tickets(other, str_n(keys, TLS_TICKET_KEY_BYTES)), ST_OK);
    CHECK_ST(tls_server_tickets(w->server, str_n(keys, TLS_TICKET_KEY_BYTES)), ST_OK);
    CHECK(!resumes(w->server, w));
    CHECK(resumes(other, w)); /* another gate */

    for (size_t i = 0; i < TLS_TICKET_KEY_BYTES; i++) { /* a new key in front of the old one */
        char c = keys[i];

        keys[i] = keys[i + TLS_TICKET_KEY_BYTES];
        keys[i + TLS_TICKET_KEY_BYTES] = c;
    }
    CHECK_ST(tls_server_tickets(other, str_n(keys, sizeof keys)), ST_OK);
    CHECK(resumes(other, w));
    CHECK(resumes(other, w));
    CHECK_ST(tls_server_tickets(other, str_n(keys, 79)), ST_SYNTAX);
    CHECK_ST(tls_server_tickets(other, STR_NONE), ST_SYNTAX);
    tls_server_free(other);
}

TEST(sessions_resume_across_servers_with_shared_ticket_keys)
{
    in_world(tickets);
}

/* A login is bound to the certificate that the client was shown: of a connection from before a change that is the old one, and sessions from before are
 * not resumed, since their clients were shown the old one too. */
static void bound(void *arg)
{
    struct world *w = arg;
    struct tls_server *t = tls_server_new(pool_sign, &w->signer);
    struct stream_tls_bindings first, now, other;
    struct stream *s, *c, *s2, *c2;

    CHECK_ST(tls_server_add(t, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK_ST(tls_pair(t, w->again, "mail.example.test", &s, &c), ST_OK);
    stream_tls_bindings(s, &first);
    CHECK(first.n_end_point == 32 && resumes(t, w));
    CHECK_ST(tls_server_add(t, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK(resumes(t, w)); /* nothing has changed */
    CHECK_ST(tls_server_add(t, w->rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    stream_tls_bindings(s, &now);
    CHECK(now.n_end_point == 32 && memcmp(first.end_point, now.end_point, 32) == 0);
    CHECK_ST(tls_pair(t, w->again, "mail.example.test", &s2, &c2), ST_OK);
    stream_tls_bindings(s2, &other);
    CHECK(other.n_end_point == 32 && memcmp(first.end_point, other.end_point, 32) != 0);
    both_free(s, c);
    both_free(s2, c2);
    CHECK(resumes(t, w));
    CHECK_ST(tls_server_add(t, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK(!resumes(t, w));
    tls_server_free(t);
}

TEST(a_login_is_bound_to_the_certificate_that_was_shown)
{
    in_world(bound);
}

static void reload(void *arg)
{
    struct world *w = arg;
    struct tls_server *t = tls_server_new(pool_sign, &w->signer);
    struct stream *s, *c;

    CHECK_ST(tls_server_add(t, w->ec.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK_ST(tls_pair(t, w->client, "mail.example.test", &s, &c), ST_OK);
    CHECK_ST(tls_server_add(t, STR("nonsense"), 0), ST_SYNTAX);
    CHECK_ST(tls_server_add(t, w->rsa.cert_pem, 1), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    talk(s, c); /* under the certificate that is gone */
    tls_server_free(t);
    talk(c, s);
    both_free(s, c);
}

TEST(reload_drops_no_connection)
{
    in_world(reload);
}

TEST(limits_hold_for_what_is_added_later)
{
    struct arena a = ARENA_INIT;
    struct tls_server *t = tls_server_new(pool_sign, NULL);
    struct made_cert cn = make_ec(&a, NULL);

    CHECK_ST(tls_server_limits(t, false, STR("NO-SUCH-CIPHER"), STR("")), ST_SYNTAX);
    CHECK_ST(tls_server_limits(t, false, STR(""), STR("no-such-group")), ST_SYNTAX);
    CHECK_ST(tls_server_add(t, cn.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK(SSL_CTX_get_min_proto_version(t->set->first->ctx) == TLS1_2_VERSION);
    CHECK_ST(tls_server_limits(t, true, STR("ECDHE-RSA-AES128-GCM-SHA256"), STR("P-256")), ST_OK);
    CHECK_ST(tls_server_add(t, cn.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK(SSL_CTX_get_min_proto_version(t->set->first->ctx) == TLS1_3_VERSION);
    CHECK(sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(t->set->first->ctx)) == 4); /* three of TLS 1.3 */
    tls_server_free(t);
    tls_key_free(cn.key);
    arena_fini(&a);
}

TEST(certificates_that_are_none)
{
    struct arena a = ARENA_INIT;
    struct tls_server *t = tls_server_new(pool_sign, NULL);
    struct made_cert ed = make_cert(&a, "DNS:x.test", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    struct made_cert cn = make_ec(&a, NULL);
    struct tls_key *k = NULL;

    CHECK_ST(tls_server_add(t, STR(""), 0), ST_SYNTAX);
    CHECK_ST(tls_server_add(t, cn.key_pem, 0), ST_SYNTAX);
    CHECK_ST(tls_server_add(t, ed.cert_pem, 0), ST_SYNTAX);
    CHECK(strstr(err_get()->text, "ECDSA and RSA") != NULL);
    CHECK_ST(tls_server_add(t,
                            arena_printf(&a, "%.*s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                                         STR_ARGS(cn.cert_pem)),
                            0),
             ST_SYNTAX);
    CHECK_ST(tls_server_commit(t), ST_NOTFOUND);
    CHECK_ST(tls_server_add(t, cn.cert_pem, 0), ST_OK);
    CHECK_ST(tls_server_commit(t), ST_OK);
    CHECK(find_name(t->set, "CN.test") && !find_name(t->set, "test") && !find_name(t->set, ""));
    CHECK_ST(tls_key_load(ed.key_pem, &k), ST_SYNTAX);
    tls_server_free(t);
    tls_key_free(cn.key);
    arena_fini(&a);
}

/* --- certificates that TLSA records name --------------------------------------------------------------------------- */

static enum st dane_pair(struct world *w, struct tls_client *client, const struct tls_peer *peer,
                         enum tls_verdict *out_verdict)
{
    struct tls_side x = {.server = w->server, .deadline = deadline_in(60000)};
    struct stream *c;
    enum st st;

    stream_pair(&x.s, &c);
    CHECK_ST(co_spawn(accept_tls, &x, "accept"), ST_OK);
    st = stream_push_tls_peer(c, client, peer, deadline_in(60000));
    *out_verdict = stream_tls_verdict(c);
    if (st != ST_OK) { /* it may not even have begun */
        stream_free(c);
        c = NULL;
    }
    while (!x.done)
        CHECK_ST(co_sleep(deadline_in(1)), ST_OK);
    if (c && x.st == ST_OK)
        talk(x.s, c);
    both_free(x.s, c);
    return st;
}

static X509 *x509_of(struct str pem)
{
    BIO *b = BIO_new_mem_buf(pem.p, (int)pem.n);
    X509 *x = PEM_read_bio_X509(b, NULL, NULL, NULL);

    BIO_free(b);
    return x;
}

/* What a record of that selector and matching type holds of a certificate. */
static struct str association(struct arena *a, struct str pem, uint8_t selector, uint8_t matching)
{
    X509 *x = x509_of(pem);
    unsigned char *der = NULL, digest[64];
    unsigned n = 0;
    int len = selector ? i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der) : i2d_X509(x, &der);
    struct str data = arena_str(a, str_n((const char *)der, (size_t)len));

    if (matching) {
        CHECK(EVP_Digest(der, (size_t)len, digest, &n, matching == 1 ? EVP_sha256() : EVP_sha512(), NULL) == 1);
        data = arena_str(a, str_n((const char *)digest, n));
    }
    OPENSSL_free(der);
    X509_free(x);
    return data;
}

static void tlsa_matches(void *arg)
{
    struct world *w = arg;
    struct tls_client_options opt = {.no_ca = true, .dane = true};
    struct tls_client *client = NULL;
    enum tls_verdict verdict;

    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    for (unsigned i = 0; i < 2 * 2 * 3;
         i++) { /* usage 3 looks at no name, so that any of the two servers' names will do */
        bool is_rsa = i & 1;
        uint8_t selector = i >> 1 & 1, matching = (uint8_t)(i / 4);
        struct str own = is_rsa ? w->rsa.cert_pem : w->ec.cert_pem, other = is_rsa ? w->ec.cert_pem : w->rsa.cert_pem;
        struct tls_tlsa records[] = {{3, selector, matching, association(&w->arena, other, selector, matching)},
                                     {3, selector, matching, association(&w->arena, own, selector, matching)},
                                     {1, selector, matching, association(&w->arena, own, selector, matching)}};
        struct tls_peer peer = {.trust = TLS_TRUST_DANE,
                                .name = is_rsa ? STR("rsa.test") : STR("elsewhere.test"),
                                .tlsa = records,
                                .n_tlsa = 2};

        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
        CHECK(verdict == TLS_CERT_GOOD);
        peer.n_tlsa = 1;
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
        CHECK(verdict == TLS_CERT_NOT_NAMED);
        records[1] = records[2]; /* usage 1: of no use beside others, and none when alone */
        peer.n_tlsa = 2;
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
        CHECK(tls_client_usable(client, records, 2) == 1 && tls_client_usable(client, records + 2, 1) == 0);
        peer.tlsa = records + 2;
        peer.n_tlsa = 1;
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_SYNTAX);
    }
    tls_client_free(client);
}

TEST(certificates_that_tlsa_records_name)
{
    in_world(tlsa_matches);
}

/* `leaf`'s certificate issued anew by a new authority, which follows it. */
static struct str issue(struct arena *a, struct str leaf, struct str *out_authority)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct made_cert authority;
    X509 *ca, *x = x509_of(leaf);
    X509_NAME *name = X509_NAME_new();
    X509_EXTENSION *constraint;
    BIO *b = BIO_new(BIO_s_mem());

    EVP_PKEY_up_ref(key);
    authority = make_cert(a, NULL, key);
    ca = x509_of(authority.cert_pem);
    CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"authority", -1, -1, 0) == 1);
    constraint = X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    CHECK(constraint && X509_add_ext(ca, constraint, -1) == 1);
    X509_EXTENSION_free(constraint);
    X509_set_issuer_name(ca, name);
    X509_set_subject_name(ca, name);
    X509_set_issuer_name(x, name);
    CHECK(X509_sign(ca, key, EVP_sha256()) > 0 && X509_sign(x, key, EVP_sha256()) > 0);
    PEM_write_bio_X509(b, ca);
    *out_authority = bio_text(a, b);
    b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    PEM_write_bio_X509(b, ca);
    X509_NAME_free(name);
    X509_free(ca);
    X509_free(x);
    EVP_PKEY_free(key);
    return bio_text(a, b);
}

static void tlsa_names(void *arg)
{
    struct world *w = arg;
    struct tls_client_options opt = {.no_ca = true, .dane = true};
    struct tls_client *client = NULL;
    struct str authority, chain = issue(&w->arena, w->ec.cert_pem, &authority);
    struct tls_tlsa record;
    struct tls_peer peer = {.trust = TLS_TRUST_DANE, .tlsa = &record, .n_tlsa = 1};
    enum tls_verdict verdict;

    CHECK_ST(tls_server_add(w->server, chain, 0), ST_OK);
    CHECK_ST(tls_server_commit(w->server), ST_OK);
    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    for (uint8_t i = 0; i < 2 * 3; i++) {
        record = (struct tls_tlsa){2, i & 1, i / 2, association(&w->arena, authority, i & 1, i / 2)};
        peer.name = STR("mail.example.test");
        peer.n_names = 0;
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
        peer.name = STR("elsewhere.test"); /* usage 2 looks at the name */
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
        CHECK(verdict == TLS_CERT_NAME);
        peer.names[0] = STR("next.test");
        peer.names[1] = STR("mail.example.test");
        peer.n_names = 2;
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
        record.data = association(&w->arena, w->rsa.cert_pem, record.selector, record.matching);
        CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
        CHECK(verdict == TLS_CERT_NOT_NAMED || verdict == TLS_CERT_UNTRUSTED);
    }
    tls_client_free(client);
}

TEST(authorities_that_tlsa_records_name)
{
    in_world(tlsa_names);
}

static void trust_of_one_peer(void *arg)
{
    struct world *w = arg;
    struct tls_client *client = client_for(w->ec.cert_pem, NULL, false);
    struct tls_peer peer = {.trust = TLS_TRUST_PKIX, .name = STR("mail.example.test")};
    enum tls_verdict verdict;

    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    peer.name = STR("unknown.test");
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
    CHECK(verdict == TLS_CERT_NAME);
    peer.trust = TLS_TRUST_NOTE;
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    CHECK(verdict == TLS_CERT_NAME);
    peer.name = STR("rsa.test");
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    CHECK(verdict == TLS_CERT_UNTRUSTED);
    peer.trust = TLS_TRUST_PKIX;
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
    peer.trust = TLS_TRUST_ANY;
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    tls_client_free(client);
}

TEST(a_certificate_is_looked_at_as_the_peer_wants_it)
{
    in_world(trust_of_one_peer);
}

/* RFC 7671 section 9: of each usage and selector only the strongest digest that can be used counts, and what is not digested. */
static void tlsa_digests(void *arg)
{
    struct world *w = arg;
    struct str own = w->ec.cert_pem, other = w->rsa.cert_pem;
    const struct tls_tlsa weak = {3, 1, 1, association(&w->arena, own, 1, 1)},
                          strong_wrong = {3, 1, 2, association(&w->arena, other, 1, 2)},
                          strong_cut = {3, 1, 2, str_sub(strong_wrong.data, 0, 63)},
                          whole = {3, 1, 0, association(&w->arena, own, 1, 0)},
                          other_selector = {3, 0, 1, association(&w->arena, own, 0, 1)};
    const struct {
        struct tls_tlsa records[2];
        enum st st;
    } cases[] = {{{weak, strong_wrong}, ST_DENIED},
                 {{strong_wrong, weak}, ST_DENIED},
                 {{weak, strong_cut}, ST_OK},
                 {{strong_wrong, whole}, ST_OK},
                 {{strong_wrong, other_selector}, ST_OK}};
    struct tls_client_options opt = {.no_ca = true, .dane = true};
    struct tls_client *client = NULL;
    enum tls_verdict verdict;

    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tls_peer peer = {
            .trust = TLS_TRUST_DANE, .name = STR("elsewhere.test"), .tlsa = cases[i].records, .n_tlsa = 2};

        CHECK_ST(dane_pair(w, client, &peer, &verdict), cases[i].st);
    }
    tls_client_free(client);
}

TEST(the_strongest_digest_counts)
{
    in_world(tlsa_digests);
}

/* RFC 7671 section 5.2.2: the authority's certificate may be in the DNS alone, if all of it is there. */
static void tlsa_authority_elsewhere(void *arg)
{
    struct world *w = arg;
    struct str authority, chain = issue(&w->arena, w->ec.cert_pem, &authority),
                          leaf = str_sub(chain, 0, str_search(chain, STR("-----END")) + 26);
    struct tls_tlsa record = {2, 0, 0, association(&w->arena, authority, 0, 0)};
    struct tls_peer peer = {.trust = TLS_TRUST_DANE, .name = STR("mail.example.test"), .tlsa = &record, .n_tlsa = 1};
    struct tls_client_options opt = {.no_ca = true, .dane = true};
    struct tls_client *client = NULL;
    enum tls_verdict verdict;

    CHECK_ST(tls_server_add(w->server, leaf, 0), ST_OK);
    CHECK_ST(tls_server_commit(w->server), ST_OK);
    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    record = (struct tls_tlsa){2, 1, 0, association(&w->arena, authority, 1, 0)}; /* section 5.2.3 */
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    record = (struct tls_tlsa){2, 0, 1, association(&w->arena, authority, 0, 1)};
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
    tls_client_free(client);
}

TEST(an_authority_that_the_server_does_not_send)
{
    in_world(tlsa_authority_elsewhere);
}

/* A certificate with a common name and no other. */
static void common_names(void *arg)
{
    struct world *w = arg;
    BIO *key = BIO_new_mem_buf(w->ec.key_pem.p, (int)w->ec.key_pem.n);
    struct made_cert leaf = make_cert(&w->arena, NULL, PEM_read_bio_PrivateKey(key, NULL, NULL, NULL));
    struct str authority, chain = issue(&w->arena, leaf.cert_pem, &authority);
    struct tls_tlsa record = {2, 0, 1, association(&w->arena, authority, 0, 1)};
    struct tls_peer peer = {.name = STR("cn.test"), .tlsa = &record, .n_tlsa = 1};
    struct tls_client_options opt = {.dane = true, .ca_pem = authority};
    struct tls_client *client = NULL;
    enum tls_verdict verdict;

    BIO_free(key);
    CHECK_ST(tls_server_add(w->server, chain, 0), ST_OK);
    CHECK_ST(tls_server_commit(w->server), ST_OK);
    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    peer.trust = TLS_TRUST_DANE; /* RFC 7672 section 3.2.3 */
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    peer.trust = TLS_TRUST_PKIX; /* RFC 8461 section 4.2 */
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_DENIED);
    CHECK(verdict == TLS_CERT_NAME);
    peer.trust = TLS_TRUST_NOTE;
    CHECK_ST(dane_pair(w, client, &peer, &verdict), ST_OK);
    CHECK(verdict == TLS_CERT_NAME);
    tls_client_free(client);
}

TEST(a_common_name_is_for_dane_only)
{
    in_world(common_names);
}

static void malformed_tlsa(void *arg)
{
    struct tls_client_options opt = {.no_ca = true, .dane = true};
    const struct tls_tlsa records[] = {{3, 1, 1, STR("short")},
                                       {3, 1, 0, STR("no key")},
                                       {2, 0, 0, STR("no certificate")},
                                       {0, 1, 1, STR("0123456789abcdef0123456789abcdef")},
                                       {200, 1, 1, STR("0123456789abcdef0123456789abcdef")},
                                       {3, 9, 1, STR("0123456789abcdef0123456789abcdef")},
                                       {3, 1, 9, STR("0123456789abcdef0123456789abcdef")},
                                       {3, 1, 1, STR("0123456789abcdef0123456789abcdef")}};
    struct tls_client *client = NULL;

    (void)arg;
    CHECK_ST(tls_client_new(&opt, &client), ST_OK);
    CHECK(tls_client_usable(client, records, ARRAY_LEN(records) - 1) == 0);
    CHECK(tls_client_usable(client, records, ARRAY_LEN(records)) == 1);
    tls_client_free(client);
}

TEST(tlsa_records_of_no_use)
{
    in_world(malformed_tlsa);
}
