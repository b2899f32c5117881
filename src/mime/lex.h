/* Lexical pieces that structured fields share (RFC 5322 3.2). Positions are indexes into the text;
 * each function gives the index behind what it read, at most s.n. Line ends count as white space:
 * fields may still be folded. */
#pragma once

#include "base/str.h"

/* Behind white space and comments; *out_comment, when given, becomes the inside of the last comment. */
size_t mime_skip_comments(struct str s, size_t at, struct str *out_comment);
static inline size_t mime_skip_cfws(struct str s, size_t at)
{
    return mime_skip_comments(s, at, NULL);
}

/* s.p[at] is a double quote: writes the inside without quoting and line ends to `to`, which has
 * room for s.n - at bytes, and its length to *out_n. Ends at the closing quote or with the text. */
size_t mime_unquote(struct str s, size_t at, char *to, size_t *out_n);
