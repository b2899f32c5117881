/* Fault points: named places (rows of fault_points.def) where a test makes a call fail. In a
 * program that arms none, a point costs one load. */
#pragma once

#include "base/err.h"

enum fault_point {
#define FAULT(name, text) FAULT_##name,
#include "co/fault_points.def"
#undef FAULT
    FAULT_COUNT
};

/* True when the point should fail now. */
bool fault_hit(enum fault_point p);

/* Fails the point at its `nth` hit from now (1: the next), `times` times; 0 disarms. */
void fault_arm(enum fault_point p, unsigned nth, unsigned times);
/* "os_write:3,os_sync:1x2" from a test's environment; ST_SYNTAX names what it doesn't know. */
enum st fault_arm_text(const char *text) MUST_USE;
uint64_t fault_hits(enum fault_point p);
