/* Commands of the command line about the queue. */
#pragma once

#include "admin/command.h"
#include "base/json.h"
#include "box/box.h"

/* `account`: of the option --account, 0 without it. ST_SYNTAX, ST_NOTFOUND, ST_DENIED with a text for people. */
enum st queue_admin_run(struct box *b, uint64_t account, struct arena *a, const struct admin_args *args,
                        struct json *json) SUSPENDS MUST_USE;
