#include "http/request.h"

#include "base/limits.h"
#include "base/must.h"

#define CHUNK_LINE_MAX 256
#define HEX_DIGITS_MAX 8

static const struct {
    unsigned code;
    const char *reason;
} statuses[HTTP_STATUS_COUNT] = {
#define HTTP(id, code, reason) [HTTP_##id] = {code, reason},
#include "http/status.def"
#undef HTTP
};

static const char *const methods[HTTP_METHOD_COUNT] = {
#define METHOD(name) [HTTP_##name] = #name,
#include "http/methods.def"
#undef METHOD
};

unsigned http_status_code(enum http_status status)
{
    return statuses[status].code;
}

const char *http_status_reason(enum http_status status)
{
    return statuses[status].reason;
}

const char *http_method_name(enum http_method method)
{
    return methods[method];
}

bool http_field_find(const struct http_request *r, struct str name, struct str *out_value)
{
    for (size_t i = 0; i < r->n_fields; i++)
        if (str_ieq(r->fields[i].name, name)) {
            *out_value = r->fields[i].value;
            return true;
        }
    return false;
}

void http_parser_init(struct http_parser *p, struct arena *a)
{
    *p = (struct http_parser){.arena = a, .phase = HTTP_PHASE_HEAD};
    buf_init(&p->line, LIMIT_HTTP_HEAD);
    buf_init(&p->body, 0);
    p->fields = ARENA_ARRAY(a, struct http_field, LIMIT_HTTP_FIELDS);
    p->request.fields = p->fields;
}

void http_parser_fini(struct http_parser *p)
{
    buf_fini(&p->line);
    buf_fini(&p->body);
}

static void bad(struct http_parser *p, enum http_status why)
{
    p->phase = HTTP_PHASE_BAD;
    p->why = why;
    p->request.keep = false;
}

/* --- characters ----------------------------------------------------------------------------------------- */

static bool is_tchar(char c) /* RFC 9110 section 5.6.2 */
{
    return ascii_is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_tchar(s.p[i]))
            return false;
    return s.n > 0;
}

static bool is_field_value(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (((unsigned char)s.p[i] < ' ' && s.p[i] != '\t') || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool is_visible(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7f)
            return false;
    return s.n > 0;
}

static struct str trim_blanks(struct str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
        s = str_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

/* --- the request line ------------------------------------------------------------------------------------- */

static bool is_host(struct str h)
{
    bool brackets = h.n > 2 && h.p[0] == '[' && h.p[h.n - 1] == ']';

    if (brackets)
        h = str_sub(h, 1, h.n - 2);
    for (size_t i = 0; i < h.n; i++)
        if (!ascii_is_alnum(h.p[i]) && h.p[i] != '.' && (brackets ? h.p[i] != ':' : h.p[i] != '-' && h.p[i] != '_'))
            return false;
    return h.n > 0 && h.n <= 255;
}

/* host [ ":" port ], RFC 9110 section 7.2; no user information. */
static bool take_host(struct http_parser *p, struct str s)
{
    size_t colon = str_rfind(s, ':');
    struct buf b;

    if (colon < s.n && (s.p[0] != '[' || (colon && s.p[colon - 1] == ']'))) {
        for (size_t i = colon + 1; i < s.n; i++)
            if (!ascii_is_digit(s.p[i]))
                return false;
        s.n = colon;
    }
    if (!is_host(s))
        return false;
    if (s.p[s.n - 1] == '.')
        s.n--;
    buf_init(&b, 256);
    for (size_t i = 0; i < s.n; i++)
        buf_addc(&b, ascii_lower(s.p[i]));
    p->request.host = arena_str(p->arena, buf_str(&b));
    buf_fini(&b);
    return s.n > 0;
}

static bool take_path(struct http_parser *p, struct str s)
{
    size_t mark = str_find(s, '?');

    if (!s.n || s.p[0] != '/' || str_find(s, '#') < s.n)
        return false;
    p->request.path = arena_str(p->arena, str_sub(s, 0, mark));
    p->request.query = arena_str(p->arena, str_from(s, mark + 1));
    return true;
}

/* The absolute form, which servers must take (RFC 9112 section 3.2.2); its host counts, not that of the Host field. */
static bool take_absolute(struct http_parser *p, struct str s)
{
    struct str rest = str_istarts(s, STR("http://")) ? str_from(s, 7) : str_from(s, 8);
    size_t slash = str_find(rest, '/'), mark = str_find(rest, '?');
    size_t end = MIN(slash, mark);

    if (!take_host(p, str_sub(rest, 0, end)))
        return false;
    if (slash < rest.n && slash < mark)
        return take_path(p, str_from(rest, slash));
    p->request.path = STR("/");
    p->request.query = arena_str(p->arena, str_from(rest, end + 1));
    return str_find(rest, '#') == rest.n;
}

static bool take_target(struct http_parser *p, struct str s)
{
    if (!is_visible(s))
        return false;
    if (str_istarts(s, STR("http://")) || str_istarts(s, STR("https://")))
        return take_absolute(p, s);
    if (p->request.method == HTTP_OPTIONS && str_eq(s, STR("*"))) {
        p->request.path = STR("*");
        return true;
    }
    if (p->request.method == HTTP_CONNECT) { /* the authority form; nobody is connected */
        p->request.path = STR("*");
        return true;
    }
    return take_path(p, s);
}

static bool find_method(struct str name, enum http_method *out)
{
    for (size_t i = 0; i < HTTP_METHOD_COUNT; i++)
        if (str_eq(name, str_z(methods[i]))) {
            *out = (enum http_method)i;
            return true;
        }
    return false;
}

static enum http_status version(struct str v, unsigned *out_minor)
{
    if (v.n != 8 || !str_starts(v, STR("HTTP/")) || !ascii_is_digit(v.p[5]) || v.p[6] != '.' || !ascii_is_digit(v.p[7]))
        return HTTP_BAD_REQUEST;
    if (v.p[5] != '1')
        return HTTP_VERSION_NOT_SUPPORTED;
    *out_minor = v.p[7] == '0' ? 0 : 1; /* a higher one is answered as 1.1 (RFC 9110 section 2.5) */
    return HTTP_NONE;
}

static void request_line(struct http_parser *p, struct str line)
{
    size_t first = str_find(line, ' '), last = str_rfind(line, ' ');
    struct str name = str_sub(line, 0, first);
    enum http_status st;

    if (!line.n && !p->blank) { /* one is left by old clients behind a body (RFC 9112 section 2.2) */
        p->blank = true;
        return;
    }
    if (first >= last || !is_token(name)) {
        bad(p, HTTP_BAD_REQUEST);
        return;
    }
    st = version(str_from(line, last + 1), &p->request.minor);
    if (st == HTTP_NONE && !find_method(name, &p->request.method))
        st = HTTP_NOT_IMPLEMENTED;
    if (st == HTTP_NONE && !take_target(p, str_sub(line, first + 1, last - first - 1)))
        st = HTTP_BAD_REQUEST;
    p->request.keep = p->request.minor > 0;
    p->has_host = p->request.host.n > 0;
    if (st != HTTP_NONE)
        bad(p, st);
    p->at = HTTP_AT_FIELD;
}

/* --- fields --------------------------------------------------------------------------------------------------- */

static bool has_word(struct str list, struct str word)
{
    struct str item;

    while (str_split(&list, ',', &item))
        if (str_ieq(trim_blanks(item), word))
            return true;
    return false;
}

static enum http_status field_host(struct http_parser *p, struct str v)
{
    static const struct str name = {"host", 4};
    struct str absolute = p->request.host, other;

    if (http_field_find(&p->request, name, &other))
        return HTTP_BAD_REQUEST; /* a second one */
    if (!v.n && p->has_host)
        return HTTP_NONE;
    if (!take_host(p, v))
        return HTTP_BAD_REQUEST;
    if (p->has_host)
        p->request.host = absolute;
    return HTTP_NONE;
}

static enum http_status field_length(struct http_parser *p, struct str v)
{
    if (p->has_length || str_u64(v, UINT64_MAX >> 1, &p->length) != ST_OK)
        return HTTP_BAD_REQUEST;
    p->has_length = true;
    return HTTP_NONE;
}

static enum http_status field_coding(struct http_parser *p, struct str v)
{
    if (p->chunked || !p->request.minor)
        return HTTP_BAD_REQUEST;
    if (!str_ieq(v, STR("chunked")))
        return HTTP_NOT_IMPLEMENTED;
    p->chunked = true;
    return HTTP_NONE;
}

static enum http_status field_expect(struct http_parser *p, struct str v)
{
    if (!str_ieq(v, STR("100-continue")))
        return HTTP_EXPECTATION_FAILED;
    p->request.expects = p->request.minor > 0;
    return HTTP_NONE;
}

static enum http_status field_connection(struct http_parser *p, struct str v)
{
    if (has_word(v, STR("close")))
        p->request.keep = false;
    return HTTP_NONE;
}

static const struct {
    const char *name;
    enum http_status (*fn)(struct http_parser *p, struct str value);
} meanings[] = {{"host", field_host},
                {"content-length", field_length},
                {"transfer-encoding", field_coding},
                {"expect", field_expect},
                {"connection", field_connection}};

/* A line of a header or trailer: its bounds and form. */
static enum http_status split_field(struct http_parser *p, struct str line, struct http_field *out)
{
    size_t colon = str_find(line, ':');

    if (++p->n_lines > LIMIT_HTTP_FIELDS)
        return HTTP_FIELDS_TOO_LARGE;
    *out = (struct http_field){str_sub(line, 0, colon), trim_blanks(str_from(line, colon + 1))};
    if (colon == line.n || !is_token(out->name) || !is_field_value(out->value))
        return HTTP_BAD_REQUEST; /* folded lines and blanks before the colon, too: such a name is no token */
    return HTTP_NONE;
}

static void head_ends(struct http_parser *p)
{
    struct http_request *r = &p->request;

    if ((r->minor && !r->host.n) || (p->chunked && p->has_length)) {
        bad(p, HTTP_BAD_REQUEST);
        return;
    }
    r->has_body = p->chunked || p->length > 0;
    r->expects = r->expects && r->has_body;
    p->phase = HTTP_PHASE_ASKS;
}

static void field_line(struct http_parser *p, struct str line)
{
    struct http_field f;
    enum http_status st;

    if (!line.n) {
        head_ends(p);
        return;
    }
    st = split_field(p, line, &f);
    for (size_t i = 0; i < ARRAY_LEN(meanings) && st == HTTP_NONE; i++)
        if (str_ieq(f.name, str_z(meanings[i].name)))
            st = meanings[i].fn(p, f.value);
    if (st != HTTP_NONE) {
        bad(p, st);
        return;
    }
    p->fields[p->request.n_fields++] = (struct http_field){arena_str(p->arena, f.name), arena_str(p->arena, f.value)};
}

/* --- the body --------------------------------------------------------------------------------------------------- */

static void done(struct http_parser *p)
{
    p->request.body = buf_str(&p->body);
    p->phase = HTTP_PHASE_DONE;
}

void http_parser_body(struct http_parser *p, size_t max)
{
    must(p->phase == HTTP_PHASE_ASKS);
    p->body.max = max;
    if (!p->request.has_body) {
        done(p);
    } else if (p->has_length && p->length > max) {
        bad(p, HTTP_CONTENT_TOO_LARGE);
    } else {
        p->phase = HTTP_PHASE_BODY;
        p->at = p->chunked ? HTTP_AT_SIZE : HTTP_AT_DATA;
    }
}

static int hex_digit(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Size in hexadecimal, then extensions, which mean nothing to us (RFC 9112 section 7.1.1). */
static void size_line(struct http_parser *p, struct str line)
{
    size_t i = 0;

    p->length = 0;
    for (; i < line.n && i < HEX_DIGITS_MAX && hex_digit(line.p[i]) >= 0; i++)
        p->length = p->length * 16 + (uint64_t)hex_digit(line.p[i]);
    if (i == 0 || (i < line.n && line.p[i] != ';') || !is_field_value(line))
        bad(p, HTTP_BAD_REQUEST);
    else if (p->length > p->body.max - p->body.n)
        bad(p, HTTP_CONTENT_TOO_LARGE);
    else
        p->at = p->length ? HTTP_AT_DATA : HTTP_AT_TRAILER;
}

static void trailer_line(struct http_parser *p, struct str line)
{
    struct http_field f;
    enum http_status st;

    if (!line.n) {
        done(p);
        return;
    }
    st = split_field(p, line, &f); /* what it says is not used */
    if (st != HTTP_NONE)
        bad(p, st);
}

static size_t take_data(struct http_parser *p, struct str in)
{
    size_t n = (size_t)MIN(p->length, (uint64_t)in.n);

    buf_add(&p->body, str_sub(in, 0, n));
    p->length -= n;
    if (p->length == 0 && p->chunked)
        p->at = HTTP_AT_DATA_END;
    else if (p->length == 0)
        done(p);
    return n;
}

/* --- lines ------------------------------------------------------------------------------------------------------- */

static void too_long(struct http_parser *p)
{
    switch (p->at) {
    case HTTP_AT_REQUEST_LINE: bad(p, HTTP_URI_TOO_LONG); return;
    case HTTP_AT_FIELD:
    case HTTP_AT_TRAILER: bad(p, HTTP_FIELDS_TOO_LARGE); return;
    default: bad(p, HTTP_BAD_REQUEST); return;
    }
}

static size_t line_max(const struct http_parser *p)
{
    switch (p->at) {
    case HTTP_AT_REQUEST_LINE: return LIMIT_HTTP_TARGET;
    case HTTP_AT_FIELD:
    case HTTP_AT_TRAILER: return LIMIT_HTTP_HEAD - p->head_bytes;
    case HTTP_AT_DATA_END: return 2;
    default: return CHUNK_LINE_MAX;
    }
}

static void line_came(struct http_parser *p, struct str line)
{
    switch (p->at) {
    case HTTP_AT_REQUEST_LINE: request_line(p, line); return;
    case HTTP_AT_FIELD: field_line(p, line); return;
    case HTTP_AT_SIZE: size_line(p, line); return;
    case HTTP_AT_TRAILER: trailer_line(p, line); return;
    case HTTP_AT_DATA_END:
        if (line.n)
            bad(p, HTTP_BAD_REQUEST);
        p->at = HTTP_AT_SIZE;
        return;
    case HTTP_AT_DATA: break;
    }
    never("a line where none is");
}

/* A TLS handshake, say, is known by its first byte: nobody waits for the end of its line. */
static bool begins_badly(const struct http_parser *p)
{
    return p->at == HTTP_AT_REQUEST_LINE && !is_tchar(p->line.p[0]) && p->line.p[0] != '\r' && p->line.p[0] != '\n';
}

static size_t take_line(struct http_parser *p, struct str in)
{
    size_t max = line_max(p), lf = str_find(in, '\n'), n = lf < in.n ? lf + 1 : in.n;
    struct str line;

    if (p->line.n + n > max) {
        too_long(p);
        return n;
    }
    buf_add(&p->line, str_sub(in, 0, n));
    if (begins_badly(p)) {
        bad(p, HTTP_BAD_REQUEST);
        return n;
    }
    if (lf == in.n)
        return n;
    line = str_sub(buf_str(&p->line), 0, p->line.n - 1);
    p->head_bytes += p->at == HTTP_AT_FIELD || p->at == HTTP_AT_TRAILER ? p->line.n : 0;
    if (!str_ends(line, STR("\r")))
        bad(p, HTTP_BAD_REQUEST);
    else
        line_came(p, str_sub(line, 0, line.n - 1));
    buf_clear(&p->line);
    return n;
}

size_t http_parser_feed(struct http_parser *p, struct str in)
{
    size_t n = 0;

    while (n < in.n && (p->phase == HTTP_PHASE_HEAD || p->phase == HTTP_PHASE_BODY))
        n += p->at == HTTP_AT_DATA ? take_data(p, str_from(in, n)) : take_line(p, str_from(in, n));
    return n;
}
