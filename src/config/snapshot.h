/* Making a snapshot; only the parser does. */
#pragma once

#include "config/settings.h"

struct settings *settings_new(void); /* one reference, all zero */
