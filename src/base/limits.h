/* The rows of limits.def as constants: LIMIT_HEADER, ... */
#pragma once

enum {
#define LIMIT(name, value, text) LIMIT_##name = (value),
#include "base/limits.def"
#undef LIMIT
};
