/* Argon2id by libsodium, everything older by libxcrypt. Costs of foreign hashes are bounded when they are imported and
 * again when they are checked, so that one row of a table can't stop all logins. */
#include "directory/password.h"

#include "base/must.h"
#include "sasl/prep.h"

#include <crypt.h>
#include <errno.h>
#include <sodium.h>

#define ARGON2_MEMORY_MAX_KIB (1u << 20)
#define ARGON2_WORK_MAX_KIB (8u << 20) /* memory times passes: some 5 s */
#define BCRYPT_COST_MAX 15             /* some 2 s */
#define SHA_ROUNDS_MAX 5000000         /* some 3 s */
#define SCRYPT_LOG_N_MAX 18

void password_preload(void)
{
    if (sodium_init() < 0)
        never("libsodium can't start");
    sasl_prep_preload();
}

/* --- which scheme, and is its cost sane ----------------------------------------------------------- */

static bool number_at(struct str *rest, struct str name, uint64_t max, uint64_t *out)
{
    size_t n = 0;

    if (!str_starts(*rest, name))
        return false;
    *rest = str_from(*rest, name.n);
    while (n < rest->n && ascii_is_digit(rest->p[n]))
        n++;
    if (str_u64(str_sub(*rest, 0, n), max, out) != ST_OK)
        return false;
    *rest = str_from(*rest, n);
    return true;
}

static bool argon2_is_sane(struct str hash)
{
    struct str rest = str_from(hash, str_starts(hash, STR("$argon2id$")) ? 10 : 9);
    uint64_t version, memory, passes, lanes;

    return number_at(&rest, STR("v="), 19, &version) && number_at(&rest, STR("$m="), ARGON2_MEMORY_MAX_KIB, &memory) &&
           number_at(&rest, STR(",t="), 1000, &passes) && number_at(&rest, STR(",p="), 64, &lanes) &&
           memory * passes <= ARGON2_WORK_MAX_KIB && hash.n < crypto_pwhash_STRBYTES;
}

static bool bcrypt_is_sane(struct str hash)
{
    struct str rest = str_from(hash, 4);
    uint64_t cost;

    return hash.n == 60 && number_at(&rest, STR(""), BCRYPT_COST_MAX, &cost) && cost >= 4;
}

static bool sha_is_sane(struct str hash)
{
    struct str rest = str_from(hash, 3);
    uint64_t rounds;

    return !str_starts(rest, STR("rounds=")) || number_at(&rest, STR("rounds="), SHA_ROUNDS_MAX, &rounds);
}

/* crypt(5): one character holds the logarithm of N, counted from 0 in scrypt and from 1 in yescrypt */
static bool scrypt_is_sane(struct str hash)
{
    static const char digits[] = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    bool is_yescrypt = hash.p[1] == 'y';
    size_t at = is_yescrypt ? 4 : 3;
    const char *digit = hash.n > at && hash.p[at] ? strchr(digits, hash.p[at]) : NULL;

    return digit && (digit - digits) + is_yescrypt <= SCRYPT_LOG_N_MAX;
}

static bool md5_is_sane(struct str hash)
{
    return hash.n >= 26;
}

static const struct scheme {
    struct str prefix;
    bool is_argon2;
    bool (*is_sane)(struct str hash);
} schemes[] = {
    {{"$argon2id$", 10}, true, argon2_is_sane}, {{"$argon2i$", 9}, true, argon2_is_sane},
    {{"$2a$", 4}, false, bcrypt_is_sane},       {{"$2b$", 4}, false, bcrypt_is_sane},
    {{"$2y$", 4}, false, bcrypt_is_sane},       {{"$5$", 3}, false, sha_is_sane},
    {{"$6$", 3}, false, sha_is_sane},           {{"$y$", 3}, false, scrypt_is_sane},
    {{"$7$", 3}, false, scrypt_is_sane},        {{"$1$", 3}, false, md5_is_sane},
};

static enum st scheme_of(struct str hash, const struct scheme **out)
{
    if (hash.n >= PASSWORD_HASH_MAX || !str_is_ascii(hash) || str_find(hash, '\0') != hash.n)
        return FAIL(ST_SYNTAX, "it is no password hash");
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (str_starts(hash, schemes[i].prefix)) {
            if (!schemes[i].is_sane(hash))
                return FAIL(ST_SYNTAX, "a %s hash that is damaged, or too costly to check", schemes[i].prefix.p);
            *out = &schemes[i];
            return ST_OK;
        }
    return FAIL(ST_SYNTAX,
                "a password hash of a kind that is not known ($argon2id$ $2b$ $2y$ $5$ $6$ $y$ $7$ $1$ are)");
}

enum st password_import(struct str given, char out_hash[PASSWORD_HASH_MAX])
{
    static const char *const braces[] = {"{ARGON2ID}",  "{ARGON2I}",   "{SHA512-CRYPT}", "{SHA256-CRYPT}",
                                         "{BLF-CRYPT}", "{MD5-CRYPT}", "{CRYPT}",        "{SCRYPT}"};
    const struct scheme *scheme;

    for (size_t i = 0; i < ARRAY_LEN(braces); i++)
        if (str_istarts(given, str_z(braces[i]))) {
            given = str_from(given, strlen(braces[i]));
            break;
        }
    TRY(scheme_of(given, &scheme));
    memcpy(out_hash, given.p, given.n);
    out_hash[given.n] = '\0';
    return ST_OK;
}

/* --- hashing and checking --------------------------------------------------------------------------- */

static enum st prepare(struct arena *a, struct secret password, bool stored, struct str *out)
{
    if (password.n > PASSWORD_MAX)
        return FAIL(ST_SYNTAX, "the password is longer than %d bytes", PASSWORD_MAX);
    if (sasl_prep(a, str_n(password.p, password.n), stored, out) != ST_OK)
        return FAIL(ST_SYNTAX, "the password is empty or has characters that SASLprep (RFC 4013) prohibits");
    if (out->n > PASSWORD_MAX)
        return FAIL(ST_SYNTAX, "the password is longer than %d bytes", PASSWORD_MAX);
    return ST_OK;
}

static void forget(struct arena *a, struct str prepared)
{
    if (prepared.n)
        wipe((void *)(uintptr_t)prepared.p, prepared.n);
    arena_fini(a);
}

static enum st argon2(struct str text, struct password_cost cost, char out_hash[PASSWORD_HASH_MAX])
{
    size_t memory = MAX((size_t)cost.memory, (size_t)crypto_pwhash_MEMLIMIT_MIN);

    if (crypto_pwhash_str_alg(out_hash, text.p, text.n, MAX(cost.passes, 1u), memory, crypto_pwhash_ALG_ARGON2ID13) !=
        0)
        return FAIL(ST_TRYLATER, "not enough memory to hash a password");
    return ST_OK;
}

enum st password_hash(struct secret password, struct password_cost cost, char out_hash[PASSWORD_HASH_MAX])
{
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE;
    enum st st = prepare(&a, password, true, &text);

    if (st == ST_OK)
        st = argon2(text, cost, out_hash);
    forget(&a, text);
    return st;
}

void password_check_nobody(struct secret password, struct password_cost cost)
{
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE;
    char hash[PASSWORD_HASH_MAX];

    if (prepare(&a, password, false, &text) != ST_OK || argon2(text, cost, hash) != ST_OK)
        err_get()->st = ST_OK; /* nobody can log in with it either way */
    forget(&a, text);
}

static enum st check_argon2(struct str hash, struct str text)
{
    char padded[crypto_pwhash_STRBYTES] = {0};

    memcpy(padded, hash.p, hash.n); /* libsodium reads the whole array; scheme_of has bounded n */
    errno = 0;
    if (crypto_pwhash_str_verify(padded, text.p, text.n) == 0)
        return ST_OK;
    return errno == ENOMEM ? FAIL(ST_TRYLATER, "not enough memory to check a password")
                           : FAIL(ST_DENIED, "wrong password");
}

static enum st check_crypt(struct str hash, struct str text)
{
    struct work {
        struct crypt_data data;
        char text[PASSWORD_MAX + 1], hash[PASSWORD_HASH_MAX];
    } *w = mem_new(sizeof(*w)); /* crypt_data alone has 32 KiB */
    const char *got;
    bool same, no_memory;

    memcpy(w->text, text.p, text.n);
    memcpy(w->hash, hash.p, hash.n);
    errno = 0;
    got = crypt_rn(w->text, w->hash, &w->data, sizeof(w->data)); /* crypt_r is replaced by sanitizers */
    no_memory = !got && errno == ENOMEM;
    same = got && strlen(got) == hash.n && bytes_eq_const(got, hash.p, hash.n);
    wipe(w, sizeof(*w));
    mem_free(w);
    if (same)
        return ST_OK;
    return no_memory ? FAIL(ST_TRYLATER, "not enough memory to check a password") : FAIL(ST_DENIED, "wrong password");
}

enum st password_check(struct str hash, struct secret password)
{
    const struct scheme *scheme;
    struct arena a = ARENA_INIT;
    struct str text = STR_NONE;
    enum st st;

    if (scheme_of(hash, &scheme) != ST_OK)
        return FAIL(ST_CORRUPT, "a stored password hash is not usable");
    st = prepare(&a, password, false, &text);
    if (st != ST_OK)
        st = FAIL(ST_DENIED, "wrong password");
    else if (scheme->is_argon2)
        st = check_argon2(hash, text);
    else
        st = check_crypt(hash, text);
    /* hashes of other servers were mostly made of the bytes as they came */
    if (st == ST_DENIED && !scheme->is_argon2 && password.n <= PASSWORD_MAX && password.n &&
        !memchr(password.p, 0, password.n) && !str_eq(text, str_n(password.p, password.n)))
        st = check_crypt(hash, str_n(password.p, password.n));
    forget(&a, text);
    return st;
}
