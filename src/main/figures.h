/* The pages that processes count on (base/metrics.h), made where a listener for metrics is configured, and those on which each gate counts what
 * networks do (net/tally.h). They are main's: a role that is started again goes on with the page of the one before. */
#pragma once

#include "main/server.h"

enum st figures_make(struct server *s) MUST_USE; /* once the children are known, and before they are started */
/* A child gets its own pages to write to, a gate all of them to read. */
enum st figures_give(struct child *c) MUST_USE;
void figures_died(const struct child *c);
