/* `restante acl`: the administrator sees and changes access control lists as the owner of the mailbox would. */
#pragma once

#include "admin/command.h"
#include "base/json.h"
#include "box/box.h"

enum st acl_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args, struct json *out)
    SUSPENDS MUST_USE;
