#include "smtp/xattr.c"

#include "test.h"

TEST(attributes_and_their_values)
{
    struct smtp_xattr list[SMTP_XATTRS_MAX];
    struct arena a = ARENA_INIT;
    size_t n;

    CHECK_ST(smtp_xattrs_parse(STR(" NAME=a+2Bb  addr=[UNAVAILABLE] HELO=[tempunavail] IDENT=x+3Dy"), &a, list, &n),
             ST_OK);
    CHECK_U64(n, 4);
    CHECK_STR(list[0].value, STR("a+b"));
    CHECK(str_ieq(list[1].name, STR("ADDR")) && !list[1].value.p && !list[2].value.p);
    CHECK_STR(list[3].value, STR("x=y"));
    arena_fini(&a);
}

TEST(what_is_no_attribute)
{
    static const char *const bad[] = {"",           " ",
                                      "NAME",       "NAME=",
                                      "=x",         "NA ME=x",
                                      "N1=x",       "NAME=a+0Ab",
                                      "NAME=a+2",   "NAME=a+GG",
                                      "NAME=a+20b", "NAME=\x01",
                                      "NAME=\xff",  "A=b C=d E=f G=h I=j K=l M=n O=p Q=r S=t U=v"};
    struct smtp_xattr list[SMTP_XATTRS_MAX];
    struct arena a = ARENA_INIT;
    char longest[800] = "NAME=";
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        CHECK(smtp_xattrs_parse(str_z(bad[i]), &a, list, &n) != ST_OK);
    memset(longest + 5, 'x', SMTP_XATTR_MAX);
    CHECK_ST(smtp_xattrs_parse(str_n(longest, 5 + SMTP_XATTR_MAX), &a, list, &n), ST_OK);
    CHECK_ST(smtp_xattrs_parse(str_n(longest, 6 + SMTP_XATTR_MAX), &a, list, &n), ST_SYNTAX);
    arena_fini(&a);
}
