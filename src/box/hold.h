/* A backup's hold on the store: as long as the tool that copies its files lives, nothing of what it copies goes away. */
#pragma once

#include "box/box.h"

/* `fd`, owned from now on, is one end of a socket pair whose other end the tool has. Answers at once; when the snapshot is written
 * a line of JSON comes over it: {"batch":N,"identity":"..."} or {"error":"..."}. The hold ends when the tool closes its end, or
 * has sent nothing for ten minutes; then this end is closed. */
enum st hold_start(struct box *b, int fd) MUST_USE;
