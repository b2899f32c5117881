/* The words of a command (RFC 3501 section 9), pulled by the command's own parser. The lexer asks its source for
 * further lines where a literal interrupts one; everything that it hands out lies in the command's arena and
 * lives as long as that. Parsers over it are pure: tests and fuzzers put memory underneath.
 *
 * Statuses: ST_SYNTAX (the answer is BAD); ST_LIMIT (a literal or the whole is too long: BAD, the rest is
 * skipped); ST_DENIED (well-formed, but can't be: NO); the source's own. */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "imap/withhold.h"

struct imap_source {
    /* The next line without its line end, copied to the arena. ST_LIMIT: it was too long and is skipped; *out may have its beginning. */
    enum st (*line)(void *arg, struct arena *a, struct str *out) SUSPENDS;
    /* n bytes, copied to the arena; `sync`: the peer waits for "+" first. */
    enum st (*literal)(void *arg, struct arena *a, size_t n, bool sync, struct str *out) SUSPENDS;
    /* n bytes to nowhere. */
    enum st (*skip)(void *arg, uint64_t n) SUSPENDS;
    void *arg;
    bool utf8;       /* mailbox names come in UTF-8 (ENABLE), not in modified UTF-7 */
    bool no_charset; /* the client has enabled UTF8=ACCEPT, so SEARCH may name none (RFC 6855 section 3) */
    const struct imap_withheld *withheld; /* capabilities that are; NULL: none */
    enum {
        NONSYNC_ANY,
        NONSYNC_SMALL,
        NONSYNC_NONE
    } nonsync;                       /* literals that do not wait: SMALL is at most 4,096 bytes (RFC 7888) */
    size_t literal_max, command_max; /* of a literal; of all lines and literals of a command */
    uint64_t skip_max;               /* most that imap_lex_skip throws away of a command */
};

struct uid_set;
struct imap_filters; /* search_parse.h */

struct imap_lexer {
    const struct imap_source *src;
    struct arena *arena;
    struct str line;
    size_t at;
    size_t taken;                       /* bytes of lines and literals so far */
    struct str cut;                     /* the beginning of a line that was too long */
    const struct imap_filters *filters; /* for SEARCH; NULL: there are none */
    const struct uid_set *saved;        /* what "$" stands for (RFC 5182); NULL: nothing */
    struct str denormal; /* the last mailbox name as it was given, in UTF-8, when that is not its normal form */
    bool oversized;      /* a literal that should have waited was too long for that */
};

/* Reads the first line. */
enum st imap_lex_begin(struct imap_lexer *lx, const struct imap_source *src, struct arena *a) SUSPENDS MUST_USE;
/* Throws away what is left of the command: its non-synchronizing literals and the lines behind them. ST_EOF: that is
 * more than skip_max; the connection can't go on. */
enum st imap_lex_skip(struct imap_lexer *lx) SUSPENDS MUST_USE;

/* May the client use what this capability, or this row of a table, stands for? */
static inline bool imap_lex_may(const struct imap_lexer *lx, const char *capability)
{
    return !imap_is_withheld(lx->src->withheld, str_z(capability));
}
static inline bool imap_lex_may_row(const struct imap_lexer *lx, struct str reference)
{
    return !imap_row_is_withheld(lx->src->withheld, reference);
}

int imap_lex_peek(const struct imap_lexer *lx);                  /* next character; -1 at the end of the line */
bool imap_lex_take(struct imap_lexer *lx, char c);               /* eats it if it is the next one */
bool imap_lex_take_word(struct imap_lexer *lx, struct str word); /* the same for a word in any case that ends there */
enum st imap_lex_want(struct imap_lexer *lx, char c) MUST_USE;
enum st imap_lex_sp(struct imap_lexer *lx) MUST_USE;
enum st imap_lex_end(struct imap_lexer *lx) MUST_USE; /* nothing but blanks may be left */

enum st imap_lex_tag(struct imap_lexer *lx, struct str *out) MUST_USE;
/* The tag of a command whose first line was too long to be read, so that its answer finds it. False: there is none. */
bool imap_lex_cut_tag(struct imap_lexer *lx, struct str *out);
enum st imap_lex_atom(struct imap_lexer *lx, struct str *out) MUST_USE;
enum st imap_lex_word(struct imap_lexer *lx, struct str *out) MUST_USE; /* an atom in capitals */
/* Letters, digits and dots, in capitals: the name of a FETCH item or section. */
enum st imap_lex_name(struct imap_lexer *lx, struct str *out) MUST_USE;
enum st imap_lex_number(struct imap_lexer *lx, uint32_t *out) MUST_USE;
/* A number of 63 bits (RFC 9051 section 9, number64). */
enum st imap_lex_number64(struct imap_lexer *lx, uint64_t *out) MUST_USE;
enum st imap_lex_string(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;
enum st imap_lex_nstring(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;  /* NIL: out->p is NULL */
enum st imap_lex_nstring8(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE; /* or a literal8: any bytes */
enum st imap_lex_astring(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;
/* An astring in which "*" and "%" may stand without quotes, too. */
enum st imap_lex_string_or_run(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;

/* A mailbox name in UTF-8 and its normal form (RFC 5198); INBOX in capitals whatever its case. What holds bytes beyond ASCII is
 * UTF-8 whether the client has enabled that or not (RFC 6855 section 3). ST_DENIED: it can't be read as either. */
enum st imap_lex_mailbox(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;
/* A list-mailbox, and the reference before it, in the same form. One that can't be read is a text that no name matches (RFC 9051
 * section 6.3.9: it is not an error). */
enum st imap_lex_pattern(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;
enum st imap_lex_reference(struct imap_lexer *lx, struct str *out) SUSPENDS MUST_USE;

/* Flags, in parentheses or (`bare`) also without: bits of the five system flags as in mail.h, and names of
 * keywords. \Recent and unknown system flags are ST_SYNTAX. */
struct imap_flags {
    uint32_t bits;
    struct str *keywords;
    size_t n_keywords;
};
enum st imap_lex_flags(struct imap_lexer *lx, bool bare, struct imap_flags *out) MUST_USE;

/* "{n}" or "{n+}" at the line's end, for APPEND, which takes the bytes itself and then goes on with the next line. */
enum st imap_lex_literal_head(struct imap_lexer *lx, uint64_t *out_n, bool *out_sync) MUST_USE;
enum st imap_lex_next_line(struct imap_lexer *lx) SUSPENDS MUST_USE;

/* Is this byte allowed in an atom? (Writers ask too.) */
bool imap_is_atom_char(char c);
bool imap_is_atom(struct str s);
