/* What is served over HTTP: http_routes.def has a row for each of these handlers. The argument of an exchange is the struct conn. */
#pragma once

#include "gate/gate.h"

enum web_where { WEB_CLEAR = 1, WEB_SECURE = 2, WEB_ADMIN = 4 };

#define ROUTE(where, form, path, methods, body_max, handler) enum st handler(struct http_exchange *x) SUSPENDS;
#include "gate/http_routes.def"
#undef ROUTE
