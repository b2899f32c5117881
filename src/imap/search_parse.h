/* The arguments of SEARCH (RFC 3501 6.4.4) and of its relatives: what to return (RFC 4731), and a tree of keys. */
#pragma once

#include "imap/lexer.h"
#include "imap/partial.h"
#include "mail/search.h"

/* What is asked for in RETURN. None at all: the plain response of the command. */
enum {
    RETURN_MIN = 1,
    RETURN_MAX = 2,
    RETURN_ALL = 4,
    RETURN_COUNT = 8,
    RETURN_SAVE = 16,
    RETURN_PARTIAL = 32,
    RETURN_CONTEXT = 64, /* a hint, of which no use is made (RFC 5267 section 4.2) */
    RETURN_UPDATE = 128,
};

struct fetch;
struct sort_key;

struct imap_search {
    struct search_key *key; /* sets in it are as written: imap_search_resolve */
    unsigned returns;
    struct imap_partial partial; /* of RETURN_PARTIAL */
    const struct fetch *update;  /* of RETURN_UPDATE: told of messages that come (RFC 5465 section 7); NULL: nothing */
    const struct sort_key *sort; /* the order of the result; none: the mailbox's */
    size_t n_sort;
    bool bad_charset; /* ST_DENIED because nobody here knows the character set; ST_SYNTAX: no filter goes with it */
    struct str undefined_filter; /* ST_DENIED because of this one */
    bool has_modseq;             /* among the keys */
    bool has_seqs;               /* numbers of messages are */
};

/* SEARCH, from behind its name on. Whatever comes back, `returns` and `bad_charset` are what was read. */
enum st imap_search_parse(struct imap_lexer *lx, struct imap_search *out) SUSPENDS MUST_USE;

/* The same in two steps, for commands that have arguments between: " [RETURN (...) ]", which clears *out; and
 * "[CHARSET charset ]keys", in which SORT and THREAD want the charset, without the word (RFC 5256 section 5). */
enum st imap_search_parse_return(struct imap_lexer *lx, struct imap_search *out) SUSPENDS MUST_USE;
enum st imap_search_parse_keys(struct imap_lexer *lx, bool needs_charset, struct imap_search *out) SUSPENDS MUST_USE;

/* Stored keys by their names (RFC 5466). The text stays as long as the lexer's arena. ST_NOTFOUND. */
struct imap_filters {
    enum st (*find)(void *arg, struct str name, struct str *out) SUSPENDS;
    void *arg;
};
/* Is a text such keys? Filters that it names need not be there. ST_SYNTAX, ST_LIMIT. */
enum st imap_filter_check(const struct imap_lexer *lx, struct str text) SUSPENDS MUST_USE;

/* A copy that lives as long as the arena, with sets as they are written and texts that are still the original's. "$" names
 * messages of the selected mailbox: where the copy is for another one (`saved` false) it names none. */
struct search_key *imap_search_copy(const struct search_key *key, struct arena *a, bool saved);

/* Puts "*" into the sets, by what is in the view now, and brings them in order. */
void imap_search_resolve(struct search_key *key, struct arena *a, const struct view *v);
