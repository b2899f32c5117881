/* Sets of numbers as commands give them (RFC 3501 section 9, sequence-set), or "$", the saved result of a search
 * (RFC 5182 section 3), which is uids whichever form the command has. */
#pragma once

#include "imap/lexer.h"
#include "mail/mail.h"

/* As written: any order, 0 stands for "*". Bounded by the line that it stands in. */
struct imap_set {
    struct uid_range *r;
    size_t n;
    bool is_saved; /* it was "$": uids, of messages that were there */
};

bool imap_lex_at_set(const struct imap_lexer *lx);
enum st imap_lex_set(struct imap_lexer *lx, struct imap_set *out) MUST_USE;

/* In order, merged, "*" put in. `star` 0: nothing is there, ranges with "*" stand for nothing. */
struct uid_set imap_set_order(struct arena *a, struct imap_set set, uint32_t star);

/* The messages of a view that a command names: uids in order. Numbers of messages (not `uid`) must exist
 * (RFC 3501 section 9, seq-number): ST_SYNTAX. */
enum st imap_set_uids(struct arena *a, struct imap_set set, bool uid, const struct view *v, struct uid_set *out)
    MUST_USE;
/* The same as sequence numbers; every one of them exists. */
enum st imap_set_seqs(struct arena *a, struct imap_set set, bool uid, const struct view *v, struct uid_set *out)
    MUST_USE;

/* "1:3,5" for COPYUID, from numbers in the order given: runs going up by one are joined. */
struct str imap_set_print(struct arena *a, const uint32_t *numbers, size_t n);
