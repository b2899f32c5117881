/* Directories with all that is in them. Symbolic links are not followed. */
#pragma once

#include "base/str.h"

#include <sys/types.h>

enum st tree_remove(const char *path) MUST_USE; /* ST_OK too when there is none */
enum st tree_own(const char *path, uid_t uid, gid_t gid) MUST_USE;
