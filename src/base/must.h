/* Asserts that stay on in every build. They state what the program believes of itself and are
 * never used on anything that came from a network or a disk: that is an error value (err.h).
 * A failed one prints the session's id and action (log.h) and ends the process; main starts the
 * role again (docs/architecture.md, Poison). */
#pragma once

#include "base/base.h"

#define must(cond) ((cond) ? (void)0 : must_failed(#cond, __FILE__, __LINE__))
#define never(why) must_failed(why, __FILE__, __LINE__)

/* Objects carry a tag as their first member, `uint32_t magic`; users check it on entry. */
#define must_obj(p, tag) must((p) != NULL && (p)->magic == (tag))

NORETURN void must_failed(const char *what, const char *file, int line);

/* Called by must_failed before the process ends, to name what the core was doing. One per
 * process, set at start-up; it must not allocate. */
void must_on_failure(void (*report)(void));
