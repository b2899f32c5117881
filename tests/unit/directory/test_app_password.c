#include "directory/app_password.c"

#include "test.h"

static bool hash(const char *text, char out[APP_PASSWORD_HASH_MAX])
{
    return app_password_hash(secret_of(str_z(text)), out);
}

TEST(one_that_was_made_is_known_however_it_is_typed)
{
    struct arena a = ARENA_INIT;
    struct str made = app_password_make(&a), other = app_password_make(&a);
    char one[APP_PASSWORD_HASH_MAX], two[APP_PASSWORD_HASH_MAX], text[64];

    CHECK_U64(made.n, 30);
    CHECK(made.p[5] == '-' && !str_eq(made, other));
    CHECK(app_password_hash(secret_of(made), one));
    snprintf(text, sizeof(text), " %.*s", STR_ARGS(made));
    for (char *p = text; *p; p++)
        *p = *p == '-' ? ' ' : ascii_upper(*p);
    CHECK(hash(text, two) && strcmp(one, two) == 0);
    CHECK(app_password_hash(secret_of(other), two) && strcmp(one, two) != 0);
    arena_fini(&a);
}

TEST(what_has_another_shape_is_none)
{
    char h[APP_PASSWORD_HASH_MAX];

    CHECK(hash("abcde-fghij-kmnpq-rstuv-wxyz23", h));
    CHECK(!hash("", h) && !hash("secret", h) && !hash("abcdefghijkmnpqrstuvwxyz2", h));
    CHECK(!hash("abcdefghijkmnpqrstuvwxyz234", h) && !hash("abcdefghijkmnpqrstuvwxyz2!", h));
}
