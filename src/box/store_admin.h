/* Commands of the command line about the store as a whole. */
#pragma once

#include "base/json.h"
#include "box/box.h"

enum st store_status_run(struct box *b, struct arena *a, struct json *j) SUSPENDS MUST_USE;
