/* Modified UTF-7, the form of mailbox names in IMAP4rev1 (RFC 3501 5.1.3). */
#pragma once

#include "base/arena.h"

/* Strict: only the one right form of each name is taken. ST_SYNTAX. */
enum st mutf7_decode(struct arena *a, struct str name, struct str *out_utf8) MUST_USE;

/* ST_SYNTAX when `utf8` is no UTF-8 or holds a NUL. */
enum st mutf7_encode(struct arena *a, struct str utf8, struct str *out_name) MUST_USE;
