#include "sasl/oauth_answer.c"

#include "test.h"

static struct arena a;

TEST(what_an_endpoint_says_is_held_to_what_is_wanted)
{
    static const struct {
        const char *json;
        enum st st;
    } rows[] = {
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"a mail\",\"aud\":\"me\",\"exp\":2000}", ST_OK},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":[\"other\",\"me\"]}", ST_OK},
        {"{\"active\":false}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"email\",\"aud\":\"me\"}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":\"you\"}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\"}", ST_DENIED},
        {"{\"active\":true,\"scope\":\"mail\",\"aud\":\"me\"}", ST_DENIED},
        {"{\"active\":true,\"username\":7,\"scope\":\"mail\",\"aud\":\"me\"}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":\"me\",\"exp\":1000}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":\"me\",\"exp\":-1}", ST_DENIED},
        {"{\"active\":true,\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":\"me\",\"nbf\":1100}", ST_DENIED},
        {"{\"active\":\"true\",\"username\":\"u@x\",\"scope\":\"mail\",\"aud\":\"me\"}", ST_SYNTAX},
        {"{\"username\":\"u@x\"}", ST_SYNTAX},
        {"{\"active\":false,\"active\":true}", ST_SYNTAX},
        {"[]", ST_SYNTAX},
        {"<html>", ST_SYNTAX},
        {"", ST_SYNTAX},
    };
    const struct oauth_wanted want = {STR("username"), STR("mail"), STR("me")};
    const struct oauth_wanted any = {STR("email"), STR_NONE, STR_NONE};
    struct str whose;
    uint64_t expires = 9;

    arena_init(&a);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        CHECK_ST(oauth_answer_read(&a, str_z(rows[i].json), &want, 1000, &whose, &expires), rows[i].st);
    CHECK_ST(oauth_answer_read(&a, str_z(rows[0].json), &want, 1000, &whose, &expires), ST_OK);
    CHECK_STR(whose, STR("u@x"));
    CHECK_U64(expires, 2000);
    CHECK_ST(oauth_answer_read(&a, STR("{\"active\":true,\"email\":\"e@x\"}"), &any, 1000, &whose, &expires), ST_OK);
    CHECK_STR(whose, STR("e@x"));
    CHECK_U64(expires, 0);
    arena_fini(&a);
}
