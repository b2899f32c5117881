/* What is said of a letter whose bytes can't be read any more. Its record has been kept: who wrote it, to whom, when, about what. */
#pragma once

#include "mail/mail.h"

/* Its subject as people read it, and who it is from; "" where there is none. */
struct str lost_subject(struct arena *a, const struct email *e);
struct str lost_sender(struct arena *a, const struct email *e);

/* A small letter in its place: its header as far as the record has it, and a text that says what was lost. `file`: where its
 * damaged bytes are, below the store's directory; empty: there are none. */
struct str lost_letter(struct arena *a, const struct email *e, struct str file);
