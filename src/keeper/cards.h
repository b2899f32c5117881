/* The card of an account: what somebody types into a mail program. From the listeners of the settings. */
#pragma once

#include "base/json.h"
#include "config/settings.h"

/* {"user", "host", "services": [{"use", "protocol", "port", "security"}]}; the best choice of each use first. */
void card_json(const struct settings *set, struct str user, struct json *out);
