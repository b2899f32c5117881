/* What is wanted beside what is seen: one finding a record. Pure. */
#pragma once

#include "doctor/world.h"
#include "doctor/wants.h"

enum finding_state { FINDING_OK, FINDING_NOTE, FINDING_MISSING, FINDING_WRONG, FINDING_UNKNOWN };

struct finding {
    enum finding_state state;
    const struct seen *seen;
    struct str cure; /* what it means and what to do; empty when all is well */
};

const char *finding_name(enum finding_state state);

/* What has to be asked for, to judge this one. */
void compare_wants(const struct want *w, const struct facts *f, struct world *s);
struct finding compare(struct arena *a, const struct want *w, const struct facts *f, const struct world *s);
