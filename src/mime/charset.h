/* Text in some character set to UTF-8. Labels are a closed list (charsets.def); nothing fails: what
 * can't be read becomes U+FFFD. Text without a known label is taken as UTF-8 where it is, byte for
 * byte as windows-1252 where it is not. */
#pragma once

#include "base/buf.h"

struct charset; /* a row of charsets.def */

const struct charset *charset_find(struct str label); /* NULL when not in the list; case ignored */
const struct charset *charset_utf8(void);
struct str charset_label(const struct charset *cs); /* the canonical one */

/* Converts a stream in pieces. Output is whole characters. */
struct charset_conv {
    int kind;
    size_t pending_n; /* of an unfinished character */
    char pending[4];
    uint16_t lead; /* the first half of a surrogate pair */
    void *ucnv;
};

void charset_conv_init(struct charset_conv *c, const struct charset *cs); /* NULL: no known label */
void charset_conv_fini(struct charset_conv *c);
void charset_conv_feed(struct charset_conv *c, struct str in, struct buf *out);
bool charset_conv_keeps_ascii(const struct charset_conv *c); /* ASCII that is fed now comes out as it is */
void charset_conv_end(struct charset_conv *c, struct buf *out); /* an unfinished character becomes U+FFFD */

/* All at once. */
void charset_to_utf8(const struct charset *cs, struct str in, struct buf *out);

/* Loads every converter of the list, so that none is opened after a sandbox was sealed. */
void charset_preload(void);
