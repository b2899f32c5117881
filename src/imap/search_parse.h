/* SEARCH's arguments to a tree of keys (RFC 3501 6.4.4). */
#pragma once

#include "imap/lexer.h"
#include "mail/search.h"

struct imap_search {
    struct search_key *key; /* sets in it are as written: imap_search_resolve */
    bool bad_charset;       /* ST_DENIED because nobody here knows the character set */
};

enum st imap_search_parse(struct imap_lexer *lx, struct imap_search *out) SUSPENDS MUST_USE;

/* Puts "*" into the sets, by what is in the view now, and brings them in order. */
void imap_search_resolve(struct search_key *key, struct arena *a, const struct view *v);
