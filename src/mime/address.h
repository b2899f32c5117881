/* Address lists in letters (RFC 5322 3.4 and 4.4): From, To, Cc and their like. Takes everything
 * that was ever legal and makes something of what was not; it never fails. */
#pragma once

#include "base/arena.h"

struct mime_address {
    enum { MIME_ADDR_MAILBOX, MIME_ADDR_GROUP_BEGIN, MIME_ADDR_GROUP_END } kind;
    struct str name;   /* display name, unquoted, encoded words as they stand; or a comment; the group's name */
    struct str route;  /* obsolete "@a,@b", or empty */
    struct str local;  /* without quoting; may be empty */
    struct str domain; /* empty when there was no @ */
};

struct mime_address_iter {
    struct str s;
    size_t at;
    char *room; /* what strings are put together in; in the arena */
    bool in_group;
};

/* `value` may be folded. The strings live in the arena or in `value`. */
void mime_address_begin(struct mime_address_iter *it, struct arena *a, struct str value);
bool mime_address_next(struct mime_address_iter *it, struct mime_address *out);
