/* Net-Unicode (RFC 5198), the form of mailbox names: Unicode Normalization Form C. */
#pragma once

#include "base/arena.h"

/* ST_SYNTAX: no UTF-8. A text that has that form already comes back as it is, without a copy. Characters that must not
 * stand in a name (controls, separators of lines) are not looked for. */
enum st mime_net_unicode(struct arena *a, struct str utf8, struct str *out) MUST_USE;

/* The tables that ICU loads on first use: call before a sandbox is sealed. */
void net_unicode_preload(void);
