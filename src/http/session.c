#include "http/session.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"

struct session {
    const struct http_options *opt;
    struct stream *stream;
    struct arena arena;
    struct http_parser parser;
    bool keep;
};

static enum http_status status_of(enum st st)
{
    switch (st) {
    case ST_NOTFOUND: return HTTP_NOT_FOUND;
    case ST_DENIED:
    case ST_FOREIGN: return HTTP_FORBIDDEN;
    case ST_SYNTAX: return HTTP_BAD_REQUEST;
    case ST_LIMIT: return HTTP_CONTENT_TOO_LARGE;
    case ST_TRYLATER:
    case ST_TIMEOUT:
    case ST_BUSY:
    case ST_CANCELED:
    case ST_NOSPACE: return HTTP_UNAVAILABLE;
    default: return HTTP_SERVER_ERROR;
    }
}

static const enum metric classes[10] = {
    [2] = METRIC_HTTP_2XX, [3] = METRIC_HTTP_3XX, [4] = METRIC_HTTP_4XX, [5] = METRIC_HTTP_5XX};

/* --- answering -------------------------------------------------------------------------------------------- */

static enum st respond(struct session *s, const struct http_request *request, const struct http_response *r) SUSPENDS
{
    struct str path = request ? request->path : STR("-");

    metric_add(classes[http_status_code(r->status) / 100], 1);
    LOG(HTTP_REQUEST_ANSWERED, lf_z("method", request ? http_method_name(request->method) : "-"), lf_str("path", path),
        lf_u64("code", http_status_code(r->status)));
    stream_set_deadline(s->stream, deadline_in(s->opt->set->net_write_timeout)); /* for all of it, up to its flush */
    return stream_write(s->stream, http_response_text(&s->arena, request, r, s->keep, clock_wall_us()));
}

/* For requests that can't be carried out; `fields` as in http_response. The connection ends. */
static enum st refuse(struct session *s, const struct http_request *request, enum http_status status, struct str fields)
    SUSPENDS
{
    struct http_response r;

    s->keep = false;
    http_response_plain(&r, &s->arena, status);
    r.fields = fields;
    return respond(s, request, &r);
}

/* --- routes -------------------------------------------------------------------------------------------------- */

static const struct http_route *find_route(const struct http_options *opt, struct str path)
{
    for (size_t i = 0; i < opt->n_routes; i++) {
        const struct http_route *r = &opt->routes[i];

        if ((r->where & opt->where) && (r->prefix ? str_starts(path, r->path) : str_eq(path, r->path)))
            return r;
    }
    return NULL;
}

static unsigned methods_of(const struct http_route *r)
{
    return r->methods | (r->methods & HTTP_MAY(GET) ? HTTP_MAY(HEAD) : 0);
}

static struct str allow(struct arena *a, unsigned methods)
{
    struct str text;
    struct buf b;

    buf_init(&b, 200);
    buf_addz(&b, "Allow:");
    for (unsigned i = 0, n = 0; i < HTTP_METHOD_COUNT; i++)
        if (methods & 1u << i)
            buf_addf(&b, "%s %s", n++ ? "," : "", http_method_name((enum http_method)i));
    buf_addz(&b, "\r\n");
    text = arena_str(a, buf_str(&b));
    buf_fini(&b);
    return text;
}

/* --- a request ------------------------------------------------------------------------------------------------- */

/* Reads up to the end of a phase. */
static enum st read_phase(struct session *s, enum http_phase phase) SUSPENDS
{
    for (;;) {
        stream_eat(s->stream, http_parser_feed(&s->parser, stream_input(s->stream)));
        if (s->parser.phase != phase)
            return ST_OK;
        TRY(stream_more(s->stream));
    }
}

/* What has a body that we don't want is not read to its end: the connection ends instead. */
static enum st turn_away(struct session *s, enum http_status status, struct str fields) SUSPENDS
{
    const struct http_request *r = &s->parser.request;
    struct http_response answer;

    if (r->has_body)
        return refuse(s, r, status, fields);
    http_response_plain(&answer, &s->arena, status);
    answer.fields = fields;
    return respond(s, r, &answer);
}

static enum st read_body(struct session *s, const struct http_route *route, bool *out_over) SUSPENDS
{
    struct http_parser *p = &s->parser;

    http_parser_body(p, route->body_max);
    if (p->phase == HTTP_PHASE_BODY && p->request.expects)
        TRY(stream_write(s->stream, STR("HTTP/1.1 100 Continue\r\n\r\n")));
    if (p->phase == HTTP_PHASE_BODY)
        TRY(read_phase(s, HTTP_PHASE_BODY));
    *out_over = p->phase == HTTP_PHASE_BAD;
    return *out_over ? refuse(s, &p->request, p->why, STR_NONE) : ST_OK;
}

static enum st run(struct session *s, const struct http_route *route) SUSPENDS
{
    struct http_exchange x = {.request = &s->parser.request, .arena = &s->arena, .arg = s->opt->arg};
    enum st st = route->handler(&x);

    if (st != ST_OK)
        http_response_plain(&x.response, &s->arena, status_of(st));
    return respond(s, x.request, &x.response);
}

static enum st carry_out(struct session *s) SUSPENDS
{
    struct http_request *r = &s->parser.request;
    const struct http_route *route = find_route(s->opt, r->path);
    bool over;

    s->keep = r->keep && ++s->opt->kept->requests < LIMIT_HTTP_REQUESTS;
    if (!route)
        return turn_away(s, HTTP_NOT_FOUND, STR_NONE);
    if (!(methods_of(route) & 1u << r->method))
        return turn_away(s, HTTP_METHOD_NOT_ALLOWED, allow(&s->arena, methods_of(route)));
    TRY(read_body(s, route, &over));
    if (over)
        return ST_OK;
    stream_set_deadline(s->stream, NEVER);
    return run(s, route);
}

static enum st one_request(struct session *s) SUSPENDS
{
    enum st st = read_phase(s, HTTP_PHASE_HEAD);

    if (st == ST_OK && s->parser.phase == HTTP_PHASE_BAD)
        return refuse(s, NULL, s->parser.why, STR_NONE);
    if (st == ST_OK)
        st = carry_out(s);
    if (st == ST_TIMEOUT)
        return refuse(s, NULL, HTTP_REQUEST_TIMEOUT, STR_NONE);
    if (st == ST_CANCELED && s->opt->kept->crowded)
        return refuse(s, NULL, HTTP_UNAVAILABLE, STR_NONE);
    return st;
}

static enum st serve_one(const struct http_options *opt, bool *out_keep) SUSPENDS
{
    struct session s = {.opt = opt, .stream = opt->stream};
    enum st st;

    stream_set_deadline(opt->stream, deadline_in(opt->set->http_request_timeout));
    http_parser_init(&s.parser, &s.arena);
    st = one_request(&s);
    *out_keep = s.keep;
    http_parser_fini(&s.parser);
    arena_fini(&s.arena);
    return st;
}

enum st http_serve(const struct http_options *opt)
{
    bool keep = true;

    stream_set_timeouts(opt->stream, (uint32_t)opt->set->http_request_timeout, (uint32_t)opt->set->net_write_timeout);
    if (opt->woke != ST_OK)
        return opt->woke == ST_TIMEOUT ? ST_EOF : opt->woke;
    while (keep) {
        if (stream_input(opt->stream).n) {
            co_yield (); /* others are served between the requests of one who sends many at once */
        } else {
            TRY(stream_flush(opt->stream));
            stream_set_deadline(opt->stream, NEVER);
            if (opt->park(opt->arg, opt->stream, deadline_in(opt->set->http_idle_timeout)))
                return ST_PARKED;
        }
        TRY(serve_one(opt, &keep));
    }
    TRY(stream_flush(opt->stream));
    return ST_EOF;
}

struct str http_no_room(void)
{
    return STR("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 30\r\nConnection: close\r\n\r\n");
}
