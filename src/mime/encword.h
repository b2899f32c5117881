/* Encoded words in headers (RFC 2047, with the language of RFC 2231 section 5). */
#pragma once

#include "base/arena.h"

/* To UTF-8. Whatever is no encoded word stays; 8-bit text is taken as UTF-8 where it is, else as
 * windows-1252. White space between encoded words goes. Generous: words may be too long, hold
 * spaces, touch other text, or end within a character that the next one completes. */
struct str mime_encword_decode(struct arena *a, struct str text);
