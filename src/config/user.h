/* Users that roles run as: a name that the system has, or a number that it need not have. */
#pragma once

#include "base/str.h"

#include <sys/types.h>

/* `setting` names it for people ("user_box"). ST_NOTFOUND: the system has no such user. */
enum st config_user(struct str user, const char *setting, uid_t *out_uid, gid_t *out_gid) MUST_USE;
