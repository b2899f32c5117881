/* Annotations (RFC 5464) as clients name them: what GETMETADATA, SETMETADATA, LIST (RFC 9590) and SEARCH FILTER (RFC 5466) have in common. Beside
 * the notes that clients keep (mail/notes.h) there are entries that the server makes: what /private/specialuse tells of a mailbox (RFC 6154 section 4),
 * and /shared/comment and /shared/admin of the server, from the settings. */
#pragma once

#include "imap/session.h"
#include "mail/notes.h"

/* The name of an entry. `name` is in small letters, without the scope; empty: all of the scope. */
struct imap_entry {
    struct str sent; /* as the client wrote it */
    struct str name;
    bool is_private;
};
/* ST_SYNTAX; ST_LIMIT: it is longer than LIMIT_NOTE_NAME. */
enum st imap_lex_entry(struct imap_lexer *lx, struct imap_entry *out) SUSPENDS MUST_USE;
/* Some of them, at most LIMIT_IMAP_ENTRIES: a list, or, as examples have it (section 4.4.1), one behind the other. ST_LIMIT, ST_SYNTAX. */
struct metadata_query;
enum st imap_lex_entries(struct imap_lexer *lx, struct metadata_query *out) SUSPENDS MUST_USE;
/* Names a value, and not only a place above others (section 3.2: how many components there must be). */
bool imap_entry_is_whole(const struct imap_entry *e);

/* Everything there is of a mailbox, or, with "", of the server, in the command's arena. ST_NOTFOUND. */
enum st imap_metadata_load(struct imap_session *s, struct str mailbox, struct note **out, size_t *out_n)
    SUSPENDS MUST_USE;

/* The same of a mailbox that is being listed, in an arena. */
enum st imap_metadata_load_listed(struct imap_session *s, struct arena *ar, const struct mailbox_info *box,
                                  struct note **out, size_t *out_n) SUSPENDS MUST_USE;

/* A filter of SEARCH (RFC 5466): the entry /private/filters/values/NAME of the server. They are read once for a command, however many it names. */
struct imap_filter_book {
    struct imap_session *s;
    struct note *notes;
    size_t n;
    bool is_read;
};
enum st imap_filter_find(void *book, struct str name, struct str *out) SUSPENDS MUST_USE;

/* Which of them are asked for, and the response with them. Sections 4.2.1 and 4.2.2. */
struct metadata_query {
    const struct imap_entry *entries;
    size_t n;
    uint32_t max_size, depth; /* UINT32_MAX: any */
};
/* *out_longest: the size of the longest value that was left out since it is longer than max_size, or 0. */
void imap_put_metadata(struct imap_session *s, struct arena *scratch, struct str mailbox,
                       const struct metadata_query *q, const struct note *notes, size_t n, uint32_t *out_longest)
    SUSPENDS;

/* Section 4.4.2: with ENABLE METADATA a client is told which entries others have changed. */
void imap_watch_metadata(struct imap_session *s, bool on);
void imap_put_changed_metadata(struct imap_session *s) SUSPENDS;
