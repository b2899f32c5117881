/* Header fields (RFC 5322 section 2.2) in a header that lies in memory. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"

struct mime_field {
    struct str raw;   /* the whole field with its line ends */
    struct str name;  /* without white space before the colon */
    struct str value; /* behind the colon, still folded, without the last line end */
};

/* The next field at *pos, which starts at 0. False at the end: an empty line, or one that can be no
 * field; *pos is then where that line begins. Lines "From " and ">From ", left there by mailbox
 * files, are handed out with an empty name. */
bool mime_header_next(struct str header, size_t *pos, struct mime_field *out);

/* The first field of that name, ASCII case ignored. ST_NOTFOUND. */
enum st mime_header_find(struct str header, struct str name, struct mime_field *out) MUST_USE;

/* May a header go on with this line (field, continuation, "From " of a mailbox file)? Looks at no
 * more than 250 bytes. `any`: a line stood before it that may be continued. */
bool mime_header_goes_on(struct str line, bool any);

/* One line, without white space at the ends (RFC 5322 2.2.3), without NULs and CRs. A view when
 * nothing had to be left out. */
struct str mime_unfold(struct arena *a, struct str value);

/* Unfolded, encoded words decoded (RFC 2047), in UTF-8: for unstructured text like Subject. */
struct str mime_unfold_decoded(struct arena *a, struct str value);

/* HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 3501 6.4.5): adds the fields whose names are in the list
 * (`exclude`: are not), bytes as they are, then an empty line. */
void mime_header_filter(struct str header, const struct str *names, size_t n_names, bool exclude, struct buf *out);
