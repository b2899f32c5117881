/* The command `restante trace`. */
#pragma once

#include "admin/command.h"
#include "base/json.h"
#include "box/box.h"

/* `account`: of the option --account, 0 without it: what that account may know of the letters that it has sent or got. On core 0. */
enum st trace_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args,
                        struct json *json) SUSPENDS MUST_USE;
