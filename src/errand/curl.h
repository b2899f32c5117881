/* libcurl, loaded by this role alone: linked to the program it would bring two dozen libraries (Kerberos, LDAP, SSH, a second TLS) into
 * the processes that hold keys and talk to strangers, and a megabyte into each. Everything is resolved when it is loaded, so that
 * nothing is opened once the role is sealed. */
#pragma once

#include "base/str.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

/* The calls that are used. */
#define CURL_CALLS(CALL)                                                                                               \
    CALL(version_info)                                                                                                 \
    CALL(global_init)                                                                                                  \
    CALL(easy_init)                                                                                                    \
    CALL(easy_setopt)                                                                                                  \
    CALL(easy_getinfo)                                                                                                 \
    CALL(easy_strerror)                                                                                                \
    CALL(easy_cleanup)                                                                                                 \
    CALL(slist_append)                                                                                                 \
    CALL(slist_free_all)                                                                                               \
    CALL(multi_init)                                                                                                   \
    CALL(multi_setopt)                                                                                                 \
    CALL(multi_add_handle)                                                                                             \
    CALL(multi_remove_handle)                                                                                          \
    CALL(multi_socket_action)                                                                                          \
    CALL(multi_info_read)                                                                                              \
    CALL(multi_cleanup)

#define CURL_CALL(name) __typeof__(curl_##name) *name;
struct curl_calls {
    CURL_CALLS(CURL_CALL)
};
#undef CURL_CALL

/* Before the role is sealed. ST_NOTFOUND: it is not on this machine, or of another make. */
enum st curl_load(struct curl_calls *out) MUST_USE;
