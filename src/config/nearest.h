/* The name that somebody may have meant. */
#pragma once

#include "config/field.h"

/* The row whose name, without `prefix`, is nearest to `word`;
 * NULL when none is near. */
const struct field *field_nearest(const struct field_table *t, struct str prefix, struct str word);
