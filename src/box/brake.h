/* Accounts whose letters are held, as the keeper has told their core. */
#pragma once

#include "box/box.h"

struct str box_brake_why(const struct box_core *c, uint64_t account); /* p is NULL: its letters go */
