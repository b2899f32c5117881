/* What a client checks is tried with servers in test_tls.c; here, what it refuses to begin with. */
#include "net/tls_help.h"

#include "net/tls_client.c"

TEST(options_are_checked)
{
    struct tls_client_options opt = {.ca_pem = STR("no certificate")};
    struct tls_client *c = NULL;
    SSL *ssl = NULL;

    CHECK_ST(tls_client_new(&opt, &c), ST_SYNTAX);
    opt = (struct tls_client_options){.no_check = true, .alpn = STR("\x09short")};
    CHECK_ST(tls_client_new(&opt, &c), ST_SYNTAX);
    CHECK(!c);
    opt = (struct tls_client_options){0}; /* the system's authorities */
    CHECK_ST(tls_client_new(&opt, &c), ST_OK);
    CHECK_ST(tls_client_ssl(c, STR_NONE, &ssl), ST_SYNTAX); /* nothing to check against */
    CHECK_ST(tls_client_ssl(c, STR("192.0.2.1"), &ssl), ST_OK);
    CHECK(!SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
    SSL_free(ssl);
    tls_client_free(c);
    tls_client_free(NULL);
}
