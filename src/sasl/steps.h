/* The steps of the mechanisms, from their rows; only sasl.c calls them. */
#pragma once

#include "sasl/sasl.h"

#define SASL_MECHANISM(name, step, flags, reference)                                                                   \
    enum st step(struct sasl *x, const struct str *response, struct sasl_todo *out) MUST_USE;
#define SASL_KEPT(name, flags, reference)
#include "sasl/mechanisms.def"
#undef SASL_KEPT
#undef SASL_MECHANISM
