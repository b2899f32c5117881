#include "transfer/read_common.c"

#include "test.h"

TEST(letters_in_names_are_flags_and_keywords)
{
    struct arena a = ARENA_INIT;
    struct keyword_names k;
    struct letter l = {0};

    keyword_names_parse(&a, STR("0 $Junk\n2 Work\n26 beyond\nx y\n3 \n"), &k);
    keyword_names_apply(&k, &a, STR("RSPabcd"), &l);
    CHECK_U64(l.flags, LETTER_ANSWERED | LETTER_SEEN);
    CHECK_U64(l.n_keywords, 3);
    CHECK_STR(l.keywords[0], STR("$Forwarded"));
    CHECK_STR(l.keywords[1], STR("$Junk"));
    CHECK_STR(l.keywords[2], STR("Work"));
    arena_fini(&a);
}

TEST(names_of_our_eml_files_tell_flags_and_others_only_the_date_of_the_header)
{
    struct arena a = ARENA_INIT;
    struct keyword_names k = {.names = {STR("one")}};
    struct letter l = {.bytes = STR("Date: Thu, 1 Jan 1970 00:00:10 +0000\r\n\r\n")};

    eml_describe(STR("0000000042,Sa.eml"), &k, &a, 99, &l);
    CHECK_U64(l.uid, 42);
    CHECK_U64(l.flags, LETTER_SEEN);
    CHECK_U64(l.n_keywords, 1);
    CHECK_U64((uint64_t)l.date_s, 99);
    l = (struct letter){.bytes = l.bytes};
    eml_describe(STR("Hello, Sam.eml"), &k, &a, 99, &l);
    CHECK_U64((uint64_t)l.date_s, 10);
    CHECK_U64(l.flags, 0);
    l = (struct letter){.bytes = STR("Subject: x\r\n\r\n")};
    eml_describe(STR("x.eml"), &k, &a, 99, &l);
    CHECK_U64((uint64_t)l.date_s, 99);
    arena_fini(&a);
}
