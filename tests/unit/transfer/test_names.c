#include "transfer/names.c"

#include "test.h"

static const char *const names[] = {
    "INBOX",         "Sent",        "a/b/c",      "a.b/c.d",      "Ärger & Co", "R&-D",      "back\\slash", "\\2e",
    "日本語/テスト", "new/cur/tmp", ".hidden/..", "x.mbox/y.sbd", "50%/100%25", "q\"*?:<>|", "renew",       "x.mboxes"};

TEST(a_name_comes_back_from_both_forms)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct arena a = ARENA_INIT;
        struct str file, back;

        CHECK_ST(name_to_maildir(&a, str_z(names[i]), &file), ST_OK);
        CHECK(str_find(file, '/') == file.n);
        CHECK_ST(name_from_maildir(&a, file, &back), ST_OK);
        CHECK_STR(back, str_z(names[i]));
        CHECK_ST(name_to_path(&a, str_z(names[i]), &file), ST_OK);
        CHECK(file.p[0] != '.' && str_search(file, STR("/.")) == file.n);
        CHECK_ST(name_from_path(&a, file, &back), ST_OK);
        CHECK_STR(back, str_z(names[i]));
        arena_fini(&a);
    }
}

TEST(names_look_as_other_programs_write_them)
{
    struct arena a = ARENA_INIT;
    struct str s;

    CHECK_ST(name_to_maildir(&a, STR("Entwürfe/alt"), &s), ST_OK);
    CHECK_STR(s, STR("Entw&APw-rfe.alt"));
    CHECK_ST(name_from_maildir(&a, STR("Entw\xc3\xbcrfe.alt"), &s), ST_OK);
    CHECK_STR(s, STR("Entwürfe/alt"));
    CHECK_ST(name_from_maildir(&a, STR("Q&A"), &s), ST_OK); /* no modified UTF-7: as it is */
    CHECK_STR(s, STR("Q&A"));
    CHECK_ST(name_to_path(&a, STR("new/.x/a.mbox"), &s), ST_OK);
    CHECK_STR(s, STR("%6Eew/%2Ex/a%2Embox"));
    arena_fini(&a);
}

TEST(what_is_no_file_name_is_refused)
{
    struct arena a = ARENA_INIT;
    char many[1000];
    struct str s;

    memset(many, 'x', sizeof many);
    CHECK_ST(name_to_maildir(&a, str_n(many, 255), &s), ST_LIMIT);
    CHECK_ST(name_to_maildir(&a, str_n(many, 254), &s), ST_OK);
    CHECK_ST(name_to_path(&a, str_n(many, 251), &s), ST_LIMIT);
    CHECK_ST(name_to_path(&a, str_n(many, 250), &s), ST_OK);
    CHECK_ST(name_from_path(&a, STR("\xff"), &s), ST_SYNTAX);
    CHECK_ST(name_from_path(&a, STR("%FF"), &s), ST_SYNTAX);
    arena_fini(&a);
}
