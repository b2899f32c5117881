#include "mime/encword.c"

#include "test.h"

static const struct {
    struct str in, out;
} cases[] = {
    /* RFC 2047 section 8 */
    {STR("=?US-ASCII?Q?Keith_Moore?= <moore@cs.utk.edu>"), STR("Keith Moore <moore@cs.utk.edu>")},
    {STR("=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?="), STR("Keld J\xc3\xb8rn Simonsen")},
    {STR("=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n =?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?="),
     STR("If you can read this you understand the example.")},
    {STR("=?ISO-8859-1?Q?a?="), STR("a")},
    {STR("=?ISO-8859-1?Q?a?= b"), STR("a b")},
    {STR("=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?="), STR("ab")},
    {STR("=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?="), STR("ab")},
    {STR("=?ISO-8859-1?Q?a_b?="), STR("a b")},
    {STR("=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?="), STR("a b")},
    /* RFC 2231 section 5 */
    {STR("=?US-ASCII*EN?Q?Keith_Moore?="), STR("Keith Moore")},
    /* what senders do */
    {STR("=?utf-8?q?a=C3?= =?utf-8?q?=BCb?="), STR("a\xc3\xbc"
                                                   "b")},
    {STR("=?UTF-8?B?w7w=?==?UTF-8?B?w7w=?="), STR("\xc3\xbc\xc3\xbc")},
    {STR("=?utf-8?Q?with space?="), STR("with space")},
    {STR("x=?utf-8?q?y?=z"), STR("xyz")},
    {STR("=?utf-8?q?"
         "?="),
     STR("")},
    {STR("=?iso-2022-jp?b?GyRCRnxLXBsoQg==?="), STR("\xe6\x97\xa5\xe6\x9c\xac")},
    {STR("=?shift_jis?b?k/qWew==?="), STR("\xe6\x97\xa5\xe6\x9c\xac")},
    {STR("=?nonsense?q?a=FC?="), STR("a\xc3\xbc")},
    {STR("raw \xfc and \xc3\xbc"), STR("raw \xc3\xbc and \xc3\xbc")},
    {STR("=?utf-8?x?a?="), STR("=?utf-8?x?a?=")},
    {STR("=?utf-8?q?a"), STR("=?utf-8?q?a")},
    {STR("=?utf-8?q"), STR("=?utf-8?q")},
    {STR("=?=?=?"), STR("=?=?=?")},
    {STR("=?"
         "?q?a?="),
     STR("=?"
         "?q?a?=")},
    {STR("plain"), STR("plain")},
    {STR(""), STR("")},
};

TEST(encoded_words)
{
    struct arena a = ARENA_INIT;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CHECK_STR(mime_encword_decode(&a, cases[i].in), cases[i].out);
        for (size_t n = 0; n < cases[i].in.n; n++)
            CHECK(str_is_utf8(mime_encword_decode(&a, str_n(cases[i].in.p, n))));
    }
    arena_fini(&a);
}
