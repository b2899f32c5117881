/* Reading ENVELOPE back out of a record (RFC 3501 section 9: envelope), for whoever would otherwise have to read the
 * letter's header. Pure. */
#pragma once

#include "mime/record.h"

/* What ENVELOPE says of a field that stands in it as one string: Date, Subject, In-Reply-To, Message-ID. False for
 * other fields, where the string was cut, and where the bytes are not what mime/structure.c writes: the header
 * tells then. *out is the first field of that name as mime_unfold gives it, encoded words not decoded; out->p is
 * NULL when there is none. It is a view, or lives in the arena. */
bool mime_envelope_text(const struct mime_record *r, struct str field, struct arena *a, struct str *out);
