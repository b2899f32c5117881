#include "net/help.h"

#include "net/tls_words.c"

TEST(unknown_words_are_found)
{
    static const struct {
        const char *list, *cipher, *group; /* the word to blame; NULL: not asked */
    } cases[] = {
        {"", "", ""},
        {"ECDHE+AESGCM:ECDHE+CHACHA20", "", NULL},
        {"ECDHE-RSA-AES128-GCM-SHA256,!MD5:-RC4:@STRENGTH", "", NULL},
        {"ECDHE+AESGCM:NONSENSE:MORE", "NONSENSE", NULL},
        {"nonsense", "nonsense", "nonsense"},
        {"X25519", "X25519", ""},
        {"X25519:P-256:P-384", NULL, ""},
        {"X25519:P-257", NULL, "P-257"},
        {"!MD5", "!MD5", NULL} /* nothing is left */,
        {":", ":", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (cases[i].cipher)
            CHECK_STR(tls_unknown_cipher(str_z(cases[i].list)), str_z(cases[i].cipher));
        if (cases[i].group)
            CHECK_STR(tls_unknown_group(str_z(cases[i].list)), str_z(cases[i].group));
    }
}
