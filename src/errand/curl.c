#include "errand/curl.h"

#include <dlfcn.h>

#define LIBRARY "libcurl.so.4" /* the make with OpenSSL; the others have other names */

static enum st find(void *library, const char *name, void *call)
{
    void *at = dlsym(library, name);

    if (!at)
        return FAIL(ST_NOTFOUND, LIBRARY " has no %s", name);
    memcpy(call, &at, sizeof at); /* ISO C has no cast from an object to a function */
    return ST_OK;
}

/* Certificates are checked by our own settings of OpenSSL. */
static bool has_openssl(const struct curl_calls *c)
{
    const curl_version_info_data *v = c->version_info(CURLVERSION_NOW);

    return v->ssl_version && str_starts(str_z(v->ssl_version), STR("OpenSSL/"));
}

enum st curl_load(struct curl_calls *out)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return FAIL(ST_NOTFOUND, "%s (Debian's package libcurl4 has it)", dlerror());
#define CURL_CALL(name) TRY(find(library, "curl_" #name, &out->name));
    CURL_CALLS(CURL_CALL)
#undef CURL_CALL
    if (!has_openssl(out))
        return FAIL(ST_NOTFOUND, LIBRARY " is of another make than the one with OpenSSL (Debian's package libcurl4)");
    if (out->global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return FAIL(ST_INTERNAL, "libcurl can't be started");
    return ST_OK;
}
