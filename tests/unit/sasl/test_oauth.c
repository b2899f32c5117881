#include "sasl/oauth.c"

#include "test.h"

static struct arena a;

static enum st bearer(const char *text, struct oauth_client *out)
{
    return oauth_bearer_read(&a, str_z(text), out);
}

TEST(the_examples)
{
    struct oauth_client c;

    arena_init(&a);
    /* RFC 7628 section 4.1 */
    CHECK_ST(bearer("n,a=user@example.com,\1host=server.example.com\1port=143\1auth=Bearer "
                    "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\1\1",
                    &c),
             ST_OK);
    CHECK_STR(c.user, STR("user@example.com"));
    CHECK_STR(c.host, STR("server.example.com"));
    CHECK_STR(c.token, STR("vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="));
    CHECK_ST(bearer("n,,\1auth=bearer x\1\1", &c), ST_OK);
    CHECK_U64(c.user.n, 0);
    CHECK_ST(bearer("y,a=a=2Cb,\1x=y\1auth=Bearer x\1\1", &c), ST_OK);
    CHECK_STR(c.user, STR("a,b"));
    CHECK_ST(oauth_x_read(
                 STR("user=someuser@example.com\1auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\1\1"), &c),
             ST_OK);
    CHECK_STR(c.user, STR("someuser@example.com"));
    CHECK_STR(c.token, STR("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
    arena_fini(&a);
}

TEST(what_is_no_message_is_refused)
{
    static const char *const bad[] = {"",
                                      "\1",
                                      "n,,",
                                      "n,,\1",
                                      "n,,\1\1",
                                      "n,,\1auth=Bearer x",
                                      "n,,\1auth=Bearer x\1",
                                      "n,,\1auth=Basic x\1\1",
                                      "n,,\1port=0143\1auth=Bearer x\1\1",
                                      "n,,\1port=65536\1auth=Bearer x\1\1",
                                      "n,,\1port=\1auth=Bearer x\1\1",
                                      "n,,\1auth=Bearer \1\1",
                                      "n,,\1auth=Bearer a b\1\1",
                                      "n,,\1auth=Bearer x\1auth=Bearer y\1\1",
                                      "p=tls-exporter,,\1auth=Bearer x\1\1",
                                      "n,,n=x\1auth=Bearer x\1\1",
                                      "n,a=,\1auth=Bearer x\1\1",
                                      "n,,\1=x\1auth=Bearer x\1\1",
                                      "n,,\1auth=Bearer x\1\1more"};
    struct oauth_client c;
    const char good[] = "n,a=u,\1host=h\1auth=Bearer x\1\1";

    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK_ST(bearer(bad[i], &c), ST_SYNTAX);
    for (size_t n = 0; n < sizeof(good) - 1; n++) { /* cut anywhere */
        char *copy = mem_new(n + 1);

        memcpy(copy, good, n);
        CHECK_ST(oauth_bearer_read(&a, str_n(copy, n), &c), ST_SYNTAX);
        mem_free(copy);
    }
    CHECK_ST(oauth_x_read(STR("user=\1auth=Bearer x\1\1"), &c), ST_SYNTAX);
    CHECK_ST(oauth_x_read(STR("auth=Bearer x\1\1"), &c), ST_SYNTAX);
    CHECK_ST(oauth_x_read(STR("user=u"), &c), ST_SYNTAX);
    CHECK_ST(oauth_x_read(STR("user=u\1\1"), &c), ST_SYNTAX);
    arena_fini(&a);
}

TEST(what_a_client_is_told)
{
    arena_init(&a);
    CHECK_STR(oauth_refusal(&a, "invalid_token", STR("mail"), STR_NONE),
              STR("{\"status\":\"invalid_token\",\"scope\":\"mail\"}"));
    CHECK_STR(oauth_x_refusal(&a, STR_NONE), STR("{\"status\":\"401\",\"schemes\":\"bearer\"}"));
    arena_fini(&a);
}
