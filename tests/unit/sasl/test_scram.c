#include "sasl/scram.c"

#include "test.h"

static struct arena arena;

struct example {
    enum scram_hash hash;
    const char *salt, *first, *server_nonce, *answer, *final, *verifier;
};

/* RFC 5802 section 5, RFC 7677 section 3: user "user", password "pencil". */
static const struct example examples[] = {
    {SCRAM_SHA_1, "QSXCR+Q6sek8bf92", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", "3rfcNHYJY1ZVvWVs7j",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {SCRAM_SHA_256, "W22ZaJ0SNY7soEsUEjb6gQ==", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
};

TEST(the_examples_of_the_rfcs)
{
    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(examples); i++) {
        const struct example *x = &examples[i];
        struct scram_first first;
        struct scram_final final;
        struct scram_keys keys;
        struct str nonce, answer, message;

        CHECK_ST(scram_keys_make(secret_of(STR("pencil")), str_z(x->salt), 4096, &keys), ST_OK);
        CHECK(scram_first_read(&arena, str_z(x->first), &first) == SCRAM_FINE);
        CHECK_STR(first.user, STR("user"));
        CHECK_STR(first.gs2, STR("n,,"));
        nonce = arena_printf(&arena, "%.*s%s", STR_ARGS(first.nonce), x->server_nonce);
        answer = scram_first_answer(&arena, nonce, str_z(x->salt), 4096);
        CHECK_STR(answer, str_z(x->answer));
        CHECK(scram_final_read(&arena, str_z(x->final), &final) == SCRAM_FINE);
        CHECK_STR(final.nonce, nonce);
        CHECK_STR(final.bound, first.gs2);
        message = scram_auth_message(&arena, first.bare, answer, final.without_proof);
        CHECK(scram_proof_fits(x->hash, &keys.of[x->hash], message, final.proof));
        CHECK(!scram_proof_fits(x->hash, &keys.of[x->hash], message, str_from(final.proof, 1)));
        CHECK(!scram_proof_fits(x->hash, &keys.of[x->hash], first.bare, final.proof));
        CHECK_STR(scram_verifier(&arena, x->hash, &keys.of[x->hash], message), str_z(x->verifier));
    }
    arena_fini(&arena);
}

static enum scram_error first(const char *text, struct scram_first *out)
{
    return scram_first_read(&arena, str_z(text), out);
}

TEST(what_a_client_begins_with)
{
    static const struct {
        const char *text;
        enum scram_error e;
    } rows[] = {
        {"", SCRAM_INVALID_ENCODING},
        {"n", SCRAM_INVALID_ENCODING},
        {"n,", SCRAM_INVALID_ENCODING},
        {"x,,n=u,r=r", SCRAM_INVALID_ENCODING},
        {"n,,n=u", SCRAM_INVALID_ENCODING},
        {"n,,n=u,r=", SCRAM_INVALID_ENCODING},
        {"n,,n=u,r=a b", SCRAM_INVALID_ENCODING},
        {"n,,r=r,n=u", SCRAM_INVALID_ENCODING},
        {"n,,n=,r=r", SCRAM_INVALID_USERNAME},
        {"n,,n=a=b,r=r", SCRAM_INVALID_USERNAME},
        {"n,,n=a=,r=r", SCRAM_INVALID_USERNAME},
        {"n,a=,n=u,r=r", SCRAM_INVALID_USERNAME},
        {"n,,m=x,n=u,r=r", SCRAM_EXTENSIONS},
        {"p=,,n=u,r=r", SCRAM_INVALID_ENCODING},
        {"p=a_b,,n=u,r=r", SCRAM_INVALID_ENCODING},
        {"n,,n=u,r=r,", SCRAM_INVALID_ENCODING},
        {"n,,n=u,r=r,5=x", SCRAM_INVALID_ENCODING},
        {"n,,n=u\xff,r=r", SCRAM_INVALID_ENCODING},
        {"n,,n=u,r=r,x=y,z=1", SCRAM_FINE},
        {"y,,n=u,r=r", SCRAM_FINE},
    };
    struct scram_first f;

    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK(first(rows[i].text, &f) == rows[i].e);
    CHECK(first("p=tls-exporter,a=x=2Cy,n=a=2cb=3Dc,r=~+", &f) == SCRAM_FINE);
    CHECK(f.flag == 'p');
    CHECK_STR(f.binding, STR("tls-exporter"));
    CHECK_STR(f.gs2, STR("p=tls-exporter,a=x=2Cy,"));
    CHECK_STR(f.authzid, STR("x,y"));
    CHECK_STR(f.user, STR("a,b=c"));
    CHECK_STR(f.bare, STR("n=a=2cb=3Dc,r=~+"));
    CHECK(scram_first_read(&arena, str_n("n,,n=u\0,r=r", 11), &f) == SCRAM_INVALID_ENCODING);
    arena_fini(&arena);
}

TEST(what_a_client_ends_with)
{
    static const char *const bad[] = {"",
                                      "c=biws",
                                      "c=biws,r=r",
                                      "c=,r=r,p=AAAA",
                                      "c=*,r=r,p=AAAA",
                                      "r=r,c=biws,p=AAAA",
                                      "c=biws,r=r,p=A",
                                      "c=biws,r=r,p=AAAA,x=y",
                                      "c=biws,r=r,x,p=AAAA"};
    struct scram_final f;

    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(scram_final_read(&arena, str_z(bad[i]), &f) == SCRAM_INVALID_ENCODING);
    CHECK(scram_final_read(&arena, STR("c=biws,r=rr,x=y,p=AAAA"), &f) == SCRAM_FINE);
    CHECK_STR(f.without_proof, STR("c=biws,r=rr,x=y"));
    CHECK_STR(f.bound, STR("n,,"));
    CHECK_U64(f.proof.n, 3);
    arena_fini(&arena);
}

/* Cut anywhere, a message is read as what is left, or not at all; never beyond its end. */
TEST(messages_cut_at_each_byte)
{
    const struct str messages[] = {STR("p=tls-exporter,a=x=2Cy,n=a=2cb=3Dc,r=~+,x=y"), STR("c=biws,r=rr,x=y,p=AAAA")};
    struct scram_first f;
    struct scram_final g;

    arena_init(&arena);
    for (size_t i = 0; i < ARRAY_LEN(messages); i++)
        for (size_t n = 0; n <= messages[i].n; n++) {
            char *copy = mem_new(n + 1);
            struct str cut = str_n(copy, n);

            memcpy(copy, messages[i].p, n);
            if (scram_first_read(&arena, cut, &f) == SCRAM_FINE)
                CHECK(f.user.n && f.nonce.n && f.gs2.n + f.bare.n == n);
            if (scram_final_read(&arena, cut, &g) == SCRAM_FINE)
                CHECK(g.nonce.n && g.without_proof.n < n);
            mem_free(copy);
        }
    CHECK_STR(scram_error_text(&arena, SCRAM_INVALID_PROOF), STR("e=invalid-proof"));
    arena_fini(&arena);
}
