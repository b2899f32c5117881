/* Names of mailboxes (UTF-8, "/" between levels) as names of files, and back. */
#pragma once

#include "base/arena.h"

/* Maildir++, without the leading dot: "." between levels, modified UTF-7 as everybody has it; a dot or backslash in a level as
 * \2e and \5c (as Dovecot's listescape). ST_LIMIT: too long for a file. */
enum st name_to_maildir(struct arena *a, struct str name, struct str *out) MUST_USE;
enum st name_from_maildir(struct arena *a, struct str file, struct str *out) MUST_USE; /* ST_SYNTAX: not UTF-8 */

/* A directory a level. What would mislead a file system, or import, is written as %XX: control characters, % : * ? " < > | \, a
 * leading dot, a level that is cur, new or tmp, the dot of an ending .mbox or .sbd. ST_LIMIT: a level is too long. */
enum st name_to_path(struct arena *a, struct str name, struct str *out) MUST_USE;
enum st name_from_path(struct arena *a, struct str path, struct str *out) MUST_USE; /* ST_SYNTAX: not UTF-8 */
