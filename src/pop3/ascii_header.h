/* The header of an internationalized letter (RFC 6532) as a client without UTF-8 mode may get it (RFC 6856 section 2.1): in the manner of RFC 6858.
 * Words that are not ASCII become encoded words (RFC 2047), addresses that are not become one that belongs to nobody, parameters of
 * MIME and names of fields that are not go. Pure. */
#pragma once

#include "base/buf.h"

/* Is it internationalized? It is UTF-8, and the letter came so (SMTPUTF8, RFC 6531 section 3.7.3), or did not come by SMTP. What came as an ordinary
 * letter with such bytes in its header is malformed, as much mail is, and stays as it came. */
bool ascii_header_is_due(struct str header);
/* The bytes of `header`, with its empty line, changed so. What is not UTF-8 either stays as it is: nothing says what it means. */
void ascii_header_make(struct str header, struct buf *out);
