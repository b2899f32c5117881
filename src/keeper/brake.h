/* Accounts whose letters are held: brake.c. One core's. */
#pragma once

#include "base/map.h"
#include "co/co.h"
#include "policy/brake.h"

struct brakes {
    struct map by_account;
    struct co_event due; /* somebody is to be told */
};

void brakes_fini(struct brakes *b);
