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
    struct str name;      /* there */
    bool is_own;          /* the caller's account: nothing has to be asked */
    bool is_shared;       /* under Shared/ */
    struct str namespace; /* what stood before `name` */
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
/* May he make something of that name? By the nearest mailbox above it. */
enum st guest_may_create(struct account *owner, const struct guest *g, struct str name) MUST_USE;

/* grantors.c: on the core of the account that something is shared with. */
enum st grantor_add(struct account *a, uint64_t owner) SUSPENDS MUST_USE;
/* It shares nothing: forgotten, unless it was written a moment ago, when the list itself may still be on its way. */
enum st grantor_drop(struct account *a, uint64_t owner) SUSPENDS MUST_USE;
