/* Destinations that ask us to come slower: which answers do (rows of slow.def), and for how long nothing is sent there then. Pure. */
#pragma once

#include "base/clock.h"
#include "base/str.h"

enum slow_action {
#define ACTION(id, name, first_ms, most_ms, text) SLOW_##id,
#include "courier/slow.def"
#undef ACTION
    SLOW_ACTIONS
};

struct slow {
    unsigned step; /* so often asked, less what has been taken since; 0: nothing is known */
    unsigned taken;
    mono_ms until;  /* nothing is sent before */
    mono_ms forget; /* all of this is of no interest any more */
};

/* What an answer, whole and with its code, asks of us; SLOW_NOTHING for all that do not begin with 4. */
enum slow_action slow_asked(struct str answer);
const char *slow_name(enum slow_action action);

/* An answer asked for it; `action` is not SLOW_NOTHING. False: there is a pause already, which is not doubled, since other sessions are told the same. */
bool slow_down(struct slow *s, enum slow_action action, mono_ms now);
/* A letter was taken. True: one session more may be tried. */
bool slow_took(struct slow *s);
static inline bool slow_is_paused(const struct slow *s, mono_ms now)
{
    return now < s->until;
}
