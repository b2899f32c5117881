/* A connection of a listener for http or metrics: which routes it has, and where it is parked. */
#include "gate/web.h"

#define EXACT false
#define PREFIX true
static const struct http_route routes[] = {
#define ROUTE(where_, form, path_, methods_, body_max_, handler_)                                                      \
    {.where = (where_),                                                                                                \
     .path = {(path_), sizeof(path_) - 1},                                                                             \
     .prefix = (form),                                                                                                 \
     .methods = (methods_),                                                                                            \
     .body_max = (body_max_),                                                                                          \
     .handler = (handler_)},
#include "gate/http_routes.def"
#undef ROUTE
};

static bool park(void *arg, struct stream *s, mono_ms deadline)
{
    return stream_park(s, deadline, conn_wake, arg);
}

static unsigned where(const struct conn *c)
{
    if (c->row->protocol == PROTOCOL_METRICS)
        return WEB_ADMIN;
    return stream_is_tls(c->stream) || addr_is_loopback(&c->peer) ? WEB_SECURE : WEB_CLEAR;
}

enum st conn_http(struct conn *c)
{
    struct http_options opt = {.stream = c->stream,
                               .kept = &c->http,
                               .set = c->set,
                               .routes = routes,
                               .n_routes = ARRAY_LEN(routes),
                               .where = where(c),
                               .woke = c->woke,
                               .park = park,
                               .arg = c};

    c->log.action = "speaking HTTP";
    return http_serve(&opt);
}
