/* The steps of the mechanisms, from their rows; only sasl.c calls them. */
#pragma once

#include "sasl/sasl.h"

#define SASL_MECHANISM(name, step, flags, reference)                                                                   \
    enum st step(struct sasl *x, const struct str *response, struct sasl_todo *out) MUST_USE;
#include "sasl/mechanisms.def"
#undef SASL_MECHANISM
