/* Which account a login name is, so that who logs in again costs no SQL and no turn of the directory's thread: with the
 * verified passwords (logins.h) all that a login needs. By the name as it was written. Accounts that are disabled are not
 * kept. All are dropped whenever the directory may have changed, so what is here is what SQL would say. Bounded; the one
 * that logged in longest ago goes first. */
#pragma once

#include "base/list.h"
#include "base/map.h"
#include "directory/directory.h"

#define KNOWN_MAX 20000    /* login names */
#define KNOWN_NAME_MAX 400 /* bytes; a longer one is looked up each time */

struct known {
    struct map by_name;
    struct list by_use;
};

void known_init(struct known *n);
void known_fini(struct known *n);
void known_drop(struct known *n); /* the directory may have changed */
/* Its id, version, address and quotas, texts in the arena; nothing else of it. False when it is not known. */
bool known_find(struct known *n, struct arena *a, struct str name, struct directory_account *out);
/* As the directory says now: the caller has seen to it that nothing has changed since it was asked. */
void known_add(struct known *n, struct str name, const struct directory_account *account);
