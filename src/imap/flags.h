/* Names of the system flags (rows of flags.def). */
#pragma once

#include "base/str.h"

/* The bit of a system flag given without its backslash, in any case; 0: none that can be set. */
uint32_t imap_flag_bit(struct str name);
