#include "keeper/srs.h"

#include "base/buf.h"
#include "base/must.h"
#include "base/secret.h"

#include <sodium.h>

#define HASH_LETTERS 6
#define DAYS_ROUND 1024u /* two letters of five bits each */
#define SEPARATORS "=+-" /* that servers put behind SRS0 and SRS1 */

static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";

_Static_assert(SRS_KEY_BYTES <= crypto_auth_hmacsha256_KEYBYTES, "of HMAC-SHA-256");

unsigned srs_day(uint64_t wall_us)
{
    return (unsigned)(wall_us / 86400000000u % DAYS_ROUND);
}

/* --- the hash ------------------------------------------------------------------------------------------------------ */

static void hash(const unsigned char key[SRS_KEY_BYTES], char kind, struct str covered, char out[HASH_LETTERS])
{
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state h;

    must(crypto_auth_hmacsha256_init(&h, key, SRS_KEY_BYTES) == 0);
    must(crypto_auth_hmacsha256_update(&h, (const unsigned char *)&kind, 1) == 0);
    for (size_t i = 0; i < covered.n; i++) {
        unsigned char c = (unsigned char)ascii_lower(covered.p[i]);

        must(crypto_auth_hmacsha256_update(&h, &c, 1) == 0);
    }
    must(crypto_auth_hmacsha256_final(&h, mac) == 0);
    for (size_t i = 0; i < HASH_LETTERS; i++)
        out[i] = letters[mac[i] % 32];
    wipe(&h, sizeof h);
}

static bool is_ours(const struct srs_keys *keys, char kind, struct str said, struct str covered)
{
    char low[HASH_LETTERS];
    bool found = false;

    if (said.n != HASH_LETTERS)
        return false;
    for (size_t i = 0; i < HASH_LETTERS; i++)
        low[i] = ascii_lower(said.p[i]);
    for (size_t i = 0; i < keys->n; i++) {
        char want[HASH_LETTERS];

        hash(keys->key[i], kind, covered, want);
        found = bytes_eq_const(want, low, HASH_LETTERS) || found;
    }
    return found;
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

static struct str signed_text(struct arena *a, const struct srs_keys *keys, char kind, struct str covered)
{
    char h[HASH_LETTERS];

    must(keys->n > 0);
    hash(keys->key[0], kind, covered, h);
    return arena_printf(a, "SRS%c=%.*s=%.*s", kind, HASH_LETTERS, h, STR_ARGS(covered));
}

static struct str with_day(struct arena *a, unsigned day, struct str rest)
{
    return arena_printf(a, "%c%c=%.*s", letters[day / 32 % 32], letters[day % 32], STR_ARGS(rest));
}

/* What is behind "SRS0" or "SRS1", with the separator in front; empty: it is not such an address. */
static struct str behind(struct str local, const char *word)
{
    if (local.n < 6 || !str_istarts(local, str_z(word)) || !strchr(SEPARATORS, local.p[4]))
        return STR_NONE;
    return str_from(local, 4);
}

/* "=HASH=first=rest" of SRS1 to "first=rest". */
static struct str without_hash(struct str s)
{
    size_t at = str_find(str_from(s, 1), '=');
    struct str rest = str_from(s, MIN(at + 2, s.n));
    size_t host = str_find(rest, '=');

    return host > 0 && host + 2 < rest.n && strchr(SEPARATORS, rest.p[host + 1]) ? rest : STR_NONE;
}

static bool is_plain(const struct directory_address *s)
{
    return s->local.n && s->local.p[0] != '"' && s->domain.n && s->domain.p[0] != '[' &&
           str_find(s->domain, '=') == s->domain.n;
}

enum st srs_wrap(struct arena *a, const struct srs_keys *keys, unsigned day, const struct directory_address *sender,
                 struct str *out)
{
    struct str again = behind(sender->local, "SRS0"), more = without_hash(behind(sender->local, "SRS1")), local;

    if (!is_plain(sender))
        return FAIL(ST_LIMIT, "a sender that can't stand in another address");
    if (more.n)
        local = signed_text(a, keys, '1', more);
    else if (again.n)
        local = signed_text(a, keys, '1', arena_printf(a, "%.*s=%.*s", STR_ARGS(sender->domain), STR_ARGS(again)));
    else
        local = signed_text(
            a, keys, '0',
            with_day(a, day, arena_printf(a, "%.*s=%.*s", STR_ARGS(sender->domain), STR_ARGS(sender->local))));
    if (local.n > DIRECTORY_LOCAL_MAX)
        return FAIL(ST_LIMIT, "a sender too long to stand in another address");
    *out = local;
    return ST_OK;
}

struct str srs_wrap_kept(struct arena *a, const struct srs_keys *keys, unsigned day, uint64_t number)
{
    return signed_text(a, keys, '0', with_day(a, day, arena_printf(a, "=%llx", (unsigned long long)number)));
}

/* --- reading ------------------------------------------------------------------------------------------------------- */

bool srs_is(struct str local)
{
    return str_istarts(local, STR("SRS0=")) || str_istarts(local, STR("SRS1="));
}

static unsigned value_of(char c)
{
    const char *at = c ? strchr(letters, ascii_lower(c)) : NULL;

    return at ? (unsigned)(at - letters) : DAYS_ROUND;
}

/* A day ahead is another server's clock. */
static bool is_recent(struct str two, unsigned today)
{
    unsigned high, low, age;

    if (two.n != 2)
        return false;
    high = value_of(two.p[0]);
    low = value_of(two.p[1]);
    if (high == DAYS_ROUND || low == DAYS_ROUND)
        return false;
    age = (today + 1 + DAYS_ROUND - (high * 32 + low)) % DAYS_ROUND;
    return age <= SRS_DAYS + 1;
}

static enum st unwrap_first(struct arena *a, unsigned day, struct str covered, struct srs_original *out)
{
    struct str when = str_sub(covered, 0, str_find(covered, '=')), rest = str_from(covered, MIN(when.n + 1, covered.n));
    size_t at = str_find(rest, '=');
    struct str local = str_from(rest, MIN(at + 1, rest.n));
    struct srs_original o = {0};

    if (!is_recent(when, day))
        return FAIL(ST_NOTFOUND, "that address was good for %d days", SRS_DAYS);
    if (at >= rest.n || !local.n)
        return FAIL(ST_NOTFOUND, "nobody stands in that address");
    if (at) {
        o.address = arena_printf(a, "%.*s@%.*s", STR_ARGS(local), STR_ARGS(str_sub(rest, 0, at)));
    } else {
        for (size_t i = 0; i < local.n && i < 16; i++) {
            char c = ascii_lower(local.p[i]);

            o.kept = o.kept * 16 + (uint64_t)(ascii_is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0);
        }
        if (!o.kept)
            return FAIL(ST_NOTFOUND, "nobody stands in that address");
    }
    *out = o;
    return ST_OK;
}

enum st srs_unwrap(struct arena *a, const struct srs_keys *keys, unsigned day, struct str local,
                   struct srs_original *out)
{
    struct str rest = str_from(local, 5), said = str_sub(rest, 0, str_find(rest, '='));
    struct str covered = str_from(rest, MIN(said.n + 1, rest.n));
    size_t at = str_find(covered, '=');

    must(srs_is(local));
    if (!is_ours(keys, local.p[3], said, covered))
        return FAIL(ST_NOTFOUND, "that address is not of our making");
    if (local.p[3] == '0')
        return unwrap_first(a, day, covered, out);
    if (at + 1 >= covered.n)
        return FAIL(ST_NOTFOUND, "nobody stands in that address");
    *out = (struct srs_original){.address = arena_printf(a, "SRS0%.*s@%.*s", STR_ARGS(str_from(covered, at + 1)),
                                                         STR_ARGS(str_sub(covered, 0, at)))};
    return ST_OK;
}
