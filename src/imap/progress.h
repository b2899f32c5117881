/* How far a command has come that takes long (RFC 9585). */
#pragma once

#include "imap/session.h"

struct imap_progress {
    struct view_watcher watcher;
    struct imap_cmd *c;
    unsigned phase, phases; /* phases 0: nobody knows how much there will be */
    uint64_t before;        /* messages of views that are done */
    uint64_t told;          /* the last number */
    mono_ms next;           /* not before then */
};

void imap_progress_begin(struct imap_progress *p, struct imap_cmd *c, unsigned phases);
/* Of what is done with this view is told, until imap_progress_leave. The next one is another phase. */
void imap_progress_enter(struct imap_progress *p, struct view *v);
void imap_progress_leave(struct imap_progress *p, struct view *v);
