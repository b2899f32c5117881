/* Capabilities that an administrator withholds: for a listener, for an account, or for clients that say by ID what they are.
 * What is withheld is neither listed nor known: its commands are unknown, and so are its items, keys and options. A row of a table
 * belongs to the capabilities of the RFC that its reference names; syntax that is in no table asks by the capability's name.
 *
 * IMAP4rev1 can't be withheld, nor can AUTH=, STARTTLS and LOGINDISABLED, which the listener decides about. */
#pragma once

#include "base/arena.h"

#define IMAP_CAPABILITIES_MAX 192 /* rows of capabilities.def */
#define IMAP_WITHHELD_TEXT 2048   /* names of all of them, a blank between */

struct imap_withheld {
    uint64_t bits[IMAP_CAPABILITIES_MAX / 64];
};

/* Adds those that are named, with blanks or commas between, and what can't be without them. Unknown names are passed over. */
void imap_withhold(struct imap_withheld *w, struct str names);
/* Rules such as "name=Some*: MOVE IDLE; vendor=*Some*: QRESYNC", over one pair of an ID: what its rules withhold is added. "*" stands for
 * anything; letters match in any case. */
void imap_withhold_by_id(struct imap_withheld *w, struct str rules, struct str field, struct str value);

/* "*" in the pattern stands for anything, also nothing; letters match in any case. */
bool imap_wild_matches(struct str pattern, struct str s);

/* ST_SYNTAX: an unknown name, or one that can't be withheld; the text says which. */
enum st imap_withhold_check(struct str names) MUST_USE;
enum st imap_withhold_check_rules(struct str rules) MUST_USE;

/* `w` may be NULL: nothing is withheld. */
bool imap_is_withheld(const struct imap_withheld *w, struct str capability);
/* All capabilities of the row's RFC are: "RFC 8514 4.2". False where it has none. */
bool imap_row_is_withheld(const struct imap_withheld *w, struct str reference);
/* A row of commands.def, by its two last columns. */
bool imap_command_is_withheld(const struct imap_withheld *w, struct str capability, struct str reference);

struct str imap_withheld_names(struct arena *a, const struct imap_withheld *w);
