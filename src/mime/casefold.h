/* Folding of text for search and sort: i;unicode-casemap (RFC 5051), that is titlecase and then
 * compatibility decomposition, a character at a time. ASCII letters become capitals. */
#pragma once

#include "base/buf.h"

/* `utf8` holds whole characters; bytes that are no UTF-8 are kept as they are. A character grows to at most
 * 54 bytes (U+FDFA), so whoever bounds the input bounds the output. */
void mime_casefold(struct str utf8, struct buf *out);

/* The tables that ICU loads on first use: call before a sandbox is sealed. */
void casefold_preload(void);
