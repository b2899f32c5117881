/* Any bytes as requests of HTTP: the parser takes all, one byte at a time or in pieces, and says the same of them. The first byte is the
 * size of the pieces. */
#include "base/limits.h"
#include "http/request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct result {
    enum http_phase phase;
    enum http_status why;
    size_t used, n_fields, body;
};

static void check(const struct http_request *r)
{
    if (r->n_fields > LIMIT_HTTP_FIELDS || r->body.n > 1000 || r->host.n > 255 || (r->minor && !r->host.n))
        abort();
    if (!r->path.n || (r->path.p[0] != '/' && r->path.p[0] != '*'))
        abort();
    for (size_t i = 0; i < r->n_fields; i++)
        if (!r->fields[i].name.n || memchr(r->fields[i].value.p, '\n', r->fields[i].value.n) ||
            memchr(r->fields[i].value.p, '\r', r->fields[i].value.n))
            abort();
}

static struct result parse(struct str in, size_t step)
{
    struct arena a = ARENA_INIT;
    struct result r = {0};
    struct http_parser p;

    http_parser_init(&p, &a);
    while (r.used < in.n && p.phase != HTTP_PHASE_DONE && p.phase != HTTP_PHASE_BAD) {
        size_t took = http_parser_feed(&p, str_sub(in, r.used, step));

        if (!took)
            abort();
        r.used += took;
        if (p.phase == HTTP_PHASE_ASKS) {
            check(&p.request);
            http_parser_body(&p, 1000);
        }
    }
    if (p.phase == HTTP_PHASE_DONE)
        check(&p.request);
    r.phase = p.phase;
    r.why = p.why;
    r.n_fields = p.request.n_fields;
    r.body = p.request.body.n;
    http_parser_fini(&p);
    arena_fini(&a);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct result pieces, bytes;
    struct str in;

    if (!size)
        return 0;
    in = str_n((const char *)data + 1, size - 1);
    pieces = parse(in, data[0] ? data[0] : in.n + 1);
    bytes = parse(in, 1);
    if (pieces.phase != bytes.phase || pieces.why != bytes.why || pieces.body != bytes.body ||
        (pieces.phase == HTTP_PHASE_DONE && pieces.used != bytes.used))
        abort();
    return 0;
}
