/* What the doctor has found: one line a thing looked at. */
#pragma once

#include "doctor/compare.h"

struct report_item {
    enum finding_state state;
    const char *check; /* as in checks.def */
    struct str what, text;
};

#define REPORT_MAX 512

struct report {
    struct arena *a;
    struct report_item v[REPORT_MAX];
    size_t n;
};

/* `what` was looked at: an address, a port, a name. `fmt` says what was found, and how to mend it. */
void report_add(struct report *r, enum finding_state state, const char *check, struct str what, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
void report_text(const struct report *r, struct buf *out);
void report_json(const struct report *r, struct buf *out);
bool report_is_bad(const struct report *r);
