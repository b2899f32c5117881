/* App passwords: made by the server, one for each device, 130 bits in letters that are not taken for one another. What is
 * kept is a plain digest: of that many bits nobody finds one by trying. Capitals, and blanks or hyphens between the letters
 * do not matter when it is sent readable; SCRAM wants it exactly as it was shown. Nothing here suspends. */
#pragma once

#include "base/arena.h"
#include "base/secret.h"

#define APP_PASSWORD_LETTERS 26
#define APP_PASSWORD_HASH_MAX 80 /* with its NUL */

/* "abcde-fghij-kmnpq-rstuv-wxyz23"; the caller wipes it. */
struct str app_password_make(struct arena *a);

/* What is kept of it. False: that is none, so no account has it as one. */
bool app_password_hash(struct secret given, char out_hash[APP_PASSWORD_HASH_MAX]);
