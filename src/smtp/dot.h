/* The text of a letter as DATA sends it (RFC 5321 section 4.5.2): lines end with CR LF, a line that begins with a dot has
 * one more, a line of a single dot ends the text. Nothing else ends it: a bare CR or LF anywhere makes the text bad,
 * since servers that disagree about line ends can be made to see two letters where we see one. NUL is refused too
 * (RFC 5321 section 4.5.2 leaves it to us; mailboxes can't hold it in IMAP literals). Pure; input may be cut anywhere. */
#pragma once

#include "base/str.h"

struct dot_reader {
    enum { DOT_LINE_START, DOT_SEEN, DOT_SEEN_CR, DOT_TEXT, DOT_TEXT_CR, DOT_ENDED } state;
    size_t line; /* bytes in the line so far */
    size_t line_max;
};

enum dot_event {
    DOT_MORE, /* all of the input was used */
    DOT_SPAN, /* *out_span are bytes of the letter; call again with the rest */
    DOT_END,  /* the final line was read */
    DOT_BAD,  /* bare CR, bare LF, or NUL */
    DOT_LONG, /* a line longer than line_max */
};

void dot_init(struct dot_reader *d, size_t line_max);

/* Reads from *in and moves it on. Spans are views into the input or static. */
enum dot_event dot_read(struct dot_reader *d, struct str *in, struct str *out_span);
