#include "admin/render.c"

#include "test.h"

static void renders(const char *json, const char *want)
{
    struct buf b;

    buf_init(&b, 100000);
    CHECK_ST(admin_render(str_z(json), &b), ST_OK);
    CHECK_STR(buf_str(&b), str_z(want));
    buf_fini(&b);
}

TEST(tables_are_aligned)
{
    renders("{\"accounts\":[{\"address\":\"a@b\",\"quota_bytes\":1073741824,\"disabled\":false},"
            "{\"address\":\"\\u00e4nne@b\",\"quota_bytes\":1500,\"disabled\":true}]}",
            "ADDRESS  QUOTA  DISABLED\n"
            "a@b      1G     no\n"
            "\xc3\xa4nne@b   1500   yes\n");
}

TEST(objects_are_lines_then_tables)
{
    renders("{\"user\":\"a@b\",\"send_as_domain\":true,\"targets\":[\"x\",\"y\"],\"services\":[{\"port\":1}]}",
            "user:           a@b\nsend as domain: yes\ntargets:        x, y\n\nPORT\n1\n");
}

TEST(nothing_is_said_to_be_nothing)
{
    renders("{\"domains\":[]}", "no domains\n");
    renders("{}", "");
    renders("", "");
}

TEST(control_characters_do_not_reach_the_terminal)
{
    renders("{\"name\":\"a\\u001b[2Jb\\u009bc\\n\"}", "name: a?[2Jb?c?\n");
}

TEST(what_is_no_json_is_refused)
{
    struct buf b;

    buf_init(&b, 1000);
    CHECK_ST(admin_render(STR("{\"a\":"), &b), ST_SYNTAX);
    CHECK_ST(admin_render(STR("nonsense"), &b), ST_SYNTAX);
    buf_fini(&b);
}
