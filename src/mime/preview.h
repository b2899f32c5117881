/* What a letter begins with, for a list of letters (RFC 8970). */
#pragma once

#include "mime/record.h"

#define MIME_PREVIEW_CHARS 200 /* RFC 8970 section 3.3: SHOULD; 256 are the most that may be */

/* Adds the first words of a letter's text: UTF-8, whole characters, on one line. Nothing, where there is no text for people,
 * or where it is encrypted. It depends on the letter's bytes alone, so it is always the same. Reads no more than LIMIT_MIME_PREVIEW
 * bytes of bodies. `letter`: the bytes that the record speaks of. */
void mime_preview(const struct mime_record *r, struct str letter, struct buf *out);
