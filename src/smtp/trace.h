/* The header lines that a server adds (RFC 5321 section 4.4). */
#pragma once

#include "smtp/session.h"

/* "Received: from ... by ... with ESMTPS id ...; date" with its line ends. */
struct str trace_received(const struct smtp_session *s, struct arena *a);
