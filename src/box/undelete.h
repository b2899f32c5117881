/* `restante undelete`: what an account has deleted lately, listed or brought back. */
#pragma once

#include "admin/command.h"
#include "base/json.h"
#include "box/box.h"

enum st undelete_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args, struct json *out)
    SUSPENDS MUST_USE;
