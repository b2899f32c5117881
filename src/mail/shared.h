/* Mailboxes of other accounts. Their names begin with a namespace (RFC 2342) and the address of their owner:
 *
 *   Other Users/bob@example.test/Folder     of somebody who has given rights to them
 *   Shared/office@example.test/Folder       of an account that the administrator has marked as public
 *
 * Who may what is in the mailbox's access control list (RFC 4314), which is kept at its owner; the owner himself has all rights always. All
 * calls of mail.h take such names too, and answer for what the caller may not see as for what is not there.
 * An account that others use stays on its own core: what is done to it is done there (across.c), what is looked at through a
 * view is a copy on the looking core that follows it (replica.h). */
#pragma once

#include "base/account_limits.h"
#include "mail/mail.h"
#include "mail/rights.h"

#define MAIL_OTHERS "Other Users/"
#define MAIL_SHARED "Shared/"

/* Whom the directory knows; answers may be some seconds old unless `fresh`. ST_NOTFOUND; ST_TRYLATER: it can't be asked just now. */
struct mail_person {
    uint64_t account;
    struct str name; /* address, as it is shown */
    struct account_limits limits;
    bool is_disabled;
};
struct mail_names {
    enum st (*find)(void *arg, struct arena *ar, struct str name, bool fresh, struct mail_person *out) SUSPENDS;
    enum st (*show)(void *arg, struct arena *ar, uint64_t account, struct mail_person *out) SUSPENDS;
    void *arg;
};

/* Who that is at this moment, if anybody; ST_NOTFOUND, ST_TRYLATER. */
enum st mail_person_find(struct account *a, struct arena *ar, struct str name, struct mail_person *out)
    SUSPENDS MUST_USE;

/* What of other accounts is open to this one, with the names above that are no mailbox of their own for it (\Noselect), sorted by
 * name. Counts of unseen messages are not its own: ask mailbox_status. An owner whose mailboxes would be more than
 * LIMIT_MAIL_SHARED_LISTED with those of others is left out. */
enum st mailbox_list_shared(struct account *a, struct arena *ar, struct mailbox_info **out, size_t *out_n)
    SUSPENDS MUST_USE;

/* Is it there, may something be added to it, and is there room at its owner? As account_has_room. */
enum st mailbox_has_room(struct account *a, struct str mailbox, uint64_t bytes, uint64_t messages) SUSPENDS MUST_USE;

/* An identifier is an address of this server or "anyone", with "-" in front for negative rights. ST_NOTFOUND: the mailbox,
 * ST_FOREIGN: the identifier is nobody. ST_NOPERM: not without the right to administer. ST_DENIED: the owner's. ST_LIMIT. */
struct acl_line {
    struct str who; /* as it is shown, with its "-" */
    uint32_t rights;
};
enum st mailbox_acl(struct account *a, struct arena *ar, struct str mailbox, struct acl_line **out, size_t *out_n)
    SUSPENDS MUST_USE; /* the owner first */
enum st mailbox_acl_set(struct account *a, struct str mailbox, struct str who, enum rights_how how, uint32_t rights)
    SUSPENDS MUST_USE;
enum st mailbox_acl_delete(struct account *a, struct str mailbox, struct str who) SUSPENDS MUST_USE;
/* May the caller administer it, and is that its owner? */
enum st mailbox_acl_may(struct account *a, struct str mailbox, struct str who, bool *out_is_owner) SUSPENDS MUST_USE;
enum st mailbox_my_rights(struct account *a, struct str mailbox, uint32_t *out) SUSPENDS MUST_USE;

/* Its mailboxes are listed under Shared/ from here on, or not any more. */
enum st account_set_public(struct account *a, bool on) SUSPENDS MUST_USE;
bool account_is_public(const struct account *a);

/* fn(arg) as a coroutine on the core that owns the account; waits for its end, however long it takes. ST_TRYLATER: not run.
 * Errors of its own it leaves in arg: error records stay on their core. */
enum st mail_on_core_of(struct mail *m, uint64_t account, void (*fn)(void *arg) SUSPENDS, void *arg) SUSPENDS MUST_USE;
/* The same with the account open, and its error brought back; at once when the account is of this core. */
enum st mail_visit(struct mail *m, uint64_t account, enum st (*fn)(struct account *a, void *arg) SUSPENDS, void *arg)
    SUSPENDS MUST_USE;
