/* Reading ENVELOPE back out of a record (RFC 3501 section 9: envelope), for whoever would otherwise have to read the
 * letter's header. Pure. */
#pragma once

#include "mime/record.h"

/* What ENVELOPE says of a field that stands in it as one string: Date, Subject, In-Reply-To, Message-ID. False for
 * other fields, where the string was cut, and where the bytes are not what mime/structure.c writes: the header
 * tells then. *out is the first field of that name as mime_unfold gives it, encoded words not decoded; out->p is
 * NULL when there is none. It is a view, or lives in the arena. */
bool mime_envelope_text(const struct mime_record *r, struct str field, struct arena *a, struct str *out);

/* The first address of a list, as ENVELOPE has it: NIL is a string without p. A group that begins is an address whose
 * mailbox is the group's name. False when there is none, or the bytes are not as expected. */
enum mime_envelope_list { MIME_ENVELOPE_FROM = 2, MIME_ENVELOPE_TO = 5, MIME_ENVELOPE_CC = 6, MIME_ENVELOPE_BCC = 7 };
struct mime_envelope_address {
    struct str name, route, mailbox, host; /* name: encoded words as they stand */
};
bool mime_envelope_address(const struct mime_record *r, enum mime_envelope_list list, struct arena *a,
                           struct mime_envelope_address *out);

/* The list of From, To, Cc or Bcc as a header would have it: "name <mailbox@host>, ...", encoded words as they stand, a group's name as if it were
 * a mailbox, routes left out. False for other fields, where there is none, where it may have been cut, and where the bytes are not as expected. */
bool mime_envelope_addresses(const struct mime_record *r, struct str field, struct arena *a, struct str *out);
