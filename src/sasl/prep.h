/* SASLprep (RFC 4013): user names and passwords in one form, so that the same letters typed on two devices compare
 * equal. By ICU; nothing here suspends. */
#pragma once

#include "base/arena.h"

/* `stored`: for what is kept (unassigned code points are refused), else for what a client sent (they are let through;
 * RFC 4616 section 2). The result is in the arena and may hold a password: wipe it. ST_SYNTAX: prohibited characters,
 * no UTF-8, or nothing left. */
enum st sasl_prep(struct arena *a, struct str text, bool stored, struct str *out) MUST_USE;

/* Loads the profile, which ICU does lazily, before a sandbox is sealed. */
void sasl_prep_preload(void);
