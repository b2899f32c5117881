/* Lists of cipher suites and groups as an administrator writes them, word for word: OpenSSL passes over unknown words of
 * the one as long as any is known, and says of the other that something is wrong, but not what. */
#include "base/must.h"
#include "net/tls_inside.h"

#include <openssl/err.h>

static bool takes_ciphers(SSL_CTX *ctx, const char *z)
{
    return SSL_CTX_set_cipher_list(ctx, z) == 1;
}

static bool takes_groups(SSL_CTX *ctx, const char *z)
{
    return SSL_CTX_set1_groups_list(ctx, z) == 1;
}

static bool takes(SSL_CTX *ctx, bool (*fn)(SSL_CTX *ctx, const char *z), struct str s)
{
    struct arena a = ARENA_INIT;
    bool ok = s.n && fn(ctx, arena_cstr(&a, s));

    arena_fini(&a);
    return ok;
}

static struct str first_unknown(struct str list, const char *between, bool (*fn)(SSL_CTX *ctx, const char *z))
{
    struct str found = STR_NONE;
    OSSL_LIB_CTX *lib = OSSL_LIB_CTX_new();
    SSL_CTX *ctx;

    must(lib && tls_context_new(lib, TLS_server_method(), &ctx) == ST_OK);
    for (size_t at = 0, n; at < list.n && !found.n; at += n + 1) {
        for (n = 0; at + n < list.n && !strchr(between, list.p[at + n]);)
            n++;
        /* of ciphers "!X" and "-X" take away, "+X" moves, "@X" is an order: none of them is a list by itself */
        if (n && !strchr("!-+@", list.p[at]) && !takes(ctx, fn, str_n(list.p + at, n)))
            found = str_n(list.p + at, n);
    }
    if (list.n && !found.n && !takes(ctx, fn, list))
        found = list;
    SSL_CTX_free(ctx);
    OSSL_LIB_CTX_free(lib);
    ERR_clear_error();
    return found;
}

struct str tls_unknown_cipher(struct str ciphers)
{
    return first_unknown(ciphers, ":, ;", takes_ciphers);
}

struct str tls_unknown_group(struct str groups)
{
    return first_unknown(groups, ":", takes_groups);
}
