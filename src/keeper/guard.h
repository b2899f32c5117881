/* Wrong passwords counted by account, wherever they come from. When there were too many, networks that the account is not known
 * to be used from get one try in a while; those that it is used from go on as before, so that nobody is locked out of his own account by
 * others who try. Names that nobody has are counted alike. Bounded: what was heard of longest ago is forgotten first. One core's. */
#pragma once

#include "base/clock.h"
#include "base/list.h"
#include "base/map.h"

#define GUARD_MAX 100000 /* accounts */
#define GUARD_USUAL 4    /* networks of an account that are remembered, the latest */

struct guard {
    struct map by_name;
    struct list by_age;
};

struct guard_rule {
    unsigned max;
    uint64_t window_ms, pause_ms;
};

void guard_init(struct guard *g);
void guard_fini(struct guard *g);
/* May this be tried? `name` is any text that stands for the account; `is_usual`: the caller knows that it is used from there. */
bool guard_may(struct guard *g, const struct guard_rule *rule, struct str name, struct str network, bool is_usual);
void guard_failed(struct guard *g, const struct guard_rule *rule, struct str name);
void guard_succeeded(struct guard *g, struct str name, struct str network); /* it is used from there */
