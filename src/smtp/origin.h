/* What the trace (mail/trace.h) hears of a letter from its session: who, from where, and why it was refused. Names are those of mail/trace_fields.def. */
#pragma once

#include "smtp/session.h"

#define SMTP_ORIGIN_MAX 12

/* HELO, TLS, service, login; for a letter that is handed in. Views of the session, or in the arena. */
size_t smtp_origin(const struct smtp_session *s, struct arena *a, struct attribute out[SMTP_ORIGIN_MAX]);
/* A reply with 55x in a mail transaction: a recipient was refused, or the letter. The gate bounds how many are told. */
void smtp_origin_refused(struct smtp_session *s, unsigned code, struct str line);
