/* Notes: named values that clients keep beside a mailbox, or beside the account as a whole (RFC 5464, which calls them
 * annotations, entries and metadata). Shared ones are for everybody who may see the mailbox, private ones for who wrote
 * them. They belong to the mailbox and not to its name: they follow a renaming, and go when it is deleted.
 *
 * A name is what stands behind /shared or /private: "/comment", ASCII without capitals. Calls are made on the account's core. */
#pragma once

#include "mail/mail.h"

struct note {
    struct str name, value; /* value.p is NULL: there is none, or it is to go */
    bool is_private;
};

/* Whoever wants those of another one's mailbox needs "l" and one of "rswip" there (RFC 5464 section 3.3), and "w" to change shared ones: ST_NOTFOUND, or
 * ST_NOPERM where he may know of it. */

/* All of a mailbox (""; of the account, where shared ones are nobody's), in the arena, shared ones first, then by name. ST_NOTFOUND. */
enum st notes_read(struct account *a, struct str mailbox, struct arena *ar, struct note **out, size_t *out_n)
    SUSPENDS MUST_USE;

/* What is to become of some: all of it or nothing, durable with ST_OK. Names stand in it once. */
struct notes_change {
    const struct note *notes;
    size_t n;
    bool sets_use; /* of the mailbox, too (RFC 6154 section 4) */
    enum mail_use use;
};
struct note_watch;
/* `by`: who need not be told of it, or NULL. ST_NOTFOUND; ST_LIMIT: there would be too many of them, or too much; ST_DENIED: another
 * mailbox has that use. Values and names are no longer than LIMIT_NOTE and LIMIT_NOTE_NAME. */
enum st notes_write(struct account *a, struct str mailbox, const struct notes_change *change,
                    const struct note_watch *by) SUSPENDS MUST_USE;

/* What others change in this account, from now on; what is changed in mailboxes of other accounts is not told. The account stays
 * open for as long. */
struct note_told {
    struct str mailbox; /* its name by now; "": of the account */
    struct str name;
    bool is_private;
};
struct note_watch *note_watch_new(struct account *a);
void note_watch_free(struct note_watch *w); /* NULL is fine */
/* The next one that changed, in the arena; each is told of once, however often it did. False: no more. */
bool note_watch_next(struct note_watch *w, struct arena *ar, struct note_told *out);
bool note_watch_has_more(const struct note_watch *w);
/* fn(arg) on the loop, once, when the next change becomes durable; NULL takes it back. */
void note_watch_on_change(struct note_watch *w, void (*fn)(void *arg), void *arg);
