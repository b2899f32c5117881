/* Files of the web_well_known directory, opened for gates. Strangers choose the names: nothing but one or two words of letters, digits,
 * hyphens, underscores and dots is a name, no link is followed, and what is not for everybody to read, or is larger than
 * 64 KiB, is not there. */
#pragma once

#include "base/str.h"

/* ST_NOTFOUND whatever the reason. `directory` is NUL-terminated; empty: there is none. */
enum st well_known_open(struct str directory, struct str name, int *out_fd, uint32_t *out_size) MUST_USE;
