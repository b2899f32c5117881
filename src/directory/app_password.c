#include "directory/app_password.h"

#include "base/random.h"

#include <sodium.h>
#include <stdio.h>

#define GROUP 5
#define GIVEN_MAX 100

struct str app_password_make(struct arena *a)
{
    struct str letters = random_word(a, APP_PASSWORD_LETTERS);
    char *p = arena_alloc(a, APP_PASSWORD_LETTERS + APP_PASSWORD_LETTERS / GROUP);
    size_t n = 0;

    for (size_t i = 0; i < letters.n; i++) {
        if (i && i % GROUP == 0 && letters.n - i > 1) /* the last one is not left alone */
            p[n++] = '-';
        p[n++] = letters.p[i];
    }
    wipe((void *)(uintptr_t)letters.p, letters.n);
    return str_n(p, n);
}

/* Its letters alone. */
static bool letters_of(struct secret given, char out[APP_PASSWORD_LETTERS])
{
    size_t n = 0;

    if (given.n > GIVEN_MAX)
        return false;
    for (size_t i = 0; i < given.n; i++) {
        char c = ascii_lower(given.p[i]);

        if (c == '-' || c == ' ')
            continue;
        if (n == APP_PASSWORD_LETTERS || !((c >= 'a' && c <= 'z') || (c >= '2' && c <= '9')))
            return false;
        out[n++] = c;
    }
    return n == APP_PASSWORD_LETTERS;
}

bool app_password_hash(struct secret given, char out_hash[APP_PASSWORD_HASH_MAX])
{
    static const char head[] = "$app$";
    unsigned char digest[crypto_hash_sha256_BYTES];
    char letters[APP_PASSWORD_LETTERS];
    bool is = letters_of(given, letters);

    if (is) {
        crypto_hash_sha256(digest, (const unsigned char *)letters, sizeof(letters));
        memcpy(out_hash, head, sizeof(head) - 1);
        sodium_bin2hex(out_hash + sizeof(head) - 1, APP_PASSWORD_HASH_MAX - (sizeof(head) - 1), digest, sizeof(digest));
    }
    wipe(letters, sizeof(letters));
    return is;
}
