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

/* check_names.c: is the address named `host`, and back; is it in lists of senders that others refuse? */
void checkup_reverse(struct checkup *k, const char *check, const struct addr *addr, struct str host);
void checkup_lists(struct checkup *k, const char *check, const struct addr *addr);

/* Asks the server. */
const struct seen *checkup_look(struct checkup *k, struct str name, enum dns_type type);
