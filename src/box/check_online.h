/* `restante check` while the server runs: a thread of its own looks, at a bounded rate, and writes to the tool's socket how far it is and
 * what it found. It ends when the tool goes away. Lines: "p DONE TOTAL", and at the end "a WRONG JSON" or "e STATUS TEXT". */
#pragma once

#include "box/box.h"

/* On core 0. Takes the descriptor. ST_BUSY: another one is under way. */
enum st check_online_start(struct box *b, int fd, bool repairs) MUST_USE;
