/* The mechanisms that the keeper runs, for keeper_sasl. Each fills in the answer but for status and text; `login->ask` is `made_up`. */
#pragma once

#include "keeper/login_job.h"

enum st external_run(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct login_job *login,
                     struct msg_auth_ask *made_up, unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out)
    SUSPENDS MUST_USE;
enum st oauth_run(struct keeper_gate *g, const struct msg_sasl_ask *ask, struct login_job *login,
                  struct msg_auth_ask *made_up, unsigned char token[KEEPER_TOKEN_BYTES], struct msg_sasl_answer *out)
    SUSPENDS MUST_USE;
