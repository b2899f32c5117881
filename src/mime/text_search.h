/* Substring search in letters for IMAP SEARCH: encodings and character sets decoded, compared as
 * i;unicode-casemap does (mime/casefold.h). */
#pragma once

#include "mime/record.h"

/* What is looked for, prepared once for all letters. */
struct mime_needle {
    struct str folded;
};

/* `utf8` is the text that the user gave. An empty one is found everywhere. */
void mime_needle_init(struct mime_needle *n, struct arena *a, struct str utf8);

/* In a text that is there as UTF-8. */
bool mime_search_utf8(const struct mime_needle *n, struct str text);

/* Does a field of that name contain the needle? Names compare without case; encoded words are
 * decoded. An empty needle asks whether there is such a field (RFC 3501 6.4.4, HEADER). `header` is
 * the letter's header. */
bool mime_search_header(const struct mime_needle *n, struct str header, struct str field);

/* The same answer from the record alone, without the letter. MIME_IN_HEADER where only the header can tell: several
 * fields of that name, one that ENVELOPE does not hold as it stands (addresses, which lose comments and white space there),
 * a string that was cut. */
enum mime_found { MIME_NOT_FOUND, MIME_FOUND, MIME_IN_HEADER };
enum mime_found mime_search_record(const struct mime_needle *n, const struct mime_record *r, struct str field);

/* FROM, TO, CC and BCC, which ask for what ENVELOPE says of the field (RFC 3501 6.4.4). Where that does not have the needle, the header's text is
 * asked only if it could stand across the edges of what ENVELOPE takes apart. */
enum mime_found mime_search_addresses(const struct mime_needle *n, const struct mime_record *r, struct str field);

/* SEARCH BODY and TEXT over letters that are read in pieces of any size, from their first byte:
 *
 *   s = mime_search_new(&needle, true);
 *   for each letter:
 *       mime_search_begin(s, &record);
 *       while (more && !mime_search_feed(s, piece)) read more;
 *       found = mime_search_end(s);
 *   mime_search_free(s);
 *
 * BODY (without headers) looks into text parts, into what stands before the first and behind the last
 * boundary of multiparts, and into the headers of embedded letters; TEXT (with) into all headers too. The needle is borrowed until
 * it is freed, the record until the letter's end. Memory: a header, or some ten KiB of text. */
struct mime_search;

struct mime_search *mime_search_new(const struct mime_needle *needle, bool with_headers);
void mime_search_begin(struct mime_search *s, const struct mime_record *r);
bool mime_search_feed(struct mime_search *s, struct str piece); /* true: found, no more is needed */
bool mime_search_end(struct mime_search *s);                    /* what was found */
void mime_search_free(struct mime_search *s);                   /* NULL is nothing */

/* The same for a letter that is in memory. */
bool mime_search_letter(const struct mime_record *r, const struct mime_needle *needle, bool with_headers,
                        struct str letter);
