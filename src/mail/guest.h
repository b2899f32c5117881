/* Who acts on an account that is not his, and what he may there: for this room's own files. Everything here but place_find runs on
 * the core of the account that is acted on. */
#pragma once

#include "mail/change.h"
#include "mail/shared.h"

struct guest {
    uint64_t id, domain; /* his account, and its domain's number */
};
static inline struct guest guest_of(const struct account *a)
{
    return (struct guest){a->id, a->rec.domain};
}

/* Where a name leads. */
struct place {
    uint64_t owner;
    struct str name;              /* there */
    bool is_own;                  /* the caller's account: nothing has to be asked */
    bool is_shared;               /* under Shared/ */
    struct str namespace;         /* what stood before `name` */
    struct account_limits limits; /* of the owner, if he is not the caller: for when nobody has told his core yet */
};
/* ST_NOTFOUND: to nobody. */
enum st place_find(struct account *a, struct arena *ar, struct str name, struct place *out) SUSPENDS MUST_USE;

/* acl.c: what the list gives him; its owner's account tells the domain. */
uint32_t acl_rights(const struct acl *acl, const struct account *owner, const struct guest *g);
const struct acl_entry *acl_find(const struct acl *acl, uint64_t who, bool negative);
/* ST_OK: he may, by all of these rights. Else ST_NOPERM when he may know of it, and ST_NOTFOUND. */
enum st guest_may(const struct mailbox *mb, const struct guest *g, uint32_t rights) MUST_USE;
/* The mailbox by name (canonical or not), with these rights on it. */
enum st guest_mailbox(struct account *owner, const struct guest *g, bool is_shared, struct str name, uint32_t rights,
                      struct mailbox **out) MUST_USE;
/* Where something is to be put, for what waits on its way there: looked up again behind each wait, with the right to it. */
struct target {
    struct str name; /* of one of the account's own; else: */
    uint32_t id;     /* of a mailbox that a guest was let to, whatever its name is by now; 0: the name counts */
    const struct guest *guest;
    uint32_t rights; /* that he needs there */
};
/* In the pending state, and no bare name. ST_NOTFOUND, ST_NOPERM. */
enum st target_find(const struct account *a, const struct target *t, struct mailbox **out) MUST_USE;
/* May he make something of that name? By the nearest mailbox above it. */
enum st guest_may_create(struct account *owner, const struct guest *g, struct str name) MUST_USE;

size_t view_count_in(const struct view *v, struct uid_set uids);
uint32_t rights_flags(uint32_t rights); /* MAIL_SEEN ... that they let him change */

/* guest_edit.c, copy_across.c: on the core of the one who acts. */
enum st guest_store(struct view *v, struct uid_set uids, const struct flag_change *fc, struct arena *ar,
                    struct store_outcome *out) SUSPENDS MUST_USE;
/* edit.c: view_expunge, and which it has removed itself; NULL: who cares. */
struct removed {
    struct arena *ar;
    uint32_t *uid; /* ascending */
    size_t n, cap;
};
enum st view_remove(struct view *v, struct uid_set uids, bool any, struct removed *out) SUSPENDS MUST_USE;
enum st guest_expunge(struct view *v, struct uid_set uids, bool any, struct removed *out) SUSPENDS MUST_USE;
enum st guest_append(struct account *a, const struct place *p, const struct new_mail *mails, size_t n, struct arena *ar,
                     uint32_t *out_uidvalidity, uint32_t **out_uids) SUSPENDS MUST_USE;
enum st guest_replace(struct view *v, const struct place *p, uint32_t uid, const struct new_mail *mail,
                      struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uid) SUSPENDS MUST_USE;
enum st copy_across(struct view *v, struct uid_set uids, const struct place *to, bool move, struct arena *ar,
                    struct copied *out) SUSPENDS MUST_USE;
enum st mail_append_own(struct account *a, const struct target *t, const struct new_mail *mails, size_t n,
                        struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uids) SUSPENDS MUST_USE;
enum st view_replace_own(struct view *v, uint32_t uid, const struct target *t, const struct new_mail *mail,
                         struct arena *ar, uint32_t *out_uidvalidity, uint32_t **out_uid) SUSPENDS MUST_USE;
/* mailbox.c: `guest` has his rights looked at whenever the names are; NULL: the owner. */
enum st mailbox_create_own(struct account *a, struct str name, enum mail_use use, const struct guest *guest)
    SUSPENDS MUST_USE;
enum st mailbox_rename_own(struct account *a, struct str from, struct str to, const struct guest *guest)
    SUSPENDS MUST_USE;

/* grantors.c: on the core of the account that something is shared with. */
enum st grantor_add(struct account *a, uint64_t owner) SUSPENDS MUST_USE;
/* It shares nothing: forgotten, unless it was written a moment ago, when the list itself may still be on its way. */
enum st grantor_drop(struct account *a, uint64_t owner) SUSPENDS MUST_USE;
