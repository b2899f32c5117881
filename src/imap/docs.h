/* docs/imap.md from the rows: each capability, what comes with it, and what it can't be without. */
#pragma once

#include "base/buf.h"

void imap_docs(struct buf *out);
