/* The name that somebody may have meant. */
#pragma once

#include "config/field.h"

/* How far the word that was written is from one that there is: letters to change, add or leave out, upper and lower case
 * the same. Less for one that begins with it. SIZE_MAX: too far to be meant. */
size_t word_distance(struct str written, struct str is);

/* The row whose name, without `prefix`, is nearest to `word`;
 * NULL when none is near. */
const struct field *field_nearest(const struct field_table *t, struct str prefix, struct str word);
