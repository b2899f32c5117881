/* What the checks share. */
#pragma once

#include "doctor/report.h"

struct checkup {
    const struct admin_doctor *d;
    struct arena *a;
    struct facts facts;
    /* Under which addresses the world comes here: those named, else those of host_name in the DNS, else the machine's public ones. */
    struct addr outside[FACTS_ADDRESSES_MAX];
    size_t n_outside;
    struct world world;
    struct report *report;
};

#define CHECK(id, name) enum st check_##id(struct checkup *k, const char *check) SUSPENDS MUST_USE;
#include "doctor/checks.def"
#undef CHECK

/* Asks the server. */
const struct seen *checkup_look(struct checkup *k, struct str name, enum dns_type type);
