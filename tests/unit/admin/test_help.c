#include "admin/help.c"

#include "test.h"

TEST(every_command_and_option_is_explained)
{
    struct buf help, manual;
    size_t n;
    const struct admin_command *c = admin_commands(&n);
    const struct admin_option *o;

    buf_init(&help, 1 << 20);
    buf_init(&manual, 1 << 20);
    admin_help(NULL, 0, &help);
    admin_manual(&manual);
    for (size_t i = 0; i < n; i++)
        CHECK((str_search(buf_str(&help), str_z(c[i].help)) < help.n) == !(c[i].flags & CMD_INSIDE));
    o = admin_options(&n);
    for (size_t i = 0; i < n; i++) {
        struct buf name;

        buf_init(&name, 200);
        buf_addz(&name, "\\-\\-");
        roff(&name, o[i].name);
        CHECK(str_search(buf_str(&manual), buf_str(&name)) < manual.n);
        buf_fini(&name);
    }
    CHECK(str_search(buf_str(&help), STR("Exit status:")) < help.n);
    buf_fini(&help);
    buf_fini(&manual);
}

TEST(what_there_is_of_a_noun)
{
    struct buf b;

    buf_init(&b, 1 << 20);
    admin_help_verbs(STR("alias"), &b);
    CHECK(str_search(buf_str(&b), STR("  restante alias add ALIAS TARGET...\n")) == 0);
    CHECK(str_search(buf_str(&b), STR("restante alias remove")) < b.n);
    CHECK(str_search(buf_str(&b), STR("restante account")) == b.n && str_search(buf_str(&b), STR("--divert")) == b.n);
    buf_fini(&b);
}

TEST(help_can_be_asked_about_one_noun)
{
    const struct str words[] = {{"alias", 5}, {"add", 3}}, none = STR("nothing");
    struct buf b;

    buf_init(&b, 1 << 20);
    admin_help(words, 2, &b);
    CHECK(str_search(buf_str(&b), STR("restante alias add ALIAS TARGET...")) < b.n);
    CHECK(str_search(buf_str(&b), STR("domain")) > 100);
    buf_clear(&b);
    admin_help(&none, 1, &b);
    CHECK_STR(buf_str(&b), STR("There is no such command; restante help lists them.\n"));
    buf_fini(&b);
}
