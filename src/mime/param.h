/* Content-Type, Content-Disposition and their parameters (RFC 2045 5.1, RFC 2183, RFC 2231).
 * Generous: what can't be read is left out. */
#pragma once

#include "base/arena.h"

#define MIME_PARAMS_MAX 64 /* of one field; further ones are ignored */

struct mime_param {
    struct str name;  /* as written; ends in "*" when the value is charset'language'percent-encoded */
    struct str value; /* without quoting; continuations joined (RFC 2231 section 6) */
};

struct mime_params {
    const struct mime_param *list;
    size_t n;
};

struct mime_content_type {
    struct str type, subtype; /* as written */
    struct mime_params params;
};

struct mime_disposition {
    struct str kind; /* "attachment", "inline", ... */
    struct mime_params params;
};

/* False when the field is no type/subtype: the default applies then (RFC 2045 5.2). */
bool mime_content_type_parse(struct arena *a, struct str value, struct mime_content_type *out);
bool mime_disposition_parse(struct arena *a, struct str value, struct mime_disposition *out);

/* The value as written, of `name` only, not of `name*`. STR_NONE when absent. */
struct str mime_param_raw(const struct mime_params *params, struct str name);

/* The value in UTF-8, of `name*` or `name` (with encoded words decoded, as many senders write file
 * names). STR_NONE when absent. */
struct str mime_param_text(struct arena *a, const struct mime_params *params, struct str name);
