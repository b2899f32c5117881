/* What both lives of a connection share: lines cut into words, and CAPA. */
#pragma once

#include "base/buf.h"
#include "net/stream.h"

enum { CAPA_ALWAYS = 0, CAPA_CLEAR = 1, CAPA_STLS = 2, CAPA_MECHANISMS = 4 };

struct pop3_line {
    struct str word; /* the command */
    struct str args; /* everything behind it and one space */
    size_t n_args;   /* words in it */
};

/* Reads a command line. ST_SYNTAX: it does not end in CR LF, or holds NUL; it has been eaten. ST_LIMIT: too long. */
enum st pop3_read_line(struct stream *s, size_t max, struct pop3_line *out) SUSPENDS MUST_USE;
struct str pop3_word(struct str *args); /* takes the next word */
/* "+OK ...", the list for these circumstances (bits of CAPA_*), ".". */
enum st pop3_write_capa(struct stream *s, unsigned have, unsigned mechanisms)
    SUSPENDS MUST_USE; /* what mechanisms need: enum sasl_flag */
