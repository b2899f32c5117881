#include "admin/make_ca.c"

#include "test.h"

static char dir[64];

static void clean(void)
{
    static const char *const names[] = {"ca.pem", "ca.key", "server.pem", "server.key"};
    char path[200];

    snprintf(dir, sizeof(dir), "/tmp/test-make-ca-%d", (int)getpid());
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

static bool made(const struct str *hosts, size_t n, const char *what)
{
    struct buf b;
    bool yes;

    buf_init(&b, 4096);
    CHECK_ST(admin_make_ca(str_z(dir), hosts, n, &b), ST_OK);
    yes = str_search(buf_str(&b), str_z(what)) < b.n;
    buf_fini(&b);
    return yes;
}

static mode_t mode_of(const char *name)
{
    char path[200];
    struct stat s = {0};

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    CHECK(stat(path, &s) == 0);
    return s.st_mode & 0777;
}

TEST(a_certificate_is_made_once_and_checks_out)
{
    const struct str hosts[] = {{"mail.example.test", 17}, {"192.0.2.7", 9}};
    struct pair ca, leaf;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();

    clean();
    CHECK(made(hosts, 2, "\"made_ca\":true,\"made_certificate\":true"));
    CHECK(made(hosts, 2, "\"made_ca\":false,\"made_certificate\":false"));
    CHECK(made(hosts, 1, "\"made_ca\":false,\"made_certificate\":false"));
    CHECK(mode_of("ca.key") == 0600 && mode_of("server.key") == 0600 && mode_of("server.pem") == 0644);
    CHECK(load(dir, "ca", &ca) && load(dir, "server", &leaf));
    CHECK(X509_check_host(leaf.cert, "mail.example.test", 0, 0, NULL) == 1);
    CHECK(X509_check_host(leaf.cert, "localhost", 0, 0, NULL) == 1);
    CHECK(X509_check_ip_asc(leaf.cert, "::1", 0) == 1 && X509_check_ip_asc(leaf.cert, "127.0.0.1", 0) == 1);
    CHECK(X509_check_host(leaf.cert, "other.test", 0, 0, NULL) == 0);
    X509_STORE_add_cert(store, ca.cert);
    X509_STORE_CTX_init(ctx, store, leaf.cert, NULL);
    X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    CHECK(X509_verify_cert(ctx) == 1);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    pair_free(&ca);
    pair_free(&leaf);
    clean();
}

TEST(another_name_or_an_old_leaf_makes_it_anew_but_not_the_authority)
{
    const struct str one[] = {{"a.test", 6}}, two[] = {{"b.test", 6}};
    struct pair ca, leaf;

    clean();
    CHECK(made(one, 1, "\"made_certificate\":true"));
    CHECK(made(two, 1, "\"made_ca\":false,\"made_certificate\":true"));
    CHECK(load(dir, "ca", &ca) && load(dir, "server", &leaf));
    X509_gmtime_adj(X509_getm_notAfter(leaf.cert), 86400);
    X509_sign(leaf.cert, ca.key, EVP_sha256());
    CHECK_ST(save(dir, "server", &leaf, ca.cert), ST_OK);
    pair_free(&ca);
    pair_free(&leaf);
    CHECK(made(two, 1, "\"made_ca\":false,\"made_certificate\":true"));
    clean();
}

TEST(odd_names_are_refused)
{
    static const char *const bad[] = {"a,DNS:evil", "", "a b", "x\ny"};
    struct buf b;

    clean();
    buf_init(&b, 1000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct str host = str_z(bad[i]);

        CHECK_ST(admin_make_ca(str_z(dir), &host, 1, &b), ST_SYNTAX);
    }
    CHECK_ST(admin_make_ca(STR("/nonexistent/x"), NULL, 0, &b), ST_NOTFOUND);
    buf_fini(&b);
    clean();
}
