#include "imap/urlauth.h"
#include "base/must.h"

#include <sodium.h>

#define ALGORITHM "01"

_Static_assert(MAIL_URL_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES, "the key is one of HMAC-SHA-256");
_Static_assert(URLAUTH_TOKEN_CHARS == sizeof(ALGORITHM) - 1 + 2 * crypto_auth_hmacsha256_BYTES, "two digits a byte");

void urlauth_token(const unsigned char key[MAIL_URL_KEY_BYTES], struct str rump, char out[URLAUTH_TOKEN_CHARS])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];

    crypto_auth_hmacsha256(mac, (const unsigned char *)rump.p, rump.n, key);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    memcpy(out, ALGORITHM, 2);
    memcpy(out + 2, hex, sizeof hex - 1);
}

bool urlauth_is_good(const unsigned char key[MAIL_URL_KEY_BYTES], const struct imap_url *u)
{
    char want[URLAUTH_TOKEN_CHARS], given[URLAUTH_TOKEN_CHARS] = {0};

    urlauth_token(key, u->rump, want);
    for (size_t i = 0; i < MIN(u->token.n, sizeof given); i++)
        given[i] = ascii_lower(u->token.p[i]);
    return u->token.n == sizeof given && sodium_memcmp(want, given, sizeof want) == 0;
}

bool urlauth_may(const struct imap_url *u, struct str login, uint64_t now_us)
{
    if (u->expires_us && u->expires_us < now_us)
        return false;
    switch (u->access) {
    case URL_ACCESS_ANONYMOUS:
    case URL_ACCESS_AUTHUSER: return true; /* sessions of nobody do not exist here */
    case URL_ACCESS_USER: return str_ieq(u->access_user, login);
    case URL_ACCESS_SUBMIT: /* for who hands in letters: not a role that an IMAP session has here */
    case URL_ACCESS_NONE: return false;
    }
    never("no such access identifier");
}
