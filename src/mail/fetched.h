/* What upkeep shares with its part about POP3. Inside mail/ only. */
#pragma once

#include "mail/state.h"

/* As many as that were changed: others have the disk for a while. */
enum st upkeep_pause(const struct mail_core *core, size_t messages) SUSPENDS MUST_USE;
/* Deletes what was fetched over POP3 and has stayed for as long as the account's retention says. The account is opened only if there may be such. */
enum st fetched_expire(struct mail_core *core, uint64_t account, struct mail_round *round) SUSPENDS MUST_USE;
