#pragma once

#include "box/box.h"
#include "mail/shared.h"

/* Names for the mail room, asked of the keeper by whichever core runs. */
void names_init(struct mail_names *n, struct box *b);
