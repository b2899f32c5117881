/* `make-ca DIR --host NAME...`: a private certificate authority and a server's certificate, so that a demo or a small
 * network has TLS that its clients can check. P-256. In DIR: ca.pem and ca.key, server.pem (leaf, then the authority) and
 * server.key; keys readable by their owner only. What exists is kept; the leaf is made again when it expires within 30
 * days, or isn't for the names that are asked for. */
#include "admin/admin.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CA_DAYS 3650
#define LEAF_DAYS 397 /* more is refused by some clients */
#define RENEW_DAYS 30

struct pair {
    EVP_PKEY *key;
    X509 *cert;
};

static void pair_free(struct pair *p)
{
    EVP_PKEY_free(p->key);
    X509_free(p->cert);
    *p = (struct pair){0};
}

static enum st broken(const char *what)
{
    char why[160];

    ERR_error_string_n(ERR_get_error(), why, sizeof(why));
    ERR_clear_error();
    return FAIL(ST_INTERNAL, "%s: %s", what, why);
}

/* --- files ------------------------------------------------------------------------------------------- */

static bool load(const char *dir, const char *name, struct pair *out)
{
    char path[4096];
    FILE *f;

    *out = (struct pair){0};
    snprintf(path, sizeof(path), "%s/%s.key", dir, name);
    f = fopen(path, "re");
    if (f) {
        out->key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
        fclose(f);
    }
    snprintf(path, sizeof(path), "%s/%s.pem", dir, name);
    f = fopen(path, "re");
    if (f) {
        out->cert = PEM_read_X509(f, NULL, NULL, NULL);
        fclose(f);
    }
    ERR_clear_error();
    if (out->key && out->cert && X509_check_private_key(out->cert, out->key) == 1)
        return true;
    pair_free(out);
    return false;
}

/* Written beside and renamed: whoever reads sees the old or the new one. */
static enum st store(const char *dir, const char *name, const char *ending, mode_t mode, BIO *pem)
{
    char path[4096], temporary[4110];
    const char *p;
    long n = BIO_get_mem_data(pem, &p);
    int fd;
    bool ok;

    snprintf(path, sizeof(path), "%s/%s.%s", dir, name, ending);
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    unlink(temporary);
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return FAIL_ERRNO(temporary);
    ok = write(fd, p, (size_t)n) == n && fchmod(fd, mode) == 0 && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok && rename(temporary, path) == 0)
        return ST_OK;
    return FAIL_ERRNO(path);
}

static enum st save(const char *dir, const char *name, const struct pair *p, const X509 *issuer)
{
    BIO *key = BIO_new(BIO_s_secmem()), *certs = BIO_new(BIO_s_mem());
    enum st st = ST_OK;

    if (PEM_write_bio_PrivateKey(key, p->key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509(certs, p->cert) != 1 || (issuer && PEM_write_bio_X509(certs, issuer) != 1))
        st = broken("writing a key");
    if (st == ST_OK)
        st = store(dir, name, "key", 0600, key);
    if (st == ST_OK)
        st = store(dir, name, "pem", 0644, certs);
    BIO_free(key);
    BIO_free(certs);
    return st;
}

/* --- certificates ---------------------------------------------------------------------------------------- */

static bool extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *e;
    bool ok;

    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    ok = e && X509_add_ext(cert, e, -1) == 1;
    X509_EXTENSION_free(e);
    return ok;
}

static bool begin(X509 *x, EVP_PKEY *key, const char *name, long days)
{
    unsigned char serial[16];
    BIGNUM *number;
    bool ok;

    if (RAND_bytes(serial, sizeof(serial)) != 1)
        return false;
    serial[0] &= 0x7f; /* positive */
    number = BN_bin2bn(serial, sizeof(serial), NULL);
    ok = BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return ok && X509_set_version(x, X509_VERSION_3) && X509_gmtime_adj(X509_getm_notBefore(x), -3600) &&
           X509_gmtime_adj(X509_getm_notAfter(x), days * 86400) && X509_set_pubkey(x, key) &&
           X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0);
}

static enum st make_authority(struct pair *out)
{
    struct pair p = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};

    if (p.key && p.cert && begin(p.cert, p.key, "Restante private authority", CA_DAYS) &&
        X509_set_issuer_name(p.cert, X509_get_subject_name(p.cert)) &&
        extend(p.cert, p.cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
        extend(p.cert, p.cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
        extend(p.cert, p.cert, NID_subject_key_identifier, "hash") && X509_sign(p.cert, p.key, EVP_sha256()) > 0) {
        *out = p;
        return ST_OK;
    }
    pair_free(&p);
    return broken("making the authority");
}

static enum st make_leaf(const struct pair *ca, const char *name, const char *names, struct pair *out)
{
    struct pair p = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};

    if (p.key && p.cert && begin(p.cert, p.key, name, LEAF_DAYS) &&
        X509_set_issuer_name(p.cert, X509_get_subject_name(ca->cert)) &&
        extend(p.cert, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
        extend(p.cert, ca->cert, NID_key_usage, "critical,digitalSignature") &&
        extend(p.cert, ca->cert, NID_ext_key_usage, "serverAuth") &&
        extend(p.cert, ca->cert, NID_subject_alt_name, names) &&
        extend(p.cert, ca->cert, NID_subject_key_identifier, "hash") &&
        extend(p.cert, ca->cert, NID_authority_key_identifier, "keyid") &&
        X509_sign(p.cert, ca->key, EVP_sha256()) > 0) {
        *out = p;
        return ST_OK;
    }
    pair_free(&p);
    return broken("making the certificate");
}

static bool expires_soon(const X509 *x)
{
    time_t then = (time_t)clock_wall_s() + RENEW_DAYS * 86400;

    return X509_cmp_time(X509_get0_notAfter(x), &then) <= 0;
}

static bool is_address(struct str host)
{
    size_t digits = 0;

    for (size_t i = 0; i < host.n; i++)
        digits += ascii_is_digit(host.p[i]) || host.p[i] == '.';
    return str_find(host, ':') < host.n || digits == host.n;
}

static bool is_for(const struct pair *leaf, const struct pair *ca, const struct str *hosts, size_t n)
{
    char host[256];

    if (X509_verify(leaf->cert, X509_get0_pubkey(ca->cert)) != 1 || expires_soon(leaf->cert))
        return false;
    for (size_t i = 0; i < n; i++) {
        snprintf(host, sizeof(host), "%.*s", STR_ARGS(hosts[i]));
        if (is_address(hosts[i]) ? X509_check_ip_asc(leaf->cert, host, 0) != 1
                                 : X509_check_host(leaf->cert, host, 0, 0, NULL) != 1)
            return false;
    }
    return true;
}

/* Only what can stand in a name: the text goes through OpenSSL's configuration syntax. */
static enum st names_of(const struct str *hosts, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < hosts[i].n; k++)
            if (!ascii_is_alnum(hosts[i].p[k]) && !strchr(".-:*", hosts[i].p[k]))
                return FAIL(ST_SYNTAX, "\"%.*s\" is no host name", STR_ARGS(hosts[i]));
        if (hosts[i].n == 0 || hosts[i].n > 253)
            return FAIL(ST_SYNTAX, "\"%.*s\" is no host name", STR_ARGS(hosts[i]));
        buf_addf(out, "%s%s:%.*s", i ? "," : "", is_address(hosts[i]) ? "IP" : "DNS", STR_ARGS(hosts[i]));
    }
    buf_addc(out, '\0');
    return buf_check(out);
}

static enum st ensure(const char *dir, const struct str *hosts, size_t n, const char *names, bool *out_ca,
                      bool *out_leaf)
{
    struct pair ca = {0}, leaf = {0};
    char first[256];
    enum st st = ST_OK;

    snprintf(first, sizeof(first), "%.*s", (int)MIN(hosts[0].n, 64), hosts[0].p);
    *out_ca = !load(dir, "ca", &ca);
    if (*out_ca) {
        st = make_authority(&ca);
        if (st == ST_OK)
            st = save(dir, "ca", &ca, NULL);
    }
    if (st == ST_OK) {
        *out_leaf = !load(dir, "server", &leaf) || !is_for(&leaf, &ca, hosts, n);
        if (*out_leaf) {
            pair_free(&leaf);
            st = make_leaf(&ca, first, names, &leaf);
            if (st == ST_OK)
                st = save(dir, "server", &leaf, ca.cert);
        }
    }
    pair_free(&ca);
    pair_free(&leaf);
    ERR_clear_error();
    return st;
}

enum st admin_make_ca(struct str dir, const struct str *hosts, size_t n, struct buf *out_json)
{
    static const struct str always[] = {{"localhost", 9}, {"127.0.0.1", 9}, {"::1", 3}};
    struct arena a = ARENA_INIT;
    struct str *all = ARENA_ARRAY(&a, struct str, n + ARRAY_LEN(always));
    char *path = arena_cstr(&a, dir);
    bool new_ca = false, new_leaf = false;
    struct buf names;
    struct json j;
    enum st st;

    if (n)
        memcpy(all, hosts, n * sizeof(*all));
    memcpy(all + n, always, sizeof(always));
    buf_init(&names, 16384);
    st = names_of(all, n + ARRAY_LEN(always), &names);
    if (st == ST_OK && mkdir(path, 0755) != 0 && errno != EEXIST)
        st = FAIL_ERRNO(path);
    if (st == ST_OK)
        st = ensure(path, all, n + ARRAY_LEN(always), names.p, &new_ca, &new_leaf);
    if (st == ST_OK) {
        json_init(&j, out_json);
        json_object(&j);
        json_kv_str(&j, "ca", arena_printf(&a, "%s/ca.pem", path));
        json_kv_str(&j, "certificate", arena_printf(&a, "%s/server.pem", path));
        json_kv_str(&j, "key", arena_printf(&a, "%s/server.key", path));
        json_kv_bool(&j, "made_ca", new_ca);
        json_kv_bool(&j, "made_certificate", new_leaf);
        json_object_end(&j);
    }
    buf_fini(&names);
    arena_fini(&a);
    return st;
}
